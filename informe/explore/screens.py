"""The views drawn by a script of ours in the page: one anywidget, two scripts."""

from importlib.resources import files

import anywidget
import ipywidgets as widgets
import traitlets

HIDDEN = "none"


def _read(*names: str) -> str:
    """Join files of this package into one text."""
    folder = files("informe.explore")
    return "\n".join(folder.joinpath(n).read_text(encoding="utf-8") for n in names)


class Screen(anywidget.AnyWidget):
    """Shows a view's state and passes the user's actions on to it, all as JSON."""

    _css = _read("explore.css")
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, view, script: str):
        """Draw `view` with `script`, "grid.js" or "pad.js"."""
        self._esm = _read("common.js", script)
        super().__init__(state=view.state)
        self.view = view
        self.on_msg(self._do)

    def _do(self, _widget, event: dict, _buffers) -> None:
        if "alive" not in event:
            self.view.do(event)
            self.state = self.view.state


def instead_of(plain: widgets.Widget, screen: Screen) -> widgets.Box:
    """Show `screen` in place of `plain` once a front end reports that it runs scripts.

    If it cannot run the scripts of widgets, the user sees lists rather than an error.
    """
    stage = widgets.Box([screen], layout={"display": HIDDEN})

    def arrived(_widget, event, _buffers):
        if "alive" in event:
            stage.layout.display, plain.layout.display = None, HIDDEN

    screen.on_msg(arrived)
    return stage
