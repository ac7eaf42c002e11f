"""The images behind a number of a matrix: which ones, in what order, on what page."""

import numpy as np

from informe.explore.predictions import Predictions

PER_PAGE = 20  # images of a gallery's page


def select(
    seen: Predictions,
    true: int | None = None,
    predicted: int | None = None,
    *,
    errors: bool = False,
) -> np.ndarray:
    """Positions of the images of a cell, most confident first.

    `true` and `predicted` are classes; None stands for all. `errors` leaves out those
    that were classified right. Images with equal probability keep the test set's order.
    """
    keep = np.ones(len(seen.labels), dtype=bool)
    if true is not None:
        keep &= seen.labels == true
    if predicted is not None:
        keep &= seen.predictions == predicted
    if errors:
        keep &= seen.labels != seen.predictions
    return by_confidence(keep.nonzero()[0], seen.confidence)


def by_confidence(chosen: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Order the positions `chosen` (n,) by `confidence` (N,), highest first."""
    return chosen[np.argsort(-confidence[chosen], kind="stable")]


def pages(n: int, size: int = PER_PAGE) -> int:
    """Number of pages that `n` images take; one where there are none."""
    return max(1, -(-n // size))


def page_of(chosen: np.ndarray, page: int, size: int = PER_PAGE) -> np.ndarray:
    """Positions on a page, counted from 1; if out of range, on the nearest page."""
    page = min(max(1, page), pages(len(chosen), size))
    return chosen[(page - 1) * size : page * size]
