"""A stored run: its files, read when they are asked for and verified before use."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors
from torch import nn

from helpers.download.catalog import KNOWN
from helpers.evaluation import Classified
from helpers.runs.definition import build
from helpers.runs.files import read_json, sha256
from helpers.runs.plan import CONTENT, key_of
from helpers.training import layout

MEASURED = (
    *("history.json", "predictions.safetensors"),
    *("weights.safetensors", "snapshots.safetensors"),
)
FILES = ("run.json", *MEASURED)


class InvalidRun(ValueError):
    """A stored run cannot be used, because files are missing, damaged or changed."""


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
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, of data with a name."""
        dataset = self.about["dataset"]
        return KNOWN[dataset].classes if dataset in KNOWN else ()

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

    def model(self) -> nn.Module:
        """Build the network with its trained weights.

        Raises InvalidRun if their file has changed since it was written, ValueError if
        the network is somebody's own and not defined in this process.
        """
        weights = self.folder / "weights.safetensors"
        if sha256(weights) != self.about["sha256"][weights.name]:
            cure = "borre la carpeta, y la misma orden lo calcula de nuevo"
            raise InvalidRun(f"{weights} ha cambiado; {cure}")
        about = self.about
        model = build(about["network"], about.get("definition", ""), about["options"])
        model.load_state_dict(load_tensors(weights))
        return model.to(memory_format=layout(model))  # as it was trained


def verified(folder: Path, *, weights: bool = True) -> Run:
    """Give the run in `folder` after comparing its files with their digests.

    Without `weights`, the file of the weights only needs to be complete. Raises
    InvalidRun if a file is missing or changed, or belongs to another question.
    """
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise InvalidRun(f"falta {', '.join(missing)}")
    try:
        about = read_json(folder / "run.json")
        key, digests = key_of({k: about[k] for k in CONTENT}), about["sha256"]
        compared = [f for f in MEASURED if weights or f != "weights.safetensors"]
        changed = [f for f in compared if sha256(folder / f) != digests[f]]
        changed += [] if weights or _is_whole(folder) else ["weights.safetensors"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise InvalidRun(f"run.json está dañado o es de otra versión ({why})") from None
    if key != folder.name:
        raise InvalidRun("responde a otra pregunta que la de su nombre")
    if changed:
        raise InvalidRun(f"ha cambiado: {', '.join(changed)}")
    return Run(folder)


def _is_whole(folder: Path) -> bool:
    """Whether the weights' file has a valid header and the length that this says."""
    try:
        with safe_open(folder / "weights.safetensors", framework="numpy"):
            return True
    except SafetensorError:
        return False
