"""What is trained: the report's networks with the report's recipes."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from helpers import paths
from helpers.datasets import Dataset, Split, load
from helpers.download.catalog import FOOTWEAR
from helpers.models import build, scale
from helpers.training import OPTIMIZERS, Recipe, class_weights

TITLES = {
    "one_hidden": "MNIST",
    "two_hidden": "Fashion",
    "lenet5": "LeNet-5",
    "dense": "dense 10,000",
}
DATA = {
    "one_hidden": "mnist",
    "two_hidden": "fashion_mnist",
    "lenet5": "cifar10",
    "dense": "cifar10",
}
RECIPES = {
    "one_hidden": Recipe("sgd", 0.01),
    "two_hidden": Recipe("adam", 0.001, class_weights=class_weights(FOOTWEAR, 2)),
    "lenet5": Recipe("sgd", 0.01),
    "dense": Recipe("adagrad", 0.01),
}


@dataclass(frozen=True)
class Task:
    """An epoch of a network on the first `batches` batches of its data."""

    network: str
    batches: int
    seed: int = 0
    width: int = 10_000  # of the dense network

    @property
    def recipe(self) -> Recipe:
        """The report's recipe."""
        return RECIPES[self.network]

    def model(self) -> nn.Sequential:
        """Build the network; the same seed gives the same weights."""
        options = {"width": self.width} if self.network == "dense" else {}
        return build(self.network, seed=self.seed, **options)

    @cached_property
    def data(self) -> Dataset:
        """As many images as asked for, by repetition if the set has fewer."""
        whole = load(DATA[self.network])
        rows = torch.arange(self.batches * self.recipe.batch_size) % len(whole.train)
        train = Split(whole.train.images[rows], whole.train.labels[rows])
        few = Split(whole.test.images[:10], whole.test.labels[:10])
        return Dataset(**vars(whole) | {"train": train, "test": few})

    @cached_property
    def tensors(self) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) in [0, 1] and labels (N,), as users hold them."""
        return scale(self.data.train.images), self.data.train.labels

    def loss(self) -> nn.CrossEntropyLoss:
        """The recipe's loss."""
        return self.recipe.criterion()

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        """The recipe's optimizer with torch's default options."""
        make = OPTIMIZERS[self.recipe.optimizer]
        return make(model.parameters(), lr=self.recipe.learning_rate)


def epoch_batches(network: str) -> int:
    """Batches in an epoch of the complete data."""
    images = 50_000 if DATA[network] == "cifar10" else 60_000
    return images // RECIPES[network].batch_size


def report_epochs() -> dict[str, int]:
    """Epochs of each network in the default report, over variants and seeds."""
    import papermill  # slow to import, and no contender needs it

    def default(notebook: str) -> dict[str, int]:
        found = papermill.inspect_notebook(paths.notebooks() / f"{notebook}.ipynb")
        return {k: int(found[k]["default"]) for k in found if k.endswith("s")}

    mnist, fashion, cifar = (default(n) for n in ("mnist", "fashion_mnist", "cifar10"))
    return {
        "one_hidden": 2 * mnist["n_seeds"] * mnist["epochs"],  # two variants
        "two_hidden": 2 * fashion["n_seeds"] * fashion["epochs"],
        "lenet5": cifar["n_seeds"] * cifar["lenet_epochs"],
        "dense": cifar["dense_seeds"] * cifar["dense_epochs"],
    }
