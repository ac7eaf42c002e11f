"""The folder of stored runs; each is readable without this code.

runs/<key>/run.json                 the question, the machine, when it was trained
runs/<key>/history.json             one record an epoch
runs/<key>/predictions.safetensors  `logits` of the test images, (N, 10)
runs/<key>/weights.safetensors      the network's weights
runs/<key>/frames.safetensors       what is kept of each epoch (helpers.frames)
runs/<key>.part/                    a training that goes on or was stopped
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file
from safetensors.torch import load_model, save_file
from torch import nn

from helpers import models, paths
from helpers.machine import describe_machine
from helpers.runs.checkpoint import Checkpoint, StorageError
from helpers.runs.files import read_json, replace, sha256, sync, write_json
from helpers.runs.plan import QUESTION, Training, key_of
from helpers.sources import tell
from helpers.training import Result

MEASURED = (
    *("history.json", "predictions.safetensors"),
    *("weights.safetensors", "frames.safetensors"),
)
FILES = ("run.json", *MEASURED)


class Refused(ValueError):
    """A stored run is not used, because it is not as it was written."""


@dataclass(frozen=True)
class Run:
    """A stored training; reads its files when they are asked for."""

    folder: Path

    @cached_property
    def about(self) -> dict:
        """The question that was trained, the machine and the date."""
        return read_json(self.folder / "run.json")

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row an epoch, the columns of `helpers.training.Epoch`."""
        return pd.DataFrame(read_json(self.folder / "history.json"))

    @cached_property
    def logits(self) -> np.ndarray:
        """Logits of the test images, (N, 10) float32."""
        return load_file(self.folder / "predictions.safetensors")["logits"]

    @cached_property
    def frames(self) -> dict[str, np.ndarray]:
        """What is kept of each epoch: see helpers.frames."""
        return load_file(self.folder / "frames.safetensors")

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
        """Build the network with its trained weights.

        Raises Refused if they are not as they were written.
        """
        weights = self.folder / "weights.safetensors"
        if sha256(weights) != self.about["sha256"][weights.name]:
            cure = "delete the folder, and the same question computes it anew"
            raise Refused(f"{weights} is not as written; {cure}")
        model = models.build(self.about["network"], **self.about["options"])
        load_model(model, weights)
        return model.to(memory_format=torch.channels_last)  # as it was trained


def find(training: Training) -> Run | None:
    """Give the stored run of a training, if there is a whole one.

    One that is not as it was written is told, and counts as none. Of the weights, which
    may be large, only the header is read here; `Run.model` compares the rest.
    """
    folder = paths.runs() / training.key
    if not folder.exists():
        return None
    try:
        return verified(folder, weights=False)
    except Refused as error:
        tell(f"{folder} is not used: {error}; it is computed anew")
        return None


def verified(folder: Path, *, weights: bool = True) -> Run:
    """Give the run in `folder`; its files are compared with what was written.

    Without `weights`, theirs need only be a whole safetensors file. Raises Refused if
    a file is missing or changed, or belongs to another question.
    """
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise Refused(f"{', '.join(missing)} missing")
    try:
        about = read_json(folder / "run.json")
        key, digests = key_of({k: about[k] for k in QUESTION}), about["sha256"]
        compared = [f for f in MEASURED if weights or f != "weights.safetensors"]
        changed = [f for f in compared if sha256(folder / f) != digests[f]]
        changed += [] if weights or _is_whole(folder) else ["weights.safetensors"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        words = f"{type(error).__name__}: {error}"
        raise Refused(f"run.json is damaged or of another version ({words})") from None
    if key != folder.name:
        raise Refused("it answers another question than its name says")
    if changed:
        raise Refused(f"{', '.join(changed)} not as written")
    return Run(folder)


def _is_whole(folder: Path) -> bool:
    """Whether the weights' file is one, and as long as its header says."""
    try:
        with safe_open(folder / "weights.safetensors", framework="numpy"):
            return True
    except SafetensorError:
        return False


def part_of(key: str) -> Path:
    """Folder of a training that goes on or was stopped."""
    return paths.runs() / f"{key}.part"


def checkpoint(key: str) -> Checkpoint:
    """Where the training `key` keeps its state."""
    return Checkpoint(part_of(key) / "checkpoint.safetensors", key)


@contextmanager
def alone(key: str) -> Iterator[None]:
    """Let one process at a time train `key`."""
    with _lock(key):
        yield


def is_busy(key: str) -> bool:
    """Whether a process is training `key` now."""
    try:
        with _lock(key).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _lock(key: str) -> FileLock:
    """The training's lock, in a folder that `save` does not delete: others may wait."""
    paths.locks().mkdir(parents=True, exist_ok=True)
    return FileLock(paths.locks() / key)


def keep_history(key: str, history: pd.DataFrame) -> Path:
    """Write the epochs of a training that failed; give the file."""
    path = part_of(key) / "history.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(history.to_dict("records"), path)
    return path


def save(training: Training, result: Result) -> Run:
    """Store a result under its training's key, whole or not at all.

    Raises StorageError where it cannot be written.
    """
    folder, part = paths.runs() / training.key, part_of(training.key)
    new = part / "run"
    try:
        shutil.rmtree(new, ignore_errors=True)  # of a process that was killed
        _write(new, training, result)
        shutil.rmtree(folder, ignore_errors=True)  # one that was refused
        replace(new, folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(new, ignore_errors=True)
        raise StorageError(
            f"the run could not be kept in {folder}: {error}; free some space, and the "
            "same command goes on from the last epoch that was kept"
        ) from error
    shutil.rmtree(part, ignore_errors=True)
    return Run(folder)


def _write(folder: Path, training: Training, result: Result) -> None:
    folder.mkdir(parents=True)
    write_json(result.history.to_dict("records"), folder / "history.json")
    save_file({"logits": result.logits}, folder / "predictions.safetensors")
    weights = {k: v.cpu().contiguous() for k, v in result.model.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    save_file(result.frames, folder / "frames.safetensors")
    about = training.question | {
        "parameters": models.count_parameters(result.model),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(training.device),
        "sha256": {name: sha256(folder / name) for name in MEASURED},
    }
    write_json(about, folder / "run.json")
    for path in (*map(folder.joinpath, MEASURED), folder):
        sync(path)
