"""The figures that stand for the components where no script runs, and their words."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from helpers import plotting
from helpers.runs import Run
from helpers.uncertainty import wilson
from informe.explore.stored import data_of, name_of
from informe.figures.pictures import plot_images
from informe.names import PART_NAMES
from informe.numbers import THIN, images, integer, percent

COLUMNS = 6  # images in a row of a comparison
MOST = 10  # classes of an answer


def matrix(run: Run) -> tuple[Axes, str]:
    """The confusion matrix."""
    data = data_of(run)
    n, hits = len(run.labels), int(np.trace(run.confusion))
    low, high = (percent(float(end)) for end in wilson(hits, n))
    words = (
        f"Matriz de confusión de la red: {name_of(run)}. Acierta {integer(hits)} de"
        f" {images(n)} de {PART_NAMES[data.split]}: {percent(hits / n)} [{low}, {high}]"
        f" (intervalo de Wilson del 95{THIN}%)."
    )
    return plotting.plot_confusion(run.confusion, classes=data.classes), words


def comparison(a: Run, b: Run) -> tuple[Axes, str]:
    """Images that only one of the two gets right, the most probable ones first."""
    data = data_of(a)
    right = [run.predictions == run.labels for run in (a, b)]
    sure = a.probabilities.max(1) + b.probabilities.max(1)
    found = [np.flatnonzero(right[i] & ~right[1 - i]) for i in (0, 1)]
    first = [rows[np.argsort(-sure[rows], kind="stable")][:COLUMNS] for rows in found]
    shown = np.concatenate(first)
    names = [*map(plotting.short, data.classes)]
    titles = ["/".join(names[run.predictions[i]] for run in (a, b)) for i in shown]
    if len(shown):
        pictures = data.test.images[shown]
        ax = plot_images(pictures, titles, columns=COLUMNS)
    else:
        ax = plt.subplots(figsize=(6.3, 0.5))[1]
        ax.set_axis_off()
    words = (
        f"Imágenes que acierta solo A ({name_of(a)}; {images(len(found[0]))}) y,"
        f" después, las que acierta solo B ({name_of(b)}; {images(len(found[1]))}):"
        " predicción de A / de B."
    )
    return ax, words


def answer(run: Run) -> tuple[Axes, str]:
    """A test image, and the highest probabilities that the network gave it."""
    data = data_of(run)
    first = np.argsort(-run.probabilities[0], kind="stable")[:MOST]
    shown = np.sort(first) if len(data.classes) <= MOST else first
    left, right = plt.subplots(
        1, 2, figsize=(6.3, 2.4), width_ratios=(1, 2), layout="constrained"
    )[1]
    plot_images(data.test.images[:1], columns=1, ax=left)
    places = range(len(shown))
    right.barh(places, run.probabilities[0, shown])
    names = [plotting.short(data.classes[k]) for k in shown]
    right.set_yticks(places, names, **plotting.PLAIN)
    right.invert_yaxis()
    right.set(xlabel="probabilidad", xlim=(0, 1))
    true = data.classes[run.labels[0]]
    words = f"Una imagen de {PART_NAMES[data.split]}, {true}, y lo que da la red"
    return left, f"{words}: {name_of(run)}."


def epochs(run: Run) -> tuple[Axes, str]:
    """The errors of each epoch."""
    ax = plotting.plot_curves({"": [run.history]})
    return ax, f"Errores de cada época: {name_of(run)}."
