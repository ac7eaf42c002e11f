import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from informe.figures import pictures


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def titles(ax):
    return [t.get_text() for t in ax.texts]


def drawn(ax, row, column, side):
    """The pixels (side, side, 3) of one image of a mosaic, at their own size."""
    canvas = np.asarray(ax.images[0].get_array())
    zoom = pictures.ZOOM
    cell = (side + 2) * zoom
    rows = round(len(canvas) / (cell * 1.3))
    bottom = (row + 1) * len(canvas) // rows - zoom
    x = column * cell + zoom
    return canvas[bottom - side * zoom : bottom : zoom, x : x + side * zoom : zoom]


def test_images_are_drawn_as_they_are():
    images = torch.arange(3 * 3 * 100, dtype=torch.uint8).reshape(3, 3, 10, 10)
    ax = pictures.plot_images(images, ["x", "y", "z"], columns=2)
    for i in range(3):
        expected = images[i].permute(1, 2, 0).numpy()
        assert (drawn(ax, i // 2, i % 2, 10) == expected).all()
    assert titles(ax) == ["x", "y", "z"]


def test_examples_stand_by_class_as_ink_on_paper(mnist):
    ax = pictures.plot_examples(mnist.train, mnist.classes, rows=2)
    assert titles(ax)[:10] == list("0123456789")
    third = mnist.train.images[mnist.train.labels == 3]
    for row in (0, 1):
        expected = 255 - third[row, 0].numpy()
        assert (drawn(ax, row, 3, 28) == expected[..., None]).all()
