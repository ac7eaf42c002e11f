"""The report's four networks, as plain `nn.Sequential` modules.

Each takes images scaled to [0, 1], of shape (N, C, H, W), and gives logits (N, 10).
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


def one_hidden(
    *,
    kernel: int = 4,
    channels: int = 1,
    activation: str | None = None,
    output: str | None = None,
) -> nn.Sequential:
    """Build the MNIST network: a convolution and a linear layer.

    `activation` and `output` are names of ACTIVATIONS, or None. Without `activation`
    between the layers, as in the original report, the network is linear up to its
    output.
    """
    side = 28 - kernel + 1
    return _network(
        conv=nn.Conv2d(1, channels, kernel),  # (N, 1, 28, 28) -> (N, 1, 25, 25)
        activation=_activation(activation),
        flatten=nn.Flatten(),  # (N, 625)
        linear=nn.Linear(channels * side**2, 10),
        output=_activation(output),
    )


def two_hidden(
    *,
    channels1: int = 20,
    first: str | None = "relu",
    channels2: int = 1,
    kernel2: int = 3,
    second: str | None = "elu",
    output: str | None = None,
) -> nn.Sequential:
    """Build the Fashion-MNIST network: two convolutions and a linear layer.

    The activations `first`, `second` and `output` are named as in `one_hidden`.
    """
    side = 25 - kernel2 + 1
    return _network(
        conv1=nn.Conv2d(1, channels1, 4),  # (N, 1, 28, 28) -> (N, 20, 25, 25)
        activation1=_activation(first),
        conv2=nn.Conv2d(channels1, channels2, kernel2),  # (N, 1, 23, 23)
        activation2=_activation(second),
        flatten=nn.Flatten(),  # (N, 529)
        linear=nn.Linear(channels2 * side**2, 10),
        output=_activation(output),
    )


def dense(*, width: int = 10_000, convolution: bool = True) -> nn.Sequential:
    """CIFAR-10: one convolution, unless it is left out, and `width` dense neurons."""
    return _network(
        conv=nn.Conv2d(3, 3, 5) if convolution else None,  # -> (N, 3, 28, 28)
        relu1=nn.ReLU() if convolution else None,
        flatten=nn.Flatten(),  # (N, 2352)
        hidden=nn.Linear(3 * (28 if convolution else 32) ** 2, width),
        relu2=nn.ReLU(),
        linear=nn.Linear(width, 10),
    )


def lenet5() -> nn.Sequential:
    """CIFAR-10: LeNet-5 (LeCun et al., 1998) with ReLU and max pooling."""
    return _network(
        conv1=nn.Conv2d(3, 6, 5),  # (N, 3, 32, 32) -> (N, 6, 28, 28)
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),  # (N, 6, 14, 14)
        conv2=nn.Conv2d(6, 16, 5),  # (N, 16, 10, 10)
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),  # (N, 16, 5, 5)
        flatten=nn.Flatten(),  # (N, 400)
        linear3=nn.Linear(400, 120),
        relu3=nn.ReLU(),
        linear4=nn.Linear(120, 84),
        relu4=nn.ReLU(),
        linear5=nn.Linear(84, 10),
    )


# The original report puts a ReLU on the logits; without it every seed learns.
VARIANTS = {"corrected": {"output": None}, "original": {"output": "relu"}}

NETWORKS = {f.__name__: f for f in (one_hidden, two_hidden, dense, lenet5)}


def build(network: str, *, seed: int = 0, **options) -> nn.Sequential:
    """Build a network by name, its initial weights drawn from `seed`.

    `options` are passed to the network's function. `output="relu"` puts an activation
    on the logits, as the original report does; by default there is none. The global
    random state is not changed.

    Raises ValueError for an unknown network or activation.
    """
    if network not in NETWORKS:
        raise ValueError(f"unknown network {network!r}; there are {list(NETWORKS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[network](**options)


def count_parameters(model: nn.Module) -> int:
    """Count the numbers in the model's parameters."""
    return sum(p.numel() for p in model.parameters())


def scale(images: Tensor) -> Tensor:
    """Scale images (N, C, H, W) of uint8 to float32 in [0, 1]."""
    return images.float().div_(255)


def _activation(name: str | None) -> nn.Module | None:
    if name is None:
        return None
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; there are {list(ACTIVATIONS)}")
    return ACTIVATIONS[name]()


def _network(**layers: nn.Module | None) -> nn.Sequential:
    present = {name: layer for name, layer in layers.items() if layer is not None}
    return nn.Sequential(OrderedDict(present))
