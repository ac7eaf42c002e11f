"""A training that is stopped, at any moment and in any way, ends with the same bits."""

import json
import os
import random
import resource
import signal
import time
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from helpers import fast
from helpers.models import build
from helpers.runs import Checkpoint, checkpoint
from helpers.runs.checkpoint import StorageError
from helpers.training import PlainLoop, Recipe, State, empty_snapshots, fit
from tests.support import stoppable
from tests.support.trainings import RECIPES, made_up

SHAPES = {"one_hidden": (1, 28, 28), "two_hidden": (1, 28, 28)}
WIDTH = {"dense": {"width": 20}}


class Stopped(Exception):
    """Stands for whatever ends a training."""


def stop_after(last):
    def on_epoch(epoch):
        if epoch.epoch == last:
            raise Stopped

    return on_epoch


def same(a, b) -> bool:
    weights = zip(a.model.parameters(), b.model.parameters(), strict=True)
    columns = ["train_loss", "train_error", "test_loss", "test_error"]
    return (
        all(torch.equal(x, y) for x, y in weights)
        and torch.equal(a.logits, b.logits)
        and a.history[columns].equals(b.history[columns])
    )


@pytest.mark.parametrize("loop", ["fast", "plain"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adagrad"])
@pytest.mark.parametrize("network", RECIPES)
def test_going_on_gives_the_bits_of_never_stopping(
    tmp_path, monkeypatch, network, optimizer, loop
):
    if loop == "plain":
        monkeypatch.setattr(fast, "unsupported", lambda *asked: "asked for")
    data = made_up(SHAPES.get(network, (3, 32, 32)))
    recipe = replace(RECIPES[network], optimizer=optimizer, epochs=4)

    def train(**more):
        model = build(network, seed=1, **WIDTH.get(network, {}))
        return fit(model, data, recipe, seed=5, **more)

    kept = Checkpoint(tmp_path / "c.safetensors", "a")
    for last in (1, 3):
        with pytest.raises(Stopped):
            train(checkpoint=kept, on_epoch=stop_after(last))
    seen = []
    assert same(train(checkpoint=kept, on_epoch=seen.append), train())
    assert [epoch.epoch for epoch in seen] == [4]
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


DATA, RECIPE = made_up((1, 28, 28)), Recipe("adam", 0.001, 3)


def train_small(kept=None, network="two_hidden", **more):
    return fit(build(network), DATA, RECIPE, checkpoint=kept, **more)


@pytest.fixture
def kept(tmp_path):
    """The state of a training that was stopped after its second epoch."""
    kept = Checkpoint(tmp_path / "c.safetensors", "a")
    with pytest.raises(Stopped):
        train_small(kept, on_epoch=stop_after(2))
    return kept


def test_the_state_is_readable_without_this_code(kept):
    tensors = load_file(kept.path)
    assert tensors["model.linear.bias"].shape == (10,)
    assert tensors["optimizer.linear.bias.exp_avg"].shape == (10,)
    assert tensors["optimizer.steps"] == 2 * 3  # 100 images, batches of 40
    assert tensors["shuffle"].dtype == torch.uint8
    assert [epoch["epoch"] for epoch in kept.history()] == [1, 2]


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def pickled(path):
    path.write_bytes(b"cposix\nsystem\n(S'touch unpickled'\ntR.")


def without_metadata(path):
    save_file(load_file(path), path)


@pytest.mark.parametrize("harm", [cut, flip, empty, pickled, without_metadata])
def test_a_damaged_state_is_told_and_not_used(kept, capsys, harm):
    harm(kept.path)
    seen = []
    assert same(train_small(kept, on_epoch=seen.append), train_small())
    assert len(seen) == 3
    assert "no se usa" in capsys.readouterr().err


def test_a_state_without_a_history_is_told_and_not_used(kept, capsys):
    """As an older version wrote it."""
    tensors = load_file(kept.path)
    save_file(tensors, kept.path, {"key": kept.key, "epochs": "[]", "sha256": "0"})
    assert kept.history() == []
    assert same(train_small(kept), train_small())
    assert "es de otra versión" in capsys.readouterr().err


def test_another_network_s_state_is_not_used(kept, capsys):
    result = train_small(kept, network="one_hidden")
    assert same(result, train_small(network="one_hidden"))
    assert "es de otra red" in capsys.readouterr().err


def test_a_state_of_fewer_epochs_is_told_and_not_used(kept, capsys):
    longer = replace(RECIPE, epochs=5)
    result = fit(build("two_hidden"), DATA, longer, checkpoint=kept)
    assert same(result, fit(build("two_hidden"), DATA, longer))
    assert "es de un entrenamiento de 3 épocas, no de 5" in capsys.readouterr().err


def tied():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 784), nn.Linear(784, 784))
    model[2].weight = model[1].weight
    return model.append(nn.Linear(784, 10))


def test_tied_weights_stay_tied(tmp_path):
    def train(**more):
        return fit(build(tied, seed=1), DATA, Recipe("adam", 0.001, 3), **more)

    kept = Checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(Stopped):
        train(checkpoint=kept, on_epoch=stop_after(2))
    resumed = train(checkpoint=kept)
    assert same(resumed, train())
    assert resumed.model[2].weight is resumed.model[1].weight


def test_another_training_s_state_is_not_used(kept, capsys):
    other = Checkpoint(kept.path, "b")
    assert same(train_small(other), train_small())
    assert other.history() != [] and "de otro entrenamiento" in capsys.readouterr().err


def test_a_disk_that_is_full_keeps_the_last_state(kept, monkeypatch):
    before = kept.path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", full)
        with pytest.raises(StorageError, match=r"la época 2 en.*desde la época 1"):
            Checkpoint.write(kept, fresh(), [{}, {}])
    assert kept.path.read_bytes() == before
    assert len(list(kept.path.parent.iterdir())) == 1
    assert same(train_small(kept), train_small())


def full(_tensors, path, _about):
    path.write_bytes(b"half")
    raise OSError(28, "No space left on device", str(path))


def fresh():
    model = build("two_hidden")
    loop = PlainLoop(model, DATA.train, Recipe())
    snapshots = empty_snapshots(model, len(DATA.test), 3)
    return State(model, loop, torch.Generator(), snapshots)


# A training in a process of its own


def start(processes, folder, target=stoppable.train):
    folder.mkdir(exist_ok=True)
    process = processes.Process(target=target, args=(folder,))
    process.start()
    return process


@pytest.fixture(scope="module")
def unbroken(processes, tmp_path_factory):
    """Folder and seconds of a training that nobody stopped."""
    folder = tmp_path_factory.mktemp("unbroken")
    begin = time.monotonic()
    start(processes, folder).join()
    return folder, time.monotonic() - begin


def assert_same(folder, unbroken):
    for name in ("weights.safetensors", "history.json"):
        assert (folder / name).read_bytes() == (unbroken / name).read_bytes()


def test_killed_twenty_times_at_random_moments(processes, tmp_path, unbroken):
    """What ends before the twentieth kill is compared, and another one started."""
    reference, seconds = unbroken
    rng, kills, number = random.Random(4), 0, 0
    while kills < 20:
        folder = tmp_path / str(number)
        process = start(processes, folder)
        process.join(rng.uniform(0, seconds / 4))
        if process.is_alive():
            os.kill(process.pid, rng.choice([signal.SIGKILL, signal.SIGINT]))
            kills += 1
        process.join()
        if process.exitcode == 0:
            assert_same(folder, reference)
            number += 1
    folder = tmp_path / str(number)
    start(processes, folder).join()
    assert_same(folder, reference)
    assert (
        len(json.loads((folder / "history.json").read_text())["epoch"])
        == stoppable.EPOCHS
    )


def train_with_little_space(folder):
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # bytes a file
    try:
        stoppable.train(folder)
    except StorageError as error:
        (folder / "words").write_text(str(error))


def test_a_disk_that_is_really_full(processes, tmp_path, unbroken):
    start(processes, tmp_path / "a", train_with_little_space).join()
    words = (tmp_path / "a/words").read_text()
    assert "no se pudo guardar la época 1" in words and "libere espacio" in words
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["words"]
    start(processes, tmp_path / "a").join()
    assert_same(tmp_path / "a", unbroken[0])
