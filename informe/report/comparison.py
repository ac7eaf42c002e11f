"""Paragraphs in Spanish that compare two networks.

Like `sentences`, each stays true when the results change.
"""

import numpy as np

from helpers import numbers
from helpers.numbers import count, integer, points
from helpers.runs import Run
from helpers.uncertainty import (
    Estimate,
    Paired,
    compare_f1,
    detectable,
    difference,
    over_seeds,
)
from informe.report.results import accuracies
from informe.report.sentences import headline


def paired(pair: Paired, a: str, b: str) -> str:
    """What McNemar's test and the bootstrap say of two networks, over test images."""
    interval = f"[{points(pair.low)}, {points(pair.high)}]"
    seen = "sí" if pair.p_value < 0.05 else "no"
    return (
        f"Solo la red {a} acierta en {count(pair.only_a, 'imagen', 'imágenes')}, y solo"
        f" la red {b} en {integer(pair.only_b)}: {_odds(pair)}. La prueba exacta de"
        f" McNemar da {numbers.p_value(pair.p_value)}, y la diferencia de exactitud es"
        f" de {points(pair.difference, '+')} puntos porcentuales (intervalo *bootstrap*"
        f" pareado del 95 %: {interval}). Entre estas dos redes ya entrenadas, la"
        f" diferencia {seen} se distingue del azar de las imágenes de prueba."
    )


def _odds(pair: Paired) -> str:
    if pair.only_a == pair.only_b:
        return "tantas como la otra"
    more, less = sorted((pair.only_a, pair.only_b), reverse=True)
    if less == 0:
        return "una de las dos no gana ninguna"
    return f"{more / less:.1f} por cada una en la otra dirección"


def scores(runs: dict[str, list[Run]]) -> str:
    """Macro-F1 of the two networks' first seeds and their difference, over images."""
    (name_a, a), (name_b, b) = runs.items()
    f1 = compare_f1(a[0].labels, a[0].predictions, b[0].predictions)
    gap, low, high = f1.difference
    return (
        f"El macro-F1, que da el mismo peso a todas las clases, es {_score(f1.a)} con"
        f" la red {name_a} y {_score(f1.b)} con la red {name_b}; la diferencia,"
        f" {points(gap, '+')} puntos [{points(low)}, {points(high)}]. Estos intervalos,"
        " también *bootstrap*, dicen cuánto cambiaría el valor con otras imágenes de"
        " prueba, no con otra semilla."
    )


def _score(value: tuple[float, float, float]) -> str:
    score, low, high = map(numbers.share, value)
    return f"{score} [{low}, {high}]"


def seedwise(a: list[Run], b: list[Run], n_a: str, n_b: str) -> str:
    """Paired comparison over seeds, and what difference so many could detect."""
    gaps = accuracies(a) - accuracies(b)
    e = over_seeds(gaps)
    if e.n == 1:
        return (
            "Con una sola semilla no se puede decir cuánto cambiaría esa diferencia al"
            " repetir el entrenamiento."
        )
    return (
        f"Semilla por semilla, la exactitud de la red {n_a} menos la de la red {n_b} es"
        f" en promedio de {points(e.mean, '+')} puntos porcentuales (intervalo de"
        f" Student pareado del 95 %: [{points(e.low)}, {points(e.high)}]). Con"
        f" {e.n} semillas y esa dispersión, una prueba al 5 % solo detectaría con"
        f" probabilidad de 80 % diferencias de al menos {points(detectable(gaps))}"
        " puntos."
    )


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
    """The difference in accuracy, and whether it exceeds the variation of seeds."""
    e = difference(accuracies(lenet), accuracies(dense))
    text = (
        "La exactitud de LeNet-5 menos la de la densa es de"
        f" {points(e.mean, '+')} puntos porcentuales"
    )
    if np.isnan(e.low):
        return f"{text}; con una semilla de cada una no se sabe cuánto vale eso."
    assumed = "; la que tiene una sola semilla se supone que varía como la otra"
    return (
        f"{text} (intervalo del 95 % entre semillas: [{points(e.low)},"
        f" {points(e.high)}]{assumed if e.n == 1 else ''}): {_verdict(e)}."
    )


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
