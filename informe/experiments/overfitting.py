"""Whether networks overfit: training and validation error, epoch by epoch."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers.numbers import percent, points
from helpers.plotting import PERCENT
from helpers.uncertainty import Estimate
from informe.experiments.answers import gap, stands_out
from informe.experiments.decision import Outcome
from informe.experiments.footwear import change

APART = 0.1  # a network whose errors differ by more is said to memorise
COLUMNS = {"train_error": "entrenamiento", "test_error": "validación"}


def errors(outcome: Outcome, column: str) -> np.ndarray:
    """A column of the histories, (S, E): `train_error` or `test_error`.

    On the validation split, `test_error` is the validation error.
    """
    return np.stack([run.history[column].to_numpy() for run in outcome.runs[""]])


def plot_overfitting(outcomes: dict[str, Outcome]) -> Axes:
    """Draw both errors against the epoch, with a panel for each named outcome.

    The band goes from the lowest seed to the highest; the dashed vertical line is the
    epoch at which the original stops.
    """
    _, axes = plt.subplots(
        1, len(outcomes), figsize=(6.3, 2.2), sharey=True, squeeze=False
    )
    for ax, (name, outcome) in zip(axes[0], outcomes.items(), strict=True):
        for color, (column, label) in enumerate(COLUMNS.items()):
            values = errors(outcome, column)
            epochs = np.arange(1, values.shape[1] + 1)
            style = {"color": f"C{color}", "marker": "os"[color], "markersize": 3}
            ax.fill_between(
                epochs, values.min(0), values.max(0), color=f"C{color}", alpha=0.2
            )
            ax.plot(epochs, values.mean(0), label=label, **style)
        ax.axvline(int(outcome.decision.reference), color="0.4", linestyle="--")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(title=name, xlabel="época")
        ax.grid(axis="y")
    axes[0, 0].yaxis.set_major_formatter(PERCENT)
    axes[0, 0].set_ylabel("error")
    axes[0, -1].legend()
    return axes[0, 0]


def answer(outcome: Outcome) -> str:
    """Whether both errors fall, how far apart they end, and what that amounts to."""
    asked = int(outcome.decision.reference)
    text = f"**{outcome.decision.question}** "
    train, validation = (errors(outcome, column).mean(0) for column in COLUMNS)
    last = len(train)
    if asked >= last:
        return f"{text}No se entrenó más allá de la época {asked}: no se puede decir."
    e = gap(outcome, str(last), str(asked))
    fell = train[-1] < train[asked - 1]
    apart = validation[-1] - train[-1]
    return (
        f"{text}{_verdict(fell, apart, e)}: de la época {asked} a la {last}, el error"
        f" de entrenamiento pasa del {percent(train[asked - 1])} al"
        f" {percent(train[-1])}, y el de validación, del"
        f" {percent(validation[asked - 1])} al {percent(validation[-1])}, con lo que"
        f" acaban a {points(apart)} puntos uno de otro (a más de {points(APART)} se le"
        f" llama aquí memorizar). La exactitud de validación cambia {change(e)}."
    )


def _verdict(fell: bool, apart: float, e: Estimate) -> str:
    """State whether the network overfits.

    `fell` is whether the training error fell, `apart` the difference between the errors
    at the end, and `e` the change of validation accuracy.
    """
    if stands_out(e) and e.mean < 0 and fell:
        return "Sí: mejora con las imágenes de las que aprende y empeora con las demás"
    if apart > APART:
        learns = (
            "pero aún mejora"
            if stands_out(e) and e.mean > 0
            else "y no se ve que mejore"
        )
        return f"Sí: memoriza las imágenes de las que aprende, {learns} con las demás"
    if stands_out(e) and e.mean > 0:
        return "No: mejora con las imágenes de las que aprende y con las demás"
    if not fell:
        return "No: tampoco mejora ya con las imágenes de las que aprende"
    return "No se distingue: los dos errores acaban cerca uno del otro"
