"""Runs contenders in turns, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.tasks import Task
from helpers.machine import cores

LIMIT = 300  # seconds that a contender may take, its warm-up included


class Failed(RuntimeError):
    """A contender did not finish; the message says why."""


def interleaved(tasks: dict[str, Task], repeats: int) -> Iterator[dict]:
    """Time one step of each contender's task, `repeats` times in turns, in seconds.

    Yields, after each turn, what was measured so far: `contenders`, by name a list of
    what `race` gave; `ceilings`, measured in every turn, because the machine may have
    other work, and a floor is only meaningful if it was measured along with the times
    that it is compared with; and `failed`, why a contender is left out from then on.

    Raises Failed if ours fails: there is nothing to compare without it.
    """
    found = {"contenders": {name: [] for name in tasks}, "ceilings": [], "failed": {}}
    for turn in range(repeats):
        with _python("benchmarks.floors") as process:
            found["ceilings"].append(json.loads(process.stdout.read()))
        for name in [n for n in tasks if n not in found["failed"]]:
            print(f"  {turn + 1}/{repeats} {name:10}", end=" ", flush=True)
            try:
                run = race(name, tasks[name], cores() if name == "ours" else 1)
                found["contenders"][name].append(run)
                print(f"{run['step'] * 1e3:9.3f} ms", flush=True)
            except Failed as error:
                if name == "ours":
                    raise
                found["failed"][name] = str(error)
                print(f"failed: {error}", flush=True)
        yield found


def race(name: str, task: Task, together: int) -> dict[str, float]:
    """Run `together` trainings at once; give `step`, in seconds, and `peak`, in bytes.

    `step` is the time from the first start to the last end, divided by the steps of all
    trainings; `peak` is the largest memory of one of them. Raises Failed.
    """
    numbers = [str(n) for n in (task.batches, task.seed, task.width)]
    arguments = ["benchmarks.contenders", name, task.network, *numbers]
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        processes = [
            stack.enter_context(_python(*arguments, errors=errors))
            for _ in range(together)
        ]
        start = time.monotonic()
        timer = threading.Timer(LIMIT, _kill, [processes])
        timer.start()
        try:
            lines = _answers(processes)
        finally:
            timer.cancel()
        if not all(lines):
            _kill(processes)
            late = time.monotonic() - start >= LIMIT
            raise Failed(f"not done after {LIMIT} s" if late else _last_line(errors))
    results = [json.loads(line) for line in lines]
    wall = max(r["end"] for r in results) - min(r["start"] for r in results)
    peak = max(r["peak"] for r in results)
    return {"step": wall / together / task.batches, "peak": peak}


def _answers(processes: list[subprocess.Popen]) -> list[str]:
    """Start all at once; give the line that each answers, or [""] if one ended."""
    try:
        if all([process.stdout.readline() for process in processes]):
            for process in processes:
                process.stdin.write("go\n")
                process.stdin.flush()
            return [process.stdout.readline() for process in processes]
    except BrokenPipeError:
        pass  # it ended while it waited
    return [""]


def _kill(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        process.kill()


def _last_line(errors) -> str:
    errors.seek(0)
    return (errors.read().strip().splitlines() or ["it was killed"])[-1]


def _python(*arguments: str, errors=None) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"},
    )
