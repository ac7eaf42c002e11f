"""Networks of one structure trained at once, each as `helpers.training.fit` would."""

import time
from collections.abc import Callable

import torch
from torch import nn

from helpers import training
from helpers.datasets import Dataset
from helpers.fast import altered
from helpers.gpu.stack import Stack
from helpers.training import Epoch, Recipe, Result, Track, TrainingError

# How torch's description of a layer ends if its options are those written here
LAYERS = dict.fromkeys((nn.MaxPool2d, nn.ReLU, nn.ELU, nn.Sigmoid, nn.Tanh), ")")
LAYERS |= {nn.Conv2d: "stride=(1, 1))", nn.Linear: "bias=True)", nn.Flatten: "=-1)"}


def stackable(model: nn.Module, recipe: Recipe) -> str | None:
    """Say why networks like this cannot be trained at once; None if they can."""
    if type(model) is not nn.Sequential:
        return f"{type(model).__name__} is no plain nn.Sequential"
    for layer in model:
        if not repr(layer).endswith(LAYERS.get(type(layer), "?")):
            return f"{layer} is not written for several networks"
    if recipe.optimizer not in ("sgd", "adam", "adagrad", "rmsprop"):
        return f"{recipe.optimizer} may not treat each number alone"
    return altered(model)


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

    `on_epoch` also gets the seed; `seconds` are a network's share of the time of all.
    Raises ValueError for models that are not `stackable` or differ in structure, and
    TrainingError, naming the seed, when the loss of a step is not finite.
    """
    for model in models:
        if (why := stackable(model, recipe)) or repr(model) != repr(models[0]):
            raise ValueError(f"not to be trained at once: {why or 'they differ'}")
    with training.one_thread():
        training.check(models[0].to(device), data, recipe)
        stack = Stack([model.to(device) for model in models], data.train, recipe)
        shuffles = [torch.Generator().manual_seed(seed) for seed in seeds]
        test, n = data.test.to(device), len(data.train)
        tracks = [Track(model, test, recipe, data.classes) for model in models]
        for _ in range(recipe.epochs):
            start = time.perf_counter()
            order = torch.stack([torch.randperm(n, generator=g) for g in shuffles])
            losses, errors = stack.epoch(order)
            seconds = (time.perf_counter() - start) / len(models)
            for i, (track, seed) in enumerate(zip(tracks, seeds, strict=True)):
                own = track.model.parameters()
                for weight, stacked in zip(own, stack.model, strict=True):
                    weight.data.copy_(stacked[i])
                try:
                    found = losses[:, i], int(errors[:, i].sum())
                    on_epoch(seed, track.add(*found, n, seconds))
                except TrainingError as error:
                    words = f"seed {seed}, {error}"
                    raise TrainingError(words, error.history) from None
    name = f"stacked: {len(models)} networks at once, {stack.how}"
    return [track.result(name) for track in tracks]
