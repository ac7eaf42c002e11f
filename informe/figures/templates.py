"""The weights of a linear network as images, one for each class."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from informe.figures.pictures import ZOOM
from informe.numbers import share

CENTRE = 8  # pixels: the side of the square in the middle of which the sentence speaks


def templates(matrix: np.ndarray, side: int) -> np.ndarray:
    """Weights (K, P) as images (K, side, side), less their mean over the classes.

    What all classes have in common moves all outputs alike, and changes no prediction.
    """
    matrix = np.asarray(matrix, dtype=float)
    return (matrix - matrix.mean(0)).reshape(-1, side, side)


def plot_templates(
    matrix: np.ndarray, *, classes: Sequence[str], side: int = 28
) -> Axes:
    """Draw the weights (K, P) of images of one channel: orange adds, purple subtracts.

    `matrix` is what `informe.experiments.linear.fold` gives. All classes share one
    scale, on which zero is white.
    """
    pictures = templates(matrix, side)
    top = np.quantile(np.abs(pictures), 0.995) or 1.0  # a few pixels are beyond
    figure, axes = plt.subplots(
        1, len(pictures), figsize=(6.3, 0.95), squeeze=False, layout="constrained"
    )
    figure.get_layout_engine().set(wspace=0.01, w_pad=0.01)
    for ax, picture, name in zip(axes[0], pictures, classes, strict=True):
        enlarged = picture.repeat(ZOOM, 0).repeat(ZOOM, 1)
        image = ax.imshow(
            enlarged, cmap="PuOr_r", vmin=-top, vmax=top, interpolation="none"
        )
        ax.set_title(name, fontsize=8, pad=2)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="0.8")
    bar = figure.colorbar(image, ax=axes, aspect=8, pad=0.01, extend="both")
    bar.set_label("peso", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.solids.set(rasterized=False, edgecolor="face")
    return axes[0, 0]


def sentence(matrix: np.ndarray, *, classes: Sequence[str], side: int = 28) -> str:
    """Which classes a stroke in the middle speaks for and against most."""
    low, edge = (side - CENTRE) // 2, (side + CENTRE) // 2
    means = templates(matrix, side)[:, low:edge, low:edge].mean((1, 2))
    least, most = int(means.argmin()), int(means.argmax())
    where = f"los {CENTRE} × {CENTRE} píxeles del centro"
    if means[least] == means[most]:
        return f"En {where}, el peso medio es el mismo en todas las clases."
    return (
        f"En {where}, el peso medio más bajo es el de «{classes[least]}»"
        f" ({share(means[least], 2)}), y el más alto, el de «{classes[most]}»"
        f" ({share(means[most], 2)}): un trazo ahí habla sobre todo en contra de"
        f" «{classes[least]}» y a favor de «{classes[most]}»."
    )
