"""What a notebook shows: captioned figures and tables, prose made from results.

A caption and a name travel in the output's metadata; the exporter numbers them. On the
screen the caption stands below the figure or the table.
"""

import ast
import base64
import inspect
import json
import re
import textwrap
from collections.abc import Callable

import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers import paths
from helpers.datasets import Dataset
from helpers.plotting import use_style
from informe.figures.marks import marks
from informe.figures.output import notebook_output
from informe.files import write_whole
from informe.report.pipes import pipe_table, plain


class Display:
    """Shows captioned things of one chapter; writes them to figures/<its name>."""

    def __init__(self, data: Dataset, name: str = ""):
        """Set the report's style and make the folder; the data's name by default."""
        use_style()
        self.data, self.name = data, re.sub(r"[^\w-]+", "_", name or data.name)
        self.folder = paths.figures(self.name)
        self.folder.mkdir(parents=True, exist_ok=True)

    def figure(
        self, ax: Axes, name: str, caption: str, alt: str, live: dict | None = None
    ) -> None:
        """Show the figure of `ax` and save it as SVG and PNG under `name`.

        `caption` is Markdown; `alt` says in plain words what a person would see, for
        those who cannot. Prose refers to it as `[...](#fig-<name>)`. `live` is what
        draws it on the page, as of `informe.explore.live`; without it, the points that
        were marked tell what they are.
        """
        data = show_figure(ax.get_figure(), f"fig-{name}", caption, alt, live)
        svg, png = data["image/svg+xml"], base64.b64decode(data["image/png"])
        (self.folder / f"{name}.svg").write_text(svg, encoding="utf-8")
        (self.folder / f"{name}.png").write_bytes(png)

    def table(
        self, table: pd.DataFrame, name: str, caption: str, live: dict | None = None
    ) -> None:
        """Show a table whose cells are text already; its index is the first column.

        Columns whose cells are all numbers align right. `live` is as in `figure`.
        """
        bundle = {"text/markdown": pipe_table(table), "text/plain": table.to_string()}
        _show("table", f"tab-{name}", bundle, caption, live=live)

    def alive(self, live: dict, text: str) -> None:
        """Show what only the page can; `text` says so where it cannot be shown."""
        about = {"kind": "page", "live": live}
        bundle = {"text/markdown": text, "text/plain": text}
        display(bundle, raw=True, metadata={"informe": about})

    def source(self, thing: Callable, name: str, caption: str) -> None:
        """Show the real source of a function or class as a listing.

        Prose refers to it as `[...](#lst-<name>)`.
        """
        text = source_of(thing)
        bundle = {"text/markdown": f"```python\n{text}\n```", "text/plain": text}
        _show("listing", f"lst-{name}", bundle, caption)

    def say(self, text: str) -> None:
        """Show a paragraph of Markdown made from results, if there is any."""
        if not text:
            return
        display({"text/markdown": text, "text/plain": text}, raw=True)

    def write(self, content: dict) -> None:
        """Write `metrics.json`: what was measured, for the report's own chapters.

        The notebook tells where it is, on the screen and in the output's metadata.
        """
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_whole(text, self.folder / "metrics.json")
        told = {"text/plain": f"Todo lo medido: figures/{self.name}/metrics.json"}
        about = {"kind": "screen", "measured": self.name}
        display(told, raw=True, metadata={"informe": about})


def heading(title: str) -> None:
    """Show the title of a chapter whose notebook does not know it."""
    text = f"# {plain(title)}"
    display({"text/markdown": text, "text/plain": text}, raw=True)


def show_figure(
    figure: Figure, name: str, caption: str, alt: str, live: dict | None = None
) -> dict:
    """Close a figure and show it above its caption; give its data by MIME type.

    `name` is what prose refers to, `#fig-...`; `live` is as in `Display.figure`.
    """
    if found := marks(figure) if live is None else []:
        live = {"component": "points", "marks": found}
    data, metadata = notebook_output(figure)
    shown = data | {"text/plain": alt}
    _show("figure", name, shown, caption, alt, metadata, live)
    return data


def _show(kind, name, bundle, caption, alt="", metadata=None, live=None) -> None:
    about = {"kind": kind, "id": name, "caption": caption, "alt": alt}
    about |= {"live": live} if live else {}
    display(bundle, raw=True, metadata={"informe": about} | (metadata or {}))
    word = {"figure": "Figura", "table": "Tabla", "listing": "Listado"}[kind]
    below = {"text/markdown": f'<a id="{name}"></a>*{word}.* {caption}'}
    display(
        below | {"text/plain": caption},
        raw=True,
        metadata={"informe": {"kind": "screen"}},
    )


def source_of(thing: Callable) -> str:
    """The source of a function or class, from the margin and without docstrings."""
    text = textwrap.dedent(inspect.getsource(thing)).rstrip()
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            lines[first.lineno - 1 : first.end_lineno] = [None] * (
                first.end_lineno - first.lineno + 1
            )
    return "\n".join(line for line in lines if line is not None)
