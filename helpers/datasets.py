"""Data sets by name, as verified tensors, and anybody's own.

mnist = load("mnist")
mnist.train.images    # (60000, 1, 28, 28) uint8
photos = Dataset.from_folder("fotos/", side=32)
"""

import difflib
import json
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from helpers import arrays, download, paths
from helpers.console import tell
from helpers.download import DataError, formats
from helpers.download.catalog import KNOWN
from helpers.download.formats import Arrays
from helpers.numbers import integer

MODES = ("auto", "full", "sample")


class SampleWarning(UserWarning):
    """The complete data could not be obtained, so the small sample is used."""


@dataclass(frozen=True)
class Split:
    """The training or the test part of a data set.

    Takes what `arrays.images_of` and `labels_of` take. Raises ValueError.
    """

    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor  # (N,) int64

    def __post_init__(self):
        object.__setattr__(self, "images", arrays.images_of(self.images))
        object.__setattr__(self, "labels", arrays.labels_of(self.labels))
        if (n := len(self.images)) != len(self.labels):
            raise ValueError(f"{n} images, but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows) -> "Split":
        """Some of the images: a slice, or an array or tensor of their places."""
        return Split(self.images[rows], self.labels[rows])

    def to(
        self,
        device: str | torch.device,
        layout: torch.memory_format = torch.preserve_format,
    ) -> "Split":
        """The same on a device, with this layout of the images in memory."""
        images = self.images.to(device, memory_format=layout)
        return Split(images, self.labels.to(device))


made: "dict[str, Dataset]" = {}  # of somebody's own in this process, by checksum


@dataclass(frozen=True)
class Dataset:
    """A data set: its training and test parts, and what they contain."""

    name: str  # a key of KNOWN, or one of somebody's own
    title: str  # as people write it
    classes: tuple[str, ...]  # Spanish names; the label is the position
    train: Split
    test: Split
    is_sample: bool  # the committed sample, not the complete set
    source: str  # where it came from, to be shown
    checksum: str  # identifies the content: sample and complete set differ
    split: str = "test"  # what `test` holds; "validation" after helpers.validation
    train_images: int | None = None  # how many `train` was cut to, if it was

    def __post_init__(self):
        for name, split in ("train", self.train), ("test", self.test):
            if not len(split):
                raise ValueError(f"{self.title}: the part {name!r} has no images")
            low, high = int(split.labels.min()), int(split.labels.max())
            n = len(self.classes)
            if low < 0 or high >= n:
                raise ValueError(
                    f"{self.title}: the labels of {name!r} go from {low} to {high}; "
                    f"those of {n} classes go from 0 to {n - 1}"
                )
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise ValueError(f"{self.title}: training and test images differ in shape")

    def __repr__(self) -> str:
        train, test = integer(len(self.train)), integer(len(self.test))
        shape = " × ".join(map(str, self.train.images.shape[1:]))
        kind = ", muestra" if self.is_sample else ""
        parts = f"{train} imágenes y {test} de prueba, {shape}"
        return f"{self.title}: {parts}, {len(self.classes)} clases{kind}"

    @property
    def sizes(self) -> dict[str, int]:
        """What the networks of `models` are built for; `side` if images are square."""
        _, channels, height, width = self.train.images.shape
        side = {"side": width} if height == width else {}
        return {"channels": channels} | side | {"classes": len(self.classes)}

    @classmethod
    def from_arrays(
        cls,
        images,
        labels,
        *,
        classes: Sequence[str] | None = None,
        test: tuple | None = None,
        test_share: float = 0.2,
        title: str = "datos propios",
        source: str = "datos propios, sin suma conocida con que verificarlos",
    ) -> "Dataset":
        """Make a data set of images and labels, as tensors, arrays or lists.

        They are what `arrays.images_of` takes and numbers or names. `test` holds the
        test images and labels; without it, they are a share of each class, always the
        same ones. Images of 0 and 1 are black and white. Raises ValueError for others.
        """
        if test and len(test) != 2:
            raise ValueError("test must be two: the test images and their labels")
        numbers, names = arrays.numbered([labels, *(test or ())[1:]], classes)
        whole = Split(images, numbers[0])
        if test:
            parts = [whole, Split(test[0], numbers[1])]
        else:
            rare = (whole.labels.bincount() == 1).nonzero()
            if len(rare):
                raise ValueError(f"only one image of the class {names[rare[0]]!r}")
            wanted = max(round(test_share * len(whole)), len(names))
            rows = stratified(np.arange(len(whole)), wanted, whole.labels)
            parts = [whole[some] for some in rows]
        white = 1 if any((part.images > 1).any() for part in parts) else 255
        parts = [Split(part.images * white, part.labels) for part in parts]  # a copy
        name = re.sub(r"\W+", "_", str(title).lower()).strip("_")[:60] or "propios"
        if name in KNOWN:
            raise ValueError(f"the title {title!r} is of another data set: change it")
        checksum = _checksum(parts)
        data = cls(name, title, names, *parts, False, source, checksum)
        made[checksum] = data
        return data

    @classmethod
    def from_folder(
        cls, folder: str | Path, *, side: int | None = None, **options
    ) -> "Dataset":
        """Make a data set of a folder with a folder of images a class, or of an .npz.

        The .npz holds `images` and `labels`, perhaps `test_images`, `test_labels` and
        `classes`. With `side`, pictures are cut and scaled to squares. The `options`
        are those of `from_arrays`. Raises ValueError that names the file at fault.
        """
        path = Path(folder).expanduser().resolve()
        source = f"{path.name}, sin suma conocida con que verificarlo"
        own = {"title": path.stem, "source": source}
        try:
            return cls.from_arrays(**own | arrays.read(path, side) | options)
        except Exception as error:  # zip and numpy raise many kinds
            raise ValueError(f"{path.name}: {error}") from error


def stratified(rows: np.ndarray, n: int, labels) -> list[np.ndarray]:
    """Split rows into the rest and `n` of them, each in increasing order, int64.

    Both have the shares that the classes have among `labels`; the same rows are split
    in the same way. Raises ValueError if a class has too few images.
    """
    from sklearn.model_selection import train_test_split  # takes a second

    classes = np.asarray(labels)[rows]
    parts = train_test_split(rows, test_size=n, stratify=classes, random_state=0)
    return [np.sort(part).astype("<i8") for part in parts]


def load(name: str, data: str = "auto", side: int | None = None) -> Dataset:
    """Load the data set ``name``, a key of KNOWN, or a path.

    A path is that of a folder or an .npz, as ``Dataset.from_folder`` takes it with
    ``side``. ``data`` is "full" for the complete set, "sample" for the committed
    sample, or "auto" for the complete set or else, with a SampleWarning, the sample.
    The environment variable DATA, if set, replaces "auto". The complete set is fetched
    once and then read from the verified cache in ``paths.data()``.

    Raises ValueError for an unknown name or mode; DataError if "full" data cannot be
    obtained or the committed sample is damaged.
    """
    if name not in KNOWN and Path(name).expanduser().exists():
        return Dataset.from_folder(name, side=side)
    _check(name, KNOWN, "data set")
    mode = os.environ.get("DATA") or "auto" if data == "auto" else data
    _check(mode, MODES, "data mode")
    if mode != "sample":
        try:
            return _dataset(name, *_complete(name))
        except DataError as error:
            if mode == "full":
                raise
            sample = _dataset(name, _read_sample(name))
            warnings.warn(_notice(sample, error), SampleWarning, stacklevel=2)
            return sample
    return _dataset(name, _read_sample(name))


def keep(data: Dataset) -> None:
    """Keep data of somebody's own, so that what learnt from them can be shown later.

    They are one file in the data folder's `own/`. Where it cannot be written, that is
    said, and nothing else happens.
    """
    path = paths.data() / "own" / f"{data.name}-{data.checksum[:16]}.safetensors"
    if not path.exists():
        content = [t.numpy() for t in _tensors((data.train, data.test))]
        about = {"title": data.title, "source": data.source}
        about |= {"classes": json.dumps(data.classes)}
        arrays = dict(zip(formats.KEYS, content, strict=True))
        _write_cache(path, arrays, about)


def own(name: str) -> list[Dataset]:
    """The data with this name that `keep` kept; damaged ones are left out."""
    found = []
    for path in sorted((paths.data() / "own").glob(f"{name}-*.safetensors")):
        with suppress(OSError, SafetensorError, KeyError, TypeError, ValueError):
            with safe_open(path, framework="pt") as file:
                a, b, c, d = map(file.get_tensor, formats.KEYS)
                about = file.metadata()
            parts = [Split(a, b), Split(c, d)]
            if (checksum := _checksum(parts))[:16] == path.stem[-16:]:
                classes = tuple(json.loads(about["classes"]))
                told = about["title"], classes, *parts, False, about["source"]
                found.append(Dataset(name, *told, checksum))
    return found


def _tensors(parts: Sequence[Split]) -> list[Tensor]:
    """Images and labels of two parts, in the order of formats.KEYS."""
    return [t for part in parts for t in (part.images, part.labels)]


def _checksum(parts: Sequence[Split]) -> str:
    """Identifies the content of data without a name."""
    content = [t.numpy() for t in _tensors(parts)]
    told = [*map(formats.sha256, content), *(str(a.shape) for a in content)]
    return formats.checksum(told)


def _check(given: str, allowed, what: str) -> None:
    if given not in allowed:
        near = difflib.get_close_matches(str(given).lower(), allowed, 1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        known = ", ".join(allowed)
        path = ", or the path of a folder or an .npz" * (allowed is KNOWN)
        raise ValueError(f"unknown {what} {given!r}{hint} (there are {known}{path})")


def _notice(sample: Dataset, error: DataError) -> str:
    return (
        f"¡ATENCIÓN! No se pudo obtener {sample.title} completo: se usa la muestra "
        f"incluida ({len(sample.train)} imágenes de entrenamiento y {len(sample.test)} "
        "de prueba), y los resultados NO son los del conjunto completo. Causa: "
        f"{error}"
    )


def _dataset(name: str, arrays: Arrays, source: str | None = None) -> Dataset:
    """Dataset of verified arrays; the sample if there is no source."""
    known = KNOWN[name]
    return Dataset(
        name=name,
        title=known.title,
        classes=known.classes,
        train=_split(arrays["train_images"], arrays["train_labels"]),
        test=_split(arrays["test_images"], arrays["test_labels"]),
        is_sample=source is None,
        source=source or "muestra incluida",
        checksum=known.checksum if source else known.sample,
    )


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    """Tensors of images (N, H, W) or (N, H, W, 3) and of their labels."""
    pixels = torch.from_numpy(np.require(images, requirements="W"))
    pixels = pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)
    return Split(pixels.contiguous(), labels)


def _complete(name: str) -> tuple[Arrays, str]:
    """Verified arrays of the complete set and their source; fetched if not cached."""
    path = paths.data() / f"{name}.safetensors"
    with _one_at_a_time(path.with_suffix(".lock")):
        if cached := _read_cache(name, path):
            return cached
        arrays, source = download.obtain(name)
        _write_cache(path, arrays, {"source": source})
        return arrays, source


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process fetch while others wait; no lock where none can be written."""
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=5)  # reading the cache takes less, fetching more
    except Timeout:
        tell(f"{path.stem}: otro proceso lo descarga; espero a que acabe")
        lock.acquire()
    except (OSError, NotImplementedError):
        pass  # read-only, as _write_cache reports, or a disk without locks
    try:
        yield
    finally:
        lock.release()


def _read_cache(name: str, path: Path) -> tuple[Arrays, str] | None:
    """Verified content of the cache, None if it is absent or damaged."""
    try:
        if not path.exists():
            return None
        with safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in formats.KEYS}
            source = file.metadata()["source"]
        KNOWN[name].verify(arrays)
        return arrays, source
    except (OSError, SafetensorError, KeyError, TypeError, DataError) as error:
        tell(f"{name}: {path} está dañado ({error}); se hace de nuevo")
        return None


def _write_cache(path: Path, arrays: Arrays, about: dict[str, str]) -> None:
    """Write the cache under a temporary name, then rename: never half a file."""
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(save(arrays, about))
        os.replace(temporary, path)
    except OSError as error:
        tell(f"{path.stem}: no se guarda para otra vez: {error}")
        with suppress(OSError):
            temporary.unlink()


def _read_sample(name: str) -> Arrays:
    path = paths.sample() / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as members:
            arrays = {key: members[key] for key in formats.KEYS}
    except Exception as error:  # zip and numpy raise many kinds for a damaged file
        raise DataError(f"the sample {path} cannot be read: {error}") from error
    if formats.checksum(map(formats.sha256, arrays.values())) != KNOWN[name].sample:
        raise DataError(f"the sample {path} is not the committed one")
    return arrays
