"""What each part found, in a sentence or two for the summary of the report."""

import numpy as np

from helpers.runs import Run
from helpers.uncertainty import difference, over_seeds
from informe.experiments.answers import change, gap, p_values, stands_out
from informe.experiments.decision import Outcome
from informe.experiments.footwear import EQUAL, parts, within_footwear
from informe.numbers import between, percent, percent_std, points
from informe.report.comparison import costs
from informe.report.results import accuracies, lost_classes

# What an option of MNIST's decisions does to the network, for its Spanish label
BOUGHT = {
    "between": "la activación {} entre ellas",
    "channels": "una ReLU entre ellas y {} filtros",
    "rate": "la tasa de aprendizaje {}",
}


def mnist(runs: dict[str, list[Run]], outcomes: dict[str, Outcome]) -> str:
    """That the network is linear, what would help it, and what its last ReLU costs."""
    corrected, original = runs.values()
    return (
        f"La red de MNIST acierta {_accuracy(corrected)} de las imágenes de prueba y,"
        " como nada entre sus dos capas deja de ser lineal, equivale a una regresión"
        f" logística. {_bought(outcomes)} {lost(original)}"
    )


def _bought(outcomes: dict[str, Outcome]) -> str:
    """The option that gains most validation accuracy, if one stands out."""
    gains = {}
    for name, words in BOUGHT.items():
        outcome = outcomes[name]
        best, base = outcome.ranking[0], outcome.decision.reference
        if best != base and p_values(outcome)[best] < 0.05:
            gains[words.format(best)] = gap(outcome, best, base)
    if not gains:
        return "Ninguna de las opciones probadas la mejora de modo que se distinga."
    words, e = max(gains.items(), key=lambda item: item[1].mean)
    return f"Lo que más la mejora es {words}: {change(e)} en validación."


def lost(original: list[Run]) -> str:
    """In how many seeds the ReLU on the output loses classes."""
    n, k = len(original), sum(bool(lost_classes(run)) for run in original)
    of = "la única semilla" if n == 1 else f"{k} de {n} semillas"
    text = "La ReLU que el informe original pone en la salida"
    if not k:
        seeds = "la única semilla" if n == 1 else f"ninguna de {n} semillas"
        return f"{text} no deja aquí sin predecir ninguna clase, en {seeds}."
    return f"{text} deja sin predecir alguna clase en {of}."


def fashion_mnist(runs: dict[str, list[Run]], cost: Outcome) -> str:
    """What a higher cost of errors on footwear does, and why."""
    corrected, original = runs.values()
    return (
        f"La red de Fashion-MNIST acierta {_accuracy(corrected)}. {_cost(cost)}"
        f" {lost(original)}"
    )


def _cost(cost: Outcome) -> str:
    asked = cost.decision.reference
    if asked == EQUAL:
        return "Todos los errores cuestan lo mismo."
    e = gap(parts(cost)["calzado"], asked, EQUAL)
    moved = "mueve" if stands_out(e) else "no mueve de modo que se distinga"
    inside = within_footwear(cost)
    why = (
        ""
        if inside is None
        else (
            f" El {percent(inside)} de los errores en el calzado lo toman por otro"
            " calzado, que cuesta lo mismo."
        )
    )
    return (
        f"Que un error en el calzado cueste {asked} {moved} su exhaustividad:"
        f" {change(e)} en validación.{why}"
    )


def cifar10(runs: dict[str, list[Run]]) -> str:
    """Which of the two networks is better, by how much, and at what cost."""
    dense, lenet = runs["densa"], runs["LeNet-5"]
    e = difference(accuracies(lenet), accuracies(dense))
    better = "LeNet-5" if e.mean >= 0 else "la red densa"
    if np.isnan(e.low):
        answer = f"{better} acierta más, con una sola semilla de cada una"
    elif e.low <= 0 <= e.high:
        answer = "ninguna de las dos acierta más de modo que se distinga"
    else:
        size = points(abs(e.mean))
        ends = sorted(abs(x) for x in (e.low, e.high))
        answer = f"{better} es mejor: acierta {size} puntos más {between(*ends)}"
    return (
        f"**{answer[0].upper()}{answer[1:]}.** De las dos, {costs(dense, lenet)}."
        f" LeNet-5 acierta {_accuracy(lenet)} de las imágenes de prueba, y la densa,"
        f" {_accuracy(dense)}."
    )


def _accuracy(runs: list[Run]) -> str:
    return f"el {percent_std(over_seeds(accuracies(runs)))}"
