"""Validation split: recipes are chosen on it, never on the test set."""

import hashlib
from dataclasses import replace

import numpy as np
import torch

from helpers.datasets import Dataset, Split, stratified


def validation(data: Dataset, images: int | None = None) -> Dataset:
    """Split the training set into a new `train` and, as `test`, a validation part.

    The validation part has as many images as the real test set, but at most a third of
    the training set; the result holds no image of the real test set. `images` limits
    the new `train`; if it has no more than that anyway, `train_images` is None. Both
    cuts keep the shares of the classes (scikit-learn's stratified split) and the order
    of the images, and are always the same; the checksum identifies them.

    Raises ValueError if `data` is itself such a split, or if a class has too few
    images.
    """
    if data.split != "test":
        raise ValueError("this data set was split for validation already")
    labels = data.train.labels.numpy()
    wanted = min(len(data.test), len(labels) // 3)
    learnt, chosen = stratified(np.arange(len(labels)), wanted, labels)
    if images is not None and images >= len(learnt):
        images = None
    if images is not None:
        _, learnt = stratified(learnt, images, labels)
    digest = hashlib.sha256(data.checksum.encode())
    digest.update(learnt.tobytes() + chosen.tobytes())
    return replace(
        data,
        train=data.train[learnt],
        test=data.train[chosen],
        checksum=digest.hexdigest(),
        split="validation",
        train_images=images,
    )


def measured_also(cut: Dataset, data: Dataset, on: str) -> Dataset:
    """Put more images behind the validation part of `cut`, a split of `data`.

    A network is then measured on both, while only the validation images choose. They
    are `data`'s test images if `on` is "test"; if it is "train", the first that the
    networks learn from, at most as many as the validation part has.
    """
    n = len(cut.test)
    more = {"test": data.test, "train": cut.train}[on]
    more = more if on == "test" else more[:n]
    images = torch.cat([cut.test.images, more.images])
    return replace(
        cut,
        test=Split(images, torch.cat([cut.test.labels, more.labels])),
        checksum=hashlib.sha256(f"{cut.checksum} {on}".encode()).hexdigest(),
        split=f"validation+{on}",
    )


def part(data: Dataset, split: str, images: int | None) -> Dataset:
    """Give the part of `data` with this `split` and, as `train_images`, `images`."""
    if split == "test":
        return data
    cut, on = validation(data, images), split.partition("+")[2]
    return measured_also(cut, data, on) if on else cut
