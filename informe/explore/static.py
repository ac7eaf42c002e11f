"""The figure that replaces a widget where nobody can use one."""

import matplotlib.pyplot as plt
import numpy as np

from helpers import plotting
from helpers.datasets import Dataset
from informe.explore.browse import Library, error_of
from informe.explore.compare import Comparison
from informe.explore.draw import Pad
from informe.explore.explore import Matrix
from informe.explore.learn import Epochs
from informe.explore.predictions import name_of
from informe.explore.show import figure
from informe.explore.what_if import Experiment
from informe.numbers import images


def matrix(view: Matrix) -> None:
    """The confusion matrix."""
    ax = plotting.plot_confusion(view.seen.confusion, classes=view.seen.classes)
    words = f"Matriz de confusión de la red: {view.seen.title}. {view.note}"
    figure(ax, "matriz", words, words)


def library(view: Library) -> None:
    """Show the accuracy of the runs on the test images, or of all if there are none."""
    groups = {
        f"{name}\n{recipe}": 1 - np.array([error_of(run) for run in runs.values()])
        for name, recipes in view.tested.items()
        for recipe, runs in recipes.items()
    }
    ax = plotting.plot_seeds(groups)
    ax.tick_params("y", labelsize=7)
    words = "Exactitud de los entrenamientos guardados: un punto por semilla."
    figure(ax, "entrenamientos", words, words)


def comparison(view: Comparison, n: int = 6) -> None:
    """Images that only one of the two gets right, the most probable ones first."""
    chosen = [view.images(*cell) for cell in ((0, 1), (1, 0))]
    shown = np.concatenate([indices[:n] for indices in chosen])
    if len(shown):
        titles = [_guess(view, i) for i in shown]
        ax = plotting.plot_images(view.a.images[shown], titles, columns=n)
    else:
        ax = plt.subplots(figsize=(6.3, 0.5))[1]
        ax.set_axis_off()
    a, b = (images(len(indices)) for indices in chosen)
    words = (
        f"Imágenes que acierta solo A ({view.a.title}; {a}) y, después, las que acierta"
        f" solo B ({view.b.title}; {b}): predicción de A / de B."
        f" {view.note}"
    )
    figure(ax, "comparacion", words, words)


def _guess(view: Comparison, i: int) -> str:
    names = view.a.classes
    return f"{names[view.a.predictions[i]]}/{names[view.b.predictions[i]]}"


def pad(view: Pad, data: Dataset) -> None:
    """A test image in place of a drawing, and its probabilities."""
    view.image = data.test.images[0]
    left, right = plt.subplots(
        1, 2, figsize=(6.3, 2.4), width_ratios=(1, 2), layout="constrained"
    )[1]
    plotting.plot_images(view.image[None], columns=1, ax=left)
    right.barh(data.classes, view.probabilities)
    right.invert_yaxis()
    right.set(xlabel="probabilidad", xlim=(0, 1))
    words = f"Una imagen de prueba y lo que da la red: {view.title}."
    figure(left, "dibujo", words, words)


def epochs(view: Epochs) -> None:
    """The curve, and the first layer after the last epoch."""
    left, right = plt.subplots(
        1, 2, figsize=(6.3, 2.6), width_ratios=(2, 1), layout="constrained"
    )[1]
    plotting.plot_curves({"": [view.run.history]}, ax=left).set_ylabel("error")
    kernels = view.snapshots["weight"][-1]
    top = float(np.abs(kernels).max())
    right.imshow(_tiles(kernels), cmap="PuOr_r", vmin=-top, vmax=top)
    right.set_title("filtros")
    right.set_axis_off()
    words = (
        f"Errores de cada época y filtros tras la última: {name_of(view.run)}."
        " Naranja suma, morado resta."
    )
    figure(left, "epocas", words, words)


def experiment(view: Experiment) -> None:
    """The stored recipe on the sample, over the stored curve."""
    ax = view.plot({"prueba": view.trial(**view.defaults)})
    words = f"Error de la red guardada y de una prueba con la muestra. {view.note()}"
    figure(ax, "prueba", words, words)


def _tiles(kernels: np.ndarray) -> np.ndarray:
    """Arrange kernels (O, I, k, k) in one nearly square picture, with gaps of NaN."""
    flat = kernels.reshape(-1, *kernels.shape[2:])
    columns = int(np.ceil(np.sqrt(len(flat))))
    rows, side = -(-len(flat) // columns), flat.shape[1] + 1
    canvas = np.full((rows * side, columns * side), np.nan)
    for i, kernel in enumerate(flat):
        y, x = i // columns * side, i % columns * side
        canvas[y : y + side - 1, x : x + side - 1] = kernel
    return canvas
