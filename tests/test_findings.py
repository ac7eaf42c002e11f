"""What the summary says of each part, whatever came out, and the chapter it is in."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from informe.report import chapters, findings, results
from informe.report.glossary import GLOSSARY
from informe.statistics import exact
from tests.support.measured import recipe
from tests.support.prose import says
from tests.support.runs import run
from tests.test_experiments import made_up
from tests.test_footwear_and_overfitting import predicted, weighed

LOW, HIGH = [0.40, 0.42, 0.41], [0.50, 0.51, 0.52]
WIDE = [0.30, 0.60, 0.45]
SLOW = {"seconds": np.full(3, 90.0), "parameters": 380_000}
FAST = {"seconds": np.full(3, 30.0), "parameters": 1000}


def chosen(changes, epoch=9, base="corregida"):
    return SimpleNamespace(changes=changes, epoch=epoch, base=base)


def part_3(dense, lenet, slow=SLOW, fast=FAST) -> str:
    cut = len(dense)
    sides = [
        recipe(shares, **kind | {"seconds": kind["seconds"][:cut]})
        for shares, kind in ((dense, slow), (lenet, fast))
    ]
    measured = {"densa": sides[0], "LeNet-5": sides[1], "elegida": recipe([0.6] * cut)}
    changes = {"lenet-optimizer": "Adam, 0.001"}
    return findings.cifar10(measured, chosen(changes, base="LeNet-5"))


class TestThirdPart:
    @pytest.mark.parametrize(
        ("dense", "lenet", "words"),
        [
            (LOW, HIGH, "LeNet-5 es mejor**: acierta 10.0 puntos más"),
            (HIGH, LOW, "La red densa es mejor**: acierta 10.0 puntos más"),
            (WIDE, HIGH, "No se puede decir cuál de las dos redes es mejor"),
            (LOW[:1], HIGH[:1], "No se puede decir cuál de las dos redes es mejor"),
            (
                [0.999] * 3,
                [0.999] * 3,
                "son equivalentes** (±0.5 puntos): la exactitud de",
            ),
        ],
    )
    def test_the_better_of_two_networks_if_it_can_be_told(self, dense, lenet, words):
        text = part_3(dense, lenet)
        assert text.startswith("**") and words in text
        assert "nan" not in text

    def test_what_the_better_one_takes(self):
        cheap = "con 380 veces menos parámetros y en aproximadamente un tercio del"
        assert re.search(rf"más \[.*\] {cheap} tiempo\.", part_3(LOW, HIGH))
        dear = "con 380 veces más parámetros y en aproximadamente el triple de tiempo."
        assert dear in part_3(HIGH, LOW)
        alike = part_3(LOW, HIGH, FAST, FAST)
        assert "con más o menos los mismos parámetros y en más o menos el" in alike

    @pytest.mark.parametrize(
        ("ratio", "words"),
        [
            (1.0, "en más o menos el mismo tiempo"),
            (1.03, "en más o menos el mismo tiempo"),
            (2.1, "en aproximadamente el doble de tiempo"),
            (1.5, "en 1.5 veces el tiempo"),
            (33, "en 33 veces el tiempo"),
            (0.5, "en aproximadamente la mitad del tiempo"),
            (0.7, "en el 70\u202f% del tiempo"),
            (1 / 3.2, "en aproximadamente un tercio del tiempo"),
            (1 / 33, "en 1/33 del tiempo"),
        ],
    )
    def test_a_time_in_words(self, ratio, words):
        assert findings.time(ratio) == words

    def test_what_the_chosen_one_reaches(self):
        text = part_3(LOW, HIGH)
        assert "(optimizador: Adam, 0.001; 9 épocas)" in text
        assert says(text, "elegida", "60.0 ± 0.0\u202f%", "LeNet-5", "+9.0", "mejora")


def digits(**fields):
    return {
        "corregida": recipe([0.9, 0.92, 0.91]),
        "original": recipe([0.9, 0.8, 0.9], **fields),
        "elegida": recipe([0.97, 0.97, 0.98]),
    }


def test_what_buys_accuracy_on_mnist():
    best = made_up({"1": [0.80, 0.81], "16": [0.90, 0.912]}, reference="1")
    less = made_up({"a": [0.80, 0.81], "b": [0.84, 0.85]})
    outcomes = {"output": less, "channels": best, "rate": less}
    changes = {"channels": "16", "rate": "b"}
    text = findings.mnist(digits(lost={0: [3]}), outcomes, chosen(changes))
    assert says(text, "regresión logística", "91.0 ± 1.0\u202f%")
    assert "(filtros: 16; tasa de aprendizaje: b; 9 épocas)" in text
    assert says(text, "corregida, +6.3 puntos", "más suma", "«filtros: 16»", "+10.10")
    low, high = (f"{100 * x:.0f}" for x in exact(1, 3))
    assert says(text, "alguna clase con 1 de 3 semillas", f"[{low}, {high}]\u202f%")


def test_nothing_adopted_and_no_class_lost():
    text = findings.mnist(digits(), {}, chosen({}, epoch=1))
    assert "(ninguna otra opción; 1 época)" in text and "más suma" not in text
    assert says(text, "ninguna clase con ninguna de 3 semillas")
    one = recipe([0.9], lost={0: [1]})
    assert says(findings.lost(one), "alguna clase con la única semilla")


def test_what_a_higher_cost_of_footwear_does():
    equal = [predicted(0.9, 0.9), predicted(0.91, 0.9)]
    dear = [predicted(0.94, 0.9), predicted(0.95, 0.9)]

    def told(by_weight, **asked):
        cost = weighed(by_weight, **asked)
        return findings.fashion_mnist(digits(), cost, chosen({"channels2": "4"}))

    text = told({"1": equal, "2": dear})
    assert says(text, "cueste el doble sube su exhaustividad: +4.00 puntos")
    assert says(text, "El 100.0\u202f% de los errores en el calzado lo toman por otro")
    assert says(told({"1": dear, "2": equal}), "baja su exhaustividad: −4.00 puntos")
    assert says(told({"1": equal, "2": equal}), "que equivale (±0.5 puntos)")
    text = told({"1": equal, "2": equal[::-1]})
    assert "no cambia su exhaustividad de modo que se distinga" in text
    assert says(told({"1": equal}, asked=1.0), "Todos los errores cuestan lo mismo")


def test_what_any_other_chapter_finds():
    measured = {"inicial": recipe([0.9, 0.92, 0.91]), "elegida": recipe([0.9] * 3)}
    text = findings.own(measured, {}, chosen({}, base="inicial"))
    assert says(text, "La red inicial tiene una exactitud de 91.0 ± 1.0\u202f%")
    assert says(text, "ninguna otra opción", "frente a la red inicial, −1.0 puntos")


@pytest.fixture
def part(tmp_path, mnist) -> dict:
    """What a part measured: of its two seeds, one loses a class."""
    labels = mnist.test.labels
    seeds = [
        run(tmp_path / "a", labels, 0.9, seconds=100.0),
        run(tmp_path / "b", labels, 0.8, seed=1, lost=[3], seconds=50.0),
    ]
    runs = {"corregida": seeds[:1], "original": seeds}
    measured = {name: results.measured(some) for name, some in runs.items()}
    content = results.metrics(mnist, measured, runs, "Lo hallado.")
    claim = {"part": "MNIST", "claim": "a", "measured": "b", "verdict": "c"}
    return content | {"rules": "Reglas.", "claims": [claim | {"stands": True}]}


def test_the_summary_has_findings_a_table_and_a_glossary(part):
    text, table, glossary = chapters.opening([part]).cells
    assert "- **MNIST.** Lo hallado." in text.source and "¿Qué tan" in text.source
    assert "la *original* termina" in text.source
    rows = table.outputs[0].data["text/markdown"]
    assert "| MNIST | corregida | 0 de 1 | 90.0\u202f% | 6277 |" in rows
    assert "| MNIST | original | 1 de 2 | 90.0\u202f% | 6277 |" in rows
    assert glossary.source == GLOSSARY
    assert "bib-original2023" in text.source and "**¿" in text.source


def test_the_answer_comes_first(part):
    question = {"question": "¿Qué vale más?", "finding": "**LeNet.**"}
    third = part | question | {"name": "cifar10", "title": "CIFAR-10"}
    text = chapters.opening([part, third]).cells[0].source
    assert text.index("¿Qué vale") < text.index("**LeNet.**") < text.index("- **MNIST")
    assert text.count("**LeNet.**") == 1


def test_a_chapter_of_ones_own_is_not_about_the_original(part):
    own = part | {"name": "a-b", "dataset": "a", "title": "A: red «b»", "claims": []}
    text = chapters.opening([own]).cells[0].source
    assert not re.search("original|consigna|afirmaci", text)
    _, end = chapters.closing([own]).cells
    assert says(end.source, "informe build", "A: red «b» son propios")
    both = chapters.opening([part, own]).cells[0].source
    assert says(both, "informe original", "El capítulo de A: red «b» no es de aquel")
    assert "make report" in chapters.closing([part]).cells[-1].source


def test_seeds_of_two_kinds_have_no_common_mean():
    network = {"accuracy": [0.9, 0.92, 0.2], "lost_classes": [[], [], [1]]}
    # by hand: 0.91, sd 0.0141, half-width 12.706 * 0.0141 / sqrt(2) = 0.127
    cell = chapters._accuracy(network)
    assert cell == "91.0\u00a0±\u00a01.4\u202f% [78.3, 100.0]"
    network["lost_classes"] = [[1]] * 3
    assert chapters._accuracy(network) == "20.0\u202f% a 92.0\u202f%"


def test_the_last_chapter_tells_the_machine_and_the_checksum_once(part):
    *_, text = chapters.closing([part]).cells
    assert re.search("a processor.* 2 .*Linux x86_64", text.source)
    assert text.source.count("SHA-256") == 1 and "runs list" in text.source
