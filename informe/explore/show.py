"""The version of a view that is shown: script, lists, or figure if nobody watches."""

from itertools import count

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes

from helpers.console import is_interactive
from informe.report.display import show_figure

_numbers = count(1)  # names of figures must differ within a notebook


def has_front_end() -> bool:
    """Whether a person is watching in a front end that shows widgets."""
    return hasattr(get_ipython(), "kernel") and is_interactive()


class Shown:
    """Widgets one below the other, each an output of its own.

    If one cannot be loaded, the other is still shown, unlike the parts of a box in
    front ends of ipywidgets 7, such as Colab's. They are displayed and not returned as
    a cell's result, since Colab's manager of third-party widgets handles only that.
    """

    def __init__(self, *parts: widgets.Widget):
        self.parts = parts

    def _ipython_display_(self) -> None:
        for part in self.parts:
            display(part)


def view_of(view, script: str, form, simple: bool) -> Shown:
    """Give the widgets of a view: the one with a script and the plain `form(view)`.

    Gives only the plain one if `simple` is true or anywidget is not installed.
    """
    plain = form(view)
    if simple:
        return Shown(plain)
    try:
        from informe.explore import screens
    except ModuleNotFoundError:
        return Shown(plain)
    return Shown(screens.instead_of(plain, screens.Screen(view, script)), plain)


def figure(ax: Axes, name: str, caption: str, alt: str) -> None:
    """Show a figure in place of a widget; the PDF numbers it by its metadata."""
    place = f"fig-explorar-{name}-{next(_numbers)}"
    show_figure(ax.get_figure(), place, caption, alt)
