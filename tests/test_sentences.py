import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from helpers.uncertainty import Paired
from informe.report import comparison, matrices, results, sentences
from informe.statistics import exact, superiority
from tests.support.measured import recipe
from tests.support.prose import says
from tests.support.runs import run
from tests.test_footwear_and_overfitting import predicted, weighed

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
    assert "muestra" not in full and "SHA" not in full


def test_headline_of_several_seeds_and_of_one():
    text = sentences.headline("corregida", recipe([0.9, 0.88, 0.86]))
    # mean 0.88; standard deviation 0.02; half-width 4.303 * 0.02 / sqrt(3)
    assert says(text, "corregida", "88.0 ± 2.0\u202f%", "3 semillas", "[83.0, 93.0]")
    one = sentences.headline("corregida", recipe([0.9]))
    assert says(one, "90.0\u202f%", "un solo")
    assert "±" not in one
    wide = sentences.headline("corregida", recipe([0.9, 0.8]))
    assert says(wide, "85.0 ± 7.1\u202f%", "[21.5, 100.0]")


def test_headline_of_a_recipe_that_loses_classes_mixes_no_seeds():
    some = recipe([0.9, 0.88, 0.86, 0.9], lost={3: [8]})
    text = sentences.headline("original", some)
    low, high = (100 * x for x in exact(1, 4))
    share = ["1 pierde", "25\u202f%", f"[{low:.1f}, {high:.1f}]"]
    assert says(text, "4 semillas", *share, "88.0 ± 2.0\u202f%", "3 semillas")
    two = sentences.headline("original", recipe([0.9, 0.8], lost={1: [8]}))
    assert says(two, "1 pierde", "La que las predice todas", "90.0\u202f%")
    every = sentences.headline("original", recipe([0.9, 0.7], lost={0: [1], 1: [2]}))
    assert says(every, "Las 2 semillas", "pierden", "va de")
    one = sentences.headline("original", recipe([0.9], lost={0: [1]}))
    assert says(one, "La única semilla", "pierde alguna clase")
    for text in (every, one):
        assert "±" not in text and "todas tienen" not in text and "nan" not in text


def test_what_is_trained_alike_is_told_once(make):
    one, other = make(0.9), make(0.8, seconds=8.0)
    text = sentences.training({"R1": [one], "R2": [other]})
    assert text.count("0.01") == text.count("descenso") == 1
    assert says(text, "4.0\u202fs", "R1", "8.0\u202fs", "R2") and "promedio" not in text
    other.about["recipe"]["optimizer"] = "adam"
    text = sentences.training({"R1": [one], "R2": [other]})
    assert says(text, "R1", "descenso", "0.01", "R2", "Adam", "0.01")
    text = sentences.training({"corregida": [one, make(0.8, seed=1)]})
    assert says(text, "semillas 0 y 1", "en promedio", "la red corregida")


def test_one_image_and_tiny_rates_are_spelled_as_they_should(make):
    run_ = make(0.9)
    run_.about["recipe"] |= {"learning_rate": 5e-5, "batch_size": 1, "epochs": 1}
    text = sentences.training({"R": [run_]})
    assert says(text, "5 × 10⁻⁵", "1 imagen", "1 época", "semilla 0")
    assert "1 imágenes" not in text and "e-0" not in text


def test_lost_classes_of_a_run(make):
    text = sentences.lost(make(0.9, lost=[7], seed=3), DIGITS)
    assert says(text, "semilla 3", "nunca la clase", "«7»", "81.0\u202f%")
    text = sentences.lost(make(0.9), DIGITS)
    assert says(text, "todas", "90.0\u202f%") and "«" not in text


def test_curves_of_one_epoch_and_of_more(make):
    text = sentences.curves("densa", [make(0.9)])
    assert says(text, "densa", "30.0\u202f%", "10.0\u202f%", "2", "20.0\u202f%")
    assert sentences.curves("LeNet-5", [make(0.9)]).startswith("LeNet-5 se equivoca")
    one = SimpleNamespace(history=make(0.9).history[:1])
    text = sentences.curves("densa", [one])
    assert says(text, "única época", "30.0\u202f%", "40.0\u202f%")


def chosen(changes, epoch=12, base="corregida"):
    return SimpleNamespace(changes=changes, epoch=epoch, base=base)


@pytest.mark.parametrize(
    ("base", "changes", "epoch", "parts"),
    [
        ("corregida", {"rate": "0.1", "channels": "16"}, 12,
         ["la red corregida", "tasa de aprendizaje (0.1) y filtros (16)", "12 épocas"]),
        ("inicial", {}, 1,
         ["la red inicial", "ninguna opción se distinguió", "1 época"]),
        ("corregida", {"output": "tanh"}, 2,
         ["la red corregida", "activación en la salida (tanh)", "2 épocas"]),
        ("LeNet-5", {"lenet-optimizer": "Adam, 0.001"}, 9,
         ["LeNet-5 con", "optimizador (Adam, 0.001)", "9 épocas"]),
        ("LeNet-5", {}, 15, ["LeNet-5 sin", "ninguna opción se distinguió", "15"]),
    ],
)  # fmt: skip
def test_what_the_chosen_network_adopts(base, changes, epoch, parts):
    assert says(sentences.chosen(chosen(changes, epoch, base)), *parts)


@pytest.mark.parametrize(
    ("accuracy", "verdict", "often"),
    [
        (0.99, "muy bien", "una de cada 100"),
        (0.95, "bien, aunque no del todo", "una de cada 20"),
        (0.7, "a medias", "una de cada 3"),
        (0.1, "mal", "el 90.0\u202f% de las"),
    ],
)
def test_the_first_parts_answer(accuracy, verdict, often):
    networks = {"corregida": recipe([accuracy]), "original": recipe([0.9])}
    text = sentences.conclusion(networks, DIGITS)
    assert says(text, verdict, often, "exactitud de")
    assert says(text, "ninguna clase con la única semilla")
    assert "elegida" not in text and "nan" not in text


def test_the_first_parts_answer_names_what_is_lost_and_what_is_bought():
    corrected, original = recipe([0.9] * 4), recipe([0.9] * 4, lost={1: [3], 2: [3]})
    networks = {"corregida": corrected, "original": original}
    networks["elegida"] = recipe([0.98] * 3)
    text = sentences.conclusion(networks, DIGITS)
    assert says(text, "alguna clase con 2 de 4 semillas", "no se pierde")
    assert says(text, "red elegida", "98.0 ± 0.0\u202f%", "+8.0 puntos", "mejora")
    networks["elegida"] = recipe([0.8] * 3)
    assert says(sentences.conclusion(networks, DIGITS), "−10.0 puntos", "empeora")
    networks["elegida"] = recipe([0.98])
    assert says(sentences.conclusion(networks, DIGITS), "no se puede decir si mejora")
    perfect = {"corregida": recipe([1.0]), "original": corrected}
    text = sentences.conclusion(perfect, DIGITS)
    assert says(text, "no se equivoca en ninguna") and "más le cuesta" not in text


@pytest.mark.parametrize(
    ("shoes", "asked", "parts"),
    [
        ((0.94, 0.95), 2.0, ["cuesta el doble, sube", "+4.00 puntos", "100.0\u202f%"]),
        ((0.86, 0.87), 2.0, ["cuesta el doble, baja", "−4.00 puntos"]),
        ((0.90, 0.91), 2.0, ["cuesta el doble, apenas cambia", "0.00 puntos"]),
        ((0.80, 0.99), 2.0, ["cuesta el doble, no se sabe si cambia"]),
        ((0.94, 0.95), 3.0, ["cuesta 3 veces lo que otro, sube"]),
        ((0.94, 0.95), 1.0, ["Todos los errores cuestan lo mismo"]),
    ],
)
def test_the_second_parts_answer(shoes, asked, parts):
    by_weight = {"1": [predicted(x, 0.9) for x in (0.90, 0.91)]}
    if asked != 1:
        by_weight[f"{asked:g}"] = [predicted(x, 0.9) for x in shoes]
    networks = {"corregida": recipe([0.86]), "original": recipe([0.86])}
    text = sentences.conclusion(networks, DIGITS, weighed(by_weight, asked=asked))
    assert says(text, *parts)
    assert says(text, "a medias", "exactitud de 86.0\u202f%") and "nan" not in text


# Two recipes

CLOSE = [0.9, 0.902, 0.898, 0.9, 0.901]
FAR = [0.8, 0.802, 0.798, 0.8, 0.801]
WIDE = [0.7, 0.9, 0.8, 0.95, 0.75]


@pytest.mark.parametrize(
    ("a", "b", "parts"),
    [
        (CLOSE, FAR, ["La red corregida es mejor que la original", "10.0 puntos más"]),
        (FAR, CLOSE, ["La red original es mejor que la corregida", "10.0 puntos más"]),
        ([1.0] * 5, [1.0] * 5, ["La red corregida y la original son equivalentes"]),
        (WIDE, FAR, ["No se puede decir cuál acierta más", "+2.0", "harían falta"]),
        (CLOSE, CLOSE[::-1], ["No se puede decir", "de 0.0 puntos", "bastan 2"]),
        (CLOSE[:1], FAR[:1], ["No se puede decir", "solo entre imágenes", "1 semilla"]),
        (CLOSE[:1], FAR, ["No se puede decir", "por fija", "1 semilla"]),
        (CLOSE[:2], FAR[:2], ["No se puede decir", "se queda corto", "2 semillas"]),
        (CLOSE[:3], FAR[:3], ["La red corregida es mejor", "se queda corto"]),
    ],
)
def test_versus_on_every_side(a, b, parts):
    text = comparison.versus("corregida", recipe(a), "original", recipe(b))
    assert says(text.replace("**", ""), *parts) and "nan" not in text
    assert ("acierta más la de" in text) is (min(len(a), len(b)) > 2)


def test_versus_counts_seeds_that_lose_no_class_and_says_so():
    b = recipe([*FAR, 0.9], lost={5: [2]})
    text = comparison.versus("corregida", recipe(CLOSE), "original", b)
    assert says(text, "10.0 puntos más", "No cuentan", "1 de la red original")
    assert "No cuentan" not in comparison.versus("x", recipe(FAR), "y", recipe(FAR))


def test_versus_tells_how_often_a_seed_is_better():
    a, b = recipe([0.9, 0.8, 0.85, 0.87]), recipe([0.8, 0.81, 0.88, 0.7])
    more, p = superiority(a.accuracies, b.accuracies)
    tested = [f"{100 * more:.0f}\u202f%", f"*p* = {p:.3f}"]
    assert says(comparison.versus("densa", a, "LeNet-5", b), "de la densa", *tested)
    assert says(comparison.versus("LeNet-5", b, "densa", a), "de la densa", *tested)
    text = comparison.versus("densa", recipe(CLOSE), "LeNet-5", recipe(FAR))
    p = stats.mannwhitneyu(CLOSE, FAR, method="exact").pvalue
    assert says(text, "siempre acierta más", "Mann y Whitney", f"*p* = {p:.3f}")


@pytest.mark.parametrize(
    ("only_a", "only_b", "p", "odds", "tested", "verdict"),
    [
        (10, 30, 0.002, "30: 3.0 veces más", "= 0.002", "sí se distingue"),
        (10, 12, 0.8, "12: 1.2 veces más", "= 0.800", "no se distingue"),
        (100, 101, 1.0, "casi tantas", "= 1.000", "no se distingue"),
        (9, 9, 1.0, "tantas", "= 1.000", "no se distingue"),
        (1, 9, 0.0496, "9: 9.0 veces más", "= 0.0496", "sí se distingue"),
        (1, 10, 0.0501, "10: 10 veces más", "= 0.0501", "no se distingue"),
    ],
)
def test_mcnemar_on_both_sides(only_a, only_b, p, odds, tested, verdict):
    few = "1 imagen" if only_a == 1 else f"{only_a} imágenes"
    for a, b, names in [(only_a, only_b, ["A", "B"]), (only_b, only_a, ["B", "A"])]:
        pair = Paired(100, a, b, 20, p, 0.02, 0.01, 0.03)
        text = comparison.taught(pair, "A", "B")
        if a != b:  # the network that has fewer is told first
            assert says(text, names[0], few, names[1], odds)
        assert says(text, few, odds, f"*p* {tested}", "A", "B", "+2.0", "[1.0, 3.0]")
        assert says(text, verdict, "De las recetas no dice nada")


def test_mcnemar_where_one_network_is_never_right_alone():
    text = comparison.taught(Paired(100, 5, 0, 20, 1e-4, 0.1, 0, 0.1), "A", "B")
    assert says(text, "A", "5 imágenes", "ninguna", "B", "*p* < 0.001", "se distingue")
    assert "veces" not in text
    text = comparison.taught(Paired(100, 0, 0, 20, 1.0, 0.0, 0.0, 0.0), "A", "B")
    assert says(text, "mismas imágenes", "*p* = 1.000", "0.0", "no se distingue")


def test_what_evidence_buys_step_by_step():
    networks = {
        "corregida": recipe(CLOSE),
        "original": recipe([*FAR, 0.9], lost={5: [2]}),
        "elegida": recipe([0.98] * 3, seconds=np.full(3, 12.0), parameters=12_554),
    }
    text = comparison.evidence(networks, "corregida")
    assert says(text, "la original", "(5 de 6 semillas", "la corregida", "la elegida")
    assert says(text, "De la original a la corregida, +10.0 puntos", "mejora")
    assert says(text, "de la corregida a la elegida, +8.0 puntos", "mejora")
    assert says(text, "La elegida tiene 2.0 veces los parámetros de la corregida")
    assert says(text, "entrenar la elegida lleva 3.0 veces el tiempo de la corregida")


def test_what_evidence_buys_in_the_third_part():
    lenet, same = recipe(FAR), recipe(FAR[:3], seconds=np.full(3, 2.0))
    networks = {"densa": recipe([0.5]), "LeNet-5": lenet, "elegida": same}
    text = comparison.evidence(networks, "LeNet-5")
    assert says(text, "De LeNet-5 a la elegida, −0.02 puntos", "no se puede")
    assert says(text, "La elegida tiene los mismos parámetros que LeNet-5")
    assert says(text, "entrenar LeNet-5 lleva 2.0 veces el tiempo de la elegida")
    assert "densa" not in text


MANY = {"parameters": 62_770}


@pytest.mark.parametrize(
    ("dense", "lenet", "parts"),
    [
        (FAR, CLOSE, ["una buena configuración vale más", "LeNet-5 es mejor"]),
        (CLOSE, FAR, ["muchos parámetros valen más", "La red densa es mejor"]),
        ([1.0] * 3, [1.0] * 3, ["vale tanto como", "equivalentes"]),
        (WIDE, FAR, ["no se puede decir qué vale más", "cuál acierta más"]),
        (FAR[:1], CLOSE[:1], ["no se puede decir qué vale más", "cuál acierta más"]),
    ],
)
def test_the_third_parts_answer(dense, lenet, parts):
    text = comparison.conclusion(recipe(dense, **MANY), recipe(lenet))
    assert says(text, *parts) and says(text, "10 veces los parámetros de LeNet-5")
    assert says(text, "más o menos el tiempo") and "nan" not in text


def test_a_narrow_dense_network_is_no_test_of_many_parameters():
    text = comparison.conclusion(recipe(FAR), recipe(CLOSE))
    assert says(text, "tan estrecha", "LeNet-5 es mejor", "los mismos parámetros")
    assert "vale más" not in text
    wider = comparison.conclusion(recipe(FAR), recipe(CLOSE, **MANY))
    assert says(wider, "tan estrecha", "LeNet-5 tiene 10 veces los parámetros")


def test_times_stand_beside_the_originals():
    dense = recipe([0.5], seconds=np.array([100.0]), epochs=2)
    lenet = recipe([0.5], seconds=np.array([50.0]), epochs=10)
    text = comparison.times_beside(dense, lenet)
    assert says(text, "10 veces lo que", "2.8 veces", "2.0 veces lo que", "0.56 veces")
    assert says(comparison.times_beside(dense, dense), "tanto como", "tanto como")


# Confusion matrices


def seeds(*tables):
    """Counts (S, K, K)."""
    return np.stack([np.array(table) for table in tables])


def test_confusions_by_hand():
    counts = np.diag([50, 60, 70])
    assert says(matrices.confusions(seeds(counts), "abc"), "no se equivoca")
    counts[1, 2], counts[2, 1] = 20, 10
    text = matrices.confusions(seeds(counts), "abc")
    assert says(text, "«b»", "«c»", "20 imágenes", "25.0\u202f%", "12.5\u202f%")


def test_confusions_are_means_over_seeds():
    one, other = [[60, 20], [0, 80]], [[77, 3], [4, 76]]
    text = matrices.confusions(seeds(one, other), "ab")
    assert says(text, "«a»", "«b»", "12 imágenes en promedio", "14.4", "2.5\u202f%")
    text = matrices.confusions(seeds([[79, 1], [0, 80]], [[79, 1], [0, 80]]), "ab")
    assert says(text, "1 imagen en promedio")


def test_a_confusion_that_has_no_way_back():
    counts = np.array([[9, 1, 0], [0, 9, 0], [0, 0, 0]])
    for row in [(9, 1, 0), (9, 0, 1)]:  # the second is taken for a class without images
        counts[0] = row
        text = matrices.confusions(seeds(counts), "abc")
        assert says(text, "1 imagen", "10.0\u202f%", "no ocurre nunca")
        assert "—" not in text
    counts[1, 0] = 1
    text = matrices.confusions(seeds(counts), "abc")
    assert says(text, "Una de las más frecuentes")


def test_errors_among_a_group():
    counts = np.array([[9, 3, 1], [2, 9, 0], [2, 0, 9]])
    text = matrices.among(seeds(counts), (0, 1), "ABC", "estas")
    assert says(text, "estas", "A", "B", "62.5\u202f%", "33.3\u202f%")
    none = np.diag([13, 11, 11])  # a seed without errors has no share of them
    text = matrices.among(seeds(counts, none), (0, 1), "ABC", "estas")
    assert says(text, "62.5\u202f%")
    other = np.array([[9, 0, 4], [0, 9, 2], [2, 0, 9]])
    text = matrices.among(seeds(counts, other), (0, 1), "ABC", "estas")
    assert says(text, "en promedio", "31.2\u202f%")
    text = matrices.among(seeds(none), (0, 1), "ABC", "estas")
    assert says(text, "ningún error") and "%" not in text


def test_neighbours_say_what_passes_chance_and_that_the_cause_is_a_guess():
    counts = np.diag([10] * 10)
    counts[2, 4], counts[2, 0], counts[2, 5] = 6, 2, 2
    counts[4, 8], counts[4, 9] = 3, 7
    text = matrices.neighbours(seeds(counts), (2, 4, 6), DIGITS)
    assert says(text, "«2»", "60.0\u202f% y el 20.0\u202f%")
    assert says(text, "«4»", "0.0\u202f% y el 30.0\u202f%", "el 22.2\u202f%. Pasan")
    assert "entre ellas, «2»; hacia las otras, «4»." in text and "en «6»" not in text
    assert says(text, "es una hipótesis")
    text = matrices.neighbours(seeds(np.diag([5] * 10)), (2, 4, 6), DIGITS)
    assert says(text, "ningún error") and "%" not in text


def test_extremes_and_original():
    counts = np.diag(np.full(10, 90)) + 1
    counts[4, 5] += 50
    counts[2, 2] += 500
    text = matrices.extremes(seeds(counts), DIGITS)
    assert says(text, "mejor", "«2»", "0.98", "peor", "«4»", "0.61")
    assert "promedio" not in text
    assert says(matrices.extremes(seeds(counts, counts), DIGITS), "En promedio")
    text = matrices.versus_original(seeds(counts), DIGITS)
    assert says(text, "exhaustividad", "«4»", "0.61", "0.90")


def test_the_hardest_class_has_an_interval_over_seeds():
    one, other = [[80, 20], [0, 100]], [[70, 30], [1, 99]]
    text = matrices.hardest(seeds(one, other), "ab")
    assert says(text, "«a»", "0.75", "[0.11, 1.00]")  # 12.706 * 0.0707 / sqrt(2)
    assert says(matrices.hardest(seeds(one), "ab"), "«a»", "0.80.")


def test_a_class_that_some_seed_never_predicts_has_a_mean_precision():
    counts = np.diag([10] * 10)
    never = counts.copy()
    never[3, 3], never[3, 4] = 0, 10
    text = matrices.versus_original(seeds(counts, never), DIGITS)
    assert says(text, "precisión", "«3»", "1.00", "0.77") and "nan" not in text


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize(
    ("recalls", "best", "worst"),
    [
        ([10, 9, 8, 7, 6], ["«0»", "«1»"], ["«4»", "«3»"]),
        ([10, 10, 10, 10, 9], ["«0»", "«1»", "«2»", "«3»"], ["«4»"]),
        ([10, 0, 0, 0, 0], ["«0»"], ["«1»", "«2»", "«3»", "«4»"]),
        ([10, 9, 8, None, 7], ["«0»", "«1»"], ["«4»", "«2»"]),
    ],
)
def test_best_and_worst_classes_with_ties_and_without_images(
    recalls, best, worst, copies
):
    counts = np.zeros((5, 5), int)
    for k, right in enumerate(recalls):
        if right is not None:
            counts[k, k], counts[k, k - 1] = right, 10 - right
    counts = seeds(*[counts] * copies)
    text = matrices.extremes(counts, DIGITS)
    assert says(text, "mejor", *best, "peor", *worst) and "—" not in text
    assert text.count("«") == len(best) + len(worst)
    hard = [*worst, "0.00"] if len(worst) == 4 else [worst[0]]
    assert says(matrices.hardest(counts, DIGITS), *hard)


def test_a_perfect_matrix_has_neither_best_nor_worst_class():
    for tell in (matrices.extremes, matrices.hardest):
        text = tell(seeds(np.diag([5] * 10)), DIGITS)
        assert says(text, "igual", "1.00") and "«" not in text


def test_spaces_before_units_do_not_break(make):
    runs, a, b = [make(0.9), make(0.8, seed=1)], recipe(CLOSE), recipe(WIDE)
    lost = recipe([*CLOSE, 0.9], lost={5: [3]})
    networks = {"corregida": a, "original": lost, "elegida": b}
    text = " ".join(
        [
            sentences.headline("A", a),
            sentences.headline("B", lost),
            sentences.training({"A": runs}),
            sentences.conclusion(networks, DIGITS),
            comparison.versus("A", a, "B", b),
            comparison.evidence(networks, "corregida"),
            *comparison.CONTEXT.values(),
            comparison.conclusion(a, b),
            comparison.taught(results.paired(a, b), "A", "B"),
        ]
    )
    assert not re.search(r"\d ([%±=<]|s\b|min\b)|[±=<] \d", text)
