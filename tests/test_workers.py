"""Trainings in processes: killed, interrupted, failed, asked for by two at once."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

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


@pytest.fixture
def started(home, mnist, tmp_path):
    """A process that trains LONG, and its training, which has kept an epoch."""
    (tmp_path / "script.py").write_text(SCRIPT)
    job = questions(mnist, LONG, "cpu")[0]
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        wait_for(store.checkpoint(job.key).path.exists)
        yield process, job
        process.kill()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def assert_it_goes_on(mnist, job, capfd):
    kept = len(store.checkpoint(job.key).history())
    run = train(mnist, {"larga": LONG}, device="cpu")["larga"][0]
    lines = capfd.readouterr().err
    assert f"continúa tras la época {kept}/{EPOCHS}" in lines
    assert f"· época {EPOCHS}/{EPOCHS}" in lines
    assert f"· época 1/{EPOCHS}" not in lines
    alone = fit(models.build("two_hidden"), mnist, LONG.recipe)
    assert np.array_equal(run.logits, alone.logits.numpy())
    assert [path.name for path in store.paths.runs().iterdir()] == [job.key]


def test_ctrl_c_says_what_was_kept_and_how_to_go_on(started, mnist, capfd):
    process, job = started
    process.send_signal(signal.SIGINT)
    words = process.communicate()[1]
    assert "Interrumpido. Terminados y guardados: 0 de 1." in words
    assert "larga, semilla 0: guardado hasta la época" in words
    assert "continúa desde ahí" in words
    assert_it_goes_on(mnist, job, capfd)


def test_a_killed_worker_is_told_and_the_training_goes_on(started, mnist, capfd):
    process, job = started
    for child in children(process.pid):
        os.kill(child, signal.SIGKILL)
    words = process.communicate()[1]
    assert process.returncode == 1
    assert workers.KILLED in words
    assert_it_goes_on(mnist, job, capfd)


def test_when_all_are_killed_the_training_goes_on(started, mnist, capfd):
    process, job = started
    workers = children(process.pid)
    process.kill()
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}/fd/0") for pid in workers))
    assert_it_goes_on(mnist, job, capfd)


def test_two_that_ask_at_once_train_once(started, mnist, capfd):
    process, job = started
    run = train(mnist, {"larga": LONG}, device="cpu")["larga"][0]
    assert (
        f"época {EPOCHS}/{EPOCHS}" not in capfd.readouterr().err
    )  # the other one did it
    assert process.wait(60) == 0
    assert run.folder.name == job.key


def test_a_loss_that_is_no_number_names_the_step_and_keeps_the_history(home, mnist):
    recipe = Recipe("sgd", 1e20, 3)
    job = questions(mnist, Plan("two_hidden", recipe), "cpu")[0]
    with pytest.raises(TrainingError) as caught:
        train(mnist, {"a": Plan("two_hidden", recipe)}, device="cpu")
    assert "epoch 1, step 2 of 25: the loss is" in str(caught.value)
    kept = store.part_of(job.key) / "history.json"
    assert str(kept) in str(caught.value)
    assert isinstance(json.loads(kept.read_text()), list)
    assert store.find(job) is None


def test_one_question_in_two_plans_is_one_training(home, mnist, capfd):
    plan = Plan("one_hidden", Recipe(epochs=1))
    runs = train(mnist, {"a": plan, "b": replace(plan)}, device="cpu")
    assert runs["a"] == runs["b"]
    assert "Por entrenar: 1 (" in capfd.readouterr().err
