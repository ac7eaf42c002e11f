"""When the outputs of an executed notebook are used again, and when they are not."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from informe.execution import unchanged
from informe.execution.processes import Execution


@pytest.fixture
def execution(home):
    """A notebook as if it had been executed, with a run, a figure and its metrics."""
    text, code = new_markdown_cell("# Antes"), new_code_cell("print(1)")
    source, target = home / "a.ipynb", home / "report" / "notebooks" / "a.ipynb"
    nbformat.write(new_notebook(cells=[text, code]), source)
    parameters = new_code_cell("n = 2", metadata={"tags": ["injected-parameters"]})
    about = {"informe": {"kind": "screen", "measured": "b"}}
    measured = new_output("display_data", {"text/plain": "b"}, metadata=about)
    outputs = [new_output("stream", text="1"), measured]
    executed = new_code_cell("print(1)", outputs=outputs)
    target.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[text, parameters, executed]), target)
    figures = home / "figures" / "b"
    figures.mkdir(parents=True)
    (figures / "x.svg").write_text("<svg/>")
    networks = {"red": {"runs": ["k1"]}}
    metrics = {"networks": networks, "experiments": ["k2"]}
    (figures / "metrics.json").write_text(json.dumps(metrics))
    for key in ("k1", "k2"):
        (home / "runs" / key).mkdir(parents=True)
        (home / "runs" / key / "run.json").write_text(key)
    made = Execution(source, target, {"n": 2})
    unchanged.remember(made)
    return made


def rewrite(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_text_alone_is_taken_anew_and_the_outputs_stay(execution):
    assert unchanged.reuse(execution)
    rewrite(execution.source, "Antes", "Después")
    for _ in range(2):
        assert unchanged.reuse(execution)
    cells = nbformat.read(execution.target, 4).cells
    assert cells[0].source == "# Después"
    assert cells[2].outputs[0].text == "1"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("a.ipynb", "print(1)", "print(2)"),
        ("figures/b/x.svg", "svg", "other"),
        ("runs/k2/run.json", "k2", "another machine"),
        ("report/notebooks/a.ipynb", '"1"', '"7"'),
    ],
)
def test_whatever_decides_or_holds_the_outputs_is_looked_at(
    execution, home, file, old, new
):
    rewrite(home / file, old, new)
    assert not unchanged.reuse(execution)


@pytest.mark.parametrize("lost", ["figures/b/x.svg", "runs/k1/run.json"])
def test_what_is_lost_is_made_again(execution, home, lost):
    (home / lost).unlink()
    assert not unchanged.reuse(execution)


def test_parameters_code_and_packages_count(execution, monkeypatch):
    other = Execution(execution.source, execution.target, {"n": 3})
    assert not unchanged.reuse(other)
    for name in ("_code", "_packages"):
        with monkeypatch.context() as patched:
            patched.setattr(unchanged, name, lambda: [])
            assert not unchanged.reuse(execution)
    assert unchanged.reuse(execution)


def test_a_notebook_that_tells_no_runs_is_always_executed(execution, home):
    (home / "figures" / "b" / "metrics.json").unlink()
    unchanged.remember(execution)
    assert not unchanged.reuse(execution)
