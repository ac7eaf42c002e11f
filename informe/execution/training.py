"""Trains what the report's notebooks need, before they are executed.

One pool for all keeps the cores busy to the end, and no kernel waits beside it.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat

from helpers.console import tell
from informe import parameters
from informe.cell import assigned, plain
from informe.errors import InformeError, ParameterError
from informe.execution.processes import Execution
from informe.files import data_asked, placed
from informe.numbers import images, small

PARTS = "informe.experiments"
DIVERGES = (
    "{name}: con una tasa de aprendizaje de {rate} y lotes de {batch}, la pérdida deja"
    " de ser un número finito, y de una red así no hay nada que informar. Dé con -p un"
    " learning_rate menor o un batch_size mayor; lo que se entrenó queda guardado"
)


def experiments_of(notebook: Path) -> str:
    """The module of PARTS that says what a notebook trains; nothing without one."""
    about = nbformat.read(notebook, as_version=4).metadata.get("informe", {})
    return str(about.get("experiments", "")) if isinstance(about, dict) else ""


def train(chapters: list[Execution], verbose: bool = False) -> None:
    """Train all that these chapters need; say how long it takes.

    With `verbose`, each epoch has a line. The chosen networks come last, since the
    outcomes of the decisions say what they are. Raises InformeError where a parameter
    is wrong, or makes a network diverge of which the report must tell; what else fails
    is left to the notebooks, which say in which cell it fails.
    """
    if not chapters:
        return
    from helpers.datasets import load  # torch takes a second
    from helpers.machine import pick_device
    from helpers.runs.workers import Diverged
    from informe import experiments
    from informe.execution import forecast
    from informe.experiments import chosen

    forecast.Forecast.verbose = verbose
    try:
        parts = [(module_of(one), settings(one)) for one in chapters]
        sets = [
            part.data(one) if hasattr(part, "data") else load(dataset_of(c), one.data)
            for c, (part, one) in zip(chapters, parts, strict=True)
        ]
        both = [chosen.data_for(data) for data in sets]
        device = pick_device(parts[0][1].device)
        first, guess = [], []
        for (part, one), data, measured in zip(parts, sets, both, strict=True):
            first += part.everything(one, data)
            guess.append((measured, {chosen.NAME: part.chosen(one, {}).plan}))
        forecast.train(first, device, later=guess)
        last = []
        for (part, one), data, measured in zip(parts, sets, both, strict=True):
            decisions = part.decisions(one)
            outcomes = experiments.run(decisions, part.cut(data), device=device)
            last.append((measured, {chosen.NAME: part.chosen(one, outcomes).plan}))
        forecast.train(last, device)
    except ParameterError as error:
        raise InformeError(str(error)) from error
    except Diverged as error:
        recipe = error.recipe
        about = {
            "rate": small(recipe.learning_rate),
            "batch": images(recipe.batch_size),
        }
        raise InformeError(DIVERGES.format(name=error.name, **about)) from error
    except Exception as error:
        tell(f"el entrenamiento se detuvo: {error}")


def module_of(execution: Execution) -> ModuleType:
    """What says what a chapter trains. Raises ImportError if there is none such."""
    return import_module(f"{PARTS}.{experiments_of(execution.source)}")


def check(execution: Execution) -> None:
    """Raise ValueError if a chapter's device, data or network cannot be used."""
    from helpers.machine import pick_device

    part, given = module_of(execution), settings(execution)
    pick_device(given.device)
    if hasattr(part, "check"):
        part.check(given)


def dataset_of(execution: Execution) -> str:
    """The name, or the path, of the data set of a chapter; nothing of no chapter."""
    if not (part := experiments_of(execution.source)):
        return ""
    one = settings(execution)
    return data_asked(one) if hasattr(one, "dataset") else part


def called(execution: Execution) -> str:
    """What tells a chapter from others, as its folder does; nothing of no chapter."""
    if not (dataset := dataset_of(execution)):
        return ""
    network = getattr(settings(execution), "network", "").rpartition(":")[2]
    return "-".join(filter(None, [Path(dataset).stem, network])).lower()


def settings(execution: Execution) -> Any:
    """All parameters of a notebook: those given, and its own defaults.

    Raises ParameterError if its cell of parameters is not right.
    """
    values: dict[str, object] = {}
    written: list[str] = []
    for cell in nbformat.read(execution.source, as_version=4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            written += assigned(cell.source)
            values |= plain(cell.source)
    folder = execution.source.parent  # in which its kernel runs
    given = placed(values | execution.parameters, folder)
    return parameters.checked(written, given)
