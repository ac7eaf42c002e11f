"""How long a report's trainings will take on this machine, and how far they are."""

import time
from functools import partial

import torch

from helpers import models, training
from helpers.datasets import Dataset, Split
from helpers.machine import describe_machine
from helpers.runs import Plan, store, workers
from helpers.runs.files import read_json
from helpers.runs.plan import Question, questions
from helpers.runs.progress import Progress

Sets = list[tuple[Dataset, dict[str, Plan]]]

STEPS = 8  # are timed where no stored run tells the speed
FORWARD = 0.35  # of an image's time in training, to predict it


def kind(question: Question) -> tuple:
    """What decides the seconds of an epoch: the same for equal trainings."""
    q, r = question, question.recipe
    options, cut = str(sorted(q.options.items())), (q.data, q.split, q.train_images)
    return q.network, options, *cut, r.optimizer, r.loss, r.batch_size, q.device


def stored() -> dict[tuple, float]:
    """Seconds of an epoch by kind, as this machine took for its stored runs."""
    seconds = {}
    for folder in store.folders():
        try:
            about, history = (
                read_json(folder / f"{name}.json") for name in ("run", "history")
            )
            question = Question.of(about)
            if history and about["machine"] == describe_machine(question.device):
                took = [epoch["seconds"] for epoch in history]
                seconds[kind(question)] = sum(took) / len(took)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # whoever uses it says what is wrong
    return seconds


def measured(question: Question, data: Dataset) -> float:
    """Seconds of an epoch of `data`, by timing a few steps after as many others."""
    with training.one_thread():
        model = models.build(question.network, **question.options).to(question.device)
        rows = torch.arange(min(len(data.train), STEPS * question.recipe.batch_size))
        few = Split(data.train.images[rows], data.train.labels[rows])
        loop, _ = training.pick_loop(model, few, question.recipe, question.device)
        loop.epoch(rows)
        start = time.perf_counter()
        loop.epoch(rows)
        return (time.perf_counter() - start) * len(data.train) / len(rows)


def expected(sets: Sets, device: str) -> dict[str, float]:
    """Seconds of a core that each training that is not stored takes, by its key."""
    speeds, found = stored(), {}
    for data, plans in sets:
        share = FORWARD * len(data.test) / len(data.train)
        for plan in plans.values():
            for question in questions(data, plan, device):
                if store.find(question):
                    continue
                if (like := kind(question)) not in speeds:
                    speeds[like] = measured(question, data)
                found[question.key] = (
                    question.recipe.epochs * speeds[like] * (1 + share)
                )
    return found


def together(seconds: list[float], processes: int) -> float:
    """Seconds until the last ends, if the longest of those that wait starts next."""
    busy = [0.0] * processes
    for one in sorted(seconds, reverse=True):
        busy[busy.index(min(busy))] += one
    return max(busy)


class Forecast(Progress):
    """Also says how much time is left."""

    def __init__(self, seconds: dict[str, float], processes: int, *parts):
        """Take seconds of a core by key, how many train at once, `Progress`'s parts."""
        self.seconds, self.processes = seconds, processes
        self.begun = time.monotonic()
        super().__init__(*parts)

    def heading(self) -> str:
        """What is trained, where and how long it takes."""
        self.at_first = self.missing()
        return f"{super().heading()}; unos {_rough(self.at_first)}"

    def missing(self) -> float:
        """Seconds that it still takes, as expected at first."""
        done = {n: e / self.trainings[n].recipe.epochs for n, e in self.epochs.items()}
        each = [
            self.seconds[question.key] * (1 - done.get(name, 0))
            for name, question in self.trainings.items()
        ]
        return together(each, self.processes)

    def left(self) -> str:
        """The time left, corrected by that taken so far."""
        missing, took = self.missing(), time.monotonic() - self.begun
        past = self.at_first - missing
        slower = took / past if past > 0.05 * self.at_first else 1
        return f"quedan unos {_rough(slower * missing)}"


def train(sets: Sets, device: str) -> None:
    """Train what is not stored of all these plans, saying how long it takes."""
    seconds = expected(sets, device)
    processes = min(workers.at_once(device), max(1, len(seconds)))
    shown = partial(Forecast, seconds, processes)
    workers.train_together(sets, device=device, progress=shown)


def _rough(seconds: float) -> str:
    """A duration as one would say it beforehand: whole minutes, or tens of seconds."""
    if seconds >= 90:
        return f"{round(seconds / 60)} min"
    return f"{max(10, 10 * round(seconds / 10))} s"
