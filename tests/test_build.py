"""What is built from what, and the PDF: through the real papermill and exporter."""

import json
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pypdfium2
import pytest

from helpers import paths
from informe import parameters
from informe.cli import build, documents
from informe.cli.profiles import PROFILES
from informe.errors import InformeError
from informe.execution.processes import Execution
from tests.support.commands import informe
from tests.support.notebooks import write

NOTEBOOKS = {"own": "plantilla"}  # of what is called otherwise


def text_of(pdf):
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


# What runs, and with what


def test_a_parameter_goes_to_the_notebooks_that_have_it(home):
    first, second = write(home, "a"), write(home, "b", "x = 1")
    content = nbformat.read(second, as_version=4)
    content.cells[1].source = "seed: int = 0  # semilla"
    nbformat.write(content, second)
    jobs = build.prepare([first, second], "default", {"epochs": "3"})
    assert [job.parameters for job in jobs] == [{"epochs": 3}, {}]


def test_the_command_line_comes_before_the_profile(home):
    source = write(home, "a", experiments="mnist")
    assert build.prepare([source], "quick", {})[0].parameters["data"] == "sample"
    given = {"data": "full", "epochs": "7"}
    assert build.prepare([source], "quick", given)[0].parameters == {
        "data": "full",
        "epochs": 7,
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_sets_only_parameters_that_the_notebooks_have(profile):
    for name, values in PROFILES[profile].items():
        source = paths.notebooks() / f"{NOTEBOOKS.get(name, name)}.ipynb"
        assert (declared := build.declared_names(source)) >= values.keys()
        assert parameters.wrong(values, parameters.rules(declared)) == []


def test_two_notebooks_of_one_name_are_refused(home):
    with pytest.raises(InformeError, match="se llaman igual"):
        build.prepare([write(home, "a"), write(home / "other", "a")], "default", {})


def test_an_executed_notebook_is_not_overwritten(home):
    with pytest.raises(InformeError, match="dé el original"):
        build.prepare([write(home / "report/notebooks", "a")], "default", {})


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', "\0"])
def test_a_file_that_is_no_notebook_is_refused(home, content):
    (home / "a.ipynb").write_text(content)
    with pytest.raises(InformeError, match=r"a\.ipynb"):
        build.prepare([home / "a.ipynb"], "default", {})


# The PDF


def measure(home, name, **metrics):
    folder = home / "figures" / name
    folder.mkdir(parents=True)
    pair = {"of": "xy", "p_value": 1, "difference": 0, "low": 0, "high": 0}
    content = {"name": name, "dataset": "mnist", "title": name, "question": ""}
    content |= {"networks": {}, "claims": []}
    content |= {"finding": "Algo."}
    content |= {"comparison": pair} | metrics
    (folder / "metrics.json").write_text(json.dumps(content))
    about = {"informe": {"kind": "screen", "measured": name}}
    told = nbformat.v4.new_output("display_data", {"text/plain": ""}, metadata=about)
    executed = nbformat.read(home / "a.ipynb", as_version=4)
    executed.cells.append(nbformat.v4.new_code_cell("", outputs=[told]))
    nbformat.write(executed, home / "a.ipynb")


def test_two_builds_at_the_same_time_give_the_same_bytes(home):
    source = write(home, "a", "print('¿ñ?\\N{GRINNING FACE}')")
    outputs = [home / "1.pdf", home / "new" / "2.pdf"]
    with ThreadPoolExecutor() as pool:
        options = [["--output", output, "--author", "Ñandú"] for output in outputs]
        done = list(pool.map(lambda words: informe("build", source, *words), options))
    assert [run.returncode for run in done] == [0, 0], done
    assert ["espero a que acabe" in run.stderr for run in done].count(True) == 1
    assert f"{outputs[0]}: " in done[0].stdout and " páginas" in done[0].stdout
    assert all("no font of the report can show" in run.stderr for run in done)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    text = text_of(outputs[0])
    assert "Ñandú" in text and "¿ñ?" in text


def test_the_day_is_that_of_the_newest_training():
    days = ["2026-03-09", "2026-11-02", "2025-12-31"]
    assert documents.training_day([{"trained_on": day} for day in days]) == "2026-11-02"
    assert documents.training_day([]) == ""


def first_page(home, **page):
    source = home / "a.ipynb"
    assert documents.write([Execution(source, source, {})], home / "x.pdf", page) > 0
    first = pypdfium2.PdfDocument(home / "x.pdf")[0]
    return " ".join(first.get_textpage().get_text_range().split())


def test_the_sample_is_told_on_the_first_page_and_on_the_screen(home, capsys):
    write(home, "a")
    measure(home, "b", trained_on="2026-03-09", is_sample=True)
    words = first_page(home, date="2026-01-02", author=None)
    assert "muestra incluida" in words and "2 de enero de 2026" in words
    told = capsys.readouterr().err
    assert "ATENCIÓN" in told and "DATA=full" in told


def test_without_a_date_it_is_the_trainings_and_the_complete_data_need_no_word(
    home, capsys
):
    write(home, "a")
    measure(home, "a", trained_on="2026-03-10", is_sample=False)
    words = first_page(home, date=None)
    assert "10 de marzo de 2026" in words and "muestra incluida" not in words
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_two_whole_reports_at_once_and_a_third_from_the_store(home):
    """The sample's report: both end right, and the next one has the same bytes."""
    outputs = [home / "1.pdf", home / "2.pdf", home / "3.pdf"]

    def make(output):
        words = ["--profile", "quick", "--output", output]
        return informe("build", *words, seconds=900)

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(make, outputs[:2]))
    assert [run.returncode for run in done] == [0, 0], done
    assert ["espero a que acabe" in run.stderr for run in done].count(True) == 1
    third = make(outputs[2])
    assert third.returncode == 0
    assert "Por entrenar" not in third.stderr
    first, second, last = (output.read_bytes() for output in outputs)
    assert first == second == last
    assert not list((home / "runs").glob("*.part"))
