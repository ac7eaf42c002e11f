"""The living figures: which runs each draws, and the HTML that brings it to life.

A spec names a component of `components/` and the keys of its runs. A page, or the
output of a notebook's cell, holds the spec in a `div` with the class `vivo`, the
documents that `documents_of` packs, and one script.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from html import escape
from importlib.resources import files
from itertools import count

import numpy as np
from matplotlib.axes import Axes
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from helpers.datasets import DataError
from helpers.evaluation import off_diagonal, row_shares
from helpers.models import NETWORKS
from helpers.runs import Run
from informe.explore.chain import computed
from informe.explore.fresh import Fresh
from informe.explore.pack import run_document, set_document, set_name, worth_seeing
from informe.explore.stored import data_of, run_of
from informe.figures.output import notebook_output

Named = tuple[str, Sequence[Run]]  # a network's name, and a run for each seed
_COMPONENTS = files("informe.explore").joinpath("components")
_numbers = count(1)  # names of figures must differ within a notebook
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(.+)";\n', re.MULTILINE)
# A page's documents are elements of their own, those of an output in its script.
_PAGE = """
wake(document, openStore((name) =>
  document.getElementById(`dato-${name}`)?.textContent ?? null));"""


def matrix_spec(
    networks: dict[str, Sequence[Run]],
    first: str | None = None,
    *,
    seed: int | None = None,
    epochs: bool = True,
) -> dict:
    """The confusion matrices of networks, each with a run for each seed.

    It starts with the network `first` and with `seed`, or the mean of all seeds. With
    `epochs` it has a slider. Raises ValueError for runs on different images.
    """
    _same_images([run for runs in networks.values() for run in runs])
    return {
        "component": "matrix",
        "networks": [
            _seeds(named) | {"similar": similarity_order(named[1]), "epochs": epochs}
            for named in networks.items()
        ],
        "network": first or next(iter(networks)),
        "seed": seed,
    }


def pair_spec(a: Named, b: Named) -> dict:
    """Which images one network gets right and the other wrong, seed by seed.

    Raises ValueError for runs on different images.
    """
    _same_images([*a[1], *b[1]])
    return {"component": "pair", "a": _seeds(a), "b": _seeds(b)}


def network_spec(runs: dict[str, Run]) -> dict:
    """Networks that run in the page.

    One that the page cannot compute is left out, and `absent` tells why. Only this
    process may know how to build a network of somebody's own: the spec has its layers.
    """
    _same_images(list(runs.values()))
    named, told = [], []
    for name, run in runs.items():
        try:
            layers = computed(run)
        except ValueError as error:
            told.append(f"La red {name} no está aquí: {error}.")
        else:
            own = {} if run.about["network"] in NETWORKS else {"layers": layers}
            named.append({"name": name, "key": run.key} | own)
    return {"component": "network", "runs": named, "absent": " ".join(told)}


def documents_of(
    specs: Iterable[dict],
    have: np.ndarray | None = None,
    opened: dict[str, Run] | None = None,
) -> dict[str, dict]:
    """Pack all runs and test sets that specs need, by the document's name.

    `have` limits the pictures to these positions; runs already `opened` are not read
    again. Raises ValueError for runs that are lost, damaged or of other data, DataError
    where there are no data.
    """
    specs = list(specs)
    told = [one for spec in specs for one in drawn(spec)]
    names = {key: name for name, key in told[::-1]}  # as it is called first
    networks = [run for spec in specs for run in spec.get("runs", [])]
    built = {run["key"] for run in networks if "layers" not in run}
    documents = {}
    for key, name in names.items():
        run = (opened or {}).get(key) or run_of(key)
        if set_name(run) not in documents:
            documents[set_name(run)] = set_document(data_of(run), have)
        layers = computed(run) if key in built else None
        documents[f"run-{key}"] = run_document(run, name, layers)
    return documents


def lacks(spec: dict, opened: dict[str, Run]) -> str:
    """Say what a spec needs and lacks, or nothing; add its runs to those `opened`."""
    try:
        keys = [key for _, key in drawn(spec)]
        opened |= {key: run_of(key) for key in keys if key not in opened}
        for run in {set_name(opened[key]): opened[key] for key in keys}.values():
            data_of(run)
    except (DataError, LookupError, TypeError, ValueError) as error:
        return str(error)
    return ""


def drawn(spec: dict) -> list[tuple[str, str]]:
    """Name of the network and key of each run that a spec draws."""
    match spec["component"]:
        case "matrix":
            sides = spec["networks"]
        case "pair":
            sides = [spec["a"], spec["b"]]
        case "network":
            return [(run["name"], run["key"]) for run in spec["runs"]]
        case "points":
            return []
        case other:
            raise ValueError(f"unknown component {other!r}")
    return [(side["name"], key) for side in sides for key in side["runs"]]


def script(start: str = _PAGE) -> str:
    """The components' modules joined into one script, which ends with `start`."""
    texts = {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(_COMPONENTS.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".js")
    }
    needs = {name: _IMPORT.findall(text) for name, text in texts.items()}
    order = TopologicalSorter(needs).static_order()
    joined = "".join(_IMPORT.sub("", texts[name]) for name in order)
    return re.sub("^export ", "", joined, flags=re.MULTILINE) + start


def style() -> str:
    """The components' style sheet."""
    return _COMPONENTS.joinpath("components.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Living:
    """One output of a notebook: a living figure, and what stands for it elsewhere."""

    data: dict  # by MIME type
    metadata: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return self.data, self.metadata


def living(ax: Axes, words: str, spec: dict, runs: Sequence[Run], name: str) -> Living:
    """Give the figure of `ax` as an output that `spec` brings to life.

    It is the same whether or not a person is watching. `words` are both its caption
    and what stands for it where no images are shown. It holds pictures of the images
    that one of `runs` gets wrong, and of a few others. Without a network that the page
    can compute it stays a figure, and so do, in the report's page, fresh results.
    """
    data, metadata = notebook_output(ax.get_figure())
    about = {"kind": "figure", "id": f"fig-explorar-{name}-{next(_numbers)}"}
    about |= {"caption": words, "alt": words}
    html = {}
    if drawn(spec):
        documents = documents_of([spec], worth_seeing(runs), {r.key: r for r in runs})
        html = {"text/html": island(spec, data["image/png"], words, documents)}
        about |= {} if any(isinstance(run, Fresh) for run in runs) else {"live": spec}
    return Living(html | data | {"text/plain": words}, {"informe": about} | metadata)


def island(spec: dict, png: str, alt: str, documents: dict[str, dict]) -> str:
    """One HTML output of a notebook: a figure that its script brings to life.

    `png` is in base64. Where scripts do not run, the figure stays. Each output holds
    all it needs, since others may be deleted.
    """
    text = json.dumps(spec, ensure_ascii=False)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    about = {
        "id": name,
        "spec": text,
        "style": style(),
        "documents": {name: as_json(content) for name, content in documents.items()},
    }
    start = files("informe.explore").joinpath("output.js").read_text("utf-8")
    code = f'"use strict";\nconst about = {as_json(about)};\n{script(start)}'
    return (
        f'<div data-informe="{name}"><img src="data:image/png;base64,{png}"'
        f' alt="{escape(alt)}" style="max-width:100%"></div>\n'
        f"<script>(() => {{\n{code}\n}})();</script>"
    )


def as_json(content: dict) -> str:
    """JSON that cannot end the script that holds it."""
    compact = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    return json.dumps(content, **compact).replace("<", "\\u003c")


def similarity_order(runs: Sequence[Run]) -> list[int]:
    """Order classes so that those that are often confused are side by side.

    The similarity of two classes is the mean of the two shares in which one is taken
    for the other. Hierarchical clustering by average linkage gives a tree, and its
    optimal leaf ordering (Bar-Joseph et al., 2001) gives the order.
    """
    counts = np.sum([run.confusion for run in runs], axis=0)
    shares = np.nan_to_num(row_shares(off_diagonal(counts)))
    if not shares.any():
        return list(range(len(counts)))
    alike = (shares + shares.T) / 2
    distance = squareform(alike.max() - alike, checks=False)
    tree = linkage(distance, "average", optimal_ordering=True)
    return leaves_list(tree).tolist()


def _seeds(named: Named) -> dict:
    name, runs = named
    return {"name": name, "runs": [run.key for run in runs]}


def _same_images(runs: Sequence[Run]) -> None:
    if len({run.about["data"] for run in runs}) > 1:
        raise ValueError("los entrenamientos no usaron los mismos datos")
