"""Explore stored runs in a notebook; only `what_if` trains anything.

    from informe.explore import explore, newest
    explore(newest()["one_hidden"])

`explore`, `compare`, `draw` and `learn` leave one output each, which lives in the page
without the kernel; where scripts do not run, and in the PDF, it is a figure. A run is
given as one of `newest()`, or by the first digits of its key, which `browse()` and
`informe runs list` show.
"""

from IPython.display import display

from helpers.runs import Run
from informe.explore import live, static
from informe.explore.browse import show_list
from informe.explore.stored import newest, run_of, stored_runs
from informe.explore.what_if import Experiment, show_experiment
from informe.names import network_of

__all__ = ["browse", "compare", "draw", "explore", "learn", "newest", "what_if"]


def browse() -> None:
    """List all stored runs; the chosen one's confusion matrix appears below.

    Raises ValueError if there is none.
    """
    show_list(stored_runs(), _matrix)


def explore(run: Run | str) -> None:
    """Show a run's confusion matrix; a cell that is chosen shows its images.

    Raises ValueError if the data at hand are not the run's.
    """
    display(_matrix(run_of(run)))


def compare(a: Run | str, b: Run | str) -> None:
    """Show which test images each of two networks gets right and the other wrong.

    Raises ValueError for runs on different data.
    """
    a, b = run_of(a), run_of(b)
    names = [network_of(run) for run in (a, b)]
    if names[0] == names[1]:
        names = [f"{name} ({side})" for name, side in zip(names, "AB", strict=True)]
    spec = live.pair_spec((names[0], [a]), (names[1], [b]))
    display(live.living(*static.comparison(a, b), spec, [a, b], "comparacion"))


def draw(run: Run | str) -> None:
    """Show what a network makes of a drawing (MNIST), an image file or a test image.

    Raises ValueError for a network with a layer that the page cannot compute.
    """
    run = run_of(run)
    spec = live.network_spec({network_of(run): run})
    display(live.living(*static.answer(run), spec, [run], "dibujo"))


def learn(run: Run | str) -> None:
    """Show a run's epochs: its errors, its confusion matrix and its first filters."""
    run = run_of(run)
    spec = live.matrix_spec({network_of(run): [run]})
    display(live.living(*static.epochs(run), spec, [run], "epocas"))


def what_if(run: Run | str) -> None:
    """Train a run's network with another recipe, on the sample, in seconds."""
    show_experiment(Experiment(run_of(run)))


def _matrix(run: Run) -> live.Living:
    spec = live.matrix_spec({network_of(run): [run]}, epochs=False)
    return live.living(*static.matrix(run), spec, [run], "matriz")
