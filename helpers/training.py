"""The training loop: a recipe, a network and a data set go in; a result comes out."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from helpers import explicit
from helpers.datasets import Dataset, Split
from helpers.evaluation import confusion_counts
from helpers.models import scale

# `fused` does a step in one pass over the weights; the default way of torch.optim
# costs 8 to 20 times more on a CPU for the dense network, for the same arithmetic.
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adagrad": torch.optim.Adagrad,
}
EVALUATION_BATCH = 1_000  # images; any size gives the same predictions


class TrainingError(RuntimeError):
    """The training cannot go on: the loss is not a number any more."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; together with the data and a seed, all that matters."""

    optimizer: str = "sgd"  # one of OPTIMIZERS
    learning_rate: float = 0.01
    epochs: int = 10
    batch_size: int = 40
    class_weights: tuple[float, ...] | None = None  # (10,): cost of an error, by class

    def __post_init__(self):
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                f"unknown optimizer {self.optimizer!r}; there are {list(OPTIMIZERS)}"
            )
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError(f"epochs, batch and learning rate must be > 0: {self}")

    def loss(self, device: str = "cpu") -> nn.CrossEntropyLoss:
        """Cross-entropy; with `class_weights`, torch's weighted mean of it."""
        if self.class_weights is None:
            return nn.CrossEntropyLoss()
        return nn.CrossEntropyLoss(torch.tensor(self.class_weights, device=device))


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


@dataclass(frozen=True)
class Result:
    """A trained network and what it says of the test images."""

    model: nn.Module
    history: pd.DataFrame  # one row an epoch, columns of `Epoch`
    logits: Tensor  # (N_test, 10) float32
    labels: Tensor  # (N_test,) int64, the true classes
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
) -> Result:
    """Train `model` in place on `data.train`; measure it on `data.test` every epoch.

    `seed` orders the batches. On a CPU one thread computes: so the same seed gives
    the same bits however many cores there are, and seeds can share the cores. Networks
    whose gradients `helpers.explicit` has written out are trained by its loop, others
    by `autograd_epoch`, the same mathematics; the result's `loop` says by which.

    Raises TrainingError when the loss of an epoch is not finite.
    """
    with one_thread():
        model.to(device, memory_format=torch.channels_last)
        train_epoch, loop = _pick_loop(model, data.train, recipe, device)
        test = _to(data.test, device)
        shuffle = torch.Generator().manual_seed(seed)
        epochs = []
        for number in range(1, recipe.epochs + 1):
            start = time.perf_counter()
            order = torch.randperm(len(data.train), generator=shuffle)
            train_loss, train_error = train_epoch(order.to(device))
            seconds = time.perf_counter() - start
            _check(train_loss, number, recipe)
            logits = predict(model, test.images)
            test_loss, test_error = evaluate(logits, test.labels, recipe)
            epoch = Epoch(
                number, train_loss, train_error, test_loss, test_error, seconds
            )
            epochs.append(asdict(epoch))
            on_epoch(epoch)
    return Result(model, pd.DataFrame(epochs), logits.cpu(), data.test.labels, loop)


def _pick_loop(
    model: nn.Module, train: Split, recipe: Recipe, device: str
) -> tuple[Callable[[Tensor], tuple[float, float]], str]:
    """Give what trains one epoch in a given order, and its name."""
    why = "on a GPU" if device != "cpu" else explicit.objection(model)
    if why is None:
        return explicit.Trainer(model, train, recipe).epoch, "explicit"
    optimizer = OPTIMIZERS[recipe.optimizer](
        model.parameters(), lr=recipe.learning_rate, fused=True
    )
    return partial(
        autograd_epoch, model, _to(train, device), recipe, optimizer
    ), f"autograd: {why}"


def autograd_epoch(
    model: nn.Module,
    train: Split,
    recipe: Recipe,
    optimizer: torch.optim.Optimizer,
    order: Tensor,
) -> tuple[float, float]:
    """Take one step for each batch of `order` (N,); give mean loss and error share."""
    model.train()
    loss_of = recipe.loss(order.device)
    total_loss, errors = 0.0, 0
    for rows in order.split(recipe.batch_size):
        images, labels = scale(train.images[rows]), train.labels[rows]
        logits = model(images)  # (B, 10)
        loss = loss_of(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # sums stay tensors: on a GPU, reading them here would stop the queue
        total_loss += loss.detach().double() * len(rows)
        errors += (logits.detach().argmax(1) != labels).sum()
    return float(total_loss) / len(order), int(errors) / len(order)


@torch.no_grad()
def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, 10) of uint8 images (N, C, H, W), computed in large batches."""
    if images.device.type == "cpu" and explicit.objection(model) is None:
        return explicit.predict(model, images)
    model.eval()
    return torch.cat([model(scale(part)) for part in images.split(EVALUATION_BATCH)])


def evaluate(logits: Tensor, labels: Tensor, recipe: Recipe) -> tuple[float, float]:
    """Mean loss under the recipe, and share of misclassified images."""
    loss = recipe.loss(labels.device)(logits, labels)
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


def _check(loss: float, epoch: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss is {loss} after epoch {epoch}: the steps are too long for this "
            f"network; try a learning rate below {recipe.learning_rate:g}"
        )
