"""Explore trained networks in a notebook; only `what_if` trains anything.

    from informe.explore import explore, newest
    explore(newest()["one_hidden"])
    explore(fit(network, data, recipe), data)

`explore`, `compare`, `draw` and `learn` leave one output each, which lives in the page
without the kernel; where scripts do not run, and in the PDF, it is a figure. What they
take is one of `newest()`, or the first digits of a stored run's key, which `browse()`
and `informe runs list` show; or, with its data, a result of `fit`.
"""

from IPython.display import display

from helpers.datasets import Dataset
from helpers.plotting import style
from helpers.runs import Run
from helpers.training import Result
from informe.explore import live, static
from informe.explore.browse import show_list
from informe.explore.stored import newest, run_of, stored_runs
from informe.explore.what_if import Experiment, show_experiment
from informe.names import network_of

__all__ = ["browse", "compare", "draw", "explore", "learn", "newest", "what_if"]

CLASSES = 250  # of a matrix that a browser can show
Trained = Run | Result | str


def browse() -> None:
    """List all stored runs; the chosen one's confusion matrix appears below.

    Raises ValueError if there is none.
    """
    show_list(stored_runs(), _matrix)


def explore(run: Trained, data: Dataset | None = None) -> None:
    """Show a run's confusion matrix; a cell that is chosen shows its images.

    Raises ValueError if the data at hand are not the run's.
    """
    display(_matrix(run_of(run, data)))


@style()
def compare(a: Trained, b: Trained, data: Dataset | None = None) -> None:
    """Show which test images each of two networks gets right and the other wrong.

    Raises ValueError for runs on different data.
    """
    one, other = run_of(a, data), run_of(b, data)
    names = [network_of(run) for run in (one, other)]
    if names[0] == names[1]:
        names = [f"{name} ({side})" for name, side in zip(names, "AB", strict=True)]
    spec = live.pair_spec((names[0], [one]), (names[1], [other]))
    runs = [one, other]
    display(live.living(*static.comparison(*runs), spec, runs, "comparacion"))


@style()
def draw(run: Trained, data: Dataset | None = None) -> None:
    """Show what a network makes of a drawing, an image file or a test image.

    Of a network that the page cannot compute, it shows one answer, and says why.
    """
    run = run_of(run, data)
    spec = live.network_spec({network_of(run): run})
    ax, words = static.answer(run)
    words = f"{words} {spec['absent']}".strip()
    display(live.living(ax, words, spec, [run], "dibujo"))


@style()
def learn(run: Trained, data: Dataset | None = None) -> None:
    """Show a run's epochs: its errors, its confusion matrix and its first filters."""
    run = run_of(run, data)
    spec = _spec(run, epochs=True)
    display(live.living(*static.epochs(run), spec, [run], "epocas"))


def what_if(run: Run | str) -> None:
    """Train a stored run's network with other recipes, on few images, in seconds."""
    if isinstance(run, Result):
        raise ValueError(
            "un resultado de fit() no dice su receta: what_if() necesita un"
            " entrenamiento guardado, como los que da train()"
        )
    show_experiment(Experiment(run_of(run)))


@style()
def _matrix(run: Run) -> live.Living:
    spec = _spec(run, epochs=False)
    return live.living(*static.matrix(run), spec, [run], "matriz")


def _spec(run: Run, epochs: bool) -> dict:
    if (k := run.logits.shape[1]) > CLASSES:
        raise ValueError(
            f"una matriz de {k} clases no se puede recorrer; su report() dice qué se"
            " confunde"
        )
    return live.matrix_spec({network_of(run): [run]}, epochs=epochs)
