"""The rules of the parameters, in a plain namespace and in papermill's kernel."""

import math
from types import SimpleNamespace

import nbformat
import papermill
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import paths
from informe.cli.profiles import PARTS
from informe.errors import ParameterError
from informe.parameters import RULES, Rule, check_parameters, wrong

CELL = "epochs: int = 10  # épocas\nlearning_rate: float = 0.01  # tasa"
CHECK = (
    "from informe.parameters import check_parameters\n"
    "settings = check_parameters(globals())"
)
NOTEBOOKS = sorted(paths.notebooks().glob("*.ipynb"))


def test_settings_have_the_notebook_s_values_and_cannot_change():
    settings = check_parameters({"epochs": 3, "learning_rate": 1, "other": object()})
    assert (settings.epochs, settings.learning_rate) == (3, 1.0)
    assert isinstance(settings.learning_rate, float)
    with pytest.raises(AttributeError):
        settings.epochs = 4
    with pytest.raises(AttributeError):
        _ = settings.other


def test_a_rule_without_choices_takes_any_text():
    rule = Rule(str)
    assert rule.accepts("fotos/") and not rule.accepts(3)
    assert rule.demand() == "debe ser un texto"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("seed", v) for v in (0, 2**32 - 1)],
        *[("epochs", v) for v in (1, 1000)],
        *[("learning_rate", v) for v in (1e-9, 1, 10)],
        *[("footwear_weight", v) for v in (0.5, 100)],
        *[("data", v) for v in ("auto", "full", "sample")],
        *[("device", v) for v in ("auto", "cpu", "cuda")],
    ],
)
def test_accepted(name, value):
    assert getattr(check_parameters({name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("seed", v) for v in (-1, 2**32, 0.0, "0", None, True, math.nan)],
        *[("n_seeds", v) for v in (0, 101)],
        *[("epochs", v) for v in (0, -3, 1001, 2.5, 3.0, "3", "", [3], False)],
        *[("epochs", v) for v in (10**400, math.inf)],
        pytest.param("epochs", 10**5000, id="more digits than Python writes"),
        *[("dense_epochs", 0), ("lenet_epochs", 0), ("dense_seeds", 0)],
        *[("batch_size", v) for v in (0, 10_001)],
        *[("learning_rate", v) for v in (0, -0.1, 10.01, 10**400)],
        *[("learning_rate", v) for v in (math.nan, math.inf, -math.inf, "0.1", True)],
        *[("footwear_weight", v) for v in (0, 101, math.nan)],
        *[("width", v) for v in (0, 100_001)],
        *[("data", v) for v in ("", "Full", "todo", None, 1, ["full"])],
        *[("device", v) for v in ("gpu", "cuda:0", None)],
    ],
)
def test_refused_with_name_and_rule(name, value):
    with pytest.raises(ParameterError) as caught:
        check_parameters({name: value})
    assert f"{name} = " in str(caught.value)
    assert RULES[name].demand() in str(caught.value)
    assert len(str(caught.value)) < 300


def test_all_faults_come_at_once():
    with pytest.raises(ParameterError) as caught:
        check_parameters({"epochs": 0, "seed": -1, "data": "x", "width": 10})
    assert str(caught.value).count("\n") == 3


@given(st.sampled_from(sorted(RULES)), st.text())
def test_any_text_is_read_or_refused(name, text):
    value = RULES[name].read(text)
    assert len(wrong({name: value}, RULES)) == (not RULES[name].accepts(value))


@given(st.floats())
def test_a_learning_rate_is_accepted_in_its_range_only(value):
    assert RULES["learning_rate"].accepts(value) == (0 < value <= 10)


def history(*cells):
    return ["", *cells, CHECK]


def test_an_injected_name_that_does_not_exist_is_refused_with_the_nearest():
    namespace = {"In": history(CELL, "# Parameters\nepocs = 3\n")}
    namespace |= {"epochs": 10, "learning_rate": 0.01, "epocs": 3}
    with pytest.raises(ParameterError, match=r"epocs.*¿quiso decir «epochs»"):
        check_parameters(namespace)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "epochs: int",
            "epocs",
            "epocs: no existe ese parámetro; ¿quiso decir «epochs",
        ),
        ("epochs: int", "epocs: int", "epocs: no existe ese parámetro"),
        ("epochs: int = 10", "epochs: int = 10; epochs = 3", "epochs: la celda lo"),
        ("epochs: int = 10", "epochs: int = 0", "epochs = 0: debe ser un entero"),
    ],
)
@pytest.mark.parametrize("injected", [[], ["# Parameters\nlearning_rate = 0.1\n"]])
def test_the_cell_itself_is_checked(old, new, words, injected):
    cell = CELL.replace(old, new)
    namespace = {"epochs": 10}  # of an earlier run, before the cell was changed
    exec(cell, namespace)
    with pytest.raises(ParameterError, match=words):
        check_parameters(namespace | {"In": history(CELL, CHECK, cell, *injected)})


def test_a_missing_line_is_told_where_it_is_read():
    cell = CELL.partition("\n")[2]
    namespace = {"In": history(CELL, cell), "epochs": 10, "learning_rate": 0.1}
    settings = check_parameters(namespace)
    assert settings == (0.1,)
    with pytest.raises(ParameterError, match=r"epochs: falta.*«epochs: int = …»"):
        _ = settings.epochs
    assert not hasattr(settings, "_repr_html_")


def test_what_the_memory_cannot_hold_is_told_at_once(monkeypatch):
    most = {"width": 100_000, "batch_size": 10_000}
    monkeypatch.setenv("INFORME_JOBS", "2")
    for gigabytes, fits in ((64, True), (16, False)):
        memory = SimpleNamespace(total=gigabytes * 1e9)
        monkeypatch.setattr(psutil, "virtual_memory", lambda memory=memory: memory)
        if fits:
            assert check_parameters(most).width == 100_000
        else:
            with pytest.raises(ParameterError, match="y hay 16 para 2 a la vez"):
                check_parameters(most)
    assert check_parameters(most | {"batch_size": 40}).batch_size == 40


def test_a_line_without_its_type_counts():
    namespace = {"In": history(CELL.replace("epochs: int", "epochs"))}
    namespace |= {"epochs": 10, "learning_rate": 0.1}
    assert check_parameters(namespace).epochs == 10


def test_another_notebook_s_parameter_is_refused():
    namespace = {"In": history(CELL, "# Parameters\nwidth = 3\n"), "width": 3}
    namespace |= {"epochs": 10, "learning_rate": 0.01}
    with pytest.raises(ParameterError, match="width: no existe"):
        check_parameters(namespace)


@pytest.mark.parametrize(
    "cells",
    [
        [CELL],
        [CELL, "# Parameters\nepochs = 3\n"],
        ["epocs: int = 3", CELL],
        ["# Parameters\nepocs = 3\n", CELL],  # injected once, not any more
        [CELL, "# Parameters\nepocs = 3\n", CELL, CHECK],
        [CELL, CHECK, "alpha = 3", "%matplotlib inline", "not Python at all ("],
        [CELL, CHECK, "width = 'a drawing'"],  # another notebook's name
        [CELL, CHECK, "# Parameters\n", "x = 1"],
    ],
)
def test_no_false_alarm_for_a_person(cells):
    namespace = {"In": history(*cells), "epochs": 5, "learning_rate": 0.1}
    namespace |= {"epocs": 3, "width": "a drawing", "alpha": 3}
    assert check_parameters(namespace) == (5, 0.1)


def notebook(folder, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in (CELL, *sources)]
    cells[0].metadata.tags = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(content, folder / "notebook.ipynb")
    return folder / "notebook.ipynb"


@pytest.mark.filterwarnings("ignore")  # those of Jupyter's own libraries
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epocs": 3}, "epocs: no existe ese parámetro; ¿quiso decir «epochs»?"),
        ({"epochs": "__import__('os').getcwd()"}, "debe ser un entero"),
        ({"learning_rate": math.nan}, "learning_rate = nan: debe ser un número finito"),
    ],
)
def test_a_bare_papermill_stops_before_training(tmp_path, given, words):
    source = notebook(tmp_path, CHECK, "open('trained', 'w')")
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            source, tmp_path / "out.ipynb", given, cwd=tmp_path, progress_bar=False
        )
    assert words in str(caught.value)
    assert "check_parameters" not in str(caught.value)  # no traceback into the library
    assert not (tmp_path / "trained").exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_help_tells_every_parameter_of_a_notebook(path):
    told = papermill.inspect_notebook(path)
    assert "data" in told
    if path.stem in PARTS:  # the others train nothing for the report
        assert told.keys() >= {"seed", "n_seeds", "batch_size", "device"}
    for name, about in told.items():
        assert about["inferred_type_name"] == RULES[name].type.__name__
        assert len(about["help"]) > 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_checks_its_parameters_right_after_their_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    cells = [cell for cell in cells if cell.cell_type == "code"]
    tags = [cell.metadata.get("tags", []) for cell in cells]
    after = next(n for n, tag in enumerate(tags) if "parameters" in tag) + 1
    assert "check_parameters(globals())" in cells[after].source
