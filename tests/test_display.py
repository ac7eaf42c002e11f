"""How a figure reaches a notebook."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import plotting
from informe.report.display import notebook_output

COUNTS = np.array([[90, 10, 0], [5, 40, 5], [0, 1, 999]])


def test_a_notebook_gets_both_kinds_of_picture_and_the_same_bytes_again():
    def drawn():
        ax = plotting.plot_confusion(COUNTS)
        ax.get_figure().set_size_inches(5, 4)
        return notebook_output(ax.get_figure())

    with plt.style.context(plotting.STYLE):
        (data, metadata), again = drawn(), drawn()
    assert (data, metadata) == again
    assert "<svg" in data["image/svg+xml"]
    png = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert png.width / png.height == pytest.approx(5 / 4, abs=0.01)
    assert metadata["image/png"]["width"] == 5 * 96
    assert plt.get_fignums() == []
