"""Every seed, by how many classes its network never predicts."""

from collections import Counter
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from helpers.plotting import PERCENT
from informe.figures.marks import mark
from informe.figures.seeds import Seeds
from informe.numbers import count, listing, percent

# by the number of classes lost; the last one also for more
LOOKS = (("C0", "o"), ("C1", "D"), ("C3", "s"), ("C2", "^"))
ROOM = 0.36  # of a row, up and down, for points that would cover each other
GOLDEN = (5**0.5 - 1) / 2  # its multiples, modulo 1, are far apart from the last ones


def plot_collapse(recipes: dict[str, Seeds], *, ax: Axes | None = None) -> Axes:
    """Draw the accuracy of each seed, a row for each of the recipes.

    Colour and marker say how many classes the network never predicts. Seeds are spread
    up and down within the row, so that equal ones are seen as two.
    """
    ax = ax or plt.subplots(figsize=(6.3, 0.6 + 0.34 * len(recipes)))[1]
    last = len(LOOKS) - 1
    used = set()
    for row, (name, seeds) in enumerate(recipes.items()):
        missing = np.array([min(len(missing), last) for missing in seeds.lost])
        values = seeds.right.mean(1)
        ranks = stats.rankdata(values, "ordinal") - 1
        offsets = ROOM * (2 * (GOLDEN * ranks % 1) - 1) if len(values) > 1 else ranks
        used |= set(missing.tolist())
        for n in np.unique(missing):
            color, marker = LOOKS[n]
            here = missing == n
            style = {"color": color, "markersize": 3.2, "alpha": 0.85}
            ax.plot(values[here], row + offsets[here], marker, **style)
        _mark(ax, name, seeds, values, row + offsets)
    for n in sorted(used):
        color, marker = LOOKS[n]
        ax.plot([], [], marker, color=color, label=_label(n, last))
    ax.set_yticks(range(len(recipes)), recipes)
    ax.set(xlabel="exactitud", ylim=(len(recipes) - 0.5, -0.5))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.grid(axis="x")
    ax.legend(ncols=len(LOOKS), loc="lower center", bbox_to_anchor=(0.5, 0.97))
    return ax


def _mark(ax: Axes, name: str, seeds: Seeds, x: np.ndarray, y: np.ndarray) -> None:
    """Let each point tell its network, its seed and its accuracy."""
    for k, (seed, key) in enumerate(zip(seeds.seeds, seeds.keys, strict=True)):
        lost = len(seeds.lost[k])
        also = f"; pierde {count(lost, 'clase', 'clases')}" if lost else ""
        text = f"{name}, semilla {seed}: exactitud {percent(x[k])}{also}"
        mark(ax, x[k], y[k], text, network=name, seed=seed, key=key)


def _label(n: int, last: int) -> str:
    if n == 0:
        return "predice todas las clases"
    return f"pierde {count(n, 'clase', 'clases')}{' o más' if n == last else ''}"


def sentence(name: str, seeds: Seeds, classes: Sequence[str]) -> str:
    """In how many seeds each class is lost, the most often lost first; or nothing."""
    times = Counter(k for missing in seeds.lost for k in missing)
    groups = {}
    for k in sorted(times):
        groups.setdefault(times[k], []).append(f"«{classes[k]}»")
    if not groups:
        return ""
    told = "; ".join(
        f"{listing(groups[n])}, en {count(n, 'semilla', 'semillas')}"
        f"{' cada una' if len(groups[n]) > 1 else ''}"
        for n in sorted(groups, reverse=True)
    )
    return f"Clases que pierde la red {name}: {told}."
