"""The calibration of a network: a temperature from validation, a figure, a sentence."""

from dataclasses import dataclass

import numpy as np

from helpers import numbers
from helpers.calibration import Calibration, calibration, temperature
from helpers.datasets import Dataset
from helpers.runs import Run

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


def sentence(name: str, c: Calibrated) -> str:
    """Whether the network is too sure, and whether the temperature cures it."""
    kind = "es demasiado segura" if c.temperature > 1 else "es demasiado insegura"
    if abs(c.temperature - 1) < 0.02:
        kind = "está bien calibrada"
    return (
        f"El error esperado de calibración de la red {name} es {_error(c.before)}. La"
        f" temperatura se ajustó con {numbers.integer(c.fitted_on)} imágenes de"
        " validación que no vio una red entrenada con la misma receta y el resto del"
        f" conjunto de entrenamiento: $T$ = {c.temperature:.2f}, así que {kind}."
        f" Aplicada a las imágenes de prueba, el error queda en {_error(c.after)}:"
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
