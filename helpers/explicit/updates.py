"""Optimizers as compiled loops, and the weights that they change in place."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from helpers.explicit.kernels import compiled

BLOCK = 2**20  # weights used and updated at a time, so that they stay in the cache


@compiled
def sgd(w, g, rate):
    """One step of gradient descent on w (N,) with gradient g (N,)."""
    for i in range(len(w)):
        w[i] -= rate * g[i]


@compiled
def adagrad(w, g, squares, rate):
    """One step of Adagrad; `squares` (N,) sums those of the gradients."""
    for i in range(len(w)):
        squares[i] += g[i] * g[i]
        w[i] -= rate * g[i] / (np.sqrt(squares[i]) + np.float32(1e-10))


@compiled
def adagrad_where(w, g, squares, rate, rows, runs, width):
    """`adagrad` on the `rows` and `runs` of w (O * I,) that have a gradient."""
    for o in rows:
        for a, z in runs + o * width:
            adagrad(w[a:z], g[a:z], squares[a:z], rate)


@compiled
def sgd_where(w, g, rate, rows, runs, width):
    """`sgd` on the `rows` and `runs` of w (O * I,) that have a gradient."""
    for o in rows:
        for a, z in runs + o * width:
            sgd(w[a:z], g[a:z], rate)


@compiled
def adam(w, g, mean, square, rate, scale):
    """One step of Adam; `rate` and `scale` carry the corrections of its start."""
    for i in range(len(w)):
        mean[i] += np.float32(0.1) * (g[i] - mean[i])
        square[i] += np.float32(0.001) * (g[i] * g[i] - square[i])
        w[i] -= rate * mean[i] / (np.sqrt(square[i]) * scale + np.float32(1e-8))


class Update:
    """A rule that changes weights in place, with the memory it keeps of them."""

    memories = ()  # names, as torch calls them, of arrays as large as the weights

    def __init__(self, rate: float):
        self.rate, self.steps = np.float32(rate), 0

    def start(self, weights: np.ndarray) -> list[np.ndarray]:
        """Give the empty memory of an array of weights."""
        return [np.zeros_like(weights) for _ in self.memories]

    def next_step(self) -> None:
        """Count a step; to be called before the updates of a batch."""

    def __call__(self, w: np.ndarray, g: np.ndarray, *memory: np.ndarray) -> None:
        """Change w (N,) by its gradient g (N,), and the memory."""
        raise NotImplementedError

    # where(w, g, *memory, rows, runs, width) does so only for `rows` and `runs` of w,
    # rows of `width`; None if a weight without a gradient moves too
    where = None


class Sgd(Update):
    """Gradient descent."""

    def __call__(self, w, g):
        sgd(w, g, self.rate)

    def where(self, w, g, rows, runs, width):
        sgd_where(w, g, self.rate, rows, runs, width)


class Adagrad(Update):
    """torch.optim.Adagrad with its default options."""

    memories = ("sum",)

    def __call__(self, w, g, squares):
        adagrad(w, g, squares, self.rate)

    def where(self, w, g, squares, rows, runs, width):
        adagrad_where(w, g, squares, self.rate, rows, runs, width)


class Adam(Update):
    """torch.optim.Adam with its default options."""

    memories = ("exp_avg", "exp_avg_sq")

    def next_step(self) -> None:
        """Count a step: the first ones are longer, as the averages start from 0."""
        self.steps += 1
        self.step_rate = np.float32(self.rate / (1 - 0.9**self.steps))
        self.scale = np.float32((1 - 0.999**self.steps) ** -0.5)

    def __call__(self, w, g, mean, square):
        adam(w, g, mean, square, self.step_rate, self.scale)


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

    def apply_where(self, update: Update, rows: np.ndarray, runs: np.ndarray) -> None:
        """Change only `rows` (n,) and `runs` (n, 2); the rest has no gradient."""
        update.where(*self.arrays, rows, runs, self.value.shape[-1])


class Weights:
    """A parameter of the model in blocks of rows, at most `BLOCK` numbers each."""

    def __init__(self, parameter: nn.Parameter, update: Update | None = None):
        """Without an update, weights that are only read."""
        self.parameter = parameter
        self.value = parameter.detach().contiguous()  # the same memory, if it can be
        per_row = self.value[0].numel()
        height = min(len(self.value), max(1, BLOCK // per_row))
        self.gradient = torch.zeros_like(self.value[:height])
        self.memory = update.start(self.value.numpy()) if update else []
        self.blocks = [
            self._block(slice(i, i + height), self.memory)
            for i in range(0, len(self.value), height)
        ]

    def _block(self, rows: slice, memory: list[np.ndarray]) -> Block:
        value = self.value[rows]
        gradient = self.gradient[: len(value)]
        arrays = [value.numpy(), gradient.numpy(), *(m[rows] for m in memory)]
        return Block(rows, value, gradient, [a.reshape(-1) for a in arrays])

    def take(self) -> None:
        """Start from the model's values."""
        self.value.copy_(self.parameter.detach())

    def give_back(self) -> None:
        """Put the values into the model, where they are not there already."""
        with torch.no_grad():
            self.parameter.copy_(self.value)
