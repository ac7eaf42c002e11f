"""Trainings in processes: killed, interrupted, failed, asked for by two at once."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest

from helpers import models
from helpers.runs import Plan, store, train, workers
from helpers.runs.plan import questions
from helpers.training import Recipe, TrainingError, fit

EPOCHS = 60  # a few seconds: long enough to be killed in the middle
LONG = Plan("two_hidden", Recipe("adam", 0.001, EPOCHS))
SCRIPT = """
import signal
from helpers.datasets import load
from helpers.runs import train
from tests.test_workers import LONG
if __name__ == "__main__":
    # as at a terminal; a shell's background jobs start with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    train(load("mnist", "sample"), {"larga": LONG}, device="cpu")
"""


def wait_for(condition, seconds=60):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@contextmanager
def started(folder, key):
    """A process that trains LONG, once it has kept an epoch more than before."""
    (folder / "script.py").write_text(SCRIPT)
    state = store.checkpoint(key)
    before = len(state.history())
    with subprocess.Popen(
        [sys.executable, str(folder / "script.py")],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        wait_for(lambda: len(state.history()) > before)
        yield process
        process.kill()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@pytest.fixture
def key(home, mnist):
    return questions(mnist, LONG, "cpu")[0].key


def test_stopped_in_three_ways_it_says_so_and_goes_on(home, mnist, key, capfd):
    with started(home, key) as process:
        process.send_signal(signal.SIGINT)
        words = process.communicate()[1]
    assert "Interrumpido. Terminados y guardados: 0 de 1." in words
    assert "larga, semilla 0: guardado hasta la época" in words
    assert "continúa desde ahí" in words
    with started(home, key) as process:  # its worker is killed
        for child in children(process.pid):
            os.kill(child, signal.SIGKILL)
        words = process.communicate()[1]
    assert process.returncode == 1
    assert "continúa tras la época" in words and workers.KILLED in words
    with started(home, key) as process:  # all of it is killed
        orphans = children(process.pid)
        process.kill()
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}/fd/0") for pid in orphans))
    kept = len(store.checkpoint(key).history())
    assert 3 <= kept < EPOCHS
    run = train(mnist, {"larga": LONG}, device="cpu")["larga"][0]
    lines = capfd.readouterr().err
    assert f"continúa tras la época {kept}/{EPOCHS}" in lines
    assert "1/1 · MNIST, larga, semilla 0" in lines
    alone = fit(models.build("two_hidden"), mnist, LONG.recipe)
    assert np.array_equal(run.logits, alone.logits.numpy())
    assert [path.name for path in store.paths.runs().iterdir()] == [key]


def test_two_that_ask_at_once_train_once(home, mnist, key, capfd):
    with started(home, key) as process:
        run = train(mnist, {"larga": LONG}, device="cpu")["larga"][0]
        said = capfd.readouterr().err
        assert "1/1 · " not in said  # the other one did it
        assert process.wait(60) == 0
    assert run.folder.name == key


def test_a_loss_that_is_no_number_names_the_step_and_keeps_the_history(home, mnist):
    recipe = Recipe("sgd", 1e20, 3)
    job = questions(mnist, Plan("two_hidden", recipe), "cpu")[0]
    with pytest.raises(TrainingError) as caught:
        train(mnist, {"a": Plan("two_hidden", recipe)}, device="cpu")
    assert "epoch 1, step 2 of 25: the loss is" in str(caught.value)
    assert "try a learning rate below 1e+20" in str(caught.value)
    kept = store.part_of(job.key) / "history.json"
    assert str(kept) in str(caught.value)
    assert isinstance(json.loads(kept.read_text()), list)
    assert store.find(job) is None
