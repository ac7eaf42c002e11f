"""Scores of predictions: the confusion matrix, precision and recall; what went wrong.

result.report()      # classes, most confused pairs, worst images
compare(one, other)  # on the same images
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from helpers.numbers import percent


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

    def report(self, classes: Sequence[str] | None = None, n: int = 10) -> "Report":
        """Tell what it classifies well and badly, with the `n` worst pairs and images.

        `classes` are their names (ValueError unless as many); by default the result's.
        """
        counts, labels = self.confusion, np.asarray(self.labels)
        named = classes or getattr(self, "classes", None) or range(len(counts))
        names = np.array(list(map(str, named)), object)
        if len(names) != len(counts):
            raise ValueError(f"{len(names)} names, but {len(counts)} classes")
        scores = {
            "clase": names,
            "imágenes": counts.sum(1),
            "precisión": precision(counts),
            "exhaustividad": recall(counts),
            "F1": _divide(2 * np.diag(counts), counts.sum(0) + counts.sum(1)),
        }
        pairs = confused_pairs(counts, n)
        pairs[["true", "predicted"]] = names[pairs[["true", "predicted"]].to_numpy()]
        pairs.columns = ["verdadera", "predicha", "imágenes", "proporción"]
        logits, truth = map(torch.as_tensor, (self.logits, labels))
        losses = cross_entropy(logits, truth, reduction="none").numpy()
        wrong = np.flatnonzero(self.predictions != labels)
        worst = wrong[np.argsort(-losses[wrong], kind="stable")[:n]]
        lost = {
            "imagen": worst,
            "verdadera": names[labels[worst]],
            "predicha": names[self.predictions[worst]],
            "probabilidad": self.probabilities[worst, labels[worst]],
            "pérdida": losses[worst],
        }
        return Report(pd.DataFrame(scores), pairs, pd.DataFrame(lost))


@dataclass(frozen=True, repr=False)
class Report:
    """Tables of a network's classes, its most confused pairs and its worst images."""

    classes: pd.DataFrame  # one row a class
    pairs: pd.DataFrame  # of classes, the most frequent first
    lost: pd.DataFrame  # misclassified images, that with the highest loss first

    def __repr__(self) -> str:
        return self._joined("{}\n{}\n", pd.DataFrame.to_string)

    def _repr_html_(self) -> str:
        plain = "tex2jax_ignore mathjax_ignore"  # a class may be called $x$
        return self._joined(
            "<p>{}</p>{}", partial(pd.DataFrame.to_html, classes=plain, border=0)
        )

    def _joined(self, form: str, write) -> str:
        tables = {
            "Clases": self.classes,
            "Pares más confundidos": self.pairs,
            "Imágenes falladas de mayor pérdida": self.lost,
        }
        shares = ("precisión", "exhaustividad", "F1", "proporción", "probabilidad")
        shown = dict.fromkeys(shares, percent) | {"pérdida": "{:.2f}".format}
        return "\n".join(
            form.format(title, write(table, index=False, formatters=shown))
            for title, table in tables.items()
            if len(table)  # of a network without errors, two are empty
        )


def compare(a: Classified, b: Classified):
    """Compare two networks on the same images: `uncertainty.Paired`, by McNemar.

    They are results or stored runs. Raises ValueError if their images' classes differ.
    """
    from helpers import uncertainty  # whose libraries trainings do without

    if not np.array_equal(np.asarray(a.labels), np.asarray(b.labels)):
        raise ValueError("the two were not measured on the same images")
    return uncertainty.compare(a.labels, a.predictions, b.predictions)


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
    for classes in labels, predictions:
        whole = classes.dtype.kind in "iu"
        if classes.size and not (
            whole and classes.min() >= 0 and classes.max() < n_classes
        ):
            raise ValueError(f"classes must lie in 0..{n_classes - 1}, as integers")
    places = labels.astype(np.int64) * n_classes + predictions.astype(np.int64)
    cells = np.bincount(places, minlength=n_classes**2)
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
    """List the `n` largest cells off the diagonal that are not 0, largest first.

    Columns: `true`, `predicted` (class numbers), `images`, `share` (of the true class).
    Cells with equal counts keep the order of the matrix.
    """
    errors = off_diagonal(counts)
    cells = np.argsort(-errors, axis=None, kind="stable")[:n]
    cells = cells[errors.flat[cells] > 0]
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
    return part / np.where(whole == 0, np.nan, whole)
