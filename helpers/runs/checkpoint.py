"""A training's state after an epoch: what it goes on from when it was killed.

One safetensors file, replaced whole after each epoch. Its tensors are `model.<name>`,
`optimizer.<name of the weight>.<name of the state>`, `frames.<name>` (helpers.frames)
and `shuffle`, the generator that orders the batches; the epochs so far stand in its
metadata as JSON.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from helpers.autograd import Loop
from helpers.frames import Frames
from helpers.runs import files
from helpers.sources import tell


class StorageError(RuntimeError):
    """What was computed could not be kept: no space, or no permission."""


class Checkpoint:
    """A training's state in the file `path`; `key` names the training."""

    def __init__(self, path: Path, key: str = ""):
        self.path, self.key = path, key

    def read(self, model: nn.Module, loop: Loop, shuffle, kept: Frames) -> list[dict]:
        """Put the state that was kept into the four; give the epochs so far.

        Gives no epochs, and changes nothing, where there is no state or where it is
        damaged or another training's; the latter is told.
        """
        if not self.path.exists():
            return []
        try:
            epochs, tensors = self._verified(state_of(model, loop, shuffle, kept))
        except (OSError, SafetensorError, ValueError) as error:
            tell(f"{self.path} is not used: {error}; the training starts anew")
            return []
        _restore(tensors, model, loop)
        shuffle.set_state(tensors["shuffle"])
        for name, value in _under("frames.", tensors).items():
            kept[name].copy_(value)
        return epochs

    def write(self, model: nn.Module, loop: Loop, shuffle, kept: Frames, epochs):
        """Keep the state of the four, and the epochs so far, in place of the last.

        Raises StorageError where it cannot be written; the last state is still there.
        """
        tensors = state_of(model, loop, shuffle, kept)
        about = {"key": self.key, "epochs": json.dumps(epochs)}
        about["sha256"] = _digest(tensors)
        new = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_file(tensors, new, about)
            files.sync(new)
            files.replace(new, self.path)
        except (OSError, SafetensorError) as error:
            new.unlink(missing_ok=True)
            raise StorageError(
                f"epoch {len(epochs)} could not be kept in {self.path}: {error}; free "
                f"some space, and the same command goes on from epoch {len(epochs) - 1}"
            ) from error

    def epochs(self) -> list[dict]:
        """The epochs that were kept; none where there is no whole file."""
        try:
            return self._open()[0]
        except (OSError, SafetensorError, ValueError):
            return []

    def _open(self, names=()) -> tuple[list[dict], dict[str, Tensor], str]:
        with safe_open(self.path, framework="pt") as file:
            about = file.metadata() or {}
            if about.get("key") != self.key:
                raise ValueError("it is of another training")
            stored = file.keys() if names else []
            if set(names) - set(stored):
                raise ValueError("it is of another network")
            tensors = {name: file.get_tensor(name) for name in stored}
        return json.loads(about["epochs"]), tensors, about["sha256"]

    def _verified(self, like: dict[str, Tensor]) -> tuple[list[dict], dict]:
        """Epochs and tensors, if they have the names and shapes of `like`."""
        epochs, tensors, digest = self._open(like)
        if any(tensors[name].shape != like[name].shape for name in like):
            raise ValueError("it is of another network")
        if _digest(tensors) != digest:
            raise ValueError("it is damaged")
        return epochs, tensors


def state_of(model: nn.Module, loop: Loop, shuffle, kept: Frames) -> dict[str, Tensor]:
    """All that changes while a network is trained, by name, in the CPU's memory."""
    state = {f"model.{name}": value for name, value in model.state_dict().items()}
    state |= {f"optimizer.{name}": value for name, value in loop.state().items()}
    state |= {f"frames.{name}": value for name, value in kept.items()}
    state["shuffle"] = shuffle.get_state()
    return {name: value.cpu().contiguous() for name, value in state.items()}


def _restore(tensors: dict[str, Tensor], model: nn.Module, loop: Loop) -> None:
    """Fill the model, then the loop, which reads the model's weights."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(tensors[f"model.{name}"])
    loop.restore(_under("optimizer.", tensors))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    found = [name for name in tensors if name.startswith(prefix)]
    return {name.removeprefix(prefix): tensors[name] for name in found}


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().reshape(-1).view("uint8"))
    return digest.hexdigest()
