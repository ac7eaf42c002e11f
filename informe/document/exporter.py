"""An nbconvert exporter from an executed notebook to a PDF typeset by Typst.

``jupyter nbconvert --to informe any-executed.ipynb`` works for any notebook; those of
the report add captions, references and citations.
"""

import copy
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path

from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, List, Unicode, default
from traitlets.config import Config

from informe.document import typeset
from informe.document.cells import Cells, number_cells
from informe.document.markdown import TITLE, Pieces, ReportError, quote

MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
    *("septiembre", "octubre", "noviembre", "diciembre"),
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])")  # of es-MX, too
NOT_EXPORTED = {"remove-cell", "injected-parameters"}  # tags of whole cells


@dataclass(frozen=True)
class TitlePage:
    """What the first page says; what is empty does not appear."""

    title: str = "Clasificación de imágenes con redes neuronales"
    course: str = ""
    author: str = ""
    institution: str = ""
    date: str = field(default_factory=lambda: typeset.today().isoformat())  # ISO
    notice: str = ""  # a loud warning in a box, such as "sample data were used"
    subtitle: str = ""  # such as the question that the report answers
    cover: tuple[str, ...] = ()  # files of pictures, one below the other


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF, for those who want what the document was made from."""

    content: bytes
    mime: str
    relationship: str  # to the document: "source", "data" or "supplement"
    description: str


def spanish_date(iso: str) -> str:
    """``2026-11-23`` as ``23 de noviembre de 2026``; empty stays empty.

    Raises ReportError if it is no ISO date.
    """
    if not iso:
        return ""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        raise ReportError(f"The date {iso!r} is not of the form 2026-11-23.") from None
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


class InformeExporter(TemplateExporter):
    """Notebook to PDF; the title page's fields are nbconvert options."""

    export_from_notebook = "PDF (informe)"
    output_mimetype = "application/pdf"

    title = Unicode(help="Title; default the notebook's own").tag(config=True)
    course = Unicode(help="Course, on the title page").tag(config=True)
    author = Unicode(help="Author, on the title page").tag(config=True)
    institution = Unicode(help="Institution, on the title page").tag(config=True)
    date = Unicode(help="ISO date on the title page; default today").tag(config=True)
    notice = Unicode(help="A warning in a box, on the title page").tag(config=True)
    subtitle = Unicode(help="Under the title").tag(config=True)
    cover = List(Unicode(), help="Pictures for the title page").tag(config=True)
    strict = Bool(help="Refuse what else is shown as typed").tag(config=True)

    @default("date")
    def _date_default(self):
        return typeset.today().isoformat()

    @default("file_extension")
    def _file_extension_default(self):
        return ".pdf"

    @property
    def default_config(self):
        """Our template; what the tags of Jupyter Book mark is left out."""
        template = {
            "template_name": "template",
            "template_extension": ".typ.j2",
            "extra_template_basedirs": [str(Path(__file__).parent)],
        }
        tags = {
            "enabled": True,
            "remove_cell_tags": NOT_EXPORTED,
            "remove_input_tags": {"remove-input"},
            "remove_all_outputs_tags": {"remove-output"},
        }
        config = Config({"TagRemovePreprocessor": tags, "TemplateExporter": template})
        config.merge(super().default_config)
        return config

    def from_filename(self, filename, resources=None, **kw):
        """As nbconvert calls it: a fault ends the program, with one line."""
        try:
            return super().from_filename(filename, resources, **kw)
        except ReportError as error:
            sys.exit(f"{filename}: {error}")

    def from_notebook_node(
        self,
        nb,
        resources=None,
        attachments: Mapping[str, Attachment] | None = None,
        **kw,
    ):
        """The PDF (bytes) of a notebook, and nbconvert's resources.

        ``attachments`` are by their names in it. Raises ReportError, which names the
        cell, for what cannot be typeset.
        """
        source, pieces, resources = self.typst(nb, resources, **kw)
        for name, file in (attachments or {}).items():
            pieces.files[name] = file.content
            source += (
                f"\n#pdf.attach({quote(name)}, mime-type: {quote(file.mime)}, "
                f"relationship: {quote(file.relationship)}, "
                f"description: {quote(file.description)})"
            )
        return self.compiled(
            pieces, source, lambda text: typeset.pdf(text, pieces.files, self.date)
        ), resources

    def typst(self, nb, resources=None, **kw) -> tuple[str, Pieces, dict]:
        """Typst's source of a notebook, its pieces, and nbconvert's resources.

        Raises ReportError, which names the cell, for what cannot be shown.
        """
        resources = self._init_resources(resources)
        notebook = copy.deepcopy(nb)
        name = resources["metadata"].get("name") or "notebook"
        number_cells(notebook, name)
        about = notebook.metadata.get("language_info")
        language = about.get("name") if isinstance(about, dict) else None
        resources["language"] = str(language or "python")  # of the code
        folder = Path(resources["metadata"].get("path") or ".")
        pieces = Pieces(folder, name, self.strict)
        resources["title_page"] = self._title_page(pieces, notebook)
        notebook.metadata.clear()  # nbconvert would refuse odd ones
        for step in ("start", "prose", "listing", "raw", "shown"):
            self.register_filter(step, getattr(Cells(pieces), step))
        template, resources = super().from_notebook_node(notebook, resources, **kw)
        source = pieces.convert(template)
        if pieces.cited:
            source += "\n#referencias\n"
        return source, pieces, resources

    def compiled(self, pieces: Pieces, source: str, compile_: Callable):
        """What ``compile_`` makes of a source, without what Typst refuses of it."""
        while True:
            try:
                content, warnings = compile_(source)
                break
            except typeset.Refused as refused:
                source = pieces.mend(source, refused.diagnostic)
        located = [pieces.located(source, warning) for warning in warnings]
        for message in [*pieces.faults, *located]:
            self.log.warning("%s", message)
        return content

    def _title_page(self, pieces: Pieces, notebook: NotebookNode) -> dict[str, str]:
        """Typst's code of each field."""
        page = {item.name: getattr(self, item.name) for item in fields(TitlePage)}
        page["date"] = spanish_date(self.date)
        files = page.pop("cover")
        names = [quote(pieces.add_local_file(file, "cover")) for file in files]
        own = notebook.metadata
        page["title"] = self.title or str(own.get("title") or "").strip()
        page["author"] = self.author or _authors(own)
        if not self.strict and not _is_executed(notebook):
            pieces.fault(
                pieces.title, "no cell has been executed; its outputs are missing."
            )
            page["notice"] = (
                page["notice"] or "Cuaderno sin ejecutar: faltan sus salidas."
            )
        code = {name: quote(text) for name, text in page.items()}
        if code["title"] == quote(""):
            code["title"] = TITLE
        stated = _LANGUAGE.match(str(own.get("lang", "")).lower())
        code["lang"] = quote(stated[0] if stated else _written_in(notebook))
        code["partes"] = str(self.strict).lower()  # an H1 opens a page
        return code | {"cover": f"({', '.join([*names, ''])})" if names else "()"}


def _written_in(notebook: NotebookNode) -> str:
    """``en`` or ``es``, by the commonest words of the prose."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    words = Counter(re.findall(r"\w+", " ".join(prose).lower()))
    english, spanish = words["the"] + words["of"], words["de"] + words["la"]
    return "en" if english > spanish else "es"


def _authors(metadata: dict) -> str:
    """Authors, as JupyterLab keeps them: ``{"authors": [{"name": …}]}``."""
    authors = metadata.get("authors")
    authors = authors if isinstance(authors, list) else [authors]
    names = [a.get("name") if isinstance(a, dict) else a for a in authors]
    return ", ".join(str(name) for name in names if name)


def _is_executed(notebook: NotebookNode) -> bool:
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    return not code or any(c.outputs or c.execution_count for c in code)


def write(
    exporter: InformeExporter, notebook: NotebookNode, path: Path, **options
) -> None:
    """Export a notebook, all or nothing: half a document is never left in place.

    ``options`` are those of ``exporter.from_notebook_node``. Raises ReportError, which
    names the cell, for what cannot be shown.
    """
    content, _ = exporter.from_notebook_node(notebook, **options)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    try:
        os.chmod(file.name, 0o644)  # NamedTemporaryFile gives 0o600
        os.replace(file.name, path)
    except OSError:
        os.unlink(file.name)
        raise
