"""Tables of the report: data frames of text, with Spanish headings."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from helpers.evaluation import precision, recall
from helpers.models import count_parameters, scale
from helpers.runs import Run
from helpers.uncertainty import Paired, over_seeds, wilson
from informe import numbers
from informe.report import original
from informe.report.results import accuracies

LEVEL = f"IC 95{numbers.THIN}%"  # the heading of intervals
# Parts of a layer's `repr` that state defaults or are not needed
DEFAULTS = (
    *("in_features=", "out_features=", "kernel_size=", "start_dim=1, end_dim=-1"),
    *(", stride=(1, 1)", ", stride=2, padding=0, dilation=1, ceil_mode=False"),
    *(", bias=True", "alpha=1.0"),
)


def layers(model: nn.Sequential, images: torch.Tensor) -> pd.DataFrame:
    """Each layer's output shape for one image (1, C, H, W), and its parameters."""
    x, rows = scale(images), [["entrada", _shape(images), ""]]
    for layer in model.children():
        with torch.no_grad():
            x = layer(x)
        size = numbers.integer(count_parameters(layer))
        rows.append([f"`{_describe(layer)}`", _shape(x), size])
    rows.append(["**total**", "", numbers.integer(count_parameters(model))])
    columns = ["capa", "salida", "parámetros"]
    return pd.DataFrame(rows, columns=columns).set_index("capa")


def per_class(counts: np.ndarray, classes, with_original: bool = False) -> pd.DataFrame:
    """Precision and recall of each class with Wilson's interval over images.

    `with_original` adds the figures of the original report.
    """
    right = np.diag(counts)
    columns = {
        f"precisión [{LEVEL}]": _shares(precision(counts), right, counts.sum(0)),
        "precisión original": [numbers.share(x, 2) for x in original.PRECISION],
        f"exhaustividad [{LEVEL}]": _shares(recall(counts), right, counts.sum(1)),
        "exhaustividad original": [numbers.share(x, 2) for x in original.RECALL],
        "imágenes": [numbers.integer(int(n)) for n in counts.sum(1)],
    }
    if not with_original:
        columns = {k: v for k, v in columns.items() if "original" not in k}
    return pd.DataFrame(columns, index=pd.Index(classes, name="clase"))


def _shares(values, successes, n) -> list[str]:
    bounds = zip(values, *wilson(successes, n), strict=True)
    return [
        f"{numbers.share(x, 2)} [{numbers.share(low, 2)}, {numbers.share(high, 2)}]"
        for x, low, high in bounds
    ]


def paired(pair: Paired, a: str, b: str) -> pd.DataFrame:
    """McNemar's 2 × 2 table: how often each network is right, image by image."""
    rows = [[pair.both, pair.only_a], [pair.only_b, pair.neither]]
    cells = [[numbers.integer(n) for n in row] for row in rows]
    index = pd.Index([f"{a} acierta", f"{a} falla"], name="")
    return pd.DataFrame(cells, index, [f"{b} acierta", f"{b} falla"])


def networks(runs: dict[str, list[Run]]) -> pd.DataFrame:
    """Accuracy, its uncertainty over seeds and its cost, one row per network."""
    rows = {name: _network(seeds) for name, seeds in runs.items()}
    columns = ["semillas", "exactitud", LEVEL, "parámetros", "tiempo"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("red")


def costs(runs: dict[str, list[Run]]) -> pd.DataFrame:
    """Parameters, bytes and times of each network, beside the original's."""
    rows = {name: _cost(seeds) for name, seeds in runs.items()}
    columns = [
        "parámetros",
        "en disco",
        "en disco (original)",
        "épocas",
        "tiempo",
        "tiempo (original)",
    ]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("red")


def _network(seeds: list[Run]) -> list[str]:
    estimate = over_seeds(accuracies(seeds))
    return [
        str(len(seeds)),
        numbers.mean_std(estimate),
        numbers.interval(estimate),
        numbers.integer(seeds[0].parameters),
        numbers.duration(float(np.mean([run.seconds for run in seeds]))),
    ]


def _cost(seeds: list[Run]) -> list[str]:
    network = seeds[0].about["network"]
    return [
        numbers.integer(seeds[0].parameters),
        numbers.size(seeds[0].bytes),
        numbers.size(original.BYTES[network]),
        str(len(seeds[0].history)),
        numbers.duration(float(np.mean([run.seconds for run in seeds]))),
        numbers.duration(original.SECONDS[network]),
    ]


def _shape(x: torch.Tensor) -> str:
    return " × ".join(map(str, x.shape[1:]))


def _describe(layer: nn.Module) -> str:
    """A layer as torch prints it, without the texts in DEFAULTS."""
    text = repr(layer)
    for default in DEFAULTS:
        text = text.replace(default, "")
    return text
