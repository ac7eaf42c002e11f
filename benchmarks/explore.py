"""Seconds from a click on a cell to its images, in the exported exploring notebook.

    python -m benchmarks.explore        the first click, and medians over other cells

It needs chromium and `pip install -e '.[browser]'`, and explores the runs as the
notebook does: the newest stored ones or, without any, small ones of the sample.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers.machine import describe_machine
from tests.support import lab

CLICK = """(host, [row, column]) => new Promise((done) => {
  const root = host.shadowRoot;
  const start = performance.now();
  const look = () => {
    if (root.querySelector("li[data-index] canvas"))
      requestAnimationFrame(() => done((performance.now() - start) / 1000));
    else requestAnimationFrame(look);
  };
  root.querySelector("ul")?.replaceChildren();
  root.querySelector(`[data-row="${row}"][data-column="${column}"]`).click();
  look();
})"""


def measure(page: Path, browser) -> list[float]:
    """Seconds from click to images: the first of the page, then ten more."""
    opened = browser.new_page(viewport={"width": 1400, "height": 1000})
    opened.goto(page.as_uri())
    host = opened.locator("[data-informe]").nth(1)  # after that of the list
    host.scroll_into_view_if_needed()
    host.locator("[role=grid]").wait_for()
    cells = [[4, 9], *([k, k] for k in range(10))]
    return [host.evaluate(CLICK, cell) for cell in cells]


def main() -> None:
    """Print the first click, and the median and the slowest of the others."""
    notebook = lab.paths.notebooks() / "explorar.ipynb"
    with tempfile.TemporaryDirectory() as folder, lab.browser() as browser:
        export = ["--to", "html", "--execute", "--output-dir", folder, str(notebook)]
        subprocess.run([sys.executable, "-m", "nbconvert", *export], check=True)
        first, *others = measure(Path(folder) / "explorar.html", browser)
    print(describe_machine("cpu")["processor"])
    print(f"first click  {first:.3f} s")
    print(f"other cells  {statistics.median(others):.3f} s (median of {len(others)})")
    print(f"slowest      {max(others):.3f} s")


if __name__ == "__main__":
    main()
