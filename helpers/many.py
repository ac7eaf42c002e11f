"""Networks of one structure trained at once, for a GPU that one of them leaves idle.

Each sees the very batches that it would see alone in `training.fit`, and learns the
same up to rounding. On a GPU, steps are replayed from a CUDA graph, as soon as it has
proved to do what eager steps do.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import asdict

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from helpers import training
from helpers.console import tell
from helpers.datasets import Dataset, Split
from helpers.models import scale
from helpers.training import Epoch, Recipe, Result, TrainingError

GRAPH = 25  # steps in a graph
GRAPHED = ("cuda",)  # devices that have graphs
CAPTURABLE = ("adam", "rmsprop")  # optimizers that ask whether they are captured
ELEMENTWISE = (*CAPTURABLE, "sgd", "adagrad")  # one step for all is one for each
# Layers, and how torch describes them to the end if they have no other options
LAYERS = {nn.Conv2d: "stride=(1, 1))", nn.Linear: "bias=True)", nn.Flatten: "=1, end_dim=-1)"}


def _mse(logits: Tensor, labels: Tensor, reduction: str) -> Tensor:
    wanted = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return functional.mse_loss(logits, wanted, reduction=reduction).mean(1)


LOSSES = {
    "cross_entropy": functional.cross_entropy,
    "mse": _mse,
    "multi_margin": functional.multi_margin_loss,
}


def stackable(model: nn.Module, recipe: Recipe) -> str | None:
    """Say why networks like this cannot be trained at once; None if they can."""
    if type(model) is not nn.Sequential:
        return f"{type(model).__name__} is no plain nn.Sequential"
    for layer in model:
        if not str(layer).endswith(LAYERS.get(type(layer), "?")):
            return f"{layer} is not written for several"
    if recipe.optimizer not in ELEMENTWISE or recipe.loss not in LOSSES:
        return f"{recipe.optimizer} on {recipe.loss} is not written for several"
    if any(m._forward_hooks or m._backward_hooks for m in (model, *model)):
        return "it has hooks, which want torch's own modules"
    weights = [*model.parameters()]
    if any(w.dtype != torch.float32 or not w.requires_grad for w in weights):
        return "its weights are frozen or not float32"
    if len(weights) != sum(len([*layer.parameters()]) for layer in model):
        return "its layers share weights"
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

    `on_epoch` is told the seed and what it measured, whose `seconds` are its share of
    the time of all. Raises ValueError if the models cannot be stacked or differ in more
    than their weights; TrainingError when the loss of a step is not finite.
    """
    for model in models:
        if why := stackable(model, recipe) or str(model) != str(models[0]) and "differ":
            raise ValueError(f"these networks cannot be trained at once: {why}")
    with training.one_thread(), warnings.catch_warnings():
        # eager steps are meant, before the graph and where it does not reach
        warnings.filterwarnings("ignore", "This instance was constructed with captur")
        train, test = (
            Split(s.images.to(device), s.labels.to(device))
            for s in (data.train, data.test)
        )
        stack = Stack([model.to(device) for model in models], train, recipe)
        pupils = [...]
        for _ in range(recipe.epochs):
            start = time.perf_counter()
            orders = torch.stack([p.order(len(train)) for p in pupils]).to(device)
            losses, errors = stack.epoch(orders)
            seconds = (time.perf_counter() - start) / len(seeds)
            for network, l, e in zip(pupils, losses, errors):
                on_epoch(seed, network.measure(losses, errors, test, seconds))
    return [network.result(...)]


class Stack:
    """S networks as one: their weights are views of stacked ones, (S, *shape)."""

    def __init__(self, models: list[nn.Module], train: Split, recipe: Recipe):
        """Stack models that are on the device of the images."""
        self.layers, self.train, self.recipe = models[0], train, recipe
        self.weights = {
            layers[0]: [_stack(same) for same in zip(*(l.parameters() for l in layers))]
            for layers in zip(*models, strict=True)
        }
        device = train.images.device.type
        options = {"fused": True} if recipe.optimizer in FUSED.get(device, ()) else {}
        if device == "cuda" and recipe.optimizer in CAPTURABLE:
            options["capturable"] = True
        self.optimizer = ...
