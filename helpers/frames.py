"""What is kept of each epoch of a training, to watch a network learn.

A dictionary of tensors, made once with a place for every epoch E: `predictions`
(E, N_test) uint8, the predicted classes; and of the first convolution, if there is one,
`weight` (E, O, I, k, k) and `bias` (E, O) float32.
"""

import torch
from torch import Tensor, nn

Frames = dict[str, Tensor]


def empty(model: nn.Module, images: int, epochs: int) -> Frames:
    """Places for `epochs` epochs and the predictions of `images` images."""
    kept = {name: torch.zeros(epochs, *w.shape) for name, w in _first(model).items()}
    return {"predictions": torch.zeros(epochs, images, dtype=torch.uint8)} | kept


def keep(frames: Frames, epoch: int, model: nn.Module, logits: Tensor) -> None:
    """Fill the places of `epoch`, from 1."""
    frames["predictions"][epoch - 1] = logits.argmax(1)
    for name, weight in _first(model).items():
        frames[name][epoch - 1] = weight.detach()


def _first(model: nn.Module) -> dict[str, Tensor]:
    """Weights of the first convolution."""
    first = (m for m in model.modules() if isinstance(m, nn.Conv2d))
    return dict(next(first, nn.Identity()).named_parameters())
