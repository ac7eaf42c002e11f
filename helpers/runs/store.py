"""The folder of stored runs; each is readable without this code.

runs/<key>/run.json                 the question, the machine, when it was trained
runs/<key>/history.json             one record an epoch
runs/<key>/predictions.safetensors  `logits` of the test images, (N, 10)
runs/<key>/weights.safetensors      the network's weights
"""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import load_file
from safetensors.torch import load_model, save_file
from torch import nn

from helpers import models, paths
from helpers.machine import describe_machine
from helpers.runs.plan import Training
from helpers.training import Result

FILES = ("run.json", "history.json", "predictions.safetensors", "weights.safetensors")


@dataclass(frozen=True)
class Run:
    """A stored training; reads its files when they are asked for."""

    folder: Path

    @cached_property
    def about(self) -> dict:
        """The question that was trained, the machine and the date."""
        return _read_json(self.folder / "run.json")

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row an epoch, the columns of `helpers.training.Epoch`."""
        return pd.DataFrame(_read_json(self.folder / "history.json"))

    @cached_property
    def logits(self) -> np.ndarray:
        """Logits of the test images, (N, 10) float32."""
        return load_file(self.folder / "predictions.safetensors")["logits"]

    @property
    def predictions(self) -> np.ndarray:
        """Predicted class of each test image, (N,) int64."""
        return self.logits.argmax(1)

    @property
    def seed(self) -> int:
        """Seed of the weights and of the order of the batches."""
        return self.about["seed"]

    @property
    def seconds(self) -> float:
        """Wall-clock time of all epochs' training, in seconds."""
        return float(self.history.seconds.sum())

    @property
    def parameters(self) -> int:
        """Number of trainable parameters."""
        return self.about["parameters"]

    @property
    def bytes(self) -> int:
        """Size of the weights on disk."""
        return (self.folder / "weights.safetensors").stat().st_size

    def model(self) -> nn.Sequential:
        """Build the network with its trained weights."""
        model = models.build(self.about["network"], **self.about["options"])
        load_model(model, self.folder / "weights.safetensors")
        return model.to(memory_format=torch.channels_last)  # as it was trained


def find(training: Training) -> Run | None:
    """Give the stored run of a training, if there is a whole one."""
    folder = paths.runs() / training.key
    return Run(folder) if all((folder / f).is_file() for f in FILES) else None


def save(training: Training, result: Result) -> Run:
    """Store a result under its training's key, whole or not at all."""
    folder = paths.runs() / training.key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as new:
        _write(Path(new) / "run", training, result)
        if folder.exists():  # another process was faster, or a part is missing
            shutil.rmtree(folder)
        os.replace(Path(new) / "run", folder)
    return Run(folder)


def _write(folder: Path, training: Training, result: Result) -> None:
    folder.mkdir()
    about = asdict(training) | {
        "parameters": models.count_parameters(result.model),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(training.device),
    }
    _write_json(about, folder / "run.json")
    _write_json(result.history.to_dict("records"), folder / "history.json")
    save_file({"logits": result.logits}, folder / "predictions.safetensors")
    weights = {k: v.cpu().contiguous() for k, v in result.model.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")


def _read_json(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(content, path: Path) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
