"""Networks of one structure trained at once, for a GPU that one of them leaves idle.

Each sees the very batches that it would see alone in `fit`, and learns the same up to
rounding. A GPU replays its steps from a CUDA graph that was compared with eager steps.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import asdict

import pandas as pd
import torch
from torch import Tensor, nn

from helpers import training
from helpers.console import tell
from helpers.datasets import Dataset, Split
from helpers.models import scale
from helpers.training import Epoch, Recipe, Result, TrainingError

GRAPH = 25  # steps in a graph
GRAPHED = ("cuda",)  # devices that have graphs
CAPTURABLE = ("adam", "rmsprop")  # optimizers that must be told of graphs
ELEMENTWISE = (*CAPTURABLE, "sgd", "adagrad")  # a step for all is a step for each
# Layers, by how their description ends when all options are those written here
LAYERS = {nn.Conv2d: "stride=(1, 1))", nn.Linear: "bias=True)", nn.Flatten: "(start_dim=1, end_dim=-1)"}
LAYERS |= dict.fromkeys((nn.MaxPool2d, nn.ReLU, nn.ELU, nn.Sigmoid, nn.Tanh), ")")


def stackable(model: nn.Module, recipe: Recipe) -> str | None:
    """Say why networks like this cannot be trained at once; None if they can."""
    if recipe.optimizer not in ELEMENTWISE:
        return f"{recipe.optimizer} may look at all weights at once"
    if type(model) is not nn.Sequential:
        return f"{type(model).__name__} is no plain nn.Sequential"
    for layer in model:
        if not repr(layer).endswith(LAYERS.get(type(layer), "?")):
            return f"{layer} is not written for several networks"
        if layer._forward_hooks or layer._backward_hooks:
            return f"{layer} has hooks"
    weights = [w for layer in model for w in layer.parameters()]
    if len(set(weights)) < len(weights) or not all(w.requires_grad for w in weights):
        return "its weights are shared or frozen"
    return None


def fit_many(
    models: list[nn.Module],
    data: Dataset,
    recipe: Recipe,
    *,
    seeds: list[int],
    device: str,
    on_epoch: Callable[[int, Epoch], None] = lambda seed, epoch: None,
) -> list[Result]:
    """Train each model in place with its seed, as `fit` would; give their results.

    `on_epoch` is told the seed, too. `seconds` are each network's share of the time of
    all. Raises ValueError if the models are not `stackable` or differ in more than
    their weights; TrainingError, naming the seed, when a step's loss is not finite.
    """
    whys = [stackable(model, recipe) for model in models]
    whys += ["they differ"] * (len({repr(model) for model in models}) > 1)
    if why := next(filter(None, whys), None):
        raise ValueError(f"these networks cannot be trained at once: {why}")
    with training.one_thread(), warnings.catch_warnings():
        # torch advises against eager steps of an optimizer that is ready for graphs
        warnings.filterwarnings("ignore", "This instance was constructed with captur")
        train, test = (
            Split(part.images.to(device), part.labels.to(device))
            for part in (data.train, data.test)
        )
        stack = _Stack([model.to(device) for model in models], train, recipe)
        ones = [_One(m, s, test, recipe) for m, s in zip(models, seeds, strict=True)]
        for _ in range(recipe.epochs):
            start = time.perf_counter()
            orders = [torch.randperm(len(train), generator=one.shuffle) for one in ones]
            losses, errors = stack.epoch(torch.stack(orders).to(device))
            seconds = (time.perf_counter() - start) / len(ones)
            stack.unstack(models)
            for one, *found in zip(ones, losses.T, errors.tolist(), strict=True):
                on_epoch(one.seed, one.measure(*found, len(train), seconds))
    return [one.result(data.test.labels, stack.loop) for one in ones]


class _One:
    """One of the networks: the order of its images, and what is kept of it."""

    def __init__(self, model: nn.Module, seed: int, test: Split, recipe: Recipe):
        self.model, self.seed, self.test, self.recipe = model, seed, test, recipe
        self.shuffle = torch.Generator().manual_seed(seed)
        self.snapshots = training.empty_snapshots(model, len(test), recipe.epochs)
        self.history = []

    def measure(self, losses: Tensor, errors: int, images: int, seconds: float) -> Epoch:
        """Measure it after an epoch as `fit` does; `losses` are (steps,)."""
        epoch = len(self.history) + 1
        try:
            trained = training.averages(losses, errors, images, self.recipe)
        except TrainingError as error:
            where, kept = f"seed {self.seed}, epoch {epoch}", pd.DataFrame(self.history)
            raise TrainingError(f"{where}, {error}", kept) from None
        self.logits = training.predict(self.model, self.test.images)
        tested = training.evaluate(self.logits, self.test.labels, self.recipe)
        measured = Epoch(epoch, *trained, *tested, seconds)
        self.history.append(asdict(measured))
        training.take_snapshot(self.snapshots, epoch, self.model, self.logits)
        return measured


class _Stack:
    """S networks as one, with weights (S, *shape)."""

    def __init__(self, models: list[nn.Module], train: Split, recipe: Recipe):
        self.layers, self.train, self.recipe = models[0], train, recipe
        self.device = train.images.device.type
        self.criterion = recipe.criterion(self.device)
        self.weights = [
            torch.stack(same).detach().requires_grad_()
            for same in zip(*(m.parameters() for m in models), strict=True)
        ]
        options = {"fused": True} if recipe.optimizer in training.FUSED.get(device, ()) else {}
        if device == "cuda" and recipe.optimizer in CAPTURABLE: options["capturable"] = True
        self.optimizer = training.OPTIMIZERS[recipe.optimizer](self.weights, lr=recipe.learning_rate, **options)
        self.whole = self.first if device in GRAPHED else self.steps   # takes GRAPH steps
        self.eager = "too few steps" if ... else "on a CPU"
