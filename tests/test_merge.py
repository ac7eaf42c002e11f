"""Merging notebooks: ids are unique, headings apart, messages name the notebook."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from informe.document.exporter import InformeExporter
from informe.document.merge import merge, of_its_own
from informe.errors import ReportError


def notebook(name, *texts):
    cells = [new_markdown_cell(text, id=f"c{n}") for n, text in enumerate(texts)]
    metadata = {"papermill": {"input_path": f"notebooks/{name}.ipynb"}}
    return new_notebook(cells=cells, metadata=metadata)


def test_merged_notebook_is_valid_and_in_order():
    parts = [notebook("a", "# A", "uno"), notebook("b", "# B")]
    merged = merge(parts)
    nbformat.validate(merged)
    assert [cell.source for cell in merged.cells] == ["# A", "uno", "# B"]
    assert len({cell.id for cell in merged.cells}) == 3
    assert parts[0].cells[0].id == "c0"
    assert "informe" not in parts[0].cells[0].metadata


def test_merging_nothing():
    assert merge([]).cells == []


def test_equal_headings_and_links_to_them():
    texts = ["# Parte", "## Los datos\n\nVéase [aquí](#Los-datos)."]
    pdf, _ = InformeExporter().from_notebook_node(
        merge([notebook("a", *texts), notebook("b", *texts)])
    )
    assert pdf.startswith(b"%PDF")


def test_id_given_in_two_notebooks():
    parts = [notebook(n, "# Los datos <!-- #sec-datos -->") for n in ("a", "b")]
    with pytest.raises(ReportError, match=r"'sec-datos'.*a, cell 1.*b, cell 1"):
        InformeExporter(strict=True).from_notebook_node(merge(parts))


def test_references_between_notebooks():
    first = notebook("a", "# A", "Véase [B](#sec-b).")
    second = notebook("b", "# B <!-- #sec-b -->")
    InformeExporter(strict=True).from_notebook_node(merge([first, second]))
    with pytest.raises(ReportError, match="a, cell 2"):
        InformeExporter(strict=True).from_notebook_node(merge([first]))


def test_what_a_notebook_shows_gets_ids_of_its_own():
    about = {"id": "tab-x", "kind": "table", "caption": "Véase [aquí](#tab-x)."}
    table = {"text/markdown": "[b](#tab-x) y [c](#tab-x-y)"}
    shown = new_output("display_data", table, metadata={"informe": about})
    first = notebook("a", "[A](#tab-x), [B](#tab-b-x), [nadie](#tab-x-y), #tab-x.")
    first.cells.append(new_code_cell("# [A](#tab-x)", outputs=[shown]))
    found = of_its_own(first, "a b")
    text, cell = found.cells
    assert (
        text.source == "[A](#tab-a_b-x), [B](#tab-b-x), [nadie](#tab-x-y), #tab-a_b-x."
    )
    assert cell.source == "# [A](#tab-x)"
    output = cell.outputs[0]
    assert output.metadata["informe"]["id"] == "tab-a_b-x"
    assert output.metadata["informe"]["caption"] == "Véase [aquí](#tab-a_b-x)."
    assert output.data["text/markdown"] == "[b](#tab-a_b-x) y [c](#tab-x-y)"
    assert first.cells[1].outputs[0].metadata["informe"]["id"] == "tab-x"


def test_equal_ids_of_two_notebooks_are_told_apart():
    parts = []
    for name in "ab":
        about = {"id": "tab-x", "kind": "table", "caption": "Una tabla."}
        data = {"text/markdown": "| a | b |\n|---|---|\n| 1 | 2 |"}
        shown = new_output("display_data", data, metadata={"informe": about})
        one = notebook(name, f"# {name}\n\n[Tabla](#tab-x), [otra](#tab-b-x).")
        one.cells.append(new_code_cell("", outputs=[shown]))
        parts.append(of_its_own(one, name))
    pdf, _ = InformeExporter(strict=True).from_notebook_node(merge(parts))
    assert pdf.startswith(b"%PDF")
