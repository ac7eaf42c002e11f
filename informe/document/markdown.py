"""Markdown, HTML and formulas to Typst: one run of pandoc for a whole document.

The document is first written with a token in the place of every piece of Markdown; then
``Pieces.convert`` turns all of them into Typst at once and puts them where they belong.
"""

import difflib
import html
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

import pypandoc

from informe.document.pictures import PictureError, decode, picture

SCRIPT = Path(__file__).parent / "template" / "markdown.lua"
BIBLIOGRAPHY = Path(__file__).parent / "references.bib"

# What JupyterLab takes for formulas, before it reads the Markdown around them.
_MARK = re.compile(
    r"\\\\[()\[\]]|\\[\\{}$]|\\(?:begin|end)\{[a-z]*\*?\}|\\(?:eq)?ref\{[^{}\n]*\}"
    r"|\$\$?|[{}]|\n[ \t]*\n|\0",
    re.IGNORECASE,
)
_CODE = {
    "markdown": re.compile(
        r"^ *(`{3,}|~{3,})[^`\n]*\n.*?(?:^ *\1|\Z)"
        r"|(?<![\\`])(`+)(?!`)[^\n]*?[^`\n]\2(?!`)",
        re.DOTALL | re.MULTILINE,
    ),
    "html": re.compile(
        r"<(pre|code|script|style|textarea)\b.*?(?:</\1\s*>|\Z)|<[^>]*>",
        re.DOTALL | re.IGNORECASE,
    ),
}
_UNSEEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_DRAWN = re.compile(r"<(div|canvas|button|input|object|form)\b", re.IGNORECASE)
_ID = re.compile(r"<!--\s*#([\w.:-]+)\s*-->")
_TABLE = re.compile(  # right below a line of text
    r"^([^|\n]*[^|\s][^|\n]*\n)(?=[^\n]*\|[^\n]*\n[ \t|:-]*-[ \t|:-]*$)", re.MULTILINE
)
_PRIVATE = re.compile("[\ue000-\ue01f\0]")  # our tokens


class ReportError(ValueError):
    """A fault in a notebook and its cell, for the notebook's author to correct."""


@dataclass(frozen=True)
class Piece:
    """A text to convert: where it stands, and what its images may refer to."""

    text: str
    where: str  # "mnist, cell 3": for messages
    scope: str  # its notebook, in which links to headings are looked up
    format: str = "markdown"  # or "html", or "latex"
    inline: bool = False  # a caption, not paragraphs
    fallback: str | None = None  # Typst for what nothing can be shown of
    table_only: bool = False  # the fallback is better than HTML without a table
    attachments: dict = field(default_factory=dict)  # name -> {MIME type: base64}


def bibliography_keys() -> list[str]:
    """Keys of the sources that can be cited, as in ``[…](#bib-lecun1998)``."""
    entries = BIBLIOGRAPHY.read_text("utf-8")
    return re.findall(r"^@\w+\{([^,\s]+)", entries, re.MULTILINE)


def quote(text: str) -> str:
    """Typst's string literal of a text."""
    escaped = _PRIVATE.sub("", text).replace("\\", "\\\\").replace('"', '\\"')
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
        self.ids: dict[str, str] = {}  # id -> where it was given
        self.faults: list[str] = []  # one line each, with notebook and cell
        self.cited = False
        self._fallbacks: dict[str, tuple[str, str]] = {}  # mark -> where, Typst

    def add(self, piece: Piece) -> str:
        """Remember a piece; returns the token to write in its place."""
        self.pieces.append(piece)
        return f"\ue000{len(self.pieces) - 1}\ue001"

    def add_title(self) -> str:
        """The token of the document's first heading, or of its name."""
        return "\ue000title\ue001"

    def fault(self, where: str, message: str) -> None:
        """Note what is amiss in a cell."""
        self.faults.append(f"{where}: {' '.join(message.split())}")

    def fallible(self, code: str, where: str, fallback: str) -> str:
        """Typst that ``mend`` can replace, if Typst refuses it."""
        mark = f"c{len(self._fallbacks)}"
        self._fallbacks[mark] = (where, fallback)
        return f"/*\ue004{mark}*/{code}/*\ue005{mark}*/"

    def add_file(self, content: bytes, suffix: str) -> str:
        """Remember a file; returns its name, with a number by order of addition."""
        name = f"imagen-{len(self.files) + 1}.{suffix}"
        self.files[name] = content
        return name

    def add_local_file(self, file: str, where: str) -> str:
        """Remember a picture by its path from the notebook's folder; returns its name.

        Raises ReportError if there is no such picture.
        """
        path = self.folder / file
        if not path.is_file():
            raise ReportError(f"{where}: there is no image {file!r}.")
        try:
            return self.add_file(*picture(path.read_bytes(), self._warner(where)))
        except PictureError as error:
            raise ReportError(f"{where}: {error}") from None

    def add_id(self, name: str, where: str) -> bool:
        """Note an id that references may point to, unless it is none or taken."""
        if not re.fullmatch(r"\w[\w.:-]*", name):
            self.fault(
                where,
                f"the id {name!r} may hold only letters, digits, points, colons, "
                "hyphens and underscores.",
            )
        elif name in self.ids:
            self.faults.append(
                f"The id {name!r} is given twice: in {self.ids[name]} and in {where}."
            )
        else:
            self.ids[name] = where
            return True
        return False

    def convert(self, document: str) -> str:
        """Replace the tokens in a document by the Typst of their pieces.

        Raises ReportError for the faults of a strict document, all in one message.
        """
        results = _pandoc(self.pieces, self._known())
        texts = {
            str(number): self._typst(number, *both)
            for number, both in enumerate(zip(self.pieces, results, strict=True))
        }
        titles = [result["title"] for result in results if result.get("title")]
        texts["title"] = quote((titles or [self.title])[0])
        if self.strict and self.faults:
            raise ReportError("\n".join(self.faults))
        return re.sub("\ue000(\\w+)\ue001", lambda m: texts[m[1]], document)

    def mend(self, source: str, diagnostic: str) -> str | None:
        """The document without what Typst has refused, or None if that is not known.

        Raises ReportError, which names the cell, in a strict document.
        """
        places = _places(source, diagnostic)
        message = diagnostic.partition("\n")[0].removeprefix("error: ")
        for place in sorted(places, reverse=True):
            for opening in reversed([*re.finditer("/\\*\ue004(.+?)\\*/", source)]):
                ending = f"/*\ue005{opening[1]}*/"
                end = source.find(ending, opening.end())
                if opening.start() <= place <= end:
                    where, fallback = self._fallbacks[opening[1]]
                    self.fault(where, f"{message}; its source is shown.")
                    source = source[: opening.start()] + fallback + source[end:]
                    source = source.replace(ending, "")
                    break
            else:
                return None
        if self.strict and places:
            raise ReportError("\n".join(self.faults))
        return source if places else None

    def _known(self) -> dict[str, str]:
        return self.ids | {f"bib-{key}": "references" for key in bibliography_keys()}

    def _typst(self, number: int, piece: Piece, result: dict) -> str:
        if piece.fallback and (result["problems"] or "typst" not in result):
            return piece.fallback
        for problem in result["problems"]:
            self.fault(piece.where, problem)
        for index, fallback in enumerate(result["fallbacks"], start=1):
            self._fallbacks[f"{number}.{index}"] = (piece.where, fallback)
        for link in result["links"]:
            self.fault(piece.where, self._lost(link))
        drawn = "<script" in piece.text and _DRAWN.search(piece.text)
        if drawn and "tabla(" not in result.get("typst", ""):
            self.fault(piece.where, "what scripts draw in its HTML cannot be shown.")
        if "typst" not in result:
            absence = absent("Contenido interactivo, que aquí no se puede mostrar")
            return absence if drawn else ""
        self.cited |= "#cite(" in result["typst"]
        images = [self._image(image, piece) for image in result["images"]]
        return re.sub(
            "\ue002(\\d+)\ue003", lambda m: images[int(m[1]) - 1], result["typst"]
        )

    def _lost(self, link: dict) -> str:
        target, known = link["target"], self._known()
        alike = [name for name in known if name.split("-")[0] == target.split("-")[0]]
        near = difflib.get_close_matches(target, alike, n=1, cutoff=0)
        hint = f" The nearest id is #{near[0]}." if near else ""
        return f"the link [{link['text']}](#{target}) points to nothing.{hint}"

    def _image(self, image: dict, piece: Piece) -> str:
        source = unquote(image["src"])[:100]
        named = source if source == image["alt"] else f"{image['alt']} ({source})"
        missing = absent(f"Imagen que falta: {named}")
        try:
            content, suffix = self._read(image["src"], piece)
        except PictureError as error:
            self.fault(piece.where, str(error))
            return missing
        file = self.add_file(content, suffix)
        code = f"#imagen({quote(file)}, alt: {quote(image['alt'])}, "
        return self.fallible(f"{code}width: {image['width']})", piece.where, missing)

    def _read(self, src: str, piece: Piece) -> tuple[bytes, str]:
        if src.startswith("attachment:"):
            bundle = piece.attachments.get(unquote(src.removeprefix("attachment:")), {})
            for mime, content in bundle.items():
                return picture(decode(mime, content), self._warner(piece.where))
        elif src.startswith("data:"):
            header, _, content = src.removeprefix("data:").partition(",")
            raw = (
                decode(header.split(";")[0], unquote(content))
                if header.endswith(";base64")
                else unquote_to_bytes(content)
            )
            return picture(raw, self._warner(piece.where))
        path = (self.folder / unquote(src)).resolve()
        if not path.is_relative_to(self.folder):
            raise PictureError(
                f"the image {src!r} is outside the notebook's folder; copy it there."
            )
        if not path.is_file():
            raise PictureError(f"there is no image {src!r}.")
        return picture(path.read_bytes(), self._warner(piece.where))

    def _warner(self, where: str):
        return lambda message: self.fault(where, message)


def _places(source: str, diagnostic: str) -> set[int]:
    """Offsets in the document of what a message of Typst is about."""
    starts = [0] + [match.end() for match in re.finditer("\n", source)]
    found = re.findall(r"main\.typ:(\d+):(\d+)", diagnostic)
    places = {starts[int(line) - 1] + int(column) for line, column in found}
    files = re.findall(r"imagen-\d+\.\w+", diagnostic)
    return places | {source.find(f'"{file}"') for file in files} - {-1}


def _formulas(text: str, format: str) -> Iterator[tuple[int, int, str, bool]]:
    """Start, end, TeX and display of each formula, as JupyterLab finds them."""
    if format == "latex":
        return
    masked = _CODE[format].sub(lambda match: "\0" * len(match[0]), text)
    ends = {"\\\\(": "\\\\)", "\\\\[": "\\\\]", "$": "$", "$$": "$$"}
    opened = end = None
    depth = 0
    for mark in _MARK.finditer(masked):
        token = mark[0]
        if opened is None:
            if "ref{" in token:
                yield mark.start(), mark.end(), token, False
            end = ends.get(token) or token.replace("\\begin", "\\end")
            if end != token or token.startswith("$"):
                opened, depth = mark, 0
        elif token == end and not depth:
            inner = text[opened.end() : mark.start()]
            whole = text[opened.start() : mark.end()]
            is_environment = token.startswith("\\end")
            display = is_environment or opened[0] in ("$$", "\\\\[")
            yield (
                opened.start(),
                mark.end(),
                whole if is_environment else inner.strip(),
                display,
            )
            opened = None
        elif token.isspace() or token == "\0":
            opened = None
        elif token in "{}":
            depth = max(0, depth + (1 if token == "{" else -1))


def _request(piece: Piece) -> dict:
    text, formulas = _PRIVATE.sub("", piece.text), []
    if piece.format == "html":
        text = _UNSEEN.sub("", text)
    parts, last = [], 0
    for start, end, tex, display in _formulas(text, piece.format):
        source = text[start:end]
        if piece.format == "html":
            tex = html.unescape(tex)
        formulas.append({"tex": tex, "display": display, "source": source})
        parts += [text[last:start], f"\ue010{len(formulas)}\ue011"]
        last = end
    text = "".join(parts) + text[last:] + "\n"
    if piece.format == "markdown":
        text = _TABLE.sub(r"\1\n", text)
    text = _ID.sub(r'<span data-id_="\1"></span>', text)
    return asdict(piece) | {"text": text, "formulas": formulas, "attachments": {}}


def _pandoc(pieces: list[Piece], known: dict[str, str]) -> list[dict]:
    request = {"known": known, "pieces": [_request(piece) for piece in pieces]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "request.json"
        path.write_text(json.dumps(request), "utf-8")
        command = [pypandoc.get_pandoc_path(), "lua", str(SCRIPT), str(path)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"pandoc failed: {done.stderr.strip()}")
    return json.loads(done.stdout)
