"""Draw the committed sample anew: ``python data/make_sample.py``.

It is drawn from the complete sets. Of each class, in the set's own order, it takes the
images at the positions floor(i n / k) for i = 0..k-1, where the class has n images and
the sample k: 100 for training and 50 for test, or half of the smallest class. So no
random numbers are needed, and the whole length of the set is covered.
"""

import numpy as np

from helpers import datasets, paths
from helpers.download import formats

PER_CLASS = {"train": 100, "test": 50}


def positions(labels: np.ndarray, k: int) -> np.ndarray:
    """Positions of images of each class, evenly spread, in ascending order.

    There are ``k`` of each, but at most half of the smallest class.
    """
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    k = min(k, min(map(len, classes)) // 2)
    spread = np.arange(k)
    return np.sort(np.concatenate([own[spread * len(own) // k] for own in classes]))


def draw(name: str) -> formats.Arrays:
    """Arrays of the sample of one complete set, with the keys of the complete one."""
    sample = {}
    for split, k in PER_CLASS.items():
        part = getattr(datasets.load(name, "full"), split)
        chosen = positions(part.labels.numpy(), k)
        images = part.images[chosen].movedim(1, -1).numpy()  # (k, H, W, C)
        grey = images.shape[-1] == 1
        sample[f"{split}_images"] = images.squeeze(-1) if grey else images
        sample[f"{split}_labels"] = part.labels[chosen].numpy().astype(np.uint8)
    return sample


if __name__ == "__main__":
    for set_name in datasets.KNOWN:
        arrays = draw(set_name)
        target = paths.sample() / f"{set_name}.npz"
        target.parent.mkdir(exist_ok=True)
        np.savez_compressed(target, **arrays)
        digest = formats.checksum(map(formats.sha256, arrays.values()))
        print(f'"{set_name}": "{digest}",  # {target.stat().st_size:,} bytes')
