"""How long a report's trainings will take on this machine, and how far they are."""

import time
from collections.abc import Sequence
from functools import partial

import torch

from helpers import training
from helpers.datasets import Dataset
from helpers.machine import describe_machine
from helpers.runs import store, workers
from helpers.runs.files import read_json
from helpers.runs.plan import Question, questions
from helpers.runs.progress import Name, Progress
from informe.experiments.plans import Sets

STEPS = 8  # are timed where no stored run tells the speed
FORWARD = 0.35  # of an image's time in training, to predict it


def kind(question: Question) -> tuple:
    """What decides the seconds that an image takes: the same for equal trainings."""
    q, r = question, question.recipe
    options = str(sorted(q.options.items()))
    return q.dataset, q.definition, options, r.optimizer, r.loss, r.batch_size, q.device


def stored(images: dict[str, int]) -> dict[tuple, float]:
    """Seconds of an image by kind, as this machine took for its stored runs.

    `images` says how many a run learnt from, by the checksum of its data; other runs
    are left out.
    """
    seconds = {}
    for folder in store.folders():
        try:
            about, history = (
                read_json(folder / f"{name}.json") for name in ("run", "history")
            )
            question = Question.of(about)
            learnt = images[question.data] * len(history)
            if about["machine"] == describe_machine(question.device):
                took = sum(epoch["seconds"] for epoch in history)
                seconds[kind(question)] = took / learnt
        except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
            continue  # of other data; or whoever uses it says what is wrong
    return seconds


def measured(question: Question, data: Dataset) -> tuple[float, torch.Tensor]:
    """Seconds of an image, by timing a few steps after as many others; their losses."""
    with training.one_thread():
        model = question.build().to(question.device)
        rows = torch.arange(min(len(data.train), STEPS * question.recipe.batch_size))
        recipe, device = question.recipe, question.device
        loop, _ = training.pick_loop(model, data.train[rows], recipe, device)
        first, _ = loop.epoch(rows)
        start = time.perf_counter()
        second, _ = loop.epoch(rows)
        return (time.perf_counter() - start) / len(rows), torch.cat([first, second])


def expected(sets: Sets, device: str) -> dict[str, float]:
    """Seconds of a core that each training that is not stored takes, by its key.

    Raises Diverged where the first steps of one that may not diverge do so.
    """
    speeds, found = stored({d.checksum: len(d.train) for d, _ in sets}), {}
    tried = set()
    for data, plans in sets:
        seen = len(data.train) + FORWARD * len(data.test)  # images, in an epoch
        for name, plan in plans.items():
            for question in questions(data, plan, device):
                if store.find(question):
                    continue
                like, rate = kind(question), question.recipe.learning_rate
                fresh = not plan.may_diverge and (like, rate) not in tried
                if like not in speeds or fresh:
                    speed, losses = measured(question, data)
                    speeds.setdefault(like, speed)
                if fresh:
                    tried.add((like, rate))
                    try_out(Name(data.title, name, question.seed), question, losses)
                found[question.key] = question.recipe.epochs * seen * speeds[like]
    return found


def try_out(name: Name, question: Question, losses: torch.Tensor) -> None:
    """Raise Diverged if the losses of the first steps are not finite."""
    try:
        training.check_losses(losses, question.recipe)
    except training.TrainingError as error:
        raise workers.Diverged(str(error), name, question.recipe) from None


def together(seconds: list[float], processes: int) -> float:
    """Seconds until the last ends, if the longest of those that wait starts next."""
    busy = [0.0] * processes
    for one in sorted(seconds, reverse=True):
        busy[busy.index(min(busy))] += one
    return max(busy)


class Forecast(Progress):
    """Also says how much time is left."""

    def __init__(
        self, seconds: dict[str, float], later: list[float], processes: int, *parts
    ):
        """Take seconds of a core by key, those of trainings that follow, how many
        train at once, and `Progress`'s parts.
        """
        self.seconds, self.later, self.processes = seconds, later, processes
        self.begun = time.monotonic()
        super().__init__(*parts)

    def heading(self) -> str:
        """What is trained, where and how long it takes."""
        self.at_first = self.missing()
        return f"{super().heading()}; ~{rough(self.at_first)}"

    def missing(self) -> float:
        """Seconds that it still takes, as expected at first."""
        done = {n: e / self.trainings[n].recipe.epochs for n, e in self.epochs.items()}
        each = [
            self.seconds[question.key] * (1 - done.get(name, 0))
            for name, question in self.trainings.items()
        ]
        return together(each + self.later, self.processes)

    def left(self) -> str:
        """The time left, corrected by that taken so far."""
        missing, took = self.missing(), time.monotonic() - self.begun
        past = self.at_first - missing
        slower = took / past if past > 0.05 * self.at_first else 1
        return f"quedan ~{rough(slower * missing)}"


def train(sets: Sets, device: str, later: Sequence = ()) -> None:
    """Train what is not stored of all these plans, saying how long it takes.

    The time told includes that of the plans `later`, which a next call trains.
    """
    seconds, follow = expected(sets, device), list(expected([*later], device).values())
    processes = min(workers.at_once(device), max(1, len(seconds)))
    shown = partial(Forecast, seconds, follow, processes)
    workers.train_together(sets, device=device, progress=shown)


def rough(seconds: float) -> str:
    """A duration as one would say it beforehand: hours, minutes or tens of seconds."""
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 90:
        return f"{round(seconds / 60)} min"
    return f"{max(10, 10 * round(seconds / 10))} s"
