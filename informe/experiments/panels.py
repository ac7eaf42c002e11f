"""A figure with a small panel for each decision."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from informe.experiments.answers import loses
from informe.experiments.decision import Outcome
from informe.figures.marks import mark
from informe.numbers import percent, share

COLUMNS = 3
REFERENCE, OTHER = "C1", "C0"
APART = 0.5  # share of a row's height over which its seeds are set apart
SMALL = {"va": "center", "fontsize": 6.5}
ENOUGH = 4  # points that an axis must show before it leaves others out


def plot_decisions(outcomes: dict[str, Outcome]) -> Axes:
    """Draw the validation accuracy of choices: a point per seed, a dash for the mean.

    The reference is drawn in another colour and with diamonds. Seeds stand a little
    below one another, in their order. What lies far from the rest is a triangle on the
    panel's left edge, with its value. An option that loses a class in some seed has no
    mean.
    """
    options = [len(outcome.accuracies) for outcome in outcomes.values()]
    rows = [
        0.42 + 0.13 * max(options[i : i + COLUMNS])  # inches
        for i in range(0, len(options), COLUMNS)
    ]
    figure, axes = plt.subplots(
        len(rows),
        COLUMNS,
        figsize=(6.3, sum(rows) + 0.1),
        height_ratios=rows,
        layout="constrained",
        squeeze=False,
    )
    for ax, outcome in zip(axes.flat, outcomes.values(), strict=False):
        _points(outcome, ax)
        ax.set_title(outcome.decision.question, fontsize=8)
        ax.tick_params(labelsize=7)
    for ax in axes.flat[len(outcomes) :]:
        ax.set_axis_off()
    figure.supxlabel("exactitud de validación", fontsize=8)
    return axes[0, 0]


def _points(outcome: Outcome, ax: Axes) -> None:
    """Draw choices from top to bottom, and accuracy from left to right."""
    left, right = limits(np.concatenate(list(outcome.accuracies.values())))
    for row, (label, values) in enumerate(outcome.accuracies.items()):
        reference = label == outcome.decision.reference
        color, marker = (REFERENCE, "D") if reference else (OTHER, "o")
        rows = row + offsets(len(values))
        style = {"color": color, "markersize": 3.5, "linestyle": "none"}
        seen = values >= left
        ax.plot(values[seen], rows[seen], marker=marker, alpha=0.7, **style)
        for run, x, y in zip(outcome.runs[label], values, rows, strict=True):
            text = f"{label}, semilla {run.seed}: exactitud {percent(x)}"
            mark(ax, x, y, text, seed=run.seed, key=run.key)
        if not len(values):
            ax.text(0.02, row, "diverge", transform=ax.get_yaxis_transform(), **SMALL)
        if not loses(outcome, label).any():
            ax.vlines(values.mean(), row - 0.4, row + 0.4, color=color)
        if not seen.all():
            _far(ax, values[~seen], rows[~seen], style)
    ax.set_yticks(range(len(outcome.accuracies)), outcome.accuracies)
    ax.set_ylim(len(outcome.accuracies) - 0.4, -0.6)
    ax.set_xlim(left, right)
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.grid(axis="x")


def _far(ax: Axes, values: np.ndarray, rows: np.ndarray, style: dict) -> None:
    """Mark on the left edge what lies beyond it, with its lowest and highest value."""
    edge = ax.get_yaxis_transform()  # x as a share of the panel's width
    ax.plot(np.full(len(rows), 0.02), rows, marker="<", transform=edge, **style)
    ends = dict.fromkeys([share(values.min(), 2), share(values.max(), 2)])
    place = {"transform": edge, "color": style["color"]}
    ax.text(0.045, rows.mean(), "–".join(ends), **place, **SMALL)


def offsets(n: int) -> np.ndarray:
    """Where the `n` seeds of a row stand, from its middle, (n,); 0 for one."""
    return np.linspace(-APART / 2, APART / 2, n) if n > 1 else np.zeros(n)


def limits(values: np.ndarray) -> tuple[float, float]:
    """Ends of an axis on which accuracies (n,) are not squashed by some far below.

    It begins above the widest gap of the lower half, if that is wider than all that
    lies above it; then it has room at the left for what is left out.
    """
    ranked = np.sort(values)
    steps = np.diff(ranked)[: len(ranked) // 2]
    cut = int(np.argmax(steps)) + 1 if len(steps) else 0
    far = len(ranked) - cut >= ENOUGH and steps[cut - 1] > ranked[-1] - ranked[cut]
    low, high = ranked[cut if far else 0], ranked[-1]
    room = max(high - low, 0.01)
    return float(low - (0.25 if far else 0.06) * room), float(high + 0.06 * room)
