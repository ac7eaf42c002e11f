"""From the executed notebooks to the PDF and the page."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import nbformat
import pypdfium2
from nbformat import NotebookNode

from helpers import paths
from informe.document import typeset
from informe.document.exporter import Attachment, InformeExporter
from informe.document.merge import merge, of_its_own
from informe.document.page import PageExporter
from informe.execution import unchanged
from informe.execution.processes import Execution
from informe.files import write_whole
from informe.report import chapters

TITLE = "Clasificación de imágenes con redes neuronales"
COVERS = 3  # pictures for which the first page has room
NOTICE = (
    "Este informe se hizo con la muestra incluida en el proyecto y no con los "
    "conjuntos de datos completos ({parts}): sus cifras solo enseñan que todo "
    "funciona. Con los datos completos se obtiene con la orden: make report DATA=full."
)
SAMPLE_USED = """
*** ATENCIÓN: se usó la muestra incluida y no los conjuntos de datos completos, y el
*** informe lo dice. El informe completo: make report DATA=full
"""


def write(executions: list[Execution], output: Path, page: Mapping[str, str]) -> int:
    """Make the PDF ``output`` and the page beside it; return the PDF's pages.

    ``page`` holds fields of the title page; empty ones keep their defaults. What was
    made of the same before is left as it is.
    """
    merged, title_page = document(executions, page)
    attached = attachments(executions)
    exporters = {
        output: InformeExporter(strict=True, attachments=attached, **title_page),
        output.with_suffix(".html"): PageExporter(strict=True, **title_page),
    }
    notes = paths.report() / "notebooks" / "documents.made.json"
    about = json.dumps([title_page, *map(str, exporters)])
    inside = [nbformat.writes(merged).encode(), *(a.content for a in attached.values())]
    made_of = unchanged.digest([*inside, about.encode(), *unchanged.everything()])
    if not _are(notes, made_of, exporters):
        for file, exporter in exporters.items():
            write_whole(exporter.from_notebook_node(merged)[0], file)
        notes.parent.mkdir(parents=True, exist_ok=True)
        notes.write_text(json.dumps([made_of, _digests(exporters)]), encoding="utf-8")
    if title_page["notice"]:
        click.echo(SAMPLE_USED, err=True)
    return len(pypdfium2.PdfDocument(output))


def _are(notes: Path, made_of: str, files: Iterable[Path]) -> bool:
    """Whether the files are those that were last made, and of the same."""
    try:
        return json.loads(notes.read_text("utf-8")) == [made_of, _digests(files)]
    except (OSError, ValueError):
        return False


def document(
    executions: list[Execution], page: Mapping[str, str]
) -> tuple[NotebookNode, dict[str, Any]]:
    """The executed notebooks as one, between the report's own chapters; its title page.

    The title page is options of the exporter. ``page`` holds fields of it; empty ones
    keep their defaults.
    """
    metrics = measured(executions)
    examples = [paths.figures(part["name"]) / "examples.svg" for part in metrics]
    fields: dict[str, Any] = {
        "title": TITLE,
        "date": training_day(metrics) or typeset.today().isoformat(),
        "notice": notice(metrics),
        "subtitle": chapters.question(metrics) if metrics else "",
        "cover": [str(file) for file in examples if file.exists()][:COVERS],
    }
    fields |= {name: text for name, text in page.items() if text}
    parts = [
        of_its_own(nbformat.read(execution.target, as_version=4), execution.name)
        for execution in executions
    ]
    if metrics:
        parts = [chapters.opening(metrics), *parts, chapters.closing(metrics)]
    return merge(parts), fields


def measured(executions: list[Execution]) -> list[dict]:
    """What the notebooks wrote about their results: each its folder's metrics.json."""
    found = [unchanged.chapter(execution.target) for execution in executions]
    files = [folder / "metrics.json" for folder in found if folder]
    return [json.loads(file.read_text("utf-8")) for file in files]


def attachments(executions: list[Execution]) -> dict[str, Attachment]:
    """What the PDF was made from, by file name: notebooks, results, exact versions."""
    attached = {
        f"{execution.name}.ipynb": Attachment(
            nbformat.writes(_bare(nbformat.read(execution.target, 4))).encode(),
            *("application/x-ipynb+json", "source"),
            f"Cuaderno ejecutado: {execution.name}",
        )
        for execution in executions
    }
    for part in measured(executions):
        attached[f"{part['name']}-metrics.json"] = Attachment(
            json.dumps(part, ensure_ascii=False, indent=1).encode(),
            *("application/json", "data"),
            f"Resultados medidos: {part['title']}",
        )
    lock = paths.PACKAGE.parent / "requirements.lock"
    if lock.exists():  # it does not where the package was installed
        attached[lock.name] = Attachment(
            lock.read_bytes(),
            "text/plain",
            "supplement",
            "Versiones de las bibliotecas",
        )
    return attached


def _bare(executed: NotebookNode) -> NotebookNode:
    """Without the times of its execution, nor pictures that it also has as vectors.

    So the same results give the same bytes, and in the PDF a quarter of them.
    """
    notebook = merge([executed])
    for part in (notebook, *notebook.cells):
        for times in ("papermill", "execution"):
            part.metadata.pop(times, None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):
                output.data.pop("image/png", None)
    return notebook


def training_day(metrics: list[dict]) -> str:
    """ISO day of the newest training shown: the same results give the same bytes.

    Empty if no training is shown.
    """
    return max((part["trained_on"] for part in metrics), default="")


def notice(metrics: list[dict]) -> str:
    """The warning for the first page if the sample was used; else nothing."""
    parts = [part["title"] for part in metrics if part["is_sample"]]
    return NOTICE.format(parts=", ".join(parts)) if parts else ""


def _digests(files: Iterable[Path]) -> list[str]:
    return [unchanged.digest([file.read_bytes()]) for file in files]
