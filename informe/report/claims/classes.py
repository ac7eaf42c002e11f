"""Claims on single classes, from confusion matrices (S, K, K), one for each seed.

The matrices hold counts: rows are true classes, columns predicted ones.
"""

from collections.abc import Collection

import numpy as np
from scipy import stats

from helpers.evaluation import off_diagonal, row_shares
from helpers.uncertainty import LEVEL, over_seeds
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

SEEDS = 10  # with fewer, an interval that foretells another seed excludes little
INSIDE, OUTSIDE = 8, 5  # of ten figures that agree: at least, and at most
ROUNDING = 0.005  # the original gives two decimals


def recalls_of(counts: np.ndarray) -> np.ndarray:
    """Recall of each class in each seed, (S, K)."""
    return np.stack([np.diag(row_shares(c)) for c in counts])


def best(part: str, claim: str, counts: np.ndarray, group, classes) -> Claim:
    """Claim: each class of `group` has a higher recall than all others."""
    return _extreme(part, claim, recalls_of(counts), group, classes)


def hardest(part: str, claim: str, counts: np.ndarray, group, classes) -> Claim:
    """Claim: each class of `group` has a lower recall than all others."""
    return _extreme(part, claim, -recalls_of(counts), group, classes, "peor")


def _extreme(part, claim, values, group, classes, word: str = "mejor") -> Claim:
    """The claim that a group has higher `values` (S, K) than the rest in each seed."""
    inside = np.isin(np.arange(values.shape[1]), list(group))
    e = over_seeds(values[:, inside].min(1) - values[:, ~inside].max(1))
    mean, n = values.mean(0), len(group)
    order = np.argsort(-mean, kind="stable")
    first = (
        f"{word if n == 1 else word + 'es'}: {listing(classes[i] for i in order[:n])}"
    )
    if mean[order[n - 1]] == mean[order[n]]:
        first = "hay empate"
    measured = f"{first}; ventaja, {in_points(e)}"
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
    e, mean = over_seeds(leads.min(1)), shares.mean(0)
    pairs = listing(
        f"{classes[k]} → {classes[row.argmax()]} ({percent(row.max())})"
        if row.any()
        else f"{classes[k]}, sin errores"
        for k, row in zip(group, mean, strict=True)
    )
    measured = f"{pairs}; ventaja, {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, above=0))


def published(part: str, claim: str, ours: np.ndarray, theirs: np.ndarray) -> Claim:
    """Claim: these are the values (K,) of the classes; `ours` are (S, K).

    A value agrees if it lies in the interval in which 95 % of further seeds would.
    NaN in `ours`, such as the precision of a class never predicted, is left out.
    """
    if len(ours) < SEEDS:
        return Claim(part, claim, f"con menos de {SEEDS} semillas no se juzga", UNKNOWN)
    ends = np.array([foretold(column[~np.isnan(column)]) for column in ours.T])
    low, high = ends.T + np.array([[-ROUNDING], [ROUNDING]])
    found = int(((low <= theirs) & (theirs <= high)).sum())
    return Claim(part, claim, f"concuerdan {found} de {len(theirs)}", _by_count(found))


def foretold(values: np.ndarray) -> tuple[float, float]:
    """Student's interval for one more value like these (S,); NaN for fewer than two."""
    n = len(values)
    if n < 2:
        return np.nan, np.nan
    spread = float(values.std(ddof=1)) * np.sqrt(1 + 1 / n)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * spread
    return float(values.mean()) - half, float(values.mean()) + half


def _by_count(found: int) -> str:
    if found >= INSIDE:
        return HOLDS
    return FAILS if found <= OUTSIDE else UNMEASURED


def normalised_by_total(part: str, claim: str, diagonal: np.ndarray) -> Claim:
    """Claim: a matrix with this `diagonal` (K,) was divided by its total.

    Then the diagonal adds up to the accuracy, which is at most 1. Nothing is trained.
    """
    total = float(diagonal.sum())
    measured = f"su diagonal suma {total:.2f}, y así no pasaría de 1"
    return Claim(part, claim, measured, FAILS if total > 1 else UNMEASURED)
