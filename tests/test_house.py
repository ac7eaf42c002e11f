"""The rules of the house that a machine can check."""

import ast
import re
from pathlib import Path

import nbformat
import papermill
import pytest

from helpers import parameters, paths
from helpers.cli.profiles import PARTS

NOTEBOOKS = [paths.notebooks() / f"{name}.ipynb" for name in PARTS]
HEADINGS = [
    "La pregunta",
    "Los datos",
    "La red",
    "El entrenamiento",
    "Los resultados",
    "Los errores",
    "Conclusión",
]


def cells(notebook: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(notebook, 4).cells if c.cell_type == kind]


def python(cell) -> ast.Module:
    """The code of a cell; a magic inside a block becomes `pass`."""
    return ast.parse(re.sub(r"^(\s*)%.*$", r"\1pass", cell.source, flags=re.M))


@pytest.mark.parametrize("module", sorted(paths.PACKAGE.glob("*.py")), ids=str)
def test_the_core_never_imports_the_sub_packages(module):
    subs = {p.name for p in paths.PACKAGE.iterdir() if (p / "__init__.py").exists()}
    assert subs == {
        *("cli", "experiments", "explicit", "explore"),
        *("pdf", "report", "runs", "sweeps"),
    }
    subs.remove("explicit")  # the loop's fast twin, which fit() picks
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "helpers":
            assert not subs & {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not re.match(rf"helpers\.({'|'.join(subs)})\b", node.module)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_it_has_one_title_and_the_common_headings(self, notebook):
        text = "\n".join(cell.source for cell in cells(notebook, "markdown"))
        assert re.findall(r"^## (.*)$", text, flags=re.M) == HEADINGS
        assert len(re.findall(r"^# Parte \d\. ", text, flags=re.M)) == 1

    def test_it_is_committed_without_outputs(self, notebook):
        for cell in cells(notebook, "code"):
            assert cell.outputs == []
            assert cell.execution_count is None

    def test_cells_are_short_and_hold_no_definitions_or_loops(self, notebook):
        assert len(nbformat.read(notebook, 4).cells) <= 40
        loops = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)
        for cell in cells(notebook, "code"):
            assert len(cell.source.splitlines()) <= 15
            assert not any(isinstance(n, loops) for n in ast.walk(python(cell)))

    def test_its_prose_has_no_decimal_number_that_looks_measured(self, notebook):
        for cell in cells(notebook, "markdown"):
            numbers = re.findall(r"\d+\.\d+", cell.source)
            assert set(numbers) <= {"0.5"}  # of «1 y 0.5», weights in an example

    def test_papermill_shows_type_and_help_of_every_parameter(self, notebook):
        found = papermill.inspect_notebook(notebook)
        assert found
        for name, about in found.items():
            assert about["help"], name
            assert about["inferred_type_name"] == parameters.RULES[name].type.__name__

    def test_defaults_are_the_assignments(self, notebook):
        found = papermill.inspect_notebook(notebook)
        default = {name: about["default"] for name, about in found.items()}
        assert default["batch_size"] == "40"
        expected = {
            "mnist": {"epochs": "10", "learning_rate": "0.01"},
            "fashion_mnist": {
                "epochs": "10",
                "learning_rate": "0.001",
                "footwear_weight": "2.0",
            },
            "cifar10": {
                "dense_epochs": "2",
                "lenet_epochs": "10",
                "learning_rate": "0.01",
                "width": "10000",
            },
        }[notebook.stem]
        assert expected.items() <= default.items()


class TestExploringNotebook:
    notebook = paths.notebooks() / "explorar.ipynb"

    def test_it_is_short_and_committed_without_outputs(self):
        assert len(nbformat.read(self.notebook, 4).cells) <= 30
        for cell in cells(self.notebook, "code"):
            assert (cell.outputs, cell.execution_count) == ([], None)
            assert len(cell.source.splitlines()) <= 5
            loops = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)
            assert not any(isinstance(n, loops) for n in ast.walk(python(cell)))

    def test_its_parameters_have_a_type_and_help(self):
        found = papermill.inspect_notebook(self.notebook)
        assert list(found) == ["data"]
        assert found["data"]["help"]
