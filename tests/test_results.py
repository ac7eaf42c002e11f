"""What several seeds measured, as one thing."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from helpers.evaluation import recall
from informe.report import results
from tests.support.measured import LABELS, recipe
from tests.support.runs import run


@pytest.fixture
def two_seeds(tmp_path, mnist):
    labels = mnist.test.labels
    return [
        run(tmp_path / "a", labels, 0.9, seconds=100.0),
        run(tmp_path / "b", labels, 0.8, seed=1, lost=[3], seconds=50.0),
    ]


def test_measured_is_what_scikit_learn_says_of_the_runs(two_seeds, mnist):
    m, labels = results.measured(two_seeds), mnist.test.labels.numpy()
    for seed, one in enumerate(two_seeds):
        expected = accuracy_score(labels, one.predictions)
        assert m.accuracies[seed] == pytest.approx(expected)
        expected = confusion_matrix(labels, one.predictions)
        assert (m.counts[seed] == expected).all()
    assert (m.seeds, m.lost, m.collapsed) == ([0, 1], [[], [3]], 1)
    assert m.seconds.tolist() == [100, 50]
    assert (m.epochs, m.parameters, m.classes) == (2, 6277, 10)


def test_the_whole_seeds_are_those_that_lose_no_class():
    m = recipe([0.9, 0.8, 0.7], lost={1: [3]})
    assert m.whole.seeds == [0, 2] and m.whole.accuracies == pytest.approx([0.9, 0.7])
    assert m.accuracy.mean == pytest.approx(0.8) and m.accuracy.n == 2
    none = recipe([0.9, 0.8], lost={0: [1], 1: [2]})
    assert none.whole is none and none.collapsed == 2


def test_the_chosen_network_is_measured_after_its_epoch(two_seeds):
    later = np.stack([LABELS, (LABELS + 1) % 10])
    chosen = SimpleNamespace(
        runs=two_seeds, predictions=later, labels=LABELS, seconds=np.ones(2), epoch=1
    )
    m = results.measured_chosen(chosen)
    assert (m.accuracies.tolist(), m.epochs) == ([1, 0], 1)
    assert m.seconds.tolist() == [1, 1] and m.parameters == 6277


def test_an_interval_of_shares_stays_among_shares():
    e = results.mean_share(np.array([0.8, 0.9]))
    assert e.low == pytest.approx(0.85 - 12.706 * 0.05, abs=1e-3) and e.high == 1
    assert np.isnan(results.mean_share(np.array([0.8])).low)


def test_the_gap_is_the_same_both_ways_and_leaves_lost_classes_out():
    a, b = recipe([0.9, 0.91, 0.92]), recipe([0.8, 0.82, 0.3], lost={2: [1]})
    e, back = results.gap(a, b), results.gap(b, a)
    assert e.mean == pytest.approx(0.1)
    assert (e.low, e.high) == (-back.high, -back.low)
    assert 0.05 < e.low < 0.1 < e.high < 0.15


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ([0.90, 0.91, 0.92], [0.80, 0.81, 0.82], "more"),
        ([0.80, 0.81, 0.82], [0.90, 0.91, 0.92], "less"),
        ([0.80, 0.90, 0.70], [0.75, 0.85, 0.81], "open"),
        ([0.90, 0.91], [0.80, 0.81], "open"),  # too few to speak of the recipe
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], "equal"),
    ],
)
def test_verdicts_on_recipes(a, b, verdict):
    assert results.told(recipe(a), recipe(b)) == verdict


def test_confident_errors_are_errors_surest_first(two_seeds, mnist):
    images, titles = results.confident_errors(two_seeds[0], mnist, 7)
    wrong = two_seeds[0].predictions != mnist.test.labels.numpy()
    assert images.shape == (7, 1, 28, 28) and wrong.sum() == 50
    assert all(true != other for true, other in (t.split("→") for t in titles))


def test_gallery_holds_the_most_confused_pair_and_the_surest_errors(two_seeds, mnist):
    one = two_seeds[0]
    images, titles = results.gallery(one, mnist, rows=1, columns=4)
    assert len(images) == len(titles) == 8
    true, predicted = map(int, titles[0].split("→"))
    errors = one.confusion - np.diag(np.diag(one.confusion))
    assert errors[true, predicted] == errors.max()


def test_gallery_shows_the_pairs_of_other_counts(two_seeds, mnist):
    counts = np.zeros((2, 10, 10), int)
    counts[0, 6, 7] = counts[1, 2, 4] = 9
    counts[1, 6, 7] = 1
    _, titles = results.gallery(two_seeds[0], mnist, counts, columns=3)
    assert titles[0] == "6→7" and len(titles) == 6  # it never takes a 2 for a 4


def test_metrics_are_json_and_tell_each_network(two_seeds, mnist):
    runs = {"corregida": two_seeds, "original": two_seeds[:1]}
    networks = {name: results.measured(seeds) for name, seeds in runs.items()}
    told = results.metrics(mnist, networks, runs, "Lo hallado.")
    json.dumps(told, allow_nan=False)
    first = told["networks"]["corregida"]
    assert first["accuracy"] == pytest.approx([0.9, 0.72])
    assert first["lost_classes"] == [[], [3]]
    assert first["mean"] == pytest.approx(0.9) and first["std"] is None
    assert first["runs"] == [run.key for run in two_seeds]
    assert (told["trained_on"], told["finding"]) == ("2026-11-23", "Lo hallado.")
    assert told["comparison"]["of"] == ["corregida", "original"]
    assert told["comparison"]["verdict"] == "open"


def test_the_worst_run_and_measures_by_seed(two_seeds):
    assert results.worst(two_seeds) is two_seeds[1]
    values = results.per_seed(recall, results.measured(two_seeds).counts)
    assert values.shape == (2, 10) and values[1, 3] == 0
