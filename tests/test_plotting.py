import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import plotting
from helpers.plotting import contrast
from informe.figures.per_class import plot_per_class

COUNTS = np.array([[90, 10, 0], [5, 40, 5], [0, 1, 999]])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def history(errors):
    epochs = range(1, len(errors) + 1)
    return pd.DataFrame({"epoch": epochs, "train_error": errors, "test_error": errors})


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_confusion_cells_say_count_and_percent():
    ax = plotting.plot_confusion(COUNTS, classes="abc")
    assert texts(ax)[:4] == ["90", "90\u202f%", "10", "10\u202f%"]
    assert len(texts(ax)) == 2 * np.count_nonzero(COUNTS)
    assert [t.get_text() for t in ax.get_yticklabels()] == list("abc")
    assert ax.get_xlabel() == "clase predicha"
    assert ax.get_ylabel() == "clase verdadera"


def test_confusion_text_contrasts_with_its_cell():
    ax = plotting.plot_confusion(COUNTS)
    mesh = ax.collections[0]
    shares = COUNTS / COUNTS.sum(1, keepdims=True)
    for text in ax.texts:
        x, y = text.get_position()
        background = mesh.cmap(mesh.norm(shares[int(y), int(x)]))
        assert contrast(background, text.get_color()) >= 4.5


def test_mean_counts_are_rounded_and_may_have_a_column_more():
    means = np.array([[89.6, 10, 0.4], [0, 25.5, 24.5]])
    ax = plotting.plot_confusion(means, classes="ab", columns=["a", "b", "ninguna"])
    assert texts(ax)[::2] == ["90", "10", "26", "24"]  # what prints as 0 stays blank
    assert texts(ax)[1::2] == ["90\u202f%", "10\u202f%", "51\u202f%", "49\u202f%"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b", "ninguna"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]


def test_a_class_without_images_is_drawn_blank():
    ax = plotting.plot_confusion(np.array([[3, 1], [0, 0]]))
    assert texts(ax) == ["3", "75\u202f%", "1", "25\u202f%"]


def test_curves_draw_the_mean_and_a_band_over_seeds():
    ax = plotting.plot_curves({"a": [history([0.4, 0.2]), history([0.2, 0.1])]})
    assert [line.get_label() for line in ax.lines] == [
        "a, entrenamiento",
        "a, predicción",
    ]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.3, 0.15])
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.1, 0.4)


def test_curves_of_one_seed_have_no_band():
    ax = plotting.plot_curves({"a": [history([0.4, 0.2])]})
    assert (len(ax.lines), len(ax.collections)) == (2, 0)


def test_per_class_shows_the_seeds_and_mean_of_each_name():
    values = {"a": np.array([[0.8, np.nan], [0.6, 0.5]]), "b": np.array([[0.1, 0.2]])}
    ax = plot_per_class(values, classes="xy", label="recall")
    points, means, _, other = ax.lines
    assert len(points.get_ydata()) == 4
    assert means.get_ydata() == pytest.approx([0.7, 0.5])
    assert list(other.get_ydata()) == [0.1, 0.2]
    assert ax.get_ylabel() == "recall"


def test_axes_given_are_used_and_returned():
    _, ax = plt.subplots()
    assert plotting.plot_confusion(COUNTS, ax=ax) is ax


def test_ticks_of_a_short_axis_are_told_apart():
    _, ax = plt.subplots()
    ax.xaxis.set_major_formatter(plotting.PERCENT)
    ax.set_xticks([0, 0.07, 0.74, 0.7425, 1])
    told = [label.get_text() for label in ax.get_xticklabels()]
    assert told == [f"{word}\u202f%" for word in ("0", "7", "74", "74.25", "100")]
