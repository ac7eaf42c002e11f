"""Networks of one structure trained at once, each as `helpers.training.fit` would."""

import time
from collections.abc import Callable

import pandas as pd
import torch
from torch import nn

from helpers import training
from helpers.datasets import Dataset
from helpers.gpu.stack import Stack
from helpers.training import Epoch, Recipe, Result, TrainingError

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
    if any(m._forward_hooks or m._backward_hooks for m in (model, *model)):
        return "it has hooks"
    weights = [w for layer in model for w in layer.parameters()]
    if len(set(weights)) < len(weights) or not all(w.requires_grad for w in weights):
        return "its weights are shared or frozen"
    if recipe.optimizer not in ("sgd", "adam", "adagrad", "rmsprop"):
        return f"{recipe.optimizer} may not treat each number alone"
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

    `on_epoch` also gets the seed; `seconds` are a network's share of the time of all.
    Raises ValueError for models that are not `stackable` or differ in structure, and
    TrainingError, naming the seed, when the loss of a step is not finite.
    """
    for model in models:
        if (why := stackable(model, recipe)) or repr(model) != repr(models[0]):
            raise ValueError(f"not to be trained at once: {why or 'they differ'}")
    with training.one_thread():
        stack = Stack([model.to(device) for model in models], data.train, recipe)
        shuffles = [torch.Generator().manual_seed(seed) for seed in seeds]
        test, labels, n = data.test.images.to(device), data.test.labels, len(data.train)
        kept = [training.empty_snapshots(m, len(test), recipe.epochs) for m in models]
        histories, logits = [[] for _ in models], [test] * len(models)
        for epoch in range(1, recipe.epochs + 1):
            start = time.perf_counter()
            order = torch.stack([torch.randperm(n, generator=g) for g in shuffles])
            losses, errors = stack.epoch(order)
            seconds = (time.perf_counter() - start) / len(models)
            for i, (model, seed) in enumerate(zip(models, seeds, strict=True)):
                try:
                    found = losses[:, i], int(errors[:, i].sum())
                    trained = training.averages(*found, n, recipe)
                except TrainingError as error:
                    words = f"seed {seed}, epoch {epoch}, {error}"
                    raise TrainingError(words, pd.DataFrame(histories[i])) from None
                for own, stacked in zip(model.parameters(), stack.model, strict=True):
                    own.data.copy_(stacked[i])
                logits[i] = training.predict(model, test).cpu()
                tested = training.evaluate(logits[i], labels, recipe)
                measured = Epoch(epoch, *trained, *tested, seconds)
                histories[i].append(vars(measured))
                training.take_snapshot(kept[i], epoch, model, logits[i])
                on_epoch(seed, measured)
    name = f"stacked: {len(models)} networks at once, {stack.how}"
    found = zip(models, map(pd.DataFrame, histories), logits, kept, strict=True)
    return [Result(m, table, x, labels, shots, name) for m, table, x, shots in found]
