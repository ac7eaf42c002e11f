"""Decisions: what varies and what does not, and how their experiments are run.

Choices are made on the validation split, a part of the training set: `run` accepts no
other data, so no choice can have seen the test images.
"""

from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np

from helpers.datasets import Dataset
from helpers.runs import Plan, Run, train
from helpers.training import Recipe
from helpers.uncertainty import Estimate, over_seeds

RECIPE = {field.name for field in fields(Recipe)}


@dataclass(frozen=True)
class Decision:
    """A question answered by training each choice."""

    name: str
    question: str  # in Spanish, a panel's title
    base: Plan  # network, recipe and seeds: what does not vary
    choices: dict[str, dict]  # label -> fields of the recipe, or options, that change
    reference: str  # label of the choice that the others are compared with
    whose: str = "el informe original"  # who chose it, in Spanish
    may_diverge: bool = True  # whether that answers for a choice, but the reference

    def plans(self) -> dict[str, Plan]:
        """What to train for each label."""
        found = {label: changed(self.base, c) for label, c in self.choices.items()}
        return {
            label: replace(
                plan, may_diverge=self.may_diverge and label != self.reference
            )
            for label, plan in found.items()
        }


@dataclass(frozen=True)
class Outcome:
    """The results of a decision's experiment, by the labels of `predictions`."""

    decision: Decision
    runs: dict[str, list[Run]]  # by the decision's plans
    labels: np.ndarray  # (N,) true classes of the validation images
    diverged: dict[str, int] = field(default_factory=dict)  # seeds that have no run

    @cached_property
    def predictions(self) -> dict[str, np.ndarray]:
        """Predicted classes by label, (S, N)."""
        shape = (-1, len(self.labels))
        found = {k: [r.predictions for r in v] for k, v in self.runs.items()}
        return {k: np.array(v, dtype=np.int64).reshape(shape) for k, v in found.items()}

    @cached_property
    def accuracies(self) -> dict[str, np.ndarray]:
        """Accuracy of each seed by label, (S,)."""
        return {k: (p == self.labels).mean(1) for k, p in self.predictions.items()}

    def right(self, label: str) -> int:
        """Correct images of a label, summed over seeds: a whole number, so exact."""
        return int((self.predictions[label] == self.labels).sum())

    @property
    def ranking(self) -> list[str]:
        """Labels by their mean accuracy, best first; ties in the order declared."""
        return sorted(self.predictions, key=lambda label: -self.right(label))

    def estimate(self, label: str) -> Estimate:
        """Accuracy of a label over seeds."""
        return over_seeds(self.accuracies[label])

    def most_predicted(self, label: str) -> np.ndarray:
        """Share of the images that get the commonest predicted class, (S,)."""
        return np.array(
            [np.bincount(p).max() / len(p) for p in self.predictions[label]]
        )


def run(
    decisions: list[Decision], data: Dataset, *, device: str = "auto"
) -> dict[str, Outcome]:
    """Train everything that the decisions need at once; give the outcomes by name.

    `data` is a result of `helpers.validation.validation`. Trainings that several
    decisions share are done once. Raises ValueError if `data` is not a validation
    split, and whatever `helpers.runs.train` raises.
    """
    if data.split != "validation":
        raise ValueError(
            "decisions are made with helpers.validation.validation(data): the test"
            " images are for the final networks"
        )
    runs = train(data, plans_of(decisions), device=device)
    labels = data.test.labels.numpy()
    outcomes = {}
    for d in decisions:
        found = {k: runs[_name(d, k)] for k in d.plans()}
        lost = {k: len([*plan.seeds]) - len(found[k]) for k, plan in d.plans().items()}
        outcomes[d.name] = Outcome(d, found, labels, lost)
    return outcomes


def plans_of(decisions: list[Decision]) -> dict[str, Plan]:
    """What to train for all the decisions, by a name that people understand."""
    return {_name(d, k): plan for d in decisions for k, plan in d.plans().items()}


def _name(decision: Decision, label: str) -> str:
    return f"{decision.question} {label}".strip()


def changed(base: Plan, changes: dict) -> Plan:
    """The base with some fields of its recipe, or options of its network, changed."""
    recipe = {k: v for k, v in changes.items() if k in RECIPE}
    options = {k: v for k, v in changes.items() if k not in RECIPE}
    return replace(
        base,
        recipe=replace(base.recipe, **recipe),
        options=base.options | options,
    )
