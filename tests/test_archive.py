"""A PDF for archives and for all ears, as a validator that is not ours judges it."""

import logging
import re

import nbformat
import page
import pypdfium2
import pytest
from nbformat.v4 import new_code_cell, new_output

from informe.cli import documents
from informe.document.exporter import Attachment, InformeExporter
from informe.document.page import PageExporter
from informe.execution.processes import Execution
from tests.test_exporter import (
    DATED,
    PNG,
    PROSE,
    SVG,
    TRAINING,
    alternative_texts,
    export,
    figure,
    notebook,
    pages,
    shown,
    table,
)

EVERYTHING = """## Listas y enlaces

1. uno
2. dos
   - [un sitio](https://example.org)
   - `código`, **fuerte** y *énfasis*, con una nota[^n]

> Una cita.

![Un punto](data:image/png;base64,PNG) y $\\sqrt{x}$.

```python
print("hola")
```

[^n]: La nota.
""".replace("PNG", PNG)
LENGTH = "PDFA3A-STREAM-LENGTH-001"
DATA = Attachment(b'{"a": 1}', "application/json", "data", "Los datos")


@pytest.fixture(scope="module")
def pdf():
    cells = [PROSE, EVERYTHING, TRAINING, figure("fig-uno", "Pie con $x^2$.")]
    cells += [table("tab-dos", "| | a |\n|:--|--:|\n| año | 0.93 |")]
    cells += [
        shown({"text/plain": "def f(): ..."}, kind="listing", id="l", caption="f")
    ]
    frame = "<table><tr><th></th><th colspan=2>a</th></tr>"
    cells += [shown({"text/html": frame + "<tr><td>x</td><td>1</td><td>2</td></tr>"})]
    error = new_output("error", ename="E", evalue="e", traceback=["E: ay"])
    cells += [new_code_cell("1 / 0", outputs=[error])]
    exporter = InformeExporter(**DATED, strict=True, attachments={"datos.json": DATA})
    return exporter.from_notebook_node(notebook(*cells))[0]


def faults(pdf, profile):
    report = page.validate_pdf_bytes(pdf, profile=profile)
    assert report.rules.total > 100
    # It takes a stream's last byte, if that is \r, for a part of the line's end.
    return {f.rule_id: f.message for f in report.failures if f.rule_id != LENGTH}


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_a_document_with_everything_conforms(pdf, profile):
    assert faults(pdf, profile) == {}


@pytest.mark.parametrize(
    "profile, good, bad, rule",
    [
        ("ua1", b"dc:title>", b"dc:titel>", "METADATA-TITLE"),
        ("ua1", b"/Alt(", b"/Tla(", "ALTERNATIVE-TEXT"),
        ("ua1", b"/Lang(es-MX)", b"/Gnal(es-MX)", "LANGUAGE"),
        ("3a", b"/AFRelationship", b"/AFrelationship", "RELATIONSHIP"),
    ],
)
def test_what_is_damaged_does_not(pdf, profile, good, bad, rule):
    assert good in pdf
    assert any(rule in fault for fault in faults(pdf.replace(good, bad), profile))


def test_files_travel_in_the_pdf(pdf):
    document = pypdfium2.PdfDocument(pdf)
    (attached,) = map(document.get_attachment, range(document.count_attachments()))
    assert attached.get_name() == "datos.json"
    assert bytes(attached.get_data()) == DATA.content


def test_a_picture_that_no_archive_takes_is_kept(caplog):
    deep = "".join(
        f'<clipPath id="c{n}"><rect width="{90 - n}" height="90"/></clipPath>'
        f'<g clip-path="url(#c{n})">'
        for n in range(40)
    )
    svg = SVG.replace("<rect", deep + "<rect", 1).replace(
        "</svg>", "</g>" * 40 + "</svg>"
    )
    with caplog.at_level(logging.WARNING):
        made = export("# Uno", shown({"image/svg+xml": svg}), strict=False)
    assert "the PDF cannot be PDF/A-3a: the PDF has too high q nesting" in caplog.text
    assert faults(made, "ua1") == {}


# --- What is heard --------------------------------------------------------------

HEARD = {  # of the report's notebooks, and a few that others have
    "y_i": "y sub i",
    r"28 - 4 + 1 = 25": "28 menos 4 más 1 igual a 25",
    r"z_{i,1}, \ldots, z_{i,10}": "z sub i, 1, puntos suspensivos, z sub i, 10",
    r"\partial \ell_i / \partial z_{i,k} = p_{i,k} - \mathbb{1}[y_i = k]": (
        "parcial de ele sub i sobre parcial de z sub i, k igual a p sub i, k menos "
        "indicadora de abre corchete y sub i igual a k cierra corchete"
    ),
    r"p_{i,k} = \frac{\exp(z_{i,k})}{\sum_{j=1}^{10} \exp(z_{i,j})}": (
        "p sub i, k igual a fracción con numerador exponencial de z sub i, k y "
        "denominador suma desde j igual a 1 hasta 10 de exponencial de z sub i, j, "
        "fin de fracción"
    ),
    r"L = \frac{1}{B} \sum_{i=1}^{B} \ell_i": (
        "L igual a 1 sobre B, suma desde i igual a 1 hasta B de ele sub i"
    ),
    r"\ell_i = -\log p_{i,y_i}": (
        "ele sub i igual a menos logaritmo de p sub i, y sub i fin de subíndice"
    ),
    r"\theta \leftarrow \theta - \eta \nabla_\theta L": (
        "theta pasa a ser theta menos eta nabla sub theta L"
    ),
    r"\text{precisión}_k = \frac{C_{k,k}}{\sum_{j} C_{j,k}}": (
        "precisión sub k igual a fracción con numerador C sub k, k y denominador suma "
        "sobre j de C sub j, k, fin de fracción"
    ),
    r"\mathrm{ELU}(x) = \begin{cases} x & \text{si } x > 0, \\ e^{x} - 1 & \text{si } "
    r"x \le 0. \end{cases}": (
        "ELU de x igual a por casos: x, si x mayor que 0; e elevado a x menos 1, si x "
        "menor o igual que 0; fin de los casos"
    ),
    r"\frac{g_t}{\sqrt{s_{t-1}} + \varepsilon}": (
        "fracción con numerador g sub t y denominador raíz cuadrada de s sub t menos 1 "
        "fin de subíndice fin de raíz más épsilon, fin de fracción"
    ),
    r"2 / (B + m)": "2 sobre abre paréntesis B más m cierra paréntesis",
    r"60\,000 \times 10^{-8}": "60\u202f000 por 10 elevado a menos 8",
    r"\lVert \hat{x}\rVert_2^2": "norma de x gorro fin de norma sub 2 al cuadrado",
    r"\lim_{n\to\infty} f(a_n)": ("límite cuando n tiende a infinito de f de a sub n"),
    r"\operatorname{argmax}_k \max(0, z_k)": (
        "argmax sobre k de máximo de abre paréntesis 0, z sub k cierra paréntesis"
    ),
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^\top": (
        "matriz: fila 1: 1, 2; fila 2: 3, 4; fin de la matriz transpuesta"
    ),
}


def test_formulas_are_heard_in_spanish():
    heard = alternative_texts(export("\n\n".join(f"${tex}$" for tex in HEARD)))
    assert heard == list(HEARD.values())


def test_formulas_of_another_language_are_heard_as_typed():
    english = notebook("$y_i$")
    english.metadata["lang"] = "en"
    made, _ = InformeExporter(**DATED).from_notebook_node(english)
    assert alternative_texts(made) == ["y_i"]


def test_no_header_cell_is_silent():
    cells = ["# Uno", table("t", "| | a |\n|--|--|\n| x | y |")]
    assert "fila a x y" in pages(export(*cells))[-1]
    html, _ = PageExporter(**DATED).from_notebook_node(notebook(*cells))
    assert re.search(r"<thead>\s*<tr>\s*<td", html)


# --- What the report's PDF carries ----------------------------------------------


def test_attached_notebooks_depend_on_no_execution(tmp_path):
    made = []
    for second in (1, 2):
        cell = new_code_cell("1", metadata={"execution": {"shell": str(second)}})
        both = {"image/svg+xml": SVG, "image/png": PNG}
        cell.outputs = [new_output("display_data", both)]
        executed = notebook(cell)
        executed.metadata["papermill"] = {"start_time": second, "input_path": "m.ipynb"}
        target = tmp_path / f"{second}.ipynb"
        nbformat.write(executed, target)
        made.append(documents.attachments([Execution(target, target, {})]))
    first, second = ([file.content for file in one.values()] for one in made)
    assert first == second
    assert PNG.encode() not in first[0] and b"<svg" in first[0]
    assert [*made[0]] == ["1.ipynb", "requirements.lock"]
