"""The stored runs as a person finds them: by network, recipe and seed."""

import json
from importlib import import_module
from inspect import signature

import ipywidgets as widgets
import pytest

from helpers import models, training
from helpers.datasets import DataError, load
from helpers.runs import Plan, store
from helpers.runs.plan import CONTENT, key_of, questions
from helpers.training import Recipe
from helpers.validation import validation
from informe import names
from informe.explore import browse, plain
from informe.explore.browse import Library
from informe.explore.stored import stored_runs
from informe.names import recipe_of
from tests.support.runs import made_up_result, store_one

browsing = import_module("informe.explore.browse")  # the module, not the function

RECIPES = {Recipe(epochs=2): 0.8, Recipe("adam", 0.001, 2): 0.9}


@pytest.fixture
def library(home, mnist):
    """Two recipes with two seeds each, another data set, and an experiment."""
    for recipe, accuracy in RECIPES.items():
        for seed in (1, 0):
            store_one(mnist, recipe=recipe, seed=seed, accuracy=accuracy)
    store_one(load("fashion_mnist", "sample"), network="two_hidden")
    store_one(validation(mnist))
    return Library(stored_runs())


def controls(view) -> dict[str, list[str]]:
    """Names that each list offers."""
    lists = [c for c in view.state["controls"] if c["kind"] == "select"]
    return {c["name"]: [value for value, _ in c["options"]] for c in lists}


def test_tests_come_first_then_the_lowest_error_then_the_seeds_in_order(library):
    names = controls(library)
    assert names["network"] == [
        "MNIST (muestra), una capa oculta",
        "Fashion-MNIST (muestra), dos capas ocultas",
        "MNIST (muestra), una capa oculta: experimentos",
    ]
    assert names["recipe"] == ["Adam 0.001, 2 épocas", "SGD 0.01, 2 épocas"]
    assert names["seed"] == ["0", "1"]
    assert library.run.about["recipe"]["optimizer"] == "adam"
    text = dict(library.state["controls"][1]["options"])["Adam 0.001, 2 épocas"]
    assert "error 10\u202f% (2 semillas)" in text


def test_a_choice_shows_the_matrix_of_its_run_and_json_holds_all(library):
    library.do({"choose": {"recipe": "SGD 0.01, 2 épocas"}})
    library.do({"choose": {"seed": "1"}})
    assert (library.run.about["recipe"]["optimizer"], library.run.seed) == ("sgd", 1)
    assert library.state["grid"]["label"].endswith("semilla 1")
    assert library.run.folder.name[:8] in library.state["note"]
    assert json.loads(json.dumps(library.state)) == library.state
    library.do({"choose": {"network": controls(library)["network"][2]}})
    assert library.run.about["split"] == "validation"
    assert "imágenes de validación" in library.state["note"]


def test_what_was_looked_at_stays_while_the_classes_are_the_same(library):
    library.do({"choose": {"values": "rows"}})
    library.do({"cell": [4, 5]})
    library.do({"choose": {"seed": "1"}})
    assert library.state["grid"]["selected"] == [4, 5]
    assert library.matrix.choices["values"] == "rows"
    library.do({"choose": {"network": controls(library)["network"][1]}})
    assert library.state["grid"]["selected"] is None
    assert "camiseta" in library.state["grid"]["rows"]


@pytest.mark.parametrize(
    "choice", [{"network": "x"}, {"recipe": "x"}, {"seed": "9"}, {"other": "x"}]
)
def test_what_is_not_there_cannot_be_chosen(library, choice):
    with pytest.raises(ValueError, match="unknown"):
        library.do({"choose": choice})


def test_a_run_whose_data_are_lost_is_told_and_the_last_one_stays(library, monkeypatch):
    def lost(run):
        raise ValueError("usó otros datos")

    monkeypatch.setattr(browsing, "data_of", lost)
    before = library.run
    library.do({"choose": {"network": controls(library)["network"][1]}})
    assert library.run is before
    assert "usó otros datos" in library.state["note"]
    library.do({"choose": {"seed": "1"}})
    assert "usó otros" not in library.state["note"]


def test_where_no_data_are_at_hand_each_set_is_looked_for_once(library, monkeypatch):
    asked = []

    def lost(run):
        asked.append(run.about["dataset"])
        raise DataError("no source gave it")

    monkeypatch.setattr(browsing, "data_of", lost)
    with pytest.raises(ValueError, match="no source gave it"):
        browse()
    assert asked == ["mnist", "fashion_mnist"]


def test_of_a_run_that_was_trained_again_the_newest_stands_for_all(home, mnist):
    for year in (2024, 2026, 2025):
        job = questions(mnist, Plan("one_hidden", Recipe(epochs=2)), "cpu")[0]
        run = store.save(job, made_up_result(mnist, "one_hidden", job.recipe, 0, 0.9))
        about = json.loads((run.folder / "run.json").read_text())
        about |= {"torch": str(year), "finished": f"{year}-01-01T00:00:00+00:00"}
        key = key_of({name: about[name] for name in CONTENT})
        (run.folder / "run.json").write_text(json.dumps(about))
        run.folder.rename(run.folder.with_name(key))
    assert len(stored_runs()) == 3
    assert Library(stored_runs()).run.about["torch"] == "2026"


def test_all_that_tells_recipes_apart_is_in_their_names(home, mnist):
    plans = [
        Plan("one_hidden", Recipe()),
        Plan("one_hidden", Recipe(epochs=1)),
        Plan("one_hidden", Recipe(learning_rate=0.02)),
        Plan("one_hidden", Recipe("adam")),
        Plan("one_hidden", Recipe(batch_size=41)),
        Plan("one_hidden", Recipe(loss="mse")),
        Plan("one_hidden", Recipe(class_weights=(1.0,) * 10)),
        Plan("one_hidden", Recipe(class_weights=(1.0,) * 9 + (2.0,))),
        *(Plan("one_hidden", Recipe(), options={"activation": a}) for a in ("elu",)),
        *(Plan("one_hidden", Recipe(), options={"filters": n}) for n in (2, 3)),
        *(Plan("one_hidden", Recipe(), options={"kernel": n}) for n in (2, 3)),
    ]
    names = []
    for plan in plans:
        job = questions(mnist, plan, "cpu")[0]
        result = made_up_result(mnist, plan.network, plan.recipe, 0, 0.9)
        names.append(recipe_of(store.save(job, result)))
    assert len(set(names)) == len(plans)


def test_everything_that_can_be_asked_for_has_its_word():
    options = {o for f in models.NETWORKS.values() for o in signature(f).parameters}
    assert options - {"output"} == names.OPTION_NAMES.keys()  # in the network's name
    assert names.OPTIMIZER_NAMES.keys() == training.OPTIMIZERS.keys()
    assert names.ACTIVATION_NAMES.keys() == {None, *models.ACTIVATIONS}
    assert names.LOSS_NAMES.keys() == training.LOSSES.keys()
    assert names.NETWORK_NAMES.keys() == models.NETWORKS.keys()


def test_lists_offer_what_the_last_choice_left(library):
    form = plain.grid_form(library)
    network, recipe, seed, *_ = form.children[0].children
    network.value = network.options[1][1]
    assert library.run.about["dataset"] == "fashion_mnist"
    assert [value for _, value in recipe.options] == controls(library)["recipe"]
    assert recipe.value == "SGD 0.01, 2 épocas"
    assert [value for _, value in seed.options] == ["0"]
    assert "semilla 0" in form.children[-1].value
    assert isinstance(form.children[-1], widgets.HTML)


def test_with_nothing_stored_it_says_what_to_do(home):
    with pytest.raises(ValueError, match="make report"):
        browse()


def test_without_anybody_it_is_a_figure_with_a_row_a_recipe(library, monkeypatch):
    from informe.report import display

    shown = []
    monkeypatch.setattr(display, "display", lambda bundle, **_: shown.append(bundle))
    assert browse() is None
    assert "<svg" in shown[0]["image/svg+xml"]
    assert "semilla" in shown[1]["text/markdown"]
