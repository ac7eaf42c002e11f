"""Whatever the rules of the parameters accept ends in a PDF that reads right."""

import itertools
import random
import re

import pytest

from helpers import paths
from helpers.runs.workers import Diverged
from informe.cli import documents
from informe.execution.processes import Execution
from informe.parameters import RULES
from tests.support.chapters import execute
from tests.support.commands import assert_told, invoke

# What a parameter's ends, or a number that has no value, leave in a sentence
WRONG = re.compile(
    r".*(\b(nan|inf|None|0 de 0)\b|\[\]|\(\)|\[—|—\]|\.\.|,,| [,.;]|[^\s|]  +[^\s|]"
    r"|(?<![\d.,])1\s(imágenes|épocas|semillas|veces|pasos|lotes|clases|núcleos)\b).*"
)
BRIEF = {"n_seeds": 1, "decision_seeds": 1}
ONCE = BRIEF | {"dense_seeds": 1, "dense_epochs": 1, "lenet_epochs": 1}
TELLING = [
    ("mnist", BRIEF | {"epochs": 1, "batch_size": 1, "seed": 2**32 - 1}),
    ("fashion_mnist", BRIEF | {"epochs": 1, "learning_rate": 10.0}),
    ("cifar10", ONCE | {"width": 1, "learning_rate": 1e-12, "batch_size": 10_000}),
]


def check(home, monkeypatch, name, parameters):
    """Execute a chapter and make its PDF and page; no sentence looks broken."""
    target = home / f"{name}.ipynb"
    execute(name, parameters | {"data": "sample"}, target, monkeypatch)
    executions = [Execution(target, target, {})]
    assert documents.write(executions, home / "a.pdf", {}) > 3
    merged, _ = documents.document(executions, {})
    texts = [cell.source for cell in merged.cells if cell.cell_type == "markdown"]
    outputs = [o for cell in merged.cells for o in cell.get("outputs", [])]
    texts += [o.data.get("text/markdown", "") for o in outputs]
    texts += [o.metadata.get("informe", {}).get("caption", "") for o in outputs]
    prose = [re.sub("`[^`]+`", "código", text) for text in texts if text[:3] != "```"]
    wrong = [match[0] for text in prose for match in WRONG.finditer(text)]
    assert not wrong


@pytest.mark.parametrize(("name", "parameters"), TELLING)
def test_the_most_telling(home, monkeypatch, name, parameters):
    check(home, monkeypatch, name, parameters)


def test_what_diverges_is_told_before_anything_is_trained(home):
    given = {"data": "sample", "learning_rate": 10, "epochs": 1}
    words = [word for pair in given.items() for word in ("-p", *pair)]
    result = invoke("build", paths.notebooks() / "mnist.ipynb", *words)
    assert_told(result, 1, "MNIST, corregida, semilla 0", "learning_rate menor")
    assert not (home / "runs").exists() and "FALLÓ" not in result.output


SAME = {
    "seed": [0, 2**32 - 1],
    "n_seeds": [1, 2, 3],
    "decision_seeds": [1, 2],
    "batch_size": [1, 40, 10_000],
    "learning_rate": [1e-12, 0.01, 10.0],
}
ENDS = {
    "mnist": SAME | {"epochs": [1, 2]},
    "fashion_mnist": SAME | {"epochs": [1, 2], "footwear_weight": [1e-6, 1.0, 100.0]},
    "cifar10": SAME
    | {"dense_seeds": [1, 2], "dense_epochs": [1, 2], "lenet_epochs": [1, 2]}
    | {"width": [1, 2, 150]},
    "plantilla": SAME
    | {"epochs": [1, 2], "optimizer": [*RULES["optimizer"].choices]}
    | {"dataset": [*RULES["dataset"].choices], "network": ["one_hidden", "two_hidden"]},
}


def pairs(values: dict[str, list]) -> list[dict]:
    """Few rows in which each two values of two names meet; greedy, by chance."""
    names, rng, rows = list(itertools.combinations(values, 2)), random.Random(0), []
    left = {(a, x, b, y) for a, b in names for x in values[a] for y in values[b]}

    def met(row):
        return {(a, row[a], b, row[b]) for a, b in names} & left

    while left:
        a, x, b, y = min(left, key=str)
        tried = [{n: rng.choice(v) for n, v in values.items()} for _ in range(100)]
        rows.append(
            max((row | {a: x, b: y} for row in tried), key=lambda r: len(met(r)))
        )
        left -= met(rows[-1])
    return rows


@pytest.mark.slow  # half an hour; the whole suite is to stay within a quarter
@pytest.mark.parametrize(
    ("name", "parameters"), [(name, row) for name in ENDS for row in pairs(ENDS[name])]
)
def test_all_pairs(home, monkeypatch, name, parameters):
    try:
        check(home, monkeypatch, name, parameters)
    except Diverged as error:
        assert "try a learning rate below" in str(error)
        assert parameters["learning_rate"] == RULES["learning_rate"].high
