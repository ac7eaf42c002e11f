"""Uncertainty of results and of differences, over seeds and over test images.

The distributions and tests come from scipy and statsmodels.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from helpers.numbers import integer

LEVEL = 0.95
RESAMPLES = 10_000  # of the bootstrap; its own seed makes it repeatable


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its uncertainty; what has no value is NaN."""

    mean: float
    std: float  # sample standard deviation, n - 1; NaN for one seed
    low: float  # interval, of 95 % unless said; NaN for one seed
    high: float
    n: int  # seeds


def over_seeds(values, level: float = LEVEL) -> Estimate:
    """Estimate the mean of one value per seed, with Student's interval of `level`."""
    values = np.asarray(values, dtype=float)
    n, mean = len(values), float(values.mean())
    if n == 1:
        return Estimate(mean, np.nan, np.nan, np.nan, 1)
    std = float(values.std(ddof=1))
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * std / np.sqrt(n)
    return Estimate(mean, std, mean - half, mean + half, n)


def difference(a, b) -> Estimate:
    """Estimate mean(a) - mean(b) of unpaired values, one for each seed.

    With several seeds on both sides the interval is Welch's. A side with a single seed
    is assumed to vary like the other, so the interval is Student's with the other's
    standard deviation. With one seed on each side it is NaN. `n` is the smaller number
    of seeds, `std` is NaN.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    gap, n, many = float(a.mean() - b.mean()), min(len(a), len(b)), max(len(a), len(b))
    if many == 1:
        return Estimate(gap, np.nan, np.nan, np.nan, n)
    if n > 1 and np.ptp(a) == np.ptp(b) == 0:  # no spread: scipy would divide by zero
        return Estimate(gap, np.nan, gap, gap, n)
    if n > 1:
        with warnings.catch_warnings():  # scipy doubts a side without spread
            warnings.simplefilter("ignore", RuntimeWarning)
            test = stats.ttest_ind(a, b, equal_var=False)
        interval = test.confidence_interval(LEVEL)
        return Estimate(gap, np.nan, float(interval.low), float(interval.high), n)
    spread = (a if len(a) == many else b).std(ddof=1) * np.sqrt(1 + 1 / many)
    half = float(stats.t.ppf((1 + LEVEL) / 2, many - 1) * spread)
    return Estimate(gap, np.nan, gap - half, gap + half, n)


def wilson(successes, n) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval (low, high) of a share of images; NaN where `n` is 0."""
    successes, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = proportion_confint(successes, n, 1 - LEVEL, method="wilson")
    return np.where(n == 0, np.nan, low), np.where(n == 0, np.nan, high)


@dataclass(frozen=True)
class Paired:
    """Two networks, a and b, on the same test images."""

    both: int  # images that both classify right
    only_a: int
    only_b: int
    neither: int
    p_value: float  # exact McNemar test of only_a against only_b
    difference: float  # accuracy of a minus accuracy of b
    low: float  # its paired bootstrap interval, over images
    high: float

    def __repr__(self) -> str:
        gap, *ends = (f"{100 * x:+.2f}" for x in (self.difference, self.low, self.high))
        a, b = integer(self.only_a), integer(self.only_b)
        return (
            f"a − b: {gap} puntos [{', '.join(ends)}]; McNemar, p = {self.p_value:.2g};"
            f" solo a acierta {a} imágenes, y solo b {b}"
        )


def compare(labels, a, b, level: float = LEVEL) -> Paired:
    """Compare the predictions (N,) of two networks with the labels (N,).

    `level` is that of the bootstrap interval.
    """
    a, b = ((np.asarray(p) == np.asarray(labels)).astype(np.int8) for p in (a, b))
    neither, only_b, only_a, both = np.bincount(2 * a + b, minlength=4).tolist()
    p_value = float(mcnemar([[both, only_a], [only_b, neither]], exact=True).pvalue)
    counts, interval = (both, only_a, only_b, neither), _bootstrap(a - b, level)
    return Paired(*counts, p_value, float((a - b).mean()), *interval)


def _bootstrap(gaps: np.ndarray, level: float) -> tuple[float, float]:
    """Percentile interval of the mean of paired differences (N,) of -1, 0 and 1.

    How often each of the three is drawn is multinomial, so no image need be drawn.
    """
    values = np.array([-1, 0, 1])
    shares = [(gaps == value).mean() for value in values]
    drawn = np.random.default_rng(0).multinomial(len(gaps), shares, RESAMPLES)
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.quantile(drawn @ values / len(gaps), tails)
    return float(low), float(high)
