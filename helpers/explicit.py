"""The same training step, faster: forward and backward written out, layer by layer.

torch spends most of a small step in its bookkeeping, and most of a large one in writing
and reading gradients that are used once. Here every layer that the report's networks
use has its gradient written by hand, on buffers that are made once, and every weight
is updated as soon as its gradient is known. The mathematics are those of torch's
modules and optimizers; sums are taken in another order, so results agree to rounding
(tests/test_training.py). One thread computes, so the bits do not depend on the cores.

What is not written out here (`objection` says what) is trained by torch's autograd.
Activations are (C, H, W, B), as `helpers.kernels` wants them, or (features, B).
"""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from helpers import kernels
from helpers.layers import LAYERS, Activation, Conv2d, Flatten, Layer, Linear, MaxPool2d

BLOCK = 2**19  # weights used and updated at a time, so that they stay in the cache


def objection(model: nn.Module) -> str | None:
    """Say what of a network is not written out here; None if all of it is."""
    if type(model) is not nn.Sequential:
        return f"{type(model).__name__} is no plain nn.Sequential"
    for module in model:
        if type(module) not in LAYERS or not LAYERS[type(module)].accepts(module):
            return f"no gradient written for {module}"
    layers = [LAYERS[type(module)] for module in model]
    if not _in_order(layers):
        return "its layers stand in an order that is not foreseen"
    if any(m._forward_hooks or m._backward_hooks for m in (model, *model)):
        return "it has hooks, which want torch's own modules"
    if any(p.dtype != torch.float32 or not p.requires_grad for p in model.parameters()):
        return "its weights are frozen or not float32"
    if len(list(model.parameters())) != sum(len(list(m.parameters())) for m in model):
        return "its layers share weights"
    return None


def _in_order(layers: list[type[Layer]]) -> bool:
    """Whether images are flattened once, and no activation overwrites what is needed.

    An activation works in place, on the output of a layer that does not need it.
    """
    flat = layers.index(Flatten) if Flatten in layers else len(layers)
    of_images = {Conv2d, MaxPool2d}
    rest = [layer for layer in layers if layer is not Flatten]
    return (
        not of_images & set(layers[flat + 1 :])
        and Linear not in layers[:flat]
        and layers[-1] is not Flatten
        and not issubclass(rest[0], Activation)
        and not any(
            issubclass(a, Activation) and issubclass(b, Activation)
            for a, b in pairwise(rest)
        )
    )


class Update:
    """A rule that changes weights in place, with the memory it keeps of them."""

    memories = 0  # arrays kept, each as large as the weights

    def __init__(self, rate: float):
        self.rate, self.steps = np.float32(rate), 0

    def start(self, weights: np.ndarray) -> list[np.ndarray]:
        """Give the empty memory of an array of weights."""
        return [np.zeros_like(weights) for _ in range(self.memories)]

    def next_step(self) -> None:
        """Count a step; to be called before the updates of a batch."""

    def __call__(self, w: np.ndarray, g: np.ndarray, *memory: np.ndarray) -> None:
        """Change w (N,) by its gradient g (N,), and the memory."""
        raise NotImplementedError


class Sgd(Update):
    """Gradient descent."""

    def __call__(self, w, g):
        kernels.sgd(w, g, self.rate)


class Adagrad(Update):
    """torch.optim.Adagrad with its default options."""

    memories = 1

    def __call__(self, w, g, squares):
        kernels.adagrad(w, g, squares, self.rate)


class Adam(Update):
    """torch.optim.Adam with its default options."""

    memories = 2

    def next_step(self) -> None:
        """Count a step: the first ones are longer, as the averages start from 0."""
        self.steps += 1
        self.step_rate = np.float32(self.rate / (1 - 0.9**self.steps))
        self.scale = np.float32((1 - 0.999**self.steps) ** -0.5)

    def __call__(self, w, g, mean, square):
        kernels.adam(w, g, mean, square, self.step_rate, self.scale)


UPDATES = {"sgd": Sgd, "adagrad": Adagrad, "adam": Adam}


class Block(NamedTuple):
    """Rows of a parameter that are updated together."""

    rows: slice
    value: Tensor
    gradient: Tensor  # a buffer that all blocks share
    arrays: list[np.ndarray]  # value, gradient and the update's memory, flat

    def apply(self, update: Update) -> None:
        """Change the values by the gradient."""
        update(*self.arrays)


class Weights:
    """A parameter of the model in blocks of rows, at most `BLOCK` numbers each."""

    def __init__(self, parameter: nn.Parameter, update: Update):
        self.parameter = parameter
        self.value = parameter.detach().contiguous()  # the same memory, if it can be
        per_row = self.value[0].numel()
        height = min(len(self.value), max(1, BLOCK // per_row))
        self.gradient = torch.zeros_like(self.value[:height])
        memory = update.start(self.value.numpy())
        self.blocks = [
            self._block(slice(i, i + height), memory)
            for i in range(0, len(self.value), height)
        ]

    def _block(self, rows: slice, memory: list[np.ndarray]) -> Block:
        value = self.value[rows]
        gradient = self.gradient[: len(value)]
        arrays = [value.numpy(), gradient.numpy(), *(m[rows] for m in memory)]
        return Block(rows, value, gradient, [a.reshape(-1) for a in arrays])

    def give_back(self) -> None:
        """Put the values into the model, where they are not there already."""
        with torch.no_grad():
            self.parameter.copy_(self.value)


class Step:
    """One training step on a batch of a fixed size, in buffers of its own."""

    def __init__(self, model: nn.Sequential, shape, size: int, weights, update):
        """Images have `shape` (C, H, W)."""
        self.images = x = torch.empty(*shape, size)
        self.layers = []
        for module in model:
            layer = LAYERS[type(module)](module, x, weights, update)
            self.layers.append(layer)
            x = layer.y
        self.logits, self.dlogits = x, torch.zeros_like(x)
        self.pixels = self.images.flatten(0, -2).numpy()
        self.scores, self.dscores = self.logits.numpy(), self.dlogits.numpy()
        self._bind()

    def _bind(self) -> None:
        """Tie each layer's gradient to the next one's, as far as there are weights."""
        dy, trained = self.dlogits, [bool(layer.weight) for layer in self.layers]
        self.learning = list(reversed(self.layers[trained.index(True) :]))
        for layer in self.learning:
            dy = layer.bind(dy, layer is not self.learning[-1])

    def __call__(self, images, rows, labels, class_weights, sums) -> None:
        """Learn from the images (N, P) of `rows` (B,), whose labels are (B,)."""
        kernels.load_batch(images, rows, self.pixels)
        for layer in self.layers:
            layer.forward()
        kernels.cross_entropy(self.scores, labels, class_weights, self.dscores, sums)
        for layer in self.learning:
            layer.backward()


class Trainer:
    """Takes a model through the epochs of a recipe, in place."""

    def __init__(self, model: nn.Sequential, train, recipe):
        """`train` is a helpers.datasets.Split, `recipe` a helpers.training.Recipe."""
        self.model, self.batch = model, recipe.batch_size
        self.shape = train.images.shape[1:]
        self.images = train.images.flatten(1).numpy()
        self.labels = train.labels.numpy()
        classes = np.ones(256, np.float32)
        if recipe.class_weights is not None:
            classes[: len(recipe.class_weights)] = recipe.class_weights
        self.class_weights = classes
        self.update = UPDATES[recipe.optimizer](recipe.learning_rate)
        self.weights = {p: Weights(p, self.update) for p in model.parameters()}
        self.step_of = cache(self._step)  # the last batch may be smaller

    def _step(self, size: int) -> Step:
        return Step(self.model, self.shape, size, self.weights, self.update)

    def epoch(self, order: Tensor) -> tuple[float, float]:
        """Take one step for each batch of `order` (N,); give mean loss, error share."""
        sums, order = np.zeros(2), order.numpy()
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            self.update.next_step()
            step = self.step_of(len(rows))
            step(self.images, rows, self.labels[rows], self.class_weights, sums)
        for weights in self.weights.values():
            weights.give_back()
        loss, errors = sums / len(order)
        return float(loss), float(errors)
