"""Layers with hand-written gradients.

A layer is made for one batch size, bound to its input `x` and to buffers for its output
`y` and for the gradient `dx` with respect to x. `forward()` fills y; `backward()` takes
the gradient `dy` with respect to y, fills dx and updates the layer's weights.
Activations are (C, H, W, B) or (features, B): the images of the batch come last.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers.fast import kernels
from helpers.fast.optimizers import Weights
from helpers.fast.tile import tiles

aten = torch.ops.aten

LARGE = 2**20  # weights; their gradient is not kept as a whole if it has many zeros


def rows(activations: Tensor) -> np.ndarray:
    """View activations (C, H, W, B) as the kernels take them, (C, H, W * B)."""
    return activations.flatten(2).numpy()


class Layer:
    """What all layers have in common."""

    y: Tensor
    weight: Any = None  # `Weights`, as the bias, where there are any
    bias: Any = None
    is_relu = False
    after_relu = before_relu = False  # next to a ReLU, x or dy has many zeros

    def __init__(
        self, module: nn.Module, x: Tensor, weights: dict[nn.Parameter, Weights]
    ):
        """Bind the layer to its input and, among `weights`, to its own."""
        self.x = x
        self.weight, self.bias = (
            weights.get(getattr(module, name, None)) for name in ("weight", "bias")
        )

    @staticmethod
    def accepts(module: nn.Module) -> bool:
        """Whether the module's options are implemented here."""
        return True

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        """Take the buffer of dy; give that of dx, or None unless `wants_dx`."""
        self.dy = dy.view(self.y.shape)
        self.dx = torch.zeros_like(self.x) if wants_dx else None
        return self.dx

    def forward(self) -> None:
        """Fill y from x."""

    def backward(self) -> None:
        """Fill dx from dy, and update the weights."""


class Flatten(Layer):
    """nn.Flatten, as a view of the same memory."""

    @staticmethod
    def accepts(module: nn.Flatten) -> bool:
        return (module.start_dim, module.end_dim) == (1, -1)

    def __init__(self, module: nn.Flatten, x: Tensor, *_weights):
        self.y = x.flatten(0, -2)

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        return dy


class Linear(Layer):
    """nn.Linear: y = W x + b, with x (features, images).

    Next to a ReLU, products with zeros are left out: features of x that are zero in all
    images, and, if the layer is large, the backward products of each zero of dy.
    """

    @staticmethod
    def accepts(module: nn.Linear) -> bool:
        return module.bias is not None

    def __init__(self, module: nn.Linear, x: Tensor, *weights):
        super().__init__(module, x, *weights)
        self.y = torch.empty(module.out_features, x.shape[-1])
        self.runs = np.array([[0, len(x), 0]])  # of features, as `product` takes them
        self.found = np.empty((len(x) // kernels.GAP + 1, 3), np.intp)
        self.multiply = kernels.product(*tiles(*self.y.shape))
        self.places = np.arange(len(x)) * x.shape[-1]

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        # from memory that is only taken when it is written
        self.gradient = torch.empty_like(self.weight.value)
        self.many_zeros = self.before_relu and self.weight.value.numel() > LARGE
        return super().wire(dy, wants_dx)

    def forward(self) -> None:
        x, y = self.x.numpy(), self.y.numpy()
        if self.after_relu:
            self.runs = self.found[: kernels.live_runs(x, self.found)]
        weight, bias = self.weight.value.numpy(), self.bias.value.numpy()
        where = self.places, self.runs[None]
        self.multiply(weight, bias, x.reshape(-1), *where, y[:, None])

    def backward(self) -> None:
        if self.many_zeros and self.weight.optimizer.rests:
            self.weight.learn(self.dy, self.x, self.runs, self.dx)
        else:
            if self.dx is not None:
                torch.mm(self.weight.value.t(), self.dy, out=self.dx)
            torch.mm(self.dy, self.x.t(), out=self.gradient)
            self.weight.apply(self.gradient.view(-1).numpy())
        self.bias.apply(self.dy.numpy().sum(1))


class Conv2d(Layer):
    """nn.Conv2d with square kernels of side 1 to 5, no padding and a stride of 1."""

    @staticmethod
    def accepts(module: nn.Conv2d) -> bool:
        size = module.kernel_size[0]
        plain = nn.Conv2d(module.in_channels, module.out_channels, size)
        return repr(module) == repr(plain) and size <= 5  # repr shows every option

    def __init__(self, module: nn.Conv2d, x: Tensor, *weights):
        super().__init__(module, x, *weights)
        self.size, batch = module.kernel_size[0], x.shape[-1]
        height, width = (n - self.size + 1 for n in x.shape[1:3])
        self.y = torch.empty(module.out_channels, height, width, batch)
        self.multiply = kernels.product(*tiles(len(self.y), width * batch))
        self.gradient = kernels.correlation_gradient(self.size, 1 - len(self.y) % 2)
        self.taps = torch.empty(self.weight.value.transpose(1, 2).shape)
        self.forwards = self._arguments(self.taps, self.bias.value, x, self.y)

    def _arguments(self, taps: Tensor, bias: Tensor, x: Tensor, y: Tensor) -> tuple:
        """What `product` takes to fill y (O, H', W', B) from x (I, H, W, B).

        The taps are (O, size, I, size). H' is H - size + 1 or, as if x were padded with
        rows of zeros, H + size - 1.
        """
        size, (inputs, height, _, batch) = self.size, x.shape
        row, line = np.arange(y.shape[1]), x[0, 0].numel()
        edge = (len(row) - height + size - 1) // 2  # rows of zeros on each side
        first, end = np.maximum(edge - row, 0), np.minimum(edge - row + height, size)
        taps_a_row = inputs * size
        runs = first * taps_a_row, end * taps_a_row, (row - edge + first) * line
        u, c, v = np.ix_(range(size), range(inputs), range(size))
        places = ((c * height + u) * line + v * batch).reshape(-1)
        weight, flat = taps.flatten(1).numpy(), x.view(-1).numpy()
        return weight, bias.numpy(), flat, places, np.stack(runs, 1)[:, None], rows(y)

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        super().wire(dy, wants_dx)
        batch = self.x.shape[-1]
        self.gradients = [
            np.empty(w.value.shape, np.float32) for w in (self.weight, self.bias)
        ]
        self.backwards = rows(self.x), rows(self.dy), *self.gradients, batch
        if wants_dx:
            edge = self.size - 1
            padded = nn.functional.pad(self.dy, (0, 0, edge, edge)).zero_()
            self.inside = padded[:, :, edge : edge + self.dy.shape[2]]
            self.back = kernels.product(*tiles(len(self.x), self.x[0, 0].numel()))
            self.turned = torch.empty(self.weight.value.permute(1, 2, 0, 3).shape)
            no_bias = torch.zeros(len(self.x))
            self.outwards = self._arguments(self.turned, no_bias, padded, self.dx)
        return self.dx

    def forward(self) -> None:
        self.taps.copy_(self.weight.value.transpose(1, 2))
        self.multiply(*self.forwards)

    def backward(self) -> None:
        if self.dx is not None:
            # again a correlation: of dy padded with zeros, with the kernels rotated
            self.inside.copy_(self.dy)
            self.turned.copy_(self.weight.value.flip(2, 3).permute(1, 2, 0, 3))
            self.back(*self.outwards)
        self.gradient(*self.backwards)
        dweight, dbias = self.gradients
        self.weight.apply(dweight.reshape(-1))
        self.bias.apply(dbias)


class MaxPool2d(Layer):
    """nn.MaxPool2d(2)."""

    @staticmethod
    def accepts(module: nn.MaxPool2d) -> bool:
        return repr(module) == repr(nn.MaxPool2d(2)) and not module.return_indices

    def __init__(self, module: nn.MaxPool2d, x: Tensor, *weights):
        super().__init__(module, x, *weights)
        channels, height, width, self.batch = x.shape
        self.y = torch.empty(channels, height // 2, width // 2, self.batch)

    def forward(self) -> None:
        kernels.max_pool(rows(self.x), rows(self.y), self.batch)

    def backward(self) -> None:
        if self.dx is not None:
            x, dy, dx = rows(self.x), rows(self.dy), rows(self.dx)
            kernels.max_pool_gradient(x, dy, dx, self.batch)


def _slope(gradient, *options):
    def slope(module: nn.Module, y: Tensor, dy: Tensor) -> None:
        gradient.grad_input(dy, y, *options, grad_input=dy)

    return slope


def _elu_slope(module: nn.ELU, y: Tensor, dy: Tensor) -> None:
    aten.elu_backward.grad_input(dy, module.alpha, 1, 1, True, y, grad_input=dy)


# what makes y of x, and dx of y and dy, in place
FUNCTIONS = {
    nn.ReLU: (lambda module, x: x.relu_(), _slope(aten.threshold_backward, 0)),
    nn.ELU: (lambda module, x: nn.functional.elu_(x, module.alpha), _elu_slope),
    nn.Sigmoid: (lambda module, x: x.sigmoid_(), _slope(aten.sigmoid_backward)),
    nn.Tanh: (lambda module, x: x.tanh_(), _slope(aten.tanh_backward)),
}


class Activation(Layer):
    """An elementwise function in place, whose derivative needs y alone."""

    @staticmethod
    def accepts(module: nn.Module) -> bool:
        return getattr(module, "alpha", 1) >= 0  # else an ELU's y may be of two x

    def __init__(self, module: nn.Module, x: Tensor, *_weights):
        self.module, self.y = module, x
        self.function, self.slope = FUNCTIONS[type(module)]
        self.is_relu = type(module) is nn.ReLU

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        self.dy = dy.view(self.y.shape)
        return self.dy

    def forward(self) -> None:
        self.function(self.module, self.y)

    def backward(self) -> None:
        self.slope(self.module, self.y, self.dy)


LAYERS = {
    getattr(nn, layer.__name__): layer for layer in (Conv2d, MaxPool2d, Flatten, Linear)
} | dict.fromkeys(FUNCTIONS, Activation)
