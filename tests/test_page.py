"""The page: the same document as the PDF, in one file that asks for nothing."""

import base64
import json
import re
import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from informe.document.exporter import InformeExporter
from informe.document.page import PageExporter, page
from informe.explore.live import as_json
from tests.support.pages import paragraphs, pdf_text, said

DATED = {"title": "Redes", "date": "2026-11-23"}
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="144pt" height="72pt">'
    '<title>«50 %» &amp; #más</title><rect width="50" height="20" fill="#0a0"/></svg>'
)
TEXT = """# Una parte

## Sección con *énfasis*

Según [LeCun et al.](#bib-lecun1998), la [figura](#fig-uno), la [tabla](#tab-uno) y la
[ecuación](#eq-uno) dicen lo mismo en el documento impreso que en la página, con los
mismos números, pies y referencias, y $x^2$ es una fórmula.

$$ a = b + 1 $$ <!-- #eq-uno -->

- primero
- segundo, con `código`

## Sección con *énfasis*

Otra vez, con [enlace](https://example.org/a?b=1&c=2) y <b>negrita</b>.
"""


def captioned(kind, name, data):
    about = {
        "kind": kind,
        "id": name,
        "caption": f"El pie de {name}.",
        "alt": "Un cuadro",
    }
    return new_output("display_data", data, metadata={"informe": about})


@pytest.fixture(scope="module")
def notebook():
    table = {"text/markdown": "| a | b |\n|---|--:|\n| uno | 2 |\n| tres | 4 |"}
    outputs = [
        captioned("figure", "fig-uno", {"image/svg+xml": SVG, "text/plain": ""}),
        captioned("table", "tab-uno", table),
        new_output("stream", name="stdout", text="salida <b>&</b>"),
    ]
    code = new_code_cell("def f(x):\n    return '</script><b>'", outputs=outputs)
    return new_notebook(cells=[new_markdown_cell(TEXT), code])


@pytest.fixture(scope="module")
def html(notebook) -> str:
    return export(notebook)


@pytest.fixture(scope="module")
def soup(html) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def export(notebook, **fields) -> str:
    return PageExporter(**DATED | fields).from_notebook_node(notebook)[0]


def test_it_says_what_the_pdf_says(notebook, html):
    text = pdf_text(InformeExporter(**DATED).from_notebook_node(notebook)[0])
    found = paragraphs(html)
    assert len(found) > 15
    assert [paragraph for paragraph in found if not said(paragraph, text)] == []
    assert "Figura1.Elpiedefiguno." in found and "1.2Secciónconénfasis" in found


def test_references_lead_to_what_they_name(soup):
    targets = {e["id"] for e in soup.select("[id]")}
    links = [a["href"] for a in soup.select("a[href^='#']")]
    assert {"#fig-uno", "#tab-uno", "#eq-uno", "#1.1-sección-con-énfasis"} <= set(links)
    assert {link[1:] for link in links} <= targets
    assert len(targets) == len(soup.select("[id]"))  # two equal headings differ
    assert soup.select_one("figure#fig-uno figcaption a.ancla")["href"] == "#fig-uno"
    shown = {a["href"]: " ".join(a.text.split()) for a in soup.select("main p a")}
    assert shown["#fig-uno"] == "Figura 1" and shown["#eq-uno"] == "Ecuación 1"


def test_formulas_are_mathml_and_code_is_coloured(soup):
    assert soup.select("main p math msup")
    assert soup.select(".ecuacion math")[0].find_next_sibling("div").text == "(1)"
    assert soup.select("pre code span[style*=color]")
    assert "return '</script><b>'" in soup.select(".codigo")[0].get_text()


def test_a_table_keeps_the_sides_of_its_columns(soup):
    classes = [cell["class"] for cell in soup.select("tbody tr:first-child td")]
    assert classes == [["left"], ["right"]]


def test_a_figure_is_an_svg_with_words_for_those_who_cannot_see_it(soup):
    image = soup.select_one("figure#fig-uno img")
    assert image["alt"] == "Un cuadro"
    assert "<title>«50 %» &amp; #más</title>" in decoded(image["src"])


def decoded(address: str) -> str:
    from urllib.parse import unquote

    kind, _, text = address.partition(",")
    assert kind == "data:image/svg+xml"
    return unquote(text)


def test_it_asks_for_nothing(html, soup):
    loaded = [
        *(e.get(name, "") for e in soup.find_all(True) for name in ("src", "srcset")),
        *(e["href"] for e in soup.find_all("link", href=True)),
        *re.findall(r"url\(([^)]*)\)|@import", html),
    ]
    assert [a for a in loaded if a and not a.startswith("data:")] == []
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'") and "connect" not in policy


def test_the_same_notebook_gives_the_same_bytes(notebook, html):
    assert export(notebook) == html


def test_its_policy_names_every_script_and_no_other(soup):
    import hashlib

    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    scripts = [s.string for s in soup.find_all("script") if not s.get("type")]
    digests = [hashlib.sha256(s.encode()).digest() for s in scripts]
    assert scripts
    assert set(re.findall("'sha256-([^']+)'", policy)) == {
        base64.b64encode(digest).decode() for digest in digests
    }


def test_what_a_document_holds_stays_within_it():
    hostile = {"classes": ["</script><script>alert(1)</script>", "<!--", "a & b"]}
    documents = {"set-1": as_json(hostile)}
    html = page("<html><head></head><body></body></html>", "", "", documents)
    soup = BeautifulSoup(html, "html.parser")
    assert json.loads(soup.find(id="dato-set-1").string) == hostile
    assert len(soup.find_all("script")) == 2  # the frame's and the document


HOSTILE = """<script>alert(1)</script><style>body{display:none}</style>
<p onclick="alert(2)" style="position:fixed">texto</p><iframe src="https://x.org"></iframe>
<a href="javascript:alert(3)">va</a><img src="x" onerror="alert(4)">
<svg onload="a()"/>"""


@pytest.mark.parametrize("markup", [HOSTILE, f"# Título\n\n{HOSTILE}"])
def test_nothing_of_a_stranger_s_runs_in_it(markup):
    output = new_output("display_data", {"text/html": HOSTILE})
    about = {
        "kind": "figure",
        "id": "fig-x",
        "caption": HOSTILE,
        "live": {"component": 3},
    }
    data = {"image/svg+xml": SVG.replace("<rect", "<script>alert(5)</script><rect")}
    drawn = new_output("display_data", data, metadata={"informe": about})
    code = new_code_cell("", outputs=[output, drawn])
    html = export(new_notebook(cells=[new_markdown_cell(markup), code]))
    soup = BeautifulSoup(html, "html.parser")
    assert "texto" in soup.main.get_text()
    assert soup.main.find_all(["script", "style", "iframe", "svg", "object"]) == []
    for element in soup.main.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")]
        assert not element.get("href", "").lower().startswith("javascript")
        assert "fixed" not in element.get("style", "")
    pictures = [decoded(i["src"]) for i in soup.select("main img") if "svg" in i["src"]]
    assert not any("alert" in picture for picture in pictures)


def test_a_fault_names_its_cell_and_what_it_is(caplog):
    bars = "$$\\left[\\begin{array}{c|c}1&2\\end{array}\\right]$$"
    link = '<a href="\\x01javascript:alert(1)">a</a> [b](<&#1;javascript:alert(1)>)'
    svg = new_output("display_data", {"image/svg+xml": "<svg width=9/>"})
    cells = [new_markdown_cell(bars), new_code_cell("1", outputs=[svg])]
    made = new_notebook(cells=[*cells, new_markdown_cell(link)])
    page = PageExporter().from_notebook_node(made)[0]
    assert ">|</mo>" in page
    assert 'href="javascript' not in page
    assert caplog.messages[-1].startswith("Notebook, cell 2: failed to parse SVG")


def test_with_trust_an_output_s_script_is_kept():
    html = "<b id='mio'>hola</b><script>document.title = 'x'</script>"
    output = new_output("display_data", {"text/html": html, "text/plain": "<obj>"})
    before = new_output("stream", name="stdout", text="antes")
    code = new_code_cell("", outputs=[before, output])
    made = new_notebook(cells=[new_markdown_cell("# A"), code])
    trusted = PageExporter(trust=True).from_notebook_node(made)[0]
    assert html in trusted and "antes" in trusted
    assert "Content-Security-Policy" not in trusted
    assert "document.title" not in export(made)


def test_its_language_is_the_notebook_s():
    english = new_notebook(cells=[new_markdown_cell("# A")], metadata={"lang": "en"})
    assert BeautifulSoup(export(english), "html.parser").html["lang"] == "en"


def test_markup_in_its_fields_comes_out_as_typed(notebook):
    odd = '<b>"A" & #strong[b] $x$ _c_ \\'
    soup = BeautifulSoup(export(notebook, title=odd, author=odd), "html.parser")
    assert soup.h1.get_text() == odd and soup.title.get_text() == odd
    assert odd in [p.get_text() for p in soup.header.select("p")]


def test_nbconvert_makes_it_of_any_notebook(notebook, tmp_path):
    nbformat.write(notebook, tmp_path / "uno.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "informe-html", "uno.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert "<h2 id=" in (tmp_path / "uno.html").read_text("utf-8")
