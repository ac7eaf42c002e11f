"""A stranger's notebook: shown, or its source is shown with a warning; never refused.

What the PDF says is read back with PDFium; each test is a row of what went wrong in
public notebooks.
"""

import base64
import io
import logging
import subprocess
import sys

import nbformat
import pypdfium2
import pytest
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    new_raw_cell,
)
from PIL import Image

from informe.document.exporter import InformeExporter
from informe.errors import ReportError
from tests.test_exporter import alternative_texts, pages

OBJECT = "<IPython.core.display.HTML object>"


def html(text, plain=OBJECT):
    return output({"text/html": text, "text/plain": plain})


def output(data):
    return new_code_cell("1", outputs=[new_output("display_data", data)])


def stream(text, name="stdout"):
    return new_code_cell("1", outputs=[new_output("stream", name=name, text=text)])


def png(width=4, height=3, form="PNG"):
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, form)
    return file.getvalue()


PNG = base64.b64encode(png()).decode()


@pytest.fixture
def convert(caplog, tmp_path):
    """Converts cells; gives the pages' text, the warnings and the PDF."""

    def converted(*cells, **metadata):
        node = new_notebook(
            cells=[new_markdown_cell(c) if isinstance(c, str) else c for c in cells],
        )
        node.metadata.update(metadata)  # odd ones, too
        resources = {"metadata": {"name": "alumna", "path": str(tmp_path)}}
        caplog.clear()
        caplog.set_level(logging.WARNING)
        exporter = InformeExporter(date="2026-11-23")
        pdf, _ = exporter.from_notebook_node(node, resources)
        converted.pdf = pdf
        return " ".join(pages(pdf)[1:]), [r.getMessage() for r in caplog.records]

    return converted


def right_edge(pdf):
    """Where the ink of the document ends, in points; a page is 595 wide."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        text = page.get_textpage()
        found += [text.get_rect(n)[2] for n in range(text.count_rects())]
    return max(found)


# --- Markdown and HTML --------------------------------------------------------


@pytest.mark.parametrize(
    "source, shown",
    [
        ('<h2 style="color:red" id="a">Uno</h2>\n\n<div>\n\n## Dos\n\n</div>', "Dos"),
        ("## \n\n<h1></h1>\n\nQueda", "Queda"),
        ("<ul><li>uno<li>dos</ul>", "• uno • dos"),
        ("<ol><li>uno</li><li>dos</li></ol>", "1. uno 2. dos"),
        ('<div class="alert alert-info"><b>Nota</b>: <i>sí</i></div>', "Nota: sí"),
        ("Línea\n| a | b |\n|---|---|\n| 1 | 2 |", "Línea a b 1 2"),
        ("<details><summary>Más</summary>texto</details>", "Más texto"),
        (
            "En C:\\nueva\\tabla, \\n y \\alpha; a \\newpage b",
            "C:\\nueva\\tabla, \\n y",
        ),
        (
            "usa --help -- o \"esto\" y 'eso'... no",
            "usa --help -- o \"esto\" y 'eso'...",
        ),
        ("`$x$` y\n\n~~~\n$HOME $y\n~~~\n\nfin", "$x$ y $HOME $y fin"),
        ("Cuesta \\$5 y \\$6", "Cuesta $5 y $6"),
        ("Cuesta $5, nada más.\n\nOtra", "Cuesta $5, nada más."),
        ("<p>Sea $ a < b $ y</p>", "Sea a < b y"),
        ("Tamaño/$N$, y más: $a$/$b$ o no", "Tamaño/N, y más: a/b o no"),
        ("**1. Uno** *- dos* [+ tres](http://a.b) ~~= 4~~", "1. Uno - dos + tres = 4"),
        ("## [1. Uno](b.ipynb)\n\n## **2. Dos**", "1. Uno 2. Dos"),
        ("Antes $x$, $ y $\\\\[z\\\\]", "Antes x, y z"),
        ('<iframe src="https://a.b/c"></iframe>', "https://a.b/c"),
        ("a <textarea rows=2>dicho</textarea>", "a dicho"),
        ("| a | b |\n|---|---|\n| <br> | 2 |", "a b 2"),
        ("##\xa0Uno\n\n# Dos", "1 Uno"),
        ("![foto](https://a.b/c.png)", "foto"),
        ("[vacío]() [script](javascript:alert(1))", "vacío script"),
        ("- [x] hecho\n- [ ] no", "hecho"),
        ("a<br>b <kbd>Ctrl</kbd> H<sub>2</sub>O", "a b Ctrl H2O"),
    ],
)
def test_markdown_is_shown_as_jupyterlab_shows_it(convert, source, shown):
    text, warnings = convert(source)
    assert shown in text and warnings == []


def test_pictures_of_any_stated_width(convert, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    for width in ("50%", "0", "300", "20px", ""):
        _, warnings = convert(f'<img src="a.png" width="{width}"> ![z](a.png)')
        assert warnings == [] and "z" in alternative_texts(convert.pdf)


def boxes(pdf):
    """Width and height of each picture on the first page, in points."""
    drawn = pypdfium2.PdfDocument(pdf)[1].get_objects([3])  # FPDF_PAGEOBJ_IMAGE
    edges = [picture.get_bounds() for picture in drawn]
    return [(round(right - left), round(top - low)) for left, low, right, top in edges]


def test_pictures_have_the_size_that_is_stated(convert, tmp_path):
    (tmp_path / "a.png").write_bytes(png(40, 20))
    styles = "", 'height="40"', 'style="color: red; height: 80px; max-width: 1px"'
    size = {"image/png": {"width": 100, "height": 20}}
    retina = new_output("display_data", {"image/png": PNG}, metadata=size)
    tags = [f'<img src="a.png?raw=true" {style}>' for style in styles]
    _, warnings = convert("\n\n".join(tags), new_code_cell("1", outputs=[retina]))
    assert boxes(convert.pdf)[1:] == [(60, 30), (120, 60), (75, 15)] and warnings == []


@pytest.mark.parametrize(
    "markup",
    [
        '<iframe src="mapa.html"></iframe>',
        "<div><iframe srcdoc='&lt;b&gt;mapa'></iframe></div>",
        '<audio controls><source src="data:audio/wav;base64,UklG"></audio>',
        '<video src="v.mp4"></video>',
        '<object data="x.pdf"></object>',
    ],
)
def test_what_plays_or_is_another_page_is_named(convert, markup):
    text, warnings = convert(markup, html(markup), "Fin")
    assert text.count("no se puede mostrar") == 2 and "Fin" in text
    assert [w[:14] for w in warnings] == ["alumna, cell 1", "alumna, cell 2"]


def test_two_faults_in_a_cell(convert):
    text, warnings = convert("$\\textcolor{a}{x}$ y $\\textcolor{b}{z}$")
    assert "\\textcolor{a}{x} y \\textcolor{b}{z}" in text.replace("\u200b", "")
    assert len(warnings) == 2


def test_hand_made_contents(convert):
    text, warnings = convert(
        "[a](#ancla) [b](#1-Primera-parte) [c](#1-primera-parte) [d](#scrollTo=Ab) <a "
        'id="ancla"></a>\n\n# 1 Primera parte\n\n# 1 Primera parte',
    )
    assert "a b c d" in text
    assert warnings == ["alumna, cell 1: the link [d](#scrollTo=Ab) points to nothing."]


def test_links_and_anchors_in_a_heading_that_heads_several_pages(convert):
    heading = '# <a id="x"></a> [Uno](http://a.b) <a name="y"></a>'
    text, warnings = convert("[a](#x) [b](#y)", heading, "Texto.\n\n" * 99, "# Dos")
    assert text.count("Uno") >= 3 and warnings == []


# --- Formulas -----------------------------------------------------------------


@pytest.mark.parametrize(
    "source, shown",
    [
        (r"$\overset{a}{b} \stackrel{d}{=} \underset{x}{c}$", "a"),
        (r"${\bf X} + {\rm d}y$ en \\(\LaTeX\\)", "X + dy en LaTeX"),
        (r"$\textcolor{red}{x} \large y$", "xy"),
        (r"$$\begin{vmatrix}a&b\\c&d\end{vmatrix}$$", "|a c b d|"),
        (r"$$\left[\begin{array}{c|c}a&b\\c&d\end{array}\right]$$", "[ a c b d ]"),
        ("$$\\begin{eqnarray}a&=&b\\\\c&=&d\\\\\\end{eqnarray}$$", "a = b c = d"),
        (r"$$x=1\tag{7}$$", "x = 1 (7)"),
        (r"$$x=1\label{uno}$$ Por \eqref{uno}.", "x = 1 (1) Por Ecuación 1."),
        (r"$$a=b \\ c=d$$", "a = b c = d"),
        (r"$P\left(A\right|\left.B\right)$ $\Big\rvert_u\ $", "P(A|B)|u"),
        (r"$\text{si $a$} \textcolor{red}{b}$ $c$$d$", "si a b cd"),
        (r"$\frac{v}{\left \Vert v \right \|}$ $||x||_2$", "v‖v‖ ‖x‖2"),
        (r"$\boxed{x}$ $\sum_{\substack{i\\j}} k$ $\pmatrix{a\\b}$", "x"),
        (r"${a\over b}$ $\let\e\epsilon \e$ $\dbinom{n}{k}$ $a\phantom{xy}$", "a"),
        (r"$$x\tag{3.1}\label{uno}$$ Por \eqref{uno}.", "(3.1) Por Ecuación (3.1)."),
        (r"$\textcolor{#ff0000}{x}$ $1{,}5$", "x 1,5"),
        (r"$$\begin{array}{r}12\\+3\\\hline 15\end{array}\quad x$$", "12 +3 15 x"),
    ],
)
def test_formulas_that_were_refused(convert, source, shown):
    text, warnings = convert(source)
    assert shown.replace(" ", "") in text.replace(" ", "") and warnings == []
    assert "\\" not in text


def test_macros_of_an_earlier_cell(convert):
    cells = "$$\\newcommand{\\pr}[1]{P(#1)} \\def\\d{\\mathrm{d}}$$", "$\\pr{y}\\d x$"
    text, warnings = convert(*cells)
    assert "P(y)dx" in text.replace(" ", "") and warnings == []


def lefts(pdf, sign):
    """Where a sign starts each time that it stands on the first page, in points."""
    text = pypdfium2.PdfDocument(pdf)[1].get_textpage()
    signs = [n for n in range(text.count_chars()) if text.get_text_range(n, 1) == sign]
    return [text.get_charbox(n)[0] for n in signs]


def test_aligned_columns_keep_a_distance(convert):
    convert("$$\\begin{align}a&=b&c&=d\\end{align}$$")
    first, second = lefts(convert.pdf, "=")
    assert second - first > 40
    convert("$$\\begin{cases}1&8\\\\0&9\\end{cases}$$")
    assert lefts(convert.pdf, "8")[0] - lefts(convert.pdf, "1")[0] > 12


@pytest.mark.parametrize(
    "formula",
    [
        "\\begin{array}{lr}1&8\\\\2&9\\end{array}",
        "f=\\begin{matrix}1&8\\\\2&9\\end{matrix}",
        "f=\\begin{smallmatrix}1&8\\\\2&9\\end{smallmatrix}",
        "\\left\\{\\begin{aligned}1&=8\\\\2&=9\\end{aligned}\\right.",
        "\\begin{array}{c|c}1&8\\\\\\hline 2&9\\end{array}",
    ],
)
def test_columns_of_a_part_of_a_formula_are_apart(convert, formula):
    convert(f"$${formula}\\quad x$$")
    (one, two), (eight, nine) = (
        (lefts(convert.pdf, a)[0], lefts(convert.pdf, b)[0]) for a, b in ("12", "89")
    )
    assert one == pytest.approx(two, abs=1) and eight == pytest.approx(nine, abs=1)
    assert eight - one > 10


def test_a_wide_matrix_in_a_line_stays_on_the_page(convert):
    row = "&".join(["a+bcd"] * 20)
    convert(f"Sea $\\begin{{bmatrix}}{row}\\end{{bmatrix}}$")
    assert right_edge(convert.pdf) < 595 - 65


def test_a_matrix_in_a_line_is_no_smaller(convert):
    matrix = "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"
    widths = []
    for source in (f"$$ {matrix} $$", f"Sea ${matrix}$"):
        convert(source)
        widths.append(lefts(convert.pdf, "4")[0] - lefts(convert.pdf, "3")[0])
    assert widths[0] == pytest.approx(widths[1])


@pytest.mark.parametrize(
    "source", [r"\desconocida x", r"\begin{tabular}{c}a\end{tabular}"]
)
def test_an_unknown_formula_is_shown_as_its_source(convert, source):
    text, warnings = convert("# Uno", f"Sea ${source}$ así")
    assert source in text and "así" in text
    assert len(warnings) == 1 and warnings[0].startswith("alumna, cell 2: formula $")


def test_what_typst_refuses_is_shown_as_its_source(convert, monkeypatch):
    monkeypatch.setattr("informe.document.markdown._pandoc", _broken)
    text, warnings = convert("Antes", "[x]")
    assert "Antes" in text and "TEXTO" in text
    assert warnings == ["alumna, cell 2: unknown variable: rota; its source is shown."]


def _broken(pieces, known):
    good = {"typst": "Antes", "parts": [], "problems": []}
    bad = {"code": "$rota$", "source": "TEXTO"}
    return [good, good | {"typst": "a \ue0021\ue003 b", "parts": [bad]}]


# --- Outputs ------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, shown",
    [
        (html("<p>Hola <b>mundo</b></p>"), "Hola mundo"),
        (html("<p>Hola</p>", "<pandas.io.formats.style.Styler at 0x1>"), "Hola"),
        (html('<img src="http://a.b/c.png">'), "http://a.b/c.png"),
        (html("<div>Casa()</div>", "Casa()"), "Casa()"),
        (output({"text/latex": "$\\rota$", "text/plain": "x + 1"}), "x + 1"),
        (output({"text/latex": "$x^2$", "image/png": PNG}), "x 2"),
        (html("<table><tr><td>1<td>2<tr><td>3<td>4</table>", "PLANO"), "1 2 3 4"),
        (output({"application/json": {"a": [1]}}), '"a": ['),
        (output({"text/markdown": "- uno\n- dos"}), "• uno • dos"),
        (new_raw_cell("cru*da*"), "cru*da*"),
        (stream("falla", "stderr"), "falla"),
        (stream("10%\b\b\b20%\r30%\ncola\x07"), "30% cola"),
        (stream("larga\rab\n"), "abrga"),
    ],
)
def test_outputs_keep_their_content(convert, cell, shown):
    text, warnings = convert(cell)
    assert shown in text and "object" not in text and warnings == []


@pytest.mark.parametrize(
    "data, name",
    [
        ({"application/vnd.plotly.v1+json": {}, "text/html": "<div></div>"}, "Plotly"),
        ({"application/vnd.bokehjs_exec.v0+json": "", "text/html": "<b>"}, "Bokeh"),
        ({"application/vnd.vegalite.v5+json": {}, "text/plain": "<V>"}, "Vega"),
        ({"application/vnd.jupyter.widget-view+json": {}}, "widget"),
        ({"application/x-nada": ""}, "application/x-nada"),
        (
            {"application/geo+json": {}, "text/plain": "<GeoJSON object>"},
            "application/geo+json",
        ),
        ({"text/html": "<div></div><script>1</script>"}, "script"),
        ({"text/html": "<div></div><script>1</script>", "text/plain": "C()"}, "script"),
    ],
)
def test_what_cannot_be_shown_is_named(convert, data, name):
    text, warnings = convert(output(data))
    assert "no se puede mostrar" in text
    assert name in warnings[0] and warnings[0].startswith("alumna, cell 1: what")


def test_a_widget_s_text_and_an_error_without_trace_are_shown(convert):
    view = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "7/9 it/s"}
    error = new_output("error", ename="ValueError", evalue="corto", traceback=[])
    text, _ = convert(output(view), new_code_cell("1", outputs=[error]))
    assert "7/9 it/s" in text and "ValueError: corto" in text


def test_warnings_of_typst_name_the_cell(convert):
    text, warnings = convert("Uno", stream("dos 😀"), "Tres 💻\u200d &#7;", title="\a")
    assert "‹U+1F600›" in text and "‹U+1F4BB›‹U+200D› ‹U+0007›" in text
    places = [w[:14] for w in warnings]
    assert sorted(places) == ["alumna, cell 2"] + ["alumna, cell 3"] * 3


def test_a_widget_s_picture_is_shown(convert):
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "Figura"}
    picture = {"image/png": PNG}
    _, warnings = convert(output(widget | picture))
    assert alternative_texts(convert.pdf) == ["Figura"] and warnings == []


def test_an_unexecuted_notebook_says_so(convert):
    text, warnings = convert(new_code_cell("1 + 1"))
    assert "1 + 1" in text and "sin ejecutar" in pages(convert.pdf)[0]
    assert warnings == ["alumna: no cell has been executed; its outputs are missing."]


# --- Tables and long words ----------------------------------------------------


def test_columns_of_two_levels(convert):
    top = "<tr><th></th><th colspan=2>AA</th><th colspan=2>BB</th></tr>"
    rows = "<tr><th rowspan=2>r</th><td>1</td><td>2</td><td>3</td><td>4</td></tr>"
    rows += "<tr><td>5</td><td>6</td><td>7</td><td>8</td></tr>"
    table = f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>"
    text, _ = convert(html(table, "PLANO"))
    assert "AA BB r 1 2 3 4 5 6 7 8" in text


def test_columns_of_two_levels_that_do_not_fit(convert):
    top = "<tr><th></th><th colspan=20>AA</th></tr>"
    cells = [f"{n}.5555555" for n in range(10, 30)]
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    table = f"<table><thead>{top}</thead><tr><td>r</td>{row}</tr></table>"
    text, _ = convert(html(table, "PLANO"))
    assert [cell for cell in cells if cell not in text] == [] and text.count("AA") == 20
    assert right_edge(convert.pdf) < 595 - 65


@pytest.mark.parametrize("columns", [4, 9, 30])
def test_wide_tables_stay_on_the_page(convert, columns):
    row = "".join(f"<td>palabra_larga_{n}</td>" for n in range(columns))
    text, _ = convert(html(f"<table><tr>{row}</tr></table>"))
    compact = text.replace("\u200b", "").replace(" ", "")
    assert all(f"palabra_larga_{n}" in compact for n in range(columns))
    assert right_edge(convert.pdf) < 595 - 65


def test_code_that_goes_on_is_indented_more_than_its_line(convert):
    convert(new_code_cell("if a:\n    b(" + "x, " * 40 + "8)\n    9"))
    assert lefts(convert.pdf, "8")[0] > lefts(convert.pdf, "9")[0] + 15


def test_long_words_stay_on_the_page(convert):
    convert("z" * 200 + " `" + "x_y." * 60 + "` http://a.b/" + "c" * 150)
    assert right_edge(convert.pdf) < 595 - 65


# --- Pictures -----------------------------------------------------------------

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20">{}</svg>'


@pytest.mark.parametrize(
    "inside, warning",
    [
        ("<text y='9'>a&nbsp;b&eacute;</text>", None),
        ("<image href='http://a.b/c.png'/><rect width='9' height='9'/>", "elsewhere"),
        ("<script>alert(1)</script><rect width='9' height='9'/>", "script"),
        ("<rect", "SVG"),
        ("<image href = '../c.png'></image><rect width='9' height='9'/>", "elsewhere"),
        ("<foreignObject><p/></foreignObject>", "HTML"),
    ],
)
def test_an_svg_is_drawn_without_what_is_foreign(convert, inside, warning):
    text, warnings = convert(
        output({"image/svg+xml": "\ufeff" + SVG.format(inside)}), "Fin"
    )
    assert "Fin" in text
    assert [warning in w and "cell 1" in w for w in warnings] == [True] * bool(warning)


def test_a_picture_that_is_none(convert, tmp_path):
    (tmp_path / "a.png").write_bytes(b"hola")
    bad = output({"image/png": base64.b64encode(png()[:40]).decode()})
    text, warnings = convert("![Mi foto](a.png) ![otra](no.png)", bad)
    assert "Imagen que falta: Mi foto (a.png)" in text
    assert "Imagen que falta: otra (no.png)" in text
    assert sorted(w[:14] for w in warnings) == ["alumna, cell 1"] * 2 + [
        "alumna, cell 2"
    ]


def test_pictures_that_typst_does_not_draw_are_turned_into_png(convert, tmp_path):
    (tmp_path / "a.bmp").write_bytes(png(form="BMP"))
    (tmp_path / "b.png").write_bytes(png(form="TIFF"))
    _, warnings = convert("![a](a.bmp) ![b](b.png)")
    assert alternative_texts(convert.pdf) == ["a", "b"] and warnings == []


# --- Title --------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells, metadata, title",
    [
        (["# Uno *y* dos"], {"title": 'De "A" #[b] <i> $x$'}, 'De "A" #[b] <i> $x$'),
        (["Nada", "## Menor", "# Uno *y* `dos`"], {}, "Uno y dos"),
        (["Nada"], {}, "alumna"),
    ],
)
def test_title_authors_and_language_are_the_notebook_s(convert, cells, metadata, title):
    convert(*cells, **metadata, authors=[{"name": "Ana #1"}, {"name": "B"}], lang="en")
    found = pypdfium2.PdfDocument(convert.pdf).get_metadata_dict()
    assert (found["Title"], found["Author"]) == (title, "Ana #1, B")
    assert title in pages(convert.pdf)[0] and b"<rdf:li>en<" in convert.pdf


@pytest.mark.parametrize(
    "authors, shown", [("Ana", "Ana"), (["Ana", "B"], "Ana, B"), (None, None), (5, "5")]
)
def test_odd_metadata_are_no_reason_to_refuse(convert, authors, shown):
    convert("# Uno", authors=authors, title=" ", lang="EN-us", language_info=None)
    found = pypdfium2.PdfDocument(convert.pdf).get_metadata_dict()
    assert (found["Title"], found.get("Author") or None) == ("Uno", shown)
    assert b"<rdf:li>en<" in convert.pdf


@pytest.mark.parametrize(
    "prose, lang", [("The end of the year", "en"), ("El fin de la época of", "es")]
)
def test_the_language_is_that_of_the_prose(convert, prose, lang):
    convert(prose)
    assert b"<rdf:li>%s" % lang.encode() in convert.pdf


def test_an_h1_need_not_start_a_page(convert):
    text, _ = convert("# Uno\n\nTexto.\n\n# Dos\n\nOtro.")
    assert "1 Uno Texto. 2 Dos Otro." in text


def test_a_fault_on_the_command_line_is_one_line(tmp_path):
    nbformat.write(
        new_notebook(cells=[new_markdown_cell("$\\rota$")]), tmp_path / "a.ipynb"
    )
    command = [sys.executable, "-m", "nbconvert", "--to", "informe", "a.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert sum("a, cell 1: formula $\\rota$" in x for x in done.stderr.split("\n")) == 1
    command.append("--InformeExporter.date=ayer")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "The date 'ayer' is not of the form 2026-11-23." in done.stderr


def test_a_strict_document_is_refused_with_all_its_faults():
    cells = [new_markdown_cell("$\\rota$ [x](#no)"), new_markdown_cell("![](no.png)")]
    with pytest.raises(ReportError) as caught:
        InformeExporter(strict=True).from_notebook_node(new_notebook(cells=cells))
    assert [line[:16] for line in str(caught.value).split("\n")] == [
        "Notebook, cell 1"
    ] * 2 + ["Notebook, cell 2"]
