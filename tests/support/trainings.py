"""Made-up data, short recipes, and the textbook's loop to compare with."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers import training
from helpers.datasets import Dataset, Split
from helpers.training import Recipe, class_weights

WEIGHTS = class_weights((5, 7, 9), 2)
RECIPES = {
    "one_hidden": Recipe("sgd", 0.01, 2),
    "two_hidden": Recipe("adam", 0.001, 2, class_weights=WEIGHTS),
    "dense": Recipe("adagrad", 0.01, 2),
    "lenet5": Recipe("sgd", 0.01, 2),
}


def made_up(shape, n=100) -> Dataset:
    """Random images of a shape (C, H, W), with random labels."""
    g = torch.Generator().manual_seed(1)
    splits = [
        Split(
            torch.randint(0, 256, (n, *shape), generator=g, dtype=torch.uint8),
            torch.randint(0, 10, (n,), generator=g),
        )
        for _ in range(2)
    ]
    classes = tuple("0123456789")
    return Dataset("mnist", "MNIST", classes, *splits, True, "made up", "0")


def plain_loop(model, data, recipe, seed):
    """The textbook's loop in float64: DataLoader, default optimizer and layout."""
    model = model.double()
    optimizer = {
        "sgd": torch.optim.SGD,
        "adam": torch.optim.Adam,
        "adagrad": torch.optim.Adagrad,
        "rmsprop": torch.optim.RMSprop,
    }[recipe.optimizer](model.parameters(), lr=recipe.learning_rate)
    weights = recipe.class_weights and torch.tensor(recipe.class_weights).double()
    loss_of = {
        "cross_entropy": nn.CrossEntropyLoss(weight=weights),
        "mse": lambda x, y: ((x - torch.eye(10).double()[y]) ** 2).mean(),
        "multi_margin": nn.MultiMarginLoss(),
    }[recipe.loss]
    shuffle = torch.Generator().manual_seed(seed)
    images = data.train.images.double() / 255
    for _ in range(recipe.epochs):
        order = torch.randperm(len(images), generator=shuffle)
        batches = TensorDataset(images[order], data.train.labels[order])
        for x, y in DataLoader(batches, recipe.batch_size):
            optimizer.zero_grad()
            loss_of(model(x), y).backward()
            optimizer.step()
    return model


def assert_same_weights(ours: nn.Module, theirs: nn.Module):
    """Rounding may differ, by 2e-7 in the mean square.

    A single weight may differ by more: Adagrad's first step is the gradient's sign,
    which is rounding alone where the gradient is nearly zero; torch's own float32 loop
    is as far from the float64 one there (1.1e-7 in the mean square, 3e-5 at most).
    """
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        difference = (a.double() - b.double()).detach()
        assert difference.square().mean().sqrt() < 2e-7
        assert difference.abs().max() < 5e-5


def fail_in(call: int, monkeypatch) -> None:
    """Let the averages of an epoch fail the `call`-th time that they are taken."""
    calls = []

    def averages(*_):
        calls.append(1)
        if len(calls) == call:
            raise training.TrainingError("step 1")
        return 0.5, 0.25

    monkeypatch.setattr(training, "averages", averages)
