"""From labels and predictions to confusion counts, precision, recall and intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats


def confusion_counts(labels, predictions, n_classes: int = 10) -> np.ndarray:
    """Count images by true class (rows) and predicted class (columns).

    `labels` and `predictions` are integer tensors or arrays (N,) with values below
    `n_classes`; the result is int64 (n_classes, n_classes).

    Raises ValueError for other values or for different lengths.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape or labels.ndim != 1:
        raise ValueError(f"shapes {labels.shape} and {predictions.shape} do not pair")
    pairs = np.stack([labels, predictions])
    if pairs.size and not (pairs.min() >= 0 and pairs.max() < n_classes):
        raise ValueError(f"classes must lie in 0..{n_classes - 1}")
    cells = np.bincount(labels * n_classes + predictions, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes)


def precision(counts: np.ndarray) -> np.ndarray:
    """Share of the images predicted as a class that are of it, (K,).

    NaN for a class that was never predicted: 0/0 has no value.
    """
    return _divide(np.diag(counts), counts.sum(0))


def recall(counts: np.ndarray) -> np.ndarray:
    """Share of a class's images that were predicted as it, (K,): the diagonal of
    `row_shares`. NaN for a class without images."""
    return _divide(np.diag(counts), counts.sum(1))


def row_shares(counts: np.ndarray) -> np.ndarray:
    """Divide each row by its sum, (K, K): where each true class goes."""
    return _divide(counts, counts.sum(1, keepdims=True))


def accuracy(counts: np.ndarray) -> float:
    """Share of all images on the diagonal."""
    return float(np.diag(counts).sum() / counts.sum())


def off_diagonal(counts: np.ndarray) -> np.ndarray:
    """The errors alone: the counts with a diagonal of zeros, (K, K)."""
    return np.where(np.eye(len(counts), dtype=bool), 0, counts)


def confused_pairs(counts: np.ndarray, n: int = 5) -> pd.DataFrame:
    """List the `n` largest cells off the diagonal, largest first.

    Columns: `true`, `predicted` (class numbers), `images`, `share` (of the true class).
    Ties stand in the order of the matrix.
    """
    errors = off_diagonal(counts)
    cells = np.argsort(-errors, axis=None, kind="stable")[:n]
    true, predicted = np.unravel_index(cells, counts.shape)
    return pd.DataFrame(
        {
            "true": true,
            "predicted": predicted,
            "images": errors[true, predicted],
            "share": row_shares(counts)[true, predicted],
        }
    )


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its uncertainty."""

    mean: float
    std: float  # sample standard deviation, n - 1; NaN for one seed
    low: float  # Student's 95 % interval of the mean; NaN for one seed
    high: float
    n: int


def over_seeds(values) -> Estimate:
    """Estimate the mean of one value per seed, with Student's 95 % interval."""
    values = np.asarray(values, dtype=float)
    n, mean = len(values), float(values.mean())
    if n == 1:
        return Estimate(mean, np.nan, np.nan, np.nan, 1)
    std = float(values.std(ddof=1))
    half = float(stats.t.ppf(0.975, n - 1)) * std / np.sqrt(n)
    return Estimate(mean, std, mean - half, mean + half, n)


def difference(a, b) -> Estimate:
    """Estimate mean(a) - mean(b) of values over seeds, with a 95 % interval.

    With several seeds on both sides it is Welch's interval. With one seed on one side,
    that side is taken to vary as the other does: Student's interval with the other's
    standard deviation. With one on each side the interval is NaN. `n` is the smaller
    number of seeds, `std` is NaN.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    gap, n = float(a.mean() - b.mean()), min(len(a), len(b))
    many = max(len(a), len(b))
    if many == 1:
        return Estimate(gap, np.nan, np.nan, np.nan, n)
    if n > 1:
        interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        return Estimate(gap, np.nan, float(interval.low), float(interval.high), n)
    spread = (a if len(a) == many else b).std(ddof=1) * np.sqrt(1 + 1 / many)
    half = float(stats.t.ppf(0.975, many - 1) * spread)
    return Estimate(gap, np.nan, gap - half, gap + half, n)


def _divide(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    whole = np.where(whole == 0, np.nan, whole)
    return part / whole
