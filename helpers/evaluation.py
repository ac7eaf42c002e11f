"""Scores of predictions: the confusion matrix, precision and recall."""

from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor


class Classified:
    """Base class of results: what follows from a network's logits and the labels.

    Subclasses hold `logits` (N, K) float32 and `labels` (N,) int64, as tensors or
    arrays; K is the number of classes.
    """

    logits: Tensor | np.ndarray
    labels: Tensor | np.ndarray

    @cached_property
    def predictions(self) -> np.ndarray:
        """Predicted class of each image, (N,) int64."""
        return np.asarray(self.logits).argmax(1)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, (N, K) float32."""
        return torch.as_tensor(self.logits).softmax(1).numpy()

    @cached_property
    def confusion(self) -> np.ndarray:
        """Confusion matrix (K, K): rows are true classes, columns predicted ones."""
        return confusion_matrix(self.labels, self.predictions, self.logits.shape[1])


def confusion_matrix(
    labels: Tensor | np.ndarray, predictions: Tensor | np.ndarray, n_classes: int = 10
) -> np.ndarray:
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
    """Share of the images predicted as each class that belong to it, (K,).

    NaN for a class that was never predicted: 0/0 has no value.
    """
    return _divide(np.diag(counts), counts.sum(0))


def recall(counts: np.ndarray) -> np.ndarray:
    """Share of each class's images that were predicted as it, (K,).

    This is the diagonal of `row_shares`; NaN for a class without images.
    """
    return _divide(np.diag(counts), counts.sum(1))


def row_shares(counts: np.ndarray) -> np.ndarray:
    """Divide each row by its sum, (K, K): how each true class is predicted."""
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
    Cells with equal counts keep the order of the matrix.
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


def _divide(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    whole = np.where(whole == 0, np.nan, whole)
    return part / whole
