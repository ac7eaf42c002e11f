"""What runs in a process of its own, to be killed."""

import os
import signal
import time
from pathlib import Path

from safetensors.torch import save_model

from helpers.datasets import load
from helpers.models import build
from helpers.runs import Checkpoint
from helpers.runs.slots import slot
from helpers.training import Recipe, fit

EPOCHS = 30


def train(folder: Path) -> None:
    """Train on the sample of MNIST; the outcome's files are written at the end."""
    # as at a terminal; a shell's background jobs start with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    result = fit(
        build("two_hidden", seed=3),
        load("mnist", "sample"),
        Recipe("adam", 0.001, EPOCHS),
        seed=3,
        checkpoint=Checkpoint(folder / "c.safetensors"),
    )
    save_model(result.model, folder / "weights.safetensors")
    result.history.drop(columns="seconds").to_json(folder / "history.json")


def hold_a_core(home: Path, cores: int, seconds: float, words) -> None:
    """Take one of the first `cores` and hold it so long; again and again, saying so."""
    os.environ["INFORME_HOME"] = str(home)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    words.send("asks")
    while True:
        with slot("cpu"):
            words.send("holds")
            time.sleep(seconds)
