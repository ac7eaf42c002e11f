"""How long trainings will take: from stored runs, from a few steps, and as they go."""

import io
from types import SimpleNamespace

import pytest

from helpers.runs import Plan, progress
from helpers.runs.plan import questions
from helpers.runs.progress import Name
from helpers.training import Epoch, Recipe
from informe.execution import forecast
from tests.support.runs import store_one


def test_stored_runs_of_this_machine_tell_the_speed(home, mnist):
    store_one(mnist)  # made up: 2 s an epoch
    longer = Plan("one_hidden", Recipe(learning_rate=0.5, epochs=7), (3, 4))
    other = Plan("one_hidden", Recipe(epochs=7), (0,), {"filters": 2})
    sets = [(mnist, {"a": longer, "b": other})]
    found = forecast.expected(sets, "cpu")
    share = 1 + forecast.FORWARD * len(mnist.test) / len(mnist.train)
    *known, measured = (found[q.key] for p in sets[0][1].values()
                        for q in questions(mnist, p, "cpu"))  # fmt: skip
    assert known == pytest.approx([7 * 2 * share] * 2)
    assert 0 < measured < 14


def test_what_another_machine_or_other_data_took_does_not(home, mnist, monkeypatch):
    store_one(mnist)
    images = {mnist.checksum: len(mnist.train)}
    assert list(forecast.stored(images).values()) == [2 / len(mnist.train)]
    assert forecast.stored({"other data": 1}) == {}
    monkeypatch.setattr(forecast, "describe_machine", lambda device: {"cores": 512})
    assert forecast.stored(images) == {}


def test_what_is_stored_takes_no_time(home, mnist):
    store_one(mnist, recipe=Recipe(epochs=2))
    assert (
        forecast.expected([(mnist, {"a": Plan("one_hidden", Recipe(epochs=2))})], "cpu")
        == {}
    )


def test_the_longest_starts_first():
    assert forecast.together([1, 1, 4, 2], 2) == 4
    assert forecast.together([3, 3, 3], 2) == 6
    assert forecast.together([], 2) == 0


def test_trainings_that_follow_are_told_too(home, mnist, monkeypatch):
    monkeypatch.setattr(progress, "is_interactive", lambda: False)
    (question,) = questions(mnist, Plan("one_hidden", Recipe()), "cpu")
    asked = {Name("MNIST", "a", 0): question}
    shown = forecast.Forecast(
        {question.key: 60.0}, [90.0, 90.0], 2, asked, io.StringIO(), "CPU"
    )
    assert shown.missing() == 150


def test_the_time_left_follows_the_time_taken(home, mnist, capsys, monkeypatch):
    """Twice as slow as expected: what is left takes twice as long too."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(forecast.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(progress, "is_interactive", lambda: False)
    monkeypatch.setattr(progress, "PAUSE", 0)
    plan = Plan("one_hidden", Recipe(epochs=2), range(4))
    asked = {Name("MNIST", "a", q.seed): q for q in questions(mnist, plan, "cpu")}
    seconds = {q.key: 300.0 for q in asked.values()}
    shown = forecast.Forecast(seconds, [], 2, asked, io.StringIO(), "CPU")
    clock.now = 600.0
    for name in list(asked)[:2]:
        for epoch in (1, 2):
            shown.show(name, Epoch(epoch, 1.0, 0.5, 1.0, 0.25, 1.0))
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == "Por entrenar: 4 (CPU); ~10 min"
    assert lines[-1] == "2/4 · quedan ~10 min · MNIST, a, semilla 1"


@pytest.mark.parametrize("verbose", [False, True])
def test_where_nobody_watches_a_line_comes_now_and_then(
    home, mnist, capsys, monkeypatch, verbose
):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(forecast.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(progress, "is_interactive", lambda: False)
    (question,) = questions(mnist, Plan("one_hidden", Recipe(epochs=6)), "cpu")
    name = Name("MNIST", "a", 0)
    asked = {name: question}, io.StringIO(), "CPU"
    monkeypatch.setattr(forecast.Forecast, "verbose", verbose)
    shown = forecast.Forecast({question.key: 90.0}, [], 1, *asked)
    for epoch, clock.now in enumerate((20.0, 40.0, 60.0, 80.0, 100.0, 110.0), 1):
        shown.show(name, Epoch(epoch, 1.0, 0.5, 1.0, 0.25, 1.0))
    told = [line.partition(" · ")[0] for line in capsys.readouterr().err.splitlines()]
    assert told[1:] == (["0/1"] * 5 + ["1/1"] if verbose else ["0/1", "1/1"])
