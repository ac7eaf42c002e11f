"""Layers with hand-written gradients.

A layer is made for one batch size, bound to its input `x` and to buffers for its output
`y` and for the gradient `dx` with respect to x. `forward()` fills y; `backward()` takes
the gradient `dy` with respect to y, fills dx and updates the layer's weights.
Activations are (C, H, W, B) or (features, B): the images of the batch come last.
"""

import numpy as np
import torch
from torch import Tensor, nn

from helpers.fast import kernels
from helpers.fast.optimizers import Optimizer, Weights

aten = torch.ops.aten

SPARSE = 0.3  # if less of dy than this share is nonzero, only that part is used


def rows(activations: Tensor) -> np.ndarray:
    """View activations (C, H, W, B) as the kernels take them, (C, H, W * B)."""
    return activations.flatten(2).numpy()


class Layer:
    """What all layers have in common."""

    weight = bias = None
    after_relu = before_relu = False  # next to a ReLU, x or dy has many zeros

    def __init__(
        self,
        module: nn.Module,
        x: Tensor,
        weights: dict[nn.Parameter, Weights],
        optimizer: Optimizer | None,
    ):
        """Bind the layer to its input; without an optimizer it never learns."""
        self.x, self.optimizer = x, optimizer
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

    def __init__(self, module: nn.Flatten, x: Tensor, *_learning):
        self.y = x.flatten(0, -2)

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        return dy


class Linear(Layer):
    """nn.Linear: y = W x + b, with x (features, images).

    Next to a ReLU, products with zeros are left out where that pays: features of x that
    are zero in all images, and the backward products of a dy that is mostly zero.
    """

    @staticmethod
    def accepts(module: nn.Linear) -> bool:
        return module.bias is not None

    def __init__(self, module: nn.Linear, x: Tensor, *learning):
        super().__init__(module, x, *learning)
        self.y = torch.empty(module.out_features, x.shape[-1])
        self.all = self.runs = np.array([[0, len(x)]])  # features, from and to
        self.found = np.empty((len(x) // kernels.GAP + 1, 2), np.intp)
        bias = self.bias.value.unsqueeze(1)
        self.forwards = [
            (bias[block.rows], block.value, self.y[block.rows])
            for block in self.weight.blocks
        ]

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        super().wire(dy, wants_dx)
        self.backwards = [(b, self.dy[b.rows]) for b in self.weight.blocks]
        self.biases = [(b, self.dy[b.rows]) for b in self.bias.blocks]
        return self.dx

    def forward(self) -> None:
        if not self.after_relu:
            for bias, weight, y in self.forwards:
                torch.addmm(bias, weight, self.x, out=y)
            return
        self.runs = self.found[: kernels.live_runs(self.x.numpy(), self.found)]
        for bias, weight, y in self.forwards:
            for a, z in self.runs.tolist():
                torch.addmm(bias, weight[:, a:z], self.x[a:z], out=y)
                bias = y  # the first product begins a sum, the others go on with it

    def backward(self) -> None:
        may = self.before_relu and self.optimizer.where
        if may and kernels.nonzeros(self.dy.numpy()) < SPARSE * self.dy.numel():
            sent = self.runs if self.after_relu else self.all  # a ReLU stops the rest
            parts = self.dy, self.x, self.runs, self.optimizer, self.dx, sent
            self.weight.learn_sparse(*parts)
        else:
            self._backward_dense()
        for block, dy in self.biases:
            torch.sum(dy, 1, out=block.gradient)
            block.apply(self.optimizer)

    def _backward_dense(self) -> None:
        """Each block of weights is used and updated while it is in the cache."""
        beta = 0  # the first block overwrites dx, the others add to it
        for block, dy in self.backwards:
            if self.dx is not None:
                self.dx.addmm_(block.value.t(), dy, beta=beta)
                beta = 1
            torch.mm(dy, self.x.t(), out=block.gradient)
            block.apply(self.optimizer)


class Conv2d(Layer):
    """nn.Conv2d with square kernels of side 1 to 5, no padding and a stride of 1."""

    @staticmethod
    def accepts(module: nn.Conv2d) -> bool:
        size = module.kernel_size[0]
        plain = nn.Conv2d(module.in_channels, module.out_channels, size)
        return repr(module) == repr(plain) and size <= 5  # repr shows every option

    def __init__(self, module: nn.Conv2d, x: Tensor, *learning):
        super().__init__(module, x, *learning)
        if len(x) != module.in_channels:  # the kernels check nothing
            raise ValueError(f"{module} does not take images of {len(x)} channels")
        self.size, batch = module.kernel_size[0], x.shape[-1]
        height, width = (n - self.size + 1 for n in x.shape[1:3])
        self.y = torch.empty(module.out_channels, height, width, batch)
        pair = 1 - len(self.y) % 2  # whether the outputs make pairs
        self.correlate = kernels.correlation(self.size, pair)
        self.gradient = kernels.correlation_gradient(self.size, pair)
        weight, bias = self.weight.value.numpy(), self.bias.value.numpy()
        self.forwards = rows(x), weight, bias, rows(self.y), batch

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        super().wire(dy, wants_dx)
        batch = self.x.shape[-1]
        gradients = self.weight.gradient.numpy(), self.bias.gradient.numpy()
        self.backwards = rows(self.x), rows(self.dy), *gradients, batch
        if wants_dx:
            edge = self.size - 1
            padded = nn.functional.pad(self.dy, (0, 0, edge, edge)).zero_()
            self.inside = padded[:, :, edge : edge + self.dy.shape[2]]
            self.back = kernels.correlation(self.size, 1 - len(self.x) % 2)
            self.turned = torch.empty(self.weight.value.transpose(0, 1).shape)
            no_bias = np.zeros(len(self.x), np.float32)
            ends = rows(self.dx), batch
            self.outwards = rows(padded), self.turned.numpy(), no_bias, *ends
        return self.dx

    def forward(self) -> None:
        self.correlate(*self.forwards)

    def backward(self) -> None:
        if self.dx is not None:
            # again a correlation: of dy padded with zeros, with the kernels rotated
            self.inside.copy_(self.dy)
            self.turned.copy_(self.weight.value.flip(2, 3).transpose(0, 1))
            self.back(*self.outwards)
        self.gradient(*self.backwards)
        for weights in (self.weight, self.bias):
            weights.blocks[0].apply(self.optimizer)


class MaxPool2d(Layer):
    """nn.MaxPool2d(2)."""

    @staticmethod
    def accepts(module: nn.MaxPool2d) -> bool:
        return repr(module) == repr(nn.MaxPool2d(2)) and not module.return_indices

    def __init__(self, module: nn.MaxPool2d, x: Tensor, *learning):
        super().__init__(module, x, *learning)
        channels, height, width, self.batch = x.shape
        self.y = torch.empty(channels, height // 2, width // 2, self.batch)

    def forward(self) -> None:
        kernels.max_pool(rows(self.x), rows(self.y), self.batch)

    def backward(self) -> None:
        if self.dx is not None:
            x, dy, dx = rows(self.x), rows(self.dy), rows(self.dx)
            kernels.max_pool_gradient(x, dy, dx, self.batch)


class Activation(Layer):
    """Base class of in-place elementwise functions whose derivative needs y alone."""

    def __init__(self, module: nn.Module, x: Tensor, *_learning):
        self.module, self.y = module, x

    def wire(self, dy: Tensor, wants_dx: bool) -> Tensor | None:
        self.dy = dy.view(self.y.shape)
        return self.dy

    def forward(self) -> None:
        self.function(self.y)

    def backward(self) -> None:
        self.slope.grad_input(self.dy, self.y, grad_input=self.dy)


class ReLU(Activation):
    """nn.ReLU."""

    function = torch.relu_

    def backward(self) -> None:
        aten.threshold_backward.grad_input(self.dy, self.y, 0, grad_input=self.dy)


class ELU(Activation):
    """nn.ELU."""

    def forward(self) -> None:
        nn.functional.elu_(self.y, self.module.alpha)

    def backward(self) -> None:
        of_result = True
        aten.elu_backward.grad_input(
            self.dy, self.module.alpha, 1, 1, of_result, self.y, grad_input=self.dy
        )


class Sigmoid(Activation):
    """nn.Sigmoid."""

    function, slope = torch.sigmoid_, aten.sigmoid_backward


class Tanh(Activation):
    """nn.Tanh."""

    function, slope = torch.tanh_, aten.tanh_backward


LAYERS = {
    getattr(nn, layer.__name__): layer
    for layer in (Conv2d, MaxPool2d, Flatten, Linear, ReLU, ELU, Sigmoid, Tanh)
}
