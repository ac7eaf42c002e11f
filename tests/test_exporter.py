"""The exporter: what the PDF says is read back with PDFium, not with our own code."""

import ctypes
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

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

from informe.document.cells import terminal
from informe.document.exporter import InformeExporter
from informe.document.markdown import bibliography_keys
from informe.errors import ReportError

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="144pt" height="72pt">'
    '<rect width="50" height="20" fill="teal"/></svg>'
)
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
DATED = {"title": "Redes", "date": "2026-11-23"}


def notebook(*cells):
    return new_notebook(
        cells=[new_markdown_cell(c) if isinstance(c, str) else c for c in cells]
    )


def shown(data, **informe):
    """A code cell with one output; `informe` is its metadata for the report."""
    metadata = {"informe": informe} if informe else {}
    output = new_output("display_data", data, metadata=metadata)
    return new_code_cell("", outputs=[output])


def figure(name, caption="Un pie.", alt="Un rectángulo"):
    data = {"image/svg+xml": SVG, "text/plain": "<Figure>"}
    return shown(data, kind="figure", id=name, caption=caption, alt=alt)


def table(name, markdown, caption="Un pie."):
    data = {"text/markdown": markdown, "text/html": "<b>pantalla</b>"}
    return shown(data, kind="table", id=name, caption=caption)


def export(*cells, title_page=DATED, strict=True):
    exporter = InformeExporter(**title_page, strict=strict)
    return exporter.from_notebook_node(notebook(*cells))[0]


def pages(pdf):
    """Text of each page: one space for any blank, letters as typed on a keyboard."""
    document = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    texts = [re.sub("[\ufffe\u00ad\u0002]\\s*", "", text) for text in texts]
    return [" ".join(unicodedata.normalize("NFKC", text).split()) for text in texts]


def read(*cells, **options):
    return " ".join(pages(export(*cells, **options)))


def error(*cells):
    with pytest.raises(ReportError) as caught:
        export(*cells, strict=True)
    return str(caught.value)


def alternative_texts(pdf):
    """All alternative texts in the structure tree of a tagged PDF."""
    raw, found = pypdfium2.raw, []

    def visit(element):
        size = raw.FPDF_StructElement_GetAltText(element, None, 0)
        if size:
            buffer = ctypes.create_string_buffer(size)
            raw.FPDF_StructElement_GetAltText(element, buffer, size)
            found.append(buffer.raw[: size - 2].decode("utf-16-le"))
        for index in range(max(0, raw.FPDF_StructElement_CountChildren(element))):
            if child := raw.FPDF_StructElement_GetChildAtIndex(element, index):
                visit(child)

    for page in pypdfium2.PdfDocument(pdf):
        tree = raw.FPDF_StructTree_GetForPage(page)
        for index in range(raw.FPDF_StructTree_CountChildren(tree)):
            visit(raw.FPDF_StructTree_GetChildAtIndex(tree, index))
        raw.FPDF_StructTree_Close(tree)
    return found


# --- A report -----------------------------------------------------------------

PROSE = """# Parte 3. Imágenes en color

¿Qué dice el niño? La [figura](#fig-uno), la [tabla](#tab-dos), la [ecuación](#eq-tres)
y la [sección](#sec-final) lo explican, como [Kingma y Ba](#bib-kingma2015).

$$
p_k = \\frac{e^{z_k}}{\\sum_j e^{z_j}}
$$ <!-- #eq-tres -->

Sin número: $$a = b$$

Véase [el final](#El-final).

## El final <!-- #sec-final -->

| Capa | Pesos |
|---|---|
| densa | 6 260 |

: Las capas. <!-- #tab-capas -->
"""

TRAINING = new_code_cell(
    'print("época")',
    outputs=[
        new_output("stream", name="stderr", text="epoch 1: 40%|####\r"),
        new_output("stream", name="stdout", text="\x1b[31mépoca\x1b[0m\n 1%\r 99%\n"),
    ],
)


@pytest.fixture(scope="module")
def report():
    page = dict(
        title="Clasificación de imágenes con redes neuronales",
        course="Curso",
        author="Autora",
        institution="Universidad",
        date="2026-11-23",
        notice="Con la muestra.",
    )
    cells = [PROSE, TRAINING, figure("fig-uno", "Pie con $x^2$ y [ref](#tab-dos).")]
    cells += [table("tab-dos", "| Clase | Valor |\n|:--|--:|\n| año | 0.93 |")]
    cells += [shown({"text/markdown": "La exactitud fue **0.917**."})]
    return export(*cells, title_page=page)


@pytest.fixture(scope="module")
def text(report):
    return " ".join(pages(report))


def test_title_page(report):
    first = pages(report)[0]
    for part in (
        "Clasificación de imágenes con redes neuronales",
        "Curso",
        "Autora",
        "Universidad",
        "23 de noviembre de 2026",
        "Con la muestra.",
    ):
        assert part in first


def test_empty_fields_of_the_title_page_are_absent():
    first = pages(export("Hola", title_page={"title": "Solo", "date": ""}))[0]
    assert first == "Solo"


def test_cover_with_pictures_and_a_question(tmp_path):
    (tmp_path / "a.svg").write_text(SVG)
    cover = str(tmp_path / "a.svg")
    page = {"subtitle": "¿Por qué?", "cover": [cover] * 2}
    pdf = export("Hola", title_page=page)
    assert "¿Por qué?" in pages(pdf)[0]
    page = pypdfium2.PdfDocument(pdf)[0]
    kinds = [item.type for item in page.get_objects()]
    plain = pypdfium2.PdfDocument(export("Hola", title_page=DATED))[0]
    assert len(kinds) > len(list(plain.get_objects()))
    with pytest.raises(ReportError, match=r"cover: there is no image '.*no\.svg'"):
        export("Hola", title_page={"cover": ["no.svg"]})


def test_contents_and_numbers(report, text):
    assert pages(report)[1].startswith("Índice 3 Imágenes en color")
    assert "3.1 El final" in pages(report)[2]
    assert "Parte 3" not in text


@pytest.mark.parametrize(
    "part",
    [
        "¿Qué dice el niño?",
        "La Figura 1, la Tabla 2, la Ecuación 1 y la Sección 3.1 lo explican",
        "como [1]",
        "Véase el final.",
        "Figura 1. Pie con x 2 y Tabla 2.",
        "Tabla 1. Las capas. Capa Pesos densa 6 260",
        "Tabla 2. Un pie. Clase Valor año 0.93",
        "La exactitud fue 0.917.",
        'print("época")',
        "época 99%",
        "Referencias [1] D. P. Kingma y J. Ba, «Adam: a method for stochastic",
    ],
)
def test_report_says(text, part):
    assert part in text


def test_only_labelled_equations_have_a_number(text):
    assert text.count("(1)") == 1


def test_only_cited_sources_are_listed(text):
    assert "LeCun" not in text


@pytest.mark.parametrize("junk", ["epoch 1", "40%", " 1%", "pantalla", "$", "\\", "#"])
def test_report_does_not_say(text, junk):
    assert junk not in text


def test_tagged_pdf_with_metadata_and_alternatives(report):
    assert b"<pdfuaid:part>1</pdfuaid:part>" in report
    assert b"<pdfaid:part>3</pdfaid:part>" in report
    assert b"<dc:language><rdf:Bag><rdf:li>es-MX" in report
    metadata = pypdfium2.PdfDocument(report).get_metadata_dict()
    assert metadata["Title"] == "Clasificación de imágenes con redes neuronales"
    assert metadata["Author"] == "Autora"
    assert metadata["CreationDate"].startswith("D:20261123")
    alternatives = alternative_texts(report)
    assert "Un rectángulo" in alternatives
    assert "a igual a b" in alternatives


def test_figures_are_vectors_at_their_own_size(report):
    (page,) = [
        p
        for p in pypdfium2.PdfDocument(report)
        if "Figura 1. P" in p.get_textpage().get_text_bounded()
    ]
    kinds = [item.type for item in page.get_objects()]
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE not in kinds
    bounds = [item.get_bounds() for item in page.get_objects()]
    sizes = [(right - left, top - bottom) for left, bottom, right, top in bounds]
    assert pytest.approx((37.5, 15), abs=0.1) in sizes  # 50 × 20 px


def test_references_can_be_clicked(report):
    raw = pypdfium2.raw
    page = pypdfium2.PdfDocument(report)[2]
    position, link, targets = ctypes.c_int(0), raw.FPDF_LINK(), 0
    while raw.FPDFLink_Enumerate(page, position, link):
        targets += 1
    assert targets >= 6


def test_same_input_same_bytes(report, monkeypatch, tmp_path):
    cells = [PROSE, figure("fig-uno"), table("tab-dos", "| a |\n|--|\n| 1 |")]
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert export(*cells) == export(*cells)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert InformeExporter().date == "1970-01-02"


# --- Formulas, one by one -----------------------------------------------------

FORMULAS = {
    r"0{,}001": "0,001",
    r"0.001": "0.001",
    r"60\,000": "60 000",
    "60\u202f000": "60 000",
    r"\operatorname{softmax}(z)_k": "softmax(z)k",
    r"\operatorname*{argmax}_k z_k": "argmaxk zk",
    r"\lVert x\rVert_2": "‖x‖2",
    r"\|x\|_2": "‖x‖2",
    r"\left\lVert x\right\rVert": "‖x‖",
    r"\lvert x\rvert": "|x|",
    r"\bigl( x \bigr)": "(x)",
    r"\left(\frac{a}{b}\right)^{c}": "( a b ) c",
    r"\frac{a}{b}": "a b",
    r"\sum_{i=1}^{N} x_i": "∑ N i=1 xi",
    r"\hat{y}": "y ̂",
    r"\mathbb{1}[y=k]": "1[y = k]",
    r"\text{precisión}_k": "precisiónk",
    r"x\;\text{si}\;y": "x si y",
    r'\text{a "b" c}': 'a "b" c',
    r"\log p": "log p",
    r"\exp(-x)": "exp(−x)",
    r"\max(0, x)": "max(0, x)",
    r"\mathrm{ReLU}(x)": "ReLU(x)",
    r"\frac{\mathrm{TP}_k}{\mathrm{TP}_k+\mathrm{FP}_k}": "TPk TPk+FPk",
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}": "( 1 3 2 4 )",
    r"a\odot b": "a ⊙ b",
    r"\theta - \eta\,\nabla L": "θ − η ∇L",
    r"\varepsilon\approx 10^{-8}": "ε ≈ 10−8",
    r"32\times 32": "32 × 32",
    r"x\le 0": "x ≤ 0",
    r"A\cap B": "A ∩ B",
    r"x\in\mathbb{R}^{n}": "x ∈ ℝn",
    r"p(y\mid x)": "p(y ∣ x)",
    r"\mathtt{x}": "x",
    r"a \& b": "a & b",
    r"95\,\%": "95 %",
}
CASES = r"f(x)=\begin{cases}x & \text{si } x>0,\\ e^{x}-1 & \text{si no;}\end{cases}"
DISPLAYED = {
    CASES: "f(x) = { x si x > 0, ex − 1 si no;",
    r"\begin{aligned}a&=b+c\\&=d\end{aligned}": "a = b + c = d",
    r"\begin{aligned}\|a\|\\|b|\end{aligned}": "‖a‖ |b|",
}


def _compact(text):
    """PDFium reports gaps between glyphs as blanks at its own discretion."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFC", text)


@pytest.fixture(scope="module")
def formulas():
    inline = "\n\n".join(f"[{n}] ${tex}$ ." for n, tex in enumerate(FORMULAS))
    inline += f"\n\n[{len(FORMULAS)}]"
    block = "\n\n".join(f"ante\n\n$${tex}$$\n\npost" for tex in DISPLAYED)
    bare = "\\begin{align}\nu &= v \\\\\nw &= x\n\\end{align}"
    cells = [
        inline,
        block,
        f"ante\n{bare}\n\npost\n\n{bare}",
        "Suelta: $ x + y $.",
    ]
    without_numbers = [re.sub(r" \d+$", "", page) for page in pages(export(*cells))]
    return _compact(" ".join(without_numbers))


@pytest.mark.parametrize("number, tex", list(enumerate(FORMULAS)))
def test_inline_formula(formulas, number, tex):
    said = formulas.partition(f"[{number}]")[2].partition(f".[{number + 1}]")[0]
    assert said == _compact(FORMULAS[tex])


@pytest.mark.parametrize("number, tex", list(enumerate(DISPLAYED)))
def test_displayed_formula(formulas, number, tex):
    said = formulas.split("ante")[number + 1].partition("post")[0]
    assert said == _compact(DISPLAYED[tex])


def test_bare_align_and_loose_dollars(formulas):
    assert formulas.count("u=vw=x") == 2
    assert "Suelta:x+y." in formulas


@pytest.mark.parametrize(
    "tex, reason",
    [
        (r"\foo x", r"\foo"),
        (r"{a^{b}}^{c}", r"\left(...\right)^{c}"),
        (r"\begin{tabular}{c}a\end{tabular}", "tabular"),
    ],
)
def test_formula_that_would_be_wrong(tex, reason):
    message = error("Bien.", f"Mal: ${tex}$")
    assert "cell 2" in message and f"${tex}$" in message and reason in message


# --- Any notebook -------------------------------------------------------------


def test_empty_notebook():
    assert len(pages(export())) == 1


def test_outputs_of_any_notebook():
    rows = "<tr><th></th><th>a</th></tr><tr><td>x</td><td>1.5</td></tr>"
    dataframe = f"<table>{rows}</table>"
    traceback = ["\x1b[0;31mValueError\x1b[0m: ay"]
    text = read(
        shown({"image/png": PNG, "text/plain": "<Figure size 1x1>"}),
        shown({"text/html": f"<style>p{{}}</style>{dataframe}", "text/plain": "PLANO"}),
        shown({"text/html": "<div id=x></div>", "text/plain": "Sin tabla"}),
        shown({"text/html": "<p>Solo <b>HTML</b></p>"}),
        shown({"text/latex": "$\\displaystyle x + 1$", "text/plain": "PLANO"}),
        shown({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "BARRA"}),
        shown({"text/plain": "pantalla"}, kind="screen"),
        shown({"application/json": {}}),
        new_code_cell(
            "1 / 0",
            outputs=[
                new_output(
                    "error", ename="ValueError", evalue="ay", traceback=traceback
                )
            ],
        ),
        new_raw_cell("CRUDA"),
    )
    shown_ = ("a x 1.5", "Sin tabla", "Solo HTML", "x + 1", "ValueError: ay", "CRUDA")
    for part in shown_:
        assert part in text
    for junk in ("PLANO", "BARRA", "pantalla", "[0;31m", "Figura"):
        assert junk not in text


def test_tags_leave_cells_out():
    cells = [
        new_code_cell(
            f"fuente_{tag}",
            metadata={"tags": [tag]},
            outputs=[new_output("stream", name="stdout", text=f"salida-{n}")],
        )
        for n, tag in enumerate(
            ["remove-cell", "remove-input", "remove-output", "injected-parameters"]
        )
    ]
    text = read(*cells)
    assert "salida-1" in text and "fuente_remove-output" in text
    for junk in ("remove-cell", "remove-input", "injected", "-0", "-2", "-3"):
        assert junk not in text


def test_html_in_markdown_is_not_lost():
    text = read(
        "<b>negrita</b> x<sub>2</sub> <font color=red>rojo</font><br>fin",
        "<div align=center>dentro</div>\n\n<table><tr><td>celda</td></tr></table>",
        f'<img src="data:image/png;base64,{PNG}" alt="foto"/>',
        "<details><summary>Ver</summary>\n\n*más*\n\n</details>",
    )
    for part in ("negrita x2 rojo fin", "dentro", "celda", "Ver", "más"):
        assert part in text


def test_markdown_means_what_jupyterlab_shows():
    text = read(
        "---\ntitle: no es YAML\n---",
        "Texto\n- uno\n- dos\n\na) letra @nombre x~y~ ^z^ \\$5 y 3 < 5 // #no_es",
    )
    assert "title: no es YAML" in text
    assert "• uno • dos" in text
    assert "a) letra @nombre x~y~ ^z^ $5 y 3 < 5 // #no_es" in text


def test_attached_and_local_images(tmp_path):
    cell = new_markdown_cell("![Una foto](attachment:foto.png)")
    cell.attachments = {"foto.png": {"image/png": PNG}}
    (tmp_path / "dibujo.svg").write_text(SVG)
    node = notebook(cell, "![Un dibujo](dibujo.svg)")
    resources = {"metadata": {"name": "prueba", "path": str(tmp_path)}}
    pdf, _ = InformeExporter().from_notebook_node(node, resources)
    assert alternative_texts(pdf) == ["Una foto", "Un dibujo"]


def test_headings_that_skip_levels():
    text = read("### Bajo", "## Alto", "##### Hondo")
    assert "1 Bajo" in text and "2 Alto" in text and "2.1 Hondo" in text


def test_character_that_no_font_has(caplog):
    text = read("Listo 🎉")
    assert "Listo ‹U+1F389›" in text
    assert "no font of the report can show 🎉" in caplog.text


def test_figures_and_tables_float():
    text = read("Antes [x](#fig-a).", figure("fig-a"))
    assert "Figura 1. Un pie. Antes Figura 1." in text


@pytest.mark.parametrize("section", ["", "## Sección\n\n", "## A\n\n## B\n\n## C\n\n"])
def test_a_part_s_title_is_above_all_that_floats(section):
    pdf = export(f"# Parte 1. Título\n\n{section}Texto.", figure("fig-a"), "Fin.")
    page = pages(pdf)[-1]
    assert page.startswith("1 Título") and "Figura 1. Un pie." in page


def test_a_long_table_breaks_and_repeats_its_header():
    rows = "\n".join(f"| fila{n} | {n} |" for n in range(90))
    pdf = export(f"# Título\n\n{'Texto. ' * 300}", table("t", f"| Uno |\n|--|\n{rows}"))
    *_, first, second, last = pages(pdf)
    assert "Tabla 1. Un pie. Uno fila0" in first  # after the text: it does not float
    assert "Uno fila" in second + last and "fila89" in last


def test_no_table_is_set_in_less_than_8_points():
    cells = " | ".join(["una celda ancha que no cabe"] * 9)
    rule = "|".join(["--"] * 9)
    pdf = export(shown({"text/markdown": f"| {cells} |\n|{rule}|\n| {cells} |"}))
    text = pypdfium2.PdfDocument(pdf)[1].get_textpage()
    sizes = [
        pypdfium2.raw.FPDFText_GetFontSize(text, n) for n in range(text.count_chars())
    ]
    assert min(size for size in sizes if size > 1) >= 8


def test_no_line_breaks_within_a_quantity():
    pdf = export(
        "Con *p* < 0.001, 0.9 ± 0.1, la semilla 0 (y la clase «8»), 95 %, 1.2 s y"
        " 5 sillas; un % de $x$ = 3."
    )
    text = pypdfium2.PdfDocument(pdf)[1].get_textpage().get_text_bounded()
    for group in ("p~<~0.001", "0.9~±~0.1", "semilla~0", "clase~«8»", "=~3"):
        assert group.replace("~", "\u00a0") in text
    for group in ("95~%", "1.2~s y", " 5 sillas", "un % de"):
        assert group.replace("~", "\u202f") in text


def test_what_has_no_number_can_follow_the_contents():
    text = pages(export("# Resumen {.unnumbered}\n\nUno.", "# Parte 1. Dos\n\nTres."))
    assert text[1].startswith("Índice") and text[1].endswith("Resumen Uno. 2")
    assert text[2].startswith("1 Dos Tres.")


def test_long_contents_stand_in_two_columns():
    cells = ["# Título\n\n" + "\n\n".join(["## Sección"] * 6) for _ in range(3)]
    page = pypdfium2.PdfDocument(export(*cells))[1]
    text = page.get_textpage()
    lines = [text.get_rect(n) for n in range(text.count_rects())]
    assert sum(left > page.get_width() / 2 for left, *_ in lines) > 5


def test_terminal_text():
    assert terminal("") == ""
    assert '"b"' in terminal("a\rb\r\n")
    link = "\x1b]8;;http://a.b\x1b\\\x1b[34mabc\x1b[0m\x1b]8;;\a\x1b(B."
    assert '"abc."' in terminal(link)


def test_long_code_stays_on_the_page():
    line = "x = [" + ", ".join(["0.123456789"] * 20) + "]"
    pdf = export(new_code_cell("\n".join([line, f"y = '{'z' * 300}'"])))
    page = pypdfium2.PdfDocument(pdf)[1]
    right = max(item.get_bounds()[2] for item in page.get_objects())
    assert right < page.get_width() - 60


# --- Mistakes -----------------------------------------------------------------


def test_unknown_reference_names_the_nearest():
    message = error(figure("fig-mnist"), "Véase [la figura](#fig-mnits).")
    assert "cell 2" in message and "[la figura](#fig-mnits)" in message
    assert "#fig-mnist." in message


def test_nearest_id_is_of_the_same_kind():
    message = error("# Título\n\n[x](#tab-mnist)", figure("fig-mnist"), figure("fig-a"))
    assert "nearest" not in message


def test_unknown_source_names_the_nearest():
    assert "#bib-lecun1998." in error("[x](#bib-lecun1989)")


def test_id_given_twice_names_both():
    message = error(figure("fig-uno"), "Nada.", figure("fig-uno"))
    assert "'fig-uno'" in message and "cell 1" in message and "cell 3" in message


@pytest.mark.parametrize(
    "cell, reason",
    [
        ("![x](no.png)", "no.png"),
        (figure("mal id"), "mal id"),
        (figure("fig-x", caption=""), "caption"),
        (shown({"text/plain": ""}, kind="figure", id="f", caption="c"), "image"),
    ],
)
def test_mistakes_are_named(cell, reason):
    message = error(cell)
    assert "cell 1" in message and reason in message


def test_bibliography_has_the_report_s_sources():
    cited = "".join(f"[x](#bib-{key}) " for key in bibliography_keys())
    text = read(cited)
    assert ", y " not in text and '"' not in text and "techn" not in text.lower()
    assert "Y. LeCun, L. Bottou, Y. Bengio y P. Haffner, «Gradient-based" in text
    assert "images», informe técnico, University of Toronto, 2009" in text
    assert "A. Paszke y otros, «PyTorch" in text
    for name in (
        "LeCun",
        "Xiao",
        "Krizhevsky",
        "Duchi",
        "Kingma",
        "Clevert",
        "Nair",
        "Paszke",
        "Sokolova",
        "Robbins",
        "Jordan",
        "Owen",
        "Guo",
        "Dunnett",
        "McNemar",
        "Brunner",
    ):
        assert name in text


def test_nbconvert_command_line(tmp_path):
    node = notebook("# Título", "Véase [x](#fig-a).", figure("fig-a"))
    for cell in node.cells:
        del cell["id"]
    node.nbformat_minor = 4
    nbformat.write(node, tmp_path / "prueba.ipynb")
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "informe",
        "prueba.ipynb",
        "--InformeExporter.title=Otro título",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = " ".join(pages(Path(tmp_path / "prueba.pdf").read_bytes()))
    assert "Otro título" in text and "Véase Figura 1." in text
