"""Training of a network: the recipe, the loop and the epochs.

    result = fit(build("one_hidden"), load("mnist"), Recipe(epochs=3))

`fit` takes a network through the epochs of a recipe and measures it after each one.
`PlainLoop.step` is one step as every textbook writes it; `helpers.fast` computes the
same steps faster for the networks of the report.
"""

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from numbers import Real
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from tqdm.auto import tqdm

from helpers import fast
from helpers.arrays import images_of
from helpers.console import is_interactive
from helpers.datasets import Dataset, Split
from helpers.evaluation import Classified
from helpers.machine import pick_device
from helpers.models import Network, build, count_parameters, scale, seeded
from helpers.numbers import integer, percent

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
BAR = "{bar} época {n_fmt}/{total_fmt} · {desc} · quedan {remaining}"


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
        for what in "epochs", "batch_size", "learning_rate":
            given, kind = getattr(self, what), type(getattr(Recipe, what))
            number = isinstance(given, Real) and 0 < given < math.inf
            if not number or kind(given) != given:
                raise ValueError(f"{what} = {given!r}: give a positive {kind.__name__}")
            object.__setattr__(self, what, kind(given))
        if self.class_weights is not None:
            costs = tuple(map(float, self.class_weights))
            object.__setattr__(self, "class_weights", costs)
            if self.loss != "cross_entropy":
                raise ValueError(f"the loss {self.loss!r} takes no class_weights")
            if not (min(costs) >= 0 and 0 < sum(costs) < math.inf):
                raise ValueError(f"class_weights are >= 0, one of them > 0: {costs}")

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
# (E, N_test), uint8 for up to 256 classes, and, if there is a convolution, the first
# one's `weight` (E, O, I, k, k) and `bias` (E, O), float32. All are allocated before
# the first epoch.
Snapshots = dict[str, Tensor]


def empty_snapshots(
    model: nn.Module, images: int, epochs: int, classes: int = 10
) -> Snapshots:
    """Make room for `epochs` epochs and the predictions of `images` test images."""
    first = first_convolution(model)
    room = {name: torch.zeros(epochs, *w.shape) for name, w in first.items()}
    kind = torch.uint8 if classes <= 256 else torch.int32
    return {"predictions": torch.zeros(epochs, images, dtype=kind)} | room


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
    classes: tuple[str, ...] = ()  # their names

    def __repr__(self) -> str:
        right = float((self.predictions == self.labels.numpy()).mean())
        return (
            f"exactitud {percent(right)} en {integer(len(self.labels))} imágenes de "
            f"prueba; épocas: {len(self.history)}; "
            f"parámetros: {integer(count_parameters(self.model))}"
        )


class Track:
    """What is measured of a network while it learns, epoch by epoch."""

    def __init__(
        self, model: nn.Module, test: Split, recipe: Recipe, classes: tuple[str, ...]
    ):
        """Take the test images on the model's device."""
        self.model, self.test, self.recipe, self.classes = model, test, recipe, classes
        self.history: list[dict] = []
        kept = len(test), recipe.epochs, len(classes)
        self.snapshots = empty_snapshots(model, *kept)

    def add(self, losses: Tensor, errors: int, images: int, seconds: float) -> Epoch:
        """Measure the network after an epoch, of which a `Loop` gave losses and errors.

        Raises TrainingError when the loss of a step is not finite.
        """
        epoch = len(self.history) + 1
        try:
            trained = averages(losses, errors, images, self.recipe)
        except TrainingError as error:
            table = pd.DataFrame(self.history)
            raise TrainingError(f"epoch {epoch}, {error}", table) from None
        self.logits = predict(self.model, self.test.images)
        tested = evaluate(self.logits, self.test.labels, self.recipe)
        measured = Epoch(epoch, *trained, *tested, seconds)
        self.history.append(asdict(measured))
        take_snapshot(self.snapshots, epoch, self.model, self.logits)
        return measured

    def result(self, loop: str) -> Result:
        """The outcome, once all epochs are measured."""
        table, labels = pd.DataFrame(self.history), self.test.labels.cpu()
        parts = self.model, table, self.logits.cpu(), labels, self.snapshots
        return Result(*parts, loop, self.classes)


def fit(
    model: Network,
    data: Dataset,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str = "cpu",
    on_epoch: Callable[[Epoch], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Result:
    """Train `model` on `data.train`, measuring it on `data.test` after every epoch.

    A network that is already made is trained in place; of a name, or of a function that
    makes one, a network is built from the seed. `seed` also determines the order of the
    images and, in each epoch, every random number that the network draws. On a CPU a
    single thread computes, so that the same seed gives the same bits on any number of
    cores, and several trainings can share the cores; the device "auto" is a GPU where
    there is one. Networks whose gradients `helpers.fast` implements are trained by its
    loop, others by `PlainLoop`, with the same mathematics; the result's `loop` says
    which. With a `checkpoint`, a training that was killed resumes after its last
    complete epoch and ends with the same bits. Unless `on_epoch` is given, a person who
    watches sees a bar.

    Raises ValueError where network, data and recipe do not suit; TrainingError when the
    loss of a step is not finite.
    """
    device, hidden = pick_device(device), on_epoch is not None or not is_interactive()
    if not isinstance(model, nn.Module):
        model = build(model, seed=seed)
    with one_thread(), tqdm(total=recipe.epochs, bar_format=BAR, disable=hidden) as bar:
        with seeded(seed):
            check(model, data, recipe)  # which also makes the weights of lazy layers
        model.to(device, memory_format=layout(model))
        loop, name = pick_loop(model, data.train, recipe, device)
        test = data.test.to(device, layout(model))
        track = Track(model, test, recipe, data.classes)
        shuffle = torch.Generator().manual_seed(int(seed))
        state = State(model, loop, shuffle, track.snapshots)
        track.history += checkpoint.read(state) if checkpoint else []
        bar.update(len(track.history))
        for epoch in range(len(track.history) + 1, recipe.epochs + 1):
            with seeded(mixed(seed, epoch)):
                start = time.perf_counter()
                order = torch.randperm(len(data.train), generator=shuffle).to(device)
                losses, errors = loop.epoch(order)
                seconds = time.perf_counter() - start
                measured = track.add(losses, errors, len(order), seconds)
            if checkpoint and epoch < recipe.epochs:  # the last one becomes a result
                checkpoint.write(state, track.history)
            bar.set_description_str(f"error {percent(measured.test_error)}", False)
            bar.update()
            if on_epoch:
                on_epoch(measured)
    return track.result(name)


def mixed(seed: int, epoch: int) -> int:
    """A seed of its own for each epoch, so that a checkpoint needs no random state."""
    return int(np.random.SeedSequence([int(seed) % 2**64, epoch]).generate_state(1)[0])


def layout(model: nn.Module) -> torch.memory_format:
    """The faster layout of images, if all layers are torch's: others may want rows."""
    own = any(not type(m).__module__.startswith("torch.nn.") for m in model.modules())
    rows = own or any(is_lazy(w) or w.dim() > 4 for w in model.parameters())
    return torch.contiguous_format if rows else torch.channels_last


def check(model: nn.Module, data: Dataset, recipe: Recipe) -> None:
    """Raise ValueError where network, data and recipe do not suit each other."""
    if not isinstance(data, Dataset):
        raise ValueError(f"{type(data).__name__} is no Dataset; Dataset.from_arrays is")
    n, classes, last = len(data.train), len(data.classes), recipe.batch_size
    device = next((p.device for p in model.parameters()), "cpu")
    few = scale(data.train[:2].to(device, layout(model)).images)
    shape = tuple(few.shape[1:])
    try:
        with torch.no_grad():
            logits = model.eval()(few)
    except Exception as error:
        words = f"the network does not take images of shape {shape}: {error}"
        raise ValueError(words) from error
    given = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits)
    if given != (len(few), classes):
        raise ValueError(
            f"of {len(few)} images of shape {shape} the network makes {given}: with "
            f"{classes} classes, its last layer needs {classes} outputs"
        )
    shares = (logits >= 0).all() and (logits.sum(1) - 1).abs().max() < 1e-5
    if shares and classes > 1 and recipe.loss == "cross_entropy":
        raise ValueError(
            "the network ends in a softmax, and the loss cross_entropy has its own: "
            "leave the network's out"
        )
    if not any(weight.requires_grad for weight in model.parameters()):
        raise ValueError("the network has nothing to learn: no weights, or all frozen")
    if recipe.class_weights and len(recipe.class_weights) != classes:
        costs = len(recipe.class_weights)
        raise ValueError(f"{costs} class_weights do not suit {classes} classes")
    if 1 in (n % last, last):
        try:
            copy.deepcopy(model).train()(few[:1])
        except ValueError as error:  # as batch normalization does
            raise ValueError(
                f"a batch of one image is left of {n} images in batches of {last}, and "
                f"the network needs more ({error}): choose another batch_size"
            ) from error


def pick_loop(
    model: nn.Module, train: Split, recipe: Recipe, device: str
) -> tuple[Loop, str]:
    """Give the loop that trains the model, and its name."""
    why = "on a GPU" if device != "cpu" else fast.unsupported(model, recipe)
    if why is None:
        return fast.FastLoop(model, train, recipe), "fast"
    return PlainLoop(model, train.to(device, layout(model)), recipe), f"plain: {why}"


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


@torch.no_grad()
def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, K) of images (N, C, H, W), computed in large batches."""
    images = images_of(images)
    if not len(images):
        raise ValueError("there are no images to predict")
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
