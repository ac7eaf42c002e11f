import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from helpers import evaluation

pairs = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=200
).map(lambda rows: np.array(rows).T)


@given(pairs)
def test_counts_precision_and_recall_are_scikit_learns(pair):
    labels, predictions = pair
    counts = evaluation.confusion_matrix(labels, predictions)
    every = list(range(10))
    expected = metrics.confusion_matrix(labels, predictions, labels=every)
    assert (counts == expected).all()
    options = {"labels": every, "average": None, "zero_division": np.nan}
    np.testing.assert_allclose(
        evaluation.precision(counts),
        metrics.precision_score(labels, predictions, **options),
    )
    np.testing.assert_allclose(
        evaluation.recall(counts), metrics.recall_score(labels, predictions, **options)
    )
    assert evaluation.accuracy(counts) == pytest.approx(
        metrics.accuracy_score(labels, predictions)
    )


def test_recall_is_the_diagonal_of_the_row_shares():
    counts = np.array([[8, 2, 0], [1, 3, 4], [0, 0, 5]])
    shares = evaluation.row_shares(counts)
    assert np.diag(shares).tolist() == evaluation.recall(counts).tolist()
    assert shares.sum(1).tolist() == [1, 1, 1]


def test_a_class_without_images_or_predictions_has_no_value():
    counts = np.array([[4, 0, 0], [2, 0, 0], [0, 0, 0]])
    assert np.isnan(evaluation.precision(counts)).tolist() == [False, True, True]
    assert np.isnan(evaluation.recall(counts)).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([0, 1], [0], "do not pair"),
        ([0, 10], [0, 1], "must lie in 0..9"),
        ([0, 1], [0, -1], "must lie in 0..9"),
    ],
)
def test_bad_labels_are_refused(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        evaluation.confusion_matrix(labels, predictions)


def test_confused_pairs_by_hand():
    counts = np.array([[5, 3, 0], [7, 1, 2], [0, 3, 9]])
    table = evaluation.confused_pairs(counts, 3)
    assert table.true.tolist() == [1, 0, 2]  # the tie in the order of the matrix
    assert table.predicted.tolist() == [0, 1, 1]
    assert table.images.tolist() == [7, 3, 3]
    assert table.share.tolist() == [0.7, 3 / 8, 3 / 12]
