"""A figure as an output of a notebook."""

import base64
import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def notebook_output(figure: Figure) -> tuple[dict, dict]:
    """Close a figure and give its output in a notebook: data by MIME type, metadata.

    The data are an SVG and, for front ends that show no SVG in a notebook that they did
    not run themselves, a PNG in base64. In the report's style, the same drawing gives
    the same bytes.
    """
    svg, png = io.StringIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    width = round(96 * figure.get_figwidth())  # CSS pixels, 96 an inch
    data = {
        "image/svg+xml": svg.getvalue(),
        "image/png": base64.b64encode(png.getvalue()).decode(),
    }
    return data, {"image/png": {"width": width}}
