"""Explore stored runs in a notebook; only `what_if` trains anything.

    from informe.explore import explore, newest
    explore(newest()["one_hidden"])

Each function shows a widget if a person is watching, and otherwise (in papermill,
nbconvert or the PDF) a figure with the same content. A run is given as one of
`newest()`, or by the first digits of its key, which `browse()` and `informe runs list`
show.
"""

from helpers.runs import Run
from informe.explore import static
from informe.explore.browse import Library
from informe.explore.compare import Comparison
from informe.explore.draw import Pad
from informe.explore.explore import Matrix
from informe.explore.learn import Epochs
from informe.explore.learn import form as epochs_form
from informe.explore.plain import grid_form, pad_form
from informe.explore.predictions import data_of, predictions_of
from informe.explore.show import Shown, has_front_end, view_of
from informe.explore.stored import newest, run_of, stored_runs
from informe.explore.what_if import Experiment
from informe.explore.what_if import form as experiment_form

__all__ = [
    "browse",
    "compare",
    "draw",
    "explore",
    "learn",
    "newest",
    "what_if",
]


def browse(*, simple: bool = False) -> Shown | None:
    """Show the matrix of any stored run, chosen by its network, recipe and seed.

    `simple` is as in `explore`. Raises ValueError if no run can be shown.
    """
    view = Library(stored_runs())
    if not has_front_end():
        return static.library(view)
    return view_of(view, "grid.js", grid_form, simple)


def explore(run: Run | str, *, simple: bool = False) -> Shown | None:
    """Show a run's confusion matrix; a cell that is chosen shows its images.

    `simple` asks for the version with lists, which also appears by itself where a
    front end cannot run the other. Raises ValueError if the data are not the run's.
    """
    view = Matrix(predictions_of(run_of(run)))
    if not has_front_end():
        return static.matrix(view)
    return view_of(view, "grid.js", grid_form, simple)


def compare(a: Run | str, b: Run | str, *, simple: bool = False) -> Shown | None:
    """Show which test images each of two networks gets right and the other wrong.

    Raises ValueError for runs on different data.
    """
    a, b = run_of(a), run_of(b)
    if a.about["data"] != b.about["data"]:
        raise ValueError("los dos entrenamientos no usaron los mismos datos")
    data = data_of(a)
    view = Comparison(predictions_of(a, data), predictions_of(b, data))
    if not has_front_end():
        return static.comparison(view)
    return view_of(view, "grid.js", grid_form, simple)


def draw(run: Run | str, *, simple: bool = False) -> Shown | None:
    """Show what a network makes of a drawing (MNIST) or of an image file."""
    run = run_of(run)
    view = Pad(run)
    if not has_front_end():
        return static.pad(view, data_of(run))
    return view_of(view, "pad.js", pad_form, simple)


def learn(run: Run | str) -> Shown | None:
    """Show a run's epochs: errors, confusion matrix, first layer, activations."""
    view = Epochs(run_of(run))
    return Shown(epochs_form(view)) if has_front_end() else static.epochs(view)


def what_if(run: Run | str) -> Shown | None:
    """Train a run's network with another recipe, on the sample, in seconds."""
    view = Experiment(run_of(run))
    if not has_front_end():
        return static.experiment(view)
    return Shown(experiment_form(view))
