"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat
import papermill
import pytest

from helpers import paths
from informe import parameters
from informe.cli.profiles import PARTS

NOTEBOOKS = [paths.notebooks() / f"{name}.ipynb" for name in PARTS]
OWN = paths.notebooks() / "plantilla.ipynb"
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


def modules(house: str) -> dict[str, Path]:
    """Modules of a package by their dotted name."""
    root = paths.PACKAGE.parent
    files = (root / house).rglob("*.py")
    return {
        ".".join(f.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): f
        for f in files
    }


def imported(file: Path) -> set[str]:
    """What a module imports, not only for its types; `from a import b` is a and a.b."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_helpers_never_import_informe():
    for name, file in modules("helpers").items():
        assert not [m for m in imported(file) if m.split(".")[0] == "informe"], name


@pytest.mark.parametrize("house", ["helpers", "informe"])
def test_no_import_leads_back(house):
    """Neither between the modules of a house nor between its rooms.

    A room is a sub-package or a flat module. What a module takes from its own package
    comes from a neighbour, not from the package's `__init__`.
    """
    found = modules(house)
    graph = {
        name: {
            m
            for m in imported(file) & found.keys()
            if not f"{name}.".startswith(f"{m}.")
        }
        for name, file in found.items()
    }
    rooms = {}
    for name, used in graph.items():
        rooms.setdefault(room(name), set()).update({*map(room, used)} - {room(name)})
    TopologicalSorter(graph).prepare()  # CycleError names the modules
    TopologicalSorter(rooms).prepare()


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else name


def test_the_library_is_small():
    """Whoever opens it reads it in an hour: what makes a report is in `informe`."""
    lines = {
        n: len(f.read_text("utf-8").splitlines()) for n, f in modules("helpers").items()
    }
    flat = sum(n for name, n in lines.items() if name.count(".") == 1)
    assert flat <= 2100
    assert sum(lines.values()) <= 5250


def test_trainings_draw_no_figures():
    """Their processes hold no library that they do not need."""
    heavy = ("matplotlib", "seaborn", "IPython", "statsmodels")
    code = "import sys, helpers.runs, helpers.download, helpers.training\n"
    code += f"print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("\n", 0), done.stderr


@pytest.mark.parametrize("house", ["helpers", "informe"])
def test_the_readme_has_the_tree_as_it_is_on_disk(house):
    readme = (paths.PACKAGE.parent / "README.md").read_text("utf-8")
    assert len(readme.encode()) <= 6000
    block = re.search(rf"^    {house}/.*\n((?:      .*\n)+)", readme, re.M)[1]
    there = [
        f"{path.name}/" if path.is_dir() else path.name
        for path in (paths.PACKAGE.parent / house).iterdir()
        if path.is_dir() or path.suffix == ".py"
    ]
    named = re.findall(r"^      (\S+)", block, re.M)
    assert sorted(named) == sorted(set(there) - {"__init__.py", "__pycache__/"})


@pytest.mark.parametrize("notebook", [*NOTEBOOKS, OWN], ids=lambda path: path.stem)
class TestNotebook:
    def test_it_has_one_title_and_the_common_headings(self, notebook):
        text = "\n".join(cell.source for cell in cells(notebook, "markdown"))
        assert re.findall(r"^## (.*)$", text, flags=re.M) == HEADINGS
        assert len(re.findall(r"^# (Parte \d\.|Plantilla:) ", text, flags=re.M)) == 1

    def test_it_is_committed_without_outputs(self, notebook):
        for cell in cells(notebook, "code"):
            assert cell.outputs == []
            assert cell.execution_count is None

    def test_cells_are_short_and_hold_no_definitions_or_loops(self, notebook):
        assert len(nbformat.read(notebook, 4).cells) <= 30
        loops = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)
        for cell in cells(notebook, "code"):
            given = "parameters" in cell.metadata.get("tags", [])
            assert given or len(cell.source.splitlines()) <= 6
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

    def test_defaults_are_the_originals(self, notebook):
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
        }.get(notebook.stem, {})
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
