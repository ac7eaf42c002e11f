"""What each network costs, compared with its accuracy."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from torch import nn

from helpers.datasets import Dataset
from helpers.models import scale
from helpers.runs import Run
from informe import numbers
from informe.report.results import accuracies_by_name

OPERATIONS = "operaciones por imagen"


def flops(model: nn.Sequential, images: torch.Tensor) -> int:
    """Operations for one image (1, C, H, W): two for each multiply-add of a layer.

    Counts convolutions and linear layers; the cost of the others is negligible.
    """
    x, total = scale(images[:1]), 0
    for layer in model.children():
        with torch.no_grad():
            x = layer(x)
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            total += 2 * x.numel() * layer.weight[0].numel()
    return total


def costs(runs: dict[str, list[Run]], data: Dataset) -> dict[str, dict]:
    """The costs of each network, by the label of the cost in a figure."""
    seeds = runs.items()
    images = data.test.images[:1]
    return {
        "entrenamiento (s)": {
            k: float(np.mean([run.seconds for run in v])) for k, v in seeds
        },
        "parámetros": {k: v[0].parameters for k, v in seeds},
        OPERATIONS: {k: flops(v[0].model(), images) for k, v in seeds},
        "bytes en disco": {k: v[0].bytes for k, v in seeds},
    }


def plot_pareto(costs: dict[str, dict], accuracy: dict[str, np.ndarray]) -> Axes:
    """Draw accuracy (S,) against each cost, a panel per cost, on logarithmic axes.

    `costs` maps a label to the cost of each network. A point is a seed.
    """
    _, axes = plt.subplots(1, len(costs), figsize=(6.3, 1.9), sharey=True)
    for ax, (label, values) in zip(axes, costs.items(), strict=True):
        for i, (name, seeds) in enumerate(accuracy.items()):
            x = np.full(len(seeds), values[name])
            style = {"color": f"C{i}", "marker": "os^D"[i], "linestyle": "none"}
            ax.plot(x, seeds, markersize=4, alpha=0.75, label=name, **style)
        ax.set(xscale="log", xlabel=label)
        low, high = np.log10(min(values.values())), np.log10(max(values.values()))
        ax.set_xlim(10 ** (np.floor(low) - 0.2), 10 ** (np.ceil(high) + 0.2))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(axis="y")
    axes[0].set_ylabel("exactitud")
    axes[0].legend(loc="best", fontsize=7)
    return axes[0]


def pareto(runs: dict[str, list[Run]], operations: dict[str, int]) -> str:
    """Operations of each network, and what the most accurate one gains by them."""
    means = {k: float(v.mean()) for k, v in accuracies_by_name(runs).items()}
    listed = numbers.listing(
        f"{numbers.integer(n)} con la red {name}" for name, n in operations.items()
    )
    text = f"Operaciones para clasificar una imagen: {listed}."
    best = max(means, key=means.get)
    cheapest = min(operations, key=operations.get)
    gain = numbers.points(means[best] - means[cheapest])
    if not float(gain):
        return (
            f"{text} Ninguna acierta en promedio más que la que menos hace, {cheapest}."
        )
    return (
        f"{text} La que más acierta en promedio, {best}, gana {gain} puntos a la que"
        f" menos operaciones hace, {cheapest}."
    )
