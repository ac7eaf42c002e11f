"""Paragraphs in Spanish that compare two networks.

Like `sentences`, each stays true when the results change.
"""

import numpy as np

from helpers.runs import Run
from helpers.uncertainty import (
    Estimate,
    Paired,
    detectable,
    difference,
    over_seeds,
)
from informe import numbers
from informe.numbers import THIN, between, images, points, ratio, times
from informe.report.results import accuracies
from informe.report.sentences import headline

MANY = 2  # times LeNet-5's parameters, from which the dense network has many


def paired(pair: Paired, a: str, b: str) -> str:
    """What McNemar's test and the bootstrap say of two networks, over test images."""
    seen = "sí" if pair.p_value < 0.05 else "no"
    return (
        f"{_odds((pair.only_a, a), (pair.only_b, b))} La prueba exacta de McNemar da"
        f" {numbers.p_value(pair.p_value, '*p*')}, y la exactitud de la red {a} menos"
        f" la de la red {b} es de {points(pair.difference, '+')} puntos porcentuales"
        f" (intervalo *bootstrap* pareado del 95{THIN}%:"
        f" {between(pair.low, pair.high)}). Entre estas dos redes ya entrenadas, la"
        f" diferencia {seen} se distingue del azar de las imágenes de prueba."
    )


def _odds(*alone: tuple[int, str]) -> str:
    """In how many images only one network is right; the one that has fewer first."""
    (less, a), (more, b) = sorted(alone, key=lambda pair: pair[0])
    if more == 0:
        return "Las dos redes aciertan en las mismas imágenes."
    if less == 0:
        return (
            f"Solo la red {b} acierta en {images(more)}; en ninguna, solo la red {a}."
        )
    odds = f"{ratio(more / less)} veces más"
    if ratio(more / less) == "1.0":
        odds = "tantas como la otra" if more == less else "casi tantas como la otra"
    return (
        f"Solo la red {a} acierta en {images(less)}, y solo la red {b}, en"
        f" {numbers.integer(more)}: {odds}."
    )


def seedwise(a: list[Run], b: list[Run], n_a: str, n_b: str) -> str:
    """Paired comparison over seeds, and what difference so many could detect."""
    gaps = accuracies(a) - accuracies(b)
    e = over_seeds(gaps)
    if e.n == 1:
        return (
            "Con un solo entrenamiento de cada red no se puede decir cuánto cambiaría"
            " esa diferencia con otra semilla."
        )
    return (
        f"Semilla por semilla, la exactitud de la red {n_a} menos la de la red {n_b} es"
        f" en promedio de {points(e.mean, '+')} puntos porcentuales (intervalo de"
        f" Student pareado del 95{THIN}%: {between(e.low, e.high)}). {_power(gaps)}"
    )


def _power(gaps: np.ndarray) -> str:
    """What difference so many seeds could detect."""
    least = points(detectable(gaps))
    if not float(least):
        return "La diferencia es la misma en todas las semillas."
    return (
        f"Con {len(gaps)} semillas y esa dispersión, una prueba al 5{THIN}% solo"
        f" detectaría con una probabilidad del 80{THIN}% diferencias de al menos"
        f" {least} puntos."
    )


def comparison(dense: list[Run], lenet: list[Run]) -> str:
    """LeNet-5 against the dense network: parameters, accuracy and time."""
    return f"{_gap(dense, lenet)} De las dos, {costs(dense, lenet)}."


def costs(dense: list[Run], lenet: list[Run]) -> str:
    """Which of the two has more parameters, and which takes longer to train."""
    seconds = (np.mean([run.seconds for run in runs]) for runs in (dense, lenet))
    longer, time = _ratio("el tiempo", *seconds)
    return f"{_sizes(dense, lenet)}, y entrenar {longer} lleva {time}"


def conclusion(dense: list[Run], lenet: list[Run]) -> str:
    """The third part's answer: many parameters or a good configuration."""
    return (
        f"{headline('densa', dense)} {headline('LeNet-5', lenet)} Con estas recetas,"
        f" {_answer(dense, lenet)}. Cada red tiene su receta, así que la comparación es"
        " entre recetas completas y no entre arquitecturas en igualdad de condiciones."
    )


def _answer(dense: list[Run], lenet: list[Run]) -> str:
    """What counts more, if the dense network has the many parameters it is to have."""
    e = difference(accuracies(lenet), accuracies(dense))
    if np.isnan(e.low) or e.low <= 0 <= e.high:
        verdict = "no hay evidencia de que una acierte más que la otra"
        return f"{verdict}, y {_sizes(dense, lenet)}"
    if dense[0].parameters < MANY * lenet[0].parameters:
        return f"{_verdict(e)}, y {_sizes(dense, lenet)}"
    if e.mean > 0:
        return "aquí la configuración vale más que el número de parámetros"
    return "aquí el número de parámetros vale más que la configuración"


def _sizes(dense: list[Run], lenet: list[Run]) -> str:
    larger, size = _ratio("los parámetros", dense[0].parameters, lenet[0].parameters)
    return f"{larger} tiene {size}"


def _ratio(what: str, dense: float, lenet: float) -> tuple[str, str]:
    """The network that has more of something, and how many times the other's."""
    (less, b), (more, a) = sorted([(dense, "la red densa"), (lenet, "LeNet-5")])
    return a, times(more / less, f"{what} de {b}")


def _gap(dense: list[Run], lenet: list[Run]) -> str:
    """The difference in accuracy, and whether it exceeds the variation of seeds."""
    e = difference(accuracies(lenet), accuracies(dense))
    text = (
        "La exactitud de LeNet-5 menos la de la densa es de"
        f" {points(e.mean, '+')} puntos porcentuales"
    )
    if np.isnan(e.low):
        return f"{text}; con un solo entrenamiento de cada una no se sabe si es azar."
    assumed = "; la que tiene una sola semilla se supone que varía como la otra"
    return (
        f"{text} (intervalo del 95{THIN}% entre semillas: {between(e.low, e.high)}"
        f"{assumed if e.n == 1 else ''}): {_verdict(e)}."
    )


def _verdict(e: Estimate) -> str:
    if e.low <= 0 <= e.high:
        return "no se distingue de la variación entre semillas"
    return "LeNet-5 acierta más" if e.mean > 0 else "la red densa acierta más"
