"""The parts of a view's state as HTML, where no script draws them."""

from html import escape
from importlib.resources import files

STYLE = files("helpers.explore").joinpath("explore.css").read_text(encoding="utf-8")


def page(*parts: str) -> str:
    """Join parts under the widgets' style."""
    return f'<style>{STYLE}</style><div class="inf" lang="es">{"".join(parts)}</div>'


def note(state: dict) -> str:
    """Write what a view has to say of itself, if anything."""
    text = state.get("note")
    return f'<p class="note">{escape(text)}</p>' if text else ""


def side(*parts: str) -> str:
    """Put parts beside each other, where there is room."""
    boxes = "".join(f"<div>{part}</div>" for part in parts)
    return f'<div class="side">{boxes}</div>'


def heading(words: str) -> str:
    """Write what stands above a part."""
    return f"<h4>{escape(words)}</h4>"


def grid(state: dict) -> str:
    """Write a matrix as a table."""
    names = "".join(
        f'<th class="name" scope="col">{escape(t)}</th>' for t in state["columns"]
    )
    rows = "".join(
        f'<tr><th class="name" scope="row">{escape(name)}</th>{_cells(cells)}</tr>'
        for name, cells in zip(state["rows"], state["cells"], strict=True)
    )
    axes = f"{escape(state['row_title'])} ↓, {escape(state['column_title'])} →"
    wide = f'<td class="axis" colspan="{len(state["columns"])}">{axes}</td>'
    return (
        f"<table><thead><tr><th></th>{wide}</tr>"
        f"<tr><th></th>{names}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cells(cells: list[dict]) -> str:
    return "".join(
        f'<td class="cell" style="background:{c["background"]};color:{c["color"]}"'
        f' title="{escape(c["label"])}">{escape(c["text"])}</td>'
        for c in cells
    )


def gallery(state: dict) -> str:
    """Write a page of images."""
    images = "".join(
        f'<li data-index="{i["index"]}">{picture(i["src"], i["label"])}'
        + "".join(f"<div>{escape(line)}</div>" for line in i["lines"])
        + "</li>"
        for i in state["images"]
    )
    return heading(state["title"]) + f'<ul class="images">{images}</ul>'


def picture(source: str, words: str, side: int = 64) -> str:
    """Write an image of `side` pixels on the screen."""
    return (
        f'<img class="pixels" src="{source}" alt="{escape(words)}"'
        f' style="width:{side}px;height:{side}px">'
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a small table of texts."""
    names = "".join(f'<th class="name" scope="col">{escape(h)}</th>' for h in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f'<table class="plain"><tr>{names}</tr>{lines}</table>'


def bars(state: list[dict]) -> str:
    """Write probabilities as bars."""
    cells = "".join(
        f"<span{_best(b)}>{escape(b['name'])}</span><span><div class="
        f'"bar{" best" if b["best"] else ""}" style="width:{180 * b["share"]:.0f}px">'
        f"</div></span><span{_best(b)}>{b['text']}</span>"
        for b in state
    )
    return f'<div class="bars">{cells}</div>'


def _best(bar: dict) -> str:
    return ' class="best"' if bar["best"] else ""
