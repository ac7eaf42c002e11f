"""What the summary says of each part, whatever came out."""

import numpy as np
import pytest

from informe.report import findings
from tests.support.prose import says
from tests.support.runs import run
from tests.test_experiments import made_up
from tests.test_footwear_and_overfitting import predicted, weighed

LABELS = np.arange(1000) % 10


@pytest.fixture
def trained(tmp_path):
    """Make runs with these accuracies."""
    made = iter(range(100))

    def make(accuracies, **options):
        return [
            run(tmp_path / f"{next(made)}", LABELS, accuracy, seed=seed, **options)
            for seed, accuracy in enumerate(accuracies)
        ]

    return make


LOW, HIGH, WIDE = [0.40, 0.42, 0.41], [0.50, 0.51, 0.52], [0.40, 0.60, 0.50]


@pytest.mark.parametrize(
    ("dense", "lenet", "words"),
    [
        (LOW, HIGH, "LeNet-5 es mejor: acierta 10.0 puntos más"),
        (HIGH, LOW, "La red densa es mejor: acierta 10.0 puntos más"),
        (WIDE, HIGH, "Ninguna de las dos acierta más de modo que se distinga"),
        (LOW[:1], HIGH[:1], "LeNet-5 acierta más, con una sola semilla de cada una"),
    ],
)
def test_the_better_of_two_networks_if_it_can_be_told(trained, dense, lenet, words):
    text = findings.cifar10({"densa": trained(dense), "LeNet-5": trained(lenet)})
    assert says(text, words)
    assert "nan" not in text


def test_what_a_relu_on_the_output_loses(trained):
    whole = trained([0.9, 0.9])
    assert says(findings.lost(whole), "ninguna clase, en ninguna de 2 semillas")
    some = [*whole, *trained([0.9], lost=(3,))]
    assert says(findings.lost(some), "alguna clase en 1 de 3 semillas")
    assert says(findings.lost(some[-1:]), "alguna clase en la única semilla")


def test_what_buys_accuracy_on_mnist(trained):
    same = made_up({"a": [0.8, 0.8], "b": [0.8, 0.7]})
    best = made_up({"1": [0.80, 0.81], "32": [0.90, 0.912]}, reference="1")
    runs = {"corregida": trained([0.9, 0.92]), "original": trained([0.9, 0.8])}
    outcomes = {"between": same, "channels": best, "rate": same}
    text = findings.mnist(runs, outcomes)
    assert says(text, "acierta el 91.0 ± 1.4\u202f%")
    assert says(text, "es una ReLU entre ellas y 32 filtros: +10.10 puntos")
    text = findings.mnist(runs, outcomes | {"channels": same})
    assert says(text, "Ninguna de las opciones probadas la mejora")


def test_what_a_higher_cost_of_footwear_does(trained):
    runs = {"corregida": trained([0.9, 0.92]), "original": trained([0.9, 0.8])}
    equal = [predicted(0.9, 0.9), predicted(0.91, 0.9)]
    dear = [predicted(0.94, 0.9), predicted(0.95, 0.9)]
    text = findings.fashion_mnist(runs, weighed({"1": equal, "2": dear}))
    assert says(text, "cueste 2 mueve su exhaustividad: +4.00 puntos")
    assert says(text, "El 100.0\u202f% de los errores en el calzado lo toman por otro")
    text = findings.fashion_mnist(runs, weighed({"1": equal, "2": equal[::-1]}))
    assert says(text, "no mueve de modo que se distinga")
    text = findings.fashion_mnist(runs, weighed({"1": equal}, asked=1.0))
    assert says(text, "Todos los errores cuestan lo mismo")
