"""Turns a drawing into an image like MNIST's in size, position and grey levels.

MNIST's digits were scaled, keeping their proportions, to fit a box of 20×20, with grey
levels from the anti-aliasing, and put into 28×28 with the centre of mass of their ink
in the middle (LeCun et al., 1998).
"""

import numpy as np
from PIL import Image

BOX, SIDE = 20, 28  # pixels
FAINT = 16  # ink up to this grey level does not extend the box


def centre(ink: np.ndarray) -> np.ndarray:
    """Scale and centre a drawing (H, W) of uint8, 0 for paper, as MNIST (28, 28).

    A drawing without ink gives an empty image.
    """
    rows, columns = (np.flatnonzero((ink > FAINT).any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.uint8)
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _place(_fit(digit))


def _fit(digit: np.ndarray) -> np.ndarray:
    """Scale so that the longer side is BOX; pixels are averaged when it shrinks."""
    height, width = digit.shape
    zoom = BOX / max(height, width)
    size = max(1, round(width * zoom)), max(1, round(height * zoom))
    return np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BILINEAR))


def _place(digit: np.ndarray) -> np.ndarray:
    """Put a digit into SIDE×SIDE, its centre of mass as near the middle as it fits."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (_start(digit, axis) for axis in (0, 1))
    canvas[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return canvas


def _start(digit: np.ndarray, axis: int) -> int:
    mass = digit.sum(1 - axis, dtype=float)
    middle = (mass @ np.arange(len(mass))) / mass.sum()  # index of a pixel
    start = round(SIDE / 2 - middle)
    return int(np.clip(start, 0, SIDE - len(mass)))
