"""What the dearer footwear buys, and overfitting, with made-up outcomes."""

import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score

from helpers.download.catalog import FOOTWEAR
from informe.experiments import cifar10, fashion_mnist, footwear, overfitting
from informe.experiments.answers import setting
from informe.experiments.decision import Outcome
from informe.experiments.overfitting import Course
from tests.support.prose import says

LABELS = np.repeat(np.arange(10), 100)
SHOES = np.isin(LABELS, FOOTWEAR)
FASHION = SimpleNamespace(
    seed=0,
    n_seeds=3,
    decision_seeds=3,
    epochs=10,
    batch_size=40,
    learning_rate=0.001,
    footwear_weight=2.0,
)
CIFAR = SimpleNamespace(
    seed=0,
    n_seeds=3,
    decision_seeds=3,
    dense_seeds=1,
    dense_epochs=2,
    lenet_epochs=10,
    batch_size=40,
    learning_rate=0.01,
    width=10_000,
)


def predicted(shoes: float, others: float, instead=(7, 5)) -> np.ndarray:
    """Predictions that get such shares of footwear and of the others right; wrong
    footwear is taken for `instead`."""
    predictions = LABELS.copy()
    for k in range(10):
        rows = np.flatnonzero(np.equal(LABELS, k))
        wrong = rows[round((shoes if k in FOOTWEAR else others) * len(rows)) :]
        other = instead[0] if k != instead[0] else instead[1]
        predictions[wrong] = other if k in FOOTWEAR else (k + 1) % 10
    return predictions


def weighed(by_weight: dict[str, list[np.ndarray]], asked=2.0) -> Outcome:
    settings = SimpleNamespace(**vars(FASHION) | {"footwear_weight": asked})
    runs = {
        label: [
            SimpleNamespace(predictions=p, seed=k, key=f"{label}-{k}")
            for k, p in enumerate(seeds)
        ]
        for label, seeds in by_weight.items()
    }
    return Outcome(fashion_mnist.footwear(settings), runs, LABELS)


def seeds(shoes: float, others: float) -> list[np.ndarray]:
    """Three seeds about such shares."""
    return [predicted(shoes + d, others - d) for d in (-0.01, 0, 0.01)]


def change(shoes: float, others: float) -> list[np.ndarray]:
    """Three seeds whose changes differ a little, so that their interval is narrow."""
    extra = ((0, 0.01), (0.01, 0), (0, 0))
    return [
        predicted(shoes + d + a, others - d + b)
        for d, (a, b) in zip((-0.01, 0, 0.01), extra, strict=True)
    ]


@pytest.mark.parametrize(
    ("shoes", "others", "verdict"),
    [
        (0.95, 0.70, ["compra", "paga"]),
        (0.95, 0.80, ["compra", "sin un precio"]),
        (0.90, 0.70, ["no compra", "pagan"]),
        (0.80, 0.80, ["perjudica"]),
        (0.90, 0.80, ["no cambia", "ni se puede decir que equivalga"]),
    ],
)
def test_the_verdict_on_the_weight_of_the_assignment(shoes, others, verdict):
    outcome = weighed({"1": seeds(0.90, 0.80), "2": change(shoes, others)})
    assert says(footwear.answer(outcome), "consigna", "2", *verdict)


def test_parts_are_recalls_and_changes_have_students_interval():
    outcome = weighed({"1": seeds(0.90, 0.80), "2": change(0.95, 0.80)})
    part = footwear.parts(outcome)["calzado"]
    seed = outcome.predictions["2"][0]
    assert part.accuracies["2"][0] == accuracy_score(LABELS[SHOES], seed[SHOES])
    gaps = part.accuracies["2"] - part.accuracies["1"]
    low, high = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    found = f"+{100 * gaps.mean():.2f}", f"[{100 * low:.2f}, {100 * high:.2f}]"
    assert says(footwear.answer(outcome), "calzado", *found, "demás prendas")


def test_several_weights_have_intervals_that_hold_together():
    weights = {"1": seeds(0.90, 0.80), "2": change(0.95, 0.80), "4": change(0.98, 0.75)}
    outcome = weighed(weights)
    found = footwear.changes(outcome)["calzado"]
    part = footwear.parts(outcome)["calzado"].accuracies
    for label in ("2", "4"):
        gaps = part[label] - part["1"]
        expected = stats.ttest_1samp(gaps, 0).confidence_interval(0.975)
        assert (found[label].low, found[label].high) == pytest.approx(tuple(expected))
    text = footwear.answer(outcome)
    assert says(text, "simultáneos para 2 pesos (Bonferroni)", "pareadas")
    assert says(text, "La exhaustividad del calzado crece con el orden")


def test_one_seed_is_compared_image_by_image():
    weights = {"1": [predicted(0.9, 0.8)], "2": [predicted(0.99, 0.8)]}
    text = footwear.answer(weighed(weights))
    assert says(text, "+9.00", "compra", "sin un precio") and "nan" not in text


def test_equal_outcomes_cannot_be_told_apart():
    text = footwear.answer(weighed({"1": seeds(0.9, 0.8), "2": seeds(0.9, 0.8)}))
    assert text.count(" 0.00 puntos [0.00, 0.00], que equivale") == 3
    assert says(text, "equivale en el calzado a no ponderar")


def test_equal_weights_have_no_verdict():
    equal = weighed({"1": seeds(0.9, 0.8), "2": seeds(0.9, 0.8)}, asked=1.0)
    assert "consigna" not in footwear.answer(equal)


@pytest.mark.parametrize(
    ("shoes", "instead", "parts"),
    [
        (0.9, (7, 5), ["100.0\u202f%", "mayoría"]),
        (0.9, (0, 1), ["ningún error"]),
        (1.0, (7, 5), ["no hay errores"]),
    ],
)
def test_where_errors_on_footwear_go(shoes, instead, parts):
    wrong = [predicted(shoes, 0.8, instead)]
    text = footwear.answer(weighed({"1": wrong, "2": wrong}))
    assert says(text, *parts) and "solo en esos" not in text


def test_the_figure_of_footwear_shows_seeds_means_and_intervals():
    outcome = weighed({"1": seeds(0.9, 0.8), "2": change(0.95, 0.7)})
    axes = footwear.plot_footwear(outcome).figure.axes
    assert [ax.get_title() for ax in axes] == ["calzado", "demás prendas", "todas"]
    part = footwear.parts(outcome)["calzado"].accuracies
    drawn = [line.get_ydata() for line in axes[0].get_lines()[:3]]
    assert np.array_equal(np.transpose(drawn), [part["1"], part["2"]])
    assert [t.get_text() for t in axes[0].get_xticklabels()] == ["1", "2"]
    plt.close("all")


def lasting(train: list[float], validation: list[list[float]], asked=2) -> Course:
    """A training with such errors after each epoch, one list of the latter a seed."""
    frames = []
    for errors in validation:
        wrong = np.arange(1000) < np.round(1000 * np.array(errors))[:, None]
        frames.append(np.where(wrong, (LABELS + 1) % 10, LABELS))
    runs = [SimpleNamespace(seed=k, key=str(k)) for k in range(len(validation))]
    learnt = np.tile(train, (len(runs), 1))
    return Course(asked, runs, np.stack(frames), LABELS, learnt)


VERDICTS = r"\b(Sí|No se distingue|No|empeora|memoriza|aún|no se ve|ya no mejora)\b"


@pytest.mark.parametrize(
    ("train", "validation", "verdict"),
    [
        ([0.5, 0.4, 0.1], [0.5, 0.4, 0.5], ["Sí", "empeora"]),
        ([0.5, 0.4, 0.1], [0.5, 0.4, 0.3], ["Sí", "memoriza", "aún"]),
        ([0.5, 0.4, 0.1], [0.5, 0.4, 0.4], ["Sí", "memoriza", "no se ve"]),
        ([0.5, 0.4, 0.3], [0.5, 0.4, 0.3], ["No"]),
        ([0.5, 0.4, 0.4], [0.5, 0.4, 0.4], ["No", "ya no mejora", "no se ve"]),
        ([0.5, 0.42, 0.42], [0.5, 0.4, 0.5], ["No", "ya no mejora", "empeora"]),
        ([0.5, 0.4, 0.45], [0.5, 0.4, 0.3], ["No", "ya no mejora", "aún"]),
        ([0.5, 0.3, 0.3], [0.5, 0.4, 0.5], ["Sí", "memoriza", "empeora"]),
        ([0.5, 0.1, 0.2], [0.5, 0.4, 0.4], ["No", "ya no mejora", "no se ve"]),
        ([0.5, 0.1, 0.1], [0.5, 0.4, 0.4], ["Sí", "memoriza", "no se ve"]),
        ([0.2, 0.2, 0.2], [0.5, 0.4, 0.4], ["No", "ya no mejora", "no se ve"]),
        ([0.6, 0.5, 0.5], [0.5, 0.4, 0.4], ["No", "ya no mejora", "no se ve"]),
        ([0.5, 0.4, 0.39], [0.5, 0.4, 0.4], ["No se distingue"]),
    ],
)
@pytest.mark.parametrize("n", [1, 3])
def test_whether_a_network_overfits(train, validation, verdict, n):
    several = [np.add(validation, (0, 0.01 * s, 0.012 * s)) for s in range(n)]
    text = overfitting.answer("densa", lasting(train, several))
    assert re.findall(VERDICTS, text) == verdict
    ends = train[-1], np.mean(several, 0)[-1]
    learnt, seen = (f"{100 * error:.1f}\u202f%" for error in ends)
    before = f"{100 * train[1]:.1f}\u202f%"
    gap = 100 * (ends[1] - ends[0])
    apart = f"{abs(gap):.1f} puntos por {'encima' if gap > 0 else 'debajo'}"
    told = apart if abs(gap) > 1e-9 else "a la par"
    assert says(text, "2", "3", before, learnt, seen, told) and "−" not in told


def test_overfitting_cannot_be_told_without_more_epochs():
    text = overfitting.answer("densa", lasting([0.5, 0.4], [[0.5, 0.4]]))
    assert says(text, "2", "no se puede decir")


def test_the_figure_of_overfitting_has_a_panel_a_network():
    course = lasting([0.5, 0.4, 0.1], [[0.5, 0.4, 0.5], [0.5, 0.5, 0.5]])
    ax = overfitting.plot_overfitting({"densa": course, "LeNet-5": course})
    train, validation, asked = ax.get_lines()
    assert list(train.get_ydata()) == pytest.approx([0.5, 0.4, 0.1])
    assert list(validation.get_ydata()) == pytest.approx([0.5, 0.45, 0.5])
    assert list(asked.get_xdata()) == [2, 2]
    assert ax.figure.axes[1].get_title() == "LeNet-5"


@pytest.mark.parametrize(
    "decision",
    [
        fashion_mnist.footwear(FASHION),
        *fashion_mnist.decisions(FASHION),
        *cifar10.decisions(CIFAR),
    ],
    ids=lambda decision: decision.name,
)
def test_each_choice_is_another_training_and_the_references_is_one(decision):
    plans = decision.plans()
    assert decision.reference in plans
    different = {repr((p.recipe, sorted(p.options.items()))) for p in plans.values()}
    assert len(different) == len(plans)


def test_the_references_choice_is_the_reports_recipe():
    plan = fashion_mnist.footwear(FASHION).plans()["2"]
    assert (plan.recipe.optimizer, plan.recipe.learning_rate) == ("adam", 0.001)
    assert [plan.recipe.class_weights[k] for k in (5, 6, 7, 9)] == [2, 1, 2, 2]


def test_tiny_learning_rates_are_powers_of_ten_in_labels():
    mine = {"learning_rate": 5e-5}
    tiny = SimpleNamespace(**vars(FASHION) | mine)
    labels = [label for d in fashion_mnist.decisions(tiny) for label in d.choices]
    tiny = SimpleNamespace(**vars(CIFAR) | mine)
    labels += [label for d in cifar10.decisions(tiny) for label in d.choices]
    assert sum("5\u00a0×\u00a010⁻⁵" in label for label in labels) == 4
    assert not any("e-0" in label for label in labels)


def test_the_setting_tells_seeds_that_differ_and_counts_shared_trainings_once():
    about = {"recipe": {"epochs": 3}}
    runs = [SimpleNamespace(key=str(k), about=about, seed=k) for k in range(3)]
    outcomes = {
        "a": SimpleNamespace(runs={"x": runs}),
        "b": SimpleNamespace(runs={"x": runs[:1]}),
    }
    text = setting(outcomes, SimpleNamespace(train=range(50), test=range(20)))
    assert says(text, "50", "20", "3", "3", "1", "3")
