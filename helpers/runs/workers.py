"""Train what is not stored yet, in processes that share the cores."""

import atexit
import os
import shutil
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache, lru_cache
from multiprocessing import get_context, parent_process
from multiprocessing.queues import Queue

import cloudpickle

from helpers import gpu, models, training
from helpers.datasets import KNOWN, Dataset, keep, load, made
from helpers.machine import cores, pick_device
from helpers.runs import definition, store
from helpers.runs.plan import UNKEYED, Plan, Question, questions
from helpers.runs.progress import Name, Progress
from helpers.runs.run import Run
from helpers.runs.slots import slot
from helpers.validation import part

KILLED = (
    "un proceso que entrenaba murió (¿se acabó la memoria?; ¿falta en un programa "
    'propio «if __name__ == "__main__":»?); lo acabado queda, y la misma orden sigue'
)
MOST = 61  # processes that a pool on Windows can wait for


class Diverged(training.TrainingError):
    """The loss of the training `name`, with `recipe`, is no longer finite."""

    def __init__(self, message: str, name: Name | None = None, recipe=None):
        super().__init__(f"{name}: {message}" if name else message)
        self.name, self.recipe = name, recipe


def train(
    data: Dataset, plans: dict[str, Plan], *, device: str = "auto"
) -> dict[str, list[Run]]:
    """Give the runs of each plan, one for each seed; train those that are not stored.

    Of a plan that may diverge, seeds that do so have no run. A training takes one core
    of the CPU (or the GPU); all trainings on this machine share the cores
    (`helpers.runs.slots`). At most `INFORME_JOBS` of this call's trainings run at once;
    by default, as many as there are cores.

    Raises ValueError, before any training, for what does not suit and for a network
    that cannot be sent to another process; Diverged when a loss is not finite,
    TrainingError when a process was killed, StorageError when a run cannot be kept.
    """
    return train_together([(data, plans)], device=device)[0]


def train_together(
    sets: list[tuple[Dataset, dict[str, Plan]]],
    *,
    device: str = "auto",
    progress: Callable[..., Progress] = Progress,
) -> list[dict[str, list[Run]]]:
    """Do what `train` does for several data sets at once, the longest training first.

    `progress` makes what shows the trainings. Raises what `train` raises.
    """
    device = pick_device(device)
    asked = [
        {plan: questions(data, p, device) for plan, p in plans.items()}
        for data, plans in sets
    ]
    jobs = [
        (Name(data.title, plan, q.seed), q, plans[plan].may_diverge)
        for (data, plans), same in zip(sets, asked, strict=True)
        for plan, several in same.items()
        for q in several
    ]
    named = {q.key: (name, q) for name, q, _ in jobs}
    strict = {q.key for _, q, may_diverge in jobs if not may_diverge}
    found = {key: store.find(question) for key, (_, question) in named.items()}
    missing = dict(named[key] for key, run in found.items() if run is None)
    if missing:
        kind = {d.name: "sample" if d.is_sample else "full" for d, _ in sets}
        own = {d.checksum: d for d, _ in sets if d.name not in KNOWN}
        for data in own.values():
            keep_whole(data)
        lost = _train_all(missing, kind, own, device, progress, strict)
        missing = {name: q for name, q in missing.items() if q.key not in lost}
    runs = {key: run for key, run in found.items() if run}
    runs |= {question.key: _stored(question) for question in missing.values()}
    for question in missing.values():
        if question.definition.startswith(UNKEYED):
            atexit.register(shutil.rmtree, runs[question.key].folder, True)
    return [
        {
            plan: [runs[q.key] for q in several if q.key in runs]
            for plan, several in same.items()
        }
        for same in asked
    ]


def keep_whole(data: Dataset) -> None:
    """Keep somebody's own data, or those of which they are a part, if still known."""
    for whole in [d for d in made.values() if d.name == data.name]:
        with suppress(ValueError):  # it has too few images to be split
            if part(whole, data.split, data.train_images).checksum == data.checksum:
                return keep(whole)


def at_once(device: str) -> int:
    """Number of trainings that may run at the same time."""
    if device == "cuda":
        return 1
    most = int(os.environ.get("INFORME_JOBS") or cores())
    return min(most, MOST) if sys.platform == "win32" else most


def _train_all(
    missing: dict[Name, Question],
    kind: dict[str, str],
    own: dict[str, Dataset],
    device: str,
    progress: Callable[..., Progress],
    strict: set[str],
) -> set[str]:
    """Train; give the keys of those that diverged, none of which is in `strict`."""
    asked = {q.definition: q.network for q in missing.values()}
    sent = _packed({d: definition.known[d] for d in asked}, own)
    # spawned, not forked: a fork of a process that has used torch's threads can hang
    context = get_context("spawn")
    queue = context.Queue()
    processes = min(at_once(device), len(missing))
    where = "GPU" if device == "cuda" else f"CPU, {processes} en paralelo"
    with (
        progress(missing, queue, where) as shown,
        ProcessPoolExecutor(processes, context, _start, (queue, sent)) as pool,
    ):
        groups = of_one_kind(in_order(missing), device)
        futures = [
            pool.submit(_train_some, g, kind[g[0][1].dataset], strict) for g in groups
        ]
        try:
            return set().union(*(future.result() for future in futures))
        except BrokenProcessPool:
            raise training.TrainingError(KILLED) from None
        except BaseException as error:
            _stop(pool)
            if isinstance(error, KeyboardInterrupt):
                shown.interrupted()
            raise


def in_order(missing: dict[Name, Question]) -> list[tuple[Name, Question]]:
    """The longest first, but those on the same data together, as each process reads it.

    What is short comes last, so that no core waits long for another in the end.
    """
    together = defaultdict(list)
    for name, question in sorted(missing.items(), key=lambda i: -work(i[1])):
        together[question.data].append((name, question))
    return [one for same in together.values() for one in same]


def of_one_kind(
    trainings: list[tuple[Name, Question]], device: str
) -> list[list[tuple[Name, Question]]]:
    """What to train together: on a GPU, all that differ in their seed alone."""
    groups = defaultdict(list)
    for name, question in trainings:
        same = replace(question, seed=0).key if device == "cuda" else question.key
        groups[same].append((name, question))
    return list(groups.values())


def work(question: Question) -> int:
    """Rough duration of a training, relative to others."""
    model, images = question.build(), question.train_images or 60_000
    return models.count_parameters(model) * question.recipe.epochs * images


def _stop(pool: ProcessPoolExecutor) -> None:
    """Cancel what waits and end what runs; what has finished is stored."""
    processes = list(pool._processes.values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
        process.join()


def _packed(networks: dict[str, models.Network], own: dict[str, Dataset]) -> bytes:
    """What the processes cannot get by themselves: networks, and data without a name.

    cloudpickle also takes what a notebook defines. Only our own processes read it.
    """
    try:
        return cloudpickle.dumps((networks, own))
    except Exception as error:  # whatever an object's own code raises
        words = f"a network cannot be sent to the processes that train: {error}"
        raise ValueError(words) from error


_queue: Queue
_sent: bytes | None = None


def _start(queue: Queue, sent: bytes) -> None:
    global _queue, _sent
    _queue, _sent = queue, sent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """Stop when the parent ends, so that a killed kernel leaves no trainings behind."""
    if parent := parent_process():
        parent.join()
    os._exit(1)


@cache
def _own() -> dict[str, Dataset]:
    """Data without a name, by checksum; what came with them is known from here on."""
    networks, own = cloudpickle.loads(_sent) if _sent else ({}, {})
    definition.known.update(networks)
    return own


def _train_some(
    group: list[tuple[Name, Question]], kind: str, strict: set[str]
) -> set[str]:
    """Train questions of one kind, at once if they can be; give those that diverged."""
    _own()
    question = group[0][1]
    if not question.is_as_asked():
        raise ValueError(
            f"the code of {question.network} has changed since it was imported: "
            "restart the notebook, and train again"
        )
    model = question.build()
    if question.device == "cuda" and not gpu.stackable(model, question.recipe):
        with suppress(training.TrainingError):  # the one that failed says so alone
            _train_at_once(group, kind)
    lost = set()
    for name, question in group:
        try:
            _train_one(name, question, kind)
        except Diverged:
            if question.key in strict:
                raise
            lost.add(question.key)
            _queue.put((name, None))
    return lost


def _train_at_once(group: list[tuple[Name, Question]], kind: str) -> None:
    with ExitStack() as locks:
        for key in sorted(question.key for _, question in group):
            locks.enter_context(store.alone(key))
        left = [(name, q) for name, q in group if not store.find(q)]
        if not left:
            return
        names, asked = {q.seed: name for name, q in left}, [q for _, q in left]
        with slot("cuda"):
            results = gpu.fit_many(
                [question.build() for question in asked],
                _data_of(asked[0], kind),
                asked[0].recipe,
                seeds=list(names),
                device="cuda",
                on_epoch=lambda seed, epoch: _queue.put((names[seed], epoch)),
            )
        for question, result in zip(asked, results, strict=True):
            store.save(question, result)


def _train_one(name: Name, question: Question, kind: str) -> None:
    with store.alone(question.key):
        if store.find(question):  # another process was faster
            return
        try:
            with slot(question.device):
                result = training.fit(
                    question.build(),
                    _data_of(question, kind),
                    question.recipe,
                    seed=question.seed,
                    device=question.device,
                    on_epoch=lambda epoch: _queue.put((name, epoch)),
                    checkpoint=store.checkpoint(question.key),
                )
        except training.TrainingError as error:
            kept = store.keep_history(question.key, error.history)
            words = f"{error}. Kept: {kept}"
            raise Diverged(words, name, question.recipe) from None
        store.save(question, result)


def _data_of(question: Question, kind: str) -> Dataset:
    q = question
    return _own().get(q.data) or _data(q.dataset, kind, q.split, q.train_images)


@lru_cache(maxsize=1)
def _data(name: str, kind: str, split: str, train_images: int | None) -> Dataset:
    """The data that the parent process has."""
    return part(load(name, kind), split, train_images)


def _stored(question: Question) -> Run:
    run = store.find(question)
    if run is None:
        raise FileNotFoundError(f"the run {question.key} vanished from the store")
    return run
