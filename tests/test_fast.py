"""The gradients written out, against torch's autograd in float64."""

import copy
import re

import numpy as np
import pytest
import torch
from numba import njit
from torch import nn
from torch.nn.utils import prune

from helpers.fast import FastLoop, kernels, layers, optimizers, predict, unsupported
from helpers.fast.tile import tile
from helpers.models import NETWORKS, VARIANTS, build
from helpers.training import Recipe, fit
from tests.support.trainings import assert_same_weights, made_up, plain_loop


def flat(*layers) -> nn.Sequential:
    """A linear layer over a made-up image of 2 x 9 x 8, then `layers`."""
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 10), *layers)


def convolved(size: int, *layers, side: int = 0) -> nn.Sequential:
    pixels = 3 * side * side or 3 * (10 - size) * (9 - size)
    return nn.Sequential(
        nn.Conv2d(2, 3, size), *layers, nn.Flatten(), nn.Linear(pixels, 10)
    )


NETS = {
    "linear": flat,
    **{f"kernel {k}": lambda k=k: convolved(k) for k in (1, 2, 3, 4, 5)},
    "relu": lambda: convolved(3, nn.ReLU()),
    "elu": lambda: convolved(3, nn.ELU(0.5)),
    "sigmoid": lambda: flat(nn.Sigmoid()),
    "tanh": lambda: flat(nn.Tanh(), nn.Linear(10, 10), nn.ReLU()),
    "pooled, one row and column left over": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 10)
    ),
    "pooled, then activated": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 2), nn.MaxPool2d(2), nn.ELU(), nn.Flatten(), nn.Linear(36, 10)
    ),
    "three convolutions": lambda: nn.Sequential(
        *(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 2), nn.Sigmoid()),
        *(nn.Conv2d(5, 2, 1), nn.Flatten(), nn.Linear(2 * 6 * 5, 10)),
    ),
    "pooled images": lambda: nn.Sequential(
        nn.MaxPool2d(2), nn.Conv2d(2, 1, 2), nn.Flatten(), nn.Linear(9, 10)
    ),
}


def half_dead(below: nn.Module) -> nn.Sequential:
    """Wide hidden layers of which many neurons are silent, and `below` the second."""
    net = flat()[:1].extend(
        [nn.Linear(144, 300), below, nn.Linear(300, 200), nn.ReLU(), nn.Linear(200, 10)]
    )
    with torch.no_grad():
        net[1].bias[50:180] -= 100
        net[3].bias[::2] -= 100
        net[3].bias[1:150:2] -= 0.3
    return net


NETS["silent behind silent"] = lambda: half_dead(nn.ReLU())
NETS["silent behind a sigmoid"] = lambda: half_dead(nn.Sigmoid())


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adagrad"])
@pytest.mark.parametrize("net", NETS)
def test_same_weights_as_autograd(net, optimizer):
    torch.manual_seed(3)
    model, twin = NETS[net](), NETS[net]()
    twin.load_state_dict(model.state_dict())
    costs = tuple(1.0 + k % 3 for k in range(10))
    recipe = Recipe(optimizer, 0.01, epochs=2, batch_size=7, class_weights=costs)
    data = made_up((2, 9, 8), n=45)  # six batches of 7 and one of 3
    result = fit(model, data, recipe, seed=5)
    assert result.loop == "fast"
    assert_same_weights(model, plain_loop(twin, data, recipe, seed=5))


@pytest.mark.parametrize("below", [nn.ReLU, nn.Sigmoid])
def test_zeros_are_left_out_of_products_and_updates(below, monkeypatch):
    """Else the cases above would say nothing of the loops for sparse gradients."""
    seen = []
    original = optimizers.learn

    def spy(slots, w, memory, dy, x, runs, *rest):
        seen.append(((dy != 0).any(1).sum(), len(dy), runs.tolist()))
        original(slots, w, memory, dy, x, runs, *rest)

    monkeypatch.setattr(optimizers, "learn", spy)
    monkeypatch.setattr(layers, "LARGE", 0)
    torch.manual_seed(0)
    data = made_up((2, 9, 8), n=21)
    fit(half_dead(below()), data, Recipe("adagrad", 0.01, 1, batch_size=7))
    rows, of, runs = seen[0]
    assert 0 < rows < of == 200
    if below is nn.ReLU:
        assert runs[0][1] <= 50 and runs[-1][0] >= 180
    else:
        assert runs == [[0, 300, 0]]


def test_a_layer_whose_input_is_all_zero_gives_its_bias():
    net = half_dead(nn.ReLU())
    with torch.no_grad():
        net[1].bias -= 100
        expected = net(torch.zeros(3, 2, 9, 8))
    images = torch.zeros(3, 2, 9, 8, dtype=torch.uint8)
    torch.testing.assert_close(predict(net, images), expected)


def test_history_is_that_of_autograd(mnist, monkeypatch):
    def history():
        return fit(build("one_hidden"), mnist, Recipe(epochs=2)).history

    ours = history()
    monkeypatch.setattr("helpers.fast.unsupported", lambda *asked: "asked for")
    theirs = history()
    for column in ("train_loss", "train_error", "test_loss", "test_error"):
        assert ours[column].to_numpy() == pytest.approx(theirs[column].to_numpy(), 1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_reports_networks_are_written_out(network):
    variants = VARIANTS.values() if "hidden" in network else [{}]
    for options in variants:
        assert unsupported(build(network, **options)) is None


class Doubled(nn.Linear):
    """A layer of somebody's own, that only looks like one of torch's."""

    def forward(self, x):
        return 2 * super().forward(x)


def changed(change) -> nn.Sequential:
    """A linear layer behind another, after a change of the second."""
    torch.manual_seed(3)
    model = flat(nn.Linear(10, 10))
    change(model[2])
    return model


def twice(layer: nn.Linear, gradient) -> tuple:
    return (2 * gradient[0],)


CHANGES = {  # all that torch lets change a step
    "frozen": lambda x: x.bias.requires_grad_(False),
    "pruned": lambda x: prune.random_unstructured(x, "weight", 0.5),
    "weight norm": nn.utils.parametrizations.weight_norm,
    "spectral norm": nn.utils.parametrizations.spectral_norm,
    "forward hook": lambda x: x.register_forward_hook(lambda _, __, y: 2 * y),
    "forward pre-hook": lambda x: x.register_forward_pre_hook(lambda _, x: 2 * x[0]),
    "backward hook": lambda x: x.register_full_backward_hook(
        lambda _, dx, dy: (2 * dx[0],)
    ),
    "backward pre-hook": lambda x: x.register_full_backward_pre_hook(twice),
    "hook of a weight": lambda x: x.weight.register_hook(lambda g: 2 * g),
    "hook after a gradient": lambda x: x.weight.register_post_accumulate_grad_hook(
        lambda p: (p.grad.mul_(2), None)[1]
    ),
    "another forward": lambda x: setattr(x, "forward", lambda y: 2 * y @ x.weight.T),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_torch_lets_change_a_step_is_left_to_torch(change):
    data, recipe = made_up((2, 9, 8)), Recipe("sgd", 0.05, 2)
    result = fit(changed(CHANGES[change]), data, recipe, seed=5)
    assert result.loop.startswith("plain: ")
    theirs = plain_loop(changed(CHANGES[change]), data, recipe, seed=5)
    assert_same_weights(result.model, theirs)


def tied() -> nn.Sequential:
    torch.manual_seed(3)
    model = flat(nn.Linear(10, 10), nn.Linear(10, 10))
    model[3].weight = model[2].weight
    return model


def shared() -> nn.Sequential:
    torch.manual_seed(3)
    again = nn.Linear(10, 10)
    return flat(again, again)


@pytest.mark.parametrize("make", [tied, shared])
def test_weights_that_serve_twice_are_left_to_torch(make):
    data, recipe = made_up((2, 9, 8)), Recipe("adam", 0.01, 2)
    result = fit(make(), data, recipe, seed=5)
    assert result.loop == "plain: its weights are shared or frozen"
    assert_same_weights(result.model, plain_loop(make(), data, recipe, seed=5))


UNSUPPORTED = {
    "no gradient written for Dropout": lambda: flat(nn.Dropout(0.5)),
    "no gradient written for Doubled": lambda: flat(Doubled(10, 10)),
    "no gradient written for Conv2d.*stride=": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2), nn.Flatten(), nn.Linear(36, 10)
    ),
    "no gradient written for Linear.*bias=False": lambda: flat(
        nn.Linear(10, 10, bias=False)
    ),
    "no gradient written for ELU": lambda: flat(nn.ELU(-0.5)),
    "order that": lambda: flat(nn.ReLU(), nn.Tanh()),
    "order": lambda: nn.Sequential(nn.Conv2d(2, 10, 3)),
    "an order": nn.Sequential,
    "no plain nn.Sequential": lambda: nn.Linear(1, 1),
    "float32": lambda: flat().double(),
}


@pytest.mark.parametrize("why", UNSUPPORTED)
def test_whatever_is_not_written_out_is_said(why):
    assert re.search(why, unsupported(UNSUPPORTED[why]()))


def test_other_networks_train_by_autograd_and_it_is_said():
    model = flat(nn.LayerNorm(10))
    result = fit(model, made_up((2, 9, 8)), Recipe(epochs=1))
    assert result.loop.startswith("plain: no gradient written for LayerNorm")
    assert result.history.train_loss.notna().all()


def test_predictions_are_torchs(mnist):
    model = build("two_hidden").eval()
    images = mnist.test.images.repeat(2, 1, 1, 1)[:901]  # parts of two sizes
    with torch.no_grad():
        expected = model.double()(images.double() / 255)
    ours = predict(model.float(), images).double()
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


def test_labels_and_images_that_do_not_suit_are_refused():
    data = made_up((2, 9, 8))
    few = copy.copy(data.train)
    object.__setattr__(few, "labels", torch.zeros(5_000_000, dtype=torch.int64))
    with pytest.raises(ValueError, match="100 images, but 5000000 labels"):
        FastLoop(flat(), few, Recipe())
    with pytest.raises(IndexError, match="not among 100"):
        FastLoop(flat(), data.train, Recipe()).epoch(torch.tensor([3, 100]))
    data.train.labels[3] = 10
    with pytest.raises(ValueError, match="labels"):
        FastLoop(flat(), data.train, Recipe())
    with pytest.raises(ValueError, match="9 channels"):
        FastLoop(convolved(3), made_up((9, 8, 7)).train, Recipe())


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(4, 2, 9, 7, dtype=torch.uint8), "cannot be multiplied"),
        (torch.zeros(0, 2, 9, 8, dtype=torch.uint8), r"\(0, 2, 9, 8\)"),
        (torch.zeros(4, 2, 9, 8), "float32"),
    ],
)
def test_images_that_misfit_are_not_predicted(images, words):
    with pytest.raises(ValueError, match=words):
        predict(flat(), images)


def test_the_model_has_the_weights_after_each_epoch():
    data, model = made_up((2, 9, 8)), convolved(3).to(memory_format=torch.channels_last)
    before = [p.clone() for p in model.parameters()]
    loop = FastLoop(model, data.train, Recipe())
    loop.epoch(torch.arange(100))
    for old, p in zip(before, model.parameters(), strict=True):
        assert not torch.equal(old, p)


def test_equal_maxima_send_their_gradient_to_the_first():
    data = made_up((2, 9, 8))
    data.train.images.fill_(200)  # every window of the pooling is a tie
    make = NETS["pooled, then activated"]
    torch.manual_seed(0)
    model, twin = make(), make()
    twin.load_state_dict(model.state_dict())
    recipe = Recipe(epochs=1)
    fit(model, data, recipe)
    assert_same_weights(model, plain_loop(twin, data, recipe, seed=0))


@pytest.mark.parametrize(
    "loop",
    [
        kernels.product(4, 8, 3),
        kernels.correlation_gradient(3, 1),
    ],
)
def test_compiled_loops_are_found_again_on_disk(loop):
    closed_over = [cell.cell_contents for cell in loop.py_func.__closure__]
    # anything compiled would be another in each process
    assert {type(value) for value in closed_over} == {int}


@pytest.mark.parametrize("rows", [1, 3, 8])
@pytest.mark.parametrize("columns", [1, 5, 40])
def test_a_tile_adds_products(rows, columns):
    rng = np.random.default_rng(0)
    factors = rng.random((rows, 7), np.float32)
    x, places = rng.random(200, np.float32), np.array([0, 5, 150, 3, 3, 77, 9])
    y = np.ones((rows, columns + 2), np.float32)
    expected = y.copy()
    expected[:, :columns] += factors @ x[places[:, None] + np.arange(columns)]

    @njit
    def add(factors, places, x, y):
        tile(rows, columns, factors, places, x, y)

    found = y.copy()
    add(factors, places, x, found)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    add(factors[:, :0], places[:0], x, found)  # no terms, no change
    np.testing.assert_allclose(found, expected, rtol=1e-5)
