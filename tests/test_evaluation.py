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
        ([0, 1], [0, 0.5], "as integers"),
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


@pytest.mark.parametrize("kind", [*np.typecodes["AllInteger"]])
def test_counts_do_not_overflow_in_any_integer_type(kind):
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 12, (2, 500)).astype(kind)
    counts = evaluation.confusion_matrix(labels, predictions, 12)
    assert (counts == metrics.confusion_matrix(labels, predictions)).all()


def test_a_perfect_matrix_has_no_confused_pairs():
    assert evaluation.confused_pairs(np.diag([5, 7, 9])).empty


class Outcome(evaluation.Classified):
    """As any network's, whatever the data."""

    def __init__(self, scores, labels):
        self.logits, self.labels = np.asarray(scores, np.float32), np.asarray(labels)


LABELS = [0, 0, 1, 1, 2]
MADE = Outcome([[2, 0, 0], [0, 3, 0], [0, 2, 0], [0, 0, 9], [0, 0, 1]], LABELS)


def test_a_report_is_that_of_scikit_learn():
    report = MADE.report(["a", "b", "$c_1$"])
    expected = metrics.classification_report(
        LABELS, MADE.predictions, output_dict=True, zero_division=np.nan
    )
    for k, row in enumerate(report.classes.itertuples(index=False)):
        theirs = expected[str(k)]
        scores = [theirs[n] for n in ("support", "precision", "recall", "f1-score")]
        assert list(row)[1:] == pytest.approx(scores)
    assert report.pairs.values.tolist() == [
        ["a", "b", 1, 0.5],
        ["b", "$c_1$", 1, 0.5],
    ]
    worst = report.lost.iloc[0]
    assert (worst["imagen"], worst["verdadera"], worst["predicha"]) == (3, "b", "$c_1$")
    losses = [metrics.log_loss([LABELS[i]], MADE.probabilities[[i]], labels=[0, 1, 2])
              for i in report.lost["imagen"]]  # fmt: skip
    assert report.lost["pérdida"].tolist() == pytest.approx(losses, 1e-3)
    assert "$c_1$" in report._repr_html_() and "mathjax_ignore" in report._repr_html_()
    assert "50.0\u202f%" in repr(report)


@pytest.mark.parametrize("names", [["a", "b"], list("abcd")])
def test_a_report_wants_a_name_for_each_class(names):
    with pytest.raises(ValueError, match=f"{len(names)} names, but 3 classes"):
        MADE.report(names)


def test_a_perfect_network_has_a_report():
    right = Outcome(np.eye(3)[LABELS], LABELS).report()
    assert right.pairs.empty and right.lost.empty and "clase" in repr(right)


def test_two_networks_are_compared_on_the_same_images():
    right = Outcome(np.eye(3)[LABELS], LABELS)
    paired = evaluation.compare(right, MADE)
    assert (paired.only_a, paired.only_b, paired.p_value) == (2, 0, 0.5)
    assert "McNemar, p = 0.5; solo a acierta 2 imágenes" in repr(paired)
    with pytest.raises(ValueError, match="same images"):
        evaluation.compare(right, Outcome(right.logits, LABELS[::-1]))
