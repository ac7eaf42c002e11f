"""Turns an image file into an image like those that a network was trained on."""

import io

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")


class ImageError(ValueError):
    """A file that cannot be used as an image; says why, in Spanish."""


def decode(content: bytes) -> Image.Image:
    """Open an image file's content as RGB, rotated as its EXIF data say.

    Transparent parts become white. Raises ImageError if it is too big or no image.
    """
    if len(content) > MAX_BYTES:
        raise ImageError(f"El archivo pasa de {MAX_BYTES // 2**20} MB.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(
                    f"La imagen tiene {image.width}×{image.height} píxeles; se aceptan"
                    f" hasta {MAX_PIXELS // 10**6} millones."
                )
            image = ImageOps.exif_transpose(image).convert("RGBA")
    except UnidentifiedImageError:
        known = ", ".join(FORMATS)
        raise ImageError(
            f"El archivo no es una imagen que se pueda leer ({known})."
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"La imagen está dañada o incompleta: {error}.") from None
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def as_colour(image: Image.Image, side: int) -> tuple[Tensor, str]:
    """Crop the middle square and scale it: (3, side, side) uint8, and what was done."""
    size = (side, side)
    small = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1).contiguous()
    return pixels, f"Se recortó el cuadrado central y se redujo a {side}×{side}."


def as_grey(image: Image.Image, side: int) -> tuple[Tensor, str]:
    """Fit a picture onto a black background, (1, side, side) uint8, and give a note.

    If its border is light, its background is assumed to be light, and it is inverted.
    """
    grey = np.array(image.convert("L"))
    inverted = _border(grey).mean() > 127
    if inverted:
        grey = 255 - grey
    small = ImageOps.pad(
        Image.fromarray(grey), (side, side), Image.Resampling.LANCZOS, color=0
    )
    note = f"Se pasó a grises y se redujo a {side}×{side}"
    note += (
        "; como el fondo es claro, se invirtió: la red aprendió con fondo negro."
        if inverted
        else "."
    )
    return torch.from_numpy(np.array(small))[None], note


def _border(grey: np.ndarray) -> np.ndarray:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
