"""A list of all stored runs; the one that is chosen is shown below it."""

from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import display

from helpers.datasets import KNOWN, DataError
from helpers.runs import Run
from informe.explore.live import Living
from informe.explore.stored import is_small, name_of
from informe.names import PART_NAMES, recipe_of
from informe.numbers import percent


def show_list(runs: list[Run], output: Callable[[Run], Living]) -> None:
    """Choose one of `runs`, whose `output` is shown below; ValueError without runs."""
    if not runs:
        raise ValueError("no hay entrenamientos; haga antes el informe (make report)")
    chosen = widgets.Dropdown(
        options=[(line(run), run) for run in sorted(runs, key=_order)],
        description="Red",
        layout={"width": "100%"},
    )

    def shown() -> Living:
        try:
            return output(chosen.value)
        except (ValueError, DataError) as error:
            return Living({"text/plain": f"No se puede mostrar: {error}"}, {})

    display(chosen)
    place = display(shown(), display_id=True)
    chosen.observe(lambda _: place.update(shown()), "value")


def line(run: Run) -> str:
    """What tells a run from the others, its error and the beginning of its key."""
    error = percent(float(run.history.test_error.iloc[-1]), None)
    part = PART_NAMES[run.about["split"]]
    return f"{name_of(run)} ({recipe_of(run)}): error de {part} {error} · {run.key[:8]}"


def _order(run: Run) -> tuple:
    a = run.about
    place = [*KNOWN, a["dataset"]].index(a["dataset"])
    return a["split"] != "test", is_small(run), place, line(run), a["finished"]
