"""The views with ipywidgets alone: lists to choose from, for any front end."""

import base64

import ipywidgets as widgets

from helpers.explore import markup


def grid_form(view) -> widgets.VBox:
    """Lists in place of cells to click: row, column, page and the view's controls."""
    shown, names = widgets.HTML(), view.state["grid"]
    rows, columns = (_cells(names, side) for side in ("row", "column"))
    page = widgets.BoundedIntText(1, min=1, max=1, description="Página")

    def draw():
        state = view.state
        table, images = markup.grid(state["grid"]), markup.gallery(state["gallery"])
        shown.value = markup.page(markup.side(table, images))
        page.max, page.value = state["gallery"]["pages"], state["gallery"]["page"]
        _rename(rows, state["grid"]["rows"])
        _rename(columns, state["grid"]["columns"])

    def do(event):
        view.do(event)
        draw()

    def cell(_):
        if rows.value != NONE and columns.value != NONE:
            do({"cell": [rows.value, columns.value]})

    rows.observe(cell, "value")
    columns.observe(cell, "value")
    page.observe(lambda change: do({"page": change["new"]}), "value")
    controls = [_control(control, do) for control in view.state["controls"]]
    draw()
    return widgets.VBox(
        [widgets.HBox([rows, columns, page]), widgets.HBox(controls), shown]
    )


NONE = -1  # nothing was chosen yet


def _cells(grid: dict, side: str) -> widgets.Dropdown:
    options = [("elija", NONE), *((n, i) for i, n in enumerate(grid[f"{side}s"]))]
    if grid["headers"]:
        options.append(("todas", None))
    words = {"row": "Verdadera", "column": "Predicha"} if grid["headers"] else {}
    return widgets.Dropdown(
        options=options, value=NONE, description=words.get(side, "")
    )


def _rename(dropdown: widgets.Dropdown, names: list[str]) -> None:
    """Follow the matrix where its classes were put into another order."""
    now = [("elija", NONE), *((name, i) for i, name in enumerate(names))]
    now += [o for o in dropdown.options if o[1] is None]
    if list(dropdown.options) != now:
        dropdown.options = now


def _control(control: dict, do) -> widgets.Widget:
    about = {"description": control["label"], "style": {"description_width": "auto"}}
    if control["kind"] == "check":
        made = widgets.Checkbox(control["value"], indent=False, **about)
    else:
        options = [(text, value) for value, text in control["options"]]
        made = widgets.Dropdown(options=options, value=control["value"], **about)
    name = control["name"]
    made.observe(lambda change: do({"choose": {name: change["new"]}}), "value")
    return made


def pad_form(view) -> widgets.VBox:
    """A file to choose in place of a canvas."""
    shown = widgets.HTML()
    chooser = widgets.FileUpload(accept="image/*", description="Elegir imagen")
    clear = widgets.Button(description="Borrar")

    def draw():
        state = view.state
        seen = state["seen"] and markup.picture(state["seen"], "lo que ve la red", 112)
        parts = markup.side(seen or "", markup.bars(state["bars"]))
        note = f'<p class="note">{markup.escape(state["note"])}</p>'
        title = f"<h4>{markup.escape(state['title'])}</h4>"
        shown.value = markup.page(title, parts, note)

    def do(event):
        view.do(event)
        draw()

    def given(change):
        for file in change["new"]:
            do({"file": base64.b64encode(bytes(file["content"])).decode()})

    chooser.observe(given, "value")
    clear.on_click(lambda _: do({"clear": True}))
    draw()
    return widgets.VBox([widgets.HBox([chooser, clear]), shown])
