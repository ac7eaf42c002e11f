"""The page as a person uses it: from disk, in Chromium, with the network cut off."""

import base64
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from helpers.datasets import load
from helpers.runs import store
from tests.support import lab

pytestmark = lab.NEEDED
PARTS = ("notebooks/mnist.ipynb", "notebooks/cifar10.ipynb")
TWICE = ("-p", "n_seeds", "2", "-p", "dense_seeds", "2", "-p", "epochs", "3")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A report of two parts on the sample, with two seeds of each network."""
    home = tmp_path_factory.mktemp("page")
    command = [sys.executable, "-m", "informe.cli.main", "build", *PARTS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFORME_HOME", str(home))
        subprocess.run([*command, "--profile", "quick", *TWICE], check=True)
        yield home


@pytest.fixture(scope="module")
def runs(home):
    """The stored runs, by their keys."""
    return {folder.name: store.open_run(folder.name) for folder in store.folders()}


@pytest.fixture(scope="module")
def chromium():
    with lab.browser() as browser:
        yield browser


@pytest.fixture
def opened(home, chromium):
    """Open the page in a window of a size and a theme; nothing but the file is read."""
    contexts = []

    def opener(width=1200, height=900, theme="light", **options):
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, color_scheme=theme, **options)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.faults.append(m.text))
        page.on("request", lambda r: r.url[:5] in ("file:", "data:", "blob:")
            or page.faults.append(r.url))  # fmt: skip
        page.goto(f"file://{home}/report/informe.html")
        return page

    yield opener
    for context in contexts:
        assert context.pages[0].faults == []
        context.close()


def island(page, anchor: str):
    """The living figure with an id, once it is awake."""
    found = page.locator(f"[id='{anchor}'] .vivo")
    found.scroll_into_view_if_needed()
    found.locator(".tarjeta").wait_for()
    return found


def network(page, part="mnist"):
    """The networks of a part that run in the page."""
    for one in page.locator(f".vivo[data-part={part}]").all():
        if json.loads(one.get_attribute("data-spec"))["component"] == "network":
            one.scroll_into_view_if_needed()
            one.locator(".tarjeta").wait_for()
            return one
    raise AssertionError("no network runs in this part")


def spec_runs(found, runs):
    spec = json.loads(found.get_attribute("data-spec"))
    return [runs[key] for key in spec["networks"][0]["runs"]]


def counts(found) -> np.ndarray:
    cells = found.locator("td.celda").all_text_contents()
    side = round(len(cells) ** 0.5)
    return np.array([float(c or 0) for c in cells]).reshape(side, side)


def test_a_cell_opens_onto_the_stored_predictions(opened, runs):
    found = island(opened(), "fig-mnist-confusion")
    run = spec_runs(found, runs)[1]
    found.locator("[name=seed]").select_option(str(run.seed))
    found.get_by_text(f"semilla {run.seed}").first.wait_for()
    np.testing.assert_array_equal(counts(found), run.confusion)
    wrong = run.confusion * (1 - np.eye(10, dtype=int))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    found.locator(f"td[data-row='{row}'][data-column='{column}']").click()
    found.locator("li[data-index]").first.wait_for()
    shown = [int(li.get_attribute("data-index"))
        for li in found.locator("li[data-index]").all()]  # fmt: skip
    there = np.flatnonzero((run.labels == row) & (run.predictions == column))
    sure = run.probabilities.max(1)
    assert shown == sorted(there, key=lambda i: (-round(sure[i] * 4095), i))[:24]
    words = found.locator("li[data-index]").first.inner_text()
    percent = f"{100 * sure[shown[0]]:.0f}"
    assert f"{row} → {column}" in words and percent in words
    pictures = found.locator("li[data-index] canvas")
    png = pictures.first.evaluate("c => c.toDataURL()").partition(",")[2]
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(png))).convert("L"))
    image = load("mnist", "sample").test.images[shown[0], 0].numpy()
    np.testing.assert_array_equal(pixels, image)


def test_the_slider_moves_the_matrix_and_the_filters(opened, runs):
    found = island(opened(), "fig-mnist-confusion")
    run = spec_runs(found, runs)[0]
    found.locator("[name=seed]").select_option(str(run.seed))
    slider = found.locator("input[type=range]")
    slider.fill("1")
    found.get_by_text("época 1 de 3").first.wait_for()
    predicted = run.snapshots["predictions"][0]
    expected = np.zeros((10, 10))
    np.add.at(expected, (run.labels, predicted), 1)
    np.testing.assert_array_equal(counts(found), expected)
    assert found.locator(".filtros canvas").count() == 1


def test_the_keyboard_alone_does_all(opened, runs):
    page = opened()
    found = island(page, "fig-mnist-confusion")
    found.locator("td[data-row='0'][data-column='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    found.locator("li[data-index]").first.wait_for()
    assert "verdadera 1, predicha 1" in found.locator(".galeria .titulo").inner_text()
    assert page.evaluate("document.activeElement.dataset.row") == "1"


def test_a_seed_chosen_in_one_figure_is_marked_in_the_others(opened, runs):
    page = opened()
    strip = island(page, "fig-mnist-seeds")
    curves = island(page, "fig-mnist-curves")
    layer = strip.locator("[role=slider]")
    layer.focus()
    page.keyboard.press("Home")
    told = layer.get_attribute("aria-valuetext")
    key = re.search(r"clave (\w+)", told)[1]
    assert f"semilla {runs[key].seed}" in told
    matrix = island(page, "fig-mnist-confusion")
    matrix.locator("[name=seed]").select_option("1")
    for figure in (curves, strip):
        figure.get_by_text("Con aro: corregida, semilla 1").wait_for()
    assert curves.locator(".aro:not(.fijo)").count() == 3  # its three epochs


def test_two_networks_open_onto_what_only_one_gets_right(opened, runs):
    found = island(opened(), "tab-mnist-mcnemar")
    cell = found.locator("td[data-row='0'][data-column='1']")
    n = int(cell.inner_text())
    cell.click()
    found.get_by_text(f"A acierta y B falla: {n}").first.wait_for()


def test_the_network_answers_as_torch_does(opened, runs):
    page = opened()
    found = network(page)
    shown = json.loads(found.get_attribute("data-spec"))["runs"][0]
    run = runs[shown["key"]]
    for index in (3, 117):
        found.locator("[name=index]").fill(str(index))
        found.locator("[name=index]").press("Enter")
        found.get_by_text(f"Imagen de prueba {index}").first.wait_for()
        expected = run.probabilities[index]
        best = found.locator(".barras tr.mejor").first
        assert best.get_attribute("data-name") == str(expected.argmax())
        shown = float(best.locator("td").last.inner_text().split("\u202f")[0])
        assert shown == pytest.approx(100 * expected.max(), abs=0.51)


# each digit as a stroke, on a sheet of 10 by 10
STROKES = {
    0: "35 53 65 68 47 35", 1: "52 58", 2: "34 52 64 38 68", 3: "33 63 45 67 38",
    4: "42 36 66 64 68", 5: "63 43 45 66 38", 6: "62 46 48 67 45", 7: "33 63 48",
    8: "53 34 66 48 34 63 53", 9: "66 44 62 65 58",
}  # fmt: skip


def test_ten_digits_are_drawn_and_each_gets_an_answer(opened):
    page = opened()
    found = network(page)
    sheet = found.locator("canvas.hoja")
    sheet.scroll_into_view_if_needed()
    seen = set()
    for stroke in STROKES.values():
        found.get_by_role("button", name="Borrar").click()
        box = sheet.bounding_box()
        left, top, side = box["x"], box["y"], box["width"] / 10
        places = [
            (left + int(x) * side, top + int(y) * side) for x, y in stroke.split()
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=5)
        page.mouse.up()
        found.get_by_text("Su dibujo: la red da").wait_for()
        seen.add(found.locator(".visto canvas").evaluate("c => c.toDataURL()"))
        assert found.locator(".barras tr.mejor").count() >= 1
    assert len(seen) == len(STROKES)


def test_a_file_is_dropped_or_chosen_and_gets_an_answer(opened, tmp_path):
    page = opened()
    found = network(page)
    ink = Image.new("L", (60, 60), 255)
    ink.paste(0, (26, 8, 34, 52))
    ink.save(tmp_path / "uno.png")
    content = base64.b64encode((tmp_path / "uno.png").read_bytes()).decode()
    dropped = page.evaluate_handle(
        """(content) => {
          const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "uno.png", { type: "image/png" }));
          return transfer;
        }""",
        content,
    )
    place = found.locator(".suelta")
    place.dispatch_event("drop", {"dataTransfer": dropped})
    found.get_by_text("Su imagen: la red da").wait_for()
    found.get_by_role("button", name="Borrar").click()
    found.locator("input[type=file]").set_input_files(tmp_path / "uno.png")
    found.get_by_text("Su imagen: la red da").wait_for()
    (tmp_path / "nada.png").write_bytes(b"no")
    found.locator("input[type=file]").set_input_files(tmp_path / "nada.png")
    found.get_by_text("no es una imagen").wait_for()


def test_a_phone_shows_all_without_scrolling_sideways(opened):
    page = opened(360, 740, has_touch=True, is_mobile=True)
    found = island(page, "fig-cifar10-lenet5-confusion")
    row, column = np.unravel_index(counts(found).argmax(), (10, 10))
    found.locator(f"td[data-row='{row}'][data-column='{column}']").tap()
    found.locator("li[data-index]").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_also_after_use(opened, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(theme=theme, bypass_csp=True)
    for anchor in ("fig-mnist-confusion", "tab-mnist-mcnemar", "fig-cifar10-seeds"):
        found = island(page, anchor)
        if found.locator("td[data-row]").count():
            found.locator("td[data-row='0'][data-column='0']").click()
            found.locator("li[data-index]").first.wait_for()
    network(page).locator("summary").click()
    page.wait_for_timeout(300)
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:90] for n in v["nodes"][:3]]) for v in found] == []


def test_the_theme_can_be_chosen(opened):
    page = opened()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Tema oscuro").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    page.get_by_role("button", name="Tema claro").wait_for()


def test_without_scripts_it_is_a_whole_report(opened):
    page = opened(java_script_enabled=False)
    figures = page.locator("main figure img[alt]")
    assert figures.count() >= 12
    assert all(img.get_attribute("alt") for img in figures.all())
    assert page.locator("nav a").count() > 15
