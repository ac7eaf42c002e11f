"""Data sets of a few images, as the original files would hold them, made by hand."""

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import replace

import numpy as np

from helpers.download.catalog import KNOWN

MNIST = {
    "train_images": np.arange(3 * 784, dtype=np.int64).astype(np.uint8),
    "train_labels": np.array([5, 0, 4], np.uint8),
    "test_images": np.arange(2 * 784, dtype=np.int64)[::-1].astype(np.uint8),
    "test_labels": np.array([7, 2], np.uint8),
}
FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
BATCHES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def idx(values, *shape):
    header = struct.pack(f">4B{len(shape)}i", 0, 0, 8, len(shape), *shape)
    return header + bytes(values)


def mnist_files():
    """Contents of the four original files of a MNIST of 3 + 2 images."""
    files = {}
    for key, values in MNIST.items():
        shape = (len(values) // 784, 28, 28) if "images" in key else (len(values),)
        files[FILES[key]] = idx(values, *shape)
    return files


def write(folder, files, zipped=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(content) if zipped else content)
    return folder


def cifar_pixels():
    """Images (12, 32, 32, 3): two for each of the six batches."""
    return np.random.default_rng(1).integers(0, 256, (12, 32, 32, 3), np.uint8)


def cifar_files():
    """Contents of the six files of a binary CIFAR-10 whose label is the position."""
    files, records = {}, []
    for label, image in enumerate(cifar_pixels()):
        planes = b"".join(image[:, :, channel].tobytes() for channel in range(3))
        records.append(bytes([label]) + planes)
    for i, batch in enumerate(BATCHES):
        files[f"{batch}.bin"] = records[2 * i] + records[2 * i + 1]
    return files


def accept(monkeypatch, name, arrays):
    """Make the library take these arrays for the originals of set ``name``."""
    digests = tuple(hashlib.sha256(arrays[k].tobytes()).hexdigest() for k in FILES)
    change(monkeypatch, name, digests=digests)


def change(monkeypatch, name, **entry):
    """Make the library know something else of set ``name``."""
    monkeypatch.setitem(KNOWN, name, replace(KNOWN[name], **entry))


def accept_mnist(monkeypatch):
    accept(monkeypatch, "mnist", MNIST)


def accept_cifar(monkeypatch):
    pixels, labels = cifar_pixels(), np.arange(12, dtype=np.uint8)
    arrays = dict(
        zip(FILES, (pixels[:10], labels[:10], pixels[10:], labels[10:]), strict=True)
    )
    accept(monkeypatch, "cifar10", arrays)
    return arrays


def tar(path, *members):
    """Archive of members given as (name, content) or as TarInfo."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return path


def make_archive(folder):
    """CIFAR-10's binary archive, its members in another order than usual."""
    files = cifar_files()
    named = [(f"cifar-10-batches-bin/{name}", files[name]) for name in reversed(files)]
    tar(folder / "cifar-10-binary.tar.gz", ("cifar-10-batches-bin/x", b"x"), *named)
