"""The command line, the diagnosis of a machine, and the files that set it up."""

import re
import shutil
import subprocess
import tomllib

import nbformat
import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from helpers import paths
from informe.cli import doctor
from informe.cli.main import main

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
    assert "Usage:" in result.output
    assert "Examples:" in informe("build", "--help").output


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
    for what in ("Python", "torch", "typesetter", "mnist", "disk", "GPU"):
        assert re.search(rf"^(ok|warning) +{what} ", result.output, re.MULTILINE)
    checks = [*doctor.needed(), *doctor.useful()]
    assert all(check.cure for check in checks if check.level != "ok")


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
        assert re.search(f"missing .*{version or 'not installed'}", result.output)
        assert f"pip install {name}" in result.output.replace("'", "")


def test_a_folder_that_cannot_be_written_stops_the_build(home, notebook):
    (home / "report").write_text("a file in place of the folder")
    result = informe("build", notebook)
    assert result.exit_code == 1
    assert f"{home}/report cannot be written" in result.output


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
    assert "0.0 GiB free" in result.output


def test_a_damaged_cache_is_told(home):
    (home / "data/cache").mkdir(parents=True)
    (home / "data/cache/mnist.safetensors").write_bytes(b"half a fi")
    assert "fetched anew" in informe("doctor").output


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


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "older than 3.11"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "python3-venv"),
    ],
)
def test_make_tells_what_python_lacks(tmp_path, script, words):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "report", f"PYTHON={python}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / ".venv").exists()


STUB = """#!/bin/sh
case "$*" in
  *"-m venv"*) sleep 1; mkdir -p .venv/bin; cp "$0" .venv/bin/python
    printf '#!/bin/sh\\necho made' > .venv/bin/informe; chmod +x .venv/bin/informe
    echo venv >> log;;
  *requirements.lock*) sleep 1; echo packages >> log;;
esac
"""


@pytest.mark.skipif(not shutil.which("flock"), reason="util-linux is not installed")
def test_two_that_make_at_once_in_a_new_clone_set_it_up_once(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    python = tmp_path / "python"
    python.write_text(STUB)
    python.chmod(0o755)
    command = ["make", "report", f"PYTHON={python}"]
    options = {"cwd": tmp_path, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **options) for _ in range(2)]
    words = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all("made" in each for each in words)
    assert (tmp_path / "log").read_text().split() == ["venv", "packages"]


AUDITOR = """#!/bin/sh
case "$*" in *"-m venv"*) for new; do :; done
  mkdir -p "$new/bin"; cp "$0" "$new/bin/python"; cp auditor "$new/bin/pip-audit"
esac
"""


@pytest.mark.parametrize(
    ("auditor", "status", "audited"),
    [
        ("exit 0", 0, True),
        ('echo PYSEC-1 > "$found"; exit 1', 2, True),
        ("exit 1", 2, False),  # before it has written what it found
    ],
)
def test_an_audit_tells_what_is_found_from_what_was_not_asked(
    tmp_path, auditor, status, audited
):
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / "python"
    python.write_text(AUDITOR)
    (tmp_path / "auditor").write_text(f"#!/bin/sh\nfor found; do :; done\n{auditor}\n")
    for file in (python, tmp_path / "auditor"):
        file.chmod(0o755)
    command = ["make", "audit", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert ("PYSEC-1" in done.stdout.splitlines()) == ("PYSEC-1" in auditor)
    assert ("make: nothing was audited" in done.stderr) != audited
