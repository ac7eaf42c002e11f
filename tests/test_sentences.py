from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from helpers.uncertainty import Paired
from informe.report import comparison, matrices, sentences
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
    assert "no usa los datos completos" in sentences.data_set(mnist)
    full = sentences.data_set(replace(mnist, is_sample=False))
    assert full.startswith("**MNIST**: 1000 imágenes de entrenamiento y 500 de prueba")
    assert "Atención" not in full


def test_headline_of_several_seeds_and_of_one(make):
    text = sentences.headline("corregida", [make(0.9), make(0.8, seed=1)])
    # mean 0.85; standard deviation 0.0707; half-width 12.706 * 0.0707 / sqrt(2)
    assert "**0.850 ± 0.071**" in text
    assert "2 semillas" in text
    assert "[0.215, 1.485]" in text
    one = sentences.headline("corregida", [make(0.9)])
    assert "**0.900**" in one
    assert "una sola semilla" in one
    assert "±" not in one


def test_what_is_trained_alike_is_told_once(make):
    text = sentences.training({"a": [make(0.9)], "b": [make(0.8)]})
    assert text.count("Receta: ") == text.count("Receta") == 1
    assert "4.0 s la red a y 4.0 s la red b" in text
    one, other = make(0.9), make(0.9)
    other.about["recipe"]["optimizer"] = "adam"
    text = sentences.training({"a": [one], "b": [other]})
    assert "Receta de la red a: descenso" in text and "Receta de la red b: Adam" in text


@pytest.mark.parametrize(
    ("accuracy", "lost", "says"),
    [
        (0.5, (), "sube la exactitud en 40.0 puntos porcentuales"),
        (0.95, (), "baja la exactitud en 5.0 puntos porcentuales"),
        (0.9, (), "no cambia la exactitud"),
        (0.9, (3, 8), "1 de 1 semilla deja alguna clase sin predecir jamás: la 4 («3»"),
        (0.9, (), "de 1 semilla probada ninguna perdió una clase"),
    ],
)  # fmt: skip
def test_what_the_relu_on_the_output_does(make, accuracy, lost, says):
    original = [make(accuracy, lost=lost, seed=4)]
    assert says in sentences.variants([make(0.9)], original, DIGITS)


def test_lost_classes_of_a_run(make):
    assert "no predice nunca la clase «7»" in sentences.lost(
        make(0.9, lost=[7]), DIGITS
    )
    assert "todas las clases se predicen" in sentences.lost(make(0.9), DIGITS)


@pytest.mark.parametrize(
    ("dense", "lenet", "says", "concludes"),
    [
        ([0.5], [0.6, 0.604], "+10.2 puntos", "la configuración vale más"),
        ([0.6, 0.604], [0.5, 0.504], "−10.0 puntos", "parámetros vale más que la conf"),
        ([0.5], [0.4, 0.7], "variación entre semillas", "no hay evidencia"),
        ([0.5, 0.52], [0.51], "se supone que varía como la otra", "no hay evidencia"),
        ([0.5], [0.6], "con una semilla de cada una no se sabe", "no hay evidencia"),
    ],
)
def test_comparison_on_both_sides_of_the_verdict(make, dense, lenet, says, concludes):
    a = [make(x, network="dense", seed=i) for i, x in enumerate(dense)]
    b = [make(x, network="lenet5", seed=i) for i, x in enumerate(lenet)]
    assert says in comparison.comparison(a, b)
    assert concludes in comparison.conclusion(a, b)


def test_longer_training_is_named_either_way(make):
    a, b = [make(0.5, seconds=5.0)], [make(0.6, seconds=10.0)]
    assert "Entrenar LeNet-5 lleva 2.0 veces el tiempo de la red densa" in (
        comparison.comparison(a, b)
    )


def test_curves_of_one_epoch_and_of_more(make):
    text = sentences.curves("densa", [make(0.9)])
    assert "el 30.0\u202f% de las imágenes de prueba tras la primera época" in text
    assert "el 10.0\u202f% tras la última, la 2" in text


def test_confusions_by_hand():
    counts = np.diag([50, 60, 70])
    assert "no se equivoca" in matrices.confusions(counts, "abc")
    counts[1, 2], counts[2, 1] = 20, 10
    text = matrices.confusions(counts, "abc")
    assert "tomar «b» por «c»: 20 imágenes, el 25.0\u202f% de su clase" in text
    assert "a la inversa ocurre en el 12.5\u202f%" in text


def test_errors_among_a_group():
    counts = np.array([[9, 3, 1], [2, 9, 0], [2, 0, 9]])
    text = matrices.among(counts, (0, 1), "abc", "estas")
    assert "Entre estas (a y b) queda el 62.5\u202f% de todos los errores" in text
    assert "sería el 33.3\u202f%" in text


def test_extremes_and_original():
    counts = np.diag(np.full(10, 90)) + 1
    counts[4, 5] += 50
    counts[2, 2] += 500
    text = matrices.extremes(counts, DIGITS)
    assert "mejor reconoce son 2 (0.98)" in text
    assert "las que peor, 4 (0.61)" in text
    assert "la clase 4 (0.61 frente a 0.90 del original)" in (
        matrices.versus_original(counts, DIGITS)
    )


@pytest.mark.parametrize(
    ("only_a", "only_b", "p", "says"),
    [
        (30, 10, 0.002, "3.0 por cada una en la otra dirección"),
        (30, 10, 0.002, "diferencia sí se distingue del azar"),
        (12, 10, 0.8, "diferencia no se distingue del azar"),
        (9, 9, 1.0, "tantas como la otra"),
        (5, 0, 0.0625, "una de las dos no gana ninguna"),
        (5, 0, 0.0001, "da p < 0.001"),
    ],
)
def test_paired_on_both_sides_of_the_verdict(only_a, only_b, p, says):
    pair = Paired(100, only_a, only_b, 20, p, 0.02, 0.01, 0.03)
    text = comparison.paired(pair, "densa", "LeNet-5")
    assert says in text
    assert "es de +2.0 puntos porcentuales" in text
    assert "[1.0, 3.0]" in text


def test_seedwise_of_several_seeds_and_of_one(make):
    a = [make(x, seed=i) for i, x in enumerate([0.9, 0.92, 0.88])]
    b = [make(x, seed=i) for i, x in enumerate([0.8, 0.84, 0.82])]
    text = comparison.seedwise(a, b, "corregida", "de la tarea")
    expected = stats.ttest_rel([0.9, 0.92, 0.88], [0.8, 0.84, 0.82])
    low, high = (100 * x for x in expected.confidence_interval(0.95))
    assert "es en promedio de +8.0 puntos porcentuales" in text
    assert f"Student pareado del 95 %: [{low:.1f}, {high:.1f}])" in text
    assert "3 semillas" in text
    assert "una sola semilla" in comparison.seedwise(a[:1], b[:1], "x", "y")


def test_destinations_read_a_row_of_the_matrix():
    counts = np.array([[5, 0, 2], [0, 4, 0], [1, 3, 6]])
    text = matrices.destinations(counts, 2, "abc")
    assert "De 10 imágenes de la clase «c», la red acierta 6;" in text
    assert "a «b» (3) y «a» (1)." in text
    assert matrices.destinations(counts, 1, "abc").endswith("acierta 4.")
