"""The network to which the decisions lead, and trainings longer than the original."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers.runs import Plan, train
from helpers.training import Recipe
from helpers.validation import measured_also, part, validation
from informe.experiments import chosen, cifar10, mnist, overfitting
from informe.experiments.decision import Decision, Outcome
from informe.experiments.plans import longer

SETTINGS = SimpleNamespace(
    seed=3,
    n_seeds=2,
    dense_seeds=7,
    decision_seeds=2,
    dense_epochs=2,
    lenet_epochs=3,
    batch_size=40,
    learning_rate=0.01,
    width=10_000,
)


def outcome(decision: Decision, right: dict[str, list[float]]) -> Outcome:
    """An outcome whose choices are right on these shares of 1,000 images, by seed."""
    labels = np.arange(1000) % 10
    made = {}
    for label, shares in right.items():
        rows = np.tile(labels, (len(shares), 1))
        for row, share in zip(rows, shares, strict=True):
            row[: round(1000 * (1 - share))] += 1
        made[label] = rows % 10
    found = Outcome(decision, {}, labels)
    found.__dict__["predictions"] = made
    return found


BASE = Plan("one_hidden", Recipe(epochs=2), (3, 4), {"output": None})
BEHIND = replace(BASE, options={"output": None, "activation": "relu"})
BETTER = [0.90, 0.91, 0.90, 0.91]
WORSE = [0.80, 0.81, 0.81, 0.80]


class TestPlan:
    def test_without_outcomes_it_is_the_base_and_longer(self):
        found = chosen.adopt(BASE, {}, range(5)).plan
        assert found == replace(longer(BASE, 1.5), seeds=range(5))
        assert found.recipe.epochs == 3

    def test_what_stands_out_is_adopted_with_what_it_stands_on(self):
        decision = Decision("channels", "", BEHIND, {"1": {}, "4": {"filters": 4}}, "1")
        found = chosen.adopt(
            BASE, {"channels": outcome(decision, {"1": WORSE, "4": BETTER})}, (0,)
        )
        assert found.changes == {"channels": "4"}
        assert found.plan.options == BEHIND.options | {"filters": 4}

    def test_what_does_not_stand_out_is_left(self):
        choices = {"0.01": {}, "0.1": {"learning_rate": 0.1}}
        decision = Decision("rate", "", BASE, choices, "0.01")
        near = {"0.01": [0.90, 0.89, 0.91], "0.1": [0.91, 0.89, 0.91]}
        found = chosen.adopt(BASE, {"rate": outcome(decision, near)}, (0,))
        assert (found.plan.recipe.learning_rate, found.changes) == (0.01, {})


def test_it_takes_the_fewest_epochs_within_half_a_point_of_the_best():
    accuracy = np.array([[0.80, 0.897, 0.90, 0.89], [0.80, 0.895, 0.90, 0.89]])
    assert chosen.fewest(accuracy) == 2
    assert chosen.fewest(accuracy[:, :1]) == 1


def test_validation_images_choose_the_epoch_and_test_images_measure_once(home, mnist):
    plan = Plan("one_hidden", Recipe(epochs=3), (0, 1))
    found = chosen.choose(chosen.Choice(plan, {}), mnist, device="cpu")
    cut = validation(mnist)
    runs = train(cut, {"same": plan}, device="cpu")["same"]
    errors = np.stack([run.history.test_error for run in runs])
    assert found.validation == pytest.approx(1 - errors)
    assert found.epoch == chosen.fewest(1 - errors)
    brief = replace(plan, recipe=Recipe(epochs=found.epoch))
    both = train(measured_also(cut, mnist, "test"), {"brief": brief}, device="cpu")
    for k, run in enumerate(both["brief"]):
        assert (run.predictions[len(cut.test) :] == found.predictions[k]).all()
    assert (found.labels == mnist.test.labels.numpy()).all()


@pytest.mark.parametrize("on", ["test", "train"])
def test_more_images_stand_behind_the_validation_part(mnist, on):
    cut = validation(mnist, 500)
    found = measured_also(cut, mnist, on)
    more = (mnist.test if on == "test" else cut.train).images[: len(cut.test)]
    assert torch.equal(found.test.images[: len(cut.test)], cut.test.images)
    assert torch.equal(found.test.images[len(cut.test) :][: len(more)], more)
    assert found.train is cut.train
    assert len({found.checksum, cut.checksum, mnist.checksum}) == 3
    assert part(mnist, found.split, found.train_images).checksum == found.checksum


def test_a_course_has_both_errors_at_the_end_of_each_epoch(home, mnist):
    plan = Plan("one_hidden", Recipe(epochs=2), (0, 1))
    asked = {"una": replace(plan, recipe=Recipe(epochs=1))}
    course = overfitting.follow({"una, más": plan}, asked, mnist, device="cpu")["una"]
    cut = validation(mnist)
    run = train(cut, {"a": plan}, device="cpu")["a"][1]
    assert course.errors[1] == pytest.approx(run.history.test_error)
    first = cut.train.images[: len(cut.test)]
    with torch.no_grad():
        predicted = run.model()(first.float() / 255).argmax(1)
    wrong = (predicted != cut.train.labels[: len(first)]).double().mean()
    assert course.learnt[1, -1] == pytest.approx(float(wrong), abs=0.004)
    assert (course.asked, course.seconds.shape) == (1, (2, 2))


class TestPartThree:
    def test_widths_are_a_tenth_and_a_hundredth_with_five_seeds_at_most(self):
        plans = cifar10.narrower(SETTINGS)
        assert [p.options["width"] for p in plans.values()] == [1000, 100]
        assert [len(p.seeds) for p in plans.values()] == [5, 5]
        narrow = SimpleNamespace(**vars(SETTINGS) | {"width": 1})
        assert cifar10.narrower(narrow) == {}

    def test_courses_go_beyond_the_originals_epochs(self):
        asked = cifar10.networks(SETTINGS)
        for name, plan in cifar10.courses(SETTINGS).items():
            same = asked[name.partition(",")[0]]
            assert plan.recipe.epochs > same.recipe.epochs
            assert replace(plan.recipe, epochs=1) == replace(same.recipe, epochs=1)

    def test_only_lenets_decisions_choose(self):
        decisions = {d.name: d for d in cifar10.decisions(SETTINGS)}
        made = {}
        for name, d in decisions.items():
            made[name] = outcome(d, {k: WORSE for k in d.choices})
        lenet = decisions["lenet-optimizer"]
        made["lenet-optimizer"] = outcome(
            lenet,
            {k: BETTER if k == "Adam, 0.001" else WORSE for k in lenet.choices},
        )
        plan = cifar10.chosen(SETTINGS, made).plan
        assert (plan.network, plan.options) == ("lenet5", {})
        assert (plan.recipe.optimizer, plan.recipe.learning_rate) == ("adam", 0.001)


def test_decisions_have_no_two_choices_alike():
    for module in (mnist, cifar10):
        settings = SimpleNamespace(**vars(SETTINGS) | {"epochs": 4})
        for decision in module.decisions(settings):
            plans = decision.plans()
            assert decision.reference in plans
            assert len({repr(p) for p in plans.values()}) == len(plans)
