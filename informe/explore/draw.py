"""Draw a digit, or give an image, and see what a network makes of it."""

import base64
import binascii

import numpy as np
import torch
from torch import Tensor

from helpers.datasets import CLASSES
from helpers.runs import Run
from helpers.training import one_thread, predict
from informe.explore import digit, pixels, upload
from informe.explore.predictions import model_of, name_of
from informe.explore.upload import ImageError
from informe.numbers import percent

SIDES = {"mnist": 28, "fashion_mnist": 28, "cifar10": 32}
EMPTY = {
    "mnist": "Dibuje un dígito del 0 al 9, o elija una imagen.",
    "fashion_mnist": "Elija o suelte una imagen de una prenda.",
    "cifar10": "Elija o suelte una imagen.",
}


class Pad:
    """What the network of a run sees of a drawing or a file, and its probabilities.

    It is a view (see `informe.explore.explore`), but its events are {"drawing": data
    URL of a PNG, white ink on black}, {"file": base64} and {"clear": true}.
    """

    def __init__(self, run: Run):
        self.name = run.about["dataset"]
        self.title = name_of(run)
        self.model = model_of(run)
        self.image: Tensor | None = None  # (C, H, W) uint8, as the network gets it
        self.note = EMPTY[self.name]

    @property
    def state(self) -> dict:
        """All that is drawn, as JSON."""
        return {
            "title": self.title,
            "draws": self.name == "mnist",
            "limit": upload.MAX_BYTES,
            "note": self.note,
            "seen": None if self.image is None else pixels.data_url(self.image),
            "bars": self._bars(),
        }

    @property
    def probabilities(self) -> np.ndarray | None:
        """Softmax of the network's logits for the image, (K,); None if none."""
        if self.image is None:
            return None
        with one_thread():
            return predict(self.model, self.image[None]).softmax(1)[0].numpy()

    def do(self, event: dict) -> None:
        """Handle a user's action; if a file is no image, `note` says so."""
        if "clear" in event:
            self.image, self.note = None, EMPTY[self.name]
            return
        try:
            if "drawing" in event:
                self._draw(_decode(event["drawing"].partition(",")[2]))
            else:
                self._open(_decode(event["file"]))
        except ImageError as error:
            self.image, self.note = None, str(error)

    def _draw(self, content: bytes) -> None:
        ink = np.array(upload.decode(content).convert("L"))
        small = digit.centre(ink)
        self.image = torch.from_numpy(small)[None] if small.any() else None
        self.note = EMPTY[self.name] if self.image is None else ""

    def _open(self, content: bytes) -> None:
        picture, side = upload.decode(content), SIDES[self.name]
        if self.name == "cifar10":
            self.image, self.note = upload.as_colour(picture, side)
        elif self.name == "fashion_mnist":
            self.image, self.note = upload.as_grey(picture, side)
        else:  # the whole picture in grey first, then as a drawing
            grey, self.note = upload.as_grey(picture, max(picture.size))
            self.image = torch.from_numpy(digit.centre(grey[0].numpy()))[None]

    def _bars(self) -> list[dict]:
        found = self.probabilities
        names = CLASSES[self.name]
        shares = np.zeros(len(names)) if found is None else found
        best = -1 if found is None else int(found.argmax())
        return [
            {
                "name": name,
                "share": float(share),
                "text": "" if found is None else percent(float(share), None),
                "best": k == best,
            }
            for k, (name, share) in enumerate(zip(names, shares, strict=True))
        ]


def _decode(text: str) -> bytes:
    if len(text) > 4 * upload.MAX_BYTES // 3 + 4:  # length of the limit in base64
        raise ImageError(f"El archivo pasa de {upload.MAX_BYTES // 2**20} MB.")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ImageError("El archivo llegó incompleto; inténtelo otra vez.") from None
