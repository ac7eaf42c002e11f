"""Seconds from a click on a cell to its images, in JupyterLab in headless Chromium.

    python -m benchmarks.explore        medians over cells that were not clicked before

It needs chromium and `pip install -e '.[browser]'`, and explores the runs as the
notebook does: the newest stored ones or, without any, small ones of the sample.
"""

import shutil
import statistics
import tempfile
from pathlib import Path

from helpers.machine import describe_machine
from tests.support import lab

CLICK = """([row, column]) => new Promise((done) => {
  const part = document.querySelector(
    '.inf:has([role=grid]):not(:has([name=network]))');
  const list = () => part.querySelector('ul.images');
  const before = list();
  const start = performance.now();
  const look = () => {
    const images = [...(list()?.querySelectorAll('img') ?? [])];
    if (list() !== before && images.length && images.every((i) => i.complete))
      done((performance.now() - start) / 1000);
    else requestAnimationFrame(look);
  };
  part.querySelector(`[data-row="${row}"][data-column="${column}"]`).click();
  look();
})"""


def measure(address: str, browser) -> list[float]:
    """Seconds from click to images: the first after the notebook ran, then ten more."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(address)
    lab.run_all(page)
    page.locator(".widget-button", has_text="Entrenar").last.wait_for(timeout=120_000)
    page.wait_for_timeout(1_000)  # the kernel rests, as when a person reads
    page.locator(".inf table[role=grid]").first.scroll_into_view_if_needed()
    cells = [[4, -1], *([k, k] for k in range(10))]
    return [page.evaluate(CLICK, cell) for cell in cells]


def main() -> None:
    """Print the first click, and the median and the slowest of the others."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(lab.paths.notebooks() / "explorar.ipynb", folder)
        home = lab.paths.root()
        logs = Path(folder) / "lab"
        logs.mkdir()
        with (
            lab.server(folder, logs, home=home) as address,
            lab.browser() as browser,
        ):
            first, *others = measure(address("explorar.ipynb"), browser)
    print(describe_machine("cpu")["processor"])
    print(f"first click  {first:.3f} s")
    print(f"other cells  {statistics.median(others):.3f} s (median of {len(others)})")
    print(f"slowest      {max(others):.3f} s")


if __name__ == "__main__":
    main()
