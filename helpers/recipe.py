"""How a network is trained: losses, optimizers, and the numbers that go with them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from helpers.autograd import OPTIMIZERS


class OneHotMSE(nn.Module):
    """Mean squared difference between logits (N, K) and ones for the labels (N,)."""

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
    """How a network is trained; together with the data and a seed, all that matters."""

    optimizer: str = "sgd"  # one of OPTIMIZERS
    learning_rate: float = 0.01
    epochs: int = 10
    batch_size: int = 40
    class_weights: tuple[float, ...] | None = None  # (10,): cost of an error, by class
    loss: str = "cross_entropy"  # one of LOSSES; only this one takes class_weights

    def __post_init__(self):
        for what, known in ("optimizer", OPTIMIZERS), ("loss", LOSSES):
            if (given := getattr(self, what)) not in known:
                raise ValueError(f"unknown {what} {given!r}; there are {list(known)}")
        if self.class_weights is not None and self.loss != "cross_entropy":
            raise ValueError(f"the loss {self.loss!r} takes no class_weights")
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError(f"epochs, batch and learning rate must be > 0: {self}")

    def criterion(self, device: str = "cpu") -> nn.Module:
        """The loss; with `class_weights`, torch's weighted mean of cross-entropy."""
        if self.class_weights is None:
            return LOSSES[self.loss]()
        return nn.CrossEntropyLoss(torch.tensor(self.class_weights, device=device))
