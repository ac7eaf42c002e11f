"""The report's four networks, as plain `nn.Sequential` modules.

Each takes images scaled to [0, 1], of shape (N, channels, side, side), and gives logits
(N, classes). `build` also builds a network of anybody's own.
"""

import copy
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
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
    filters: int = 1,
    activation: str | None = None,
    output: str | None = None,
    channels: int = 1,
    side: int = 28,
    classes: int = 10,
) -> nn.Sequential:
    """Build the MNIST network: a convolution and a linear layer.

    `activation` and `output` are names of ACTIVATIONS, or None. Without `activation`
    between the layers, as in the original report, the network is linear up to its
    output.
    """
    left = _left(side, side - kernel + 1)
    return _network(
        conv=nn.Conv2d(channels, filters, kernel),  # (N, 1, 28, 28) -> (N, 1, 25, 25)
        activation=_activation(activation),
        flatten=nn.Flatten(),  # (N, 625)
        linear=nn.Linear(filters * left**2, classes),
        output=_activation(output),
    )


def two_hidden(
    *,
    filters1: int = 20,
    first: str | None = "relu",
    filters2: int = 1,
    kernel2: int = 3,
    second: str | None = "elu",
    output: str | None = None,
    channels: int = 1,
    side: int = 28,
    classes: int = 10,
) -> nn.Sequential:
    """Build the Fashion-MNIST network: two convolutions and a linear layer.

    The activations `first`, `second` and `output` are named as in `one_hidden`.
    """
    left = _left(side, side - 3 - kernel2 + 1)
    return _network(
        conv1=nn.Conv2d(channels, filters1, 4),  # (N, 1, 28, 28) -> (N, 20, 25, 25)
        activation1=_activation(first),
        conv2=nn.Conv2d(filters1, filters2, kernel2),  # (N, 1, 23, 23)
        activation2=_activation(second),
        flatten=nn.Flatten(),  # (N, 529)
        linear=nn.Linear(filters2 * left**2, classes),
        output=_activation(output),
    )


def dense(
    *,
    width: int = 10_000,
    convolution: bool = True,
    channels: int = 3,
    side: int = 32,
    classes: int = 10,
) -> nn.Sequential:
    """CIFAR-10: one convolution, unless it is left out, and `width` dense neurons."""
    left = _left(side, side - 4 if convolution else side)
    return _network(
        conv=nn.Conv2d(channels, channels, 5)
        if convolution
        else None,  # (N, 3, 28, 28)
        relu1=nn.ReLU() if convolution else None,
        flatten=nn.Flatten(),  # (N, 2352)
        hidden=nn.Linear(channels * left**2, width),
        relu2=nn.ReLU(),
        linear=nn.Linear(width, classes),
    )


def lenet5(*, channels: int = 3, side: int = 32, classes: int = 10) -> nn.Sequential:
    """CIFAR-10: LeNet-5 (LeCun et al., 1998) with ReLU and max pooling."""
    left = _left(side, ((side - 4) // 2 - 4) // 2)
    return _network(
        conv1=nn.Conv2d(channels, 6, 5),  # (N, 3, 32, 32) -> (N, 6, 28, 28)
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),  # (N, 6, 14, 14)
        conv2=nn.Conv2d(6, 16, 5),  # (N, 16, 10, 10)
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),  # (N, 16, 5, 5)
        flatten=nn.Flatten(),  # (N, 400)
        linear3=nn.Linear(16 * left**2, 120),
        relu3=nn.ReLU(),
        linear4=nn.Linear(120, 84),
        relu4=nn.ReLU(),
        linear5=nn.Linear(84, classes),
    )


# The original report puts a ReLU on the logits; without it every seed learns.
VARIANTS = {"corrected": {"output": None}, "original": {"output": "relu"}}

NETWORKS = {f.__name__: f for f in (one_hidden, two_hidden, dense, lenet5)}

# A name of NETWORKS; what makes a network, with options; or one that is already made
Network: TypeAlias = str | Callable[..., nn.Module] | nn.Module


def build(network: Network, *, seed: int = 0, **options) -> nn.Module:
    """Build a network, its initial weights drawn from `seed`.

    `network` is a name of NETWORKS or a function or class of one's own, to which the
    `options` are passed; or a module, of which this gives a copy with the weights that
    it has. `output="relu"` puts an activation on the logits, as the original report
    does; by default there is none. The global random state is not changed.

    Raises ValueError for an unknown network or activation, and for what is no network.
    """
    if isinstance(network, str):
        if network not in NETWORKS:
            raise ValueError(f"unknown network {network!r}; there are {list(NETWORKS)}")
        network = NETWORKS[network]
    with seeded(seed):
        made = isinstance(network, nn.Module)
        if made and options:
            raise ValueError(f"a network that is already made takes no {list(options)}")
        model = copy.deepcopy(network) if made else network(**options)
    if not isinstance(model, nn.Module):
        raise ValueError(f"{network} gives {model!r:.60}, which is no torch.nn.Module")
    return model


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw all random numbers inside the block from `seed`; restore what was before.

    They are those of torch, numpy and Python, for whatever a network may use.
    """
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    states = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(gpus):
        torch.manual_seed(seed)
        np.random.seed(int(seed) % 2**32)
        random.seed(int(seed))
        try:
            yield
        finally:
            np.random.set_state(states[0])
            random.setstate(states[1])


def count_parameters(model: nn.Module) -> int:
    """Count the numbers in the model's parameters."""
    return sum(p.numel() for p in model.parameters())


def scale(images: Tensor) -> Tensor:
    """Scale images (N, C, H, W) of uint8 to float32 in [0, 1]."""
    return images.float().div_(255)


def _left(side: int, left: int) -> int:
    """What the convolutions leave of a side; ValueError if it is nothing."""
    if left < 1:
        raise ValueError(f"images of side {side} are too small for this network")
    return left


def _activation(name: str | None) -> nn.Module | None:
    if name is None:
        return None
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; there are {list(ACTIVATIONS)}")
    return ACTIVATIONS[name]()


def _network(**layers: nn.Module | None) -> nn.Sequential:
    present = {name: layer for name, layer in layers.items() if layer is not None}
    return nn.Sequential(OrderedDict(present))
