"""A training's state after an epoch, from which a stopped training resumes.

It is one safetensors file, which is replaced after each epoch. Its tensors are
`model.<name>`, `optimizer.<weight>.<name in torch>`, `snapshots.<name>` and `shuffle`,
the generator that orders the batches; its metadata hold the history so far, as JSON.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from helpers.console import tell
from helpers.runs import files
from helpers.training import State


class StorageError(RuntimeError):
    """What was computed could not be kept: no space, or no permission."""


class Checkpoint:
    """A training's state in the file `path`; `key` names the training."""

    def __init__(self, path: Path, key: str = ""):
        self.path, self.key = path, key

    def read(self, state: State) -> list[dict]:
        """Load the stored state into `state`; give the history so far.

        If there is no file, `state` stays as it is and the history is empty. The same
        holds, with a message, if the file is damaged or belongs to another training.
        """
        if not self.path.exists():
            return []
        try:
            history, tensors = self._verified(tensors_of(state))
        except (OSError, SafetensorError, ValueError) as error:
            tell(f"{self.path} no se usa: {error}; se entrena desde el principio")
            return []
        with torch.no_grad():
            for name, value in state.model.state_dict().items():
                value.copy_(tensors[f"model.{name}"])
        # after the model, whose weights it reads
        state.loop.load_state_dict(_under("optimizer.", tensors))
        state.shuffle.set_state(tensors["shuffle"])
        for name, value in _under("snapshots.", tensors).items():
            state.snapshots[name].copy_(value)
        return history

    def write(self, state: State, history: list[dict]) -> None:
        """Keep the state and the history so far in place of the last ones.

        Raises StorageError where they cannot be written; the last ones are then intact.
        """
        tensors = tensors_of(state)
        about = {"key": self.key, "history": json.dumps(history)}
        about["sha256"] = _digest(tensors)
        new = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_file(tensors, new, about)
            files.sync(new)
            files.replace(new, self.path)
        except (OSError, SafetensorError) as error:
            new.unlink(missing_ok=True)
            epoch = len(history)
            raise StorageError(
                f"no se pudo guardar la época {epoch} en {self.path}: {error}; libere "
                f"espacio, y la misma orden sigue desde la época {epoch - 1}"
            ) from error

    def history(self) -> list[dict]:
        """The history that was kept; empty where there is no whole file."""
        try:
            return self._open()[0]
        except (OSError, SafetensorError, ValueError):
            return []

    def _open(
        self, names: Iterable[str] = ()
    ) -> tuple[list[dict], dict[str, Tensor], str]:
        with safe_open(self.path, framework="pt") as file:
            about = file.metadata() or {}
            if about.get("key") != self.key:
                raise ValueError("es de otro entrenamiento")
            if not {"history", "sha256"} <= about.keys():
                raise ValueError("es de otra versión")
            stored = file.keys() if names else []
            if set(names) - set(stored):
                raise ValueError("es de otra red")
            tensors = {name: file.get_tensor(name) for name in stored}
        return json.loads(about["history"]), tensors, about["sha256"]

    def _verified(
        self, like: dict[str, Tensor]
    ) -> tuple[list[dict], dict[str, Tensor]]:
        """History and tensors, if they have the names and shapes of `like`."""
        history, tensors, digest = self._open(like)
        kept, asked = (len(t["snapshots.predictions"]) for t in (tensors, like))
        if kept != asked:
            raise ValueError(f"es de un entrenamiento de {kept} épocas, no de {asked}")
        if any(tensors[name].shape != like[name].shape for name in like):
            raise ValueError("es de otra red")
        if _digest(tensors) != digest:
            raise ValueError("está dañado")
        return history, tensors


def tensors_of(state: State) -> dict[str, Tensor]:
    """All of a state by name, in the CPU's memory."""
    parts = {
        "model": state.model.state_dict(),
        "optimizer": state.loop.state_dict(),
        "snapshots": state.snapshots,
    }
    tensors = {
        f"{p}.{name}": t for p, named in parts.items() for name, t in named.items()
    }
    tensors["shuffle"] = state.shuffle.get_state()
    return apart(tensors)


def apart(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same in the CPU's memory, where no two share theirs, as tied weights do."""
    found, places = {}, set()
    for name, tensor in tensors.items():
        own = tensor.cpu().contiguous()
        place = own.untyped_storage().data_ptr()
        found[name] = own.clone() if place in places else own
        places.add(place)
    return found


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    found = [name for name in tensors if name.startswith(prefix)]
    return {name.removeprefix(prefix): tensors[name] for name in found}


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().reshape(-1).view("uint8"))
    return digest.hexdigest()
