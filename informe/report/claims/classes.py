"""Claims on single classes, from confusion matrices (S, K, K), one for each seed.

The matrices hold counts: rows are true classes, columns predicted ones.
"""

from collections.abc import Collection

import numpy as np

from helpers.evaluation import off_diagonal, row_shares
from helpers.uncertainty import over_seeds
from informe.numbers import listing, percent
from informe.report.claims.rules import (
    FAILS,
    HOLDS,
    UNKNOWN,
    UNMEASURED,
    Claim,
    in_points,
    verdict,
)

SEEDS = 10  # with fewer, the range of the seeds says little of another one
INSIDE, OUTSIDE = 8, 5  # of ten classes in the range: at least, and at most
ROUNDING = 0.005  # the original gives two decimals


def recalls_of(counts: np.ndarray) -> np.ndarray:
    """Recall of each class in each seed, (S, K)."""
    return np.stack([np.diag(row_shares(c)) for c in counts])


def best(part: str, claim: str, counts: np.ndarray, group, classes) -> Claim:
    """Claim: each class of `group` has a higher recall than all others."""
    return _extreme(part, claim, recalls_of(counts), group, classes, 1)


def hardest(part: str, claim: str, counts: np.ndarray, group, classes) -> Claim:
    """Claim: each class of `group` has a lower recall than all others."""
    return _extreme(part, claim, recalls_of(counts), group, classes, -1)


def _extreme(part, claim, recalls, group, classes, sign: int) -> Claim:
    """The claim that a group is above (`sign` 1) or below (-1) the rest."""
    inside = np.isin(np.arange(recalls.shape[1]), list(group))
    values = sign * recalls
    e = over_seeds(values[:, inside].min(1) - values[:, ~inside].max(1))
    order = np.argsort(-values.mean(0), kind="stable")[: len(group)]
    names = listing(classes[i] for i in order)
    word = ("las mejores", "las peores")[sign < 0]
    if len(order) == 1:
        word = ("la mejor", "la peor")[sign < 0]
    measured = f"{word} en promedio: {names}; ventaja de lo afirmado, {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, above=0))


def confused(
    part: str, claim: str, counts: np.ndarray, group, others: Collection[int], classes
) -> Claim:
    """Claim: the commonest error of each class of `group` is to take it for `others`.

    How far this is so in a seed is told by the class of which it is least so.
    """
    shares = np.stack([off_diagonal(row_shares(c)) for c in counts])[:, list(group)]
    named = np.isin(np.arange(len(classes)), list(others))
    leads = shares[:, :, named].max(2) - shares[:, :, ~named].max(2)  # (S, group)
    e = over_seeds(leads.min(1))
    mean = shares.mean(0)
    pairs = listing(
        f"{classes[k]} → {classes[row.argmax()]} ({percent(row.max())})"
        for k, row in zip(group, mean, strict=True)
    )
    measured = f"lo más frecuente: {pairs}; ventaja de lo afirmado, {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, above=0))


def published(part: str, claim: str, ours: np.ndarray, theirs: np.ndarray) -> Claim:
    """Claim: these are the values (K,) of the classes; `ours` are (S, K).

    NaN in `ours`, such as the precision of a class never predicted, is left out.
    """
    low, high = np.fmin.reduce(ours), np.fmax.reduce(ours)
    inside = (low - ROUNDING <= theirs) & (theirs <= high + ROUNDING)
    n, found, seeds = len(theirs), int(inside.sum()), len(ours)
    measured = f"{found} de las {n} están entre la menor y la mayor de las semillas"
    if seeds < SEEDS:
        return Claim(part, claim, measured, UNKNOWN)
    return Claim(part, claim, measured, _by_count(found))


def _by_count(found: int) -> str:
    if found >= INSIDE:
        return HOLDS
    return FAILS if found <= OUTSIDE else UNMEASURED
