"""The store: what is not as it was written is refused; `informe runs`."""

import json
import os
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

from helpers.datasets import load
from helpers.runs import Plan, store
from helpers.runs.plan import questions
from helpers.runs.run import FILES, MEASURED, InvalidRun, verified
from helpers.training import OPTIMIZERS, Recipe
from informe.cli.main import main
from tests.support.harms import HARMS, PICKLE, edit
from tests.support.runs import made_up_result, refer, store_one


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
    with pytest.raises(InvalidRun, match=words):
        verified(run.folder)
    assert store.find(job) is None
    told = capsys.readouterr().err
    assert f"{run.folder} no se usa: " in told and "se calcula de nuevo" in told
    assert not os.path.exists("unpickled")
    store_one(mnist)
    assert store.find(job) == run


@pytest.mark.parametrize("harm", SEEN_WHEN_USED)
def test_changed_weights_are_refused_when_they_are_used(stored, harm):
    job, run = stored
    do, words = HARMS[harm]
    do(run.folder)
    with pytest.raises(InvalidRun, match=words):
        verified(run.folder)
    with pytest.raises(InvalidRun, match=r"ha cambiado; borre la carpeta"):
        store.find(job).model()


def test_a_pickle_with_the_right_digest_is_still_not_unpickled(stored):
    job, run = stored
    path = run.folder / "weights.safetensors"
    path.write_bytes(PICKLE)
    digests = {name: store.sha256(run.folder / name) for name in MEASURED}
    edit("run.json", lambda about: about | {"sha256": digests})(run.folder)
    assert store.find(job) is None
    with pytest.raises(SafetensorError):
        verified(run.folder).model()
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


@settings(deadline=None)
@given(RECIPES, RECIPES, st.integers(0, 9), st.integers(0, 9))
def test_the_key_is_the_question(one, other, seed, other_seed):
    data = sample()
    a = questions(data, Plan("one_hidden", one, (seed,)), "cpu")[0]
    b = questions(data, Plan("one_hidden", other, (other_seed,)), "cpu")[0]
    same = json.dumps(a.content) == json.dumps(b.content)
    assert (a.key == b.key) == same
    assert len(a.key) == 16


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(FILES), st.floats(0, 1), st.integers(0, 7), st.booleans())
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
            with pytest.raises(InvalidRun):
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
    job = questions(mnist, Plan("one_hidden", recipe, (seed,)), "cpu")[0]
    result = made_up_result(mnist, "one_hidden", recipe, seed, accuracy)
    result.logits[0, 0] = logit
    try:
        store.save(job, result)
        run = store.find(job)
        pd.testing.assert_frame_equal(run.history, result.history, check_exact=True)
        assert np.array_equal(run.logits, result.logits.numpy(), equal_nan=True)
        assert run.snapshots.keys() == result.snapshots.keys()
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
    assert "falta weights.safetensors" in line[bad.folder.name]
    assert "interrumpido; épocas guardadas: 0" in line[part.stem]


def test_list_of_nothing(home):
    assert "no hay entrenamientos" in informe("list").output


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
    assert "filas escritas, 1" in result.output
    table = pd.read_csv(tmp_path / "runs.csv")
    assert table["key"].tolist() == [three[0].folder.name]
    assert np.isclose(table["last.test_error"][0], 0.25)


def test_prune_keeps_what_is_referred_to_and_what_one_trained(
    home, mnist, three, monkeypatch
):
    good, bad, part = three
    _, swept = store_one(mnist, seed=5)
    _, by_hand = store_one(mnist, seed=6)
    _, tried = store_one(mnist, seed=7)
    with monkeypatch.context() as patch:
        patch.setattr("helpers.runs.plan.code_version", lambda device="cpu": "older")
        _, older = store_one(mnist, seed=8)
        _, cited = store_one(mnist, seed=9)
    keys = good.folder.name, bad.folder.name, cited.folder.name
    refer(home / "figures/mnist", *keys, experiments=[tried.folder.name])
    refer(home / "sweeps/mnist/seed=5/mnist", swept.folder.name)
    assert "Por borrar: 3." in informe("prune", input="N\n").output
    assert older.folder.exists()
    result = informe("prune", "--yes")
    assert result.exit_code == 0, result.output
    assert "1 que nadie cita; los borra --all" in result.output
    needed = {run.folder.name for run in (good, swept, tried, cited)}
    assert {path.name for path in store.paths.runs().iterdir()} == {
        *needed,
        by_hand.folder.name,
    }
    assert not part.exists()
    informe("prune", "--all", "--yes")
    assert {path.name for path in store.paths.runs().iterdir()} == needed


def test_prune_leaves_what_is_being_trained(three):
    part = three[2]
    with store.alone(part.stem):
        assert "se está entrenando" in informe("list").output
        informe("prune", "--yes")
        assert part.exists()
    informe("prune", "--yes")
    assert not part.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"networks": 3}'])
def test_prune_deletes_nothing_if_it_cannot_know(home, three, content):
    (home / "figures/mnist").mkdir(parents=True)
    (home / "figures/mnist/metrics.json").write_text(content)
    result = informe("prune", "--yes")
    assert result.exit_code == 1 and "no se borra nada" in result.output
    assert three[0].folder.exists() and three[2].exists()
