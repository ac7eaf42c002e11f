"""The training loop: a recipe, a network and a data set go in; a result comes out."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from helpers import explicit, frames
from helpers.autograd import Autograd, Loop
from helpers.datasets import Dataset, Split
from helpers.evaluation import confusion_counts
from helpers.frames import Frames
from helpers.models import scale
from helpers.recipe import Recipe

EVALUATION_BATCH = 1_000  # images; any size gives the same predictions


class TrainingError(RuntimeError):
    """The training cannot go on; `history` has the epochs that ended well."""

    def __init__(self, message: str, history: pd.DataFrame | None = None):
        super().__init__(message)
        self.history = history


@dataclass(frozen=True)
class Epoch:
    """What an epoch measured; errors are shares of misclassified images in [0, 1].

    The training figures are averages over the epoch's batches, each taken before the
    step that learns from it; the test figures are of the network after the epoch.
    """

    epoch: int  # from 1
    train_loss: float
    train_error: float
    test_loss: float
    test_error: float
    seconds: float  # training alone, wall clock


class Checkpoint(Protocol):
    """Where a training's state is kept, such as `helpers.runs.Checkpoint`."""

    def read(self, model, loop: Loop, shuffle, kept: Frames) -> list[dict]:
        """Put the state that was kept into the four; give the epochs so far."""

    def write(self, model, loop: Loop, shuffle, kept: Frames, epochs) -> None:
        """Keep the state of the four, and the epochs so far, one dict each."""


@dataclass(frozen=True)
class Result:
    """A trained network and what it says of the test images."""

    model: nn.Module
    history: pd.DataFrame  # one row an epoch, columns of `Epoch`
    logits: Tensor  # (N_test, 10) float32
    labels: Tensor  # (N_test,) int64, the true classes
    frames: Frames  # what is kept of each epoch: see helpers.frames
    loop: str = ""  # which loop trained it: "explicit", or "autograd" and why

    @property
    def predictions(self) -> Tensor:
        """Predicted class of each test image, (N_test,) int64."""
        return self.logits.argmax(1)

    @property
    def confusion(self) -> np.ndarray:
        """Confusion counts (10, 10): true classes by predicted ones."""
        return confusion_counts(self.labels, self.predictions)

    @property
    def probabilities(self) -> Tensor:
        """Softmax of the logits, (N_test, 10) float32."""
        return self.logits.softmax(1)


def fit(
    model: nn.Module,
    data: Dataset,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str = "cpu",
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    checkpoint: Checkpoint | None = None,
) -> Result:
    """Train `model` in place on `data.train`; measure it on `data.test` every epoch.

    `seed` orders the batches. On a CPU one thread computes: so the same seed gives
    the same bits however many cores there are, and seeds can share the cores. Networks
    whose gradients `helpers.explicit` has written out are trained by its loop, others
    by `Autograd`, the same mathematics; the result's `loop` says by which. With a
    `checkpoint`, a training that was killed goes on from its last epoch and ends with
    the same bits.

    Raises TrainingError when the loss of a step is not finite.
    """
    with one_thread():
        model.to(device, memory_format=torch.channels_last)
        loop, name = _pick_loop(model, data.train, recipe, device)
        test = _to(data.test, device)
        shuffle = torch.Generator().manual_seed(seed)
        kept = frames.empty(model, len(test), recipe.epochs)
        # all that changes while training, but for the epochs
        state = model, loop, shuffle, kept
        epochs = checkpoint.read(*state) if checkpoint else []
        for number in range(len(epochs) + 1, recipe.epochs + 1):
            start = time.perf_counter()
            order = torch.randperm(len(data.train), generator=shuffle).to(device)
            losses, errors = loop.epoch(order)
            seconds = time.perf_counter() - start
            with _telling(number, epochs):
                trained = averages(losses, errors, len(order), recipe)
            logits = predict(model, test.images)
            tested = evaluate(logits, test.labels, recipe)
            epoch = Epoch(number, *trained, *tested, seconds)
            epochs.append(asdict(epoch))
            frames.keep(kept, number, model, logits)
            if checkpoint and number < recipe.epochs:  # after the last, a result
                checkpoint.write(*state, epochs)
            on_epoch(epoch)
    history, labels = pd.DataFrame(epochs), data.test.labels
    return Result(model, history, logits.cpu(), labels, kept, name)


def _pick_loop(
    model: nn.Module, train: Split, recipe: Recipe, device: str
) -> tuple[Loop, str]:
    """Give the loop that trains the model, and its name."""
    why = "on a GPU" if device != "cpu" else explicit.objection(model, recipe)
    if why is None:
        return explicit.Trainer(model, train, recipe), "explicit"
    return Autograd(model, _to(train, device), recipe), f"autograd: {why}"


def averages(
    losses: Tensor, errors: int, images: int, recipe: Recipe
) -> tuple[float, float]:
    """Mean loss and error share of an epoch, from what `Loop.epoch` gives.

    Raises TrainingError when the loss of a step is not finite.
    """
    check_losses(losses, recipe)
    sizes = torch.full_like(losses, recipe.batch_size)
    sizes[-1] = images - recipe.batch_size * (len(losses) - 1)
    return float(losses @ sizes) / images, errors / images


def check_losses(losses: Tensor, recipe: Recipe) -> None:
    """Raise TrainingError if the loss of a step, of (steps,), is not finite."""
    bad = (~losses.isfinite()).nonzero()
    if len(bad):
        step = int(bad[0])
        before = f", after {losses[step - 1]:.3g} at the step before" if step else ""
        raise TrainingError(
            f"step {step + 1} of {len(losses)}: the loss is {losses[step]:g}{before}; "
            "the steps are too long for this network: "
            f"try a learning rate below {recipe.learning_rate:g}"
        )


@torch.no_grad()
def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, 10) of uint8 images (N, C, H, W), computed in large batches."""
    if images.device.type == "cpu" and explicit.objection(model) is None:
        return explicit.predict(model, images)
    model.eval()
    return torch.cat([model(scale(part)) for part in images.split(EVALUATION_BATCH)])


def evaluate(logits: Tensor, labels: Tensor, recipe: Recipe) -> tuple[float, float]:
    """Mean loss under the recipe, and share of misclassified images."""
    loss = recipe.criterion(labels.device)(logits, labels)
    return float(loss), float((logits.argmax(1) != labels).double().mean())


def class_weights(
    group: Iterable[int], weight: float, n_classes: int = 10
) -> tuple[float, ...]:
    """Weigh the errors on the classes of `group` with `weight`, the others with 1."""
    group = set(group)
    return tuple(float(weight) if k in group else 1.0 for k in range(n_classes))


def pick_device(device: str) -> str:
    """Turn "auto" into "cuda" where a GPU answers, else "cpu".

    Raises ValueError when "cuda" is asked for and there is none: training silently
    on a CPU instead would take hours.
    """
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ValueError(
            "device='cuda' was asked for, but torch finds no GPU; "
            "use device='auto' or 'cpu'"
        )
    return ("cuda" if available else "cpu") if device == "auto" else device


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread inside the block, as before it after."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _to(split: Split, device: str) -> Split:
    images = split.images.to(device, memory_format=torch.channels_last)
    return Split(images, split.labels.to(device))


@contextmanager
def _telling(epoch: int, epochs: list[dict]) -> Iterator[None]:
    """Say in which epoch a training failed, and keep the history before it."""
    try:
        yield
    except TrainingError as error:
        history = pd.DataFrame(epochs)
        raise TrainingError(f"epoch {epoch}, {error}", history) from None
