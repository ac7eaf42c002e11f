"""Stored runs and their test images as JSON, for the components that draw them.

An array is {"dtype", "shape", "z"}: its little-endian bytes, row by row, compressed
(raw DEFLATE) and in base64. The same run gives the same text.
"""

import base64
import io
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image
from torch import Tensor

from helpers.datasets import Dataset
from helpers.numbers import THIN
from helpers.runs import Run
from informe.explore.stored import name_of
from informe.names import PART_NAMES

SURE = 4095  # stands for a probability of 1
COLUMNS = 100  # images in a row of a sprite
LONGEST = 16_383  # pixels of a WebP's side
PIXELS = 2**24  # of a sprite
EXACT = 3_000_000  # bytes of images, compressed, that are kept pixel by pixel
QUALITY = 60  # of other WebPs, in per cent
FAINT = 16  # ink up to this grey level is none, as in centring.js
RIGHT = 50  # pictures of each class that a notebook holds although they were right


def array(values: np.ndarray) -> dict:
    """Pack an array of float32, or of whole numbers from 0 in the smallest type."""
    if values.dtype.kind in "iu":
        values = values.astype(np.min_scalar_type(values.max(initial=0)))
    kind = values.dtype.str[1:]
    if kind not in ("u1", "u2", "u4", "f4"):
        raise TypeError(f"{values.dtype} is neither float32 nor whole numbers")
    squeeze = zlib.compressobj(9, wbits=-15)
    content = np.ascontiguousarray(values, f"<{kind}").tobytes()
    packed = base64.b64encode(squeeze.compress(content) + squeeze.flush()).decode()
    return {"dtype": kind, "shape": list(values.shape), "z": packed}


def set_document(data: Dataset, have: np.ndarray | None = None) -> dict:
    """Pack the test images of a set; with `have` (M,), pictures of these alone.

    There are no more pictures than a sprite holds.
    """
    images = data.test.images
    n, channels, high, wide = images.shape
    columns = min(COLUMNS, LONGEST // wide)
    most = min(columns * (LONGEST // high), PIXELS // (high * wide))
    held = (np.arange(n) if have is None else have)[:most]
    source, exact = sprite(images[held], columns)
    note = f"Las imágenes se guardan en WebP de calidad {QUALITY}{THIN}%."
    return {
        "title": f"{data.title} (muestra)" if data.is_sample else data.title,
        "part": PART_NAMES[data.split],
        "classes": list(data.classes),
        "channels": channels,
        "size": [wide, high],
        "total": n,
        "labels": array(data.test.labels.numpy()),
        "images": {
            "src": source,
            "columns": columns,
            "have": None if len(held) == n else array(held),
        },
        "box": stroke_box(images[:1000]),
        "note": "" if exact else note,
    }


def sprite(images: Tensor, columns: int) -> tuple[str, bool]:
    """Lay uint8 images (N, C, H, W) out in rows, as a WebP's data URL.

    Pixels are as the networks get them: grey ones are white on black. It also says
    whether every pixel is as it was.
    """
    n, channels, high, wide = images.shape
    rows = max(1, -(-n // columns))
    cells = np.zeros((rows * columns, channels, high, wide), np.uint8)
    cells[:n] = images.numpy()
    cells = cells.reshape(rows, columns, channels, high, wide)
    sheet = cells.transpose(0, 3, 1, 4, 2).reshape(rows * high, columns * wide, -1)
    grey = channels < 3
    picture = Image.fromarray(
        np.repeat(sheet[..., :1], 3, 2) if grey else sheet[..., :3]
    )
    exact = len(zlib.compress(cells, 1)) <= EXACT
    file = io.BytesIO()
    picture.save(file, "WEBP", lossless=exact, quality=QUALITY)
    address = base64.b64encode(file.getvalue()).decode()
    return f"data:image/webp;base64,{address}", exact


def stroke_box(images: Tensor) -> int:
    """Pixels of the longer side of what is drawn in white on black; 0 for others."""
    ink = (images[:, 0] > FAINT).numpy()  # (N, H, W)
    edges = [ink[:, [0, -1]].ravel(), ink[..., [0, -1]].ravel()]
    if images.shape[1] > 1 or np.concatenate(edges).mean() > 0.5:
        return 0
    sides = []
    for line in ink.any(2), ink.any(1):  # (N, H) and (N, W)
        sides.append(line.shape[1] - line.argmax(1) - line[:, ::-1].argmax(1))
    return int(np.median(np.max(sides, 0)))


def set_name(run: Run) -> str:
    """Name of the document that holds a run's test images."""
    return f"set-{run.about['data'][:16]}"


def run_document(run: Run, network: str, layers: list[dict] | None = None) -> dict:
    """Pack what a run says of each test image; `layers` are those that compute it.

    `network` is what it is called in its report.
    """
    # how far beyond the true class the predicted one is: mostly 0, which packs well
    beside = (run.snapshots["predictions"] - run.labels) % run.logits.shape[1]
    filters = run.snapshots.get("weight")
    if filters is not None:  # in shades of which there are 255, since few pack well
        shade = np.abs(filters).max() / 127 or 1
        filters = array((np.rint(filters / shade) * shade).astype(np.float32))
    errors = run.history[["train_error", "test_error"]]
    return {
        "key": run.key,
        "set": set_name(run),
        "title": name_of(run, network),
        "seed": run.seed,
        "beside": array(beside.T),
        "confidence": array((run.probabilities.max(1) * SURE).round().astype("u2")),
        "history": {name: errors[name].tolist() for name in errors},
        "filters": filters,
        "layers": layers,
    }


def worth_seeing(runs: Sequence[Run]) -> np.ndarray:
    """Positions of the images that a run gets wrong, and of a few right of each class.

    The runs were measured on the same images.
    """
    labels = runs[0].labels
    wrong = np.any([run.predictions != labels for run in runs], axis=0)
    right = [np.flatnonzero(~wrong & (labels == k))[:RIGHT] for k in np.unique(labels)]
    return np.sort(np.concatenate([np.flatnonzero(wrong), *right]))
