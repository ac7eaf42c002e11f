"""Train what is not stored yet, in processes that share the cores."""

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context, parent_process

from helpers import models, training
from helpers.datasets import Dataset, load
from helpers.machine import cores
from helpers.runs import store
from helpers.runs.allocator import keep_freed_memory
from helpers.runs.plan import Plan, Training, trainings
from helpers.runs.slots import slot
from helpers.runs.store import Run
from helpers.selection import validation

KILLED = (
    "a process that trained was killed (did the memory run out?); finished epochs are "
    "kept, and the same command goes on from them"
)


def train(
    data: Dataset, plans: dict[str, Plan], *, device: str = "auto"
) -> dict[str, list[Run]]:
    """Give the runs of each plan, one a seed; train those that are not stored.

    A training takes one core of the CPU (or the GPU), which it shares with all that
    train on this machine (`helpers.runs.slots`); of these, as many go on at once as
    `INFORME_JOBS` says, all cores by default.

    Raises ValueError for an unknown network, option or device, before any training;
    TrainingError when a loss is not finite or a process was killed; StorageError when
    a run cannot be kept.
    """
    device = training.pick_device(device)
    asked = {name: trainings(data, plan, device) for name, plan in plans.items()}
    jobs = {job.key: (name, job) for name, same in asked.items() for job in same}
    found = {key: store.find(job) for key, (_, job) in jobs.items()}
    missing = {
        (name, job.seed): job for key, (name, job) in jobs.items() if not found[key]
    }
    if missing:
        _train_all(data, missing, device)
    found |= {job.key: _stored(job) for job in missing.values()}
    return {name: [found[job.key] for job in same] for name, same in asked.items()}


def workers(device: str) -> int:
    """How many trainings go on at once."""
    return 1 if device == "cuda" else int(os.environ.get("INFORME_JOBS") or cores())


def _train_all(data: Dataset, jobs: dict[tuple, Training], device: str) -> None:
    # here, as the training processes need not hold IPython and matplotlib
    from helpers.runs.progress import Progress

    # spawned, not forked: a fork of a process that has used torch's threads can hang
    context = get_context("spawn")
    queue = context.Queue()
    processes = min(workers(device), len(jobs))
    with (
        Progress(data.title, jobs, queue, device, processes) as progress,
        ProcessPoolExecutor(processes, context, _start, (queue,)) as pool,
    ):
        kind = "sample" if data.is_sample else "full"
        longest_first = sorted(jobs.items(), key=lambda job: cost(job[1]), reverse=True)
        futures = [pool.submit(_train_one, *job, kind) for job in longest_first]
        try:
            for future in futures:
                future.result()
        except BrokenProcessPool:
            raise training.TrainingError(KILLED) from None
        except BaseException as error:
            _stop(pool)
            if isinstance(error, KeyboardInterrupt):
                progress.interrupted()
            raise


def cost(job: Training) -> int:
    """How long a training takes, roughly, among those on the same data."""
    model = models.build(job.network, **job.options)
    return models.count_parameters(model) * job.recipe.epochs


def _stop(pool: ProcessPoolExecutor) -> None:
    """Drop what waits and end what runs; what has finished is stored."""
    processes = list(pool._processes.values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
        process.join()


def _start(queue) -> None:
    global _queue
    _queue = queue
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """A kernel that is killed leaves no trainings behind."""
    parent_process().join()
    os._exit(1)


def _train_one(name: tuple, job: Training, kind: str) -> None:
    with store.alone(job.key):
        if store.find(job):  # another process was faster
            return
        try:
            with slot(job.device):
                data = _data(job.dataset, kind, job.split, job.train_images)
                keep_freed_memory()  # of training, not what it takes to read the data
                result = training.fit(
                    models.build(job.network, seed=job.seed, **job.options),
                    data,
                    job.recipe,
                    seed=job.seed,
                    device=job.device,
                    on_epoch=lambda epoch: _queue.put((name, epoch)),
                    checkpoint=store.checkpoint(job.key),
                )
        except training.TrainingError as error:
            kept = store.keep_history(job.key, error.history)
            raise training.TrainingError(f"{error}. Kept: {kept}") from None
        store.save(job, result)


@lru_cache(maxsize=1)
def _data(name: str, kind: str, split: str, train_images: int | None) -> Dataset:
    """The data that the parent process has."""
    data = load(name, kind)
    return data if split == "test" else validation(data, train_images)


def _stored(job: Training) -> Run:
    run = store.find(job)
    if run is None:
        raise FileNotFoundError(f"the run {job.key} vanished from the store")
    return run
