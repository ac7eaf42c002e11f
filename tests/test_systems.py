"""What works with no more than Windows has: its Python, its console and its paths.

It is made up on the system that runs the tests, as `tests/support/less` says; types
are checked for each system by mypy.
"""

import subprocess
import sys
from importlib.util import find_spec

import pypdfium2
import pytest

import make
from helpers import paths
from tests.support.commands import LESS, informe
from tests.support.notebooks import write

TRAIN = """
import os, signal
assert not hasattr(os, "killpg") and not hasattr(signal, "pthread_kill")
from helpers.datasets import load
from helpers.runs import Plan, train
from helpers.training import Recipe
plans = {"→ red": Plan("one_hidden", Recipe(epochs=1))}
runs = train(load("mnist", "sample"), plans, device="cpu")
"""


def test_a_notebook_becomes_a_pdf(home):
    folder = home / "C:\\datos\\Ñandú {x}"
    source = write(folder, "tarea", *TRAIN.split("\n", 0))
    output = folder / "salida\\→.pdf"  # cp1252 has no arrow
    done = informe("build", source, "--output", output, "--author", "Ñandú", **LESS)
    assert done.returncode == 0, done.stderr
    assert "red, semilla 0" in done.stderr
    assert "?.pdf: " in done.stdout and " páginas" in done.stdout
    assert output.as_uri() in done.stdout
    assert len(pypdfium2.PdfDocument(output)) >= 1
    assert len(list((home / "runs").iterdir())) == 1


@pytest.mark.skipif(not find_spec("mypy"), reason="mypy is not installed")
@pytest.mark.parametrize("system", make.PLATFORMS)
def test_types_are_right_on_every_system(system, tmp_path):
    command = [sys.executable, "-m", "mypy", "--platform", system]
    options = ["--cache-dir", str(tmp_path)]
    done = subprocess.run(
        command + options, cwd=paths.PACKAGE.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
