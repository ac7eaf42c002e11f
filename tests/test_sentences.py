from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from helpers.uncertainty import Paired
from informe.report import comparison, matrices, sentences
from tests.support.prose import says
from tests.support.runs import run

DIGITS = tuple("0123456789")


@pytest.fixture
def make(tmp_path, mnist):
    """Make a run on the sample's test images; each in a folder of its own."""

    def one(accuracy, **options):
        name = f"run-{len(list(tmp_path.iterdir()))}"
        return run(tmp_path / name, mnist.test.labels, accuracy, **options)

    return one


def test_the_sample_is_confessed(mnist):
    assert "muestra" in sentences.data_set(mnist)
    full = sentences.data_set(replace(mnist, is_sample=False))
    assert says(full, "MNIST", "1000", "500")
    assert "muestra" not in full


def test_headline_of_several_seeds_and_of_one(make):
    text = sentences.headline("corregida", [make(0.9), make(0.8, seed=1)])
    # mean 0.85; standard deviation 0.0707; half-width 12.706 * 0.0707 / sqrt(2)
    assert says(text, "corregida", "0.850 ± 0.071", "2", "[0.215, 1.485]")
    one = sentences.headline("corregida", [make(0.9)])
    assert says(one, "0.900", "una sola")
    assert "±" not in one


def test_what_is_trained_alike_is_told_once(make):
    one, other = make(0.9), make(0.8, seconds=8.0)
    text = sentences.training({"R1": [one], "R2": [other]})
    assert text.count("0.01") == text.count("descenso") == 1
    assert says(text, "4.0 s", "R1", "8.0 s", "R2")
    other.about["recipe"]["optimizer"] = "adam"
    text = sentences.training({"R1": [one], "R2": [other]})
    assert says(text, "R1", "descenso", "0.01", "R2", "Adam", "0.01")


@pytest.mark.parametrize(
    ("accuracy", "lost", "parts"),
    [
        (0.5, (), ["0.500", "0.900", "sube", "40.0"]),
        (0.95, (), ["0.950", "0.900", "baja", "5.0"]),
        (0.9, (), ["no cambia"]),
        (0.9, (3, 8), ["1", "1", "4", "«3»", "«8»"]),
        (0.9, (), ["1", "ninguna"]),
    ],
)
def test_what_the_relu_on_the_output_does(make, accuracy, lost, parts):
    original = [make(accuracy, lost=lost, seed=4)]
    assert says(sentences.variants([make(0.9)], original, DIGITS), *parts)


def test_lost_classes_of_a_run(make):
    text = sentences.lost(make(0.9, lost=[7]), DIGITS)
    assert says(text, "nunca", "«7»", "0.810")
    text = sentences.lost(make(0.9), DIGITS)
    assert says(text, "0.900", "todas") and "«" not in text


@pytest.mark.parametrize(
    ("dense", "lenet", "parts", "concludes"),
    [
        ([0.5], [0.6, 0.604], ["+10.2", "LeNet-5 acierta"], "configuración vale"),
        ([0.6, 0.604], [0.5, 0.504], ["−10.0", "densa acierta"], "parámetros vale"),
        ([0.5], [0.4, 0.7], ["+5.0", "no se distingue"], "no hay evidencia"),
        ([0.5, 0.52], [0.51], ["se supone", "no se distingue"], "no hay evidencia"),
        ([0.5], [0.6], ["+10.0", "no se sabe"], "no hay evidencia"),
    ],
)
def test_comparison_on_both_sides_of_the_verdict(make, dense, lenet, parts, concludes):
    a = [make(x, network="dense", seed=i) for i, x in enumerate(dense)]
    b = [make(x, network="lenet5", seed=i) for i, x in enumerate(lenet)]
    assert says(comparison.comparison(a, b), *parts)
    assert says(comparison.conclusion(a, b), concludes)


def test_longer_training_is_named_either_way(make):
    brief, long = [make(0.5, seconds=5.0)], [make(0.6, seconds=10.0)]
    assert says(comparison.comparison(brief, long), "LeNet-5", "2.0", "densa")
    assert says(comparison.comparison(long, brief), "densa", "2.0", "LeNet-5")


def test_curves_of_one_epoch_and_of_more(make):
    text = sentences.curves("densa", [make(0.9)])
    assert says(text, "densa", "30.0\u202f%", "10.0\u202f%", "2", "20.0\u202f%")


def test_confusions_by_hand():
    counts = np.diag([50, 60, 70])
    assert says(matrices.confusions(counts, "abc"), "no se equivoca")
    counts[1, 2], counts[2, 1] = 20, 10
    text = matrices.confusions(counts, "abc")
    assert says(text, "«b»", "«c»", "20", "25.0\u202f%", "12.5\u202f%")


def test_errors_among_a_group():
    counts = np.array([[9, 3, 1], [2, 9, 0], [2, 0, 9]])
    text = matrices.among(counts, (0, 1), "ABC", "estas")
    assert says(text, "estas", "A", "B", "62.5\u202f%", "33.3\u202f%")


def test_extremes_and_original():
    counts = np.diag(np.full(10, 90)) + 1
    counts[4, 5] += 50
    counts[2, 2] += 500
    text = matrices.extremes(counts, DIGITS)
    assert says(text, "mejor", "2", "0.98", "peor", "4", "0.61")
    text = matrices.versus_original(counts, DIGITS)
    assert says(text, "exhaustividad", "4", "0.61", "0.90")


@pytest.mark.parametrize(
    ("only_a", "only_b", "p", "odds", "tested", "verdict"),
    [
        (30, 10, 0.002, "3.0", "p = 0.002", "se distingue"),
        (12, 10, 0.8, "1.2", "p = 0.800", "no se distingue"),
        (9, 9, 1.0, "tantas", "p = 1.000", "no se distingue"),
        (5, 0, 0.0625, "ninguna", "p = 0.062", "no se distingue"),
        (5, 0, 0.0001, "ninguna", "p < 0.001", "se distingue"),
    ],
)
def test_paired_on_both_sides(only_a, only_b, p, odds, tested, verdict):
    pair = Paired(100, only_a, only_b, 20, p, 0.02, 0.01, 0.03)
    text = comparison.paired(pair, "densa", "LeNet-5")
    assert says(text, "densa", str(only_a), "LeNet-5", str(only_b), odds, tested)
    assert says(text, "+2.0", "[1.0, 3.0]", verdict)


def test_seedwise_of_several_seeds_and_of_one(make):
    a = [make(x, seed=i) for i, x in enumerate([0.9, 0.92, 0.88])]
    b = [make(x, seed=i) for i, x in enumerate([0.8, 0.84, 0.82])]
    text = comparison.seedwise(a, b, "corregida", "de la tarea")
    expected = stats.ttest_rel([0.9, 0.92, 0.88], [0.8, 0.84, 0.82])
    low, high = (100 * x for x in expected.confidence_interval(0.95))
    interval = f"[{low:.1f}, {high:.1f}]"
    assert says(text, "corregida", "de la tarea", "+8.0", interval, "3")
    assert says(comparison.seedwise(a[:1], b[:1], "x", "y"), "no se puede decir")


def test_destinations_read_a_row_of_the_matrix():
    counts = np.array([[5, 0, 2], [0, 4, 0], [1, 3, 6]])
    text = matrices.destinations(counts, 2, "abc")
    assert says(text, "10", "«c»", "6", "«b»", "3", "«a»", "1")
    text = matrices.destinations(counts, 1, "abc")
    assert says(text, "4", "«b»", "4") and text.count("«") == 1
