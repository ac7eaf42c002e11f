"""Sweeps: what is asked, what runs again and what does not, here and on a cluster."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from click.testing import CliRunner

from informe.cli.main import main
from informe.errors import WrongValues
from informe.sweeps import executors, grid, run, table, work
from informe.sweeps.work import Task
from tests.support.notebooks import write

NAMES = ["epochs", "learning_rate", "seed", "n_seeds", "data"]
MEASURE = """
import json, os, pathlib
with open("log", "a") as file:
    file.write(f"{epochs}\\n")
folder = pathlib.Path(os.environ["INFORME_FIGURES"]) / "x"
folder.mkdir(parents=True)
red = {"seeds": [0], "accuracy": [epochs / 1000], "seconds": [1.0]}
red["runs"] = [f"key-{epochs}"]
metrics = {"dataset": "x", "is_sample": True, "networks": {"red": red}}
metrics["experiments"] = []
(folder / "metrics.json").write_text(json.dumps(metrics))
"""
# 2 fails the first time, 3 always
FAIL = """
import pathlib
first = not pathlib.Path("tried").exists()
if epochs == 2:
    pathlib.Path("tried").touch()
if epochs == 3 or (epochs == 2 and first):
    raise RuntimeError("no luck")
"""
# above the number in the file, a run waits
WAIT = """
import pathlib, time
while epochs > int(pathlib.Path("go").read_text()):
    time.sleep(0.05)
"""


def sweep(*arguments):
    return CliRunner().invoke(main, ["sweep", *map(str, arguments)])


def log(home):
    with suppress(FileNotFoundError):
        return [int(line) for line in (home / "log").read_text().split()]
    return []


def wait_for(condition, seconds=90):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)


# The combinations


def test_every_combination_in_order():
    given = [("learning_rate", "0.1,0.01"), ("epochs", "1:6:2")]
    found = grid.combinations(given, NAMES)
    assert found == [
        {"learning_rate": rate, "epochs": epochs}
        for rate in (0.1, 0.01)
        for epochs in (1, 3, 5)
    ]
    assert grid.label(found[0]) == "learning_rate=0.1,epochs=1"


def test_where_the_seed_varies_a_run_trains_one_seed():
    assert grid.combinations([("seed", "0:2")], NAMES) == [
        {"n_seeds": 1, "seed": 0},
        {"n_seeds": 1, "seed": 1},
    ]
    given = [("seed", "0"), ("n_seeds", "3")]
    assert grid.combinations(given, NAMES) == [{"n_seeds": 3, "seed": 0}]
    assert grid.combinations([("seed", "7")], ["seed"]) == [{"seed": 7}]


def test_a_value_given_twice_runs_once():
    assert len(grid.combinations([("epochs", "1, 1,2")], NAMES)) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("epocs", "1")], "¿quiso decir «epochs»"),
        ([("width", "1")], "no existe ese parámetro"),
        ([("epochs", "1"), ("epochs", "2")], "epochs: se da más de una vez"),
        ([("epochs", "")], "epochs = ''"),
        ([("epochs", "1,,2")], "epochs = ''"),
        ([("epochs", "1,x")], "epochs = 'x': debe ser un entero"),
        ([("epochs", "5:5")], "epochs: no se da ningún valor"),
        ([("epochs", "0:3")], "epochs = 0: debe ser un entero entre 1"),
        ([("epochs", "1:5:0")], "epochs = '1:5:0'"),
        ([("epochs", "1:99999999")], "epochs = '1:99999999'"),
        ([("learning_rate", "0:1")], "learning_rate = '0:1'"),
        ([("learning_rate", "nan")], "debe ser un número finito"),
        ([("data", "full,todo")], "data = 'todo'"),
        ([("seed", "0:10000"), ("epochs", "1,2")], "son 20000 ejecuciones"),
    ],
)
def test_wrong_values_are_refused_before_anything_runs(given, words):
    with pytest.raises(WrongValues) as caught:
        grid.combinations(given, NAMES)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Two folders of images, one with a comma, and a file of networks, from here."""
    monkeypatch.chdir(tmp_path)
    for path in (Path("fotos"), Path("gatos, perros")):
        path.mkdir()
        (path / "a.png").touch()
    Path("redes.py").touch()
    return lambda **given: grid.combinations(
        given.items(), ["data", "dataset", "network"]
    )


def test_own_data_and_networks_are_found_from_any_folder(own, tmp_path):
    found = own(data='auto, fotos,"gatos, perros"', network="lenet5,redes.py:red")
    values = [[*dict.fromkeys(one[k] for one in found)] for k in ("data", "network")]
    folders = [str(tmp_path / name) for name in ("fotos", "gatos, perros")]
    assert values == [["auto", *folders], ["lenet5", f"{tmp_path}/redes.py:red"]]
    assert own(data="gatos, perros") == [{"data": folders[1]}]
    names = [grid.label(one) for one in found]
    assert len(set(names)) == len(found) == 6
    assert all(Path(name).name == name and len(name) < 200 for name in names)


def test_what_is_at_the_path_is_part_of_the_question(own, tmp_path):
    (given,) = own(data="fotos")
    before = Task("a.ipynb", "", given, "code").question
    assert Task("a.ipynb", "", given, "code").question == before
    (tmp_path / "fotos/b.png").touch()
    assert Task("a.ipynb", "", given, "code").question != before


# One machine


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """A sweep of which one run fails once and another one always, asked for twice."""
    home = tmp_path_factory.mktemp("sweep")
    source = write(home, "a", MEASURE, FAIL)
    with pytest.MonkeyPatch.context() as patch, matplotlib.rc_context():
        patch.setenv("INFORME_HOME", str(home))
        first = sweep(source, "-p", "epochs", "1:4", "--jobs", "2")
        ran = log(home)
        second = sweep(source, "-p", "epochs", "1:4", "--jobs", "2")
    return home, first, ran, second, log(home)[len(ran) :]


def test_a_failed_run_is_tried_once_more_then_told(failing):
    home, first, ran, _, _ = failing
    assert sorted(ran) == [1, 2, 2, 3, 3]
    assert first.exit_code == 1
    assert "epochs=2: RuntimeError: no luck; se repite" in first.stderr
    assert (
        "ejecuciones que fallaron: 1\n  epochs=3: RuntimeError: no luck" in first.stderr
    )
    assert "[3/3] " in first.stderr and "; quedan ~" in first.stderr
    assert "Traceback" not in first.stderr
    assert (home / "sweeps/a/epochs=3/executed.ipynb").exists()
    assert not (home / "sweeps/a/epochs=3/done.json").exists()


def test_the_others_go_on_and_make_the_table(failing):
    home = failing[0]
    frame = pd.read_csv(home / "sweeps/a/table.csv")
    assert frame.equals(pd.read_parquet(home / "sweeps/a/table.parquet"))
    assert frame.epochs.tolist() == [1, 2]
    assert frame.accuracy.tolist() == [0.001, 0.002]
    assert (home / "sweeps/a/accuracy.svg").read_text().startswith("<?xml")


def test_the_second_time_only_what_is_missing_runs(failing):
    second, ran = failing[3:]
    assert "ejecuciones: 3; por hacer: 1" in second.stderr
    assert ran == [3, 3]


def test_another_notebook_or_a_damaged_file_is_run_again(home):
    task = Task("a.ipynb", "{}", {"epochs": 1}, "code")
    result = {"cause": "", "seconds": 1.0, "where": "here", "notebook": "{}"}
    run.keep(task, result | {"metrics": {"dataset": "x"}}, home)
    assert run.done(task, home)["metrics"] == {"dataset": "x"}
    assert run.done(task._replace(source="{ }"), home) is None
    assert run.done(task._replace(code="other"), home) is None
    place = home / "epochs=1"
    for name in ("metrics.json", "done.json"):
        whole = (place / name).read_text()
        for content in (whole[:-9], "[]" if name == "done.json" else ""):
            (place / name).write_text(content)
            assert run.done(task, home) is None
        (place / name).write_text(whole)
    assert run.done(task, home)


def stopped(home, source, signal_sent, at):
    """End a sweep of three when so many are finished; the next one waits."""
    (home / "go").write_text(str(at))
    command = [sys.executable, "-m", "informe.cli.main", "sweep", str(source)]
    command += ["-p", "epochs", "1:4", "--jobs", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: finished(home) == at)
        process.send_signal(signal_sent)
        return process.communicate()[1], process.returncode


def test_a_sweep_that_was_stopped_goes_on(home):
    """SIGTERM is made to end as Ctrl-C does; after SIGKILL nobody is left to speak."""
    source = write(home, "a", WAIT, MEASURE)
    stopped(home, source, signal.SIGKILL, at=1)
    words, status = stopped(home, source, signal.SIGTERM, at=2)
    assert status == 1
    assert "ejecuciones: 3; por hacer: 2" in words
    assert "interrumpido; quedan 2 de 3" in words and "Traceback" not in words
    (home / "go").write_text("3")
    again = sweep(source, "-p", "epochs", "1:4")
    assert again.exit_code == 0, again.stderr
    assert "ejecuciones: 3; por hacer: 1" in again.stderr
    frame = pd.read_csv(home / "sweeps/a/table.csv")
    assert frame.epochs.tolist() == [1, 2, 3]


def test_a_worker_of_another_version_is_refused(home):
    result = work.run_notebook(Task("a.ipynb", "{}", {}, "another"))
    assert "otra versión" in result["cause"]
    assert (result["notebook"], result["metrics"]) == (None, None)


def test_a_worker_without_the_file_runs_the_text(home):
    source = write(home, "a", MEASURE.replace('open("log", "a")', 'open("/dev/null")'))
    text = source.read_text().replace("file.write", "str")
    source.unlink()
    result = work.run_notebook(Task(str(source), text, {"epochs": 7}, work.code()))
    assert result["cause"] == ""
    assert result["metrics"]["networks"]["red"]["accuracy"] == [0.007]


def test_a_notebook_that_measures_nothing_has_its_time():
    kept = {"metrics": None, "seconds": 2.0, "where": "here"}
    assert table._rows(kept) == [{"run_seconds": 2.0, "where": "here"}]


def test_a_network_that_is_a_parameter_is_told_beside_what_the_notebook_calls_it():
    given, row = {"network": "/x/redes.py:red"}, {"network": "inicial", "seed": 0}
    assert table._joined(given, row) == {"network": "redes.py:red, inicial", "seed": 0}


def test_the_figure_shows_every_training():
    rows = [
        {"learning_rate": rate, "epochs": 2, "network": network, "seed": seed}
        | {"accuracy": rate + seed / 10, "seconds": 1.0, "run": "0"}
        for rate in (0.1, 0.01, 0.001)
        for network in ("a", "b")
        for seed in (0, 1)
    ]
    ax = table.plot_sweep(pd.DataFrame(rows))
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0.1", "0.01", "0.001"]
    shown = sum(len(points.get_offsets()) for points in ax.collections)
    assert shown == len(rows)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]


# Many machines: a real scheduler and three worker processes


def dask(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments), "--no-dashboard"],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )


@pytest.fixture
def cluster(home):
    """Address of a scheduler on 127.0.0.1, and its three workers by process id."""
    pytest.importorskip("distributed")
    file = home / "scheduler.json"
    here = ["--host", "127.0.0.1"]
    options = [*here, "--port", 0, "--scheduler-file", file]
    processes = [dask("distributed.cli.dask_scheduler", *options)]
    wait_for(file.exists)
    options = ["--scheduler-file", file, *here, "--nthreads", 1, "--no-nanny"]
    options += ["--local-directory", home / "dask"]
    processes += [dask("distributed.cli.dask_worker", *options) for _ in range(3)]
    yield json.loads(file.read_text())["address"], processes[1:]
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_cluster_of_which_a_worker_is_killed_loses_nothing(home, cluster):
    address, workers = cluster
    source = write(home, "a", "import time\ntime.sleep(1)", MEASURE)
    command = [sys.executable, "-m", "informe.cli.main", "sweep", str(source)]
    command += ["-p", "epochs", "1:10", "--scheduler", address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: finished(home))
        workers[0].kill()
        words = process.communicate()[1]
    assert process.returncode == 0, words
    assert "[9/9] " in words
    frame = pd.read_csv(home / "sweeps/a/table.csv")
    assert frame.epochs.tolist() == list(range(1, 10))
    assert sorted(set(log(home))) == list(range(1, 10))
    assert len(log(home)) <= 10  # only what the killed worker was at ran again


def test_without_dask_the_cure_is_told(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    source = write(home, "a")
    result = sweep(source, "-p", "epochs", "1", "--scheduler", "tcp://127.0.0.1:1")
    assert result.exit_code == 1
    assert "pip install 'informe-redes[cluster]'" in result.output


@pytest.mark.filterwarnings("ignore")  # Dask's own, when it finds nobody
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_a_scheduler_that_does_not_answer_is_told(home, monkeypatch, address):
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "TIMEOUT", 1)
    result = sweep(write(home, "a"), "-p", "epochs", "1", "--scheduler", address)
    assert result.exit_code == 1
    assert f"ningún planificador de Dask responde en {address}" in result.output


# Load


@pytest.mark.slow
def test_two_hundred_runs_of_which_two_are_killed(home):
    source = write(home, "a", MEASURE)
    command = [sys.executable, "-m", "informe.cli.main", "sweep", str(source)]
    command += ["-p", "epochs", "1:201", "--jobs", "4"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for number in (20, 90):
            wait_for(lambda n=number: finished(home) >= n, 600)
            kill_one_of(process.pid)
        words = process.communicate()[1]
    assert process.returncode == 0, words[-2000:]
    assert words.count("se repite") == 2
    frame = pd.read_csv(home / "sweeps/a/table.csv")
    assert frame.epochs.tolist() == list(range(1, 201))
    assert set(log(home)) == set(range(1, 201))


def finished(home):
    return len(list(home.glob("sweeps/a/*/done.json")))


def kill_one_of(pid):
    """Kill one of the processes that execute a notebook for process ``pid``."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    child = next(int(c) for file in tasks for c in file.read_text().split())
    os.kill(child, signal.SIGKILL)
