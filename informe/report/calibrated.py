"""The calibration of a network: a temperature from validation, a figure, a sentence."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from helpers.datasets import Dataset
from helpers.runs import Run
from informe import numbers
from informe.numbers import NBSP
from informe.report.calibration import Calibration, calibration, temperature

CAPTION = (
    "Calibración en las imágenes de prueba, antes y después de la temperatura: un punto"
    " es un tramo de probabilidad y su tamaño crece con las imágenes que tiene; sobre"
    " la diagonal, la red acierta tanto como dice."
)
ALT = "Proporción de aciertos contra probabilidad de la clase predicha, y la diagonal."


@dataclass(frozen=True)
class Calibrated:
    """A network's test probabilities before and after temperature scaling."""

    temperature: float
    before: Calibration
    after: Calibration
    fitted_on: int  # validation images
    runs: dict[str, list[Run]]  # what the report refers to besides the final network


def calibrate(final: Run, data: Dataset, chooser: Run, cut: Dataset) -> Calibrated:
    """Fit T to the validation logits of `chooser`; apply it to `final`'s test logits.

    `chooser` has the recipe of `final` but learnt without the validation images, which
    are `cut.test`. Raises ValueError if `cut` is not a validation split.
    """
    if cut.split != "validation":
        raise ValueError(
            "a temperature is fitted on helpers.validation.validation(data)"
        )
    t = temperature(chooser.logits, cut.test.labels.numpy())
    labels = data.test.labels.numpy()
    return Calibrated(
        t,
        calibration(final.logits, labels),
        calibration(np.asarray(final.logits) / t, labels),
        len(cut.test),
        {"": [chooser]},
    )


def plot_calibration(c: Calibrated, *, ax: Axes | None = None) -> Axes:
    """Draw the reliability diagrams before and after the temperature.

    A point is a bin of the predicted class's probability; on the diagonal, the network
    is right as often as it says. Its area grows with the number of images in the bin.
    """
    ax = ax or plt.subplots(figsize=(6.3, 1.4))[1]
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    shown = {"antes": c.before, "después": c.after}
    for color, (name, one) in enumerate(shown.items()):
        area = 4 + 90 * one.images / one.images.sum()
        label = f"{name}: ECE {numbers.percent(one.error, None)}"
        style = {"color": f"C{color}", "marker": "os"[color], "label": label}
        ax.plot(one.confidence, one.accuracy, color=f"C{color}", linewidth=0.8)
        ax.scatter(one.confidence, one.accuracy, area, **style)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="probabilidad de la clase predicha")
    ax.set_ylabel("aciertos")
    ax.grid()
    for handle in ax.legend(loc="upper left").legend_handles:
        handle.set_sizes([25])
    return ax


def sentence(name: str, c: Calibrated) -> str:
    """Whether the network is too sure, and whether the temperature cures it."""
    kind = "peca de segura" if c.temperature > 1 else "peca de insegura"
    if abs(c.temperature - 1) < 0.02:
        kind = "en conjunto no peca ni de segura ni de insegura"
    return (
        f"El error esperado de calibración de la red {name} es {_error(c.before)}. La"
        f" temperatura se ajustó con {numbers.images(c.fitted_on)} de validación que no"
        " vio una red entrenada con la misma receta y el resto del conjunto de"
        f" entrenamiento: $T${NBSP}={NBSP}{c.temperature:.2f}, así que {kind}. Aplicada"
        f" a las imágenes de prueba, el error queda en {_error(c.after)}:"
        f" {_change(c)}. Las clases predichas no cambian."
    )


def _error(c: Calibration) -> str:
    low, high = numbers.percent(c.low), numbers.percent(c.high)
    return f"{numbers.percent(c.error)} [{low}, {high}]"


def _change(c: Calibrated) -> str:
    if c.after.high < c.before.low:
        return "la temperatura lo reduce"
    if c.after.low > c.before.high:
        return "la temperatura lo empeora"
    return "los intervalos se tocan, así que no se puede decir que cambie"
