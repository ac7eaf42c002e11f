"""Paragraphs in Spanish about a confusion matrix: best and worst classes, errors.

Like `sentences`, each stays true when the results change.
"""

from collections.abc import Collection

import numpy as np

from helpers import numbers
from helpers.evaluation import off_diagonal, precision, recall, row_shares
from helpers.numbers import count, integer, listing, percent, share
from helpers.runs import Run
from helpers.uncertainty import over_seeds
from informe.report import original
from informe.report.results import per_seed


def versus_original(counts: np.ndarray, classes) -> str:
    """Where our precision and recall differ most from the original's."""
    parts = []
    for word, ours, theirs in (
        ("precisión", precision(counts), original.PRECISION),
        ("exhaustividad", recall(counts), original.RECALL),
    ):
        place = int(np.nanargmax(np.abs(ours - theirs)))
        parts.append(
            f"en {word}, la clase {classes[place]} ({share(ours[place], 2)} frente a"
            f" {share(theirs[place], 2)} del original)"
        )
    return f"La mayor diferencia con el original es, {listing(parts)}."


def extremes(counts: np.ndarray, classes) -> str:
    """Which classes are recognised best and worst."""
    values = recall(counts)
    order = np.argsort(values, kind="stable")
    low, high = [[classes[i] for i in part] for part in (order[:2], order[:-3:-1])]
    low_values, high_values = values[order[:2]], values[order[:-3:-1]]
    return (
        f"Las clases que mejor reconoce son {_with(high, high_values)}; las que peor,"
        f" {_with(low, low_values)} (exhaustividad entre paréntesis)."
    )


def confusions(counts: np.ndarray, classes) -> str:
    """The most frequent confusion, and whether it goes both ways."""
    errors = off_diagonal(counts)
    if errors.sum() == 0:
        return "La red no se equivoca en ninguna imagen de prueba."
    true, predicted = np.unravel_index(errors.argmax(), errors.shape)
    shares = row_shares(counts)
    images = count(int(errors[true, predicted]), "imagen", "imágenes")
    return (
        f"La confusión más frecuente es tomar «{classes[true]}» por"
        f" «{classes[predicted]}»: {images}, el {percent(shares[true, predicted])} de"
        f" su clase; a la inversa ocurre en el {percent(shares[predicted, true])}."
    )


def destinations(counts: np.ndarray, true: int, classes) -> str:
    """State which classes the misclassified images of class `true` are taken for."""
    row = counts[true]
    total, right = int(row.sum()), int(row[true])
    text = (
        f"De {count(total, 'imagen', 'imágenes')} de la clase «{classes[true]}», la red"
        f" acierta {integer(right)}"
    )
    wrong = off_diagonal(counts)[true]
    most = [k for k in np.argsort(-wrong, kind="stable")[:3] if wrong[k]]
    if not most:
        return f"{text}."
    listed = listing(f"«{classes[k]}» ({integer(int(wrong[k]))})" for k in most)
    return f"{text}; las demás van sobre todo a {listed}."


def among(counts: np.ndarray, group, classes, name: str) -> str:
    """What share of all errors stays inside a group of classes."""
    errors = off_diagonal(counts)
    inside = errors[np.ix_(group, group)].sum() / max(errors.sum(), 1)
    pairs = len(group) * (len(group) - 1) / (len(counts) * (len(counts) - 1))
    return (
        f"Entre {name} ({listing(classes[i] for i in group)}) queda el"
        f" {percent(inside)} de todos los errores; si los errores se repartieran por"
        f" igual entre todos los pares de clases, sería el {percent(pairs)}."
    )


def group_recall(runs: list[Run], group: Collection[int], name: str) -> str:
    """Mean recall of a group of classes against the rest, over seeds."""
    recalls = per_seed(recall, runs)  # (S, K)
    inside = np.isin(np.arange(recalls.shape[1]), list(group))
    ours = over_seeds(recalls[:, inside].mean(1))
    others = over_seeds(recalls[:, ~inside].mean(1))
    return (
        f"La exhaustividad media {name} es {numbers.mean_std(ours)}; la de las demás"
        f" clases, {numbers.mean_std(others)}."
    )


def _with(names, values) -> str:
    return listing(f"{n} ({share(v, 2)})" for n, v in zip(names, values, strict=True))
