"""Whether a network's probabilities mean what they say."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats
from scipy.optimize import minimize_scalar

from helpers.uncertainty import Estimate
from informe.statistics import TAILS, draws

BINS = 15  # of equal width, over [0, 1]


@dataclass(frozen=True)
class Calibration:
    """Reliability of the predicted class's probability, by bins; NaN in empty ones."""

    confidence: np.ndarray  # (BINS,) mean probability
    accuracy: np.ndarray  # (BINS,) share of right images
    images: np.ndarray  # (BINS,)
    plain: float  # expected calibration error as it is usually given, in [0, 1]
    error: float  # the same without the bias of finite bins
    low: float  # bootstrap interval of `error`, over images
    high: float


def calibration(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    """Compare probability and share of right images, of logits (N, K) and labels (N,).

    The error is the mean over images of the gap of their bin (Guo et al., 2017). A
    calibrated network's is not zero, as chance moves every bin: `debiased` takes that
    off.
    """
    return calibrations([logits], labels)[0][0]


def calibrations(
    several: list[np.ndarray], labels: np.ndarray
) -> tuple[list[Calibration], Estimate]:
    """`calibration` of several logits, and how much the last error exceeds the first.

    All are measured on the same resampled images, so the interval of the change is
    paired. Resampling repeats the bias of the bins, so the resamples are moved to have
    the estimate as their mean, and their percentiles are the interval.
    """
    binned = [_binned(logits, np.asarray(labels)) for logits in several]
    n, rng = len(labels), np.random.default_rng(0)
    drawn = [_sums(w, binned) for w in draws(n, rng)]
    sums = np.concatenate(drawn, axis=1)  # (networks, resamples, 3, BINS)
    found = [_measured(b.sum(0).reshape(3, BINS)) for b in binned]
    resampled = [debiased(*np.moveaxis(s, 1, 0)) for s in sums]
    change = resampled[-1] - resampled[0]
    return (
        [_with_interval(c, r) for c, r in zip(found, resampled, strict=True)],
        _centred(found[-1].error - found[0].error, change),
    )


def debiased(images: np.ndarray, sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Expected calibration error from sums by bin (..., BINS), without its bias.

    The gap of a bin is normal with the variance of its share of right images, and the
    mean of its absolute value exceeds the true gap: that excess (of the folded normal
    distribution) is taken off. For the true gap stands the root of the unbiased square
    of Kumar, Liang and Ma (2019, arXiv:1909.10155), or zero. Chance may take the result
    below zero.
    """
    n = np.maximum(images, 1)
    share = right / n
    variance = share * (1 - share) / np.maximum(n - 1, 1)
    gaps = np.abs(sure - right) / n
    true = np.sqrt(np.maximum(gaps**2 - variance, 0))
    sd = np.sqrt(np.maximum(variance, 1e-20))
    folded = 2 * sd * stats.norm.pdf(true / sd) + true * special.erf(true / sd / 2**0.5)
    return ((gaps - folded + true) * images).sum(-1) / images.sum(-1)


def temperature(logits: np.ndarray, labels: np.ndarray) -> Estimate:
    """Estimate the T > 0 of least cross-entropy of logits / T (Guo et al., 2017).

    Use images that neither train nor test the network. Dividing by T changes no
    prediction. The interval is over images, by the one-step bootstrap: in each resample
    1 / T takes one of Newton's steps from the estimate (Shao and Tu, 1995, section
    5.4.7). `n` is 1, `std` NaN.

    Raises ValueError if no T between 0.01 and 100 is best, for example when all images
    are classified correctly.
    """
    logits, labels = np.asarray(logits, dtype=float), np.asarray(labels)
    if (logits.argmax(1) == labels).all():
        raise ValueError("no temperature fits: all images are right")
    rows, edge = np.arange(len(labels)), np.log(100)

    def loss(log_t: float) -> float:
        return -special.log_softmax(logits / np.exp(log_t), axis=1)[rows, labels].mean()

    found = minimize_scalar(loss, bounds=(-edge, edge), method="bounded")
    if not found.success or edge - abs(found.x) < 1e-3:
        raise ValueError("no temperature between 0.01 and 100 fits")
    t = float(np.exp(found.x))
    low, high = np.quantile(1 / _inverses(logits, labels, t), TAILS)
    return Estimate(t, np.nan, float(low), float(high), 1)


def _inverses(logits: np.ndarray, labels: np.ndarray, t: float) -> np.ndarray:
    """Best 1 / T of resampled images, after one step of Newton's method from 1 / t.

    The cross-entropy of one image has, by 1 / T, the derivative E(z) - z of its label
    and the second derivative Var(z): z are its logits, by their probabilities at t.
    """
    shares = special.softmax(logits / t, axis=1)
    mean = (shares * logits).sum(1)
    slope = mean - logits[np.arange(len(labels)), labels]
    bend = (shares * logits**2).sum(1) - mean**2
    both = np.stack([slope, bend], axis=1).astype(np.float32)
    rng = np.random.default_rng(0)
    sums = np.concatenate([w @ both for w in draws(len(both), rng)])
    return np.maximum(1 / t - sums[:, 0] / sums[:, 1], 1e-6)


def _binned(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One, probability and right or wrong of each image, in its bin's column.

    Gives float32 (N, 3 × BINS): counts, sums of probabilities and of right images.
    """
    probabilities = special.softmax(np.asarray(logits, dtype=float), axis=1)
    surest = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bins = np.clip(np.ceil(surest * BINS).astype(int) - 1, 0, BINS - 1)
    table = np.zeros((len(labels), 3, BINS), dtype=np.float32)
    table[np.arange(len(labels)), :, bins] = np.stack([right | True, surest, right], 1)
    return table.reshape(len(labels), -1)


def _sums(weights: np.ndarray, binned: list[np.ndarray]) -> np.ndarray:
    """Sums by bin of resampled images, (networks, resamples, 3, BINS)."""
    return np.stack([(weights @ b).reshape(-1, 3, BINS) for b in binned]).astype(float)


def _measured(sums: np.ndarray) -> Calibration:
    """What sums by bin (3, BINS) say; without an interval yet."""
    images, sure, right = sums.astype(float)
    filled = np.where(images == 0, np.nan, images)
    plain = float(np.abs(sure - right).sum() / images.sum())
    error = float(debiased(images, sure, right))
    return Calibration(
        sure / filled, right / filled, images, plain, error, np.nan, np.nan
    )


def _with_interval(c: Calibration, resampled: np.ndarray) -> Calibration:
    """The same with the interval of its error; neither lies below zero."""
    e = _centred(c.error, resampled)
    error, low, high = (max(0.0, x) for x in (e.mean, e.low, e.high))
    return replace(c, error=error, low=low, high=high)


def _centred(value: float, resampled: np.ndarray) -> Estimate:
    """The value with the percentiles of resamples that are moved to have it as mean."""
    low, high = np.quantile(resampled, TAILS) - resampled.mean() + value
    return Estimate(float(value), np.nan, float(low), float(high), 1)
