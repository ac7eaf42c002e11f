"""The folder of stored runs; each is readable without this code.

runs/<key>/run.json                 the question, the machine, the loop and the date
runs/<key>/history.json             one record per epoch
runs/<key>/predictions.safetensors  `logits` (N, K) and `labels` (N,) of the test images
runs/<key>/weights.safetensors      the network's weights
runs/<key>/snapshots.safetensors    what is kept of each epoch (helpers/training.py)
runs/<key>.part/                    a training that is running or was stopped
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import save_file

from helpers import models, paths
from helpers.console import tell
from helpers.machine import describe_machine
from helpers.runs.checkpoint import Checkpoint, StorageError, apart
from helpers.runs.files import replace, sha256, sync, write_json
from helpers.runs.plan import Question
from helpers.runs.run import MEASURED, InvalidRun, Run, verified
from helpers.training import Result


class UnknownKey(LookupError):
    """The prefix does not identify one stored run: `found` keys start with it."""

    def __init__(self, prefix: str, found: int):
        self.found = found
        several = f"{found} trainings start" if found else "no training starts"
        super().__init__(f"{several} with '{prefix}' in {paths.runs()}")


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
        tell(f"{folder} no se usa: {error}; se calcula de nuevo")
        return None


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
            f"no se pudo guardar en {folder}: {error}; libere espacio, y la misma "
            "orden sigue desde la última época guardada"
        ) from error
    shutil.rmtree(part, ignore_errors=True)
    return Run(folder)


def _write(folder: Path, question: Question, result: Result) -> None:
    folder.mkdir(parents=True)
    write_json(result.history.to_dict("records"), folder / "history.json")
    predictions = {"logits": result.logits, "labels": result.labels}
    save_file(predictions, folder / "predictions.safetensors")
    save_file(apart(result.model.state_dict()), folder / "weights.safetensors")
    save_file(result.snapshots, folder / "snapshots.safetensors")
    about = question.content | {
        "loop": result.loop,
        "parameters": models.count_parameters(result.model),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(question.device),
        "sha256": {name: sha256(folder / name) for name in MEASURED},
    }
    write_json(about, folder / "run.json")
    for path in (*map(folder.joinpath, MEASURED), folder):
        sync(path)
