"""Markdown, HTML and formulas to Typst: one run of pandoc for a whole document.

The document is first written with a token in the place of every piece of Markdown; then
``Pieces.convert`` turns all of them into Typst at once and puts them where they belong.
"""

import base64
import difflib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

import pypandoc

SCRIPT = Path(__file__).parent / "template" / "markdown.lua"
BIBLIOGRAPHY = Path(__file__).parent / "references.bib"

# `$ x $`, which is a formula for JupyterLab but not for pandoc, loses its inner spaces.
# Code, `$$ … $$`, escaped dollars and `$x$` are matched first, to stay as they are.
_LOOSE_FORMULA = re.compile(
    r"(`+).*?\1|\$\$.*?\$\$|\\\$|\$(?=\S)[^$\n]*?(?<=\S)\$"
    r"|\$[ \t]+([^$\n]+?)[ \t]+\$",
    re.DOTALL,
)


class ReportError(ValueError):
    """A fault in a notebook and its cell, for the notebook's author to correct."""


@dataclass(frozen=True)
class Piece:
    """A text to convert: where it stands, and what its images may refer to."""

    text: str
    where: str  # "mnist, cell 3": for messages
    scope: str  # its notebook, in which links to headings are looked up
    format: str = "markdown"  # or "html"
    inline: bool = False  # a caption, not paragraphs
    fallback: str | None = None  # Typst to use if the HTML holds no table
    attachments: dict = field(default_factory=dict)  # name -> {MIME type: base64}


def bibliography_keys() -> list[str]:
    """Keys of the sources that can be cited, as in ``[…](#bib-lecun1998)``."""
    entries = BIBLIOGRAPHY.read_text("utf-8")
    return re.findall(r"^@\w+\{([^,\s]+)", entries, re.MULTILINE)


def quote(text: str) -> str:
    """Typst's string literal of a text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class Pieces:
    """The pieces of one document, and the files that its images need."""

    def __init__(self, folder: Path):
        """``folder`` is the notebook's own: images in Markdown are looked up there."""
        self.folder = folder
        self.pieces: list[Piece] = []
        self.files: dict[str, bytes] = {}  # name in Typst -> content
        self.ids: dict[str, str] = {}  # id -> where it was given
        self.cited = False

    def add(self, piece: Piece) -> str:
        """Remember a piece; returns the token to write in its place."""
        self.pieces.append(piece)
        return f"\ue000{len(self.pieces) - 1}\ue001"

    def add_file(self, content: bytes, suffix: str) -> str:
        """Remember a file; returns its name, with a number by order of addition."""
        name = f"imagen-{len(self.files) + 1}.{suffix}"
        self.files[name] = content
        return name

    def add_local_file(self, file: str, where: str) -> str:
        """Remember an image by its path from the notebook's folder; returns its name.

        Raises ReportError if there is no such file.
        """
        path = self.folder / file
        if not path.is_file():
            raise ReportError(f"{where}: there is no image {file!r}.")
        return self.add_file(path.read_bytes(), path.suffix.lstrip(".").lower())

    def add_id(self, name: str, where: str) -> None:
        """Note an id that references may point to.

        Raises ReportError if the id has strange characters or is already taken.
        """
        if not re.fullmatch(r"\w[\w.:-]*", name):
            raise ReportError(
                f"{where}: the id {name!r} may hold only letters, digits, points, "
                "colons, hyphens and underscores."
            )
        if name in self.ids:
            raise ReportError(
                f"The id {name!r} is given twice: in {self.ids[name]} and in {where}."
            )
        self.ids[name] = where

    def convert(self, document: str) -> str:
        """Replace the tokens in a document by the Typst of their pieces.

        Raises ReportError for unknown macros and ids and for content that would be
        lost, with all of these in one message; also for a missing image.
        """
        results = list(zip(self.pieces, _pandoc(self.pieces), strict=True))
        self._check(results)
        texts = [self._place_images(*both) for both in results]
        return re.sub("\ue000(\\d+)\ue001", lambda m: texts[int(m[1])], document)

    def _check(self, results: list) -> None:
        problems = [
            f"{piece.where}: {problem}"
            for piece, result in results
            for problem in result["problems"]
        ]
        for piece, result in results:
            for name in result["ids"]:
                self.add_id(name, piece.where)
        known = {*self.ids, *(f"bib-{key}" for key in bibliography_keys())}
        for piece, result in results:
            for link in result["links"]:
                self.cited |= link["target"].startswith("bib-")
                problems += _check_link(link, known, piece.where)
        if problems:
            raise ReportError("\n".join(problems))

    def _place_images(self, piece: Piece, result: dict) -> str:
        if "typst" not in result:
            return piece.fallback or ""
        names = [quote(self._image(src, piece)) for src in result["images"]]
        return re.sub(
            "\ue002(\\d+)\ue003", lambda m: names[int(m[1]) - 1], result["typst"]
        )

    def _image(self, src: str, piece: Piece) -> str:
        if src.startswith("attachment:"):
            bundle = piece.attachments.get(unquote(src.removeprefix("attachment:")), {})
            for mime, content in bundle.items():
                return self.add_file(*decode_image(mime, content))
        elif src.startswith("data:"):
            header, _, content = src.removeprefix("data:").partition(",")
            if not header.endswith(";base64"):
                content = base64.b64encode(unquote_to_bytes(content)).decode()
            return self.add_file(*decode_image(header.split(";")[0], content))
        elif (self.folder / unquote(src)).is_file():
            return self.add_local_file(unquote(src), piece.where)
        raise ReportError(f"{piece.where}: there is no image {src!r}.")


def decode_image(mime: str, content: str) -> tuple[bytes, str]:
    """Bytes and file suffix of an image as notebooks keep it (SVG as text)."""
    suffix = mime.removeprefix("image/").removesuffix("+xml")
    if suffix == "svg" and content.lstrip().startswith("<"):
        return content.encode(), "svg"
    return base64.b64decode(content), suffix


def _check_link(link: dict, known: Iterable[str], where: str) -> list[str]:
    target = link["target"]
    if target in known:
        return []
    alike = [name for name in known if name.split("-")[0] == target.split("-")[0]]
    near = difflib.get_close_matches(target, alike, n=1, cutoff=0)
    hint = f" The nearest id is #{near[0]}." if near else ""
    return [f"{where}: the link [{link['text']}](#{target}) points to nothing.{hint}"]


def _pandoc(pieces: list[Piece]) -> list[dict]:
    request = [
        {
            "text": _LOOSE_FORMULA.sub(_tighten, piece.text),
            "format": piece.format,
            "inline": piece.inline,
            "scope": piece.scope,
            "table_only": piece.fallback is not None,
        }
        for piece in pieces
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pieces.json"
        path.write_text(json.dumps(request), "utf-8")
        command = [pypandoc.get_pandoc_path(), "lua", str(SCRIPT), str(path)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"pandoc failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _tighten(match: re.Match) -> str:
    return match[0] if match[2] is None else f"${match[2]}$"
