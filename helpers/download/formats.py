"""Reads the original files of a data set as arrays and verifies them by SHA-256.

Every source, whether a download or a folder that the user already has, gives a folder
of original files. Nothing is ever unpickled, since a pickle can run code.
"""

import gzip
import hashlib
import json
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

KEYS = ("train_images", "train_labels", "test_images", "test_labels")
Arrays = dict[str, np.ndarray]  # one array of uint8 for each of KEYS

IDX_FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR_BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
CIFAR_LABELS = ["train_lables.json", "test_lables.json"]  # the package's own spelling
CIFAR_PICTURES = (*(f"{batch}.png" for batch in CIFAR_BATCHES), *CIFAR_LABELS)
DIGITS = "digits.csv.gz"
DIGITS_TEST = 500  # images, the last ones

_LARGEST = 64 * 2**20  # bytes; no original file is larger than 48 MB unpacked
DAMAGE = (OSError, EOFError, ValueError, SyntaxError, zlib.error, tarfile.TarError)


class DataError(Exception):
    """The data could not be obtained; the message says why and what to do."""


def sha256(array: np.ndarray) -> str:
    """Digest of an array's bytes in C order, as hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def checksum(digests: Iterable[str]) -> str:
    """Digest of the digests of a set's four arrays, which identifies its content."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def members(archive: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    """Contents of the ``wanted`` files of a tar archive, by their base names.

    Nothing is written to disk, so no member can escape from a folder. Raises DataError
    if one is missing, too large, a link or a device.
    """
    wanted, found = set(wanted), {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if (base := Path(member.name).name) in wanted:
                file = tar.extractfile(member) if member.isreg() else None
                if file is None or member.size > _LARGEST:
                    words = f"{archive.name}: {member.name} no es un archivo normal"
                    raise DataError(words)
                found[base] = file.read()
    if missing := wanted - found.keys():
        raise DataError(f"a {archive.name} le falta {', '.join(sorted(missing))}")
    return found


def read_idx_files(folder: Path) -> Arrays | None:
    """Arrays of the four files of MNIST or Fashion-MNIST; None without any of them."""
    found = {
        key: [path for path in (folder / file, folder / f"{file}.gz") if path.exists()]
        for key, file in IDX_FILES.items()
    }
    if not any(found.values()):
        return None
    if missing := [IDX_FILES[key] for key, there in found.items() if not there]:
        raise DataError(f"a {folder} le falta {', '.join(missing)}")
    return {key: read_idx(there[0]) for key, there in found.items()}


def read_idx(path: Path) -> np.ndarray:
    """Read the uint8 array of an idx file, plain or gzipped; ValueError if invalid.

    The format: two zero bytes, 8 for uint8, the number of axes, each axis' length as
    big-endian int32, then the values in C order.
    """
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        content = file.read(_LARGEST)
    axes = content[3] if content[:3] == b"\0\0\x08" and content[3:] else 0
    shape = np.frombuffer(content[4 : 4 + 4 * axes], ">i4")
    values = np.frombuffer(content[4 + 4 * axes :], np.uint8)
    if axes == 0 or len(shape) != axes or values.size != shape.prod():
        raise ValueError(f"{path.name} no es un archivo idx entero")
    return values.reshape(shape)


def read_cifar10(folder: Path) -> Arrays | None:
    """Arrays of CIFAR-10's binary files or of its PNG files; None without any."""
    bins = [f"{batch}.bin" for batch in CIFAR_BATCHES]
    if (archive := folder / CIFAR_ARCHIVE).exists():
        contents = members(archive, bins)
        return _join([read_records(contents[file]) for file in bins])
    if (folder / bins[0]).exists():
        return _join([read_records((folder / file).read_bytes()) for file in bins])
    if (folder / f"{CIFAR_BATCHES[0]}.png").exists():
        return _read_cifar10_pictures(folder)
    for pickled in ("cifar-10-batches-py", "cifar-10-python.tar.gz"):
        if (folder / pickled).exists():
            raise DataError(
                f"{folder / pickled} no se lee, porque leer un pickle puede ejecutar "
                f"código: tome {CIFAR_ARCHIVE} de la misma página"
            )
    return None


def read_records(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 32, 32, 3) and labels (N,) of a CIFAR-10 binary batch file.

    The format: records of 3,073 bytes, the label and the red, green and blue planes.
    """
    records = np.frombuffer(content, np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return planes.transpose(0, 2, 3, 1), records[:, 0]


def _read_cifar10_pictures(folder: Path) -> Arrays:
    images = [read_picture(folder / f"{batch}.png") for batch in CIFAR_BATCHES]
    train, test = (
        np.array(json.loads((folder / file).read_bytes()), np.uint8)
        for file in CIFAR_LABELS
    )
    return _join([*zip(images, [*np.split(train, 5), test], strict=True)])


def read_picture(path: Path) -> np.ndarray:
    """Images (N, 32, 32, 3) of a PNG that holds one image of 1,024 pixels per row."""
    with Image.open(path) as picture:
        if picture.mode != "RGB" or picture.width != 1024:
            raise ValueError(f"{path.name} no es una imagen RGB de 1024 de ancho")
        return np.asarray(picture).reshape(-1, 32, 32, 3)


def _join(batches: list[tuple[np.ndarray, np.ndarray]]) -> Arrays:
    """Five training batches and the test batch, as the set's four arrays."""
    images, labels = zip(*batches, strict=True)
    return {
        "train_images": np.concatenate(images[:5]),
        "train_labels": np.concatenate(labels[:5]),
        "test_images": np.ascontiguousarray(images[5]),
        "test_labels": labels[5],
    }


def read_digits(folder: Path) -> Arrays | None:
    """Arrays of scikit-learn's digits; None without its file.

    Each line of it has 64 pixels from 0 to 16, which become 0 to 255, and the label.
    The first images are for training, as the file has no parts of its own.
    """
    if not (file := folder / DIGITS).exists():
        return None
    table = np.loadtxt(file, delimiter=",")
    images = np.round(table[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
    cut = [len(images) - DIGITS_TEST]
    arrays = np.split(images, cut) + np.split(table[:, -1].astype(np.uint8), cut)
    return dict(zip(KEYS, (arrays[i] for i in (0, 2, 1, 3)), strict=True))
