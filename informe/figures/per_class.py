"""One value of each class, such as its recall, in each seed of several networks."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from helpers.plotting import PLAIN, SLANT, name_lines, short


def plot_per_class(
    values: dict[str, np.ndarray],
    *,
    classes: Sequence[str],
    label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw one value per class and seed, (S, K): points are seeds, dashes their mean.

    `values` maps a name, as of a network, to its values; names stand side by side.
    """
    few = len(classes) <= 10
    size = (6.3, 1.4) if few else (max(6.3, 0.2 * len(classes)), 2.6)
    ax = ax or plt.subplots(figsize=size)[1]
    places, names = np.arange(len(classes)), list(map(short, classes))
    for i, (name, seeds) in enumerate(values.items()):
        x = places + 0.3 * (i - (len(values) - 1) / 2)
        style = {"color": f"C{i}", "linestyle": "none"}
        points = np.tile(x, len(seeds)), seeds.ravel()
        ax.plot(*points, marker="o^sD"[i], markersize=3, alpha=0.6, label=name, **style)
        ax.plot(x, np.nanmean(seeds, 0), "_", color=f"C{i}", markersize=12)
    long = max(map(len, names)) > 2
    angle = ({"rotation": 30} if few else SLANT) if long else {}
    ax.set_xticks(places, names, **angle, **PLAIN)
    ax.set(ylabel=label)
    ax.grid(axis="y")
    name_lines(ax, 3)
    return ax
