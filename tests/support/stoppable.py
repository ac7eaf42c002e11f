"""A training in a process of its own, to be killed."""

import signal
from pathlib import Path

from safetensors.torch import save_model

from helpers.datasets import load
from helpers.models import build
from helpers.runs import Checkpoint
from helpers.training import Recipe, fit

EPOCHS = 60


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
