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

SHAPES = {"mnist": (28, 28), "fashion_mnist": (28, 28), "cifar10": (32, 32, 3)}

# SHA-256 of the decoded arrays: images (N, H, W) or (N, H, W, 3), labels (N,), C order;
# one on each line, in the order of KEYS.
DIGESTS = {
    "mnist": (
        "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    ),
    "fashion_mnist": (
        "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    ),
    "cifar10": (
        "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
        "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
        "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
        "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
    ),
}

IDX_FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR_BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
CIFAR_LABELS = ["train_lables.json", "test_lables.json"]  # the package's own spelling

# Folders below the given one in which a set's files may lie; MNIST and Fashion-MNIST
# give their files the same names, so the folder that names the set comes first.
LAYOUTS = {
    "mnist": ["MNIST/raw", "."],
    "fashion_mnist": ["FashionMNIST/raw", "usr/share/datasets/fashion-mnist", "."],
    "cifar10": ["cifar-10-batches-bin", "."],
}
_LARGEST = 64 * 2**20  # bytes; no original file is larger than 48 MB unpacked
_DAMAGE = (OSError, EOFError, ValueError, SyntaxError, zlib.error, tarfile.TarError)


class DataError(Exception):
    """The data could not be obtained; the message says why and what to do."""


def read_folder(name: str, folder: Path) -> Arrays:
    """Decode and verify the original files of set ``name`` found in ``folder``.

    Raises DataError if there are none, or if they are not the originals.
    """
    problems = []
    for layout in LAYOUTS[name]:
        try:
            arrays = _read(name, folder / layout)
            if arrays is not None:
                verify(name, arrays)
                return arrays
        except DataError as error:
            problems.append(str(error))
        except _DAMAGE as error:
            problems.append(f"{folder / layout}: {type(error).__name__}: {error}")
    raise DataError("; ".join(problems) or "no está ninguno de sus archivos originales")


def verify(name: str, arrays: Arrays) -> None:
    """Raise DataError unless the arrays are exactly those of set ``name``."""
    for key, expected in zip(KEYS, DIGESTS[name], strict=True):
        array = arrays[key]
        shape = SHAPES[name] if key.endswith("images") else ()
        if array.dtype != np.uint8 or array.shape[1:] != shape:
            raise DataError(f"{key} tiene forma {array.shape} y tipo {array.dtype}")
        if (got := sha256(array)) != expected:
            raise DataError(f"{key} tiene SHA-256 {got[:16]}…, no {expected[:16]}…")


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


def _read(name: str, folder: Path) -> Arrays | None:
    """Arrays decoded from the files of one folder, None if it holds none of them."""
    if not folder.is_dir():
        return None
    return _read_cifar10(folder) if name == "cifar10" else _read_idx_files(folder)


def _read_idx_files(folder: Path) -> Arrays | None:
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


def _read_cifar10(folder: Path) -> Arrays | None:
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
