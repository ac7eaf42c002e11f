"""What each cell and each output of a notebook becomes in the report's Typst."""

import json
import re

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
_ESCAPE = re.compile(r"\x1b(\[.*?[@-~]|\].*?(\a|\x1b\\)|[ -/]*[0-~])")  # of a terminal
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_OBJECT = re.compile(r"\s*(<[^\n]*>\s*)?")  # a text that only names what is shown
LONGEST = 200_000  # characters of an output
LONGEST_MARKUP = 20_000_000  # of Markdown or HTML, with the pictures in it


class Cells:
    """The template's filters: cells and outputs to Typst, Markdown to ``pieces``.

    The template begins each cell with ``start``; what it gives then is of that cell.
    """

    def __init__(self, pieces: Pieces, language: str):
        """``pieces`` collects the Markdown, the files and the ids of the document.

        ``language`` is that of the code.
        """
        self.pieces = pieces
        self.language = language
        self.notebook = self.where = ""  # the cell at hand

    def start(self, cell: NotebookNode) -> str:
        """A mark that says to ``located`` which cell begins."""
        about = cell.metadata["informe"]
        self.notebook = about["notebook"]
        self.where = f"{self.notebook}, cell {about['cell']}"  # for messages
        return self.pieces.fallible("", self.where, "")

    def prose(self, cell: NotebookNode) -> str:
        """Paragraphs of a Markdown cell."""
        text = self._piece(cell.source, attachments=cell.get("attachments", {}))
        return self.pieces.fallible(f"\n{text}\n", self.where, terminal(cell.source))

    def raw(self, cell: NotebookNode) -> str:
        """A raw cell, as it was typed."""
        return self._terminal(cell.source)

    def listing(self, cell: NotebookNode) -> str:
        """A code cell's source; nothing for an empty cell."""
        source = cell.source.strip()
        return source and f"#listado({quote(source)}, lang: {quote(self.language)})"

    def shown(self, output: NotebookNode) -> str:
        """One output of a code cell; a strict document shows no stderr, no widgets."""
        if output.output_type == "stream":
            is_error = output.name == "stderr"
            hidden = is_error and self.pieces.strict
            return "" if hidden else self._terminal(output.text, is_error)
        if output.output_type == "error":
            trace = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
            return self._terminal(trace, error=True)
        meta, plain = output.metadata.get("informe"), output.data.get("text/plain", "")
        meta = meta if isinstance(meta, dict) else {}
        kind = str(meta.get("kind"))
        if kind == "screen":
            return ""
        if kind == "page":
            return f"#solo-pagina({quote(plain)}{self._live(meta)})"
        if kind in KINDS and (code := self._captioned(kind, meta, output)):
            return code
        fallback = terminal(plain) or absent("Sin imagen")
        code = f"\n{self._plain(output)}\n"  # a list begins a line
        return self.pieces.fallible(code, self.where, fallback)

    def _captioned(self, kind: str, meta: dict, output: NotebookNode) -> str:
        data = output.data
        known = {key: text for key, text in meta.items() if isinstance(text, str)}
        if missing := [key for key in ("id", "caption") if not known.get(key)]:
            self._fault(f"a {kind} without {' or '.join(missing)}.")
            return ""
        if kind == "figure":
            body = self._image(output, known.get("alt") or meta["caption"])
        elif kind == "listing":
            body = f'listado({quote(data.get("text/plain", ""))}, lang: "python")'
        else:
            mime = "text/markdown" if "text/markdown" in data else "text/html"
            body = f"[{self._markup(mime, data)}]"
        caption = self._piece(meta["caption"], id=meta["id"]) + self._live(meta)
        return body and f"#con-pie({body}, kind: {KINDS[kind]}, {caption})"

    def _plain(self, output: NotebookNode) -> str:
        data, plain = output.data, output.data.get("text/plain", "")
        mime = next((mime for mime in _IMAGES + _TEXTS if mime in data), "")
        if mime in _IMAGES:
            image = self._image(output, plain or "Imagen")
            code = f"#{image}" if image else absent("Imagen que no se puede mostrar")
            is_formula = "text/latex" in data  # which SymPy draws, too
            return self._markup("text/latex", data, code) if is_formula else code
        names, is_named = ", ".join(data), _OBJECT.fullmatch(plain)
        lost = [what for start, what in _INTERACTIVE.items() if start in names]
        only_named = mime == "text/plain" and is_named and len(data) > 1
        if lost or only_named or (data and not mime):
            what = lost[0] if lost else f"una salida ({names})"
            if self.pieces.strict:
                return ""
            self._fault(f"what cannot be shown: {what}.")
            told = "" if is_named or "\n" in plain else terminal(plain)
            return absent(f"Aquí no se puede mostrar {what}") + told
        if mime == "application/json":
            plain = json.dumps(data[mime], indent=2, ensure_ascii=False)
        if mime in ("application/json", "text/plain"):
            return self._terminal(plain)
        return self._markup(mime, data)

    def _markup(self, mime: str, data: dict, fallback: str = "") -> str:
        plain = data.get("text/plain", "")
        named = mime == "text/markdown" or _OBJECT.fullmatch(plain)
        fallback = fallback or ("" if named else terminal(plain))
        form = "html" if mime == "text/html" else "markdown"
        return self._piece(data.get(mime, ""), format=form, fallback=fallback)

    def _image(self, output: NotebookNode, alt: str) -> str:
        """The first picture that can be read; nothing if there is none."""
        fault = "a figure without an image."
        for mime in [mime for mime in _IMAGES if mime in output.data]:
            try:
                content = decode(mime, output.data[mime])
                size = output.metadata.get(mime)
                return self.pieces.image(content, alt, size, self.where)
            except ReportError as error:
                fault = str(error)
        self._fault(fault)
        return ""

    def _terminal(self, text: str, error: bool = False) -> str:
        if len(text) > LONGEST:
            size, rest, half = f"{len(text):,}", len(text) - LONGEST, LONGEST // 2
            gap = f"\n[… faltan {integer(rest)} caracteres …]\n"
            text = text[:half] + gap + text[-half:]
            self._fault(f"an output of {size} characters; {rest:,} are left out.")
        return terminal(text, error)

    def _fault(self, message: str) -> None:
        self.pieces.fault(self.where, message)

    def _piece(self, text: str, **options) -> str:
        if len(text) > LONGEST_MARKUP:
            return self._terminal(text)
        return self.pieces.add(Piece(text, self.where, self.notebook, **options))

    def _live(self, meta: dict) -> str:
        """What a component of the page draws in place of the figure, if it does."""
        if "live" not in meta:
            return ""
        spec = quote(json.dumps(meta["live"]))
        return f", viva: {spec}, parte: {quote(self.notebook)}"


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
    left = re.sub("(?m)^.*[\r\b].*", _overwrite, _ESCAPE.sub("", text))
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
