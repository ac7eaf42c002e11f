"""Cores shared between processes that know nothing of each other."""

from contextlib import contextmanager

import pytest

from helpers.runs import Plan, workers
from helpers.runs.plan import questions
from helpers.runs.slots import slot, slots
from helpers.training import Recipe
from tests.support.stoppable import hold_a_core

needs_two_cores = pytest.mark.skipif(
    len(slots("cpu")) < 2, reason="shares out two cores, and here is one"
)


@pytest.fixture
def holder(home, processes):
    """holder(cores): a process that takes one of the first `cores`, and its words."""

    @contextmanager
    def start(cores: int, seconds: float = 600):
        words, theirs = processes.Pipe(False)
        asked = (home, cores, seconds, theirs)
        process = processes.Process(target=hold_a_core, args=asked)
        process.start()
        try:
            assert words.poll(30) and words.recv() == "asks"
            yield process, words
        finally:
            process.kill()
            process.join()

    return start


def holds(one, within: float = 30) -> bool:
    """Whether it takes a core within so many seconds."""
    _, words = one
    return words.poll(within) and words.recv() == "holds"


def test_a_core_is_held_by_one_at_a_time_and_is_free_when_that_is_killed(holder):
    with holder(1) as first:
        assert holds(first)
        with holder(1) as second:
            assert not holds(second, within=0.5)
            first[0].kill()
            assert holds(second)


@needs_two_cores
def test_as_many_as_there_are_cores(holder):
    with holder(2) as first, holder(2) as second:
        assert holds(first) and holds(second)
        with holder(2) as third:
            assert not holds(third, within=0.5)


def test_who_gives_a_core_back_lets_others_go_first(holder):
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
        plan = Plan(network, Recipe(epochs=epochs), options=mnist.sizes | options)
        return workers.work(questions(mnist, plan, "cpu")[0])

    assert cost("dense", 2) > cost("lenet5", 10) > cost("lenet5", 2)
    assert cost("dense", 2, width=1000) < cost("dense", 1)
