"""The benchmarks, on a handful of batches; times are not asserted."""

import json
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from benchmarks import contenders, floors, measure, memory, same, show
from benchmarks.measure import race
from benchmarks.tasks import DATA, TITLES, Task, epoch_batches, report_epochs


@pytest.fixture(autouse=True)
def sample(monkeypatch):
    monkeypatch.setenv("DATA", "sample")


@pytest.mark.parametrize("name", ["original", "tensors", "ours"])
def test_a_contender_waits_and_times_its_second_epoch(name):
    waited = []
    task = Task("one_hidden", 2)
    start, end = contenders.CONTENDERS[name](task, lambda: waited.append(True))
    assert end > start
    assert waited == [True]


@pytest.mark.slow  # each library takes seconds to import
@pytest.mark.parametrize("name", ["skorch", "lightning", "keras"])
def test_optional_contenders(name, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")  # read when keras is imported
    pytest.importorskip(name)
    assert race(name, Task("one_hidden", 2), together=1)["step"] > 0


def test_trainings_at_once_share_the_wall_time():
    found = race("ours", Task("one_hidden", 2), together=2)
    assert found["step"] > 0
    assert found["peak"] > 2**20


def test_a_contender_that_fails_says_why(monkeypatch):
    with pytest.raises(measure.Failed, match="no_such_network"):
        race("ours", Task("no_such_network", 2), together=2)
    monkeypatch.setattr(measure, "LIMIT", 0.1)
    with pytest.raises(measure.Failed, match=r"not done after 0\.1 s"):
        race("ours", Task("one_hidden", 2), together=1)


SMALL = """
import json
from benchmarks import floors
floors.SIDE = floors.NUMBERS = floors.PIXELS = floors.REPEATS = 10
print(json.dumps(floors.ceilings()))
"""


@pytest.fixture
def made_up_race(monkeypatch):
    """Who is called "nobody" fails; the ceilings are measured with small matrices."""

    def race(name, task, together):
        if name == "nobody" or task.network == "no_such_network":
            raise measure.Failed("it is nobody")
        return {"step": 1.0, "peak": 1}

    def python(module):
        assert module == "benchmarks.floors"
        command = [sys.executable, "-c", SMALL]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    monkeypatch.setattr(measure, "race", race)
    monkeypatch.setattr(measure, "_python", python)


def test_the_others_go_on_without_one_that_fails_and_nothing_without_ours(made_up_race):
    tasks = {"nobody": Task("one_hidden", 2), "tensors": Task("one_hidden", 2)}
    *_, found = measure.interleaved(tasks, 2)
    assert len(found["contenders"]["tensors"]) == len(found["ceilings"]) == 2
    assert all(speed > 0 for each in found["ceilings"] for speed in each.values())
    assert found["contenders"]["nobody"] == []
    assert found["failed"] == {"nobody": "it is nobody"}
    with pytest.raises(measure.Failed, match="it is nobody"):
        next(measure.interleaved({"ours": Task("no_such_network", 2)}, 2))


def test_images_are_repeated_to_as_many_as_asked_for():
    images, labels = Task("one_hidden", 30).tensors  # 1,200 of the sample's 1,000
    assert len(images) == len(labels) == 1200
    assert torch.equal(images[:200], images[1000:])


@pytest.mark.parametrize("network", DATA)
def test_flops_are_those_that_torch_counts(network):
    from torch.utils.flop_counter import FlopCounterMode

    task = Task(network, 1, width=100)
    images, labels = task.tensors
    with FlopCounterMode(display=False) as counter:
        nn.functional.cross_entropy(task.model()(images), labels).backward()
    found = floors.work(task)
    assert found["products"] + found["convolutions"] == counter.get_total_flops()


def test_the_floor_is_the_larger_of_arithmetic_and_memory():
    machine = {"products": 10.0, "convolutions": 20.0, "bytes": 1.0}
    needs = {"products": 100, "convolutions": 40, "bytes": 5}
    assert floors.floor(needs, machine) == 12
    assert floors.floor(needs | {"bytes": 50}, machine) == 50


def test_ours_is_as_near_to_exact_arithmetic_as_torch():
    found = same.distances(Task("two_hidden", 3))
    assert found["ours"] < 2 * found["plain"] + 1e-8


def test_an_epoch_and_the_report_are_the_originals():
    assert epoch_batches("one_hidden") == 1500
    assert epoch_batches("dense") == 1250
    assert report_epochs()["one_hidden"] % 20 == 0  # two variants, ten epochs


def made_up_results(ours: float) -> dict:
    def runs(step):
        return [{"step": step, "peak": 2**30} for _ in range(3)]

    network = {
        "contenders": {"original": runs(8), "tensors": runs(6), "ours": runs(ours)},
        "ceilings": [{"products": 1.0, "convolutions": 1.0, "bytes": 1.0}],
        "failed": {},
        "work": {"products": 1, "convolutions": 0, "bytes": 0},
        "epoch_batches": 10,
    }
    return {
        "machine": {"processor": "a processor", "cores": 2, "torch": "2"},
        "networks": dict.fromkeys(TITLES, network),
        "epochs": dict.fromkeys(TITLES, 1),
        "quick": False,
        "scale": {
            "images": [{"size": n, "seconds": n / 10, "peak": 1} for n in (1, 2, 4, 8)],
            "seeds": [{"size": n, "seconds": n**1.5, "peak": 1} for n in (1, 2, 4, 8)],
        },
    }


def test_the_table_says_what_is_met_and_what_is_missed(tmp_path):
    fast, slow = (show.table(made_up_results(ours)) for ours in (1.0, 4.0))
    assert "| MNIST | 10.00 | 8.0 (≥ 5) | 6.0 (≥ 2), tensors | 1.0 (≤ 3) |" in fast
    assert "missed" not in fast
    assert "| dense 10,000 | 40.00 | 2.0 (≥ 4, missed)" in slow
    assert "4.0 (≤ 1.3, missed)" in slow
    assert "| the report's trainings | 160 in all | 2.0 (≥ 5, missed)" in slow


def with_failures(*names: str) -> dict:
    results = json.loads(json.dumps(made_up_results(1.0)))
    for name in names:
        results["networks"]["dense"]["contenders"][name] = []
        results["networks"]["dense"]["failed"][name] = "no memory"
    return results


def test_the_table_tells_who_failed():
    text = show.table(with_failures("original", "tensors"))
    assert "| MNIST | 10.00 | 8.0 (≥ 5) | 6.0 (≥ 2), tensors | 1.0 (≤ 3) |" in text
    assert "| dense 10,000 | 10.00 | — | — | 1.0 (≤ 1.3) |" in text
    assert "| dense 10,000 | failed | failed | 1e+03" in text
    assert "\ndense 10,000: tensors failed: no memory" in text
    assert "the report's trainings" not in text


@pytest.mark.parametrize("failed", [(), ("original",)])
def test_what_was_measured_is_written(tmp_path, failed):
    show.write(with_failures(*failed), tmp_path)
    written = {"table.md", "speed.svg", "scale.svg"}
    assert {p.name for p in tmp_path.iterdir()} == written
    assert plt.get_fignums() == []


def test_growth_is_said_to_be_linear_only_if_it_is():
    text = show.table(made_up_results(1.0))
    assert "From 2 to 8 images the time grows linearly (exponent 1.00)" in text
    why = "(exponent 1.50): beyond one a core, trainings share its caches"
    assert f"trainings at once the time grows as their power 1.50 {why}" in text


def test_the_table_replaces_the_one_in_the_page(tmp_path):
    page = tmp_path / "speed.md"
    page.write_text(f"before\n{show.BEGIN}\nold\n{show.END}\nafter\n")
    for _ in range(2):
        show.into_page(made_up_results(1.0), page)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "old" not in text and text.count("| MNIST | 10.00") == 1
    page.write_text("no marks")
    with pytest.raises(ValueError, match="lacks the lines"):
        show.into_page(made_up_results(1.0), page)


def test_the_page_on_speed_has_the_marks():
    text = show.PAGE.read_text(encoding="utf-8")
    assert text.index(show.BEGIN) < text.index(show.END)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_descendants_counts(monkeypatch):
    monkeypatch.setattr(memory, "EVERY", 0.05)
    child = "import time; x = bytearray(b'x') * (200 << 20); time.sleep(1)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        peak = memory.watch(process)
    assert 200 * 2**20 < peak < 400 * 2**20
