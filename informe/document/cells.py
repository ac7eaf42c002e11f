"""What each cell and each output of a notebook becomes in the report's Typst."""

import json
import re

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from informe.document.markdown import Piece, Pieces, ReportError, decode_image, quote

# The first of these that an output offers is the one that is shown.
_PREFERENCE = (
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/gif",
    "text/markdown",
    "text/latex",
    "text/html",
    "text/plain",
)
KINDS = {"figure": "image", "table": "table", "listing": "raw"}  # in Typst
_WIDGET = "application/vnd.jupyter.widget-view+json"  # progress bars: screen only
_POINTS = {"pt": 1, "px": 0.75, "": 0.75, "in": 72, "cm": 72 / 2.54, "mm": 72 / 25.4}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Cells:
    """The template's filters: cells and outputs to Typst, Markdown to ``pieces``."""

    def __init__(self, pieces: Pieces):
        """``pieces`` collects the Markdown, the files and the ids of the document."""
        self.pieces = pieces

    def prose(self, cell: NotebookNode) -> str:
        """Paragraphs of a Markdown cell."""
        return self._piece(cell.source, cell, attachments=cell.get("attachments", {}))

    def listing(self, cell: NotebookNode, resources: dict) -> str:
        """A code cell's source; nothing for an empty cell."""
        if not cell.source.strip():
            return ""
        language = resources.get("language", "python")
        return f"#listado({quote(cell.source.strip())}, lang: {quote(language)})"

    def shown(self, output: NotebookNode, cell: NotebookNode) -> str:
        """One output of a code cell; progress on stderr and widgets are not shown."""
        if output.output_type == "stream":
            return terminal(output.text) if output.name == "stdout" else ""
        if output.output_type == "error":
            return terminal("\n".join(output.traceback), error=True)
        meta = output.metadata.get("informe", {})
        if meta.get("kind") == "screen" or _WIDGET in output.data:
            return ""
        if meta.get("kind") in KINDS:
            return self._captioned(meta, output.data, cell)
        return self._plain(output.data, cell)

    def _captioned(self, meta: dict, data: dict, cell: NotebookNode) -> str:
        where = position(cell)
        if missing := [key for key in ("id", "caption") if not meta.get(key)]:
            lacks = " or ".join(missing)
            raise ReportError(f"{where}: a {meta['kind']} without {lacks}.")
        self.pieces.add_id(meta["id"], where)
        if meta["kind"] == "figure":
            body = self._image(data, meta.get("alt") or meta["caption"], cell)
        elif meta["kind"] == "listing":
            body = f'listado({quote(data["text/plain"])}, lang: "python")'
        else:
            body = f"[{self._table(data, cell)}]"
        caption = self._piece(meta["caption"], cell, inline=True)
        return (
            f"#con-pie({body}, kind: {KINDS[meta['kind']]}, id: {quote(meta['id'])}, "
            f"caption: [{caption}]{_live(meta, cell)})"
        )

    def _plain(self, data: dict, cell: NotebookNode) -> str:
        mime = next((mime for mime in _PREFERENCE if mime in data), None)
        if mime is None:
            return ""
        if mime.startswith("image/"):
            return "#" + self._image(data, data.get("text/plain", "Imagen"), cell)
        if mime == "text/plain":
            return terminal(data[mime])
        if mime != "text/html":
            return self._piece(data[mime], cell)
        return self._html(data, cell)

    def _html(self, data: dict, cell: NotebookNode) -> str:
        plain = data.get("text/plain")
        fallback = None if plain is None else terminal(plain)
        return self._piece(data["text/html"], cell, format="html", fallback=fallback)

    def _table(self, data: dict, cell: NotebookNode) -> str:
        if "text/markdown" in data:
            return self._piece(data["text/markdown"], cell)
        return self._html(data, cell)

    def _image(self, data: dict, alt: str, cell: NotebookNode) -> str:
        mime = next((mime for mime in _PREFERENCE[:4] if mime in data), None)
        if mime is None:
            raise ReportError(f"{position(cell)}: a figure without an image.")
        content, suffix = decode_image(mime, data[mime])
        width = svg_width(data[mime]) if suffix == "svg" else "auto"
        name = self.pieces.add_file(content, suffix)
        return f"imagen({quote(name)}, alt: {quote(alt)}, width: {width})"

    def _piece(self, text: str, cell: NotebookNode, **options) -> str:
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
        cell.metadata.setdefault("informe", {"notebook": name, "cell": number})


def terminal(text: str, error: bool = False) -> str:
    """A block of monospace text, as a terminal would leave it: no colours, no `\\r`."""
    lines = [
        line.rstrip("\r").rpartition("\r")[2] for line in strip_ansi(text).split("\n")
    ]
    clean = _CONTROL.sub("", "\n".join(lines)).strip("\n")
    if not clean.strip():
        return ""
    return f"#salida({quote(clean)}, error: {str(error).lower()})"


def svg_width(svg: str) -> str:
    """Typst length of the width that an SVG states, ``auto`` if it states none."""
    root = re.search(r"<svg\b[^>]*>", svg)
    match = root and re.search(r"\swidth=[\"']([\d.]+)(\w*)[\"']", root[0])
    if not match or match[2] not in _POINTS:
        return "auto"
    return f"{float(match[1]) * _POINTS[match[2]]:.6g}pt"
