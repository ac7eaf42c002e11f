"""The exploring notebook as a person uses it: JupyterLab in headless Chromium."""

import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from helpers.datasets import load
from informe.explore import newest
from tests.support import lab

pytestmark = lab.NEEDED
WAIT = 120_000  # milliseconds; a kernel starts and torch is imported
SIZE = {"viewport": {"width": 1400, "height": 1000}}
EXPLORED = "MNIST (muestra), una capa oculta"


@pytest.fixture(scope="module")
def home(small_runs):
    """Small runs of the four networks."""
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
def address(home):
    """Addresses of notebooks in a JupyterLab."""
    folder = home / "notebooks"
    folder.mkdir()
    lab.notebook(folder)
    with lab.server(folder, home) as address:
        yield address


@pytest.fixture(scope="module")
def page(home, address, chromium):
    """The notebook after `Run All Cells`, saved."""
    opened = chromium.new_page(**SIZE)
    opened.goto(address("explorar.ipynb"))
    lab.run_all(opened)
    opened.locator(".widget-button", has_text="Entrenar").nth(1).wait_for(timeout=WAIT)
    saved = home / "notebooks" / "explorar.ipynb"
    for _ in range(60):
        opened.keyboard.press("Control+s")
        opened.wait_for_timeout(1_000)
        if saved.read_text("utf-8").count("Errores de la base") == 2:
            break
    yield opened


@pytest.fixture(scope="module")
def exported(page, home, chromium):
    """What `nbconvert --to html` makes of the notebook that was saved."""
    source = home / "notebooks" / "explorar.ipynb"
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(source)]
    subprocess.run(command, check=True, cwd=source.parent)
    opened = chromium.new_page(**SIZE)
    opened.route("http*://**", lambda route: route.abort())
    opened.goto(source.with_suffix(".html").as_uri())
    yield opened


@pytest.fixture(scope="module")
def reopened(page, address, chromium):
    """The saved notebook, opened by somebody else who runs nothing."""
    opened = chromium.new_context(**SIZE).new_page()
    opened.goto(address("explorar.ipynb") + "&reset")
    opened.locator(".jp-Notebook").wait_for(timeout=WAIT)
    yield opened


@pytest.fixture(params=["page", "exported", "reopened"])
def place(request):
    """Each place where the outputs must live."""
    return request.getfixturevalue(request.param)


def living(page, title, n=0, holds="[role], canvas"):
    """The nth living figure with this title, awake, that `holds` something."""
    found = page.locator("[data-informe]").filter(
        has=page.locator(".titulo", has_text=title)
    )
    found = found.filter(has=page.locator(holds))
    panel = page.locator(".jp-WindowedPanel-outer")
    if panel.count():
        panel.first.evaluate("panel => panel.scrollTop = 0")
    page.mouse.move(700, 500)
    for _ in range(60):  # JupyterLab makes cells as they come into view
        if found.count() > n:
            break
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(250)
    found.nth(n).scroll_into_view_if_needed()
    return found.nth(n)


def indices(part):
    """Numbers of the images that a gallery shows."""
    found = part.locator("li[data-index]")
    return [int(li.get_attribute("data-index")) for li in found.all()]


def in_order(run, true, predicted):
    """Stored predictions of a cell, the surest first."""
    logits = run.logits.astype(float)
    shares = np.exp(logits - logits.max(1, keepdims=True))
    sure = np.round(4095 * (shares.max(1) / shares.sum(1)))
    chosen = (run.labels == true) & (logits.argmax(1) == predicted)
    return sorted(np.flatnonzero(chosen), key=lambda i: (-sure[i], i))


def test_no_cell_fails(page):
    assert page.locator(".jp-RenderedText[data-mime-type*=stderr]:visible").count() == 0
    assert page.get_by_text("Traceback").count() == 0


def test_a_click_shows_the_images_of_the_stored_predictions(place, runs):
    run = runs["one_hidden"]
    part = living(place, EXPLORED, 0)
    part.locator("[data-row='4'][data-column='9']").click()
    part.get_by_text("verdadera 4, predicha 9").first.wait_for()
    assert indices(part) == in_order(run, 4, 9)
    assert indices(part)


def test_the_images_that_only_one_network_gets_right(place, runs):
    part = living(place, "Aciertos y fallos de A")
    labels = load("cifar10", "sample").test.labels.numpy()
    a, b = (runs[name].predictions == labels for name in ("dense", "lenet5"))
    cell = part.locator("[data-row='0'][data-column='1']")
    assert int(cell.inner_text()) == (a & ~b).sum()
    cell.click()
    part.locator("li[data-index]").first.wait_for()
    assert (a & ~b)[indices(part)].all()


def test_a_digit_drawn_by_the_mouse_is_recognised(place):
    part = living(place, "La red en esta página: MNIST")
    sheet = part.locator("canvas").first
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"]
    place.mouse.move(x + 5, y + 0.12 * box["height"])
    place.mouse.down()
    place.mouse.move(x - 5, y + 0.85 * box["height"], steps=20)
    place.mouse.up()
    part.get_by_text(re.compile("Su dibujo.*1")).first.wait_for()


def test_the_slider_goes_through_the_epochs(place, runs):
    part = living(place, EXPLORED, holds="[type=range]:visible")
    slider = part.locator("[type=range]")
    slider.focus()
    place.keyboard.press("Home")
    snapshots = runs["one_hidden"].snapshots["predictions"]
    hits = ((runs["one_hidden"].labels == 1) & (snapshots[0] == 1)).sum()
    cell = part.locator("[data-row='1'][data-column='1']", has_text=str(hits))
    cell.wait_for()


def test_an_untrusted_notebook_keeps_the_figure(page, home, address, chromium):
    """JupyterLab trusts a notebook that this user ran; a copy elsewhere it does not."""
    source = home / "notebooks" / "explorar.ipynb"
    text = source.read_text(encoding="utf-8")
    (home / "notebooks" / "otro.ipynb").write_text(
        text.replace("Explorar las redes", "Otras redes", 1), encoding="utf-8"
    )
    opened = chromium.new_context(**SIZE).new_page()
    opened.goto(address("otro.ipynb") + "&reset")
    figure = opened.locator("img[alt^='Matriz de confusión']").first
    figure.wait_for(timeout=WAIT)
    assert figure.evaluate("image => image.naturalWidth") > 300


def test_another_run_is_chosen_from_the_list(page, runs):
    living(page, EXPLORED)
    chooser = page.locator(".widget-dropdown select").first
    chooser.scroll_into_view_if_needed()
    key = runs["dense"].key[:8]
    name = chooser.locator("option", has_text=key).inner_text()
    chooser.select_option(label=name)
    title = page.locator("[data-informe] .titulo", has_text="CIFAR-10 (muestra), densa")
    title.first.wait_for(timeout=WAIT)


def test_another_recipe_is_trained(page):
    button = page.locator(".widget-button", has_text="Entrenar").last
    button.scroll_into_view_if_needed()
    button.click()
    page.get_by_role("rowheader", name="prueba 1").wait_for(timeout=WAIT)


def test_in_a_frame_that_may_only_run_scripts_it_lives_as_well(home, page, chromium):
    """Colab shows each output in such a frame, of another origin than the notebook."""
    saved = nbformat.read(home / "notebooks" / "explorar.ipynb", 4)
    outputs = [o for cell in saved.cells for o in cell.get("outputs", [])]
    html = next(o.data["text/html"] for o in outputs if "data-informe" in str(o))
    opened = chromium.new_page(**SIZE)
    frame = '<iframe sandbox="allow-scripts" width=1300 height=900></iframe>'
    opened.set_content(frame)
    opened.locator("iframe").evaluate("(frame, html) => (frame.srcdoc = html)", html)
    inside = opened.frame_locator("iframe")
    inside.locator("td[data-row='1'][data-column='1']").click()
    inside.locator("li[data-index] canvas").first.wait_for()
    opened.close()
