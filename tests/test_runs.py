import json
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from traitlets.config import Config

from helpers import console, gpu, models, training
from helpers.runs import Plan, plan, progress, store, train, workers
from helpers.runs.checkpoint import StorageError
from helpers.runs.plan import questions
from helpers.runs.run import FILES, Run
from helpers.training import Epoch, Recipe, TrainingError, fit, one_thread, predict

RECIPE = Recipe(epochs=1)
PLAN = Plan("one_hidden", RECIPE, (0,), {"output": None})


def key(data, **changes) -> str:
    device = changes.pop("device", "cpu")
    return questions(data, replace(PLAN, **changes), device)[0].key


def test_trained_in_processes_as_in_this_one_to_the_bit(home, mnist, capfd):
    runs = train(mnist, {"a": replace(PLAN, seeds=(0, 1)), "b": PLAN}, device="cpu")
    assert [run.seed for run in runs["a"]] == [0, 1]
    assert runs["b"][0].folder == runs["a"][0].folder  # the same question: one run
    here = fit(models.build("one_hidden", seed=1), mnist, RECIPE, seed=1)
    run = runs["a"][1]
    assert np.array_equal(run.logits, here.logits.numpy())
    assert np.array_equal(run.predictions, here.predictions)
    columns = ["train_loss", "train_error", "test_loss", "test_error"]
    assert run.history[columns].equals(here.history[columns])
    lines = capfd.readouterr().err
    assert "Por entrenar: 2 (" in lines
    assert re.search("2/2 · MNIST, (a, semilla 1|b, semilla 0)", lines)  # the last


def test_what_is_stored_is_not_trained_again(home, mnist, monkeypatch):
    first, _ = saved(home, mnist)
    monkeypatch.setattr("helpers.runs.workers._train_all", None)
    assert train(mnist, {"other name": PLAN}, device="cpu")["other name"][0] == first


def saved(home, mnist) -> tuple[Run, training.Result]:
    question = questions(mnist, PLAN, "cpu")[0]
    result = fit(models.build("one_hidden"), mnist, RECIPE)
    return store.save(question, result), result


def test_a_run_reads_back_what_was_saved(home, mnist):
    run, result = saved(home, mnist)
    assert run.history.equals(result.history)
    assert run.parameters == 6277
    assert run.about["loop"] == "fast"
    assert run.seconds == result.history.seconds.sum()
    with one_thread():
        assert torch.equal(predict(run.model(), mnist.test.images), result.logits)


def test_a_run_is_readable_without_this_code(home, mnist):
    run, result = saved(home, mnist)
    about = json.loads((run.folder / "run.json").read_text())
    assert about["network"] == "one_hidden"
    assert about["recipe"]["learning_rate"] == 0.01
    weights = load_file(run.folder / "weights.safetensors")
    assert sum(w.size for w in weights.values()) == 6277
    assert (weights["linear.bias"] == result.model.linear.bias.detach().numpy()).all()


@pytest.mark.parametrize("name", FILES)
def test_a_run_with_a_missing_file_is_no_run(home, mnist, name):
    run, _ = saved(home, mnist)
    question = questions(mnist, PLAN, "cpu")[0]
    assert store.find(question) == run
    (run.folder / name).unlink()
    assert store.find(question) is None
    assert saved(home, mnist)[0] == store.find(question)  # and it can be made again


def test_nothing_half_written_is_left(home, mnist, monkeypatch):
    def full_disk(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(store, "save_file", full_disk)
    with pytest.raises(StorageError, match=r"no space.*libere espacio"):
        saved(home, mnist)
    assert not list((home / "runs").rglob("*.*s*"))


@pytest.mark.parametrize(
    "change",
    [
        {"network": "two_hidden"},
        {"options": {"output": "relu"}},
        {"seeds": (1,)},
        {"device": "cuda"},
        {"recipe": replace(RECIPE, optimizer="adam")},
        {"recipe": replace(RECIPE, learning_rate=0.1)},
        {"recipe": replace(RECIPE, epochs=2)},
        {"recipe": replace(RECIPE, batch_size=41)},
        {"recipe": replace(RECIPE, class_weights=(1.0,) * 10)},
    ],
)
def test_whatever_matters_changes_the_key(mnist, change):
    assert key(mnist, **change) != key(mnist)


def test_data_and_code_change_the_key_but_comments_do_not(mnist, monkeypatch, tmp_path):
    before = key(mnist)
    assert key(replace(mnist, checksum="other")) != before
    assert key(replace(mnist, title="another title")) == before
    for text, same in [
        ("# a comment\n", True),
        ("x = 1\n", False),
    ]:
        copy = tmp_path / "training.py"
        with open(training.__file__, encoding="utf-8") as file:
            copy.write_text(file.read() + text, encoding="utf-8")
        plan.code_version.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(training, "__file__", str(copy))
            assert (key(mnist) == before) is same
    plan.code_version.cache_clear()


@pytest.mark.parametrize(
    "bad", [{"network": "lenet"}, {"options": {"output": "swish"}}]
)
def test_a_bad_plan_is_refused_before_any_training(home, mnist, bad):
    with pytest.raises(ValueError, match="unknown"):
        train(mnist, {"good": PLAN, "bad": replace(PLAN, **bad)}, device="cpu")
    assert not (home / "runs").exists()


def test_a_failed_training_says_why_and_the_finished_ones_stay(home, mnist):
    ruined = Plan("two_hidden", Recipe("sgd", 1e20, 1), (0,))
    with pytest.raises(TrainingError, match="learning rate"):
        train(mnist, {"good": PLAN, "ruined": ruined}, device="cpu")
    assert store.find(questions(mnist, PLAN, "cpu")[0])


def test_what_may_diverge_has_no_run_and_stops_no_other(home, mnist, capfd):
    ruined = Plan("two_hidden", Recipe("sgd", 1e20, 1), (0, 1), may_diverge=True)
    runs = train(mnist, {"good": PLAN, "ruined": ruined}, device="cpu")
    assert runs["ruined"] == [] and len(runs["good"]) == 1
    assert "3/3 · MNIST" in capfd.readouterr().err
    with pytest.raises(workers.Diverged, match="MNIST, same, semilla 0: epoch 1") as e:
        train(mnist, {"ruined": ruined, "same": replace(ruined, may_diverge=False)})
    assert e.value.recipe == ruined.recipe


def test_windows_waits_for_61_processes_at_most(monkeypatch):
    monkeypatch.setenv("INFORME_JOBS", "200")
    assert workers.at_once("cpu") == 200
    monkeypatch.setattr(workers.sys, "platform", "win32")
    assert workers.at_once("cpu") == 61


def test_on_a_gpu_what_differs_in_the_seed_alone_is_trained_at_once(
    home, mnist, monkeypatch
):
    """With the CPU in the GPU's place."""

    def on_the_cpu(*networks, device, **options):
        assert device == "cuda"
        return gpu.fit_many(*networks, device="cpu", **options)

    shown = []
    monkeypatch.setattr(workers, "gpu", SimpleNamespace(**vars(gpu)))
    monkeypatch.setattr(workers.gpu, "fit_many", on_the_cpu)
    monkeypatch.setattr(workers, "_queue", SimpleNamespace(put=shown.append), False)
    monkeypatch.setattr(store, "describe_machine", lambda device: {"gpu": device})
    several = questions(mnist, replace(PLAN, seeds=(0, 1)), "cuda")
    other = questions(mnist, replace(PLAN, options={"filters": 2}), "cuda")
    named = [(f"{i}", question) for i, question in enumerate([*several, *other])]
    groups = workers.of_one_kind(named, "cuda")
    assert groups == [named[:2], named[2:]]
    assert workers.of_one_kind(named, "cpu") == [[one] for one in named]
    workers._train_some(groups[0], "sample", set())
    for question in several:
        run = store.find(question)
        alone = fit(
            models.build("one_hidden", seed=run.seed), mnist, RECIPE, seed=run.seed
        )
        assert run.about["loop"].startswith("stacked: 2 networks at once")
        assert np.allclose(run.logits, alone.logits, atol=1e-4)
    assert sorted(name for name, epoch in shown) == ["0", "1"]


def test_headless_progress_is_one_plain_line_a_training(home, capsys, monkeypatch):
    monkeypatch.setattr(progress, "is_interactive", lambda: False)
    name = progress.Name("MNIST", "a", 0)
    shown = progress.Progress({name: _Job()}, _Queue(name), "CPU, 1 en paralelo")
    with shown:
        pass
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Por entrenar: 1 (CPU, 1 en paralelo)",
        "1/1 · MNIST, a, semilla 0",
    ]


class _Job:
    recipe, key = Recipe(epochs=2), "0"


class _Queue:
    def __init__(self, name):
        self.messages = [
            (name, Epoch(1, 1.0, 0.6, 1.0, 0.5, 2.0)),
            (name, Epoch(2, 1.0, 0.3, 1.0, 0.025, 2.0)),
        ]

    def put(self, message):
        self.messages.append(message)

    def get(self):
        while not self.messages:
            pass
        return self.messages.pop(0)


@pytest.mark.parametrize(
    ("arguments", "interactive"),
    [([], True), (["--HistoryManager.hist_file=:memory:"], False)],
)
def test_front_ends_are_told_from_headless_runs(monkeypatch, arguments, interactive):
    shell = SimpleNamespace(config=Config(HistoryManager={"hist_file": ":memory:"}))
    monkeypatch.setattr(console, "shell", lambda: shell)
    monkeypatch.setattr(sys, "argv", ["launcher.py", "-f", "kernel.json", *arguments])
    assert console.is_interactive() is interactive


def test_a_notebook_has_one_bar():
    notebook = pytest.importorskip("tqdm.notebook")
    bar = notebook.tqdm(total=2, bar_format=progress.BAR, display=False)
    bar.set_description_str("1/2")
    _, drawn, words = bar.container.children
    assert drawn.max == 2 and words.value.strip() == "1/2"
