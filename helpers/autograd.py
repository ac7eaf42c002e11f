"""The plain training loop, which any model takes: torch's gradients and optimizers.

The report's networks on a CPU are trained by its twin, `helpers.explicit`.
"""

from typing import Protocol

import torch
from torch import Tensor, nn

from helpers.models import scale

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
}
# `fused` does a step in one pass over the weights; the default way of torch.optim
# costs 8 to 20 times more on a CPU for the dense network, for the same arithmetic.
# Here is what every torch >= 2.6 has fused; on a GPU the default of the others is one
# pass for each operation over all weights, and none of them waits for the GPU.
FUSED = {"cpu": {"sgd", "adam", "adagrad"}, "cuda": {"sgd", "adam"}}


class Loop(Protocol):
    """What trains a model, epoch by epoch: `Autograd` or `explicit.Trainer`."""

    def epoch(self, order: Tensor) -> tuple[Tensor, int]:
        """Take one step for each batch of `order` (N,); give each step's loss,
        (steps,), and how many images were misclassified before being learnt from."""

    def state(self) -> dict[str, Tensor]:
        """What the optimizer remembers, as "<weight>.<what>"."""

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from the model's weights and a state that `state` gave."""


class Autograd:
    """The plain loop: any model, torch's gradients and fused optimizers."""

    def __init__(self, model: nn.Module, train, recipe):
        """`train` is a helpers.datasets.Split, where the model is: on CPU or GPU;
        `recipe` is a helpers.recipe.Recipe."""
        self.model, self.train, self.recipe = model, train, recipe
        device = train.images.device.type
        self.loss_of = recipe.criterion(device)
        fused = {"fused": True} if recipe.optimizer in FUSED.get(device, ()) else {}
        self.optimizer = OPTIMIZERS[recipe.optimizer](
            model.parameters(), lr=recipe.learning_rate, **fused
        )

    def epoch(self, order: Tensor) -> tuple[Tensor, int]:
        """Take one step for each batch of `order` (N,) as `Loop`."""
        self.model.train()
        steps = [self.step(rows) for rows in order.split(self.recipe.batch_size)]
        losses, errors = map(torch.stack, zip(*steps, strict=True))
        return losses.double().cpu(), int(errors.sum())

    def step(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from the images of `rows` (B,); give the loss before and the errors.

        Both stay where the model is: to read one of them here would make a GPU wait.
        """
        images, labels = scale(self.train.images[rows]), self.train.labels[rows]
        logits = self.model(images)  # (B, 10)
        loss = self.loss_of(logits, labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach(), (logits.detach().argmax(1) != labels).sum()

    def state(self) -> dict[str, Tensor]:
        """What the optimizer remembers of each weight."""
        return {
            f"{name}.{slot}": value
            for name, weight in self.model.named_parameters()
            for slot, value in self.optimizer.state[weight].items()
            if value is not None
        }

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from a state that `state` gave."""
        slots = {}
        for number, (name, weight) in enumerate(self.model.named_parameters()):
            found = [n for n in state if n.rpartition(".")[0] == name]
            slots[number] = {
                n.rpartition(".")[2]: _like(weight, state[n]) for n in found
            }
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})


def _like(weight: Tensor, value: Tensor) -> Tensor:
    # a fused step reads weight and state in the order of their memory
    return torch.empty_like(weight).copy_(value) if value.dim() else value
