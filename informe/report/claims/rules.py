"""A claim, the verdict on it, and how measured numbers are written beside it.

A claim says that a quantity lies in a region. It holds if the quantity's interval lies
inside the region, and fails if it lies outside. If the interval crosses the edge, or a
single seed gives no interval, more seeds might decide. What was not measured no number
of seeds decides.
"""

from dataclasses import dataclass

import numpy as np

from helpers.runs import Run
from helpers.uncertainty import Estimate
from informe.numbers import NBSP, THIN, between, percent, points
from informe.report.results import SEEDS
from informe.statistics import exact

HOLDS = "se sostiene"
FAILS = "no se sostiene"
UNKNOWN = "faltan semillas"  # more seeds might decide
UNMEASURED = "no se puede decir"

SAME = 0.01  # a change of accuracy or error below a point counts as none
FAR = 0.1  # accuracies ten points apart are far from each other
MOST = 0.5  # more than this share is most


@dataclass(frozen=True)
class Claim:
    """A row of the table of claims."""

    part: str  # of the report, and the network if there are two
    claim: str
    measured: str
    verdict: str

    @property
    def stands(self) -> bool | None:
        """Whether the claim holds; None if that cannot be said."""
        return {HOLDS: True, FAILS: False}.get(self.verdict)


def verdict(e: Estimate, above: float = -np.inf, below: float = np.inf) -> str:
    """Whether an estimate lies between `above` and `below`, by its interval."""
    if np.isnan(e.mean) or (np.isnan(e.low) and e.n > 1):
        return UNMEASURED
    if e.low > above and e.high < below:
        return HOLDS
    if e.high < above or e.low > below:
        return FAILS
    return UNMEASURED if e.low == e.high else UNKNOWN  # no spread, on the very edge


def of_recipes(e: Estimate, above: float = -np.inf, below: float = np.inf) -> str:
    """`verdict` on recipes, by a bootstrap that knows little of fewer than SEEDS."""
    return verdict(e, above, below) if e.n >= SEEDS else UNKNOWN


def all_of(*verdicts: str) -> str:
    """The verdict on a claim with several conditions, each with its own."""
    order = (FAILS, UNMEASURED, UNKNOWN, HOLDS)
    return next(v for v in order if v in verdicts)


def rate(happened: np.ndarray) -> Estimate:
    """Share of the seeds (S,) in which something happened, with its exact interval."""
    n = len(happened)
    return Estimate(float(happened.mean()), np.nan, *exact(happened.sum(), n), n)


def in_seeds(happened: np.ndarray) -> str:
    """In how many seeds (S,) something happened, and the interval of the share."""
    e, k = rate(happened), int(happened.sum())
    if e.n == 1:
        return f"{k} de 1 semilla"
    return f"{k} de {e.n} semillas{_unbroken(e, 0)}{THIN}%"


def history(runs: list[Run], column: str) -> np.ndarray:
    """A column of the runs' histories, (S, E): one row per seed."""
    return np.stack([run.history[column].to_numpy(dtype=float) for run in runs])


def in_points(e: Estimate) -> str:
    """A difference of shares in percentage points, and its interval."""
    return f"{points(e.mean, '+')}{_interval(e)}"


def in_shares(e: Estimate) -> str:
    """A share as a percentage, and its interval."""
    return f"{percent(e.mean)}{_interval(e)}"


def _interval(e: Estimate) -> str:
    return "" if np.isnan(e.low) else _unbroken(e)


def _unbroken(e: Estimate, digits: int = 1) -> str:
    return f" {between(e.low, e.high, digits)}".replace(" ", NBSP)
