"""Stored runs and their test images as JSON, for the components that draw them.

An array is {"dtype", "shape", "z"}: its little-endian bytes, row by row, compressed
(raw DEFLATE) and in base64. The same run gives the same text.
"""

import base64
import io
import zlib
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from helpers.datasets import Dataset
from helpers.numbers import THIN
from helpers.runs import Run
from informe.explore.stored import name_of
from informe.names import PART_NAMES

SURE = 4095  # stands for a probability of 1
COLUMNS = 100  # images in a row of a sprite
QUALITY = 60  # of WebP, in per cent
EXACT = ("mnist",)  # sets small enough to keep every pixel as it is
RIGHT = 50  # pictures of each class that a notebook holds although they were right


def array(values: np.ndarray) -> dict:
    """Pack an array of uint8, uint16 or float32; TypeError for others."""
    kind = values.dtype.str[1:]
    if kind not in ("u1", "u2", "f4"):
        raise TypeError(f"{values.dtype} is none of uint8, uint16 and float32")
    squeeze = zlib.compressobj(9, wbits=-15)
    content = np.ascontiguousarray(values, f"<{kind}").tobytes()
    packed = base64.b64encode(squeeze.compress(content) + squeeze.flush()).decode()
    return {"dtype": kind, "shape": list(values.shape), "z": packed}


def set_document(data: Dataset, have: np.ndarray | None = None) -> dict:
    """Pack the test images of a set; with `have` (M,), pictures of these alone."""
    images = data.test.images
    exact = data.name in EXACT
    note = f"Las imágenes se guardan en WebP de calidad {QUALITY}{THIN}%."
    return {
        "title": f"{data.title} (muestra)" if data.is_sample else data.title,
        "part": PART_NAMES[data.split],
        "classes": list(data.classes),
        "channels": images.shape[1],
        "side": images.shape[2],
        "total": len(images),
        "labels": array(data.test.labels.numpy().astype(np.uint8)),
        "images": {
            "src": sprite(images if have is None else images[have], exact),
            "columns": COLUMNS,
            "have": None if have is None else array(have.astype(np.uint16)),
        },
        "lossy": not exact,
        "draws": data.name == "mnist",
        "note": "" if exact else note,
    }


def sprite(images: Tensor, exact: bool) -> str:
    """Lay uint8 images (N, C, H, W) out in rows of COLUMNS, as a WebP's data URL.

    Pixels are as the networks get them: grey ones are white on black.
    """
    n, channels, high, wide = images.shape
    rows = max(1, -(-n // COLUMNS))
    cells = np.zeros((rows * COLUMNS, channels, high, wide), np.uint8)
    cells[:n] = images.numpy()
    cells = cells.reshape(rows, COLUMNS, channels, high, wide)
    sheet = cells.transpose(0, 3, 1, 4, 2).reshape(rows * high, COLUMNS * wide, -1)
    sheet = np.repeat(sheet, 3, 2) if channels == 1 else sheet
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "WEBP", lossless=exact, quality=QUALITY)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def set_name(run: Run) -> str:
    """Name of the document that holds a run's test images."""
    return f"set-{run.about['data'][:16]}"


def run_document(run: Run, network: str, layers: bool = False) -> dict:
    """Pack what a run says of each test image, with its `layers` if they are asked for.

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
        "beside": array(np.ascontiguousarray(beside.astype(np.uint8).T)),
        "confidence": array((run.probabilities.max(1) * SURE).round().astype("u2")),
        "history": {name: errors[name].tolist() for name in errors},
        "filters": filters,
        "layers": layers_of(run.model()) if layers else None,
    }


def worth_seeing(runs: Sequence[Run]) -> np.ndarray:
    """Positions of the images that a run gets wrong, and of a few right of each class.

    The runs were measured on the same images.
    """
    labels = runs[0].labels
    wrong = np.any([run.predictions != labels for run in runs], axis=0)
    right = [np.flatnonzero(~wrong & (labels == k))[:RIGHT] for k in np.unique(labels)]
    return np.sort(np.concatenate([np.flatnonzero(wrong), *right]))


def layers_of(model: nn.Sequential) -> list[dict]:
    """Describe a network, layer by layer, so that the page can compute it.

    Raises ValueError that names a layer which the page cannot compute.
    """
    return [_layer(name, layer) for name, layer in model.named_children()]


def _layer(name: str, layer: nn.Module) -> dict:
    about = {"kind": type(layer).__name__}
    match layer:
        case nn.Conv2d(
            stride=(a, b), padding=(c, d), dilation=(1, 1), groups=1,
            padding_mode="zeros",
        ) if a == b and c == d:  # fmt: skip
            return about | {"stride": a, "padding": c} | _weights(layer)
        case nn.Linear():
            return about | _weights(layer)
        case (
            nn.MaxPool2d(padding=0, dilation=1, ceil_mode=False)
            | nn.AvgPool2d(padding=0, ceil_mode=False, divisor_override=None)
        ):
            return about | {"size": int(layer.kernel_size), "stride": int(layer.stride)}
        case nn.ELU(alpha=1.0) | nn.Flatten(start_dim=1, end_dim=-1):
            return about
        case nn.ReLU() | nn.Tanh() | nn.Sigmoid():
            return about
    raise ValueError(f"la página no puede calcular la capa «{name}», {layer}")


def _weights(layer: nn.Conv2d | nn.Linear) -> dict:
    weight = layer.weight.detach()
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias.detach()
    return {"weight": array(weight.numpy()), "bias": array(bias.numpy())}
