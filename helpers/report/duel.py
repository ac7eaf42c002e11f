"""Paragraphs in Spanish that compare the two networks of CIFAR-10.

Like `sentences`, each stays true when the results change.
"""

import numpy as np

from helpers.evaluation import Estimate, difference
from helpers.report import numbers
from helpers.report.results import accuracies
from helpers.report.sentences import headline
from helpers.runs import Run


def comparison(dense: list[Run], lenet: list[Run]) -> str:
    """LeNet-5 against the dense network: parameters, accuracy and time."""
    more = numbers.times(dense[0].parameters / lenet[0].parameters)
    return (
        f"La red densa tiene {more} veces los parámetros de LeNet-5."
        f" {_gap(dense, lenet)} {_longer(dense, lenet)}"
    )


def conclusion(dense: list[Run], lenet: list[Run]) -> str:
    """The third part's answer: many parameters or a good configuration."""
    e = difference(accuracies(lenet), accuracies(dense))
    more = numbers.times(dense[0].parameters / lenet[0].parameters)
    if np.isnan(e.low) or e.low <= 0 <= e.high:
        answer = (
            "no hay evidencia de que una acierte más que la otra, y la densa tiene"
            f" {more} veces los parámetros de LeNet-5"
        )
    elif e.mean > 0:
        answer = "aquí la configuración vale más que el número de parámetros"
    else:
        answer = "aquí el número de parámetros vale más que la configuración"
    return (
        f"{headline('densa', dense)} {headline('LeNet-5', lenet)} Con estas recetas,"
        f" {answer}. Cada red se entrenó las épocas que pide la tarea, así que la"
        " comparación es entre recetas completas y no entre arquitecturas en igualdad"
        " de condiciones."
    )


def _gap(dense: list[Run], lenet: list[Run]) -> str:
    """The difference in accuracy, and whether it stands out from that of seeds."""
    e = difference(accuracies(lenet), accuracies(dense))
    text = (
        "La exactitud de LeNet-5 menos la de la densa es de"
        f" {_points(e.mean, '+')} puntos porcentuales"
    )
    if np.isnan(e.low):
        return f"{text}; con una semilla de cada una no se sabe cuánto vale eso."
    assumed = "; la que tiene una sola semilla se supone que varía como la otra"
    return (
        f"{text} (intervalo del 95 % entre semillas: [{_points(e.low)},"
        f" {_points(e.high)}]{assumed if e.n == 1 else ''}): {_verdict(e)}."
    )


def _points(gap: float, sign: str = "") -> str:
    """A difference of shares in percentage points."""
    return f"{100 * gap:{sign}.1f}".replace("-", "−")


def _verdict(e: Estimate) -> str:
    if e.low <= 0 <= e.high:
        return "no se distingue de la variación entre semillas"
    return "LeNet-5 acierta más" if e.mean > 0 else "la red densa acierta más"


def _longer(dense: list[Run], lenet: list[Run]) -> str:
    seconds = [np.mean([run.seconds for run in runs]) for runs in (dense, lenet)]
    ratio = numbers.times(max(seconds) / min(seconds))
    longer, shorter = "la red densa", "LeNet-5"
    if seconds[0] < seconds[1]:
        longer, shorter = shorter, longer
    return f"Entrenar {longer} lleva {ratio} veces el tiempo de {shorter}."
