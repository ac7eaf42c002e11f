"""Training of a network: the recipe, the loop and the epochs.

    result = fit(build("one_hidden"), load("mnist"), Recipe(epochs=3))

`fit` takes a network through the epochs of a recipe and measures it after each one.
`PlainLoop.step` is one step as every textbook writes it; `helpers.fast` computes the
same steps faster for the networks of the report.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

import pandas as pd
import torch
from torch import Tensor, nn

from helpers import fast
from helpers.datasets import Dataset, Split
from helpers.evaluation import Classified
from helpers.models import scale

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
}
# Optimizers that every torch >= 2.6 can fuse. A fused step passes over the weights
# once; on a CPU, torch.optim's default costs 8 to 20 times more for the dense network,
# for the same arithmetic. On a GPU, the other optimizers pass over all weights once for
# each operation, without making the GPU wait.
FUSED = {"cpu": {"sgd", "adam", "adagrad"}, "cuda": {"sgd", "adam"}}

EVALUATION_BATCH = 1_000  # images; any size gives the same predictions


class OneHotMSE(nn.Module):
    """Mean squared difference between logits (N, K) and one-hot labels (N,)."""

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over images and classes."""
        wanted = nn.functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
        return nn.functional.mse_loss(logits, wanted)


LOSSES = {
    "cross_entropy": nn.CrossEntropyLoss,
    "mse": OneHotMSE,
    "multi_margin": nn.MultiMarginLoss,
}


@dataclass(frozen=True)
class Recipe:
    """How to train a network; with network, data and seed, it determines the result."""

    optimizer: str = "sgd"  # one of OPTIMIZERS
    learning_rate: float = 0.01
    epochs: int = 10
    batch_size: int = 40
    class_weights: tuple[float, ...] | None = None  # (K,): cost of an error, by class
    loss: str = "cross_entropy"  # one of LOSSES; only the default takes class_weights

    def __post_init__(self):
        for what, known in ("optimizer", OPTIMIZERS), ("loss", LOSSES):
            if (given := getattr(self, what)) not in known:
                raise ValueError(f"unknown {what} {given!r}; there are {list(known)}")
        if self.class_weights is not None and self.loss != "cross_entropy":
            raise ValueError(f"the loss {self.loss!r} takes no class_weights")
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError(f"epochs, batch and learning rate must be > 0: {self}")

    def criterion(self, device: str = "cpu") -> nn.Module:
        """The loss; with `class_weights`, torch's weighted mean of cross-entropy."""
        if self.class_weights is None:
            return LOSSES[self.loss]()
        return nn.CrossEntropyLoss(torch.tensor(self.class_weights, device=device))


class Loop(Protocol):
    """What trains a model, epoch by epoch: `PlainLoop` or `fast.FastLoop`."""

    def epoch(self, order: Tensor) -> tuple[Tensor, int]:
        """Take one step for each batch of the images `order` (N,).

        Gives the loss of each step, (steps,), and the number of images that were
        misclassified before being learnt from.
        """

    def state_dict(self) -> dict[str, Tensor]:
        """The optimizer's state, under the names "<weight>.<name in torch>"."""

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Resume from the model's current weights and a result of `state_dict`."""


class PlainLoop:
    """The textbook's loop, for any model: torch's gradients and optimizers."""

    def __init__(self, model: nn.Module, train: Split, recipe: Recipe):
        """Bind the loop to a model and images on the same device, CPU or GPU."""
        self.model, self.train, self.recipe = model, train, recipe
        device = train.images.device.type
        self.loss_of = recipe.criterion(device)
        fused = {"fused": True} if recipe.optimizer in FUSED.get(device, ()) else {}
        self.optimizer = OPTIMIZERS[recipe.optimizer](
            model.parameters(), lr=recipe.learning_rate, **fused
        )

    def epoch(self, order: Tensor) -> tuple[Tensor, int]:
        """Take one step for each batch of `order` (N,); see `Loop`."""
        self.model.train()
        steps = [self.step(rows) for rows in order.split(self.recipe.batch_size)]
        losses, errors = map(torch.stack, zip(*steps, strict=True))
        return losses.double().cpu(), int(errors.sum())

    def step(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from the images `rows` (B,); give loss and errors before the step.

        Both stay on the model's device: reading one here would make a GPU wait.
        """
        images, labels = scale(self.train.images[rows]), self.train.labels[rows]
        logits = self.model(images)  # (B, K)
        loss = self.loss_of(logits, labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach(), (logits.detach().argmax(1) != labels).sum()

    def state_dict(self) -> dict[str, Tensor]:
        """The optimizer's state for each weight; see `Loop`."""
        return {
            f"{name}.{slot}": value
            for name, weight in self.model.named_parameters()
            for slot, value in self.optimizer.state[weight].items()
            if value is not None
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Resume from the model's current weights and a result of `state_dict`."""
        slots = {}
        for number, (name, weight) in enumerate(self.model.named_parameters()):
            found = [n for n in state if n.rpartition(".")[0] == name]
            slots[number] = {
                n.rpartition(".")[2]: _like(weight, state[n]) for n in found
            }
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})


def _like(weight: Tensor, value: Tensor) -> Tensor:
    # a fused step reads weight and state in memory order, so their layouts must match
    return torch.empty_like(weight).copy_(value) if value.dim() else value


# What is kept of each of the E epochs, to watch a network learn: `predictions`
# (E, N_test) uint8 and, if there is a convolution, the first one's `weight`
# (E, O, I, k, k) and `bias` (E, O), float32. All are allocated before the first epoch.
Snapshots = dict[str, Tensor]


def empty_snapshots(model: nn.Module, images: int, epochs: int) -> Snapshots:
    """Make room for `epochs` epochs and the predictions of `images` test images."""
    first = first_convolution(model)
    room = {name: torch.zeros(epochs, *w.shape) for name, w in first.items()}
    return {"predictions": torch.zeros(epochs, images, dtype=torch.uint8)} | room


def take_snapshot(
    snapshots: Snapshots, epoch: int, model: nn.Module, logits: Tensor
) -> None:
    """Fill in the snapshots of `epoch`, which counts from 1."""
    snapshots["predictions"][epoch - 1] = logits.argmax(1)
    for name, weight in first_convolution(model).items():
        snapshots[name][epoch - 1] = weight.detach()


def first_convolution(model: nn.Module) -> dict[str, Tensor]:
    """Weights of the first convolution by name; none where there is none."""
    first = (m for m in model.modules() if isinstance(m, nn.Conv2d))
    return dict(next(first, nn.Identity()).named_parameters())


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


class State(NamedTuple):
    """Everything that changes during a training, except its history."""

    model: nn.Module
    loop: Loop
    shuffle: torch.Generator  # orders the batches
    snapshots: Snapshots


class Checkpoint(Protocol):
    """Where a training's state is kept, such as `helpers.runs.Checkpoint`."""

    def read(self, state: State) -> list[dict]:
        """Load what was kept into `state`; give the history, one dict per epoch."""

    def write(self, state: State, history: list[dict]) -> None:
        """Keep the state and the history so far."""


@dataclass(frozen=True)
class Result(Classified):
    """A trained network, its history and its output for the test images."""

    model: nn.Module
    history: pd.DataFrame  # one row per epoch; columns are the fields of `Epoch`
    logits: Tensor  # (N_test, K) float32
    labels: Tensor  # (N_test,) int64, the true classes
    snapshots: Snapshots
    loop: str = ""  # which loop trained it: "fast", or "plain" and why


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

    `seed` determines the order of the images. On a CPU a single thread computes, so
    that the same seed gives the same bits on any number of cores, and several trainings
    can share the cores. Networks whose gradients `helpers.fast` implements are trained
    by its loop, others by `PlainLoop`, with the same mathematics; the result's `loop`
    says which. With a `checkpoint`, a training that was killed resumes after its last
    complete epoch and ends with the same bits.

    Raises TrainingError when the loss of a step is not finite.
    """
    with one_thread():
        model.to(device, memory_format=torch.channels_last)
        loop, name = pick_loop(model, data.train, recipe, device)
        test = _to(data.test, device)
        shuffle = torch.Generator().manual_seed(seed)
        snapshots = empty_snapshots(model, len(test), recipe.epochs)
        state = State(model, loop, shuffle, snapshots)
        history = checkpoint.read(state) if checkpoint else []
        for epoch in range(len(history) + 1, recipe.epochs + 1):
            start = time.perf_counter()
            order = torch.randperm(len(data.train), generator=shuffle).to(device)
            losses, errors = loop.epoch(order)
            seconds = time.perf_counter() - start
            with _locating(epoch, history):
                trained = averages(losses, errors, len(order), recipe)
            logits = predict(model, test.images)
            tested = evaluate(logits, test.labels, recipe)
            measured = Epoch(epoch, *trained, *tested, seconds)
            history.append(asdict(measured))
            take_snapshot(snapshots, epoch, model, logits)
            if checkpoint and epoch < recipe.epochs:  # the last one becomes a result
                checkpoint.write(state, history)
            on_epoch(measured)
    table, labels = pd.DataFrame(history), data.test.labels
    return Result(model, table, logits.cpu(), labels, snapshots, name)


def pick_loop(
    model: nn.Module, train: Split, recipe: Recipe, device: str
) -> tuple[Loop, str]:
    """Give the loop that trains the model, and its name."""
    why = "on a GPU" if device != "cpu" else fast.unsupported(model, recipe)
    if why is None:
        return fast.FastLoop(model, train, recipe), "fast"
    return PlainLoop(model, _to(train, device), recipe), f"plain: {why}"


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
    """Raise TrainingError if any of the steps' losses, (steps,), is not finite."""
    bad = (~losses.isfinite()).nonzero()
    if len(bad):
        step = int(bad[0])
        before = f", after {losses[step - 1]:.3g} at the step before" if step else ""
        raise TrainingError(
            f"step {step + 1} of {len(losses)}: the loss is {losses[step]:g}{before}; "
            "the steps are too long for this network: "
            f"try a learning rate below {recipe.learning_rate:g}"
        )


@contextmanager
def _locating(epoch: int, history: list[dict]) -> Iterator[None]:
    """Say in which epoch a training failed, and keep the history before it."""
    try:
        yield
    except TrainingError as error:
        table = pd.DataFrame(history)
        raise TrainingError(f"epoch {epoch}, {error}", table) from None


@torch.no_grad()
def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, K) of uint8 images (N, C, H, W), computed in large batches."""
    if images.device.type == "cpu" and fast.unsupported(model) is None:
        return fast.predict(model, images)
    model.eval()
    return torch.cat([model(scale(part)) for part in images.split(EVALUATION_BATCH)])


def evaluate(logits: Tensor, labels: Tensor, recipe: Recipe) -> tuple[float, float]:
    """Mean loss under the recipe, and share of misclassified images."""
    loss = recipe.criterion(labels.device)(logits, labels)
    return float(loss), float((logits.argmax(1) != labels).double().mean())


def class_weights(
    group: Iterable[int], weight: float, n_classes: int = 10
) -> tuple[float, ...]:
    """Weight errors on the classes of `group` by `weight` and the others by 1."""
    group = set(group)
    return tuple(float(weight) if k in group else 1.0 for k in range(n_classes))


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread inside the block; restore the number afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _to(split: Split, device: str) -> Split:
    images = split.images.to(device, memory_format=torch.channels_last)
    return Split(images, split.labels.to(device))
