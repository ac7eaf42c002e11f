"""Whether our loop does the same mathematics as a plain torch loop."""

import torch
from torch import nn

from benchmarks.tasks import Task
from helpers.training import fit


def distances(task: Task) -> dict[str, float]:
    """Distance of the weights from those of a plain loop in float64, after an epoch.

    It is the root mean square over all weights, of `ours` and of `plain`, torch's own
    loop in float32. All start from the same weights and take the same batches.
    """
    from dataclasses import replace

    exact = _plain(task, torch.float64)
    once = replace(task.recipe, epochs=1)
    fitted = fit(task.model(), task.data, once, seed=task.seed).model
    plain = _plain(task, torch.float32)
    return {"ours": _distance(fitted, exact), "plain": _distance(plain, exact)}


def _plain(task: Task, dtype: torch.dtype) -> nn.Module:
    model = task.model().to(dtype)
    optimizer, loss_of = task.optimizer(model), task.loss().to(dtype)
    images, labels = task.tensors
    shuffle = torch.Generator().manual_seed(task.seed)
    order = torch.randperm(len(labels), generator=shuffle)
    for rows in order.split(task.recipe.batch_size):
        optimizer.zero_grad()
        loss_of(model(images[rows].to(dtype)), labels[rows]).backward()
        optimizer.step()
    return model


def _distance(a: nn.Module, b: nn.Module) -> float:
    a, b = (
        torch.cat([p.detach().double().ravel() for p in m.parameters()]) for m in (a, b)
    )
    return float((a - b).square().mean().sqrt())
