"""Networks trained at once, compared with each trained alone."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from helpers import paths, training
from helpers.gpu import fit_many, stack, stackable
from helpers.gpu.stack import GRAPH, Stack
from helpers.models import build
from helpers.training import OPTIMIZERS, Recipe, TrainingError, fit, one_thread
from tests.support.trainings import (
    RECIPES,
    WEIGHTS,
    assert_same_weights,
    fail_in,
    made_up,
    plain_loop,
)

# With other seeds, Adagrad's first steps, which are signs, may hang on the rounding of
# gradients that are nearly zero; `fit` is then as far from float64 (see `trainings`).
SEEDS = [2, 4, 9]
needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="this machine has no GPU"
)


def at_once(network, data, recipe, device="cpu", **options):
    """Results of networks with other weights each, and other orders."""
    models = [build(network, seed=seed, **options) for seed in SEEDS]
    return fit_many(models, data, recipe, seeds=SEEDS, device=device)


def images_for(network, n=100):
    return made_up((1, 28, 28) if "hidden" in network else (3, 32, 32), n)


def assert_same_as_alone(network, recipe, **options):
    data = images_for(network)  # 100 images: the last batch is smaller
    together = at_once(network, data, recipe, **options)
    for seed, ours in zip(SEEDS, together, strict=True):
        model = build(network, seed=seed, **options)
        with one_thread():
            alone = plain_loop(model, data, recipe, seed)
        assert_same_weights(ours.model, alone)


@pytest.mark.parametrize("network", RECIPES)
def test_each_learns_what_it_would_learn_alone(network):
    options = {"width": 50} if network == "dense" else {}
    assert_same_as_alone(network, RECIPES[network], **options)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_with_each_optimizer(optimizer):
    assert_same_as_alone("one_hidden", Recipe(optimizer, 0.001, 2))


@pytest.mark.parametrize(
    "changes", [{"loss": "mse"}, {"loss": "multi_margin"}, {"class_weights": WEIGHTS}]
)
def test_with_each_loss(changes):
    assert_same_as_alone("one_hidden", Recipe("sgd", 0.01, 2, **changes))


def test_other_kernels_and_activations():
    options = {"kernel": 14, "filters": 2, "activation": "tanh", "output": "sigmoid"}
    assert_same_as_alone("one_hidden", Recipe(epochs=2), **options)


def test_what_is_measured_is_what_fit_measures():
    data, recipe, seen = images_for("two_hidden"), RECIPES["two_hidden"], []
    models = [build("two_hidden", seed=seed) for seed in SEEDS]
    together = fit_many(
        models,
        data,
        recipe,
        seeds=SEEDS,
        device="cpu",
        on_epoch=lambda seed, epoch: seen.append((epoch.epoch, seed)),
    )
    assert seen == [(epoch, seed) for epoch in (1, 2) for seed in SEEDS]
    for seed, model, ours in zip(SEEDS, models, together, strict=True):
        alone = fit(build("two_hidden", seed=seed), data, recipe, seed=seed)
        assert ours.model is model
        assert ours.history.columns.equals(alone.history.columns)
        figures = [c for c in ours.history if c != "seconds"]
        torch.testing.assert_close(
            torch.tensor(ours.history[figures].values),
            torch.tensor(alone.history[figures].values),
        )
        torch.testing.assert_close(ours.logits, alone.logits)
        assert torch.equal(ours.labels, alone.labels)
        assert ours.snapshots.keys() == alone.snapshots.keys()
        for name, kept in ours.snapshots.items():
            torch.testing.assert_close(kept, alone.snapshots[name])
        assert ours.loop == "stacked: 3 networks at once, without CUDA graphs: on a CPU"


def test_a_loss_that_is_no_number_names_seed_epoch_and_step(mnist):
    with pytest.raises(
        TrainingError, match=r"seed [249], epoch 1, step 2 of 25.*1e\+20"
    ):
        at_once("two_hidden", mnist, Recipe("sgd", 1e20, 1))


def test_a_failed_training_keeps_its_history(mnist, monkeypatch):
    fail_in(5, monkeypatch)
    with pytest.raises(TrainingError, match="seed 4, epoch 2, step 1") as caught:
        at_once("one_hidden", mnist, Recipe(epochs=3))
    assert caught.value.history.epoch.tolist() == [1]


def shared():
    twice = nn.Linear(10, 10)
    return nn.Sequential(nn.Flatten(), twice, twice)


def frozen():
    return build("one_hidden").requires_grad_(False)


def hooked():
    model = build("one_hidden")
    model.linear.register_forward_hook(lambda *_: None)
    return model


UNSTACKABLE = {
    "no plain nn.Sequential": nn.Linear(1, 1),
    "Dropout": nn.Sequential(nn.Dropout()),
    "BatchNorm2d": nn.Sequential(nn.BatchNorm2d(3)),
    "Conv2d.*stride=": nn.Sequential(nn.Conv2d(1, 1, 3, stride=2)),
    "Conv2d.*padding=": nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)),
    "Conv2d.*groups=": nn.Sequential(nn.Conv2d(2, 2, 3, groups=2)),
    "Linear.*bias=False": nn.Sequential(nn.Linear(2, 2, bias=False)),
    "shared or frozen": frozen(),
    "its weights are shared": shared(),
    "hooks": hooked(),
}


@pytest.mark.parametrize("why", UNSTACKABLE)
def test_it_is_said_why_networks_are_not_stackable(why, mnist):
    model = UNSTACKABLE[why]
    with pytest.raises(ValueError, match=why):
        fit_many([model], mnist, Recipe(), seeds=[1], device="cpu")


@pytest.mark.parametrize("network", RECIPES)
def test_the_networks_of_the_report_are_stackable(network):
    options = {"width": 50} if network == "dense" else {}
    for optimizer in OPTIMIZERS:
        assert stackable(build(network, **options), Recipe(optimizer)) is None


def test_optimizers_that_somebody_adds_are_not_taken_for_elementwise(monkeypatch):
    monkeypatch.setitem(training.OPTIMIZERS, "lbfgs", torch.optim.LBFGS)
    assert "lbfgs" in stackable(build("one_hidden"), Recipe("lbfgs"))


def test_networks_of_two_structures_are_refused(mnist):
    models = [build("one_hidden", activation=name) for name in ("relu", "tanh")]
    with pytest.raises(ValueError, match="they differ"):
        fit_many(models, mnist, Recipe(), seeds=[1, 2], device="cpu")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "changes", [{}, {"class_weights": WEIGHTS}, {"loss": "mse"}], ids=str
)
def test_a_step_reads_nothing_back(changes, optimizer):
    """A graph could not capture that; here, tensors have no numbers to be read."""
    data = made_up((3, 32, 32)).train
    models = [build("lenet5").to("meta") for _ in SEEDS]
    stack = Stack(models, data, Recipe(optimizer, **changes))
    assert stack.step(torch.zeros(3, 40, dtype=torch.long, device="meta")).is_meta


def faithful(steps, rows):
    """Take the place of `stack._captured`: what a graph should do."""
    filled = torch.full((GRAPH, 2, len(SEEDS)), torch.nan)
    return lambda: filled.copy_(steps(rows)), filled


def forgetful(steps, rows):
    """Lose the last step."""
    filled = torch.zeros(GRAPH, 2, len(SEEDS))

    def replay():
        filled[:-1] = steps(rows[:, : -(rows.shape[1] // GRAPH)])

    return replay, filled


def deaf(steps, rows):
    """Take the images that were there when it was captured."""
    captured, filled = rows.clone(), torch.zeros(GRAPH, 2, len(SEEDS))
    return lambda: filled.copy_(steps(captured)), filled


def idle(steps, rows):
    """Do nothing."""
    return lambda: None, steps(rows)


def failing(steps, rows):
    """Fail half-way, after some steps."""
    steps(rows)
    raise RuntimeError("operation not permitted when stream is capturing")


GRAPHS = {
    faithful: "in CUDA graphs",
    forgetful: "without CUDA graphs: a graph did not do what eager steps do",
    deaf: "without CUDA graphs: a graph did not do what eager steps do",
    idle: "without CUDA graphs: a graph did not do what eager steps do",
    failing: "without CUDA graphs: operation not permitted when stream is capturing",
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_is_used_if_it_does_what_eager_steps_do(
    graph, optimizer, monkeypatch, capsys
):
    # an epoch is two graphs, a whole batch and a smaller one
    data = images_for("one_hidden", 2 * GRAPH * 2 + 3)
    recipe = Recipe(optimizer, 0.001, 2, batch_size=2)
    eager = at_once("one_hidden", data, recipe)
    monkeypatch.setattr(stack, "GRAPHED", ("cpu",))
    monkeypatch.setattr(stack, "_captured", graph)
    replayed = at_once("one_hidden", data, recipe)
    for ours, theirs in zip(replayed, eager, strict=True):
        assert ours.loop == f"stacked: 3 networks at once, {GRAPHS[graph]}"
        for a, b in zip(
            ours.model.parameters(), theirs.model.parameters(), strict=True
        ):
            assert torch.equal(a, b)
        columns = ["train_loss", "train_error", "test_loss"]
        assert ours.history[columns].equals(theirs.history[columns])
    said = capsys.readouterr().err
    assert said == ("" if graph is faithful else f"training goes on {GRAPHS[graph]}\n")


def test_a_replay_is_used_for_whole_graphs_only(monkeypatch):
    replays = []

    def counting(steps, rows):
        replay, filled = faithful(steps, rows)
        return lambda: replays.append(replay()), filled

    monkeypatch.setattr(stack, "GRAPHED", ("cpu",))
    monkeypatch.setattr(stack, "_captured", counting)
    data = images_for("one_hidden", 3 * GRAPH * 2 + 3)
    at_once("one_hidden", data, Recipe(epochs=2, batch_size=2))
    assert (
        len(replays) == 1 + 2 + 3
    )  # compared; the rest of the first epoch; the second


def test_too_few_steps_for_a_graph_are_said(monkeypatch):
    monkeypatch.setattr(stack, "GRAPHED", ("cpu",))
    ours = at_once("one_hidden", images_for("one_hidden"), Recipe(epochs=1))
    assert ours[0].loop.endswith("without CUDA graphs: too few steps")


@needs_gpu
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_on_a_gpu_graph_eager_and_cpu_agree(optimizer, monkeypatch):
    data, recipe = images_for("lenet5", 1_010), Recipe(optimizer, 0.001, 2)
    graph = at_once("lenet5", data, recipe, "cuda")
    monkeypatch.setattr(stack, "GRAPHED", ())
    eager, cpu = (at_once("lenet5", data, recipe, d) for d in ("cuda", "cpu"))
    for ours, *others in zip(graph, eager, cpu, strict=True):
        assert ours.loop.endswith("in CUDA graphs")
        for other in others:
            # as vectors: a first step is a sign, which may hang on rounding
            a, b = (
                parameters_to_vector(m.cpu().parameters())
                for m in (ours.model, other.model)
            )
            assert (a - b).norm() <= 1e-3 * b.norm()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_the_benchmark_refuses_without_a_gpu():
    command = [sys.executable, "-m", "benchmarks.gpu"]
    done = subprocess.run(
        command, cwd=paths.PACKAGE.parent, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "torch finds no GPU" in done.stderr
