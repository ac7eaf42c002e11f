"""A training step, an epoch and predictions, made of the layers in `layers.py`."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

from helpers.datasets import Split
from helpers.fast import kernels
from helpers.fast.layers import LAYERS, Activation, Conv2d, Flatten, Linear, MaxPool2d
from helpers.fast.optimizers import SLOTS, Optimizer, Weights

if TYPE_CHECKING:  # `training` imports this package
    from helpers.training import Recipe

PREDICTED = 200  # images at a time: their activations stay in the cache


def unsupported(model: nn.Module, recipe: "Recipe | None" = None) -> str | None:
    """Say what in a network, or in its recipe, is not implemented here.

    Gives None if everything is. Predictions need no recipe.
    """
    if recipe and recipe.loss != "cross_entropy":
        return f"no gradient written for the loss {recipe.loss}"
    if recipe and recipe.optimizer not in SLOTS:
        return f"{recipe.optimizer} not written"
    if type(model) is not nn.Sequential:
        return f"{type(model).__name__} is no plain nn.Sequential"
    for module in model:
        if type(module) not in LAYERS or not LAYERS[type(module)].accepts(module):
            return f"no gradient written for {module}"
    if not _in_order([LAYERS[type(module)] for module in model]):
        return "its layers stand in an order that is not foreseen"
    return altered(model)


def altered(model: nn.Sequential) -> str | None:
    """Say what would let torch change a step of its own layers; None if nothing.

    Pruning is a hook; a parametrization gives a layer another class.
    """
    modules, weights = [model, *model], [p for m in model for p in m.parameters()]
    kept = (hooks for x in modules for name, hooks in vars(x).items() if "hook" in name)
    of_weights = ((p._backward_hooks, p._post_accumulate_grad_hooks) for p in weights)
    if _has_any_global_hook() or any(kept) or any(any(h) for h in of_weights):
        return "it has hooks, which want torch's own modules"
    if any("forward" in vars(module) for module in modules):
        return "a layer has another forward than its class"
    where = {p.untyped_storage().data_ptr() for p in weights}
    if len(where) < len(weights) or not all(p.requires_grad for p in weights):
        return "its weights are shared or frozen"
    if any((type(p), p.dtype) != (nn.Parameter, torch.float32) for p in weights):
        return "its weights are no plain float32 parameters"
    return None


def _in_order(layers: list[type]) -> bool:
    """Whether the order of the layers suits one flattening and in-place activations.

    Convolutions and pooling come before the flattening, linear layers after it. Each
    activation overwrites the output of another kind of layer, which does not need it.
    """
    if Flatten not in layers[:-1]:
        return False
    flat, rest = layers.index(Flatten), [x for x in layers if x is not Flatten]
    return (
        not {Conv2d, MaxPool2d} & {*layers[flat:]}
        and Linear not in layers[:flat]
        and rest[0] is not Activation
        and (Activation, Activation) not in pairwise(rest)
    )


class Pass:
    """The forward pass of a batch of fixed size, with its own buffers."""

    def __init__(self, model: nn.Sequential, shape: torch.Size, size: int, weights):
        """Take `size` images of `shape` (C, H, W) at a time, and the `Weights`."""
        self.images = x = torch.empty(*shape, size)
        self.layers = []
        for module in model:
            layer = LAYERS[type(module)](module, x, weights)
            self.layers.append(layer)
            x = layer.y
        for a, b in pairwise(x for x in self.layers if type(x) is not Flatten):
            a.before_relu, b.after_relu = b.is_relu, a.is_relu
        self.logits = x  # (classes, size)
        self.pixels = self.images.flatten(0, -2).numpy()

    def forward(self, images: np.ndarray, rows: np.ndarray) -> None:
        """Fill `logits` with those of the `rows` (size,) of the images (N, P)."""
        kernels.load_batch(images, rows, self.pixels)
        for layer in self.layers:
            layer.forward()


class Step(Pass):
    """A forward and backward pass that updates the weights."""

    def __init__(self, *parts):
        """Take what `Pass` takes."""
        super().__init__(*parts)
        dy = torch.zeros_like(self.logits)
        self.scores, self.dscores = self.logits.numpy(), dy.numpy()
        # from the last layer back to the first one that has weights
        trained = [bool(layer.weight) for layer in self.layers]
        self.learning = self.layers[trained.index(True) :][::-1]
        for layer in self.learning:
            dy = layer.wire(dy, layer is not self.learning[-1])

    def learn(self, images, rows, labels, class_weights, sums) -> None:
        """Take a step on the images (N, P) and labels (N,) of `rows` (size,).

        `class_weights` (K,) and `sums` (2,) are those of `kernels.cross_entropy`.
        """
        self.forward(images, rows)
        parts = self.scores, labels[rows], class_weights, self.dscores, sums
        kernels.cross_entropy(*parts)
        for layer in self.learning:
            layer.backward()


class FastLoop:
    """Takes a model through the epochs of a recipe, in place."""

    def __init__(self, model: nn.Sequential, train: Split, recipe: "Recipe"):
        """Bind the loop to a model that `unsupported` accepts.

        What the compiled loops do not check is checked here: raises ValueError if
        images, labels or class weights do not suit the network or each other.
        """
        self.model, self.batch = model, recipe.batch_size
        classes = _classes(model, train.images)
        self.images = train.images.flatten(1).numpy()
        self.shape = train.images.shape[1:]
        self.labels = train.labels.numpy()
        self.optimizer = Optimizer(recipe.optimizer, recipe.learning_rate)
        self.weights = {p: Weights(p, self.optimizer) for p in model.parameters()}
        self.steps: dict[int, Step] = {}  # by size: the last batch may be smaller
        costs = recipe.class_weights or (1.0,) * classes
        self.class_weights = np.array(costs, np.float32)
        images, labels = len(self.images), len(self.labels)
        if images != labels:
            raise ValueError(f"{images} images, but {labels} labels")
        low, high = self.labels.min(), self.labels.max()
        if len(costs) != classes or low < 0 or high >= classes:
            raise ValueError(f"labels or their costs do not suit {classes} classes")

    def _step(self, size: int) -> Step:
        if size not in self.steps:
            self.steps[size] = Step(self.model, self.shape, size, self.weights)
        return self.steps[size]

    def epoch(self, order: Tensor) -> tuple[Tensor, int]:
        """Take one step for each batch of `order` (N,).

        Give each step's mean loss, (steps,) of float64, and how many images were
        misclassified before being learnt from.
        """
        losses, errors, order = [], 0, order.numpy()
        if not 0 <= order.min() <= order.max() < len(self.labels):
            raise IndexError(f"some of these images are not among {len(self.labels)}")
        for start in range(0, len(order), self.batch):
            rows, sums = order[start : start + self.batch], np.zeros(2)
            self.optimizer.next_step()
            step = self._step(len(rows))
            step.learn(self.images, rows, self.labels, self.class_weights, sums)
            losses.append(sums[0] / len(rows))
            errors += int(sums[1])
        for weights in self.weights.values():
            weights.give_back()
        return torch.tensor(losses, dtype=torch.float64), errors

    def state_dict(self) -> dict[str, Tensor]:
        """The optimizer's state for each weight, and its number of steps."""
        slots, memories = self.optimizer.slots, {}
        for name, parameter in self.model.named_parameters():
            for slot, memory in zip(slots, self.weights[parameter].memory, strict=True):
                memories[f"{name}.{slot}"] = torch.from_numpy(memory)
        return memories | {"steps": torch.tensor(self.optimizer.steps)}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Resume from the model's current weights and a result of `state_dict`."""
        for weights in self.weights.values():
            weights.take()
        for name, memory in self.state_dict().items():
            if name != "steps":
                memory.copy_(state[name])
        self.optimizer.steps = int(state["steps"])


@torch.no_grad()
def _classes(model: nn.Sequential, images: Tensor) -> int:
    """How many logits the model makes of such an image, as torch, which checks sizes.

    Raises ValueError if they do not suit, or if there are no images of bytes.
    """
    if images.dtype != torch.uint8 or images.dim() != 4 or not len(images):
        what = f"{images.dtype} of shape {tuple(images.shape)}"
        raise ValueError(f"some images (N, C, H, W) of uint8 are wanted, not {what}")
    try:
        return model(images[:1].float()).shape[1]
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"the network does not take these images: {error}") from error


@torch.no_grad()
def predict(model: nn.Sequential, images: Tensor) -> Tensor:
    """Logits (N, classes) of uint8 images (N, C, H, W); ValueError if they misfit."""
    _classes(model, images)
    weights = {p: Weights(p) for p in model.parameters()}
    pixels, passes, logits = images.flatten(1).numpy(), {}, []
    for rows in np.array_split(np.arange(len(images)), -(-len(images) // PREDICTED)):
        size = len(rows)
        if size not in passes:
            passes[size] = Pass(model, images.shape[1:], size, weights)
        passes[size].forward(pixels, rows)
        logits.append(passes[size].logits.t().clone())
    return torch.cat(logits)
