"""Why a class is lost behind a ReLU: logits that are not positive get no gradient."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from torch import nn

from helpers.datasets import Dataset
from helpers.models import scale
from helpers.plotting import plot_confusion
from helpers.runs import Run
from informe.figures import undecided
from informe.numbers import images, integer, small

IMAGES = 10_000  # training images, at most, over which the gradient is taken


@dataclass(frozen=True)
class Output:
    """What reaches the last ReLU of a network, class by class (K,)."""

    alive: np.ndarray  # share of the images whose logit is positive
    gradient: np.ndarray  # norm of the loss's gradient in the weights of the logit
    images: int


def output_of(run: Run, data: Dataset) -> Output:
    """Measure logits and gradients on training images, as the next step would."""
    model = run.model()
    images, labels = data.train.images[:IMAGES], data.train.labels[:IMAGES]
    below = model[:-1] if isinstance(model[-1], nn.ReLU) else model
    logits = below(scale(images))
    nn.functional.cross_entropy(model[len(below) :](logits), labels).backward()
    norms = below[-1].weight.grad.norm(dim=1)
    return Output((logits > 0).double().mean(0).numpy(), norms.numpy(), len(images))


def plot_dead(counts: np.ndarray, classes, output: Output) -> Axes:
    """Draw a confusion matrix and, beside it, how often each logit is positive.

    `counts` (K, K + 1) end in a column of the images on which nothing is decided.
    """
    left, right = plt.subplots(
        1, 2, figsize=(6.3, 2.5), width_ratios=(3, 1), layout="constrained"
    )[1]
    plot_confusion(counts, classes=classes, columns=[*classes, undecided.NAME], ax=left)
    right.barh(range(len(classes)), 100 * output.alive, color="C0")
    right.set_yticks(range(len(classes)), classes, fontsize=8)
    right.invert_yaxis()
    right.set_title("% de imágenes con\nsalida positiva", fontsize=8)
    left.get_figure().get_layout_engine().set(wspace=0.12)
    return left


def explain(output: Output, lost: list[int], classes) -> str:
    """How often the logits of the classes that are never predicted are positive."""
    if not lost:
        low = int(output.alive.argmin())
        return (
            "Aquí ninguna clase está perdida; la salida que menos veces es positiva, la"
            f" de «{classes[low]}», {'' if output.alive[low] else 'no '}lo es en"
            f" {_in(output, low)}."
        )
    return " ".join(_case(output, k, lost, classes) for k in lost)


def _case(output: Output, k: int, lost: list[int], classes) -> str:
    others = np.delete(output.gradient, lost)
    beside = f"; la de las demás va de {small(others.min(), 2)} a"
    beside += f" {small(others.max(), 2)}"
    norm = f"la norma del gradiente de sus pesos es {small(output.gradient[k], 2)}"
    if output.alive[k] == 0:
        return (
            f"La salida de «{classes[k]}» no es positiva en {_in(output, k)}: {norm},"
            f" exactamente{beside}. Esos pesos ya no se mueven con estas imágenes;"
            " solo podría reanimarla un cambio de la convolución, que es de todas las"
            " clases."
        )
    return (
        f"La salida de «{classes[k]}» es positiva en {_in(output, k)}: con las demás no"
        f" se corrige, y {norm}{beside}."
    )


def _in(output: Output, k: int) -> str:
    """In how many images the logit of class `k` is positive."""
    found = round(output.alive[k] * output.images)
    of = f"de {images(output.images)} de entrenamiento"
    return f"{integer(found) if found else 'ninguna'} {of}"
