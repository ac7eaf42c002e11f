"""Statistics of the report: seeds with images, several options, equivalence.

What a user of the library needs is in `helpers.uncertainty`. The distributions and
tests come from scipy and statsmodels.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from helpers.uncertainty import LEVEL, Estimate

MARGIN = 0.005  # differences in accuracy within ±0.5 points count as equivalent
RESAMPLES = 2000  # of images and seeds
CHUNK = 100  # resamples held in memory at once
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)

Verdict = Literal["more", "less", "equal", "open"]


@dataclass(frozen=True)
class Gap:
    """How much more a group's mean is than the reference's."""

    mean: float
    low: float  # simultaneous 95 % interval; NaN where there is no spread to judge by
    high: float
    p: float  # adjusted for the number of groups


@dataclass(frozen=True)
class Spread:
    """Where the variation of accuracy between seeds comes from."""

    observed: float  # standard deviation of the accuracies
    images: float  # the part that a finite test set makes
    seeds: float  # that of the networks' true accuracies; 0 where nothing is left
    share: float  # images² / observed²; by chance it may exceed 1


def crossed(a: np.ndarray, b: np.ndarray) -> Estimate:
    """Estimate mean(a) - mean(b) over seeds and images at once.

    `a` (S, N) and `b` (T, N) say which images each seed of two recipes gets right; the
    N images are the same. The interval has the percentiles of the crossed, or
    pigeonhole, bootstrap: images are drawn once for both recipes, and the seeds of each
    with replacement (Owen, 2007, doi:10.1214/07-AOAS122). With one seed of each only
    images vary. Of S seeds, the bootstrap sees (S - 1)/S of their variance. `n` is the
    smaller number of seeds, `std` is NaN.
    """
    a, b = np.asarray(a, dtype=np.float32), np.asarray(b, dtype=np.float32)
    rng = np.random.default_rng(0)
    both = np.concatenate([a, b]).T  # (N, S + T)
    means = np.concatenate([w @ both for w in draws(len(both), rng)]) / len(both)
    gaps = _some_seeds(means[:, : len(a)], rng) - _some_seeds(means[:, len(a) :], rng)
    low, high = np.quantile(gaps, TAILS)
    gap = float(a.mean(dtype=float) - b.mean(dtype=float))
    return Estimate(gap, np.nan, float(low), float(high), min(len(a), len(b)))


def crossed_mean(a: np.ndarray) -> Estimate:
    """Estimate mean(a), (S, N) right or wrong, over seeds and images as `crossed`."""
    return crossed(a, np.zeros((1, np.shape(a)[1])))


def draws(n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """How often each of `n` images is drawn, in RESAMPLES draws of `n`.

    Gives float32 arrays (CHUNK, n); each row adds up to `n`.
    """
    rows = np.arange(CHUNK, dtype=np.int32)[:, None] * n
    for _ in range(RESAMPLES // CHUNK):
        drawn = rng.integers(0, n, (CHUNK, n), dtype=np.int32) + rows
        counts = np.bincount(drawn.ravel(), minlength=CHUNK * n)
        yield counts.reshape(CHUNK, n).astype(np.float32)


def _some_seeds(means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Average the means (R, S) over S seeds drawn anew in each resample, (R,)."""
    seeds = means.shape[1]
    times = rng.multinomial(seeds, np.full(seeds, 1 / seeds), len(means))
    return (means * times).mean(1, dtype=float)


def many_to_one(groups: dict[str, np.ndarray], reference: str) -> dict[str, Gap]:
    """Compare the mean of each group (S,) with the reference's.

    Intervals hold together for all groups, and exclude zero where p < 0.05. They are
    Dunnett's, which supposes that all groups vary alike, unless Bartlett's test says
    that they do not: then one restless group would hide what the others show, and they
    are Welch's at Bonferroni's level. If none varies, p is 1 for the
    reference's mean and 0 for others; if none has two seeds, interval and p are NaN.
    """
    base = np.asarray(groups[reference], dtype=float)
    others = {
        k: np.asarray(v, dtype=float) for k, v in groups.items() if k != reference
    }
    if not others:
        return {}
    means = [float(v.mean() - base.mean()) for v in others.values()]
    sets = [base, *others.values()]
    if all(len(v) == 1 for v in sets):
        found = [(np.nan, np.nan, np.nan) for _ in means]
    elif all(np.ptp(v) < 1e-12 for v in sets):  # scipy would divide by about zero
        found = [(m, m, float(abs(m) < 1e-12)) for m in means]
    elif _unlike(sets):
        found = [_welch(base, v, len(others)) for v in others.values()]
    else:
        found = _dunnett(base, list(others.values()))
    rows = zip(others, means, found, strict=True)
    return {k: Gap(mean, low, high, p) for k, mean, (low, high, p) in rows}


def _unlike(groups: list[np.ndarray]) -> bool:
    """Whether Bartlett's test says that some groups vary more than others."""
    if min(map(len, groups)) < 2:
        return False
    with np.errstate(invalid="ignore", divide="ignore"):  # groups without spread
        return bool(stats.bartlett(*groups).pvalue < 1 - LEVEL)


def _dunnett(base: np.ndarray, others: list[np.ndarray]) -> list[tuple]:
    """Low end, high end and p value of each, from Dunnett's test."""
    with warnings.catch_warnings():  # scipy doubts a group without spread
        warnings.simplefilter("ignore", RuntimeWarning)
        test = stats.dunnett(*others, control=base, rng=np.random.default_rng(0))
    ends = test.confidence_interval(LEVEL)
    return [
        (float(low), float(high), float(np.clip(p, 0, 1)))
        for low, high, p in zip(ends.low, ends.high, test.pvalue, strict=True)
    ]


def _welch(base: np.ndarray, other: np.ndarray, family: int) -> tuple:
    """Low end, high end and p value of one of `family` comparisons."""
    if np.ptp(base) == np.ptp(other) == 0:
        gap = float(other[0] - base[0])
        return gap, gap, float(abs(gap) < 1e-12)
    with warnings.catch_warnings():  # scipy doubts a group without spread
        warnings.simplefilter("ignore", RuntimeWarning)
        test = stats.ttest_ind(other, base, equal_var=False)
    ends = test.confidence_interval(1 - (1 - LEVEL) / family)
    return float(ends.low), float(ends.high), float(min(1, family * test.pvalue))


def trend(values: np.ndarray) -> float:
    """P value of Page's test that `values` (S, K) rise, or fall, from left to right.

    A row is a seed, a column an option. It is the smaller of the p values of both
    directions, doubled; NaN with fewer than three seeds or options.
    """
    values = np.asarray(values, dtype=float)
    if min(values.shape) < 3:
        return np.nan
    both = [stats.page_trend_test(v).pvalue for v in (values, -values)]
    return float(min(1, 2 * min(both)))


def rises(values: np.ndarray) -> bool:
    """Whether ranks within the rows of `values` (S, K) rise from left to right."""
    ranks = stats.rankdata(values, axis=1).mean(0)
    return bool(ranks @ (np.arange(len(ranks)) - (len(ranks) - 1) / 2) > 0)


def superiority(a, b) -> tuple[float, float]:
    """P(A > B) + P(A = B) / 2 of values (S,) and (T,), and the p value that it is 1/2.

    The test is that of Brunner and Munzel (2000), with its t distribution. It has no
    variance where the samples do not overlap or do not vary; there the p value is that
    of the exact Mann-Whitney test, 2 / C(S + T, S) for samples that do not overlap. It
    is NaN for a sample of one.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    more = np.greater.outer(a, b).mean() + np.equal.outer(a, b).mean() / 2
    if min(len(a), len(b)) < 2:
        return float(more), np.nan
    if np.ptp(np.concatenate([a, b])) == 0:
        return float(more), 1.0
    if more in (0, 1):
        return float(more), float(stats.mannwhitneyu(a, b, method="exact").pvalue)
    return float(more), float(stats.brunnermunzel(a, b, distribution="t").pvalue)


def seeds_needed(
    *groups, effect: float = 0.01, power: float = 0.8, alpha: float = 1 - LEVEL
) -> int:
    """Seeds of each recipe with which a t test would see a difference of `effect`.

    The groups hold the values of two recipes or more, one a seed, and tell the spread,
    pooled. The two-sided test of two recipes at `alpha` finds the difference with
    probability `power`. At least 2.

    Raises ValueError if no group has two seeds.
    """
    sets = [np.asarray(group, dtype=float) for group in groups]
    free = sum(len(v) - 1 for v in sets)
    if not free:
        raise ValueError("one seed of each recipe tells no spread")
    spread = np.sqrt(sum(len(v) * v.var() for v in sets) / free)
    test = TTestIndPower()
    if spread * 10 < effect or test.power(effect / spread, 2, alpha) >= power:
        return 2  # the solver fails at large effects
    needed = test.solve_power(effect / spread, alpha=alpha, power=power)
    return int(np.ceil(needed))


def exact(k: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a share, `k` of `n`; `n` is at least 1."""
    interval = stats.binomtest(int(k), int(n)).proportion_ci(LEVEL, "exact")
    return float(interval.low), float(interval.high)


def verdict(low: float, high: float, margin: float = MARGIN) -> Verdict:
    """What the interval of a difference says.

    "equal" if it lies within ± `margin`, even if it excludes zero: a difference that is
    real but too small to matter. Otherwise "more" or "less" if it excludes zero, and
    "open" if it does not, or is NaN.
    """
    if -margin <= low and high <= margin:
        return "equal"
    if low > 0:
        return "more"
    return "less" if high < 0 else "open"


def spread(right: np.ndarray) -> Spread:
    """Split the variance of accuracy between seeds; `right` is (S, N) right or wrong.

    Even networks of the same true accuracy differ on N images. That part of the
    variance is the residual mean square over N, in a table of two ways, seeds and
    images, both random and without replication (Searle, Casella and McCulloch, 1992,
    chapter 4); the rest is the networks' own (Jordan, 2023, arXiv:2304.01910). NaN for
    one seed.
    """
    right = np.asarray(right, dtype=float)
    seeds, images = right.shape
    if seeds == 1:
        return Spread(np.nan, np.nan, np.nan, np.nan)
    accuracies = right.mean(1)
    rest = right - accuracies[:, None] - right.mean(0) + right.mean()
    by_images = (rest**2).sum() / ((seeds - 1) * (images - 1)) / images
    observed = accuracies.var(ddof=1)
    share = by_images / observed if observed else np.nan
    own = max(observed - by_images, 0)
    return Spread(*(float(x) for x in (*np.sqrt([observed, by_images, own]), share)))
