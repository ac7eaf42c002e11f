"""Images and labels as people have them, made what the library computes with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageOps
from torch import Tensor

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm"}
KEYS = [  # of the arrays in an .npz, as several libraries name them
    ("images", "labels", "test_images", "test_labels"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("x_train", "y_train", "x_test", "y_test"),
]
TEST = ("test", "val", "valid", "validation")  # the first of these folders, any case


def images_of(given) -> Tensor:
    """Images (N, C, H, W) of uint8.

    Takes whole numbers from 0 to 255 and real ones from 0 to 1, which are rounded to
    255ths; channels may be absent, or the last axis, as plainly if they are few or
    follow equal and longer sides. Raises ValueError for others.
    """
    if isinstance(given, Tensor) and given.dtype == torch.uint8:
        images = given
    else:
        images = torch.from_numpy(_bytes(_array(given)))
    if images.dim() == 3:
        images = images.unsqueeze(1)
    if images.dim() != 4 or 0 in images.shape[1:]:
        raise ValueError(
            f"images of shape {tuple(images.shape)}; they must be (N, H, W), "
            "(N, H, W, C) or (N, C, H, W): use reshape"
        )
    _, a, b, c = images.shape
    last = a not in (1, 3, 4) and (c in (1, 3, 4) or a == b > c)
    return images.permute(0, 3, 1, 2).contiguous() if last else images


def labels_of(given) -> Tensor:
    """Labels (N,) of int64, from numbers of any type, also as a column (N, 1).

    Raises ValueError for what is not one whole number an image.
    """
    if isinstance(given, Tensor) and (given.dtype, given.dim()) == (torch.int64, 1):
        return given
    labels = _array(given)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"labels of shape {labels.shape}; they must be (N,), the number of each "
            "image's class: of a row for each image, labels.argmax(1)"
        )
    if labels.dtype.kind not in "biuf" or (labels != labels.astype(np.int64)).any():
        raise ValueError("labels must be whole numbers, 0 for the first class")
    return torch.from_numpy(labels.astype(np.int64))


def numbered(
    parts: Sequence, classes: Sequence[str] | None
) -> tuple[list[Tensor], tuple[str, ...]]:
    """Labels of several parts as numbers from 0, and the names of the classes.

    Labels are names, numbers or, if `classes` are given, their places among these.
    """
    if any(pd.isna(np.asarray(part, object)).any() for part in parts):
        raise ValueError("some labels are missing")
    parts = [np.asarray(np.asarray(part).tolist()) for part in parts]
    named = all(part.dtype.kind in "USO" and part.ndim == 1 for part in parts)
    parts = [(p.astype(str) if named else labels_of(p)).tolist() for p in parts]
    found = {label for part in parts for label in part}
    if not named and any(label < 0 for label in found):
        raise ValueError(f"labels start at 0, and the lowest is {min(found)}")
    values: Sequence = sorted(found)
    if classes is not None:
        classes = np.asarray([*classes]).astype(str).tolist()
        if len({*classes}) < len(classes):
            raise ValueError(f"two classes have the same name: {classes}")
        values = classes if named else range(len(classes))
    places = {value: place for place, value in enumerate(values)}
    if strange := found - places.keys():
        raise ValueError(f"labels {sorted(strange)} are none of the classes")
    numbers = [torch.tensor([places[label] for label in part]).long() for part in parts]
    return numbers, tuple(map(str, classes or values))


def read(path: Path, side: int | None) -> dict:
    """What `Dataset.from_arrays` takes, from an .npz or a folder with one a class.

    A folder may also hold `train` and one of TEST, each with a folder a class. Pictures
    are cut and scaled to squares of `side`, if it is given. Raises ValueError.
    """
    if path.suffix.lower() == ".npz":
        return _read_npz(path)
    if not path.is_dir():
        raise ValueError(f"{path} is no folder with images, nor an .npz")
    found = {f.name.lower(): f for f in path.glob("[!.]*/")}
    tests = [found[name] for name in TEST if name in found]
    parts = [found["train"], *tests[:1]] if "train" in found else [path]
    classes = sorted({f.name for p in parts for f in p.glob("[!.]*/")})
    if len(classes) < 2:
        raise ValueError(f"{parts[0]} must hold a folder of images for each class")
    files = [_pictures(part, classes) for part in parts]
    images = _opened([file for part in files for file, _ in part], side)
    labels = [label for part in files for _, label in part]
    n = len(files[0])
    more = {"test": (images[n:], labels[n:])} if len(parts) == 2 else {}
    return {"images": images[:n], "labels": labels[:n], "classes": classes} | more


def _array(given) -> np.ndarray:
    """Any numbers as an array that may be written."""
    array = np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given)
    return np.require(array, requirements="CW")


def _bytes(pixels: np.ndarray) -> np.ndarray:
    """Pixels as uint8, if they are plainly such."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "biuf":
        raise ValueError(f"images must hold numbers, not {pixels.dtype}")
    low, high = (pixels.min(), pixels.max()) if pixels.size else (0, 0)
    if pixels.dtype.kind in "bf" and 0 <= low <= high <= 1:
        return np.round(pixels * 255.0).astype(np.uint8)
    if not (0 <= low <= high <= 255) or (pixels != np.trunc(pixels)).any():
        raise ValueError(
            f"images have values from {low:g} to {high:g}; they must be whole numbers "
            "from 0 to 255 or real ones from 0 to 1, without further normalization"
        )
    return pixels.astype(np.uint8)


def _read_npz(path: Path) -> dict:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        for names in KEYS:
            if {*names[:2]} <= {*file}:
                images, labels, *test = (file[name] for name in names if name in file)
                classes = file["classes"].tolist() if "classes" in file else None
                found = {"images": images, "labels": labels, "classes": classes}
                return found | ({"test": test} if test else {})
        raise ValueError(f"{path} holds {[*file]}; it must hold 'images' and 'labels'")


def _pictures(folder: Path, classes: list[str]) -> list[tuple[Path, int]]:
    """Pictures below a folder, in the order of their names, and their labels."""
    found = []
    for label, name in enumerate(classes):
        files = sorted(f for f in (folder / name).glob("**/*") if f.is_file())
        seen = [f for f in files if "/." not in f.relative_to(folder).as_posix()]
        pictures = [(f, label) for f in seen if f.suffix.lower() in PICTURES]
        if not pictures:
            raise ValueError(f"{folder / name} holds no images ({sorted(PICTURES)})")
        found += pictures
    return found


def _opened(files: list[Path], side: int | None) -> np.ndarray:
    """Pictures as (N, H, W), or (N, H, W, 3) if any of them has colours."""
    opened = {file: _open(file, side) for file in files}
    mode = "L" if all(p.mode in ("1", "L") for p in opened.values()) else "RGB"
    sizes = {picture.size: file for file, picture in opened.items()}
    if len(sizes) > 1:
        (one, file), (other, second), *_ = sizes.items()
        raise ValueError(
            f"{file} has {one[0]} × {one[1]} pixels and {second} {other[0]} × "
            f"{other[1]}: give the side to which all are cut and scaled, as side=32"
        )
    return np.stack([np.asarray(p.convert(mode)) for p in opened.values()])


def _open(file: Path, side: int | None) -> Image.Image:
    try:
        with Image.open(file) as picture:
            upright = ImageOps.exif_transpose(picture)
            upright.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} is no whole image: {error}") from None
    if upright.mode[0] in "IF":
        raise ValueError(f"{file} has more than 8 bits a channel; convert it before")
    if upright.has_transparency_data:  # on white, as what is drawn in black expects
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA")).convert("RGB")
    if side is None:
        return upright
    mode = "L" if upright.mode in ("1", "L") else "RGB"
    return ImageOps.fit(upright.convert(mode), (side, side))
