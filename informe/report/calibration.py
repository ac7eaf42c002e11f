"""Whether a network's probabilities mean what they say."""

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import minimize_scalar

from helpers.uncertainty import LEVEL, RESAMPLES

BINS = 15  # of equal width, over [0, 1]


@dataclass(frozen=True)
class Calibration:
    """Reliability of the predicted class's probability, by bins; NaN in empty ones."""

    confidence: np.ndarray  # (BINS,) mean probability
    accuracy: np.ndarray  # (BINS,) share of right images
    images: np.ndarray  # (BINS,)
    error: float  # expected calibration error, in [0, 1]
    low: float  # its bootstrap interval, over images
    high: float


def calibration(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    """Compare probability and share of right images, of logits (N, K) and labels (N,).

    The interval is the percentiles of resampled images. The error is never negative, so
    its resamples lie a little above it.
    """
    probabilities = special.softmax(np.asarray(logits, dtype=float), axis=1)
    surest = probabilities.max(1)
    right = probabilities.argmax(1) == np.asarray(labels)
    bins = np.clip(np.ceil(surest * BINS).astype(int) - 1, 0, BINS - 1)
    images, sure, good = (
        np.bincount(bins, weights, BINS) for weights in (None, surest, right)
    )
    filled = np.where(images == 0, np.nan, images)
    errors = _resampled(bins, surest - right)
    low, high = np.quantile(errors, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    error = float(np.abs(sure - good).sum() / len(bins))
    return Calibration(
        sure / filled, good / filled, images, error, float(low), float(high)
    )


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find the T > 0 that minimises the cross-entropy of logits / T (Guo et al., 2017).

    Use images that neither train nor test the network. Dividing by T changes no
    prediction. Raises ValueError if no T between 0.01 and 100 is best, for example
    when all images are classified correctly.
    """
    logits, rows = np.asarray(logits, dtype=float), np.arange(len(labels))
    if (logits.argmax(1) == labels).all():
        raise ValueError("no temperature fits: all images are right")

    def loss(log_t: float) -> float:
        return -special.log_softmax(logits / np.exp(log_t), axis=1)[rows, labels].mean()

    edge = np.log(100)
    found = minimize_scalar(loss, bounds=(-edge, edge), method="bounded")
    if not found.success or edge - abs(found.x) < 1e-3:
        raise ValueError("no temperature between 0.01 and 100 fits")
    return float(np.exp(found.x))


def _resampled(bins: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Calibration error of images drawn again with replacement, (RESAMPLES,)."""
    rng, n = np.random.default_rng(0), len(gaps)
    errors = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        rows = rng.integers(0, n, n)
        errors[i] = np.abs(np.bincount(bins[rows], gaps[rows], BINS)).sum() / n
    return errors
