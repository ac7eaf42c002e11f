"""Images of a data set, side by side, with a title above each."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from helpers.datasets import Split
from helpers.plotting import PLAIN, short

ZOOM = 4  # images are enlarged, so that no viewer blurs their pixels


def plot_images(
    images: Tensor,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    ax: Axes | None = None,
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
    longest = max(map(len, titles or []), default=0) or 1
    size = min(7.5, 72 * 6.2 / columns / (0.57 * longest))  # points: none may touch
    for i, title in enumerate(titles or []):
        place = (i % columns + 0.5, i // columns * (1 + room) + room - 0.02)
        ax.text(*place, title, ha="center", va="bottom", fontsize=size, **PLAIN)
    ax.set_axis_off()
    return ax


def plot_examples(
    split: Split, classes: Sequence[str], *, rows: int = 2, ax: Axes | None = None
) -> Axes:
    """Draw the first `rows` images of each class, one column a class, ten abreast."""
    columns, white = min(10, len(classes)), 255 * (split.images.shape[1] > 1)
    blank = torch.full_like(split.images[:1], white)
    images, titles = [], []
    for start in range(0, len(classes), columns):
        some = range(start, start + columns)
        first = [(split.labels == k).nonzero()[:rows, 0].tolist() for k in some]
        for row in range(rows):
            places = [n[row] if row < len(n) else len(split) for n in first]
            images += [split.images[n : n + 1] for n in places]
            images = [image if len(image) else blank for image in images]
        names = [short(name, 14) for name in classes[start : start + columns]]
        titles += names + [""] * (columns * rows - len(names))
    return plot_images(torch.cat(images), titles, columns=columns, ax=ax)


def _mosaic(images: Tensor, rows: int, columns: int, room: float) -> np.ndarray:
    """One picture of all images, each enlarged, with white between and above them."""
    pixels = images.permute(0, 2, 3, 1).numpy()  # (N, H, W, C)
    grey = pixels.shape[-1] < 3
    pixels = 255 - pixels[..., :1].repeat(3, axis=-1) if grey else pixels[..., :3]
    pixels = pixels.repeat(ZOOM, 1).repeat(ZOOM, 2)
    height, width = pixels.shape[1:3]
    cell = max(height, width) + 2 * ZOOM
    top = round(room * cell)
    canvas = np.full((rows * (cell + top), columns * cell, 3), 255, np.uint8)
    for i, image in enumerate(pixels):
        y = i // columns * (cell + top) + top + (cell - height) // 2
        x = i % columns * cell + (cell - width) // 2
        canvas[y : y + height, x : x + width] = image
    return canvas
