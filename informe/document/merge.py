"""Merges several executed notebooks into one, to be exported once.

So there is one table of contents and one numbering of figures, and parts can refer to
each other.
"""

import copy
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from informe.document.cells import number_cells

_REFERENCE = re.compile(r"(?<=#)(?:fig|tab|lst)-[\w-]*\w")


def merge(notebooks: list[NotebookNode]) -> NotebookNode:
    """One notebook with the cells of all, in order; the originals stay as they are.

    Cell ids are made unique, and each cell remembers its notebook and number, for
    messages and so that equal headings of two notebooks stay apart. The notebook is the
    file that papermill ran, or ``notebook 2`` if it did not run it.
    """
    merged = nbformat.v4.new_notebook()
    for number, original in enumerate(notebooks, start=1):
        notebook = copy.deepcopy(original)
        run = notebook.metadata.get("papermill", {}).get("input_path")
        number_cells(notebook, Path(run).stem if run else f"notebook {number}")
        for index, cell in enumerate(notebook.cells):
            cell.id = f"{number}-{index}"
        merged.cells += notebook.cells
        merged.metadata = notebook.metadata | merged.metadata
    return merged


def of_its_own(notebook: NotebookNode, name: str) -> NotebookNode:
    """A copy whose figures, tables and listings have ids that no other notebook has.

    ``fig-examples`` becomes ``fig-mnist-examples`` where the `name` is mnist, also in
    the links to it. What it refers to and does not show itself is another notebook's,
    and stays.
    """
    notebook = copy.deepcopy(notebook)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    about = [output.get("metadata", {}).get("informe") for output in outputs]
    shown = [one for one in about if isinstance(one, dict) and one.get("caption")]
    prefix = r"\1-" + re.sub(r"\W+", "_", name) + "-"
    ids = {one["id"]: re.sub("^(fig|tab|lst)-", prefix, one["id"]) for one in shown}
    for one in shown:
        one["id"] = ids[one["id"]]
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    texts = [(cell, "source") for cell in cells] + [(one, "caption") for one in shown]
    texts += [(output.get("data", {}), "text/markdown") for output in outputs]
    for place, key in texts:
        if key in place:
            place[key] = _REFERENCE.sub(lambda m: ids.get(m[0], m[0]), place[key])
    return notebook
