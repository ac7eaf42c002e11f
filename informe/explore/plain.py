"""The views with ipywidgets alone: lists to choose from, for any front end."""

import base64

import ipywidgets as widgets

from informe.explore import markup

NONE, ALL = "", "*"  # in place of a position: none chosen yet; all of them


class GridForm:
    """Lists in place of cells to click: row, column, page and the view's controls."""

    def __init__(self, view):
        self.view, self.shown = view, widgets.HTML()
        grid = view.state["grid"]
        words = [
            grid[side].removeprefix("clase ") for side in ("row_title", "column_title")
        ]
        self.sides = [widgets.Dropdown(description=w.capitalize()) for w in words]
        self.page = widgets.BoundedIntText(1, min=1, max=1, description="Página")
        self.controls = [_control(control) for control in view.state["controls"]]
        self.draw()
        for side in self.sides:
            side.observe(self._choose_cell, "value")
        self.page.observe(lambda change: self.do({"page": change["new"]}), "value")
        for made, control in zip(self.controls, view.state["controls"], strict=True):
            made.observe(self._chooser(control["name"]), "value")
        rows = widgets.HBox([*self.sides, self.page])
        row = widgets.HBox(self.controls, layout={"flex_flow": "row wrap"})
        self.widget = widgets.VBox([row, rows, self.shown])

    def do(self, event: dict) -> None:
        """Handle a user's action; ignore the changes that `draw` makes to the lists."""
        if not self.drawing:
            self.view.do(event)
            self.draw()

    def draw(self) -> None:
        """Show the view's state."""
        state, self.drawing = self.view.state, True
        head = markup.heading(state["grid"]["label"]) + markup.note(state)
        parts = markup.grid(state["grid"]), markup.gallery(state["gallery"])
        self.shown.value = markup.page(head, markup.side(*parts))
        self.page.max = state["gallery"]["pages"]
        self.page.value = state["gallery"]["page"]
        for k, side in enumerate(("row", "column")):
            self._offer_side(k, state["grid"][f"{side}s"], state["grid"])
        for made, control in zip(self.controls, state["controls"], strict=True):
            if control["kind"] == "select":
                _offer(made, _pairs(control), control["value"])
        self.drawing = False

    def _offer_side(self, k: int, names: list[str], grid: dict) -> None:
        places = [(name, i) for i, name in enumerate(names)]
        options = [("elija", NONE), *places, *([("todas", ALL)] * grid["headers"])]
        value = self.sides[k].value if options == list(self.sides[k].options) else NONE
        if grid["selected"] is not None:
            at = grid["selected"][k]
            value = ALL if at is None else at
        _offer(self.sides[k], options, value)

    def _choose_cell(self, _) -> None:
        row, column = (side.value for side in self.sides)
        if NONE not in (row, column):
            whole = {ALL: None}
            self.do({"cell": [whole.get(row, row), whole.get(column, column)]})

    def _chooser(self, name: str):
        return lambda change: self.do({"choose": {name: change["new"]}})


def grid_form(view) -> widgets.VBox:
    """A matrix and the images of a cell that is chosen from lists."""
    return GridForm(view).widget


def _offer(dropdown: widgets.Dropdown, options: list, value) -> None:
    """Offer `options`, pairs of text and value, and choose one."""
    if list(dropdown.options) != options:
        dropdown.options = options
    dropdown.value = value


def _pairs(control: dict) -> list[tuple]:
    return [(text, value) for value, text in control["options"]]


def _control(control: dict) -> widgets.Widget:
    about = {"description": control["label"], "style": {"description_width": "auto"}}
    if control["kind"] == "check":
        return widgets.Checkbox(control["value"], indent=False, **about)
    wide = {"width": "auto", "max_width": "100%"}
    return widgets.Dropdown(options=_pairs(control), layout=wide, **about)


def pad_form(view) -> widgets.VBox:
    """Make the widget of a pad, with a file to choose in place of a canvas."""
    shown = widgets.HTML()
    chooser = widgets.FileUpload(accept="image/*", description="Elegir imagen")
    clear = widgets.Button(description="Borrar")

    def draw():
        state = view.state
        seen = state["seen"] and markup.picture(state["seen"], "lo que ve la red", 112)
        parts = markup.side(seen or "", markup.bars(state["bars"]))
        note = markup.note(state)
        shown.value = markup.page(markup.heading(state["title"]), parts, note)

    def do(event):
        view.do(event)
        draw()

    def given(change):
        files = change["new"]
        if isinstance(files, dict):  # by name, in ipywidgets 7, which Colab has
            files = files.values()
        for file in files:
            do({"file": base64.b64encode(bytes(file["content"])).decode()})

    chooser.observe(given, "value")
    clear.on_click(lambda _: do({"clear": True}))
    draw()
    return widgets.VBox([widgets.HBox([chooser, clear]), shown])
