"""Explore stored runs in a notebook: nothing is trained again, but in `what_if`.

    from helpers.explore import explore, newest
    explore(newest()["one_hidden"])

Each function shows a widget where a person looks on, and a figure, with the same
content, where none does (papermill, nbconvert, the PDF).
"""

from ipywidgets import Widget

from helpers.explore import static
from helpers.explore.duel import Duel
from helpers.explore.epochs import Epochs
from helpers.explore.epochs import form as epochs_form
from helpers.explore.experiment import Experiment
from helpers.explore.experiment import form as experiment_form
from helpers.explore.matrix import Matrix
from helpers.explore.outcome import data_of, outcome
from helpers.explore.pad import Pad
from helpers.explore.plain import grid_form, pad_form
from helpers.explore.show import has_front_end, view_of
from helpers.explore.stored import describe, newest
from helpers.runs import Run

__all__ = ["compare", "describe", "draw", "explore", "learn", "newest", "what_if"]


def explore(run: Run, *, simple: bool = False) -> Widget | None:
    """Show a run's confusion matrix; a cell that is chosen shows its images.

    `simple` asks for the version with lists, which also appears by itself where a
    front end cannot run the other. Raises ValueError if the data are not the run's.
    """
    view = Matrix(outcome(run))
    if not has_front_end():
        return static.matrix(view)
    return view_of(view, "grid.js", grid_form, simple)


def compare(a: Run, b: Run, *, simple: bool = False) -> Widget | None:
    """Show which test images each of two networks gets right and the other wrong.

    Raises ValueError for runs on different data.
    """
    if a.about["data"] != b.about["data"]:
        raise ValueError("los dos entrenamientos no usaron los mismos datos")
    data = data_of(a)
    view = Duel(outcome(a, data), outcome(b, data))
    if not has_front_end():
        return static.duel(view)
    return view_of(view, "grid.js", grid_form, simple)


def draw(run: Run, *, simple: bool = False) -> Widget | None:
    """Show what a network makes of a drawing (MNIST) or of an image file."""
    view = Pad(run)
    if not has_front_end():
        return static.pad(view, data_of(run))
    return view_of(view, "pad.js", pad_form, simple)


def learn(run: Run) -> Widget | None:
    """Show a run's epochs: errors, confusion matrix, first layer, activations."""
    view = Epochs(run)
    return epochs_form(view) if has_front_end() else static.epochs(view)


def what_if(run: Run) -> Widget | None:
    """Train a run's network with another recipe, on the sample, in seconds."""
    view = Experiment(run)
    return experiment_form(view) if has_front_end() else static.experiment(view)
