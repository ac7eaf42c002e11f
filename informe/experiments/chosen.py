"""The network to which a part's decisions lead, trained and measured like the others.

It learns without the validation images, which choose its number of epochs as well, and
meets the test images once: after the epoch that was chosen.
"""

from dataclasses import dataclass, replace

import numpy as np

from helpers.datasets import Dataset
from helpers.runs import Plan, Run, train
from helpers.validation import measured_also, validation
from informe.experiments.answers import NOTHING, adopted
from informe.experiments.decision import Outcome, changed
from informe.experiments.plans import Plans, longer

NAME = "elegida"
LONGER = 1.5  # times the original's epochs, of which the best number is chosen


@dataclass(frozen=True)
class Chosen:
    """The chosen network: what was adopted, and what it says after the epoch chosen."""

    base: str  # name of the network that it changes
    changes: dict[str, str]  # option that it adopts and the base lacks, by decision
    runs: list[Run]
    epoch: int
    validation: np.ndarray  # (S, E) accuracy on the validation images
    predictions: np.ndarray  # (S, N) classes of the test images, after `epoch`
    labels: np.ndarray  # (N,)

    @property
    def seconds(self) -> np.ndarray:
        """Training time of each seed up to the epoch chosen, (S,)."""
        return np.array([r.history.seconds[: self.epoch].sum() for r in self.runs])


@dataclass(frozen=True)
class Choice:
    """What decisions lead to: a network to train, and how it differs from its base."""

    plan: Plan
    base: str  # name of the network that it changes
    changes: dict[str, str]  # option that it adopts and the base lacks, by decision


def adopt(
    plans: Plans, base: str, outcomes: dict[str, Outcome], seeds: range
) -> Choice:
    """The plan named `base` with what evidence adopts in each decision, if anything.

    A decision whose own base differs from it, as where filters are compared behind an
    activation, brings that difference along.
    """
    network, changes = replace(plans[base], seeds=seeds), {}
    for name, outcome in outcomes.items():
        decision, label = outcome.decision, adopted(outcome)
        if label != decision.reference:
            options = network.options | decision.base.options
            with_it = replace(network, options=options)
            with_it = changed(with_it, decision.choices[label])
            if with_it != network:
                network, changes[name] = with_it, label
    return Choice(longer(network, LONGER), base, changes)


def data_for(data: Dataset) -> Dataset:
    """What it learns from and is measured on: validation images, then test images."""
    return measured_also(validation(data), data, "test")


def choose(choice: Choice, data: Dataset, *, device: str = "auto") -> Chosen:
    """Train the network of `choice`; let the validation images choose its epochs."""
    both = data_for(data)
    runs = train(both, {NAME: choice.plan}, device=device)[NAME]
    labels, n = both.test.labels.numpy(), len(both.test) - len(data.test)
    predicted = np.stack([run.snapshots["predictions"] for run in runs])  # (S, E, n+N)
    accuracy = (predicted[:, :, :n] == labels[:n]).mean(2)
    epoch = fewest(accuracy)
    tested = predicted[:, epoch - 1, n:].astype(np.int64)
    about = choice.base, choice.changes
    return Chosen(*about, runs, epoch, accuracy, tested, labels[n:])


def fewest(accuracy: np.ndarray) -> int:
    """The first epoch, from 1, whose mean of (S, E) is within NOTHING of the best."""
    mean = accuracy.mean(0)
    return int(np.argmax(mean >= mean.max() - NOTHING)) + 1
