"""The calibration of a network: a temperature from validation, a figure, a sentence."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from helpers.datasets import Dataset
from helpers.runs import Run
from helpers.uncertainty import Estimate
from informe import numbers
from informe.experiments.answers import EQUIVALENT
from informe.figures.marks import mark
from informe.numbers import NBSP, THIN, between, points
from informe.report.calibration import Calibration, calibrations, temperature
from informe.statistics import verdict


@dataclass(frozen=True)
class Calibrated:
    """A network's test probabilities before and after temperature scaling."""

    temperature: Estimate | None  # None where none fits; then nothing is changed
    before: Calibration
    after: Calibration
    change: Estimate  # of the error, after - before, on the same images
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
    try:
        t = temperature(chooser.logits, cut.test.labels.numpy())
    except ValueError:
        t = None
    logits = np.asarray(final.logits)
    scaled = logits / t.mean if t else logits
    both, changed = calibrations([logits, scaled], data.test.labels.numpy())
    return Calibrated(t, *both, changed, len(cut.test), {"": [chooser]})


def plot_calibration(c: Calibrated, *, ax: Axes | None = None) -> Axes:
    """Draw the reliability diagrams before and after the temperature.

    A point is a bin of the predicted class's probability; on the diagonal, the network
    is right as often as it says. Its area grows with the number of images in the bin.
    """
    ax = ax or plt.subplots(figsize=(6.3, 1.25))[1]
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    shown = {"antes": c.before} | ({"después": c.after} if c.temperature else {})
    for color, (name, one) in enumerate(shown.items()):
        area = 4 + 90 * one.images / one.images.sum()
        label = f"{name}: ECE {numbers.percent(one.error, None)}"
        style = {"color": f"C{color}", "marker": "os"[color], "label": label}
        ax.plot(one.confidence, one.accuracy, color=f"C{color}", linewidth=0.8)
        ax.scatter(one.confidence, one.accuracy, area, **style)
        for x, y, n in zip(one.confidence, one.accuracy, one.images, strict=True):
            if n:
                text = f"{name}: probabilidad {numbers.percent(x)}, aciertos"
                text += f" {numbers.percent(y)}; {numbers.images(int(n))}"
                mark(ax, x, y, text)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="probabilidad de la clase predicha")
    ax.set_ylabel("aciertos")
    ax.grid()
    for handle in ax.legend(loc="lower right").legend_handles:
        handle.set_sizes([25])
    return ax


def sentence(name: str, c: Calibrated) -> str:
    """Whether the network is too sure, and whether the temperature cures it."""
    text = (
        f"El error esperado de calibración de la red {name}, sin el sesgo que le da el"
        f" azar de los tramos, es {_error(c.before)}. La temperatura se ajustó con"
        f" {numbers.images(c.fitted_on)} de validación que no vio una red entrenada con"
        " la misma receta y el resto del conjunto de entrenamiento:"
    )
    if not (t := c.temperature):
        return (
            f"{text} ninguna entre 0.01 y 100 es la mejor, así que no se aplica. Entre"
            f" corchetes, un intervalo *bootstrap* del 95{THIN}%."
        )
    ends = f"[{t.low:.2f}, {t.high:.2f}]"
    return (
        f"{text} $T${NBSP}={NBSP}{t.mean:.2f} {ends}, {_kind(t)}. Aplicada a las"
        f" imágenes de prueba, el error queda en {_error(c.after)} y cambia"
        f" {points(c.change.mean, '+', 2)} puntos"
        f" {between(c.change.low, c.change.high, 2)} en las mismas imágenes:"
        f" {_change(c.change)}. Entre corchetes, intervalos *bootstrap* del"
        f" 95{THIN}%. Las clases predichas no cambian."
    )


def _error(c: Calibration) -> str:
    low, high = numbers.percent(c.low), numbers.percent(c.high)
    return f"{numbers.percent(c.error)} [{low}, {high}]"


def _kind(t: Estimate) -> str:
    """Whether a temperature says that the network is too sure; not that it is good."""
    if t.low > 1:
        return "mayor que 1: esa red peca de segura"
    if t.high < 1:
        return "menor que 1: esa red peca de insegura"
    return (
        "que no se distingue de 1: en conjunto no peca ni de segura ni de insegura, y"
        " una temperatura no corrige el error que haya"
    )


def _change(change: Estimate) -> str:
    """Whether the temperature helps."""
    told = {
        "less": "la temperatura lo reduce",
        "more": "la temperatura lo empeora",
        "equal": f"con la temperatura equivale ({EQUIVALENT})",
        "open": "no se puede decir si la temperatura ayuda o perjudica",
    }
    return told[verdict(change.low, change.high)]
