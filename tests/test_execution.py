"""Notebooks in processes of their own: failures, odd users, stops."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

from informe.cli import build
from informe.execution import processes
from informe.execution.processes import Execution
from tests.support.commands import LESS, informe
from tests.support.notebooks import write

TELL = """
import os, sys
print("época 1/1", file=sys.stderr)
print(os.environ.get("INFORME_JOBS"))
print(os.getcwd())
print(sys.executable)
print(get_ipython().kernel.parent.transport)
"""


def kernels_in(folder):
    """Processes whose working folder is ``folder``, where kernels are started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found += [process] if (process / "cwd").resolve() == folder else []
    return found


def wait_for(condition, seconds=60):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One build of three notebooks, two of which fail, for a user with odd files."""
    home = tmp_path_factory.mktemp("hogar {x}")
    environment = {"INFORME_HOME": str(home)} | _broken_jupyter(home / "own")
    (home / "report/notebooks").mkdir(parents=True)
    (home / "report/notebooks/bad.ipynb").write_text("an earlier build's")
    good = write(home / "work", "good", TELL)
    bad = write(home / "work", "bad", "1 + 1", "x = 0\nprint(1 / x)", "print('never')")
    dead = write(home / "work", "dead", "import os\nos.kill(os.getpid(), 9)")
    return home, informe("build", good, bad, dead, **environment)


def _broken_jupyter(folder):
    """A kernelspec python3 that cannot start, and start-up code that fails."""
    kernel = folder / "kernels/python3/kernel.json"
    startup = folder / "profile_default/startup/00.py"
    for path in (kernel, startup):
        path.parent.mkdir(parents=True)
    spec = {"argv": ["/bin/false"], "display_name": "x", "language": "python"}
    kernel.write_text(json.dumps(spec))
    startup.write_text("print('start-up code of the user')")
    return {"JUPYTER_PATH": str(folder), "IPYTHONDIR": str(folder)}


def printed(home, name):
    """Lines that the last cell of an executed notebook wrote to stdout."""
    executed = home / "report/notebooks" / f"{name}.ipynb"
    outputs = nbformat.read(executed, as_version=4).cells[-1].outputs
    (text,) = [output.text for output in outputs if output.name == "stdout"]
    return text.splitlines()


def test_the_others_go_on_in_their_own_folder_and_kernel(ran):
    home, done = ran
    told = ["None", str(home / "work"), sys.executable, "ipc"]
    assert printed(home, "good") == told
    assert "good          | época 1/1\n" in done.stderr
    assert "good: ejecutado en" in done.stderr


@pytest.mark.parametrize(("most", "at_once", "share"), [(1, 1, 1), (5, 2, 2)])
def test_no_more_trainings_than_asked_for(monkeypatch, most, at_once, share):
    """Two notebooks on four cores: how many at once, and what each is told."""
    running, seen = [], []

    class Notebook:
        def __init__(self, execution, environment):
            running.append(self)
            seen.append((len(running), environment["INFORME_JOBS"]))

        def ended(self):
            return True

        def finished(self):
            running.remove(self)

    monkeypatch.setattr(processes, "Running", Notebook)
    monkeypatch.setenv("INFORME_JOBS", str(most))
    assert len(list(processes.run_all(["a", "b"], cores=4))) == 2
    assert max(seen) == (at_once, str(share))


def test_a_failure_names_cell_and_cause_and_makes_no_pdf(ran):
    home, done = ran
    assert done.returncode == 1
    assert "en la celda [4], sección «Parte 1. Prueba»: x = 0" in done.stderr
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "DeadKernelError: Kernel died (¿se acabó la memoria?)" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert "bad" in last and "dead" in last and "no se escribió" in last
    assert "Traceback" not in done.stderr
    assert not (home / "report/informe.pdf").exists()


def test_a_failed_notebook_is_kept_as_far_as_it_got(ran):
    home, _ = ran
    partial = nbformat.read(home / "report/notebooks/bad.ipynb", as_version=4)
    *_, counted, failed, never = partial.cells
    assert partial.cells[-4].outputs[0].data["text/plain"] == "2"
    assert failed.outputs[0].ename == "ZeroDivisionError"
    assert never.execution_count is None
    assert "papermill-error-cell-tag" in counted.metadata.tags


def test_in_a_folder_too_long_for_sockets_the_kernel_uses_tcp(home, monkeypatch):
    folder = home / ("t" * 150)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    one = Execution(write(home, "a", TELL), home / "report/notebooks/a.ipynb", {})
    build.execute([one], home / "x.pdf")
    assert printed(home, "a")[-1] == "tcp"
    assert not list(folder.iterdir())


# SIGTERM is made to end as Ctrl-C does; after SIGKILL nobody is left to say anything.
@pytest.mark.parametrize(
    ("ending", "environment"),
    [(signal.SIGTERM, {}), (signal.SIGKILL, {}), (signal.SIGTERM, LESS)],
)
def test_stopping_leaves_no_process_and_keeps_the_notebook(home, ending, environment):
    folder = home / "work"
    source = write(folder, "slow", "x = 1", "open('here', 'w')\nimport time", "1")
    content = nbformat.read(source, as_version=4)
    content.cells[-1].source = "time.sleep(600)"
    nbformat.write(content, source)
    command = [sys.executable, "-m", "informe.cli.main", "build", str(source)]
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    options = {"env": os.environ | environment, "encoding": encoding}
    with subprocess.Popen(command, stderr=subprocess.PIPE, **options) as process:
        wait_for((folder / "here").exists)
        process.send_signal(ending)
        process.wait(timeout=30)
        wait_for(lambda: not kernels_in(folder))
        words = process.stderr.read()
    partial = nbformat.read(home / "report/notebooks/slow.ipynb", as_version=4)
    assert partial.cells[3].execution_count == 3
    if ending != signal.SIGKILL:
        assert process.returncode == 1
        assert "interrumpido" in words and "slow.ipynb" in words
        assert "Traceback" not in words
