"""What the marks of a figure say when they are pointed at on the page.

A figure that is drawn notes down where its points are, what each says and which run it
comes from; a component of the page shows it, and finds the same seed in other figures.
"""

from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_noted: WeakKeyDictionary[Figure, list[tuple]] = WeakKeyDictionary()


def mark(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    **about: str | int,
) -> None:
    """Note down what the point at (x, y), in the data's units, says.

    `about` may hold its `network`, `seed`, `epoch` and `key`, that of the run.
    """
    _noted.setdefault(ax.figure, []).append((ax, x, y, {"text": text} | about))


def marks(figure: Figure) -> list[dict]:
    """All that was noted down, with x and y as shares of the figure from its top left.

    Points beyond the ends of their axes are left out.
    """
    if figure not in _noted:
        return []
    figure.canvas.draw()  # the layout is final only then
    found = []
    for ax, x, y, about in _noted[figure]:
        place = ax.transData.transform((x, y))
        if ax.bbox.padded(3).contains(*place):
            across, up = figure.transFigure.inverted().transform(place)
            shares = {"x": round(float(across), 4), "y": round(1 - float(up), 4)}
            found.append(shares | about)
    return found
