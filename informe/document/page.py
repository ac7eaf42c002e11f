"""An nbconvert exporter from an executed notebook to one HTML file that lives offline.

The text is that of the PDF, by the same Typst; where a figure tells which stored runs
it shows, components of `informe.explore` draw it from their predictions. The page
fetches nothing and runs no script but its own, which its policy names by a checksum.

``jupyter nbconvert --to informe-html any-executed.ipynb``
"""

import base64
import copy
import hashlib
import re
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from nbformat import NotebookNode
from traitlets import Bool, Unicode

from informe.document import typeset
from informe.document.exporter import InformeExporter

_TEMPLATE = Path(__file__).parent / "template"
_SVG = re.compile(r'"data:image/svg\+xml;base64,([^"]+)"')
# metadata, indentation, and digits of coordinates beyond hundredths of a point
_UNSEEN = re.compile(
    r"<metadata>.*?</metadata>|(?<=\n) +|(?<=\d\.\d\d)\d+(?=[ \n,)\"])", re.DOTALL
)
_SAFE = " =:;/,()<>?!*+-._~|{}[]@$^`'\n"  # as they are, between double quotes
_POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
    "script-src {hashes}; base-uri 'none'; form-action 'none'"
)


class PageExporter(InformeExporter):
    """Notebook to a page; the title page's fields are nbconvert options."""

    export_from_notebook = "HTML (informe)"
    output_mimetype = "text/html"
    file_extension = Unicode(".html")

    trust = Bool(
        help="Keep the scripts and styles of HTML outputs: they run where it is opened"
    ).tag(config=True)

    def from_notebook_node(self, nb, resources=None, **kw):
        """The page (text) of a notebook, and nbconvert's resources.

        Raises ReportError, which names the cell, for what cannot be shown.
        """
        nb = copy.deepcopy(nb)
        trusted = _set_aside(nb) if self.trust else {}
        specs, runs = self._live(nb)
        source, pieces, resources = self.typst(nb, resources, **kw)
        html = self.compiled(
            pieces, source, lambda text: typeset.html(text, pieces.files)
        )
        for place, own in trusted.items():
            within = "(?:(?!</div>).)*"  # the box that holds the mark, and no other
            box = f'<div class="salida"[^>]*>{within}{place}{within}</div>'
            html = re.sub(box, lambda _, own=own: f"<div>{own}</div>", html)
        return page(html, *_components(specs, runs), not self.trust), resources

    def _live(self, notebook: NotebookNode) -> tuple[list[dict], dict]:
        """What components of the page draw, and its runs by their keys.

        What lacks a run stays a figure, with a warning.
        """
        outputs = (o for cell in notebook.cells for o in cell.get("outputs", []))
        about = [output.get("metadata", {}).get("informe") for output in outputs]
        alive = [one for one in about if isinstance(one, dict) and "live" in one]
        runs: dict = {}
        if not alive:
            return [], runs
        from informe.explore import live  # torch takes seconds

        for one in alive:
            if missing := live.lacks(one["live"], runs):
                self.log.warning("%s: %s", one.get("id", "informe"), missing)
                del one["live"]
        return [one["live"] for one in alive if "live" in one], runs


def page(
    html: str, script: str, style: str, documents: dict[str, str], closed: bool = True
) -> str:
    """Typst's HTML with looks, scripts and the documents that they draw.

    `documents` are JSON that cannot end its element. A `closed` page runs no other
    script and loads nothing, whatever it holds.
    """
    frame = _read("page.js")
    scripts = [f"(() => {{\n{code}\n}})();" for code in (frame, script) if code]
    policy = _POLICY.format(hashes=" ".join(map(_checksum, scripts)) or "'none'")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    head = f"{meta if closed else ''}<style>{_read('page.css')}{style}</style>"
    data = "".join(
        f'<script type="application/json" id="dato-{name}">{document}</script>\n'
        for name, document in documents.items()
    )
    body = "".join(f"<script>{code}</script>\n" for code in scripts)
    html = _SVG.sub(_as_text, html)
    html = html.replace("</head>", f"{head}</head>", 1)
    before, _, after = html.rpartition("</body>")
    return f"{before}\n{data}{body}</body>{after}\n"


def _set_aside(notebook: NotebookNode) -> dict[str, str]:
    """Replace HTML outputs by marks that nobody can guess; give them by their mark."""
    aside = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                mark = uuid4().hex
                aside[mark] = "".join(output.data["text/html"])
                output.data, output.metadata = {"text/plain": mark}, {}
    return aside


def _components(specs: list[dict], runs: dict) -> tuple[str, str, dict[str, str]]:
    """The components' script and style, and what the specs draw; or nothing."""
    if not specs:
        return "", "", {}
    from informe.explore import live  # torch takes seconds

    documents = live.documents_of(specs, opened=runs)
    texts = {name: live.as_json(document) for name, document in documents.items()}
    return live.script(), live.style(), texts


def _read(name: str) -> str:
    return (_TEMPLATE / name).read_text("utf-8")


def _checksum(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _as_text(match: re.Match) -> str:
    """An SVG as text in its address, without what nobody sees: a third shorter."""
    svg = _UNSEEN.sub("", base64.b64decode(match[1]).decode())
    return f'"data:image/svg+xml,{quote(svg, safe=_SAFE)}"'
