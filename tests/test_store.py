"""The store: what is not as it was written is refused; `informe runs`."""

import json
import os
import pickle
import shutil
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError

from helpers.cli.main import main
from helpers.datasets import load
from helpers.recipe import OPTIMIZERS, Recipe
from helpers.runs import Plan, store
from helpers.runs.plan import trainings
from tests.made_up_runs import made_up_result, store_one


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def edit(name, change):
    """A harm: replace the content of a JSON file by what `change` makes of it."""

    def harm(folder):
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(change(content)))

    return harm


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def halve(name):
    def harm(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return harm


def flip(name):
    def harm(folder):
        content = bytearray((folder / name).read_bytes())
        content[-3] ^= 4
        (folder / name).write_bytes(content)

    return harm


def remove(name):
    return lambda folder: (folder / name).unlink()


def folder_in_place_of(name):
    def harm(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return harm


def another_s(*names):
    """Put the files of another network's run in place of this one's."""

    def harm(folder):
        _, other = store_one(load("mnist", "sample"), network="two_hidden")
        for name in names:
            shutil.copy(other.folder / name, folder / name)

    return harm


def link_to_nothing(folder):
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").symlink_to("/nowhere")


PICKLE = pickle.dumps(Harmful())
HARMS = {
    "no weights": (remove("weights.safetensors"), "weights.safetensors missing"),
    "no predictions": (remove("predictions.safetensors"), "predictions.* missing"),
    "no history": (remove("history.json"), "history.json missing"),
    "no run.json": (remove("run.json"), "run.json missing"),
    "a link to nothing": (link_to_nothing, "weights.safetensors missing"),
    "a folder": (folder_in_place_of("history.json"), "history.json missing"),
    "half of run.json": (halve("run.json"), "run.json is damaged"),
    "empty run.json": (write("run.json", b""), "run.json is damaged"),
    "run.json is a list": (write("run.json", b"[]"), "run.json is damaged"),
    "run.json is no text": (write("run.json", b"\xff\xfe"), "run.json is damaged"),
    "half of history.json": (halve("history.json"), "history.json not as written"),
    "no frames": (remove("frames.safetensors"), "frames.safetensors missing"),
    "half of the frames": (halve("frames.safetensors"), "frames.* not as written"),
    "a bit of the frames": (flip("frames.safetensors"), "frames.* not as written"),
    "pickled frames": (write("frames.safetensors", PICKLE), "frames.* not as written"),
    "another's frames": (another_s("frames.safetensors"), "frames.* not as written"),
    "half of the weights": (halve("weights.safetensors"), "weights.* not as written"),
    "a bit of the weights": (flip("weights.safetensors"), "weights.* not as written"),
    "a bit of predictions": (flip("predictions.safetensors"), "not as written"),
    "a pickle": (write("weights.safetensors", PICKLE), "weights.* not as written"),
    "pickled predictions": (
        write("predictions.safetensors", PICKLE),
        "predictions.* not as written",
    ),
    "another's weights": (another_s("weights.safetensors"), "weights.* not as written"),
    "another's run": (another_s(*store.FILES), "another question"),
    "another version of torch": (
        edit("run.json", lambda about: about | {"torch": "1.0"}),
        "another question",
    ),
    "another version of the code": (
        edit("run.json", lambda about: about | {"code": "0"}),
        "another question",
    ),
    "another seed": (
        edit("run.json", lambda about: about | {"seed": 1}),
        "another question",
    ),
    "of before the digests": (
        edit("run.json", lambda about: {**about, "sha256": None}),
        "of another version",
    ),
}


@pytest.fixture
def stored(home, mnist, monkeypatch):
    monkeypatch.chdir(home)
    return store_one(mnist)


# `find` does not read all of the weights: `Run.model` sees these
SEEN_WHEN_USED = ("a bit of the weights", "another's weights")


@pytest.mark.parametrize("harm", [h for h in HARMS if h not in SEEN_WHEN_USED])
def test_what_is_not_as_written_is_refused_told_and_made_anew(
    stored, mnist, capsys, harm
):
    job, run = stored
    assert store.find(job) == run
    do, words = HARMS[harm]
    do(run.folder)
    with pytest.raises(store.Refused, match=words):
        store.verified(run.folder)
    assert store.find(job) is None
    told = capsys.readouterr().err
    assert f"{run.folder} is not used: " in told and "computed anew" in told
    assert not os.path.exists("unpickled")
    store_one(mnist)
    assert store.find(job) == run


@pytest.mark.parametrize("harm", SEEN_WHEN_USED)
def test_changed_weights_are_refused_when_they_are_used(stored, harm):
    job, run = stored
    do, words = HARMS[harm]
    do(run.folder)
    with pytest.raises(store.Refused, match=words):
        store.verified(run.folder)
    with pytest.raises(store.Refused, match=r"not as written; delete the folder"):
        store.find(job).model()


def test_a_pickle_with_the_right_digest_is_still_not_unpickled(stored):
    job, run = stored
    path = run.folder / "weights.safetensors"
    path.write_bytes(PICKLE)
    digests = {name: store.sha256(run.folder / name) for name in store.MEASURED}
    edit("run.json", lambda about: about | {"sha256": digests})(run.folder)
    assert store.find(job) is None
    with pytest.raises(SafetensorError):
        store.verified(run.folder).model()
    assert not os.path.exists("unpickled")


RECIPES = st.builds(
    Recipe,
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    learning_rate=st.floats(0, 10, exclude_min=True),
    epochs=st.integers(1, 1000),
    batch_size=st.integers(1, 10_000),
    class_weights=st.none() | st.tuples(*[st.floats(0, 100)] * 10),
)


@cache
def sample():
    return load("mnist", "sample")


@given(RECIPES, RECIPES, st.integers(0, 9), st.integers(0, 9))
def test_the_key_is_the_question(one, other, seed, other_seed):
    data = sample()
    a = trainings(data, Plan("one_hidden", one, (seed,)), "cpu")[0]
    b = trainings(data, Plan("one_hidden", other, (other_seed,)), "cpu")[0]
    same = json.dumps(a.question) == json.dumps(b.question)
    assert (a.key == b.key) == same
    assert len(a.key) == 16


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(store.FILES), st.floats(0, 1), st.integers(0, 7), st.booleans())
def test_no_changed_bit_and_no_cut_goes_unseen(stored, name, place, bit, cut):
    """In run.json a changed bit may leave the question and the digests as they were."""
    job, run = stored
    path = run.folder / name
    content = path.read_bytes()
    at = int(place * (len(content.rstrip()) - 1))  # JSON's last newline says nothing
    changed = bytearray(content)
    changed[at] ^= 1 << bit
    path.write_bytes(content[:at] if cut else changed)
    try:
        found = store.find(job)
        if name == "run.json" and not cut:
            assert found is None or found.folder.name == job.key
        elif name == "weights.safetensors" and found:
            with pytest.raises(store.Refused):
                found.model()
        else:
            assert found is None
    finally:
        path.write_bytes(content)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    accuracy=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
    epochs=st.integers(1, 4),
    rate=st.floats(0, 10, exclude_min=True),
    logit=st.floats(width=32),
)
def test_any_result_reads_back_as_it_was_saved(
    home, mnist, accuracy, seed, epochs, rate, logit
):
    recipe = Recipe(epochs=epochs, learning_rate=rate)
    job = trainings(mnist, Plan("one_hidden", recipe, (seed,)), "cpu")[0]
    result = made_up_result(mnist, "one_hidden", recipe, seed, accuracy)
    result.logits[0, 0] = logit
    try:
        store.save(job, result)
        run = store.find(job)
        pd.testing.assert_frame_equal(run.history, result.history, check_exact=True)
        assert np.array_equal(run.logits, result.logits.numpy(), equal_nan=True)
        assert run.frames.keys() == result.frames.keys()
        assert (run.seed, run.about["recipe"]["learning_rate"]) == (seed, rate)
        weights = zip(run.model().parameters(), result.model.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in weights)
    finally:
        shutil.rmtree(store.paths.runs() / job.key, ignore_errors=True)


# The command


def informe(*arguments, **options):
    return CliRunner().invoke(main, ["runs", *map(str, arguments)], **options)


@pytest.fixture
def three(home, mnist):
    """A whole run, one with a damaged file, and one that was stopped."""
    _, good = store_one(mnist, accuracy=0.75)
    _, bad = store_one(mnist, seed=1)
    (bad.folder / "weights.safetensors").unlink()
    job, stopped = store_one(mnist, seed=2)
    shutil.rmtree(stopped.folder)
    store.part_of(job.key).mkdir()
    return good, bad, store.part_of(job.key)


def test_list_tells_the_whole_the_damaged_and_the_stopped(three):
    good, bad, part = three
    result = informe("list")
    assert result.exit_code == 0, result.output
    line = {line[:16]: line for line in result.output.splitlines()}
    assert "mnist" in line[good.folder.name] and "0.7500" in line[good.folder.name]
    assert "weights.safetensors missing" in line[bad.folder.name]
    assert "stopped; 0 epochs are kept" in line[part.stem]


def test_list_of_nothing(home):
    assert "no stored trainings" in informe("list").output


def test_show_takes_the_first_digits(three):
    good = three[0]
    result = informe("show", good.folder.name[:8])
    assert result.exit_code == 0
    assert '"learning_rate": 0.01' in result.output and "0.25" in result.output


def test_compare_tells_only_what_differs(home, mnist):
    _, one = store_one(mnist)
    _, other = store_one(mnist, recipe=Recipe(learning_rate=0.5, epochs=2))
    words = informe("compare", one.folder.name, other.folder.name).output
    names = {line.split()[0] for line in words.splitlines()}
    assert {"key", "recipe.learning_rate"} <= names
    assert not {"network", "seed", "machine.processor", "recipe.epochs"} & names


def test_export_has_one_row_for_each_whole_run(three, tmp_path):
    result = informe("export", "--csv", tmp_path / "runs.csv")
    assert "1 trainings" in result.output
    table = pd.read_csv(tmp_path / "runs.csv")
    assert table["key"].tolist() == [three[0].folder.name]
    assert np.isclose(table["last.test_error"][0], 0.25)


def refer(folder, *keys, experiments=()):
    folder.mkdir(parents=True)
    content = {"networks": {"a": {"runs": keys}}, "experiments": experiments}
    (folder / "metrics.json").write_text(json.dumps(content))


def test_prune_keeps_what_a_report_or_a_sweep_refers_to(home, mnist, three):
    good, bad, part = three
    _, swept = store_one(mnist, seed=5)
    _, other = store_one(mnist, seed=6)
    _, tried = store_one(mnist, seed=7)
    keys = good.folder.name, bad.folder.name
    refer(home / "figures/mnist", *keys, experiments=[tried.folder.name])
    refer(home / "sweeps/mnist/seed=5/mnist", swept.folder.name)
    assert "Delete these 3?" in informe("prune", input="n\n").output
    assert other.folder.exists()
    result = informe("prune", "--yes")
    assert result.exit_code == 0, result.output
    assert {path.name for path in store.paths.runs().iterdir()} == {
        good.folder.name,
        swept.folder.name,
        tried.folder.name,
    }
    assert not part.exists()


def test_prune_leaves_what_is_being_trained(three):
    part = three[2]
    with store.alone(part.stem):
        assert "is being trained" in informe("list").output
        informe("prune", "--yes")
        assert part.exists()
    informe("prune", "--yes")
    assert not part.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"networks": 3}'])
def test_prune_deletes_nothing_if_it_cannot_know(home, three, content):
    (home / "figures/mnist").mkdir(parents=True)
    (home / "figures/mnist/metrics.json").write_text(content)
    result = informe("prune", "--yes")
    assert result.exit_code == 1 and "nothing is deleted" in result.output
    assert three[0].folder.exists() and three[2].exists()
