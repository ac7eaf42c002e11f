"""The parts of a view's state as HTML, where no script draws them."""

from html import escape
from importlib.resources import files

STYLE = files("informe.explore").joinpath("explore.css").read_text(encoding="utf-8")


def page(*parts: str) -> str:
    """Join parts under the widgets' style."""
    return f'<style>{STYLE}</style><div class="inf" lang="es">{"".join(parts)}</div>'


def note(state: dict) -> str:
    """Write the note of a view, if it has one."""
    text = state.get("note")
    return f'<p class="note">{escape(text)}</p>' if text else ""


def side(*parts: str) -> str:
    """Put parts, each an HTML element, side by side if there is room."""
    return f'<div class="side">{"".join(parts)}</div>'


def heading(words: str) -> str:
    """Write the heading of a part."""
    return f"<h3>{escape(words)}</h3>"


def grid(state: dict) -> str:
    """Write a matrix as a table."""
    chosen = tuple(state["selected"] or ())
    names = "".join(
        f'<th class="{_on("name", (None, column), chosen)}" scope="col">'
        f"{escape(text)}</th>"
        for column, text in enumerate(state["columns"])
    )
    rows = "".join(
        f'<tr><th class="{_on("name", (row, None), chosen)}" scope="row">'
        f"{escape(state['rows'][row])}</th>"
        + "".join(_cell(c, (row, column), chosen) for column, c in enumerate(cells))
        + "</tr>"
        for row, cells in enumerate(state["cells"])
    )
    axes = f"{escape(state['row_title'])} ↓, {escape(state['column_title'])} →"
    wide = f'<td class="axis" colspan="{len(state["columns"])}">{axes}</td>'
    return (
        f"<table><thead><tr><td></td>{wide}</tr>"
        f"<tr><td></td>{names}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(cell: dict, place: tuple, chosen: tuple) -> str:
    look = f"background:{cell['background']};color:{cell['color']}"
    return (
        f'<td class="{_on("cell", place, chosen)}" style="{look}"'
        f' title="{escape(cell["label"])}">{escape(cell["text"])}</td>'
    )


def _on(kind: str, place: tuple, chosen: tuple) -> str:
    return f"{kind} on" if place == chosen else kind


def gallery(state: dict) -> str:
    """Write a page of images."""
    images = "".join(
        f'<li data-index="{i["index"]}">{picture(i["src"], i["label"])}'
        + "".join(f"<div>{escape(line)}</div>" for line in i["lines"])
        + "</li>"
        for i in state["images"]
    )
    parts = heading(state["title"]) + note(state)
    parts += f'<ul class="images">{images}</ul>'
    return f'<section class="gallery">{parts}</section>'


def picture(source: str, words: str, side: int = 64) -> str:
    """Write an image of `side` pixels on the screen."""
    return (
        f'<img class="pixels" src="{source}" alt="{escape(words)}"'
        f' style="width:{side}px;height:{side}px">'
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a small table of texts; the first text of a row is its heading."""
    names = "".join(f'<th class="name" scope="col">{escape(h)}</th>' for h in head)
    lines = "".join(
        f'<tr><th class="name" scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f'<table class="plain"><tr>{names}</tr>{lines}</table>'


def bars(state: list[dict]) -> str:
    """Write probabilities as bars."""
    rows = "".join(map(_bar, state))
    return f'<table class="bars" aria-label="Probabilidades">{rows}</table>'


def _bar(state: dict) -> str:
    length = f"width:{100 * state['share']:.1f}%"
    return (
        f'<tr class="{"best" if state["best"] else ""}">'
        f'<th scope="row">{escape(state["name"])}</th>'
        f'<td class="track"><div class="bar" style="{length}"></div></td>'
        f"<td>{state['text']}</td></tr>"
    )
