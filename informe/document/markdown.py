"""Markdown, HTML and formulas to Typst: one run of pandoc for a whole document.

The document is first written with a token in the place of every piece of Markdown; then
``Pieces.convert`` turns all of them into Typst at once and puts them where they belong.
"""

import difflib
import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from urllib.request import DataHandler, Request

import pypandoc

from informe.document.pictures import decode, picture
from informe.document.scan import PRIVATE, marked
from informe.errors import ReportError

SCRIPT = Path(__file__).parent / "template" / "markdown.lua"
BIBLIOGRAPHY = Path(__file__).parent / "references.bib"
MEMORY, PATIENCE = "-M4g", 300  # bytes and seconds that pandoc may take
TITLE = "\ue000title\ue001"  # stands for the document's first heading, or its name

_DRAWN = re.compile(r"<(div|canvas|button|input|object|form)\b", re.IGNORECASE)
_LENGTH = re.compile(r"\s*(\d+\.?\d*)\s*(px|%|)(?!\S)")  # of HTML and CSS
_FALLIBLE = re.compile("(?=(/\\*\ue004(.+?)\\*/.*?/\\*\ue005\\2\\*/))", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A text to convert: where it stands, and what its images may refer to."""

    text: str
    where: str  # "mnist, cell 3": for messages
    scope: str  # its notebook, in which links to headings are looked up
    format: str = "markdown"  # or "html"
    id: str = ""  # of what the text is the caption of
    fallback: str = ""  # Typst, better than an error and than HTML without a table
    attachments: dict = field(default_factory=dict)  # name -> {MIME type: base64}


def bibliography_keys() -> list[str]:
    """Keys of the sources that can be cited, as in ``[…](#bib-lecun1998)``."""
    return re.findall(r"(?m)^@\w+\{([^,\s]+)", BIBLIOGRAPHY.read_text("utf-8"))


def quote(text: str) -> str:
    """Typst's string literal of a text."""
    escaped = PRIVATE.sub("", text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n") + '"'


def absent(what: str) -> str:
    """A line in the place of what cannot be shown."""
    return f"#emph({quote(f'[{what}]')})"


class Pieces:
    """The pieces of one document, the files of its images, and its faults."""

    def __init__(self, folder: Path, name: str = "", strict: bool = True):
        """``folder`` is the notebook's own: images are looked up there and below.

        ``name`` is the title of a document without a heading. What is amiss is an
        error in a ``strict`` document, and in another shown as it was typed.
        """
        self.folder = folder.resolve()
        self.title = name
        self.strict = strict
        self.pieces: list[Piece] = []
        self.files: dict[str, bytes] = {}  # name in Typst -> content
        self.faults: list[str] = []  # one line each, with notebook and cell
        self.cited = False
        self._fallbacks: dict[str, tuple[str, str]] = {}  # mark -> where, Typst

    def add(self, piece: Piece) -> str:
        """Remember a piece; returns the token to write in its place."""
        self.pieces.append(piece)
        return f"\ue000{len(self.pieces) - 1}\ue001"

    def fault(self, where: str, message: str) -> None:
        """Note what is amiss in a cell."""
        self.faults.append(f"{where}: {' '.join(message.split())}")

    def fallible(self, code: str, where: str, fallback: str) -> str:
        """Typst that ``mend`` can replace, if Typst refuses it.

        It finds it between two comments. (Without what precedes them, a slash before
        them would make them another kind of comment.)
        """
        mark = str(len(self._fallbacks))
        self._fallbacks[mark] = (where, fallback)
        return f"#none;/*\ue004{mark}*/{code}/*\ue005{mark}*/"

    def add_picture(self, content: bytes, where: str) -> str:
        """Remember a picture; returns its name in Typst, numbered in order of addition.

        Raises ReportError if it is none.
        """
        drawn, suffix = picture(content, lambda message: self.fault(where, message))
        name = f"imagen-{len(self.files) + 1}.{suffix}"
        self.files[name] = drawn
        return name

    def image(self, content: bytes, alt: str, size: object, where: str) -> str:
        """Typst's call that draws a picture.

        ``size`` may be a dictionary with its width and height, in pixels or percent of
        the text's width. Raises ReportError if it is no picture.
        """
        code = f"imagen({quote(self.add_picture(content, where))}, alt: {quote(alt)}"
        sizes = size if isinstance(size, dict) else {}
        for side in "width", "height":
            stated = _LENGTH.match(str(sizes.get(side)))
            if stated and stated[2] != "%":
                code += f", {side}: {float(stated[1]) * 0.75:.6g}pt"
            elif stated and side == "width":
                code += f", width: {stated[1]}%"
        return code + ")"

    def add_local_file(self, file: str, where: str) -> str:
        """Remember a picture by its path from the notebook's folder; returns its name.

        Raises ReportError if there is no such picture.
        """
        try:
            return self.add_picture(_read(self.folder / file, file), where)
        except ReportError as error:
            raise ReportError(f"{where}: {error}") from None

    def convert(self, document: str) -> str:
        """Replace the tokens in a document by the Typst of their pieces.

        Raises ReportError for the faults of a strict document, all in one message.
        """
        known = [f"bib-{key}" for key in bibliography_keys()]
        results = _pandoc(self.pieces, dict.fromkeys(known, "references"))
        known += [piece.id for piece in self.pieces if piece.id]
        texts = {
            str(number): self._typst(*both, known)
            for number, both in enumerate(zip(self.pieces, results, strict=True))
        }
        titles = (result["title"] for result in results if result.get("title"))
        texts["title"] = quote(next(titles, self.title))
        if self.strict and self.faults:
            raise ReportError("\n".join(self.faults))
        return re.sub("\ue000(\\w+)\ue001", lambda m: texts[m[1]], document)

    def located(self, source: str, diagnostic: str) -> str:
        """The first line of a message of Typst, after the cell that it is about."""
        place = min(_places(source, diagnostic), default=0)
        marks = re.findall("/\\*\ue004(\\d+)\\*/", source[:place])
        where = self._fallbacks[marks[-1]][0] if marks else self.title
        message = diagnostic.partition("\n")[0].removeprefix("warning: ")
        return f"{where}: Typst: {message}"

    def mend(self, source: str, diagnostic: str) -> str:
        """The document without what Typst has refused.

        Raises ReportError if that is not known, and, with the cell, if it is strict.
        """
        message = diagnostic.partition("\n")[0].removeprefix("error: ")
        broken = {}
        for place in _places(source, diagnostic):
            for match in _FALLIBLE.finditer(source):
                if match.start(1) <= place < match.end(1):
                    broken[place] = match  # the innermost
        if not broken:
            raise ReportError(f"Typst: {diagnostic}")
        for match in broken.values():
            if match[1] in source:  # else what is in it, or around it, has been mended
                where, fallback = self._fallbacks[match[2]]
                self.fault(where, f"{message}; its source is shown.")
                source = source.replace(match[1], fallback)
        if self.strict:
            raise ReportError("\n".join(self.faults))
        return source

    def _typst(self, piece: Piece, result: dict, known: list[str]) -> str:
        code, is_table = result["typst"], "tabla(" in result["typst"]
        has_images = any("src" in part for part in result["parts"])
        poor = piece.format == "html" and not is_table and not has_images
        scripted = "<script" in piece.text and _DRAWN.search(piece.text)
        lost = ""
        if scripted and not is_table and not (piece.fallback and code):
            self.fault(piece.where, "what scripts draw in its HTML cannot be shown.")
            lost = absent("Contenido interactivo, que aquí no se puede mostrar")
        if piece.fallback and (result["problems"] or poor or not code):
            return f"{lost}\n\n{piece.fallback}"
        for problem in result["problems"]:
            self.fault(piece.where, problem + _hint(problem, known))
        code = code or lost
        self.cited |= "#cite(" in code
        made = [self._part(part, piece) for part in result["parts"]]
        code = re.sub("\ue002(\\d+)\ue003", lambda m: made[int(m[1]) - 1], code)
        if not piece.id:
            return code
        owned = quote(piece.id) if result.get("owned") else "none"
        return f"id: {owned}, caption: [{code}]"

    def _part(self, part: dict, piece: Piece) -> str:
        """Typst of a formula or of an image."""
        if "code" in part:
            return self.fallible(part["code"], piece.where, part["source"])
        source, alt = unquote(part["src"])[:100], part["alt"]
        is_path = source != alt and not source.startswith("data:")
        missing = absent(f"Imagen que falta: {alt}" + is_path * f" ({source})")
        try:
            content = self._content(part["src"], piece)
            code = "#" + self.image(content, alt, part, piece.where)
        except (ReportError, ValueError) as error:
            self.fault(piece.where, str(error))
            return missing
        return self.fallible(code, piece.where, missing)

    def _content(self, src: str, piece: Piece) -> bytes:
        if src.startswith("data:"):
            return DataHandler().data_open(Request(src)).read()
        if bundle := piece.attachments.get(unquote(src.removeprefix("attachment:"))):
            return decode(*next(iter(bundle.items())))
        path = (self.folder / unquote(re.split("[?#]", src)[0])).resolve()
        if not path.is_relative_to(self.folder):
            raise ReportError(
                f"the image {src!r} is outside the notebook's folder; copy it there."
            )
        return _read(path, src)


def _read(path: Path, name: str) -> bytes:
    if not path.is_file():
        raise ReportError(f"there is no image {name!r}.")
    return path.read_bytes()


def _hint(problem: str, known: list[str]) -> str:
    """The known id that is nearest to that of a link to nothing."""
    target = re.search(r"\(#((\w+).*)\) points to nothing\.$", problem)
    alike = [name for name in known if target and name.split("-")[0] == target[2]]
    near = target and difflib.get_close_matches(target[1], alike, n=1, cutoff=0)
    return f" The nearest id is #{near[0]}." if near else ""


def _places(source: str, diagnostic: str) -> set[int]:
    """Offsets in the document of what a message of Typst is about."""
    starts = [0] + [match.end() for match in re.finditer("\n", source)]
    found = re.findall(r"main\.typ:(\d+):(\d+)|(imagen-\d+\.\w+)", diagnostic)
    return {
        source.find(f'"{file}"') if file else starts[int(line) - 1] + int(column)
        for line, column, file in found
    } - {-1}


def _request(piece: Piece) -> dict:
    text, formulas = marked(piece.text, piece.format)
    return vars(piece) | {"text": text, "formulas": formulas, "attachments": {}}


def _pandoc(pieces: list[Piece], known: dict[str, str]) -> list[dict]:
    request = {"known": known, "pieces": [_request(piece) for piece in pieces]}
    command = [pypandoc.get_pandoc_path(), "+RTS", MEMORY, "-RTS", "lua", str(SCRIPT)]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=True,
        )
    except subprocess.SubprocessError as error:  # such as macros that grow and grow
        why = getattr(error, "stderr", "") or "it takes too long"
        raise ReportError(f"pandoc cannot convert what is written: {why}") from None
    return json.loads(done.stdout)
