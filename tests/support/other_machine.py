"""Short trainings, whose logits are written: to be run as on another processor."""

import sys
from pathlib import Path

from safetensors.torch import save_file

from helpers.datasets import load
from helpers.models import build
from helpers.training import Recipe, fit

TRAININGS = {
    "one_hidden": ("mnist", Recipe("sgd", 0.01, 2), {}),
    "two_hidden": ("fashion_mnist", Recipe("adam", 0.001, 2), {}),
    "lenet5": ("cifar10", Recipe("sgd", 0.01, 2), {}),
    "dense": ("cifar10", Recipe("sgd", 0.01, 2), {"width": 100}),
}


def train(path: Path) -> None:
    """Write each network's logits to `path`."""
    logits = {}
    for name, (data, recipe, options) in TRAININGS.items():
        model = build(name, seed=0, **options)
        logits[name] = fit(model, load(data, "sample"), recipe).logits
    save_file(logits, path)


if __name__ == "__main__":
    train(Path(sys.argv[1]))
