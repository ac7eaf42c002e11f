"""Merges several executed notebooks into one, to be exported once.

So there is one table of contents and one numbering of figures, and parts can refer to
each other.
"""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from informe.document.cells import number_cells


def merge(notebooks: list[NotebookNode]) -> NotebookNode:
    """One notebook with the cells of all, in order; the originals stay as they are.

    Cell ids are made unique, and each cell remembers its notebook and number, for
    messages and so that equal headings of two notebooks stay apart.
    """
    merged = nbformat.v4.new_notebook()
    for number, original in enumerate(notebooks, start=1):
        notebook = copy.deepcopy(original)
        number_cells(notebook, notebook_name(notebook, number))
        for index, cell in enumerate(notebook.cells):
            cell.id = f"{number}-{index}"
        merged.cells += notebook.cells
        merged.metadata = notebook.metadata | merged.metadata
    return merged


def notebook_name(notebook: NotebookNode, number: int) -> str:
    """Name of the file that papermill ran, or ``notebook 2`` if it did not run it."""
    path = notebook.metadata.get("papermill", {}).get("input_path")
    return Path(path).stem if path else f"notebook {number}"
