"""The exploring notebook as a person uses it: JupyterLab in headless Chromium."""

import base64
import importlib.util
import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from helpers.datasets import load
from informe.explore import newest
from informe.explore.predictions import predictions_of
from tests.support import lab

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not lab.CHROMIUM, reason="no chromium: apt install chromium"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None,
        reason="no playwright: make test-browser installs it",
    ),
]
WAIT = 60_000  # milliseconds; a kernel starts and torch is imported


@pytest.fixture(scope="module")
def home(small_runs):
    """Small runs of the four networks, one of them with its epochs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFORME_HOME", str(small_runs))
        patch.setenv("DATA", "sample")
        yield small_runs


@pytest.fixture(scope="module")
def runs(home):
    return newest("sample")


@pytest.fixture(scope="module")
def chromium():
    with lab.browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(home, chromium):
    """The notebook after `Run All Cells`."""
    folder = home / "notebooks"
    folder.mkdir()
    name = lab.notebook(folder)
    with lab.server(folder, home) as address:
        opened = chromium.new_page(viewport={"width": 1400, "height": 1000})
        opened.goto(address(name))
        lab.run_all(opened)
        opened.locator(".inf canvas").first.wait_for(timeout=WAIT)
        opened.locator(".widget-button", has_text="Entrenar").last.wait_for(
            timeout=WAIT
        )
        yield opened


def tool(page, title):
    """The visible part of the page with this heading."""
    return page.locator(".inf:visible").filter(has=page.locator("h3", has_text=title))


def library(page):
    return page.locator(".inf:visible").filter(has=page.locator("[name=network]"))


def matrix(page, title="MNIST"):
    found = tool(page, f"Matriz de confusión. {title}")
    return found.filter(has_not=page.locator("[name=network]")).first


def shown(part):
    """Indices of the images on the page."""
    found = part.locator("ul.images li")
    return [int(found.nth(i).get_attribute("data-index")) for i in range(found.count())]


def cell(part, row, column):
    return part.locator(f'[data-row="{row}"][data-column="{column}"]')


def expected(run, true, predicted=None):
    """Stored predictions, ordered without the code under test."""
    o = predictions_of(run)
    chosen = [
        i
        for i, label in enumerate(o.labels)
        if label == true and predicted in (None, run.logits[i].argmax())
    ]
    return sorted(chosen, key=lambda i: (-o.probabilities[i].max(), i))


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_no_cell_fails_and_the_plain_version_is_hidden(page):
    assert page.locator(".jp-RenderedText[data-mime-type*=stderr]:visible").count() == 0
    assert page.get_by_text("Traceback").count() == 0
    assert matrix(page).locator("table[role=grid]").count() == 1
    assert page.get_by_label("Página").locator("visible=true").count() == 0


def test_a_click_shows_the_images_of_the_stored_predictions(page, runs):
    run = runs["one_hidden"]
    part = matrix(page)
    cell(part, 4, 9).click()
    part.get_by_role("heading", name="verdadera 4, predicha 9").wait_for()
    assert shown(part) == expected(run, 4, 9)
    assert shown(part)
    labels = load("mnist", "sample").test.labels.numpy()
    sure = predictions_of(run).confidence
    for i, index in enumerate(shown(part)):
        lines = part.locator("ul.images li").nth(i).inner_text().split("\n")
        assert (labels[index], run.predictions[index]) == (4, 9)
        assert lines[0] == "4 → 9"
        found = float(re.match(r"[\d.]+", lines[1])[0])
        assert found == pytest.approx(100 * sure[index], abs=0.51)


def test_the_images_are_those_of_the_data_set(page, runs):
    part = matrix(page)
    index = shown(part)[0]
    picture = part.locator("ul.images img").first
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 28
    source = picture.get_attribute("src").partition(",")[2]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(source))))
    image = load("mnist", "sample").test.images[index, 0].numpy()
    assert (pixels == 255 - image).all()


def test_the_keyboard_chooses_a_row_and_turns_its_pages(page, runs):
    part = matrix(page)
    cell(part, 0, 0).focus()
    press(page, "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "Home", "ArrowLeft")
    press(page, *["ArrowDown"] * 3)
    assert cell(part, 3, -1).evaluate("e => e === document.activeElement")
    press(page, "Enter")
    part.get_by_role("heading", name=re.compile("^verdadera 3:")).wait_for()
    order = expected(runs["one_hidden"], 3)
    assert shown(part) == order[:20]
    following = part.get_by_role("button", name="Siguiente")
    following.focus()
    press(page, "Enter")
    part.get_by_text("página 2 de").wait_for()
    assert shown(part) == order[20:40]
    assert following.evaluate("e => e === document.activeElement || e.disabled")


def test_only_one_cell_is_reached_by_tab(page):
    assert matrix(page).locator('table [tabindex="0"]').count() == 1


def test_percentages_errors_and_order_are_one_control_away(page):
    part = matrix(page)
    part.locator("select[name=values]").select_option("rows")
    part.locator("td", has_text="%").first.wait_for()
    part.locator("input[name=errors_only]").check()
    page.wait_for_function(
        "e => e.querySelector('[data-row=\"2\"][data-column=\"2\"]').innerText === ''",
        arg=part.element_handle(),
    )
    part.locator("input[name=similar]").check()
    page.wait_for_timeout(500)
    names = part.locator("tbody th").all_inner_texts()
    assert sorted(names) == list("0123456789")
    for name in ("similar", "errors_only"):
        part.locator(f"input[name={name}]").uncheck()
    part.locator("select[name=values]").select_option("counts")


@pytest.mark.parametrize("title", ["Fashion-MNIST", "CIFAR-10"])
def test_the_other_sets_have_their_matrices(page, title):
    part = matrix(page, title)
    part.scroll_into_view_if_needed()
    cell(part, 0, 0).click()
    part.locator("ul.images li").first.wait_for()


def test_another_run_is_chosen_and_shows_its_images(page, runs):
    part = library(page)
    part.scroll_into_view_if_needed()
    network = part.locator("select[name=network]")
    network.focus()
    network.select_option(label="CIFAR-10 (muestra), densa")
    part.get_by_role("heading", name="CIFAR-10 (muestra), densa").wait_for()
    assert network.evaluate("e => e === document.activeElement")
    run = runs["dense"]
    assert part.get_by_text(f'explore("{run.folder.name[:8]}")').count() == 1
    labels = load("cifar10", "sample").test.labels.numpy()
    hits = ((labels == 8) & (run.predictions == 8)).sum()
    assert cell(part, 8, 8).inner_text() == str(hits)
    cell(part, 8, 8).click()
    part.get_by_role("heading", name="verdadera barco, predicha barco").wait_for()
    assert shown(part) == expected(run, 8, 8)[:20]


def test_the_images_that_only_one_network_gets_right(page, runs):
    part = tool(page, "Aciertos y fallos de A").first
    cell(part, 0, 1).scroll_into_view_if_needed()
    cell(part, 0, 1).click()
    part.get_by_role("heading", name="A acierta y B falla").wait_for()
    labels = load("cifar10", "sample").test.labels.numpy()
    a, b = (runs[name].predictions == labels for name in ("dense", "lenet5"))
    assert int(cell(part, 0, 1).inner_text()) == (a & ~b).sum()
    assert (a & ~b)[shown(part)].all()


def draw_one(page, canvas):
    box = canvas.bounding_box()
    x, y = box["x"], box["y"]
    page.mouse.move(x + 150, y + 30)
    page.mouse.down()
    page.mouse.move(x + 140, y + 190, steps=20)
    page.mouse.up()


def test_a_digit_drawn_by_the_mouse_is_recognised_and_wiped(page):
    part = page.locator(".inf:visible").filter(has=page.locator("canvas"))
    canvas = part.locator("canvas")
    canvas.scroll_into_view_if_needed()
    draw_one(page, canvas)
    part.locator(".best[data-name]").wait_for()
    page.wait_for_timeout(300)
    assert part.locator(".best[data-name]").get_attribute("data-name") == "1"
    part.get_by_role("button", name="Borrar").click()
    part.locator(".best").first.wait_for(state="detached")
    assert part.locator(".tip:visible").count() == 0  # the mouse has its own pointer
    press(page, "Tab", "Shift+Tab", "Shift+Tab")
    assert canvas.evaluate("e => e === document.activeElement")
    assert part.locator(".tip:visible").count() == 1
    press(page, *["Shift+ArrowDown"] * 12)
    part.locator('.best[data-name="1"]').wait_for()


def test_a_finger_draws_too(page):
    part = page.locator(".inf:visible").filter(has=page.locator("canvas"))
    part.get_by_role("button", name="Borrar").click()
    part.locator(".best").first.wait_for(state="detached")
    canvas = part.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    screen = page.context.new_cdp_session(page)

    def touch(kind, *points):
        spots = [{"x": box["x"] + x, "y": box["y"] + y} for x, y in points]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    touch("touchStart", (150, 30))
    for step in range(1, 17):
        touch("touchMove", (150 - step, 30 + 10 * step))
    touch("touchEnd")
    part.locator('.best[data-name="1"]').wait_for()


def test_a_file_is_classified_and_what_is_no_image_is_told(page):
    part = page.locator(".inf:visible").filter(has=page.locator(".drop"))
    part = part.filter(has_text="LeNet-5")
    part.scroll_into_view_if_needed()
    chooser = part.locator("input[type=file]")
    text = {"name": "a.png", "mimeType": "image/png", "buffer": b"no image"}
    chooser.set_input_files(text)
    part.get_by_text("no es una imagen").wait_for()
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "skyblue").save(file, "PNG")
    chooser.set_input_files(text | {"buffer": file.getvalue()})
    part.locator(".best[data-name]").wait_for()
    part.get_by_text("cuadrado central").wait_for()


def test_the_slider_goes_through_the_epochs(page, runs):
    slider = page.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    slider.focus()
    press(page, *["ArrowLeft"] * 9)
    heading = page.get_by_role("heading", name=re.compile("época 1$"))
    heading.wait_for()
    snapshots = runs["one_hidden"].snapshots
    labels = load("mnist", "sample").test.labels.numpy()
    hits = ((labels == 0) & (snapshots["predictions"][0] == 0)).sum()
    first = tool(page, "época 1").locator("td.cell").first.get_attribute("title")
    assert first == f"verdadera 0, predicha 0: {hits} imágenes"
    page.get_by_role("button", name="Reproducir").click()
    for epoch in (2, 3):
        page.get_by_role("heading", name=re.compile(f"época {epoch}$")).wait_for()
    page.get_by_role("button", name="Detener").click()
    page.get_by_role("button", name="Reproducir").wait_for()


def test_another_recipe_is_trained_and_laid_over_the_stored_one(page):
    button = page.locator(".widget-button", has_text="Entrenar").last
    button.scroll_into_view_if_needed()
    button.click()
    part = page.locator(".inf:visible", has_text="La prueba aprende de").last
    part.locator("svg").wait_for(timeout=WAIT)
    button.click()
    part.get_by_role("rowheader", name="prueba 2").wait_for(timeout=WAIT)
    assert part.get_by_role("cell", name="por semilla").count() == 2


def test_a_front_end_without_scripts_shows_lists_and_no_error(home, chromium):
    """The widgets' manager cannot load the script's module: anywidget is not served."""
    folder = home / "bare"
    folder.mkdir()
    name = lab.notebook(folder)
    with lab.server(folder, home) as address:
        opened = chromium.new_page(viewport={"width": 1400, "height": 1000})
        lost = []
        opened.route(
            re.compile("extensions/anywidget/"),
            lambda route: (lost.append(route.request.url), route.abort()),
        )
        opened.goto(address(name))
        lab.run_all(opened)
        rows = opened.get_by_label("Verdadera").nth(1)  # after those of all runs
        rows.wait_for(timeout=WAIT)
        rows.select_option("4")
        opened.get_by_label("Predicha").nth(1).select_option("9")
        title = opened.get_by_role("heading", name="verdadera 4, predicha 9")
        title.wait_for(timeout=WAIT)
        found = tool(opened, "verdadera 4, predicha 9")
        assert shown(found) == expected(newest("sample")["one_hidden"], 4, 9)
        if folder_of_shots := os.environ.get("SHOTS"):
            opened.screenshot(path=f"{folder_of_shots}/plain.png")
        assert lost
        assert opened.locator(".inf [role=grid]").count() == 0
        told = re.compile("Error displaying|Failed|Traceback|Error:")
        assert opened.get_by_text(told).locator("visible=true").count() == 0
