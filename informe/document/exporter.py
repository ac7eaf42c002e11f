"""An nbconvert exporter from an executed notebook to a PDF typeset by Typst.

``jupyter nbconvert --to informe any-executed.ipynb`` works for any notebook; those of
the report add captions, references and citations.
"""

import copy
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, Dict, List, Unicode, default

from informe.document import typeset
from informe.document.cells import Cells, number_cells
from informe.document.markdown import TITLE, Pieces, quote
from informe.errors import ReportError
from informe.numbers import spanish_date

_ON_TITLE_PAGE = {"config": True, "title_page": True}
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])")  # of es-MX, too


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF, for those who want what the document was made from."""

    content: bytes
    mime: str
    relationship: str  # to the document: "source", "data" or "supplement"
    description: str


class InformeExporter(TemplateExporter):
    """Notebook to PDF. The title page's fields are nbconvert options; empty ones do
    not appear.
    """

    export_from_notebook = "PDF (informe)"
    output_mimetype = "application/pdf"
    file_extension = Unicode(".pdf")
    # Its conf.json says by which tags cells are left out.
    template_name = Unicode("template").tag(config=True, affects_template=True)
    template_extension = Unicode(".typ.j2").tag(config=True, affects_environment=True)
    extra_template_basedirs = List(Unicode(), [str(Path(__file__).parent)]).tag(
        config=True, affects_environment=True
    )

    title = Unicode(help="Title; default the notebook's own").tag(**_ON_TITLE_PAGE)
    course = Unicode(help="Course").tag(**_ON_TITLE_PAGE)
    author = Unicode(help="Author; default the notebook's own").tag(**_ON_TITLE_PAGE)
    institution = Unicode(help="Institution").tag(**_ON_TITLE_PAGE)
    date = Unicode(help="ISO date; default today").tag(**_ON_TITLE_PAGE)
    notice = Unicode(help="A warning in a box").tag(**_ON_TITLE_PAGE)
    subtitle = Unicode(help="Under the title").tag(**_ON_TITLE_PAGE)
    cover = List(Unicode(), help="Files of pictures").tag(**_ON_TITLE_PAGE)
    strict = Bool(help="Refuse what else is shown as typed").tag(config=True)
    attachments = Dict(help="Files in the PDF: an Attachment by each name")

    @default("date")
    def _date_default(self):
        return typeset.today().isoformat()

    def from_filename(self, filename, resources=None, **kw):
        """As nbconvert calls it: a fault ends the program, with one line."""
        try:
            return super().from_filename(filename, resources, **kw)
        except ReportError as error:
            sys.exit(f"{filename}: {error}")

    def from_notebook_node(self, nb, resources=None, **kw):
        """The PDF (bytes) of a notebook, and nbconvert's resources.

        Raises ReportError, which names the cell, for what cannot be typeset.
        """
        source, pieces, resources = self.typst(nb, resources, **kw)
        for name, file in self.attachments.items():
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
        folder = Path(resources["metadata"].get("path") or ".")
        pieces = Pieces(folder, name, self.strict)
        resources["title_page"] = self._title_page(pieces, notebook)
        cells = Cells(pieces, str(language or "python"))
        notebook.metadata.clear()  # nbconvert would refuse odd ones
        for step in ("start", "prose", "listing", "raw", "shown"):
            self.register_filter(step, getattr(cells, step))
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
        page = self.trait_values(title_page=True)
        page["date"] = spanish_date(self.date)
        files = [pieces.add_local_file(file, "cover") for file in page.pop("cover")]
        own = notebook.metadata
        page["title"] = self.title or str(own.get("title") or "").strip()
        page["author"] = self.author or _authors(own)
        if not self.strict and not _is_executed(notebook):
            page["notice"] = self.notice or "Cuaderno sin ejecutar: faltan sus salidas."
            missing = "no cell has been executed; its outputs are missing."
            pieces.fault(pieces.title, missing)
        code = {name: quote(text) for name, text in page.items()}
        if code["title"] == quote(""):
            code["title"] = TITLE
        stated = _LANGUAGE.match(str(own.get("lang", "")).lower())
        code["lang"] = quote(stated[0] if stated else _written_in(notebook))
        code["partes"] = str(self.strict).lower()  # an H1 opens a page
        code["cover"] = f"({''.join(f'{quote(file)}, ' for file in files)})"
        return code


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
