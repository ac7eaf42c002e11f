"""A chapter on any data and network: from arrays to the PDF, and what is refused."""

import os
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from helpers import models, paths
from informe.cli import build
from informe.execution import training
from informe.experiments import own
from tests.support.commands import assert_told, invoke
from tests.support.pages import pdf_text
from tests.test_chosen import outcome

NOTEBOOK = paths.notebooks() / "plantilla.ipynb"
# All that a person writes: arrays, a network and one command
USER = """
import subprocess, sys
import numpy as np

labels = np.arange(480) % 3
images = np.random.default_rng(0).integers(0, 90, (480, 12, 12, 3), dtype=np.uint8)
images[np.arange(480), 4 * labels] += 90
np.savez("mis flores.npz", images=images, labels=labels, classes=["ñandú", "_b_", "$c"])
command = [sys.executable, "-m", "informe.cli.main", "build", sys.argv[1]]
command += ["-p", "data", "mis flores.npz", "-p", "network", "red.py:Red"]
command += ["-p", "n_seeds", "2", "-p", "decision_seeds", "1", "-p", "epochs", "2"]
sys.exit(subprocess.run(command).returncode)
"""
NETWORK = """
from torch import nn, relu
class Red(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        self.conv, self.last = nn.Conv2d(channels, 4, 3), nn.Linear(400, classes)
    def forward(self, x):
        return self.last(relu(self.conv(x)).flatten(1))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder in which somebody's script made a report of their own."""
    home = tmp_path_factory.mktemp("own data")
    (home / "chapter.py").write_text(USER, "utf-8")
    (home / "red.py").write_text(NETWORK, "utf-8")
    root = str(paths.PACKAGE.parent)
    done = subprocess.run(
        [sys.executable, "chapter.py", NOTEBOOK],
        cwd=home,
        env=os.environ | {"INFORME_HOME": str(home), "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return home


def test_from_arrays_to_a_chapter_in_at_most_twenty_lines(made):
    lines = [line for line in (USER + NETWORK).splitlines() if line.strip()]
    assert len(lines) <= 20
    text = pdf_text(made / "report" / "informe.pdf")
    for words in ("misflores:red«Red»", "12×12píxelesencolor", "en3clases", "classRed"):
        assert words in text
    for word in ("consigna", "original", "corregida", "diezclases"):
        assert word not in text
    page = (made / "report" / "informe.html").read_text("utf-8")
    assert "fig-plantilla-examples" in page and "mis flores: red «Red»" in page
    assert [f.name for f in (made / "figures").iterdir()] == ["mis_flores-Red"]


def test_its_row_is_in_the_summary_and_its_prose_is_of_its_own_network(made):
    executed = nbformat.read(made / "report/notebooks/plantilla.ipynb", 4)
    said = [o.data.get("text/markdown", "") for c in executed.cells
            if c.cell_type == "code" for o in c.outputs if "data" in o]  # fmt: skip
    text = "\n".join(said)
    assert "La red elegida es la red inicial" in text
    assert "la de la red inicial" in text  # with which options are compared


def settings(**given):
    known = {"dataset": "digits", "network": "one_hidden", "side": 0, "data": "sample"}
    known |= {"optimizer": "sgd", "learning_rate": 0.01, "epochs": 2, "batch_size": 40}
    known |= {"seed": 0, "n_seeds": 1, "decision_seeds": 1}
    return SimpleNamespace(**known | given)


def test_a_network_of_the_report_takes_the_sizes_of_the_data():
    given = settings()
    assert own.options(given) == {"side": 8}
    own.check(given)
    plan = own.networks(given)["inicial"]
    out = models.build(plan.network, **plan.options)
    assert out.linear.in_features == 25
    assert own.name(given) == "digits-one_hidden"


def test_of_another_rate_and_another_optimizer_the_better_is_adopted():
    decisions = {d.name: d for d in own.decisions(settings())}
    for best, worse in ("rate", "optimizer"), ("optimizer", "rate"):
        label = {"rate": "0.1", "optimizer": "Adam, 0.003"}
        tried = {}
        for name, shares in (worse, [0.8, 0.81, 0.82]), (best, [0.9, 0.91, 0.92]):
            d = decisions[name]
            right = {d.reference: [0.5, 0.51, 0.52], label[name]: shares}
            tried[name] = outcome(d, right)
        found = own.chosen(settings(), tried)
        assert (found.base, found.changes) == ("inicial", {best: label[best]})
    assert "0.01" in decisions["rate"].choices
    assert decisions["optimizer"].reference == "SGD, 0.01"
    assert {d.whose for d in decisions.values()} == {"la red inicial"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"data": "florez.npz"}, "ni la ruta de una carpeta"),
        (
            {"data": "wide.npz", "network": "lenet5"},
            "miden 8 × 9 y la red las pide cua",
        ),
        ({"dataset": "wide.npz"}, "la ruta de otros va en data"),
        ({"network": "lenet"}, "debe ser una de one_hidden, two_hidden, dense, lenet5"),
        ({"network": "lenet5"}, "no se puede construir la red"),
        ({"network": "no.py:red"}, "no existe el archivo"),
        ({"network": "mine.py:rad"}, "no hay ninguna función «rad»; hay: red, wide"),
        ({"network": "mine.py:wide"}, "its last layer needs 10 outputs"),
        ({"network": "bad.py:red"}, "al leer bad.py, ZeroDivisionError"),
        ({"network": "json.py:red"}, "otro módulo que se llama «json»"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_kernel_starts(
    home, monkeypatch, given, words
):
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "path", [*sys.path])
    net = "from torch import nn\ndef red(classes):\n    return nn.Flatten()\n"
    net += "def wide():\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, 12))\n"
    for name, text in {"mine": net, "json": net, "bad": "1 / 0"}.items():
        (home / f"{name}.py").write_text(text)
    np.savez("wide.npz", images=np.ones((20, 8, 9), "u1"), labels=np.arange(20) % 2)
    given = {"data": "sample"} | given
    options = [word for k, v in given.items() for word in ("-p", k, v)]
    result = invoke("build", NOTEBOOK, *options)
    assert_told(result, 2, words)
    assert not (home / "runs").exists()
    sys.modules.pop("mine", None)


def test_two_chapters_on_the_same_data_and_network_are_refused(home):
    again = home / "otra.ipynb"
    again.write_text(NOTEBOOK.read_text("utf-8"), "utf-8")
    result = invoke("build", NOTEBOOK, again, "-p", "data", "sample")
    assert_told(
        result, 1, "plantilla y otra", "los mismos datos y red: digits-one_hidden"
    )


def test_paths_are_seen_from_where_the_command_is_given(home, monkeypatch):
    (home / "flores").mkdir()
    monkeypatch.chdir(home)
    given = {"data": "flores", "network": "red.py:red"}
    (one,) = build.prepare([NOTEBOOK], "default", given)
    assert one.parameters["data"] == str(home / "flores")
    assert one.parameters["network"] == f"{home / 'red.py'}:red"
    assert training.dataset_of(one) == str(home / "flores")
    (home / "full").mkdir()
    (one,) = build.prepare([NOTEBOOK], "default", {"data": "full"})
    assert one.parameters["data"] == "full"
    assert training.dataset_of(one) == "digits"
