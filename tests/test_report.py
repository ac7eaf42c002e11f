"""The whole report on the sample: built twice through the command, then read back."""

import os
import re
import subprocess
import sys

import nbformat
import pypdfium2
import pytest

from helpers import paths
from informe.cli.profiles import PARTS
from tests.support.pages import paragraphs, pdf_text, said

# What the PDF must say of each formula of the notebooks, without its white space. Short
# ones (a letter, a product) are read in the sentence that holds them.
FORMULAS = {
    r"[0, 1]": "delintervalo[0,1]",
    r"28 - 4 + 1 = 25": "28−4+1=25píxeles",
    r"z_{i,1}, \ldots, z_{i,10}": "Sean𝑧𝑖,1,…,𝑧𝑖,10loslogits",
    r"y_i": "e𝑦𝑖suclase",
    r"\eta": "aprendizaje𝜂,el",
    r"p_{i,k} = \frac{\exp(z_{i,k})}{\sum_{j=1}^{10} \exp(z_{i,j})}, \qquad"
    r" \ell_i = -\log p_{i,y_i}, \qquad L = \frac{1}{B} \sum_{i=1}^{B} \ell_i.":
        "𝑝𝑖,𝑘=exp(𝑧𝑖,𝑘)∑10𝑗=1exp(𝑧𝑖,𝑗),ℓ𝑖=−log𝑝𝑖,𝑦𝑖,𝐿=1𝐵∑𝐵𝑖=1ℓ𝑖.",
    r"\partial \ell_i / \partial z_{i,k} = p_{i,k} - \mathbb{1}[y_i = k]":
        "𝜕ℓ𝑖/𝜕𝑧𝑖,𝑘=𝑝𝑖,𝑘−𝟙[𝑦𝑖=𝑘]:cuanto",
    r"a_{i,k} = \max(0, z_{i,k})": "terminaen𝑎𝑖,𝑘=max(0,𝑧𝑖,𝑘)",
    r"\mathbb{1}[z_{i,k} > 0]": "multiplicadapor𝟙[𝑧𝑖,𝑘>0]",
    r"\frac{\partial \ell_i}{\partial z_{i,k}} = \left(p_{i,k} - \mathbb{1}[y_i ="
    r" k]\right) \, \mathbb{1}[z_{i,k} > 0].":
        "𝜕ℓ𝑖𝜕𝑧𝑖,𝑘=(𝑝𝑖,𝑘−𝟙[𝑦𝑖=𝑘])𝟙[𝑧𝑖,𝑘>0].",
    r"z_{i,k}": "𝑧𝑖,𝑘esnegativo",
    r"\theta \leftarrow \theta - \eta \nabla_\theta L": "𝜃←𝜃−𝜂∇𝜃𝐿.",
    r"C_{j,k}": "Sea𝐶𝑗,𝑘elnúmero",
    r"\text{precisión}_k = \frac{C_{k,k}}{\sum_{j} C_{j,k}}, \qquad"
    r" \text{exhaustividad}_k = \frac{C_{k,k}}{\sum_{j} C_{k,j}}.":
        "precisión𝑘=𝐶𝑘,𝑘∑𝑗𝐶𝑗,𝑘,exhaustividad𝑘=𝐶𝑘,𝑘∑𝑗𝐶𝑘,𝑗.",
    r"\mathrm{ReLU}(x) = \max(0, x), \qquad \mathrm{ELU}(x) = \begin{cases} x &"
    r" \text{si } x > 0, \\ e^{x} - 1 & \text{si } x \le 0. \end{cases}":
        "ReLU(𝑥)=max(0,𝑥),ELU(𝑥)={𝑥si𝑥>0,𝑒𝑥−1si𝑥≤0.",
    r"\ell_i = -\log p_{i,y_i}": "Siℓ𝑖=−log𝑝𝑖,𝑦𝑖esla",
    r"w_k": "y𝑤𝑘elcosto",
    r"L = \frac{\sum_{i=1}^{B} w_{y_i} \, \ell_i}{\sum_{i=1}^{B} w_{y_i}}, \qquad"
    r" w_k = \begin{cases} 2 & \text{si } k \text{ es calzado}, \\ 1 & \text{si no}."
    r" \end{cases}":
        "𝐿=∑𝐵𝑖=1𝑤𝑦𝑖ℓ𝑖∑𝐵𝑖=1𝑤𝑦𝑖,𝑤𝑘={2si𝑘escalzado,1sino.",
    r"2 / (B + m)": "pesa2/(𝐵+𝑚)y",
    r"1 / (B + m)": "otras1/(𝐵+𝑚):",
    r"1 / B": "sinponderar,1/𝐵.",
    r"g_t = \nabla_\theta L_t, \qquad s_t = s_{t-1} + g_t \odot g_t, \qquad"
    r" \theta_{t+1} = \theta_t - \eta \, \frac{g_t}{\sqrt{s_t} + \varepsilon}.":
        "𝑔𝑡=∇𝜃𝐿𝑡,𝑠𝑡=𝑠𝑡−1+𝑔𝑡⊙𝑔𝑡,𝜃𝑡+1=𝜃𝑡−𝜂𝑔𝑡√𝑠𝑡+𝜀.",
    r"4 \times 4": "filtrode4×4:",
    r"3 \times 3": "filtrosde3×3",
    r"5 \times 5": "filtrosde5×5",
    r"23 \times 23": "mapade23×23valores",
    **{letter: letter for letter in ("i", "k", "j", "B", "m", "T")},
}  # fmt: skip


# what looks like Markdown in the listings
CODE = r"\*\*(same| ?2\b)|\[self\.loss\]\("


def build(home, *options) -> subprocess.CompletedProcess:
    environment = os.environ | {"INFORME_HOME": str(home)}
    command = [sys.executable, "-m", "informe.cli.main", "build", "--profile", "quick"]
    command += options
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    home = tmp_path_factory.mktemp("report")
    first = build(home)
    assert first.returncode == 0, first.stderr
    return home, first


@pytest.fixture(scope="module")
def pages(built) -> list[str]:
    pdf = pypdfium2.PdfDocument(built[0] / "report" / "informe.pdf")
    return [page.get_textpage().get_text_range() for page in pdf]


@pytest.fixture(scope="module")
def text(pages) -> str:
    return re.sub(r"\s", "", "".join(pages))


def formulas() -> list[str]:
    found = []
    for name in PARTS:
        for cell in nbformat.read(paths.notebooks() / f"{name}.ipynb", 4).cells:
            if cell.cell_type == "markdown":
                pairs = re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", cell.source, re.S)
                found += [a or b for a, b in pairs]
    return sorted(set(found))


@pytest.mark.parametrize("formula", formulas())
def test_every_formula_is_in_the_pdf_and_right(text, formula):
    assert FORMULAS[formula] in text or len(formula) == 1


def test_the_text_is_spanish_and_whole(pages):
    text = " ".join(" ".join(pages).split())
    for piece in ("Índice", "Figura 1", "Tabla 1", "Referencias", "¿Qué vale más"):
        assert piece in text
    assert set("ñáéíóú¿«»×±→") <= set(text)
    for junk in ("HBox", "FloatProgress", "época 1/", "Warning", "Traceback", "\ufffd"):
        assert junk not in text
    for markup in ("#fig", "#tab", "#bib", "**", "$", "\\frac", "{=", "](", "Figure "):
        assert markup not in re.sub(CODE, "", text)


def test_every_part_and_section_is_there(pages):
    contents = pages[1]
    for part in (
        "MNIST con una capa oculta",
        "Fashion-MNIST con dos",
        "CIFAR-10: una capa",
    ):
        assert part in contents
    assert contents.count("Los errores") == 3


def test_the_sample_is_told_on_the_first_page_and_on_the_screen(built, pages):
    assert "muestra incluida" in " ".join(pages[0].split())
    assert "ATENCIÓN: se usó la muestra" in built[1].stderr


def test_trainings_are_told_now_and_then_and_end_before_the_notebooks(built):
    lines = built[1].stderr.splitlines()
    asked = r"Por entrenar: (\d+) \(CPU, \d en paralelo\); ~\d+"
    n = int(re.match(asked, lines[0])[1])
    counts = [m for x in lines if (m := re.match(r"(\d+)/(\d+) · ", x))]
    last = max(k for k, line in enumerate(lines) if line.startswith(f"{n}/{n} · "))
    first = min(k for k, line in enumerate(lines) if "ejecutado en" in line)
    assert counts and last < first
    assert not any("| " in line for line in lines)  # what a notebook's kernel says


def test_figures_and_metrics_land_in_their_folders(built):
    figures = built[0] / "figures"
    for name in PARTS:
        svg = {path.stem for path in (figures / name).glob("*.svg")}
        assert svg == {path.stem for path in (figures / name).glob("*.png")}
        assert "examples" in svg
        assert (figures / name / "metrics.json").is_file()


def test_built_again_from_the_stored_runs_it_is_the_same_to_the_byte(built):
    home = built[0]
    pdf = home / "report" / "informe.pdf"
    kept = [pdf, pdf.with_suffix(".html"), *home.glob("figures/*/*")]
    before = {path: path.read_bytes() for path in kept}
    pdf.unlink()
    again = build(home, "--anew")
    assert again.returncode == 0
    assert "entrenar" not in again.stderr and "mnist: ejecutado" in again.stderr
    assert [path for path in kept if path.read_bytes() != before[path]] == []


def test_the_page_says_what_the_pdf_says(built):
    report = built[0] / "report"
    text = pdf_text(report / "informe.pdf")
    found = paragraphs((report / "informe.html").read_text("utf-8"))
    only = [p for p in found if not said(p, text) and "conJavaScript" not in p]
    assert len(found) > 300 and only == []


def test_figures_are_vectors_but_for_the_data_sets_pictures(built):
    for name in PARTS:
        for svg in (built[0] / "figures" / name).glob("*.svg"):
            pictures = svg.stem in ("examples", "errors", "templates")
            assert ("<image" in svg.read_text()) is pictures, svg
