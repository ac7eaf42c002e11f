"""What if: experiments on the sample, without a browser."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from torch import nn

from helpers import models
from helpers.datasets import Dataset, load
from helpers.runs.definition import known
from helpers.training import Recipe, fit
from tests.support.runs import store_one, trained

# the module: the package's own name is the function
trying = import_module("informe.explore.what_if")


@pytest.fixture
def shown(home, mnist, monkeypatch):
    """The form of a small run, and what is shown below it, the last state of each."""
    places = []

    class Place:
        def __init__(self, thing):
            self.thing = thing

        def update(self, thing, **_):
            self.thing = thing

    def display(thing, **_):
        places.append(Place(thing))
        return places[-1]

    monkeypatch.setattr(trying, "display", display)
    run = store_one(mnist, recipe=Recipe("sgd", 0.05, 3))[1]
    trying.show_experiment(trying.Experiment(run))
    return places


def test_an_experiment_is_the_plain_training_on_the_sample(home, mnist):
    view = trying.Experiment(store_one(mnist, recipe=Recipe("sgd", 0.05, 3))[1])
    told = []
    found = view.train(learning_rate=0.1, epochs=2, seeds=2, tell=told.append)
    assert told == [0, 1]
    model = models.build("one_hidden", seed=1)
    expected = fit(model, mnist, Recipe("sgd", 0.1, 2), seed=1)
    columns = ["test_error", "train_loss"]
    pd.testing.assert_frame_equal(found[1][columns], expected.history[columns])
    assert str(len(mnist.train)) in view.note()


def test_steps_that_explode_are_told_and_the_button_can_be_used_again(shown):
    form, _, table = shown
    form = form.thing
    _, rate, *_, button = form.children
    rate.options = [*rate.options, ("1e6", 1e6)]
    rate.value = 1e6
    button.click()
    assert "pruebe una tasa de aprendizaje menor" in table.thing["error final"].iloc[0]
    assert not button.disabled
    rate.value = 0.01
    button.click()
    assert list(table.thing.index) == ["prueba 2", "prueba 1", "base"]
    assert "%" in table.thing["error final"].iloc[0]


def test_trials_stay_in_a_table_and_the_last_ones_in_the_figure(shown, monkeypatch):
    form, figure, table = shown
    form = form.thing
    before = figure.thing["image/svg+xml"]
    controls = {c.description: c for c in form.children[1:-1]}
    button = form.children[-1]
    drawn, said = [], []
    plot = trying.plot_curves
    monkeypatch.setattr(
        trying, "plot_curves", lambda lines: drawn.append([*lines]) or plot(lines)
    )
    button.observe(lambda change: said.append(change["new"]), "description")
    controls["Semillas"].value = 2
    controls["Activación"].value = "relu"
    for n in (1, 2, 3, 4):
        controls["Épocas"].value = n
        button.click()
    assert said[:3] == ["Entrenando, 1 de 2…", "Entrenando, 2 de 2…", "Entrenar"]
    assert list(table.thing.index) == [*(f"prueba {n}" for n in (4, 3, 2, 1)), "base"]
    assert list(table.thing["épocas"]) == ["4", "3", "2", "1", "3"]
    assert list(table.thing["activación"]) == ["ReLU"] * 4 + ["ninguna"]
    assert drawn[-1] == ["base", "prueba 2", "prueba 3", "prueba 4"]
    assert figure.thing["image/svg+xml"] != before


def test_the_base_is_the_stored_recipe_with_all_that_it_has(home):
    def net(width, first="tanh"):
        layers = nn.Flatten(), nn.Linear(75, width), models.ACTIVATIONS[first]()
        return nn.Sequential(*layers, nn.Linear(width, 3))

    labels = np.arange(90) % 3
    images = np.random.default_rng(0).integers(0, 256, (90, 3, 5, 5))
    data = Dataset.from_arrays(images, labels, title="Flores")
    recipe = Recipe("adam", 0.01, 2, batch_size=7, class_weights=(1.0, 2.0, 5.0))
    run = trained(data, net, recipe, width=6)
    view = trying.Experiment(run)
    assert {"width": 6, "first": "tanh"}.items() <= view.defaults.items()
    (history,) = view.train(**view.defaults)
    columns = ["test_error", "train_loss"]
    pd.testing.assert_frame_equal(history[columns], run.history[columns])
    known.clear()
    with pytest.raises(ValueError, match="no está definida en este cuaderno"):
        trying.Experiment(run)


def test_trials_learn_from_few_images_of_all_classes(home, monkeypatch):
    labels = np.repeat([0, 1, 2], [600, 300, 300])
    data = Dataset.from_arrays(np.zeros((1200, 4, 4)), labels, title="Flores")
    run = trained(data, "dense", **data.sizes, convolution=False, width=2)
    monkeypatch.setattr(trying, "IMAGES", 100)
    found = trying.Experiment(run).data
    assert np.bincount(found.train.labels).tolist() == [50, 25, 25]
    assert len(found.test) == 100


@pytest.mark.parametrize(
    ("network", "dataset", "found"),
    [
        ("one_hidden", "mnist", {"filters": 1, "activation": None}),
        ("two_hidden", "fashion_mnist", {"first": "relu", "second": "elu"}),
        ("lenet5", "cifar10", {}),
        ("dense", "cifar10", {"width": 1000}),  # of 10,000: seconds allow no more
    ],
)
def test_what_can_be_changed_is_what_the_network_has(home, network, dataset, found):
    _, stored = store_one(load(dataset, "sample"), network=network)
    view = trying.Experiment(stored)
    common = ("learning_rate", "epochs", "seeds")
    assert {k: v for k, v in view.defaults.items() if k not in common} == found
    assert ("con menos neuronas" in view.note()) == (network == "dense")
    for name, value in view.defaults.items():
        assert trying._input(name, value).value == value
