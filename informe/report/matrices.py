"""Paragraphs in Spanish about a confusion matrix: best and worst classes, errors.

Like `sentences`, each stays true when the results change.
"""

from collections.abc import Collection

import numpy as np

from helpers.evaluation import off_diagonal, precision, recall, row_shares
from helpers.runs import Run
from helpers.uncertainty import over_seeds
from informe import numbers
from informe.numbers import images, integer, listing, percent, share
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
            f"en {word}, la de {classes[place]} ({share(ours[place], 2)} frente a"
            f" {share(theirs[place], 2)} del original)"
        )
    return f"La mayor diferencia con el original es, {listing(parts)}."


def the_classes(classes, places, values=None) -> str:
    """Name classes: la clase «8»; las clases «3» (0.91) y «8» (0.92), with `values`."""
    names = [f"«{classes[k]}»" for k in places]
    if values is not None:
        shares = (share(values[k], 2) for k in places)
        names = [f"{n} ({s})" for n, s in zip(names, shares, strict=True)]
    return f"{'la clase' if len(names) == 1 else 'las clases'} {listing(names)}"


def extremes(counts: np.ndarray, classes) -> str:
    """Which classes are recognised best and worst."""
    values = recall(counts)
    best = the_classes(classes, _lowest(-values), values)
    worst = the_classes(classes, _lowest(values), values)
    return _alike(values) or (
        f"La red reconoce mejor {best}; peor, {worst} (exhaustividad entre paréntesis)."
    )


def hardest(counts: np.ndarray, classes) -> str:
    """Which class is the hardest to find."""
    values = recall(counts)
    low = np.nanmin(values)
    worst = the_classes(classes, np.flatnonzero(values == low))
    return _alike(values) or (
        f"Las imágenes que más le cuesta reconocer son las de {worst}, con"
        f" exhaustividad {share(low, 2)}."
    )


def _lowest(values: np.ndarray) -> np.ndarray:
    """The places of the two lowest values or, if more tie, of the lowest; no NaN."""
    first, second = np.sort(values)[:2]
    found = np.flatnonzero(values <= second)
    if len(found) != 2:
        found = np.flatnonzero(values == first)
    return found[np.argsort(values[found], kind="stable")]


def _alike(values: np.ndarray) -> str:
    """A sentence if no class has a better recall than another, else nothing."""
    low, high = np.nanmin(values), np.nanmax(values)
    if low < high:
        return ""
    return f"La red reconoce igual todas las clases, con exhaustividad {share(low, 2)}."


def confusions(counts: np.ndarray, classes) -> str:
    """The most frequent confusion, and whether it goes both ways."""
    errors = off_diagonal(counts)
    if errors.sum() == 0:
        return "La red no se equivoca en ninguna imagen de prueba."
    true, predicted = np.unravel_index(errors.argmax(), errors.shape)
    shares = row_shares(counts)
    back = f"ocurre en el {percent(shares[predicted, true])}"
    alone = (errors == errors.max()).sum() == 1
    return (
        f"{'La confusión más frecuente' if alone else 'Una de las más frecuentes'} es"
        f" tomar «{classes[true]}» por «{classes[predicted]}»:"
        f" {images(int(errors[true, predicted]))}, el"
        f" {percent(shares[true, predicted])} de su clase; a la inversa"
        f" {back if errors[predicted, true] else 'no ocurre nunca'}."
    )


def destinations(counts: np.ndarray, true: int, classes) -> str:
    """State which classes the misclassified images of class `true` are taken for."""
    right, wrong = int(counts[true, true]), off_diagonal(counts)[true]
    total = int(wrong.sum())
    text = (
        f"De {images(right + total)} de la clase «{classes[true]}», la red acierta"
        f" {integer(right)}"
    )
    most = [k for k in np.argsort(-wrong, kind="stable")[:3] if wrong[k]]
    listed = listing(f"«{classes[k]}» ({integer(int(wrong[k]))})" for k in most)
    if total == 0:
        return f"{text}."
    if total == 1:
        return f"{text}; la que falla va a «{classes[most[0]]}»."
    mostly = " sobre todo" if total > wrong[most].sum() else ""
    return f"{text}; las que falla van{mostly} a {listed}."


def among(counts: np.ndarray, group, classes, name: str) -> str:
    """What share of all errors stays inside a group of classes."""
    errors = off_diagonal(counts)
    inside = errors[np.ix_(group, group)].sum()
    text = f"Entre {name} ({listing(classes[i] for i in group)})"
    if not inside:
        return f"{text} no hay ningún error."
    pairs = len(group) * (len(group) - 1) / (len(counts) * (len(counts) - 1))
    return (
        f"{text} queda el {percent(inside / errors.sum())} de todos los errores; si los"
        " errores se repartieran por igual entre todos los pares de clases, sería el"
        f" {percent(pairs)}."
    )


def group_recall(runs: list[Run], group: Collection[int], name: str) -> str:
    """Mean recall of a group of classes against the rest, over seeds."""
    recalls = per_seed(recall, runs)  # (S, K)
    inside = np.isin(np.arange(recalls.shape[1]), list(group))
    ours = over_seeds(np.nanmean(recalls[:, inside], 1))
    others = over_seeds(np.nanmean(recalls[:, ~inside], 1))
    return (
        f"La exhaustividad media {name} es {numbers.mean_std(ours)}; la de las demás"
        f" clases, {numbers.mean_std(others)}."
    )
