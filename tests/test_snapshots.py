"""What is kept of each epoch is what a training of so many epochs ends with."""

from dataclasses import replace

import pytest
import torch

from helpers.models import build
from helpers.training import Recipe, empty_snapshots, fit, take_snapshot
from tests.support.trainings import made_up

DATA = made_up((1, 28, 28))


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])  # both loops
def test_each_epoch_is_that_of_a_shorter_training(loss):
    recipe = Recipe("adam", 0.01, 3, loss=loss)
    kept = fit(build("two_hidden"), DATA, recipe, seed=2).snapshots
    assert kept["predictions"].shape == (3, len(DATA.test))
    for epochs in (1, 2, 3):
        shorter = replace(recipe, epochs=epochs)
        result = fit(build("two_hidden"), DATA, shorter, seed=2)
        assert kept["predictions"][epochs - 1].tolist() == result.predictions.tolist()
        assert torch.equal(kept["weight"][epochs - 1], result.model.conv1.weight)
        assert torch.equal(kept["bias"][epochs - 1], result.model.conv1.bias)


def test_a_network_without_convolutions_keeps_its_predictions():
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
    kept = empty_snapshots(model, 5, 2)
    assert kept.keys() == {"predictions"}
    take_snapshot(kept, 2, model, torch.eye(10)[:5])
    assert kept["predictions"].tolist() == [[0] * 5, [0, 1, 2, 3, 4]]
