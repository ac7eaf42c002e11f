"""The command line, the diagnosis of a machine, and the files that set it up."""

import re
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from helpers import paths
from informe.cli import build, doctor
from informe.cli.main import main
from informe.cli.profiles import PROFILES
from tests.support.runs import store_one

ROOT = paths.PACKAGE.parent
CONDA_NAMES = {"pytorch": "torch"}


@pytest.fixture
def notebook(home):
    source = "epochs: int = 10  # épocas\nlearning_rate: float = 0.1  # tasa"
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), home / "a.ipynb")
    return home / "a.ipynb"


def informe(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


# Command line


@pytest.mark.parametrize("command", [[], ["build"], ["doctor"]])
def test_help(command):
    result = informe(*command, "--help")
    assert result.exit_code == 0
    assert "Uso:" in result.output
    assert "Ejemplos:" in informe("build", "--help").output


@pytest.mark.parametrize("command", [[], ["build"], ["runs", "prune"], ["sweep"]])
def test_help_is_in_one_language(command):
    told = informe(*command, "--help").output
    english = r"\b(the|and|of|options|command|default:)\b"
    assert not re.search(english, told, re.IGNORECASE)


def test_data_of_the_environment_come_before_the_profile_s(home, monkeypatch):
    monkeypatch.setenv("DATA", "full")
    source = paths.notebooks() / "mnist.ipynb"
    asked = build.prepare([source], "quick", {})[0].parameters
    assert asked == PROFILES["quick"]["mnist"] | {"data": "full"}
    given = build.prepare([source], "quick", {"data": "auto"})[0].parameters
    assert given["data"] == "auto"


@pytest.mark.parametrize(
    ("output", "place"),
    [
        ("/dev/null/a.pdf", "/dev/null/a.pdf"),
        ("/proc/nowhere/a.pdf", "/proc/nowhere/a.pdf"),
        ("folder.pdf", "folder.html"),  # of the page
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_runs(
    notebook, home, monkeypatch, output, place
):
    monkeypatch.chdir(home)
    (home / "folder.html").mkdir()
    result = informe("build", notebook, "--output", output)
    assert result.exit_code == 1
    assert f"{place}: no se puede escribir: " in result.output
    assert "--output" in result.output
    assert not (home / "report").exists()


def test_a_reader_that_has_seen_enough_gets_no_traceback(home, mnist):
    for seed in range(3):
        store_one(mnist, seed=seed)
    command = [sys.executable, "-m", "informe.cli.main", "runs", "list"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_all_wrong_parameters_are_told_at_once(notebook):
    result = informe("build", notebook, "-p", "epocs", "3", "-p", "epochs", "x")
    assert "epocs:" in result.output and "epochs = 'x'" in result.output


def test_debug_shows_the_traceback(home):
    hidden = informe("build", home / "missing.ipynb")
    shown = informe("--debug", "build", home / "missing.ipynb")
    assert isinstance(hidden.exception, SystemExit)
    assert not isinstance(shown.exception, SystemExit)


# Diagnosis


def test_doctor_tells_a_cure_for_all_that_is_not_well(home):
    result = informe("doctor")
    assert result.exit_code == 0, result.output
    for what in ("Python", "torch", "composición", "mnist", "disco", "máquina"):
        assert re.search(rf"^(bien|aviso) +{what} ", result.output, re.MULTILINE)
    checks = [*doctor.needed(), *doctor.useful()]
    assert all(check.cure for check in checks if check.level != doctor.OK)


def versions(monkeypatch, name, answer):
    real = doctor.importlib.metadata.version

    def version(asked):
        if asked != name:
            return real(asked)
        if answer is None:
            raise doctor.importlib.metadata.PackageNotFoundError(asked)
        return answer

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)


@pytest.mark.parametrize(
    ("name", "version"),
    [("typst", None), ("typst", "0.14.0"), ("torch", "2.0.1"), ("ipykernel", None)],
)
def test_a_missing_or_old_package_stops_the_build(notebook, monkeypatch, name, version):
    versions(monkeypatch, name, version)
    for arguments in (["doctor"], ["build", notebook]):
        result = informe(*arguments)
        assert result.exit_code == 1
        assert re.search(f"falta .*{version or 'no está instalado'}", result.output)
        assert f"pip install {name}" in result.output.replace("'", "")


def test_a_folder_that_cannot_be_written_stops_the_build(home, notebook):
    (home / "report").write_text("a file in place of the folder")
    result = informe("build", notebook)
    assert result.exit_code == 1
    assert f"no se puede en {home}/report" in result.output


def test_a_wrong_data_choice_in_the_environment_stops_the_build(notebook, monkeypatch):
    monkeypatch.setenv("DATA", "todo")
    result = informe("build", notebook)
    assert result.exit_code == 1
    assert "auto, full, sample" in result.output


def test_a_full_disk_stops_the_build(notebook, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=10**6)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    result = informe("build", notebook)
    assert result.exit_code == 1
    assert "0.0 GiB libres" in result.output


def test_a_damaged_cache_is_told(home):
    (home / "data/cache").mkdir(parents=True)
    (home / "data/cache/mnist.safetensors").write_bytes(b"half a fi")
    assert "se descarga de nuevo" in informe("doctor").output


# Files that set a machine up


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines, separator="=="):
    pairs = (line.strip(" -").split(separator) for line in lines if separator in line)
    return {canonical(name): version.strip() for name, version in pairs}


def locked():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return pins(line for line in lines if not line.startswith("#"))


def wanted():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {canonical(item.name): item for item in map(Requirement, lines)}


def test_the_lock_has_every_package_in_its_range():
    for name, item in wanted().items():
        assert item.specifier.contains(locked()[name]), name


def test_the_lock_is_good_for_machines_with_and_without_gpu():
    assert not [name for name in locked() if name.startswith(("nvidia", "triton"))]
    assert not [version for version in locked().values() if "+" in version]


def test_conda_gets_the_locked_versions_of_every_package():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    found = pins(line for line in lines if "==" in line)
    found |= pins((line for line in lines if "==" not in line), "=")
    assert found.pop("python") == "3.11"
    found = {CONDA_NAMES.get(name, name): version for name, version in found.items()}
    assert found == {name: locked()[name] for name in wanted()}
