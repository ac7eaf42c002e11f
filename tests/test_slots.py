"""Cores shared between processes that know nothing of each other."""

import select
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from helpers.runs import Plan, workers
from helpers.runs.plan import questions
from helpers.runs.slots import slot, slots
from helpers.training import Recipe

# takes one of the first `cores`, says so, holds it for so many seconds; again and again
HOLDER = """
import os, sys, time
from helpers.runs.slots import slot
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
while True:
    with slot("cpu"):
        print("holds", flush=True)
        time.sleep(float(sys.argv[2]))
"""
needs_two_cores = pytest.mark.skipif(
    len(slots("cpu")) < 2, reason="shares out two cores, and here is one"
)


@contextmanager
def holder(cores: int, seconds: float = 600):
    """A process that takes a core."""
    command = [sys.executable, "-c", HOLDER, str(cores), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def holds(process, within: float = 30) -> bool:
    """Whether it takes a core within so many seconds."""
    ready, _, _ = select.select([process.stdout], [], [], within)
    return bool(ready) and process.stdout.readline() == b"holds\n"


def test_a_core_is_held_by_one_at_a_time_and_is_free_when_that_is_killed(home):
    with holder(1) as first:
        assert holds(first)
        with holder(1) as second:
            assert not holds(second, within=3)  # long enough to start
            first.send_signal(signal.SIGKILL)
            assert holds(second)


@needs_two_cores
def test_as_many_as_there_are_cores(home):
    with holder(2) as first, holder(2) as second:
        assert holds(first) and holds(second)
        with holder(2) as third:
            assert not holds(third, within=3)


def test_who_gives_a_core_back_lets_others_go_first(home):
    """Else a notebook with many trainings would keep its cores to the end."""
    with holder(1, seconds=0.1) as first:
        assert holds(first)
        with holder(1) as second:
            assert holds(second)


def test_a_failure_gives_the_core_back(home):
    for _ in range(len(slots("cpu")) + 1):
        with pytest.raises(ZeroDivisionError), slot("cpu"):
            raise ZeroDivisionError


def test_one_training_at_a_time_on_a_gpu():
    assert len(slots("cuda")) == 1
    assert not set(slots("cuda")) & set(slots("cpu"))


def test_the_longest_trainings_begin(mnist):
    def cost(network, epochs, **options):
        plan = Plan(network, Recipe(epochs=epochs), options=options)
        return workers.work(questions(mnist, plan, "cpu")[0])

    assert cost("dense", 2) > cost("lenet5", 10) > cost("lenet5", 2)
    assert cost("dense", 2, width=1000) < cost("dense", 1)
