"""A figure with a small panel for each decision."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from informe.experiments.decision import Length, Outcome

COLUMNS = 2
REFERENCE, OTHER = "C1", "C0"


def plot_decisions(outcomes: dict[str, Outcome], *, height: float = 1.15) -> Axes:
    """Draw the validation accuracy of choices: a point per seed, a dash for the mean.

    The reference is drawn in another colour and with diamonds. Epochs are
    drawn as a curve, with a band from the lowest seed to the highest. `height` is that
    of a panel, in inches.
    """
    rows = -(-len(outcomes) // COLUMNS)
    figure, axes = plt.subplots(
        rows, COLUMNS, figsize=(6.3, height * rows), layout="constrained", squeeze=False
    )
    for ax, outcome in zip(axes.flat, outcomes.values(), strict=False):
        draw = _curve if isinstance(outcome.decision, Length) else _points
        draw(outcome, ax)
        ax.set_title(outcome.decision.question, fontsize=8)
        ax.tick_params(labelsize=7)
    for ax in axes.flat[len(outcomes) :]:
        ax.set_axis_off()
    figure.supxlabel("exactitud de validación", fontsize=8)
    return axes[0, 0]


def _points(outcome: Outcome, ax: Axes) -> None:
    """Draw choices from top to bottom, and accuracy from left to right."""
    for row, (label, values) in enumerate(outcome.accuracies.items()):
        reference = label == outcome.decision.reference
        color, marker = (REFERENCE, "D") if reference else (OTHER, "o")
        ax.plot(values, np.full(len(values), row), marker, color=color, markersize=3.5)
        ax.plot(values.mean(), row, "|", color=color, markersize=11)
    ax.set_yticks(range(len(outcome.accuracies)), outcome.accuracies)
    ax.set_ylim(len(outcome.accuracies) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.grid(axis="x")


def _curve(outcome: Outcome, ax: Axes) -> None:
    """Draw epochs from left to right, and accuracy upwards."""
    epochs = [int(label) for label in outcome.accuracies]
    values = np.stack(list(outcome.accuracies.values()))  # (E, S)
    ax.fill_between(epochs, values.min(1), values.max(1), color=OTHER, alpha=0.25)
    ax.plot(epochs, values.mean(1), color=OTHER, marker="o", markersize=2.5)
    ax.axvline(int(outcome.decision.reference), color=REFERENCE, linestyle="--")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("época", fontsize=7, labelpad=0)
    ax.set_ylabel("exactitud", fontsize=7)
    ax.grid(axis="y")
