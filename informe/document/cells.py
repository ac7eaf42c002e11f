"""What each cell and each output of a notebook becomes in the report's Typst."""

import json
import re

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from helpers.numbers import integer
from informe.document.markdown import Piece, Pieces, absent, quote
from informe.document.pictures import decode
from informe.errors import ReportError

# The first of these that an output offers is the one that is shown.
_IMAGES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
_TEXTS = ("text/markdown", "text/html", "text/latex", "application/json", "text/plain")
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
_OBJECT = re.compile(r"\s*(<[^\n]*>\s*)?")  # a text that only names what is shown
LONGEST = 200_000  # characters of an output
LONGEST_MARKUP = 20_000_000  # of Markdown or HTML, with the pictures in it


class Cells:
    """The template's filters: cells and outputs to Typst, Markdown to ``pieces``."""

    def __init__(self, pieces: Pieces, language: str):
        """``pieces`` collects the Markdown, the files and the ids of the document.

        ``language`` is that of the code.
        """
        self.pieces = pieces
        self.language = language

    def start(self, cell: NotebookNode) -> str:
        """A comment that says to ``located`` which cell begins."""
        self.pieces.cells.append(position(cell))
        return f"/*\ue006{len(self.pieces.cells) - 1}*/"

    def prose(self, cell: NotebookNode) -> str:
        """Paragraphs of a Markdown cell."""
        attachments = cell.get("attachments", {})
        text = self._piece(cell.source, cell, attachments=attachments)
        source = terminal(cell.source)
        return self.pieces.fallible(f"\n{text}\n", position(cell), source)

    def raw(self, cell: NotebookNode) -> str:
        """A raw cell, as it was typed."""
        return self._terminal(cell.source, cell)

    def listing(self, cell: NotebookNode) -> str:
        """A code cell's source; nothing for an empty cell."""
        source = cell.source.strip()
        return source and f"#listado({quote(source)}, lang: {quote(self.language)})"

    def shown(self, output: NotebookNode, cell: NotebookNode) -> str:
        """One output of a code cell; a strict document shows no stderr, no widgets."""
        if output.output_type == "stream":
            if output.name == "stderr" and self.pieces.strict:
                return ""
            return self._terminal(output.text, cell, error=output.name == "stderr")
        if output.output_type == "error":
            trace = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
            return self._terminal(trace, cell, error=True)
        data, meta = output.data, output.metadata.get("informe")
        meta = meta if isinstance(meta, dict) else {}
        kind, plain = str(meta.get("kind")), data.get("text/plain", "")
        if kind == "screen":
            return ""
        if kind == "page":
            return f"#solo-pagina({quote(plain)}{_live(meta, cell)})"
        if kind in KINDS and (code := self._captioned(kind, meta, output, cell)):
            return code
        fallback = terminal(plain) or absent("Sin imagen")
        code = f"\n{self._plain(output, cell)}\n"  # a list begins a line
        return self.pieces.fallible(code, position(cell), fallback)

    def _captioned(
        self, kind: str, meta: dict, output: NotebookNode, cell: NotebookNode
    ) -> str:
        data = output.data
        known = {key: text for key, text in meta.items() if isinstance(text, str)}
        if missing := [key for key in ("id", "caption") if not known.get(key)]:
            self._fault(cell, f"a {kind} without {' or '.join(missing)}.")
            return ""
        if kind == "figure":
            body = self._image(output, known.get("alt") or meta["caption"], cell)
        elif kind == "listing":
            body = f'listado({quote(data.get("text/plain", ""))}, lang: "python")'
        else:
            mime = "text/markdown" if "text/markdown" in data else "text/html"
            body = f"[{self._markup(mime, data, cell)}]"
        caption = self._piece(meta["caption"], cell, id=meta["id"])
        live = _live(meta, cell)
        return body and f"#con-pie({body}, kind: {KINDS[kind]}, {caption}{live})"

    def _plain(self, output: NotebookNode, cell: NotebookNode) -> str:
        data, plain = output.data, output.data.get("text/plain", "")
        mime = next((mime for mime in _IMAGES + _TEXTS if mime in data), "")
        if mime in _IMAGES:
            image = self._image(output, plain or "Imagen", cell)
            code = f"#{image}" if image else absent("Imagen que no se puede mostrar")
            if "text/latex" not in data:
                return code
            return self._markup("text/latex", data, cell, code)  # SymPy draws formulas
        names = ", ".join(data)
        lost = [what for start, what in _INTERACTIVE.items() if start in names]
        only_named = mime == "text/plain" and _OBJECT.fullmatch(plain)
        if lost or (data and not mime) or (len(data) > 1 and only_named):
            what = lost[0] if lost else f"una salida ({names})"
            if self.pieces.strict:
                return ""
            self._fault(cell, f"what cannot be shown: {what}.")
            stands_for = "" if "\n" in plain or _OBJECT.fullmatch(plain) else plain
            return absent(f"Aquí no se puede mostrar {what}") + terminal(stands_for)
        if mime == "application/json":
            plain = json.dumps(data[mime], indent=2, ensure_ascii=False)
        if mime in ("application/json", "text/plain"):
            return self._terminal(plain, cell)
        return self._markup(mime, data, cell)

    def _markup(
        self, mime: str, data: dict, cell: NotebookNode, fallback: str = ""
    ) -> str:
        plain = data.get("text/plain", "")
        named = mime == "text/markdown" or _OBJECT.fullmatch(plain)
        return self._piece(
            data.get(mime, ""),
            cell,
            format="html" if mime == "text/html" else "markdown",
            fallback=fallback or ("" if named else terminal(plain)),
        )

    def _image(self, output: NotebookNode, alt: str, cell: NotebookNode) -> str:
        """The first picture that can be read; nothing if there is none."""
        data = output.data
        fault = "a figure without an image."
        for mime in [mime for mime in _IMAGES if mime in data]:
            try:
                content = decode(mime, data[mime])
                name = self.pieces.add_picture(content, position(cell))
            except ReportError as error:
                fault = str(error)
                continue
            size = output.metadata.get(mime)
            width, height = (_length(size, side) for side in ("width", "height"))
            return (
                f"imagen({quote(name)}, alt: {quote(alt)}, "
                f"width: {width}, height: {height})"
            )
        self._fault(cell, fault)
        return ""

    def _terminal(self, text: str, cell: NotebookNode, error: bool = False) -> str:
        if len(text) > LONGEST:
            size, rest, half = f"{len(text):,}", len(text) - LONGEST, LONGEST // 2
            gap = f"\n[… faltan {integer(rest)} caracteres …]\n"
            text = text[:half] + gap + text[-half:]
            message = f"an output of {size} characters; {rest:,} are left out."
            self._fault(cell, message)
        return terminal(text, error)

    def _fault(self, cell: NotebookNode, message: str) -> None:
        self.pieces.fault(position(cell), message)

    def _piece(self, text: str, cell: NotebookNode, **options) -> str:
        if len(text) > LONGEST_MARKUP:
            return self._terminal(text, cell)
        scope = cell.metadata["informe"]["notebook"]
        return self.pieces.add(Piece(text, position(cell), scope, **options))


def _length(size: object, side: str) -> str:
    """Typst length of the pixels that an output's metadata state."""
    pixels = size.get(side) if isinstance(size, dict) else None
    return f"{pixels * 0.75:.6g}pt" if isinstance(pixels, int | float) else "auto"


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
    left = re.sub("(?m)^.*[\r\b].*", _overwrite, strip_ansi(text))
    clean = _CONTROL.sub("", left).strip("\n")
    if not clean.strip():
        return ""
    return f"#salida({quote(clean)}, error: {str(error).lower()})"


def _overwrite(line: re.Match) -> str:
    """What is left of a line after its carriage returns and backspaces."""
    left: list[str] = []
    at = 0
    for sign in line[0]:
        if sign in "\r\b":
            at = max(0, at - 1) if sign == "\b" else 0
        else:
            left[at : at + 1] = [sign]
            at += 1
    return "".join(left)
