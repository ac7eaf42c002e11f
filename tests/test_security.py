"""Nothing that is read or typed can run code."""

import ast
import builtins
import inspect
import json
import os
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

import make
from helpers import paths
from helpers.runs import Plan, store, train
from helpers.runs.plan import questions
from helpers.runs.run import FILES, verified
from helpers.training import Recipe
from informe.cli import build
from informe.cli.main import main
from informe.execution.processes import Execution
from informe.sweeps import work
from tests.support.harms import PICKLE
from tests.support.notebooks import write

MODULES = sorted(
    path
    for house in ("helpers", "informe")
    for path in (paths.PACKAGE.parent / house).rglob("*.py")
)
UNPICKLERS = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "yaml"}
EVALUATORS = {"eval", "exec", "compile", "__import__"}
ATTACKS = [
    "'; open('harmed', 'w'); '",
    '"; open("harmed", "w"); "',
    "'''\nopen('harmed', 'w')\n'''",
    '"""\nopen("harmed", "w")\n"""',
    "\nopen('harmed', 'w')\n",
    "\\'; open('harmed', 'w') #",
    "\r\u2028open('harmed', 'w')",
    "__import__('os').system('touch harmed')",
    "{open('harmed', 'w')}",
    "$(touch harmed)",
    "%%bash\ntouch harmed",
    "!touch harmed",
]


def calls(module: Path):
    """Names of what a module calls, as `torch.load`, with the keywords given."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield (
                ast.unparse(node.func),
                {word.arg: word.value for word in node.keywords},
            )


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.name))
def test_no_module_reads_pickles_or_evaluates_text(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [a.name for a in getattr(node, "names", []) if hasattr(a, "name")]
        names.append(getattr(node, "module", None) or "")
        used = UNPICKLERS & {name.partition(".")[0] for name in names}
        # what goes to processes of our own, which read nothing else
        assert used <= ({"cloudpickle"} if module.name == "workers.py" else set())
    for name, words in calls(module):
        assert name not in {"torch.load", "np.loads", "pd.read_pickle", "os.system"}
        assert name not in EVALUATORS & set(dir(builtins))
        if name.endswith(("np.load", "numpy.load")):
            assert ast.literal_eval(words["allow_pickle"]) is False
        assert "shell" not in words


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A notebook that was given every attack as a value; it keeps what it got."""
    folder = tmp_path_factory.mktemp("attacked")
    names = [f"text_{n}" for n in range(len(ATTACKS))]
    cell = "\n".join(f"{name}: str = ''" for name in names)
    keep = f"import json\njson.dump([{', '.join(names)}], open('got', 'w'))"
    cells = [nbformat.v4.new_code_cell(source) for source in (cell, keep)]
    cells[0].metadata.tags = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "a.ipynb")
    values = dict(zip(names, ATTACKS, strict=True))
    job = Execution(folder / "a.ipynb", folder / "out.ipynb", values)
    build.execute([job], folder / "x.pdf")
    return folder


def test_parameters_come_as_literals_and_run_nothing(attacked):
    assert json.loads((attacked / "got").read_text()) == ATTACKS
    assert not (attacked / "harmed").exists()


@given(st.text() | st.floats() | st.integers() | st.lists(st.text()))
def test_papermill_writes_any_value_as_a_literal(value):
    text = PythonTranslator.translate(value)
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):  # float('nan') and its like
            assert ast.unparse(node.func) == "float"
            assert all(isinstance(word, ast.Constant) for word in node.args)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("command", ["build", "sweep"])
def test_the_command_refuses_what_is_no_value(home, monkeypatch, attack, command):
    monkeypatch.chdir(home)
    source = write(home, "a")
    for given_ in (["-p", "data", attack], ["-p", attack, "1"]):
        result = CliRunner().invoke(main, [command, str(source), *given_])
        assert result.exit_code == 2, result.output
    assert not (home / "harmed").exists()


def test_a_notebook_checks_what_a_bare_papermill_gives(home):
    source = write(home, "a", "open('trained', 'w')")
    task = work.Task(str(source), source.read_text(), {"data": ATTACKS[0]}, work.code())
    cause = work.run_notebook(task)["cause"]
    assert "ParameterError" in cause and "debe ser uno de" in cause
    assert not (home / "harmed").exists() and not (home / "trained").exists()


def test_pickles_in_place_of_all_stored_files_are_never_read(home, mnist, monkeypatch):
    monkeypatch.chdir(home)
    plan = Plan("one_hidden", Recipe(epochs=1))
    job = questions(mnist, plan, "cpu")[0]
    folder = home / "runs" / job.key
    for path in (folder, store.part_of(job.key)):
        path.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(PICKLE)
    store.checkpoint(job.key).path.write_bytes(PICKLE)
    run = train(mnist, {"a": plan}, device="cpu")["a"][0]
    assert verified(run.folder) == run
    assert not os.path.exists("unpickled")


def test_jupyter_listens_on_this_machine_only_and_asks_for_its_token():
    started = inspect.getsource(make.lab)
    assert "--ServerApp.ip=127.0.0.1" in started
    assert "token" not in started and "password" not in started


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.name))
def test_no_module_listens(module):
    listening = {"listen", "bind", "create_server", "serve_forever", "HTTPServer"}
    called = {name.rpartition(".")[2] for name, _ in calls(module)}
    assert not called & listening
