import re
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
    assert says(text, "corregida", "85.0 ± 7.1\u202f%", "2", "[21.5, 148.5]")
    one = sentences.headline("corregida", [make(0.9)])
    assert says(one, "90.0\u202f%", "un solo")
    assert "±" not in one


def test_what_is_trained_alike_is_told_once(make):
    one, other = make(0.9), make(0.8, seconds=8.0)
    text = sentences.training({"R1": [one], "R2": [other]})
    assert text.count("0.01") == text.count("descenso") == 1
    assert says(text, "4.0\u202fs", "R1", "8.0\u202fs", "R2")
    other.about["recipe"]["optimizer"] = "adam"
    text = sentences.training({"R1": [one], "R2": [other]})
    assert says(text, "R1", "descenso", "0.01", "R2", "Adam", "0.01")


@pytest.mark.parametrize(
    ("accuracy", "lost", "parts"),
    [
        (0.5, (), ["50.0\u202f%", "90.0\u202f%", "sube", "40.0"]),
        (0.95, (), ["95.0\u202f%", "90.0\u202f%", "baja", "5.0"]),
        (0.9, (), ["no cambia"]),
        (0.9, (3, 8), ["única", "semilla 4 pierde", "«3»", "«8»"]),
        (0.9, (), ["ninguna clase", "única"]),
    ],
)
def test_what_the_relu_on_the_output_does(make, accuracy, lost, parts):
    original = [make(accuracy, lost=lost, seed=4)]
    assert says(sentences.variants([make(0.9)], original, DIGITS), *parts)


def test_lost_classes_are_told_seed_by_seed(make):
    original = [make(0.9, lost=[8], seed=1), make(0.9, seed=2), make(0.9, seed=5)]
    text = sentences.variants([make(0.9)], original, DIGITS)
    assert says(text, "1 de 3", "semilla 1 pierde la clase", "«8»")
    assert "semilla\u00a01 " in text
    text = sentences.variants([make(0.9)], original[1:], DIGITS)
    assert says(text, "no se pierde") and says(text, "ninguna de las 2 semillas")


@pytest.mark.parametrize("accuracy, verb", [(0.95, "baja"), (0.5, "sube")])
def test_what_is_lost_without_the_relu_is_a_cost(make, accuracy, verb):
    runs = {"corregida": [make(0.9)], "original": [make(accuracy)]}
    text = sentences.conclusion(runs, np.diag([5] * 10), DIGITS)
    assert says(text, "90.0\u202f%", verb, "los mismos") and "costo" not in text
    assert "proporción" not in text and "tiempo" not in text


def test_a_tiny_change_is_not_told_as_none(make):
    assert says(sentences._changes(-0.0003), "baja", "0.03")
    assert says(sentences._changes(1e-9), "no cambia")


def test_one_image_and_tiny_rates_are_spelled_as_they_should(make):
    run_ = make(0.9)
    run_.about["recipe"] |= {"learning_rate": 5e-5, "batch_size": 1, "epochs": 1}
    text = sentences.training({"R": [run_]})
    assert says(text, "5 × 10⁻⁵", "1 imagen", "1 época", "semilla 0")
    assert "1 imágenes" not in text and "e-0" not in text


def test_lost_classes_of_a_run(make):
    text = sentences.lost(make(0.9, lost=[7]), DIGITS)
    assert says(text, "nunca", "«7»", "81.0\u202f%")
    text = sentences.lost(make(0.9), DIGITS)
    assert says(text, "90.0\u202f%", "todas") and "«" not in text


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
    for one in a:
        one.about["parameters"] = 10 * one.parameters
    text = comparison.comparison(a, b)
    assert says(text, *parts) and says(text, "densa", "10 veces", "LeNet-5")
    assert says(comparison.conclusion(a, b), concludes)


@pytest.mark.parametrize(
    ("dense", "lenet", "verdict"),
    [
        ([0.5, 0.504], [0.6, 0.604], "LeNet-5 acierta más"),
        ([0.6, 0.604], [0.5, 0.504], "la red densa acierta más"),
        ([0.5, 0.6], [0.5, 0.6], "no hay evidencia"),
    ],
)
@pytest.mark.parametrize(
    ("times", "size"),
    [(25, "LeNet-5 tiene 25 veces"), (1, "más o menos los parámetros")],
)
def test_a_narrow_dense_network_is_no_test_of_many_parameters(
    make, dense, lenet, verdict, times, size
):
    a = [make(x, seed=i) for i, x in enumerate(dense)]
    b = [make(x, seed=i) for i, x in enumerate(lenet)]
    for one in b:
        one.about["parameters"] = times * one.parameters
    text = comparison.conclusion(a, b)
    assert says(text, verdict) and says(text, size)
    assert "0.0" not in text and "vale más" not in text
    assert says(comparison.comparison(a, b), size, "más o menos el tiempo")


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


def test_a_confusion_that_has_no_way_back():
    counts = np.array([[9, 1, 0], [0, 9, 0], [0, 0, 0]])
    for row in [(9, 1, 0), (9, 0, 1)]:  # the second is taken for a class without images
        counts[0] = row
        text = matrices.confusions(counts, "abc")
        assert (
            says(text, "1 imagen", "10.0\u202f%", "no ocurre nunca") and "—" not in text
        )
    counts[1, 0] = 1
    assert says(matrices.confusions(counts, "abc"), "Una de las más frecuentes")


def test_errors_among_a_group():
    counts = np.array([[9, 3, 1], [2, 9, 0], [2, 0, 9]])
    text = matrices.among(counts, (0, 1), "ABC", "estas")
    assert says(text, "estas", "A", "B", "62.5\u202f%", "33.3\u202f%")


def test_extremes_and_original():
    counts = np.diag(np.full(10, 90)) + 1
    counts[4, 5] += 50
    counts[2, 2] += 500
    text = matrices.extremes(counts, DIGITS)
    assert says(text, "mejor", "«2»", "0.98", "peor", "«4»", "0.61")
    text = matrices.versus_original(counts, DIGITS)
    assert says(text, "exhaustividad", "4", "0.61", "0.90")


@pytest.mark.parametrize(
    ("recalls", "best", "worst"),
    [
        ([10, 9, 8, 7, 6], ["«0»", "«1»"], ["«4»", "«3»"]),
        ([10, 10, 10, 10, 9], ["«0»", "«1»", "«2»", "«3»"], ["«4»"]),
        ([10, 0, 0, 0, 0], ["«0»"], ["«1»", "«2»", "«3»", "«4»"]),
        ([10, 9, 8, None, 7], ["«0»", "«1»"], ["«4»", "«2»"]),
    ],
)
def test_best_and_worst_classes_with_ties_and_without_images(recalls, best, worst):
    counts = np.zeros((5, 5), int)
    for k, right in enumerate(recalls):
        if right is not None:
            counts[k, k], counts[k, k - 1] = right, 10 - right
    text = matrices.extremes(counts, DIGITS)
    assert says(text, "mejor", *best, "peor", *worst) and "—" not in text
    assert text.count("«") == len(best) + len(worst)
    hard = [*worst, "0.00"] if len(worst) == 4 else [worst[0]]
    assert says(matrices.hardest(counts, DIGITS), *hard)


def test_a_perfect_matrix_has_neither_best_nor_worst_class():
    for tell in (matrices.extremes, matrices.hardest):
        text = tell(np.diag([5] * 10), DIGITS)
        assert says(text, "igual", "1.00") and "«" not in text


@pytest.mark.parametrize(
    ("only_a", "only_b", "p", "odds", "tested", "verdict"),
    [
        (10, 30, 0.002, "30: 3.0 veces más", "= 0.002", "se distingue"),
        (10, 12, 0.8, "12: 1.2 veces más", "= 0.800", "no se distingue"),
        (100, 101, 1.0, "casi tantas", "= 1.000", "no se distingue"),
        (9, 9, 1.0, "tantas", "= 1.000", "no se distingue"),
        (1, 9, 0.0496, "9: 9.0 veces más", "= 0.0496", "se distingue"),
        (1, 10, 0.0501, "10: 10 veces más", "= 0.0501", "no se distingue"),
    ],
)
def test_paired_on_both_sides(only_a, only_b, p, odds, tested, verdict):
    few = "1 imagen" if only_a == 1 else f"{only_a} imágenes"
    for a, b, names in [(only_a, only_b, ["A", "B"]), (only_b, only_a, ["B", "A"])]:
        pair = Paired(100, a, b, 20, p, 0.02, 0.01, 0.03)
        text = comparison.paired(pair, "A", "B")
        if a != b:  # the network that has fewer is told first
            assert says(text, names[0], few, names[1], odds)
        assert says(text, few, odds, f"*p* {tested}", "A", "B", "+2.0", "[1.0, 3.0]")
        assert says(text, verdict)


def test_paired_where_one_network_is_never_right_alone():
    text = comparison.paired(Paired(100, 5, 0, 20, 1e-4, 0.1, 0, 0.1), "A", "B")
    assert says(text, "A", "5 imágenes", "ninguna", "B", "*p* < 0.001", "se distingue")
    assert "veces" not in text
    text = comparison.paired(Paired(100, 0, 0, 20, 1.0, 0.0, 0.0, 0.0), "A", "B")
    assert says(text, "mismas imágenes", "*p* = 1.000", "0.0", "no se distingue")


def test_seedwise_of_several_seeds_and_of_one(make):
    a = [make(x, seed=i) for i, x in enumerate([0.9, 0.92, 0.88])]
    b = [make(x, seed=i) for i, x in enumerate([0.8, 0.84, 0.82])]
    text = comparison.seedwise(a, b, "corregida", "original")
    expected = stats.ttest_rel([0.9, 0.92, 0.88], [0.8, 0.84, 0.82])
    low, high = (100 * x for x in expected.confidence_interval(0.95))
    interval = f"[{low:.1f}, {high:.1f}]"
    assert says(text, "corregida", "original", "+8.0", interval, "3")
    assert says(text, "probabilidad del 80\u202f%")
    assert says(comparison.seedwise(a[:1], b[:1], "x", "y"), "no se puede decir")


@pytest.mark.parametrize(
    ("other", "found"), [([0.8, 0.7], "la misma"), ([0.8, 0.70001], "al menos 0.01")]
)
def test_what_seeds_could_detect_is_never_nothing(monkeypatch, other, found):
    monkeypatch.setattr(comparison, "accuracies", np.array)
    text = comparison.seedwise([0.9, 0.8], other, "x", "y")
    assert says(text, found) and " 0.0 puntos" not in text


def test_destinations_read_a_row_of_the_matrix():
    counts = np.array([[5, 0, 2], [0, 4, 0], [1, 3, 6]])
    text = matrices.destinations(counts, 2, "abc")
    assert says(text, "10", "«c»", "6", "«b»", "3", "«a»", "1")
    text = matrices.destinations(counts, 1, "abc")
    assert says(text, "4", "«b»", "4") and text.count("«") == 1
    assert "sobre todo" not in matrices.destinations(counts, 2, "abc")


def test_destinations_of_one_image_and_of_many():
    counts = np.zeros((6, 6), int)
    counts[0, 5] = 1
    text = matrices.destinations(counts, 0, "abcdef")
    assert says(text, "1 imagen", "«a»", "0", "la que falla va a", "«f»")
    assert "sobre todo" not in text and "demás" not in text
    counts[0] = [9, 5, 4, 3, 2, 1]
    text = matrices.destinations(counts, 0, "abcdef")
    assert says(text, "sobre todo", "«b»", "5", "«c»", "4", "«d»", "3")


def test_no_errors_among_a_group():
    text = matrices.among(np.diag([5] * 10), (5, 7), DIGITS, "estas")
    assert says(text, "estas", "ningún error") and "%" not in text


def test_spaces_before_units_do_not_break(make):
    runs = [make(0.9), make(0.8, seed=1)]
    text = " ".join(
        [
            sentences.headline("A", runs),
            sentences.training({"A": runs}),
            comparison.comparison(runs, runs[:1]),
            comparison.seedwise(runs, runs[::-1], "A", "B"),
            comparison.paired(Paired(9, 1, 2, 3, 0.5, 0.1, 0, 0.2), "A", "B"),
        ]
    )
    assert not re.search(r"\d ([%±=<]|s\b|min\b)|[±=<] \d", text)
