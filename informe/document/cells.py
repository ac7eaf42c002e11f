"""What each cell and each output of a notebook becomes in the report's Typst."""

import json
import re

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from informe.document.markdown import Piece, Pieces, absent, quote
from informe.document.pictures import PictureError, decode, picture, svg_width

_IMAGES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
# The first of these that an output offers is the one that is shown.
_PREFERENCE = (
    *_IMAGES,
    "text/markdown",
    "text/latex",
    "text/html",
    "application/json",
    "text/plain",
)
_INTERACTIVE = {
    "application/vnd.jupyter.widget": "un elemento interactivo (widget)",
    "application/vnd.plotly": "un gráfico interactivo de Plotly",
    "application/vnd.bokehjs_exec": "un gráfico interactivo de Bokeh",
    "application/vnd.holoviews": "un gráfico interactivo de HoloViews",
    "application/vnd.vega": "un gráfico interactivo de Vega",
    "application/javascript": "un programa de JavaScript",
}
KINDS = {"figure": "image", "table": "table", "listing": "raw"}  # in Typst
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_OBJECT = re.compile(r"\s*<[^\n]*>\s*")  # a text that only names what HTML shows
LONGEST = 200_000  # characters of an output
LONGEST_MARKUP = 20_000_000  # of Markdown or HTML, with the pictures in it


class Cells:
    """The template's filters: cells and outputs to Typst, Markdown to ``pieces``."""

    def __init__(self, pieces: Pieces):
        """``pieces`` collects the Markdown, the files and the ids of the document."""
        self.pieces = pieces

    def prose(self, cell: NotebookNode) -> str:
        """Paragraphs of a Markdown cell."""
        attachments = cell.get("attachments", {})
        text = self._piece(cell.source, cell, attachments=attachments)
        return self._fallible(f"\n{text}\n", cell, terminal(cell.source))

    def raw(self, cell: NotebookNode) -> str:
        """A raw cell, as it was typed."""
        return self._terminal(cell.source, cell)

    def listing(self, cell: NotebookNode, resources: dict) -> str:
        """A code cell's source; nothing for an empty cell."""
        if not cell.source.strip():
            return ""
        language = resources.get("language", "python")
        return f"#listado({quote(cell.source.strip())}, lang: {quote(language)})"

    def shown(self, output: NotebookNode, cell: NotebookNode) -> str:
        """One output of a code cell; a strict document shows no stderr, no widgets."""
        if output.output_type == "stream":
            if output.name == "stderr" and self.pieces.strict:
                return ""
            return self._terminal(output.text, cell, error=output.name == "stderr")
        if output.output_type == "error":
            return self._terminal("\n".join(output.traceback), cell, error=True)
        meta = output.metadata.get("informe", {})
        if not isinstance(meta, dict):
            meta = {}
        if meta.get("kind") == "screen":
            return ""
        if meta.get("kind") == "page":
            text = quote("".join(output.data.get("text/plain", "")))
            return f"#solo-pagina({text}{_live(meta, cell)})"
        if meta.get("kind") in KINDS and (code := self._captioned(meta, output, cell)):
            return code
        code = self._plain(output.data, cell)
        plain = output.data.get("text/plain", "")
        return self._fallible(code, cell, terminal(plain) or absent("Sin imagen"))

    def _captioned(self, meta: dict, output: NotebookNode, cell: NotebookNode) -> str:
        where, data = position(cell), output.data
        known = {key: text for key, text in meta.items() if isinstance(text, str)}
        if missing := [key for key in ("id", "caption") if not known.get(key)]:
            lacks = " or ".join(missing)
            self.pieces.fault(where, f"a {meta['kind']} without {lacks}.")
            return ""
        if not self.pieces.add_id(meta["id"], where):
            return ""
        if meta["kind"] == "figure":
            body = self._image(data, known.get("alt") or meta["caption"], cell)
            if not body:
                return ""
        elif meta["kind"] == "listing":
            body = f'listado({quote(data.get("text/plain", ""))}, lang: "python")'
        else:
            body = f"[{self._table(data, cell)}]"
        caption = self._piece(meta["caption"], cell, inline=True)
        return (
            f"#con-pie({body}, kind: {KINDS[meta['kind']]}, id: {quote(meta['id'])}, "
            f"caption: [{caption}]{_live(meta, cell)})"
        )

    def _plain(self, data: dict, cell: NotebookNode) -> str:
        mime = next((mime for mime in _PREFERENCE if mime in data), None)
        if mime in _IMAGES:
            image = self._image(data, data.get("text/plain", "Imagen"), cell)
            return f"#{image}" if image else absent("Imagen que no se puede mostrar")
        for start, name in _INTERACTIVE.items():
            if any(key.startswith(start) for key in data):
                return self._interactive(name, cell)
        if mime is None:
            names = ", ".join(data)
            return self._interactive(f"una salida ({names})", cell) if data else ""
        if mime == "text/plain":
            return self._terminal(data[mime], cell)
        if mime == "application/json":
            code = json.dumps(data[mime], indent=2, ensure_ascii=False)
            return self._terminal(code, cell)
        if mime == "text/html":
            return self._html(data, cell)
        is_table = mime == "text/latex" and "\\begin{tab" in data[mime]
        plain = data.get("text/plain", "") if mime == "text/latex" else ""
        return self._piece(
            data[mime],
            cell,
            format="latex" if is_table else "markdown",
            fallback=terminal(plain) or None,
        )

    def _interactive(self, what: str, cell: NotebookNode) -> str:
        if self.pieces.strict:
            return ""
        self.pieces.fault(position(cell), f"what cannot be shown: {what}.")
        return absent(f"Aquí no se puede mostrar {what}")

    def _html(self, data: dict, cell: NotebookNode) -> str:
        plain = data.get("text/plain", "")
        named = not plain or _OBJECT.fullmatch(plain) is not None
        return self._piece(
            data["text/html"],
            cell,
            format="html",
            fallback=None if named else terminal(plain) or None,
            table_only=not named,
        )

    def _table(self, data: dict, cell: NotebookNode) -> str:
        if "text/markdown" in data:
            return self._piece(data["text/markdown"], cell)
        return self._html(data, cell)

    def _image(self, data: dict, alt: str, cell: NotebookNode) -> str:
        """The first picture that can be read; nothing if there is none."""
        where = position(cell)
        faults = ["a figure without an image."]
        for mime in [mime for mime in _IMAGES if mime in data]:
            try:
                content, suffix = picture(
                    decode(mime, data[mime]),
                    lambda message: self.pieces.fault(where, message),
                )
            except PictureError as error:
                faults.append(str(error))
                continue
            width = svg_width(data[mime]) if suffix == "svg" else "auto"
            name = self.pieces.add_file(content, suffix)
            return f"imagen({quote(name)}, alt: {quote(alt)}, width: {width})"
        self.pieces.fault(where, faults[-1])
        return ""

    def _terminal(self, text: str, cell: NotebookNode, error: bool = False) -> str:
        if len(text) > LONGEST:
            left_out = len(text) - LONGEST
            self.pieces.fault(
                position(cell),
                f"an output of {len(text):,} characters; {left_out:,} are left out.",
            )
            half, spaced = LONGEST // 2, f"{left_out:,}".replace(",", "\u202f")
            gap = f"\n[… faltan {spaced} caracteres …]\n"
            text = text[:half] + gap + text[-half:]
        return terminal(text, error)

    def _fallible(self, code: str, cell: NotebookNode, fallback: str) -> str:
        return self.pieces.fallible(code, position(cell), fallback)

    def _piece(self, text: str, cell: NotebookNode, **options) -> str:
        if len(text) > LONGEST_MARKUP:
            return self._terminal(text, cell)
        scope = cell.metadata["informe"]["notebook"]
        return self.pieces.add(Piece(text, position(cell), scope, **options))


def _live(meta: dict, cell: NotebookNode) -> str:
    """What a component of the page draws in place of the figure, if it does."""
    if "live" not in meta:
        return ""
    part = cell.metadata["informe"]["notebook"]
    return f", viva: {quote(json.dumps(meta['live']))}, parte: {quote(part)}"


def position(cell: NotebookNode) -> str:
    """Where a cell stands, for messages: ``mnist, cell 3``."""
    source = cell.metadata["informe"]
    return f"{source['notebook']}, cell {source['cell']}"


def number_cells(notebook: NotebookNode, name: str) -> None:
    """Record in every cell its notebook's name and its number there, from 1.

    Cells that already have this record, because their notebook was merged, keep it.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        known = cell.metadata.get("informe")
        if not isinstance(known, dict) or known.keys() != {"notebook", "cell"}:
            cell.metadata["informe"] = {"notebook": name, "cell": number}


def terminal(text: str, error: bool = False) -> str:
    """A block of monospace text, as a terminal would leave it, without colours."""
    lines = [_overwrite(line) for line in strip_ansi(text).split("\n")]
    clean = _CONTROL.sub("", "\n".join(lines)).strip("\n")
    if not clean.strip():
        return ""
    return f"#salida({quote(clean)}, error: {str(error).lower()})"


def _overwrite(line: str) -> str:
    """What is left of a line after its carriage returns and backspaces."""
    if "\r" not in line and "\b" not in line:
        return line
    left: list[str] = []
    at = 0
    for character in line:
        if character == "\r":
            at = 0
        elif character == "\b":
            at = max(0, at - 1)
        else:
            left[at : at + 1] = [character]
            at += 1
    return "".join(left)
