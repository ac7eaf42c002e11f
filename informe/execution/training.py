"""Trains what the report's notebooks need, before they are executed.

One pool for all keeps the cores busy to the end, and no kernel waits beside it.
"""

import ast
from importlib import import_module
from types import SimpleNamespace

import nbformat

from helpers.console import tell
from informe.execution.processes import Execution


def train(chapters: list[Execution]) -> None:
    """Train all that these notebooks of the report need; say how long it takes.

    What fails here is left to the notebooks, which say in which cell it fails.
    """
    if not chapters:
        return
    from helpers.datasets import load  # torch takes a second
    from helpers.machine import pick_device
    from informe.execution import forecast

    try:
        sets, chosen = [], [settings(chapter) for chapter in chapters]
        for chapter, one in zip(chapters, chosen, strict=True):
            module = import_module(f"informe.experiments.{chapter.name}")
            sets += module.everything(one, load(chapter.name, one.data))
        forecast.train(sets, pick_device(chosen[0].device))
    except Exception as error:
        tell(f"training stopped: {error}")


def settings(execution: Execution) -> SimpleNamespace:
    """All parameters of a notebook: those given, and its own defaults."""
    values = {}
    for cell in nbformat.read(execution.source, as_version=4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            for line in ast.parse(cell.source).body:
                target = getattr(line, "target", None) or line.targets[0]
                values[target.id] = ast.literal_eval(line.value)
    return SimpleNamespace(**values | execution.parameters)
