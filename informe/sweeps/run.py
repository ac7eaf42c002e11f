"""Runs what is missing of a sweep; each run is stored as soon as it ends.

<folder>/<combination>/executed.ipynb   the notebook; if it failed, as far as it got
<folder>/<combination>/metrics.json     what it measured, if it measures anything
<folder>/<combination>/done.json        the run's question; written last
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path

from helpers.runs.files import read_json, replace, write_json
from informe.execution.forecast import rough
from informe.sweeps.grid import label
from informe.sweeps.work import Task, run_notebook

TRIES = 2


def missing(tasks: list[Task], folder: Path) -> list[Task]:
    """The tasks that no earlier sweep has finished."""
    return [task for task in tasks if done(task, folder) is None]


def done(task: Task, folder: Path) -> dict | None:
    """What was kept of a finished task: `seconds`, `where`, `metrics`; else None."""
    place = folder / label(task.parameters)
    try:
        about = read_json(place / "done.json")
        if about["question"] != task.question:
            return None
        metrics = read_json(place / "metrics.json") if about["measured"] else None
        return about | {"metrics": metrics}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(task: Task, result: dict, folder: Path) -> None:
    """Write what a run gave; a failed one leaves only its notebook."""
    place = folder / label(task.parameters)
    place.mkdir(parents=True, exist_ok=True)
    (place / "done.json").unlink(missing_ok=True)
    if result["notebook"]:
        (place / "executed.ipynb").write_text(result["notebook"], "utf-8")
    if result["cause"]:
        return
    if result["metrics"]:
        write_json(result["metrics"], place / "metrics.json")
    about = {"question": task.question, "measured": bool(result["metrics"])}
    about |= {name: result[name] for name in ("seconds", "where")}
    write_json(about, place / "done.new")
    replace(place / "done.new", place / "done.json")


def run(
    executor: Executor, tasks: list[Task], folder: Path, tell: Callable[[str], None]
) -> dict[str, str]:
    """Run the tasks and store their results; a failed one is tried once more.

    Gives the causes of those that failed again, by the combination's label. `tell`
    takes one line for each run that ends, with an estimate of the time left, and one
    for each that is tried again.
    """
    start, failed = time.monotonic(), dict[str, str]()
    for number, (task, result) in enumerate(_outcomes(executor, tasks, tell), 1):
        keep(task, result, folder)
        name, cause = label(task.parameters), result["cause"]
        if cause:
            failed[name] = cause
        left = (time.monotonic() - start) / number * (len(tasks) - number)
        words = f"FALLÓ: {_line(cause)}" if cause else f"{result['seconds']:.0f} s"
        ahead = f"; quedan ~{rough(left)}" if number < len(tasks) else ""
        tell(f"[{number}/{len(tasks)}] {name}: {words}{ahead}")
    return failed


def _outcomes(executor, tasks, tell) -> Iterator[tuple[Task, dict]]:
    waiting = {executor.submit(run_notebook, task): (task, 1) for task in tasks}
    while waiting:
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            task, tries = waiting.pop(future)
            result = _result(future)
            if result["cause"] and tries < TRIES:
                tell(f"{label(task.parameters)}: {_line(result['cause'])}; se repite")
                waiting[executor.submit(run_notebook, task)] = task, tries + 1
            else:
                yield task, result


def _result(future: Future) -> dict:
    """The result of a run, or the executor's error if the worker was lost."""
    if error := future.exception():
        cause = f"{type(error).__name__}: {error}"
        return {"cause": cause, "notebook": None, "metrics": None}
    return future.result()


def _line(text: str) -> str:
    return text.partition("\n")[0][:200]
