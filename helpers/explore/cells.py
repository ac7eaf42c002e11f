"""Which images stand behind a number, in which order, on which page."""

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from helpers.evaluation import off_diagonal, row_shares
from helpers.explore.outcome import Outcome

PER_PAGE = 20  # images of a gallery's page


def select(outcome: Outcome, true=None, predicted=None, errors=False) -> np.ndarray:
    """Positions of the images of a cell, most confident first.

    `true` and `predicted` are classes; None stands for all. `errors` leaves out those
    that were classified right. Equals stand in the order of the test set.
    """
    keep = np.ones(len(outcome.labels), dtype=bool)
    if true is not None:
        keep &= outcome.labels == true
    if predicted is not None:
        keep &= outcome.predicted == predicted
    if errors:
        keep &= outcome.labels != outcome.predicted
    return by_confidence(keep.nonzero()[0], outcome.confidence)


def by_confidence(chosen: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Order the positions `chosen` (n,) by `confidence` (N,), highest first."""
    return chosen[np.argsort(-confidence[chosen], kind="stable")]


def pages(n: int, size: int = PER_PAGE) -> int:
    """Number of pages that `n` images take; one where there are none."""
    return max(1, -(-n // size))


def page_of(chosen: np.ndarray, page: int, size: int = PER_PAGE) -> np.ndarray:
    """Positions on a page, which counts from 1; a page out of range is the nearest."""
    page = min(max(1, page), pages(len(chosen), size))
    return chosen[(page - 1) * size : page * size]


def similarity_order(counts: np.ndarray) -> list[int]:
    """Order classes so that those which are confused stand side by side.

    Two classes are as alike as the mean of the two shares in which one is taken for
    the other. Their hierarchical clustering by average linkage gives a tree, and its
    optimal leaf ordering (Bar-Joseph et al., 2001) the order.
    """
    shares = np.nan_to_num(row_shares(off_diagonal(counts)))
    if not shares.any():
        return list(range(len(counts)))
    alike = (shares + shares.T) / 2
    distance = squareform(alike.max() - alike, checks=False)
    tree = linkage(distance, "average", optimal_ordering=True)
    return leaves_list(tree).tolist()


def normalised(counts: np.ndarray, values: str) -> np.ndarray:
    """Counts (K, K), or their share of the row or of the column; NaN for 0/0."""
    if values == "counts":
        return counts.astype(float)
    return row_shares(counts) if values == "rows" else row_shares(counts.T).T
