"""Tables of the report: data frames of text, with Spanish headings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import stats
from torch import nn

from helpers.evaluation import precision, recall
from helpers.models import count_parameters, scale
from helpers.uncertainty import Paired, wilson
from informe import numbers
from informe.figures.seconds import EqualTime
from informe.numbers import LEVEL
from informe.report import original
from informe.report.results import (
    SEEDS,
    Measured,
    classes_ahead,
    mean_share,
    per_seed,
    told,
)

OPEN = "no se distingue"  # of two networks, neither wins
# Parts of a layer's `repr` that state defaults or are not needed
DEFAULTS = (
    *("in_features=", "out_features=", "kernel_size=", "start_dim=1, end_dim=-1"),
    *(", stride=(1, 1)", ", stride=2, padding=0, dilation=1, ceil_mode=False"),
    *(", bias=True", "alpha=1.0"),
)


def layers(model: nn.Module, images: torch.Tensor) -> pd.DataFrame:
    """Each layer's output shape for one image (1, C, H, W), and its parameters.

    Layers are the modules that hold no others, in the order in which they compute.
    """
    rows = [["entrada", _shape(images), ""]]
    for layer, x in passed(model, images):
        size = numbers.integer(count_parameters(layer))
        rows.append([f"`{_describe(layer)}`", _shape(x), size])
    rows.append(["**total**", "", numbers.integer(count_parameters(model))])
    columns = ["capa", "salida", "parámetros"]
    return pd.DataFrame(rows, columns=columns).set_index("capa")


def passed(model: nn.Module, images: torch.Tensor) -> list[tuple[nn.Module, Any]]:
    """Each layer with its output, as the images (N, C, H, W) go through the model."""
    found: list[tuple[nn.Module, Any]] = []
    hooks = [
        layer.register_forward_hook(lambda m, _, out: found.append((m, out)))
        for layer in model.modules()
        if not [*layer.children()]
    ]
    with torch.no_grad():
        model.eval()(scale(images))
    for hook in hooks:
        hook.remove()
    return found


def _shape(x: object) -> str:
    """The shape of an image's output; of what is no tensor, such as an LSTM's, none."""
    shape = x.shape[1:] if isinstance(x, torch.Tensor) else ()
    return " × ".join(map(str, shape))


def _describe(layer: nn.Module) -> str:
    """A layer as torch prints it, without the texts in DEFAULTS."""
    text = repr(layer)
    for default in DEFAULTS:
        text = text.replace(default, "")
    return text


def per_class(
    m: Measured, classes: Sequence[str], with_original: bool = False
) -> pd.DataFrame:
    """Precision and recall of each class, a mean over seeds with Student's interval.

    Seeds that lose a class are left out, unless all do. With a single seed the interval
    is Wilson's, over images. `with_original` adds the figures of the original report.
    """
    m = m.whole
    predicted, there = m.counts.sum(1), m.counts.sum(2)  # (S, K)
    columns = {
        f"precisión [{LEVEL}]": _shares(per_seed(precision, m.counts), predicted),
        "precisión original": [numbers.share(x, 2) for x in original.PRECISION],
        f"exhaustividad [{LEVEL}]": _shares(per_seed(recall, m.counts), there),
        "exhaustividad original": [numbers.share(x, 2) for x in original.RECALL],
        "imágenes": [numbers.integer(int(n)) for n in there[0]],
    }
    if not with_original:
        columns = {k: v for k, v in columns.items() if "original" not in k}
    return pd.DataFrame(columns, index=pd.Index(classes, name="clase"))


def _shares(values: np.ndarray, n: np.ndarray) -> list[str]:
    """Format a share of each class, (S, K); each is of so many images `n`, (S, K)."""
    if len(values) > 1:
        return [_mean(column) for column in values.T]
    ends = zip(*wilson(values[0] * n[0], n[0]), strict=True)
    return [_cell(x, *pair) for x, pair in zip(values[0], ends, strict=True)]


def _mean(values: np.ndarray) -> str:
    """Format the mean of the seeds that have a value."""
    there = values[~np.isnan(values)]
    if not len(there):
        return numbers.NONE
    e = mean_share(there)
    some = "" if e.n == len(values) else f" ({e.n} de {len(values)})"
    return _cell(e.mean, e.low, e.high) + some


def _cell(x: float, low: float, high: float) -> str:
    """Format a share and its interval."""
    if np.isnan(low):
        return numbers.share(x, 2)
    return f"{numbers.share(x, 2)} [{numbers.share(low, 2)}, {numbers.share(high, 2)}]"


def paired(pair: Paired, a: str, b: str) -> pd.DataFrame:
    """McNemar's 2 × 2 table: how often each network is right, image by image."""
    rows = [[pair.both, pair.only_a], [pair.only_b, pair.neither]]
    cells = [[numbers.integer(n) for n in row] for row in rows]
    index = pd.Index([f"{a} acierta", f"{a} falla"], name="")
    return pd.DataFrame(cells, index, [f"{b} acierta", f"{b} falla"])


def operations(model: nn.Module, images: torch.Tensor) -> int:
    """Operations for one image (1, C, H, W): two for each multiply-add of a layer.

    Counts convolutions and linear layers; the cost of the others is negligible.
    """
    return sum(
        2 * x.numel() * layer.weight[0].numel()
        for layer, x in passed(model, images[:1])
        if isinstance(layer, (nn.Conv2d, nn.Linear))
    )


def criteria(
    dense: Measured,
    lenet: Measured,
    equal_time: EqualTime | None,
    operations: Sequence[int],
) -> pd.DataFrame:
    """Criteria by which the dense network and LeNet-5 differ, and which one wins.

    `operations` are those for an image, the dense network's first. The lower value
    wins, if the difference is seen: of the error and of the number of classes by the
    crossed bootstrap, of the spread by Levene's test, at equal time by a t test, of
    times if no seed of one took as long as any of the other.
    """
    both = (dense, lenet)
    errors = [1 - m.whole.accuracies.mean() for m in both]
    seen = told(*both) in ("more", "less")
    rows = {
        f"error [{LEVEL}]": [*map(_error, both), _lower(errors, seen)],
        "desviación estándar entre semillas": _spreads(*both),
        "tiempo por época": _times(*(m.seconds / m.epochs for m in both)),
        "tiempo en total": _times(*(m.seconds for m in both)),
        **_at_equal_time(equal_time, dense),
        "parámetros": _row([m.parameters for m in both], numbers.integer),
        "pesos en disco": _row([m.bytes for m in both], numbers.size),
        "operaciones por imagen": _row(operations, numbers.integer),
        "clases que reconoce mejor": _classes(*both),
    }
    columns = ["densa", "LeNet-5", "gana"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("criterio")


def _row(values: Sequence[float], form, seen: bool = True) -> list[str]:
    return [*map(form, values), _lower(values, seen)]


def _lower(values: Sequence[float], seen: bool = True) -> str:
    """Who has the lower value, the dense network or LeNet-5, if that is seen."""
    dense, lenet = values
    if not seen or dense == lenet:
        return OPEN
    return "densa" if dense < lenet else "LeNet-5"


def _error(m: Measured) -> str:
    """The error with its interval, and of how many seeds if some lose a class."""
    e = mean_share(1 - m.whole.accuracies)
    ends = "" if e.n == 1 else f" {numbers.between(e.low, e.high)}"
    some = "" if m.whole is m else f" ({e.n} de {len(m.seeds)} semillas)"
    return f"{numbers.percent(e.mean)}{ends}{some}"


def _spreads(dense: Measured, lenet: Measured) -> list[str]:
    values = [m.whole.accuracies for m in (dense, lenet)]
    if min(map(len, values)) < 2:
        return [numbers.NONE, numbers.NONE, OPEN]
    spreads = [float(v.std(ddof=1)) for v in values]
    seen = min(map(len, values)) >= SEEDS and max(spreads) > 0
    seen = seen and stats.levene(*values, center="median").pvalue < 0.05
    return _row(spreads, lambda x: f"{numbers.points(x)} puntos", seen)


def _times(dense: np.ndarray, lenet: np.ndarray) -> list[str]:
    means = [float(seconds.mean()) for seconds in (dense, lenet)]
    apart = dense.min() > lenet.max() or lenet.min() > dense.max()
    apart = apart and numbers.ratio(means[0] / means[1]) != "1.0"
    return _row(means, numbers.duration, apart)


def _at_equal_time(e: EqualTime | None, dense: Measured) -> dict[str, list[str]]:
    """The row on the time that the dense network takes; none where LeNet-5 is slower.

    A single seed of the dense network is assumed to vary like those of its final
    training.
    """
    if e is None or np.isnan(e.fast.mean):
        return {}
    seen, seeds = False, dense.whole.accuracies
    if min(len(seeds), e.fast.n) > 1:
        alone = e.slow.n == 1
        std = seeds.std(ddof=1) if alone else e.slow.std
        error = np.hypot(std / np.sqrt(e.slow.n), e.fast.std / np.sqrt(e.fast.n))
        freedom = (len(seeds) if alone else e.slow.n) - 1
        gap = abs(e.slow.mean - e.fast.mean)
        seen = bool(gap > error * stats.t.ppf(0.975, freedom))
    name = f"error de validación a los {numbers.duration(e.seconds)}"
    return {name: _row([x.mean for x in (e.slow, e.fast)], numbers.percent, seen)}


def _classes(dense: Measured, lenet: Measured) -> list[str]:
    """How many classes each network recognises better, and who does most of them."""
    n = dense.classes
    both = classes_ahead(dense, lenet), classes_ahead(lenet, dense)
    most = [e.n >= SEEDS and e.low > n / 2 for e in both]
    cells = [f"{e.mean:g} de {n}" for e in both]
    return [*cells, {0: "densa", 1: "LeNet-5"}[most.index(True)] if any(most) else OPEN]
