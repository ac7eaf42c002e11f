"""Paragraphs in Spanish about confusion matrices: best and worst classes, errors.

`counts` are (S, K, K), one matrix a seed, of the same test images; what is said is the
mean over seeds. Like `sentences`, each stays true when the results change.
"""

from collections.abc import Sequence

import numpy as np

from helpers.evaluation import off_diagonal, precision, recall, row_shares
from informe.numbers import (
    images,
    integer,
    listing,
    percent,
    share,
    small,
)
from informe.report import original
from informe.report.results import mean_share, per_seed

MANY = 10  # classes, beyond which not all are named


def versus_original(counts: np.ndarray, classes: Sequence[str]) -> str:
    """Where our precision and recall differ most from the original's."""
    parts = []
    for word, measure, theirs in (
        ("precisión", precision, original.PRECISION),
        ("exhaustividad", recall, original.RECALL),
    ):
        ours = _mean(measure, counts)
        place = int(np.nanargmax(np.abs(ours - theirs)))
        parts.append(
            f"la {word} de «{classes[place]}» ({share(ours[place], 2)} frente a"
            f" {share(theirs[place], 2)})"
        )
    first = "En promedio, lo" if len(counts) > 1 else "Lo"
    return f"{first} que más se aparta del original es {listing(parts)}."


def _mean(measure, counts: np.ndarray) -> np.ndarray:
    """Mean over seeds of precision or recall, (K,); NaN where no seed has a value."""
    values = per_seed(measure, counts)
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / there.sum(0)


def the_classes(classes: Sequence[str], places, values=None) -> str:
    """Name classes: la clase «8»; las clases «3» (0.91) y «8» (0.92), with `values`."""
    names = [f"«{classes[k]}»" for k in places]
    if values is not None:
        shares = (share(values[k], 2) for k in places)
        names = [f"{n} ({s})" for n, s in zip(names, shares, strict=True)]
    if len(names) > MANY:
        names = [*names[: MANY // 2], f"otras {len(names) - MANY // 2}"]
    return f"{'la clase' if len(names) == 1 else 'las clases'} {listing(names)}"


def extremes(counts: np.ndarray, classes: Sequence[str]) -> str:
    """Which classes are recognised best and worst."""
    values = recall(counts.sum(0))
    best = the_classes(classes, _lowest(-values), values)
    worst = the_classes(classes, _lowest(values), values)
    mean, kind = ("En promedio, la", " media") if len(counts) > 1 else ("La", "")
    return _alike(values) or (
        f"{mean} red reconoce mejor {best}; peor, {worst} (exhaustividad{kind} entre"
        " paréntesis)."
    )


def hardest(counts: np.ndarray, classes: Sequence[str]) -> str:
    """Which class is the hardest to find."""
    values = recall(counts.sum(0))
    places = np.flatnonzero(values == np.nanmin(values))
    return _alike(values) or (
        f"Las imágenes que más le cuesta reconocer son las de"
        f" {the_classes(classes, places)}, con {_recall(counts, places[0])}."
    )


def _recall(counts: np.ndarray, k: int) -> str:
    """The recall of a class, with its interval where there are several seeds."""
    e = mean_share(counts[:, k, k] / counts[:, k].sum(1))
    if e.n == 1:
        return f"exhaustividad {share(e.mean, 2)}"
    return (
        f"exhaustividad media {share(e.mean, 2)}"
        f" [{share(e.low, 2)}, {share(e.high, 2)}]"
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


def confusions(counts: np.ndarray, classes: Sequence[str]) -> str:
    """The most frequent confusion, and whether it goes both ways."""
    total = counts.sum(0)
    errors, shares = off_diagonal(total), row_shares(total)
    if errors.sum() == 0:
        return "La red no se equivoca en ninguna imagen de prueba."
    true, predicted = np.unravel_index(errors.argmax(), errors.shape)
    alone = (errors == errors.max()).sum() == 1
    back = f"ocurre en el {percent(shares[predicted, true])}"
    return (
        f"{'La confusión más frecuente' if alone else 'Una de las más frecuentes'} es"
        f" tomar «{classes[true]}» por «{classes[predicted]}»:"
        f" {_images(errors[true, predicted], len(counts))}, el"
        f" {percent(shares[true, predicted])} de su clase; a la inversa"
        f" {back if errors[predicted, true] else 'no ocurre nunca'}."
    )


def _images(total: int, seeds: int) -> str:
    """Format a number of images, as a mean where there are several seeds."""
    if seeds == 1:
        return images(int(total))
    mean = _number(total, seeds)
    return f"{mean} {'imagen' if mean == '1' else 'imágenes'} en promedio"


def _number(total: int, seeds: int) -> str:
    """Format a mean of whole numbers: 829, 9.3, 0.033."""
    mean = total / seeds
    return integer(round(mean)) if mean >= 10 else small(mean, 2)


def among(counts: np.ndarray, group, classes: Sequence[str], name: str) -> str:
    """What share of all errors stays inside a group of classes."""
    errors = np.stack([off_diagonal(table) for table in counts])
    inside = errors[:, group][:, :, group].sum((1, 2))
    text = f"Entre {name} ({listing(classes[i] for i in group)})"
    if not inside.any():
        return f"{text} no hay ningún error."
    every = errors.sum((1, 2))
    pairs = len(group) * (len(group) - 1) / (len(classes) * (len(classes) - 1))
    e = mean_share(inside[every > 0] / every[every > 0])
    mean = ", en promedio," if e.n > 1 else ""
    return (
        f"{text} queda{mean} el {percent(e.mean)} de todos los errores; si los errores"
        " se repartieran por igual entre todos los pares de clases, sería el"
        f" {percent(pairs)}."
    )


def neighbours(
    counts: np.ndarray,
    group: Sequence[int],
    classes: Sequence[str],
    others: Sequence[int] = (0, 8),
) -> str:
    """How many of the errors on each class of a group stay in it or go to others.

    By default the others are CIFAR-10's aeroplane and ship.
    """
    total = off_diagonal(counts.sum(0))
    places = [k for k in group if total[k].any()]
    if not places:
        return f"En {_named(classes, group)} no hay ningún error."
    rows = total[places] / total[places].sum(1, keepdims=True)
    kept, gone = (rows[:, list(some)].sum(1) for some in (group, others))
    even = np.array([len(group) - 1, len(others)]) / (len(classes) - 1)
    cases = "; ".join(
        f"en «{classes[k]}», el {percent(a)} y el {percent(b)}"
        for k, a, b in zip(places, kept, gone, strict=True)
    )
    return (
        f"¿Cuenta el fondo? De los errores en {_named(classes, group)}, qué parte queda"
        f" entre ellas y qué parte va a {_named(classes, others)}: {cases}. Repartidos"
        " por igual entre las demás clases serían el"
        f" {listing(dict.fromkeys(map(percent, even)))}. Pasan de ahí, entre ellas,"
        f" {_above(classes, places, kept > even[0])}; hacia las otras,"
        f" {_above(classes, places, gone > even[1])}. Que se deba a fondos parecidos,"
        " verdes o de cielo, es una hipótesis: la matriz dice qué se confunde, no por"
        " qué."
    )


def _above(classes: Sequence[str], places: Sequence[int], seen: np.ndarray) -> str:
    return _named(classes, np.array(places)[seen]) or "ninguna"


def _named(classes: Sequence[str], places: Sequence[int]) -> str:
    return listing(f"«{classes[k]}»" for k in places)
