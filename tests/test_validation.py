"""The part of the training set that chooses, and that holds nothing of the test set."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers.datasets import Dataset, load
from helpers.runs import Plan, train
from helpers.runs.plan import questions
from helpers.training import Recipe
from helpers.validation import validation


def shares(labels) -> dict:
    return {k: n / len(labels) for k, n in Counter(labels.tolist()).items()}


def rows_of(part, whole) -> list[int]:
    """Positions of the images of `part` in `whole`, by their bytes."""
    places = {}
    for i, image in enumerate(whole.images):
        places.setdefault(image.numpy().tobytes(), []).append(i)
    return [places[image.numpy().tobytes()].pop(0) for image in part.images]


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_it_cuts_the_training_set_in_two_and_leaves_nothing_out(name):
    data = load(name, "sample")
    cut = validation(data)
    assert (len(cut.train), len(cut.test)) == (667, 333)  # a third of 1,000
    learnt, chosen = rows_of(cut.train, data.train), rows_of(cut.test, data.train)
    assert sorted(learnt + chosen) == list(range(1000))
    assert learnt == sorted(learnt)
    assert torch.equal(cut.train.labels, data.train.labels[learnt])
    assert torch.equal(cut.test.labels, data.train.labels[chosen])
    expected = shares(data.train.labels)
    for part in (cut.train, cut.test):
        assert shares(part.labels) == pytest.approx(expected, abs=0.005)


def test_with_many_images_it_is_as_large_as_the_test_set(mnist):
    few = replace(
        mnist, test=type(mnist.test)(*(x[:50] for x in vars(mnist.test).values()))
    )
    assert len(validation(few).test) == 50


def test_fewer_images_are_a_part_of_the_others_and_all_is_the_same_as_none(mnist):
    cut, few = validation(mnist), validation(mnist, 100)
    assert (len(few.train), few.train_images) == (100, 100)
    assert torch.equal(few.test.images, cut.test.images)
    assert set(rows_of(few.train, mnist.train)) < set(rows_of(cut.train, mnist.train))
    assert shares(few.train.labels) == pytest.approx(
        shares(mnist.train.labels), abs=0.01
    )
    assert validation(mnist, 10**6).checksum == cut.checksum
    assert validation(mnist, 10**6).train_images is None
    assert len({mnist.checksum, cut.checksum, few.checksum}) == 3
    assert validation(mnist, 100).checksum == few.checksum


def test_nothing_of_the_test_set_is_in_it(mnist):
    """Other test images and labels change nothing."""
    noise = torch.randint(0, 256, mnist.test.images.shape, dtype=torch.uint8)
    other = replace(mnist, test=type(mnist.test)(noise, mnist.test.labels.flip(0)))
    a, b = validation(mnist), validation(other)
    for part in ("train", "test"):
        assert torch.equal(getattr(a, part).images, getattr(b, part).images)
        assert torch.equal(getattr(a, part).labels, getattr(b, part).labels)
    held = {x.data_ptr() for part in (a.train, a.test) for x in vars(part).values()}
    assert not held & {x.data_ptr() for x in vars(mnist.test).values()}
    assert not [x for x in vars(a).values() if isinstance(x, Dataset)]


def test_it_is_not_cut_twice(mnist):
    with pytest.raises(ValueError, match="already"):
        validation(validation(mnist))


def test_a_training_on_it_is_stored_apart_and_measured_on_the_part(home, mnist):
    plans = {"a": Plan("one_hidden", Recipe(epochs=1))}
    cut = validation(mnist, 200)
    run = train(cut, plans, device="cpu")["a"][0]
    assert (run.about["split"], run.about["train_images"]) == ("validation", 200)
    assert run.logits.shape == (333, 10)
    error = (run.predictions != cut.test.labels.numpy()).mean()
    assert np.isclose(run.history.test_error.iloc[-1], error)
    keys = {
        questions(d, plans["a"], "cpu")[0].key for d in (mnist, cut, validation(mnist))
    }
    assert len(keys) == 3
