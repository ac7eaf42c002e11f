"""Typst to PDF and to HTML: the same bytes for the same input on any machine."""

import os
import re
import shutil
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import typst

from informe.document.markdown import BIBLIOGRAPHY
from informe.errors import ReportError

_TEMPLATE = Path(__file__).parent / "template"
_STYLE = (_TEMPLATE / "ieee-es.csl", _TEMPLATE / "habla.typ", BIBLIOGRAPHY)
_DEMAND = re.compile(r"error: (PDF/.+?) error: (.+)")
_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{(\w+)\}")  # of a character that is not printed
_INCOMPLETE = "warning: html export is under active development and incomplete"
_UNDATED = "2000-01-01"


def today() -> date:
    """The day of the report: that of ``SOURCE_DATE_EPOCH`` if it is set."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return datetime.fromtimestamp(int(epoch), UTC).date()
    return date.today()


class Refused(ReportError):
    """What Typst says of a document that it cannot compile, in ``diagnostic``."""

    def __init__(self, diagnostic: str):
        parts = re.split("\n+(?=error: |warning: )", diagnostic)
        errors = [part for part in parts if not part.startswith("warning: ")]
        self.diagnostic = "\n\n".join(errors)
        super().__init__(f"Typst: {self.diagnostic}")


def pdf(
    source: str,
    files: dict[str, bytes],
    day: str,
    standards: tuple[str, ...] = ("a-3a", "ua-1"),
) -> tuple[bytes, list[str]]:
    """Compile a document; returns the PDF (tagged) and Typst's warnings.

    A warning's first line is what it says, those below it where in ``source``.

    It is PDF/A-3a, for archives, and PDF/UA-1, for everybody's ears; one that Typst
    cannot make so is made by the last ``standards`` alone, and a warning says why.
    ``files`` are images and attachments, by the names that ``source`` uses; ``day`` is
    an ISO date or empty. Only the fonts inside Typst are used, never the machine's.
    Raises ReportError for anything else that Typst refuses.
    """
    options = {
        "format": "pdf",
        "pdf_standards": list(standards),
        "ignore_system_fonts": True,
        "timestamp": datetime.fromisoformat(day or _UNDATED).replace(tzinfo=UTC),
    }
    try:
        return _compile(source, "informe.typ", files, options)
    except Refused as refused:
        demand = _DEMAND.match(refused.diagnostic)
        if not demand or not standards:
            raise
    content, warnings = pdf(source, files, day, standards[1:])
    return content, [f"the PDF cannot be {demand[1]}: {demand[2]}", *warnings]


def html(source: str, files: dict[str, bytes]) -> tuple[str, list[str]]:
    """Compile the same document to HTML, with formulas as MathML and images inside.

    Numbers, captions, references and sources are those of the PDF.
    """
    content, warnings = _compile(source, "pagina.typ", files, {"format": "html"})
    return content.decode(), [w for w in warnings if not w.startswith(_INCOMPLETE)]


def _compile(
    source: str, style: str, files: dict[str, bytes], options: dict
) -> tuple[bytes, list[str]]:
    """Compile; what the fonts lack is printed as its code, and a warning says so."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for original in _STYLE:
            shutil.copy(original, root)
        shutil.copy(_TEMPLATE / style, root / "informe.typ")  # as the source calls it
        for name, content in files.items():
            (root / name).write_bytes(content)
        main = root / "main.typ"
        main.write_text(source, "utf-8")
        try:
            content, warnings = typst.compile_with_warnings(main, root=root, **options)
            return content, [warning.diagnostic for warning in warnings]
        except typst.TypstError as error:
            refused = Refused(error.diagnostic or error.message)
    messages = []
    for name in sorted(set(_MISSING.findall(refused.diagnostic))):
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), name)
        before, found, _ = source.partition(text)
        if found:
            code = "‹" + " ".join(f"U+{ord(sign):04X}" for sign in text) + "›"
            source, line = source.replace(text, code), before.count("\n") + 1
            message = f"no font of the report can show {name}; it is printed as {code}"
            messages.append(f"{message}\nmain.typ:{line}:0")
    if not messages:
        raise refused
    content, warnings = _compile(source, style, files, options)
    return content, warnings + messages
