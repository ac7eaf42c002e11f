import os
import subprocess
import sys
import tomllib
from importlib.metadata import PackagePath, PathDistribution
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_digits

from helpers import datasets, download, paths
from helpers.datasets import DataError, SampleWarning, load
from tests.support import tiny_sets

NAMES = ["mnist", "fashion_mnist", "cifar10"]
SHAPES = {"mnist": (1, 28, 28), "fashion_mnist": (1, 28, 28), "cifar10": (3, 32, 32)}


@pytest.fixture(autouse=True)
def no_choice_of_data(monkeypatch):
    monkeypatch.delenv("DATA", raising=False)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Data folder, and the calls of a source that gives the tiny MNIST."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    tiny_sets.accept_mnist(monkeypatch)
    calls = []

    def obtain(name):
        calls.append(name)
        shape = {"train_images": (3, 28, 28), "test_images": (2, 28, 28)}
        arrays = tiny_sets.MNIST.items()
        return {k: a.reshape(shape.get(k, -1)) for k, a in arrays}, "a source"

    monkeypatch.setattr(download, "obtain", obtain)
    return tmp_path / "data", calls


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """No source gives anything."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for name in NAMES:
        tiny_sets.change(monkeypatch, name, sources=())


# The committed sample.


@pytest.mark.parametrize("name", NAMES)
def test_sample(name):
    sample = load(name, "sample")
    assert sample.name == name and sample.is_sample
    assert sample.source == "muestra incluida"
    assert len(sample.classes) == len(set(sample.classes)) == 10
    for split, n in (sample.train, 1000), (sample.test, 500):
        assert split.images.shape == (n, *SHAPES[name]) and len(split) == n
        assert split.images.dtype == torch.uint8 and split.images.is_contiguous()
        assert split.labels.dtype == torch.int64
        assert split.labels.bincount().tolist() == [n // 10] * 10  # stratified
        assert split.images.min() == 0 and split.images.max() == 255


def test_sample_is_small():
    files = list(paths.sample().iterdir())
    assert sorted(f.stem for f in files) == sorted(datasets.KNOWN)
    assert sum(f.stat().st_size for f in files) <= 6_000_000


def test_without_a_checkout_the_sample_is_where_pip_put_it(tmp_path, monkeypatch):
    """As in Colab: a wheel's data files stand in share/, and its list names them."""
    build = tomllib.loads((paths.PACKAGE.parent / "pyproject.toml").read_text())
    ((target, patterns),) = build["tool"]["setuptools"]["data-files"].items()
    packed = [f for p in patterns for f in paths.PACKAGE.parent.glob(p)]
    assert sorted(f.stem for f in packed) == sorted(datasets.KNOWN)
    names = [f"{target}/{f.name}" for f in packed]
    installed = [PackagePath(name) for name in ("helpers/paths.py", *names)]
    for file in installed:
        file.dist = PathDistribution(tmp_path / "informe_redes-0.1.0.dist-info")
    monkeypatch.setattr(paths, "PACKAGE", tmp_path / "helpers")
    monkeypatch.setattr(paths.metadata, "files", lambda name: installed)
    assert paths.sample() == tmp_path / target
    monkeypatch.setattr(paths.metadata, "files", lambda name: None)
    with pytest.raises(DataError, match="cannot be read"):
        load("mnist", "sample")


def test_damaged_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "sample", lambda: tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        load("mnist", "sample")
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match="cannot be read"):
        load("mnist", "sample")
    with np.load(paths.PACKAGE.parent / "data/sample/mnist.npz") as committed:
        sample = dict(committed)
    sample["test_labels"][7] ^= 1
    np.savez(tmp_path / "mnist.npz", **sample)
    with pytest.raises(DataError, match="not the committed one"):
        load("mnist", "sample")


def test_spanish_classes():
    assert datasets.KNOWN["mnist"].classes[7] == "7"
    # The footwear of the assignment: Sandal 5, Sneaker 7, Ankle boot 9.
    fashion = datasets.KNOWN["fashion_mnist"].classes
    assert [fashion[i] for i in (5, 7, 9)] == ["sandalia", "tenis", "botín"]
    assert datasets.KNOWN["cifar10"].classes[:3] == ("avión", "automóvil", "pájaro")


# The complete sets, where they are.

STATISTICS = {  # mean and standard deviation of the training images, as published
    "mnist": ([0.1307], [0.3081]),
    "fashion_mnist": ([0.2860], [0.3530]),
    "cifar10": ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
}
COUNTS = {
    "mnist": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "fashion_mnist": [6000] * 10,
    "cifar10": [5000] * 10,
}


@pytest.fixture(params=NAMES)
def complete(request):
    if not (paths.data() / f"{request.param}.safetensors").exists():
        pytest.skip(f"no complete {request.param} in {paths.data()}")
    return load(request.param, "full")  # verifies its SHA-256


def test_complete_set(complete):
    train, test = complete.train, complete.test
    assert train.images.shape[1:] == test.images.shape[1:] == SHAPES[complete.name]
    assert train.labels.bincount().tolist() == COUNTS[complete.name]
    assert len(test) == 10_000 and not complete.is_sample
    counts = [
        torch.bincount(train.images[:, c].flatten(), minlength=256).double()
        for c in range(train.images.shape[1])
    ]
    levels = torch.arange(256).double() / 255
    means = [(n @ levels / n.sum()).item() for n in counts]
    stds = [
        (n @ levels**2 / n.sum() - m**2).sqrt().item()
        for n, m in zip(counts, means, strict=True)
    ]
    assert means == pytest.approx(STATISTICS[complete.name][0], abs=6e-5)
    assert stds == pytest.approx(STATISTICS[complete.name][1], abs=6e-5)


def test_sample_is_drawn_by_its_rule(complete):
    sample = load(complete.name, "sample")
    assert sample.checksum != complete.checksum
    for whole, part, k in (
        (complete.train, sample.train, 100),
        (complete.test, sample.test, 50),
    ):
        for label in range(10):
            own = (whole.labels == label).nonzero().flatten().tolist()
            drawn = [own[i * len(own) // k] for i in range(k)]
            assert torch.equal(whole.images[drawn], part.images[part.labels == label])


# What load() takes.


@pytest.mark.parametrize(
    ("name", "near"),
    [("minst", "mnist"), ("FashionMNIST", "fashion_mnist"), ("CIFAR-10", "cifar10")],
)
def test_wrong_name(name, near):
    with pytest.raises(ValueError, match=f"unknown data set '{name}'.*mean '{near}'"):
        load(name)


def test_wrong_mode(monkeypatch):
    with pytest.raises(
        ValueError, match="unknown data mode 'ful'; did you mean 'full'"
    ):
        load("mnist", "ful")
    monkeypatch.setenv("DATA", "todo")
    with pytest.raises(ValueError, match="unknown data mode 'todo'"):
        load("mnist")


def test_auto_without_sources_warns_loudly(nothing):
    with pytest.warns(SampleWarning, match="¡ATENCIÓN! No se pudo obtener MNIST"):
        assert load("mnist").is_sample


def test_full_without_sources_is_an_error(nothing, monkeypatch):
    with pytest.raises(DataError, match="ninguna fuente dio cifar10 completo"):
        load("cifar10", "full")
    monkeypatch.setenv("DATA", "full")
    with pytest.raises(DataError):
        load("cifar10")
    assert load("cifar10", "sample").is_sample  # DATA is about "auto" only


def test_sample_asks_no_source(tiny, monkeypatch):
    monkeypatch.setenv("DATA", "sample")
    assert load("mnist").is_sample
    assert tiny[1] == [] and not tiny[0].exists()


# The cache.


def check(dataset):
    assert dataset.train.labels.tolist() == [5, 0, 4]
    assert dataset.test.images.shape == (2, 1, 28, 28)
    assert dataset.source == "a source" and not dataset.is_sample


def test_second_time_from_the_cache(tiny):
    folder, calls = tiny
    first, second = load("mnist"), load("mnist")
    check(first), check(second)
    assert calls == ["mnist"]
    assert first.checksum == second.checksum
    assert {f.name for f in folder.iterdir()} == {"mnist.safetensors", "mnist.lock"}


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def other_content(path):
    arrays = load_file(path)
    arrays["test_labels"] = arrays["test_labels"][::-1].copy()
    size = path.stat().st_size
    save_file(arrays, path, {"source": "a source"})
    assert path.stat().st_size == size


@pytest.mark.parametrize(
    "harm",
    [
        flip,
        other_content,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: save_file({"x": np.zeros(3)}, path),
        lambda path: save_file(load_file(path), path),  # without the source
    ],
)
def test_damaged_cache_is_told_and_made_anew(tiny, harm, capsys):
    folder, calls = tiny
    load("mnist")
    harm(folder / "mnist.safetensors")
    check(load("mnist"))
    assert "está dañado" in capsys.readouterr().err
    check(load("mnist"))
    assert calls == ["mnist", "mnist"]


def test_folder_in_place_of_the_cache(tiny, capsys):
    folder, _ = tiny
    (folder / "mnist.safetensors").mkdir(parents=True)
    check(load("mnist"))
    output = capsys.readouterr().err
    assert "está dañado" in output and "no se guarda para otra vez" in output
    assert not (folder / "mnist.tmp").exists()


def test_full_disk(tiny, monkeypatch, capsys):
    def replace(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", replace)
    check(load("mnist"))
    assert "no se guarda para otra vez: [Errno 28]" in capsys.readouterr().err
    assert [f.name for f in tiny[0].iterdir()] == ["mnist.lock"]


@pytest.mark.parametrize("place", ["/proc/data", "a file"])
def test_folder_that_cannot_be_written(tiny, tmp_path, monkeypatch, capsys, place):
    (tmp_path / "a file").touch()  # /proc takes no folder, from root neither
    monkeypatch.setenv("DATA_DIR", str(tmp_path / place))
    check(load("mnist"))
    assert "no se guarda para otra vez" in capsys.readouterr().err


def test_read_only_folder_with_a_cache(tiny):
    folder, calls = tiny
    if os.geteuid() == 0:
        pytest.skip("permissions mean nothing to root")
    load("mnist")
    (folder / "mnist.lock").unlink()
    folder.chmod(0o555)
    check(load("mnist"))
    assert calls == ["mnist"]
    folder.chmod(0o755)


def test_two_processes_fetch_once(tmp_path):
    program = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from tests.support import tiny_sets
from helpers import datasets, download
from helpers.download import sources
from helpers.download.catalog import KNOWN
patch = type("Patch", (), {{"setitem": lambda self, d, k, v: d.__setitem__(k, v)}})()
tiny_sets.accept_mnist(patch)
tiny_sets.write(sources.paths.data().parent / "own", tiny_sets.mnist_files())
def obtain(name):
    print("called", flush=True)
    time.sleep(0.5)
    return KNOWN[name].read_folder(sources.paths.data().parent / "own"), "once"
download.obtain = obtain
print("ready", flush=True)
sys.stdin.read()  # both start together
print(datasets.load("mnist", "full").source)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program],
            cwd=paths.PACKAGE.parent,
            env={**os.environ, "DATA_DIR": str(tmp_path / "data")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.close()
    outputs = []
    for process in processes:
        with process:
            outputs.append(process.stdout.read())
    assert sorted(outputs) == ["called\nonce\n", "once\n"]


def test_the_digits_are_scikit_learn_s(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    data, theirs = datasets.load("digits", "full"), load_digits()
    images = torch.cat([data.train.images, data.test.images])[:, 0]
    assert np.array_equal(images, np.round(theirs.images * 255 / 16))
    labels = torch.cat([data.train.labels, data.test.labels])
    assert labels.tolist() == theirs.target.tolist()
    assert len(data.test) == 500 and not data.is_sample
    assert datasets.load("digits", "sample").sizes == data.sizes
