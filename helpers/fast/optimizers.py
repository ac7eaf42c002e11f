"""Weights, and the compiled loops that change them in place."""

import numpy as np
import torch
from torch import Tensor, nn

from helpers.fast.kernels import compiled
from helpers.fast.tile import LANES, tile

TOGETHER = 64  # rows of a matrix that are read, used and updated while in the cache
WIDE = 8 * LANES  # columns of a tile of one row


# what each optimizer keeps for an array of weights, by the names that torch has for it
SLOTS = {"sgd": (), "adagrad": ("sum",), "adam": ("exp_avg", "exp_avg_sq")}


class Optimizer:
    """A rule by which gradients change weights, with torch's default options."""

    def __init__(self, name: str, rate: float):
        """Take one of the names in `SLOTS`, and a learning rate."""
        self.slots, self.rate, self.steps = SLOTS[name], rate, 0
        self.rests = len(self.slots) < 2  # whether only a gradient moves a weight
        self.numbers = np.float32(rate), np.float32(1)  # for `update`

    def next_step(self) -> None:
        """Count a step; to be called before the updates of a batch.

        Adam's averages start from 0, which the numbers of a step make up for.
        """
        self.steps += 1
        if not self.rests:
            rate, scale = 1 / (1 - 0.9**self.steps), (1 - 0.999**self.steps) ** -0.5
            self.numbers = np.float32(self.rate * rate), np.float32(scale)


@compiled
def update(slots, w, g, first, second, rate, scale):
    """Change w (N,) by its gradient g (N,), and the memory in so many `slots`."""
    if slots == 0:  # gradient descent
        for i in range(len(w)):
            w[i] -= rate * g[i]
    elif slots == 1:  # Adagrad
        for i in range(len(w)):
            first[i] += g[i] * g[i]
            w[i] -= rate * g[i] / (np.sqrt(first[i]) + np.float32(1e-10))
    else:  # Adam
        for i in range(len(w)):
            first[i] += np.float32(0.1) * (g[i] - first[i])
            second[i] += np.float32(0.001) * (g[i] * g[i] - second[i])
            w[i] -= rate * first[i] / (np.sqrt(second[i]) * scale + np.float32(1e-8))


@compiled
def add_rows(factors, places, matrix, a, z, total):
    """Add to total (1, N), from a to z, rows of a matrix times their factors (1, n).

    `matrix` is flat; `places` (n,) are where its rows begin.
    """
    wide = a + (z - a) // WIDE * WIDE
    lanes = wide + (z - wide) // LANES * LANES
    for i in range(a, wide, WIDE):
        tile(1, WIDE, factors, places, matrix[i:], total[:, i:])
    for i in range(wide, lanes, LANES):
        tile(1, LANES, factors, places, matrix[i:], total[:, i:])
    for i in range(lanes, z):
        tile(1, 1, factors, places, matrix[i:], total[:, i:])


@compiled
def learn(slots, w, memory, dy, x, runs, dx, rate):
    """Update w (O, I) by a gradient dy (O, B) with many zeros; add to dx (B, I).

    x (B, I) is zero outside its `runs` (n, 3), from and to; dx gets what dy sends
    through w before the update, inside the runs only, or nothing if it is empty. The
    optimizer has at most one slot, `memory` (O, I), and weights without a gradient are
    not touched. The others are read, used and updated while they are in the cache.
    """
    batch, width = dy.shape[1], w.shape[1]
    factors = np.empty((1, max(batch, TOGETHER)), np.float32)
    places = np.empty(max(batch, TOGETHER), np.intp)
    gradient = np.empty((1, width), np.float32)
    flat_w, flat_x = w.reshape(-1), x.reshape(-1)
    for start in range(0, len(w), TOGETHER):
        end = min(start + TOGETHER, len(w))
        for b in range(len(dx)):
            n = 0
            for o in range(start, end):
                if dy[o, b] != 0:
                    factors[0, n], places[n] = dy[o, b], o * width
                    n += 1
            for a, z, _ in runs:
                add_rows(factors[:, :n], places[:n], flat_w, a, z, dx[b : b + 1])
        for o in range(start, end):
            n = 0
            for b in range(batch):
                if dy[o, b] != 0:
                    factors[0, n], places[n] = dy[o, b], b * width
                    n += 1
            if n == 0:
                continue
            for a, z, _ in runs:
                gradient[0, a:z] = 0
                add_rows(factors[:, :n], places[:n], flat_x, a, z, gradient)
                g, part = gradient[0, a:z], memory[o, a:z]
                update(slots, w[o, a:z], g, part, part, rate, rate)


class Weights:
    """A parameter of the model, with the optimizer's memory of it."""

    def __init__(self, parameter: nn.Parameter, optimizer: Optimizer | None = None):
        """Bind to a parameter; without an optimizer, it is only read."""
        self.parameter, self.optimizer = parameter, optimizer or Optimizer("sgd", 0)
        self.value = parameter.detach().contiguous()  # the same memory, if it can be
        value, slots = self.value.numpy(), self.optimizer.slots
        self.memory = [np.zeros_like(value) for _ in slots]
        # what no slot uses is there for the number of arguments alone
        self.w, *self.two = (
            a.reshape(-1) for a in [value, *self.memory, value, value][:3]
        )

    def take(self) -> None:
        """Copy the values from the model."""
        self.value.copy_(self.parameter.detach())

    def give_back(self) -> None:
        """Copy the values to the model, in case they do not share its memory."""
        with torch.no_grad():
            self.parameter.copy_(self.value)

    def apply(self, gradient: np.ndarray) -> None:
        """Take a step along a gradient (N,) of all values in their order."""
        update(len(self.memory), self.w, gradient, *self.two, *self.optimizer.numbers)

    def learn(self, dy: Tensor, x: Tensor, runs: np.ndarray, dx: Tensor | None) -> None:
        """Take a step for a matrix (O, I), given the gradient dy (O, B) behind it.

        x (I, B) is zero outside its `runs` of features. Fills dx (I, B), if it is not
        None, with the gradient in the runs and with zeros elsewhere.
        """
        by_image = x.t().contiguous().numpy()
        sums = np.zeros_like(by_image if dx is not None else by_image[:0])
        value = self.value.numpy()
        memory = self.memory[0] if self.memory else value
        rate, _ = self.optimizer.numbers
        parts = value, memory, dy.numpy(), by_image, runs, sums, rate
        learn(len(self.memory), *parts)
        if dx is not None:
            dx.copy_(torch.from_numpy(sums).t())
