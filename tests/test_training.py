import pickle
import random

import numpy as np
import pytest
import torch
from torch import nn

from helpers import fast, training
from helpers.datasets import Split
from helpers.machine import pick_device
from helpers.models import build, scale, seeded
from helpers.runs import Checkpoint
from helpers.training import (
    OPTIMIZERS,
    PlainLoop,
    Recipe,
    TrainingError,
    check_losses,
    evaluate,
    fit,
    predict,
)
from tests.support.trainings import (
    RECIPES,
    WEIGHTS,
    assert_same_weights,
    fail_in,
    made_up,
    plain_loop,
)


@pytest.mark.parametrize("loop", ["fast", "plain"])
@pytest.mark.parametrize("network", RECIPES)
def test_same_weights_as_a_plain_loop(network, loop, monkeypatch):
    if loop == "plain":
        monkeypatch.setattr(fast, "unsupported", lambda *asked: "asked for")
    shape = (1, 28, 28) if "hidden" in network else (3, 32, 32)
    options = {"width": 50} if network == "dense" else {}
    data, recipe = made_up(shape), RECIPES[network]
    ours = fit(build(network, seed=2, **options), data, recipe, seed=7)
    theirs = plain_loop(build(network, seed=2, **options), data, recipe, seed=7)
    assert ours.loop.startswith(loop)
    assert_same_weights(ours.model, theirs)


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (Recipe("rmsprop", 0.001, 2), "rmsprop not written"),
        (Recipe("sgd", 0.01, 2, loss="mse"), "the loss mse"),
        (Recipe("sgd", 0.01, 2, loss="multi_margin"), "the loss multi_margin"),
    ],
)
def test_what_is_not_written_out_is_the_plain_loop_too(recipe, why):
    data = made_up((1, 28, 28))
    ours = fit(build("one_hidden", seed=2), data, recipe, seed=7)
    theirs = plain_loop(build("one_hidden", seed=2), data, recipe, seed=7)
    assert ours.loop.startswith("plain") and why in ours.loop
    assert_same_weights(ours.model, theirs)


@pytest.mark.parametrize("network", RECIPES)
def test_same_seed_same_bits_whatever_the_threads(network):
    shape = (1, 28, 28) if "hidden" in network else (3, 32, 32)
    options = {"width": 500} if network == "dense" else {}
    data, logits, threads_before = made_up(shape), [], torch.get_num_threads()
    for threads in (1, 2, 2):
        torch.set_num_threads(threads)
        model = build(network, seed=1, **options)
        logits.append(fit(model, data, RECIPES[network], seed=1).logits)
        assert torch.get_num_threads() == threads
    torch.set_num_threads(threads_before)
    assert torch.equal(logits[0], logits[1])
    assert torch.equal(logits[1], logits[2])


def test_other_seed_other_order(mnist):
    recipe = Recipe(epochs=1)
    a, b = (fit(build("one_hidden"), mnist, recipe, seed=s).logits for s in (0, 1))
    assert not torch.equal(a, b)


def test_it_learns_and_says_so(mnist):
    seen = []
    result = fit(build("one_hidden"), mnist, Recipe(epochs=3), on_epoch=seen.append)
    history = result.history
    assert history.epoch.tolist() == [e.epoch for e in seen] == [1, 2, 3]
    assert history.train_loss.is_monotonic_decreasing
    assert history.test_error.iloc[-1] < 0.5 < history.train_error.iloc[0]
    wrong = (result.predictions != mnist.test.labels.numpy()).mean()
    assert history.test_error.iloc[-1] == pytest.approx(wrong)
    assert result.probabilities.sum(1) == pytest.approx(np.ones(500), abs=1e-6)
    assert result.confusion.sum() - np.trace(result.confusion) == round(500 * wrong)


def test_weighted_loss_is_its_formula():
    logits, labels = torch.randn(8, 10), torch.tensor([5, 0, 9, 9, 1, 7, 3, 2])
    log_p = logits.log_softmax(1)[range(8), labels]
    w = torch.tensor([2, 1, 2, 2, 1, 2, 1, 1.0])  # 5, 7 and 9 cost double
    loss, _ = evaluate(logits, labels, Recipe(class_weights=WEIGHTS))
    assert loss == pytest.approx((-(w * log_p).sum() / w.sum()).item())


def test_only_the_ratio_of_the_weights_matters():
    logits, labels = torch.randn(8, 10), torch.arange(8)
    losses = [
        evaluate(logits, labels, Recipe(class_weights=weights))[0]
        for weights in (WEIGHTS, tuple(w / 2 for w in WEIGHTS))
    ]
    assert losses[0] == pytest.approx(losses[1])


def test_predict_in_parts_is_predict_at_once(mnist):
    model = build("two_hidden").eval()
    images = mnist.test.images.repeat(3, 1, 1, 1)  # 1,500: more than one part
    with torch.no_grad():
        torch.testing.assert_close(predict(model, images), model(scale(images)))


def test_a_loss_that_is_no_number_stops(mnist):
    with pytest.raises(TrainingError, match=r"epoch 1, step 2 of 25.*below 1e\+20"):
        fit(build("two_hidden"), mnist, Recipe("sgd", 1e20, 1))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_first_step_without_a_loss_is_named(bad):
    check_losses(torch.tensor([2.0, 3.0]), Recipe())
    words = rf"step 3 of 4: the loss is {bad:g}, after 3 at the step before"
    with pytest.raises(TrainingError, match=words):
        check_losses(torch.tensor([2.0, 3.0, bad, bad]), Recipe())


def test_a_failed_training_keeps_the_history_before(mnist, monkeypatch):
    fail_in(3, monkeypatch)
    with pytest.raises(TrainingError, match="epoch 3, step 1") as caught:
        fit(build("one_hidden"), mnist, Recipe(epochs=4))
    copy = pickle.loads(pickle.dumps(caught.value))  # as it comes from a process
    assert copy.history.epoch.tolist() == [1, 2]
    assert copy.history.train_loss.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    "bad",
    [
        {"optimizer": "sdg"},
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": "0.1"},
        {"epochs": 1.5},
        {"class_weights": (1, -1, 3)},
        {"class_weights": np.zeros(3)},
    ],
)
def test_bad_recipes_are_refused(bad):
    words = "unknown optimizer|give a positive|class_weights are >= 0"
    with pytest.raises(ValueError, match=words):
        Recipe(**bad)


def test_numbers_of_any_kind_make_the_same_recipe():
    given = np.int64(3), np.float64(1), np.int32(16), np.array([1, 2, 3])
    epochs, rate, batch, costs = given
    recipe = Recipe("sgd", rate, epochs, batch, costs)
    assert recipe == Recipe("sgd", 1, 3, 16, (1.0, 2.0, 3.0))
    assert [type(v) for v in (recipe.epochs, recipe.learning_rate)] == [int, float]


def test_lazy_layers_learn_as_those_whose_sizes_are_written():
    """Their weights are made when they first see an image."""
    data, recipe = made_up((3, 9, 9)), Recipe(epochs=1)
    lazy = nn.Sequential(nn.LazyConv2d(2, 3), nn.Flatten(), nn.LazyLinear(10))
    result = fit(lazy, data, recipe, seed=np.int64(5))
    with seeded(5):
        sizes = nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(98, 10)
    written = fit(nn.Sequential(*sizes), data, recipe, seed=5)
    assert torch.equal(result.logits, written.logits) and "épocas: 1" in repr(result)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "changes", [{}, {"class_weights": WEIGHTS}, {"loss": "mse"}], ids=str
)
def test_a_step_reads_nothing_back(changes, optimizer):
    """On tensors without numbers, whatever would make a GPU wait is an error.

    (The third loss, multi_margin, cannot be shown so: torch has not written it there.)
    """
    data = made_up((1, 28, 28)).train
    train = Split(data.images.to("meta"), data.labels.to("meta"))
    loop = PlainLoop(
        build("two_hidden").to("meta"), train, Recipe(optimizer, **changes)
    )
    for rows in torch.arange(100, device="meta").split(40):
        loss, errors = loop.step(rows)
        assert loss.is_meta and errors.is_meta
        with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
            float(loss)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_gpu_trains_to_the_same_weights(optimizer):
    data, recipe = made_up((3, 32, 32)), Recipe(optimizer, 0.001, 2)
    on_gpu = fit(build("lenet5", seed=2), data, recipe, seed=7, device="cuda").model
    theirs = plain_loop(build("lenet5", seed=2), data, recipe, seed=7)
    for a, b in zip(on_gpu.cpu().parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.double(), b, atol=1e-3, rtol=0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_no_silent_cpu_in_place_of_a_gpu():
    assert pick_device("auto") == "cpu"
    with pytest.raises(ValueError, match="no encuentra ninguna GPU"):
        pick_device("cuda")
    assert pick_device(torch.device("cpu", 0)) == "cpu"


def layers(*more) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10), *more)


class Viewing(nn.Module):
    """As many write it: with `view`, which wants channels before rows in memory."""

    def __init__(self):
        super().__init__()
        self.conv, self.linear = nn.Conv2d(1, 4, 5), nn.Linear(4 * 24 * 24, 10)

    def forward(self, x):
        return self.linear(torch.relu(self.conv(x)).view(-1, 4 * 24 * 24))


class Noisy(nn.Module):
    """It draws from numpy and Python, also when it is only measured."""

    def forward(self, x):
        return x + (np.random.rand() + random.random()) / 10


OWN = {
    "dropout": lambda: layers(nn.ReLU(), nn.Dropout(0.5), nn.Linear(10, 10)),
    "noise": lambda: layers(Noisy()),
    "batch norm": lambda: layers(nn.BatchNorm1d(10)),
    "view": Viewing,
}


@pytest.mark.parametrize("network", OWN)
def test_a_network_of_one_s_own_has_the_bits_of_its_seed_also_resumed(
    network, tmp_path
):
    def train(epochs=3, seed=4, **more):
        recipe = Recipe("adam", 0.01, 3)
        return fit(build(OWN[network], seed=1), DATA, recipe, seed=seed, **more)

    def stop(epoch):
        torch.rand(1), np.random.rand()  # what others draw is of no matter
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    kept = Checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(KeyboardInterrupt):
        train(checkpoint=kept, on_epoch=stop)
    state = torch.get_rng_state(), random.getstate()
    one, other, resumed = train(), train(seed=5), train(checkpoint=kept)
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]
    assert torch.equal(one.logits, resumed.logits)
    assert not torch.equal(one.logits, other.logits)
    states = one.model.state_dict(), resumed.model.state_dict()
    assert all(
        torch.equal(a, b) for a, b in zip(*map(dict.values, states), strict=True)
    )


DATA = made_up((1, 28, 28))
MISFITS = {
    "12 outputs": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 12)), {},
                   r"makes \(2, 12\).*10 classes.*needs 10 outputs"),
    "a size": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(100, 10)), {},
               r"shape \(1, 28, 28\).*cannot be multiplied"),
    "a channel": (lambda: build("lenet5"), {}, "channels"),
    "two outputs": (lambda: nn.Sequential(nn.Flatten(), nn.LSTM(784, 10)), {},
                    "makes .*tuple"),
    "softmax": (lambda: layers(nn.Softmax(1)), {}, "leave the network's out"),
    "a last batch of one": (lambda: layers(nn.BatchNorm1d(10)), {"batch_size": 33},
                            "one image is left of 100 images in batches of 33"),
    "class weights": (layers, {"class_weights": (1.0, 2.0)}, "2 class_weights"),
    "no weights": (lambda: nn.Sequential(nn.Flatten()), {}, "784"),
    "frozen": (lambda: layers().requires_grad_(False), {}, "nothing to learn"),
}  # fmt: skip


@pytest.mark.parametrize("misfit", MISFITS)
def test_what_does_not_suit_is_said_before_training(misfit):
    make, recipe, words = MISFITS[misfit]
    with pytest.raises(ValueError, match=words):
        fit(make(), DATA, Recipe(epochs=1, **recipe))


def test_a_softmax_is_right_with_another_loss_and_a_last_image_without_norm():
    assert fit(layers(nn.Softmax(1)), DATA, Recipe(epochs=1, loss="mse")).history.size
    assert fit(layers(), DATA, Recipe(epochs=1, batch_size=33)).loop == "fast"


def test_a_device_may_be_chosen_by_itself():
    assert fit(layers(), DATA, Recipe(epochs=1), device="auto").loop


@pytest.mark.parametrize("watched", [True, False])
def test_who_watches_sees_a_bar_with_error_and_time_left(watched, monkeypatch, capsys):
    monkeypatch.setattr(training, "is_interactive", lambda: watched)
    result = fit(layers(), DATA, Recipe(epochs=2))
    told = capsys.readouterr().err
    assert ("época 2/2 · error" in told and "quedan" in told) == watched
    fit(layers(), DATA, Recipe(epochs=2), on_epoch=lambda epoch: None)
    assert capsys.readouterr().err == ""
    right = (result.predictions == DATA.test.labels.numpy()).mean()
    assert repr(result).startswith(
        f"exactitud {100 * right:.1f}\u202f% en 100 imágenes"
    )
    assert "\n" not in repr(result) and "\n" not in repr(DATA)
