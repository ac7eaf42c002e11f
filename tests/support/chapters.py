"""The report's chapters, trained and executed within this process."""

from concurrent.futures import Executor, Future
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat

from helpers import paths
from helpers.runs import workers
from informe.report import display


class Here(Executor):
    """Does at once, in this process, what a pool of processes would do."""

    def __init__(self, _processes, _context, _start, received):
        workers._queue, workers._sent = received
        self._processes = {}

    def submit(self, work, *arguments):
        future = Future()
        try:
            future.set_result(work(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def execute(name: str, parameters: dict, target: Path, monkeypatch) -> None:
    """Execute a chapter's cells with the parameters; write it with what it shows."""
    outputs: list = []

    def show(data, raw, metadata=None):
        assert raw
        output = nbformat.v4.new_output("display_data", data, metadata=metadata or {})
        outputs.append(output)

    monkeypatch.setattr(workers, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(display, "display", show)
    notebook = nbformat.read(paths.notebooks() / f"{name}.ipynb", as_version=4)
    namespace: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "%pip" not in cell.source:
            exec(cell.source, namespace)
            cell.outputs, outputs = outputs, []
            plt.close("all")
        if "parameters" in cell.metadata.get("tags", []):
            assert parameters.keys() <= namespace.keys()
            namespace |= parameters
    nbformat.write(notebook, target)
