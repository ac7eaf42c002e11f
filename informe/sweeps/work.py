"""One run of a sweep: plain data in and out, so that any executor can carry it."""

import hashlib
import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from informe.execution.processes import Execution, Finished, Running, stop
from informe.files import stamp

thread = threading.local()  # `stopped` (whether to give up) and `share` (of cores)


class Task(NamedTuple):
    """A notebook and its parameters, complete: a worker needs no other file."""

    path: str  # where the notebook is on the machine that asks
    source: str  # its text
    parameters: dict[str, object]
    code: str  # version of the code that decides results

    @property
    def question(self) -> dict:
        """What decides the outcome, for JSON; of files, name, size and time."""
        digest = hashlib.sha256(self.source.encode()).hexdigest()
        texts = [str(value) for value in self.parameters.values()]
        named = [n for text in texts for n in (text, text.rpartition(":")[0])]
        files = [[*f] for n in named if Path(n).is_absolute() for f in stamp(n)]
        told = {"notebook": digest, "parameters": self.parameters, "code": self.code}
        return told | ({"files": sorted(files)} if files else {})


def run_notebook(task: Task) -> dict:
    """Execute a task in a process of its own; say what came out.

    Gives `cause` (empty if all went well), `seconds`, `where`, the executed `notebook`
    as text, as far as it got, and the `metrics` that it wrote, or None.
    """
    if task.code != code():
        words = "tiene otra versión del proyecto o de torch"
        return _outcome(f"el trabajador de {platform.node()} {words}", 0.0, None, None)
    with tempfile.TemporaryDirectory(prefix="informe-") as folder:
        target = Path(folder) / "executed.ipynb"
        execution = Execution(_source(task, Path(folder)), target, task.parameters)
        share = getattr(thread, "share", os.environ.get("INFORME_JOBS", "1"))
        environment = os.environ | {"INFORME_FIGURES": f"{folder}/figures"}
        environment |= {"INFORME_JOBS": share}
        _, seconds, cause = _wait(Running(execution, environment, subprocess.DEVNULL))
        text = target.read_text("utf-8") if target.exists() else None
        measured = sorted(Path(folder).glob("figures/*/metrics.json"))
        metrics = [json.loads(path.read_text("utf-8")) for path in measured]
    return _outcome(cause, seconds, text, metrics[0] if metrics else None)


def _outcome(cause: str, seconds: float, notebook, metrics) -> dict:
    where = platform.node()
    return {"cause": cause, "seconds": seconds, "where": where} | {
        "notebook": notebook,
        "metrics": metrics,
    }


def _wait(running: Running) -> Finished:
    while not running.ended():
        if getattr(thread, "stopped", bool)():
            stop([running])
            return Finished(running.execution, 0.0, "interrumpido")
        time.sleep(0.05)
    return running.finished()


def _source(task: Task, folder: Path) -> Path:
    """The notebook in its own folder if this machine has it; else a copy."""
    path = Path(task.path)
    try:
        if path.read_text("utf-8") == task.source:
            return path
    except (OSError, ValueError):
        pass
    copy = folder / path.name
    copy.write_text(task.source, "utf-8")
    return copy


def code() -> str:
    """Version of torch and of the code that decides results."""
    import torch

    from helpers.models import NETWORKS
    from helpers.runs.definition import definition
    from helpers.runs.plan import code_version  # torch takes a second

    networks = " ".join(map(definition, NETWORKS))
    return f"{code_version()} {networks} torch {torch.__version__}"
