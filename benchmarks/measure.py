"""Runs contenders in turns, each in a process of its own."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack

from benchmarks.tasks import Task
from helpers.machine import cores

Measured = dict[str, list[dict]]


def interleaved(tasks: dict[str, Task], repeats: int, ceilings: list[dict]) -> Measured:
    """Time one step of each contender's task, `repeats` times in turns, in seconds.

    Reads the ceilings in every turn: the machine may have other work, and a floor
    is only worth something if it was read among the times it is compared with.
    """
    found = defaultdict(list)
    for turn in range(repeats):
        with _python("benchmarks.floors") as process:
            ceilings.append(json.loads(process.stdout.read()))
        for name, task in tasks.items():
            together = cores() if name == "ours" else 1
            found[name].append(race(name, task, together))
            step = found[name][-1]["step"]
            print(f"  {turn + 1}/{repeats} {name:10} {step * 1e3:9.3f} ms", flush=True)
    return dict(found)


def race(name: str, task: Task, together: int) -> dict[str, float]:
    """Train `together` times at once; time of a step of one of them, peak memory.

    The time is that from the first start to the last end, over the trainings.
    """
    numbers = [str(n) for n in (task.batches, task.seed, task.width)]
    arguments = ["benchmarks.contenders", name, task.network, *numbers]
    with ExitStack() as stack:
        processes = [stack.enter_context(_python(*arguments)) for _ in range(together)]
        if any(process.stdout.readline() != "ready\n" for process in processes):
            for process in processes:
                process.kill()
            raise RuntimeError(f"{name} failed:\n{processes[0].stderr.read()}")
        results = [json.loads(line) for line in _start_together(processes)]
    wall = max(r["end"] for r in results) - min(r["start"] for r in results)
    peak = max(r["peak"] for r in results)
    return {"step": wall / together / task.batches, "peak": peak}


def _start_together(processes: list[subprocess.Popen]) -> list[str]:
    """Send each the line that it waits for; give the line that each answers."""
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.stdout.readline() for process in processes]


def _python(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"},
    )
