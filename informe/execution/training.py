"""Trains what the report's notebooks need, before they are executed.

One pool for all keeps the cores busy to the end, and no kernel waits beside it.
"""

import ast
from importlib import import_module
from types import SimpleNamespace

import nbformat

from helpers.console import tell
from informe.execution.processes import Execution

PARTS = "informe.experiments"


def train(chapters: list[Execution]) -> None:
    """Train all that these notebooks of the report need; say how long it takes.

    The chosen networks come last, as the outcomes of the decisions say what they are.
    What fails here is left to the notebooks, which say in which cell it fails.
    """
    if not chapters:
        return
    from helpers.datasets import load  # torch takes a second
    from helpers.machine import pick_device
    from informe import experiments
    from informe.execution import forecast
    from informe.experiments import chosen

    try:
        first, last, guess = [], [], []
        for chapter in chapters:
            one, part = settings(chapter), import_module(f"{PARTS}.{chapter.name}")
            data = load(chapter.name, one.data)
            first += part.everything(one, data)
            plan = part.chosen(one, {}).plan
            guess.append((chosen.data_for(data), {chosen.NAME: plan}))
        forecast.train(first, device := pick_device(one.device), later=guess)
        for chapter, (both, _) in zip(chapters, guess, strict=True):
            one, part = settings(chapter), import_module(f"{PARTS}.{chapter.name}")
            cut = part.cut(load(chapter.name, one.data))
            outcomes = experiments.run(part.decisions(one), cut, device=device)
            plan = part.chosen(one, outcomes).plan
            last.append((both, {chosen.NAME: plan}))
        forecast.train(last, device)
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
