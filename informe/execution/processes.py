"""Runs notebooks at the same time, each in a process of its own."""

import _thread
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from helpers.machine import APART

GRACE = 15.0  # seconds that a notebook has to save itself when it is told to stop


@dataclass(frozen=True)
class Execution:
    """A notebook to execute: where it is, where it goes, with what parameters."""

    source: Path
    target: Path
    parameters: dict[str, object]

    @property
    def name(self) -> str:
        """The notebook's name without its folder and suffix."""
        return self.source.stem


class Finished(NamedTuple):
    """How an execution ended; ``cause`` is empty when all went well."""

    execution: Execution
    seconds: float
    cause: str


def run_all(executions: list[Execution], cores: int) -> Generator[Finished, None, None]:
    """Execute ``executions`` in their order, as many at a time as there are cores.

    Their trainings share the cores. INFORME_JOBS, if set, replaces the number of cores
    and is divided among the notebooks. Yields each result as it comes; closing the
    iterator early stops the notebooks that are still running.
    """
    most = int(os.environ.get("INFORME_JOBS") or 0)
    at_a_time = max(1, min(len(executions), most or cores))
    share = {"INFORME_JOBS": str(max(1, most // at_a_time))} if most else {}
    waiting: list[Execution] = list(executions)
    running: list[Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                running.append(Running(waiting.pop(0), os.environ | share))
            for run in [run for run in running if run.ended()]:
                running.remove(run)
                yield run.finished()
            time.sleep(0.05)
    finally:
        stop(running)


class Running:
    """An execution and the process that executes it."""

    def __init__(
        self, execution: Execution, environment: dict[str, str], progress=None
    ):
        """Start it; the notebook's stderr goes to `progress`, or to ours if None."""
        self.execution, self.start = execution, time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "informe.execution.kernel"],
            stdin=subprocess.PIPE,  # kept open: closing it stops the notebook
            stdout=subprocess.PIPE,
            stderr=progress,
            encoding="utf-8",
            env=environment,
            **APART,
        )
        message = {"source": str(execution.source), "target": str(execution.target)}
        words = json.dumps(message | {"parameters": execution.parameters})
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        with suppress(OSError):  # how it ended says more than a broken pipe
            self.stdin.write(words + "\n")
            self.stdin.flush()

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def finished(self) -> Finished:
        """How it ended; waits for the end."""
        with self.process as process:  # closes the pipes
            words = self.stdout.read().strip()
        return Finished(
            self.execution,
            time.monotonic() - self.start,
            _cause(process.returncode, words),
        )


def _cause(status: int, words: str) -> str:
    """Why a process ended with ``status`` after writing ``words``; empty on success."""
    killed = -9 if "DeadKernelError" in words else status
    if killed == -9:
        return f"{words or 'lo mataron'} (¿se acabó la memoria?)"
    return words or (f"acabó con el estado {status}" if status else "")


def stop(running: list[Running]) -> None:
    """End the processes; each notebook saves itself as far as it got."""
    for run in running:
        with suppress(OSError):
            run.stdin.close()
    deadline = time.monotonic() + GRACE
    for run in running:
        try:
            run.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            run.process.kill()  # its kernel sees that and ends too
        run.finished()


def end_as_with_ctrl_c() -> None:
    """Let whatever asks this process to end do what Ctrl-C does."""
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def interrupt_main_thread() -> None:
    """Do what Ctrl-C does; on Windows, once the main thread does not wait."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
