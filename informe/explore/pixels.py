"""Images as text that a page can hold: PNG in data URLs."""

import base64
import io

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from PIL import Image
from torch import Tensor

from helpers.plotting import text_color


def data_url(image: Tensor) -> str:
    """Write a uint8 image (C, H, W) as a data URL; grey ones are ink on paper."""
    pixels = image.permute(1, 2, 0).numpy()
    return _png(255 - pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def map_url(values: np.ndarray, top: float, *, signed: bool = False) -> str:
    """Write numbers (H, W) as a data URL: white is 0 and `top` the darkest.

    `signed` ones go from purple, -top, to orange, +top, which the colour-blind tell
    apart.
    """
    share = np.nan_to_num(values / top) if top else np.zeros_like(values)
    if signed:
        colors = colormaps["PuOr_r"]((share + 1) / 2)
    else:
        colors = colormaps["Greys"](share)
    return _png((colors[:, :, :3] * 255).round().astype(np.uint8))


def shade(share: float) -> dict[str, str]:
    """Background and text colour of a cell that holds a share in [0, 1]."""
    if np.isnan(share):
        share = 0.0
    color = colormaps["Blues"](float(share))
    return {"background": to_hex(color), "color": text_color(color)}


def _png(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
