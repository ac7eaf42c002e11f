"""Images of the data sets as figures, by the same contract as `helpers.plotting`."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

ZOOM = 4  # sharp pixels also where a viewer would smooth them


def plot_images(
    images: Tensor, titles=None, *, columns: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw uint8 images (N, C, H, W) in rows of `columns`, a title above each.

    Grey images are drawn as ink on paper: 0 is white.
    """
    room = 0.0 if titles is None else 0.22  # for a title, in widths of an image
    rows = -(-len(images) // columns)
    ax = ax or plt.subplots(figsize=(6.3, 0.1 + 6.2 / columns * rows * (1 + room)))[1]
    canvas = _mosaic(images, rows, columns, room)
    extent = (0, columns, rows * (1 + room), 0)
    ax.imshow(canvas, extent=extent, interpolation="none", aspect="equal")
    for i, title in enumerate(titles or []):
        place = (i % columns + 0.5, i // columns * (1 + room) + room - 0.02)
        ax.text(*place, title, ha="center", va="bottom", fontsize=7)
    ax.set_axis_off()
    return ax


def plot_examples(split, classes, *, rows: int = 2, ax: Axes | None = None) -> Axes:
    """Draw the first `rows` images of each class, one class a column."""
    first = [(split.labels == k).nonzero()[:rows, 0] for k in range(len(classes))]
    order = torch.stack(first, 1).flatten()  # row by row
    titles = [*classes, *[""] * (len(order) - len(classes))]
    return plot_images(split.images[order], titles, columns=len(classes), ax=ax)


def _mosaic(images: Tensor, rows: int, columns: int, room: float) -> np.ndarray:
    """One picture of all images, each enlarged, with white between and above them."""
    pixels = images.permute(0, 2, 3, 1).numpy()  # (N, H, W, C)
    if pixels.shape[-1] == 1:
        pixels = 255 - pixels.repeat(3, axis=-1)
    pixels = pixels.repeat(ZOOM, 1).repeat(ZOOM, 2)
    side = pixels.shape[1]
    cell = side + 2 * ZOOM
    top = round(room * cell)
    canvas = np.full((rows * (cell + top), columns * cell, 3), 255, np.uint8)
    for i, image in enumerate(pixels):
        y = i // columns * (cell + top) + top + ZOOM
        x = i % columns * cell + ZOOM
        canvas[y : y + side, x : x + side] = image
    return canvas
