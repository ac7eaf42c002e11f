"""Whether networks overfit: training and validation error, epoch by epoch."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers.plotting import PERCENT
from helpers.uncertainty import Estimate
from informe.experiments.answers import change, gap, stands_out
from informe.experiments.decision import Outcome
from informe.numbers import percent, points

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
    apart = validation[-1] - train[-1]
    size = points(abs(apart))
    side = f"{size} puntos por {'encima' if apart > 0 else 'debajo'}"
    return (
        f"{text}{_verdict(train, asked, apart, e)}: de la época {asked} a la {last},"
        f" el error de entrenamiento pasa del {percent(train[asked - 1])} al"
        f" {percent(train[-1])}, y el de validación, del"
        f" {percent(validation[asked - 1])} al {percent(validation[-1])}, con lo que"
        f" acaba {side if float(size) else 'a la par'} de aquel (a más de"
        f" {points(APART)} por encima se le llama aquí memorizar). La exactitud de"
        f" validación cambia {change(e)}."
    )


def _verdict(train: np.ndarray, asked: int, apart: float, e: Estimate) -> str:
    """State whether the network overfits.

    `train` is the training error after each epoch, `apart` how much higher the other
    error ends, and `e` the change of validation accuracy since the epoch `asked`.
    """
    fell = train[-1] < train[asked - 1]
    better, worse = (stands_out(e) and sign * e.mean > 0 for sign in (1, -1))
    others = "y empeora" if worse else "y no se ve que mejore"
    others = "pero aún mejora" if better else others
    if worse and fell:
        return "Sí: mejora con las imágenes de las que aprende y empeora con las demás"
    if apart > APART and train[-1] <= train[asked - 1] and train[-1] < train[0]:
        return f"Sí: memoriza las imágenes de las que aprende, {others} con las demás"
    if not fell:
        learnt = "ya no mejora con las imágenes de las que aprende"
        return f"No: {learnt}, {others} con las demás"
    if better:
        return "No: mejora con las imágenes de las que aprende y con las demás"
    return "No se distingue: los dos errores acaban cerca uno del otro"
