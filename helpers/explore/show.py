"""Which version of a view is shown: script, lists, or a figure where nobody looks."""

from itertools import count

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes

from helpers.plotting import notebook_output
from helpers.runs.progress import is_interactive

_numbers = count(1)  # names of figures must differ within a notebook


def has_front_end() -> bool:
    """Whether a person looks on through a front end that shows widgets."""
    return hasattr(get_ipython(), "kernel") and is_interactive()


def view_of(view, script: str, form, simple: bool) -> widgets.Widget:
    """Give the widget of a view: its script's, or the plain `form(view)`.

    The plain one also where `simple` asks for it or anywidget is not installed.
    """
    plain = form(view)
    if simple:
        return plain
    try:
        from helpers.explore import screens
    except ModuleNotFoundError:
        return plain
    return screens.with_plain(screens.Screen(view, script), plain)


def figure(ax: Axes, name: str, caption: str, alt: str) -> None:
    """Show a figure in place of a widget; the PDF numbers it by its metadata."""
    data, metadata = notebook_output(ax.get_figure())
    about = {
        "kind": "figure",
        "id": f"fig-explorar-{name}-{next(_numbers)}",
        "caption": caption,
        "alt": alt,
    }
    bundle = data | {"text/plain": alt}
    display(bundle, raw=True, metadata={"informe": about} | metadata)
    below = {"text/markdown": f"*Figura.* {caption}", "text/plain": caption}
    display(below, raw=True, metadata={"informe": {"kind": "screen"}})
