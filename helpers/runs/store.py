"""The folder of stored runs; each is readable without this code.

runs/<key>/run.json                 the question, the machine, when it was trained
runs/<key>/history.json             one record per epoch
runs/<key>/predictions.safetensors  `logits` (N, K) and `labels` (N,) of the test images
runs/<key>/weights.safetensors      the network's weights
runs/<key>/snapshots.safetensors    what is kept of each epoch (helpers/training.py)
runs/<key>.part/                    a training that is running or was stopped
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
from helpers.console import tell
from helpers.evaluation import Classified
from helpers.machine import describe_machine
from helpers.runs.checkpoint import Checkpoint, StorageError
from helpers.runs.files import read_json, replace, sha256, sync, write_json
from helpers.runs.plan import CONTENT, Question, key_of
from helpers.training import Result

MEASURED = (
    *("history.json", "predictions.safetensors"),
    *("weights.safetensors", "snapshots.safetensors"),
)
FILES = ("run.json", *MEASURED)


class InvalidRun(ValueError):
    """A stored run cannot be used, because files are missing, damaged or changed."""


class UnknownKey(LookupError):
    """The prefix does not identify one stored run: `found` keys start with it."""

    def __init__(self, prefix: str, found: int):
        self.found = found
        several = f"{found} trainings start" if found else "no training starts"
        super().__init__(f"{several} with '{prefix}' in {paths.runs()}")


@dataclass(frozen=True)
class Run(Classified):
    """A stored training; reads its files when they are asked for."""

    folder: Path

    @cached_property
    def about(self) -> dict:
        """The question that was trained, the machine and the date."""
        return read_json(self.folder / "run.json")

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row per epoch; columns are the fields of `helpers.training.Epoch`."""
        return pd.DataFrame(read_json(self.folder / "history.json"))

    @cached_property
    def logits(self) -> np.ndarray:
        """Logits of the test images, (N, K) float32."""
        return self._predictions["logits"]

    @cached_property
    def labels(self) -> np.ndarray:
        """True classes of the test images, (N,) int64."""
        return self._predictions["labels"]

    @cached_property
    def _predictions(self) -> dict[str, np.ndarray]:
        return load_file(self.folder / "predictions.safetensors")

    @cached_property
    def snapshots(self) -> dict[str, np.ndarray]:
        """What is kept of each epoch: `helpers.training.Snapshots`."""
        return load_file(self.folder / "snapshots.safetensors")

    @property
    def key(self) -> str:
        """Name of the run: the digest of its question."""
        return self.folder.name

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
        """Size in bytes of the weights on disk."""
        return (self.folder / "weights.safetensors").stat().st_size

    def model(self) -> nn.Sequential:
        """Build the network with its trained weights.

        Raises InvalidRun if their file has changed since it was written.
        """
        weights = self.folder / "weights.safetensors"
        if sha256(weights) != self.about["sha256"][weights.name]:
            cure = "delete the folder, and the same question computes it anew"
            raise InvalidRun(f"{weights} is not as written; {cure}")
        model = models.build(self.about["network"], **self.about["options"])
        load_model(model, weights)
        return model.to(memory_format=torch.channels_last)  # as it was trained


def find(question: Question) -> Run | None:
    """Give the stored run that answers a question, if there is a whole one.

    Damaged runs are reported and ignored. Of the weights, which may be large, only the
    header is read here; `Run.model` verifies the rest.
    """
    folder = paths.runs() / question.key
    if not folder.exists():
        return None
    try:
        return verified(folder, weights=False)
    except InvalidRun as error:
        tell(f"{folder} is not used: {error}; it is computed anew")
        return None


def verified(folder: Path, *, weights: bool = True) -> Run:
    """Give the run in `folder` after comparing its files with their digests.

    Without `weights`, the file of the weights only needs to be complete. Raises
    InvalidRun if a file is missing or changed, or belongs to another question.
    """
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise InvalidRun(f"{', '.join(missing)} missing")
    try:
        about = read_json(folder / "run.json")
        key, digests = key_of({k: about[k] for k in CONTENT}), about["sha256"]
        compared = [f for f in MEASURED if weights or f != "weights.safetensors"]
        changed = [f for f in compared if sha256(folder / f) != digests[f]]
        changed += [] if weights or _is_whole(folder) else ["weights.safetensors"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        words = f"{type(error).__name__}: {error}"
        raise InvalidRun(
            f"run.json is damaged or of another version ({words})"
        ) from None
    if key != folder.name:
        raise InvalidRun("it answers another question than its name says")
    if changed:
        raise InvalidRun(f"{', '.join(changed)} not as written")
    return Run(folder)


def _is_whole(folder: Path) -> bool:
    """Whether the weights' file has a valid header and the length that this says."""
    try:
        with safe_open(folder / "weights.safetensors", framework="numpy"):
            return True
    except SafetensorError:
        return False


def open_run(prefix: str) -> Run:
    """Give the stored run whose key starts with `prefix`, all its files verified.

    Raises UnknownKey if there is none, or if there are several; InvalidRun if it is
    damaged.
    """
    found = folders(prefix) if prefix else []
    if len(found) != 1:
        raise UnknownKey(prefix, len(found))
    return verified(found[0])


def folders(prefix: str = "") -> list[Path]:
    """Folders of the stored runs whose key starts with `prefix`, whole or damaged."""
    return [
        f for f in _all_folders() if f.suffix != ".part" and f.name.startswith(prefix)
    ]


def stopped() -> list[Path]:
    """Folders of the trainings that are running or were stopped."""
    return [folder for folder in _all_folders() if folder.suffix == ".part"]


def _all_folders() -> list[Path]:
    root = paths.runs()
    return sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []


def part_of(key: str) -> Path:
    """Folder of a training that is running or was stopped."""
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


def save(question: Question, result: Result) -> Run:
    """Store the answer to a question under its key, whole or not at all.

    Raises StorageError where it cannot be written.
    """
    folder, part = paths.runs() / question.key, part_of(question.key)
    new = part / "run"
    try:
        shutil.rmtree(new, ignore_errors=True)  # of a process that was killed
        _write(new, question, result)
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        replace(new, folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(new, ignore_errors=True)
        raise StorageError(
            f"the run could not be kept in {folder}: {error}; free some space, and the "
            "same command goes on from the last epoch that was kept"
        ) from error
    shutil.rmtree(part, ignore_errors=True)
    return Run(folder)


def _write(folder: Path, question: Question, result: Result) -> None:
    folder.mkdir(parents=True)
    write_json(result.history.to_dict("records"), folder / "history.json")
    predictions = {"logits": result.logits, "labels": result.labels}
    save_file(predictions, folder / "predictions.safetensors")
    weights = {k: v.cpu().contiguous() for k, v in result.model.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    save_file(result.snapshots, folder / "snapshots.safetensors")
    about = question.content | {
        "parameters": models.count_parameters(result.model),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(question.device),
        "sha256": {name: sha256(folder / name) for name in MEASURED},
    }
    write_json(about, folder / "run.json")
    for path in (*map(folder.joinpath, MEASURED), folder):
        sync(path)
