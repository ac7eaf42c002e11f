"""Epochs, on real snapshots, and experiments on the sample."""

import asyncio
import re
from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from helpers import models
from helpers.datasets import load
from helpers.runs import store
from helpers.runs.plan import Plan, questions
from helpers.training import Recipe, fit
from informe.explore import learn
from informe.explore.learn import Epochs
from tests.support.runs import store_one

# the modules: the package's own names are the functions
learning = import_module("informe.explore.learn")
trying = import_module("informe.explore.what_if")

COMMON = ("learning_rate", "epochs", "seeds")


@pytest.fixture
def run(home, mnist):
    """A stored training of three epochs, with its snapshots."""
    job = questions(mnist, Plan("one_hidden", Recipe("sgd", 0.05, 3)), "cpu")[0]
    return store.save(job, fit(models.build("one_hidden"), mnist, job.recipe))


def test_each_epoch_has_its_own_matrix_and_the_last_is_the_runs(run):
    view = Epochs(run)
    assert len(view) == 3
    assert (view.predictions(3).predictions == run.predictions).all()
    errors = [(view.predictions(e).predictions != run.labels).mean() for e in (1, 2, 3)]
    np.testing.assert_allclose(errors, run.history.test_error)


def test_activations_after_the_last_epoch_are_the_networks(run, mnist):
    image = mnist.test.images[5]
    with torch.no_grad():
        expected = run.model()[0](models.scale(image[None]))[0].numpy()
    np.testing.assert_allclose(Epochs(run).activations(3, image), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "dataset", "maps"),
    [
        ("one_hidden", "mnist", (1, 25, 25)),
        ("two_hidden", "fashion_mnist", (20, 25, 25)),
        ("dense", "cifar10", (3, 28, 28)),
        ("lenet5", "cifar10", (6, 28, 28)),
    ],
)
def test_all_networks_show_their_first_layer(home, network, dataset, maps):
    data = load(dataset, "sample")
    view = Epochs(store_one(data, network=network)[1])
    assert view.activations(1, data.test.images[3]).shape == maps
    kernels = view.snapshots["weight"].shape[1] * view.snapshots["weight"].shape[2]
    pictures = 1 + maps[0] + kernels
    assert view.html(1, 3).count("<img") == pictures


@pytest.mark.parametrize(
    ("network", "after"), [("two_hidden", "ReLU"), ("one_hidden", None)]
)
def test_the_activation_after_the_first_layer_is_part_of_it(network, after):
    conv, activation = learning.first_layers(models.build(network))
    assert isinstance(conv, torch.nn.Conv2d)
    assert (type(activation).__name__ if activation else None) == after


def test_the_slider_shows_the_epoch_and_the_line_marks_it(run):
    form = learning.form(Epochs(run))
    slider, _, index = form.children[0].children
    assert (slider.min, slider.max, slider.value) == (1, 3, 3)
    slider.value, index.value = 1, 7
    assert "época 1<" in form.children[1].value
    assert "Imagen de prueba 7" in form.children[1].value
    ax = Epochs(run).curve(2)
    assert ax.lines[-1].get_xdata()[0] == 2
    plt.close(ax.get_figure())
    assert plt.get_fignums() == []


def test_an_experiment_is_the_plain_training_on_the_sample(run, mnist):
    view = trying.Experiment(run)
    told = []
    trial = view.trial(learning_rate=0.1, epochs=2, seeds=2, tell=told.append)
    found = trial.histories
    assert told == [0, 1]
    assert trial.errors == [h.test_error.iloc[-1] for h in found]
    assert trial.seconds == pytest.approx(np.mean([h.seconds.sum() for h in found]))
    expected = fit(
        models.build("one_hidden", seed=1), mnist, Recipe("sgd", 0.1, 2), seed=1
    )
    columns = ["test_error", "train_loss"]
    pd.testing.assert_frame_equal(found[1][columns], expected.history[columns])
    assert str(len(mnist.train)) in view.note()


def test_steps_that_explode_are_told_and_the_button_can_be_used_again(run):
    form = trying.form(trying.Experiment(run))
    rate, *_, button, shown = form.children
    rate.options = [*rate.options, ("1e6", 1e6)]
    rate.value = 1e6
    button.click()
    assert "pruebe una tasa de aprendizaje menor" in shown.value
    assert not button.disabled
    rate.value = 0.01
    button.click()
    assert "<svg" in shown.value


def test_trials_stay_in_a_table_and_the_last_ones_in_the_figure(run, monkeypatch):
    form = trying.form(trying.Experiment(run))
    controls = {control.description: control for control in form.children[:-2]}
    button, shown = form.children[-2:]
    said = []
    button.observe(lambda change: said.append(change["new"]), "description")
    controls["Semillas"].value = 2
    controls["Activación"].value = "ReLU"
    for n in (1, 2, 3, 4):
        controls["Épocas"].value = n
        button.click()
    assert said[:3] == ["Entrenando, 1 de 2…", "Entrenando, 2 de 2…", "Entrenar"]
    rows = re.findall("(prueba .)</th><td>0.05</td><td>(.)</td>", shown.value)
    assert rows == [(f"prueba {n}", str(n)) for n in (4, 3, 2, 1)]
    assert shown.value.count("<td>ReLU</td>") == 4
    assert "por semilla" in shown.value
    view = trying.Experiment(run)
    drawn = []
    monkeypatch.setattr(trying, "plot_curves", lambda lines: drawn.extend(lines))
    view.plot({"prueba 1": view.trial(**view.defaults)})
    assert drawn == ["guardada, una capa oculta", "prueba 1"]


@pytest.mark.parametrize(
    ("network", "dataset", "found"),
    [
        ("one_hidden", "mnist", {"channels": 1, "activation": None}),
        ("two_hidden", "fashion_mnist", {"first": "relu", "second": "elu"}),
        ("lenet5", "cifar10", {}),
        ("dense", "cifar10", {"width": 1000}),  # of 10,000: seconds allow no more
    ],
)
def test_what_can_be_changed_is_what_the_network_has(home, network, dataset, found):
    _, stored = store_one(load(dataset, "sample"), network=network)
    view = trying.Experiment(stored)
    asked = {k: v for k, v in view.defaults.items() if k not in COMMON}
    assert asked == found
    inputs = trying._inputs(view)
    assert inputs.keys() == view.defaults.keys()
    values = trying._real({name: made.value for name, made in inputs.items()})
    assert values == pytest.approx(view.defaults)


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def test_a_button_goes_through_the_epochs_and_can_stop(run, monkeypatch):
    monkeypatch.setattr(learning, "PAUSE", 0.01)

    async def watch():
        slider, button, _ = learning.form(Epochs(run)).children[0].children
        seen = []
        slider.observe(lambda change: seen.append(change["new"]), "value")
        button.click()
        assert button.description == "Detener"
        await until(lambda: button.description == "Reproducir")
        first = list(seen)
        monkeypatch.setattr(learning, "PAUSE", 3600)  # it would stay at each epoch
        button.click()
        await until(lambda: len(seen) > len(first))
        button.click()
        await until(lambda: button.description == "Reproducir")
        return first, seen[len(first) :]

    whole, stopped = asyncio.run(watch())
    assert whole == [1, 2, 3]
    assert stopped == [1]


def test_without_anybody_the_epochs_are_a_figure(run, monkeypatch):
    from informe.report import display

    shown = []
    monkeypatch.setattr(display, "display", lambda bundle, **_: shown.append(bundle))
    assert learn(run) is None
    assert "<svg" in shown[0]["image/svg+xml"]
    assert "filtros" in shown[1]["text/markdown"]
