"""Optimizers as compiled loops, and the weights that they change in place."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from helpers.fast.kernels import compiled

BLOCK = 2**20  # weights used and updated at a time, so that they stay in the cache


@compiled
def sgd(w, g, rate):
    """One step of gradient descent on w (N,) with gradient g (N,)."""
    for i in range(len(w)):
        w[i] -= rate * g[i]


@compiled
def adagrad(w, g, squares, rate):
    """One step of Adagrad; `squares` (N,) sums the squared gradients."""
    for i in range(len(w)):
        squares[i] += g[i] * g[i]
        w[i] -= rate * g[i] / (np.sqrt(squares[i]) + np.float32(1e-10))


@compiled
def adagrad_where(w, g, squares, rate, rows, runs, width):
    """`adagrad` on only those `rows` and `runs` of w (O * width,) with a gradient."""
    for o in rows:
        for a, z in runs + o * width:
            adagrad(w[a:z], g[a:z], squares[a:z], rate)


@compiled
def sgd_where(w, g, rate, rows, runs, width):
    """`sgd` on only those `rows` and `runs` of w (O * width,) with a gradient."""
    for o in rows:
        for a, z in runs + o * width:
            sgd(w[a:z], g[a:z], rate)


@compiled
def adam(w, g, mean, square, rate, scale):
    """One step of Adam; `rate` and `scale` include the bias corrections."""
    for i in range(len(w)):
        mean[i] += np.float32(0.1) * (g[i] - mean[i])
        square[i] += np.float32(0.001) * (g[i] * g[i] - square[i])
        w[i] -= rate * mean[i] / (np.sqrt(square[i]) * scale + np.float32(1e-8))


@compiled
def add_rows(total, factors, matrix, rows, a, z):
    """Add to `total`, from a to z, the `rows` of a matrix times their factors."""
    out, whole = total[a:z], len(rows) // 4 * 4
    for j in range(0, whole, 4):  # four at a time: `total` is read and written less
        p, q, r, s = rows[j], rows[j + 1], rows[j + 2], rows[j + 3]
        fp, fq, fr, fs = factors[p], factors[q], factors[r], factors[s]
        mp, mq, mr, ms = matrix[p, a:z], matrix[q, a:z], matrix[r, a:z], matrix[s, a:z]
        for i in range(len(out)):
            out[i] += fp * mp[i] + fq * mq[i] + fr * mr[i] + fs * ms[i]
    for j in range(whole, len(rows)):
        factor, row = factors[rows[j]], matrix[rows[j], a:z]
        for i in range(len(out)):
            out[i] += factor * row[i]


@compiled
def sparse_weight_gradient(dy, x, runs, dweight, live):
    """Compute dweight (O, I) from dy (O, B), which is mostly zero, and x (B, I).

    Fills only the `runs` of the rows that have a gradient; lists these rows in `live`
    (O,) and gives their number.
    """
    n = 0
    images = np.empty(dy.shape[1], np.intp)
    for o in range(len(dy)):
        some = 0
        for b in range(dy.shape[1]):
            if dy[o, b] != 0:
                images[some] = b
                some += 1
        if some:
            live[n] = o
            n += 1
            for a, z in runs:
                dweight[o, a:z] = 0
                add_rows(dweight[o], dy[o], x, images[:some], a, z)
    return n


@compiled
def sparse_input_gradient(dy, weight, runs, dx):
    """Add dy.T @ weight to the `runs` of dx (B, I); dy (O, B) is mostly zero."""
    rows = np.empty(len(dy), np.intp)
    for b in range(dy.shape[1]):
        some = 0
        for o in range(len(dy)):
            if dy[o, b] != 0:
                rows[some] = o
                some += 1
        for a, z in runs:
            add_rows(dx[b], dy[:, b], weight, rows[:some], a, z)


class Optimizer:
    """Base class of the optimizers, which update weights in place."""

    memories = ()  # names, as torch calls them, of arrays as large as the weights

    def __init__(self, rate: float):
        self.rate, self.steps = np.float32(rate), 0

    def start(self, weights: np.ndarray) -> list[np.ndarray]:
        """Give the initial state, all zeros, for an array of weights."""
        return [np.zeros_like(weights) for _ in self.memories]

    def next_step(self) -> None:
        """Count a step; to be called before the updates of a batch."""

    def __call__(self, w: np.ndarray, g: np.ndarray, *memory: np.ndarray) -> None:
        """Change w (N,) by its gradient g (N,), and the memory."""
        raise NotImplementedError

    # where(w, g, *memory, rows, runs, width) updates only the `runs` of those `rows` of
    # w, each `width` long; it is None if weights without a gradient move too
    where = None


class Sgd(Optimizer):
    """Gradient descent."""

    def __call__(self, w, g):
        sgd(w, g, self.rate)

    def where(self, w, g, rows, runs, width):
        sgd_where(w, g, self.rate, rows, runs, width)


class Adagrad(Optimizer):
    """torch.optim.Adagrad with its default options."""

    memories = ("sum",)

    def __call__(self, w, g, squares):
        adagrad(w, g, squares, self.rate)

    def where(self, w, g, squares, rows, runs, width):
        adagrad_where(w, g, squares, self.rate, rows, runs, width)


class Adam(Optimizer):
    """torch.optim.Adam with its default options."""

    memories = ("exp_avg", "exp_avg_sq")

    def next_step(self) -> None:
        """Count a step and set its bias corrections, as the averages start from 0."""
        self.steps += 1
        self.step_rate = np.float32(self.rate / (1 - 0.9**self.steps))
        self.scale = np.float32((1 - 0.999**self.steps) ** -0.5)

    def __call__(self, w, g, mean, square):
        adam(w, g, mean, square, self.step_rate, self.scale)


FAST_OPTIMIZERS = {"sgd": Sgd, "adagrad": Adagrad, "adam": Adam}


class Block(NamedTuple):
    """Rows of a parameter that are updated together."""

    rows: slice
    value: Tensor
    gradient: Tensor  # a buffer that all blocks share
    arrays: list[np.ndarray]  # value, gradient and the update's memory, flat

    def apply(self, optimizer: Optimizer) -> None:
        """Change the values by the gradient."""
        optimizer(*self.arrays)


class Weights:
    """A parameter of the model in blocks of rows, at most `BLOCK` numbers each."""

    def __init__(self, parameter: nn.Parameter, optimizer: Optimizer | None = None):
        """Divide a parameter into blocks; without an optimizer, they are only read."""
        self.parameter = parameter
        self.value = parameter.detach().contiguous()  # the same memory, if it can be
        per_row = self.value[0].numel()
        height = min(len(self.value), max(1, BLOCK // per_row))
        self.gradient = torch.zeros_like(self.value[:height])
        self.live = np.empty(height, np.intp)
        self.memory = optimizer.start(self.value.numpy()) if optimizer else []
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
        """Copy the values from the model."""
        self.value.copy_(self.parameter.detach())

    def give_back(self) -> None:
        """Copy the values to the model, in case they do not share its memory."""
        with torch.no_grad():
            self.parameter.copy_(self.value)

    def learn_sparse(
        self,
        dy: Tensor,
        x: Tensor,
        runs: np.ndarray,
        optimizer: Optimizer,
        dx: Tensor | None,
        sent: np.ndarray,
    ) -> None:
        """Update a matrix (O, I) with a gradient dy (O, B) that is mostly zero.

        x (I, B) is zero outside its `runs` of features. Fills dx (I, B), if it is not
        None, with the gradient in the runs `sent` and with zeros elsewhere.
        """
        by_image = x.t().contiguous().numpy()
        sums = np.zeros_like(by_image)
        for block in self.blocks:
            part, gradient = dy[block.rows].numpy(), block.gradient.numpy()
            if dx is not None:
                sparse_input_gradient(part, block.value.numpy(), sent, sums)
            n = sparse_weight_gradient(part, by_image, runs, gradient, self.live)
            optimizer.where(*block.arrays, self.live[:n], runs, len(x))
        if dx is not None:
            dx.copy_(torch.from_numpy(sums).t())
