"""What the runs measured, as tables, sentences and the summary need it."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd
import torch

from helpers.datasets import Dataset
from helpers.evaluation import confused_pairs, precision, recall
from helpers.runs import Run
from helpers.uncertainty import Paired, compare, over_seeds


def accuracies(runs: list[Run]) -> np.ndarray:
    """Share of test images that each seed's network classifies right, (S,)."""
    return np.array([1 - run.history.test_error.iloc[-1] for run in runs])


def accuracies_by_name(runs: dict[str, list[Run]]) -> dict[str, np.ndarray]:
    """`accuracies` of each network."""
    return {name: accuracies(seeds) for name, seeds in runs.items()}


def histories(runs: list[Run]) -> list[pd.DataFrame]:
    """The history of each seed."""
    return [run.history for run in runs]


def per_seed(
    measure: Callable[[np.ndarray], np.ndarray], runs: list[Run]
) -> np.ndarray:
    """`measure`, such as recall, of each seed's confusion matrix, (S, K)."""
    return np.array([measure(run.confusion) for run in runs])


def lost_classes(run: Run) -> list[int]:
    """Classes that the network never predicts."""
    return np.flatnonzero(run.confusion.sum(0) == 0).tolist()


def worst(runs: list[Run]) -> Run:
    """The run with the lowest accuracy; the first of equals."""
    return runs[int(np.argmin(accuracies(runs)))]


def confident_errors(run: Run, data: Dataset, n: int) -> tuple:
    """The `n` misclassified test images with the highest probability, highest first.

    Gives the images (n, C, H, W) and a title for each: true class → predicted class.
    """
    logits = torch.from_numpy(run.logits)
    probability, predicted = logits.softmax(1).max(1)
    wrong = (predicted != data.test.labels).nonzero().squeeze(1)
    order = probability[wrong].argsort(descending=True, stable=True)[:n]
    rows = wrong[order]
    titles = [
        f"{data.classes[data.test.labels[i]]} → {data.classes[predicted[i]]}"
        for i in rows
    ]
    return data.test.images[rows], titles


def gallery(run: Run, data: Dataset, rows: int = 2, columns: int = 7) -> tuple:
    """Examples of the most confused pairs, a row for each, and the surest errors below.

    Gives images and titles as `confident_errors` does, the surest first in each row.
    Rows hold `columns` images; shorter ones are filled up with white.
    """
    logits = torch.from_numpy(run.logits)
    probability, predicted = logits.softmax(1).max(1)
    picked, titles = [], []
    for pair in confused_pairs(run.confusion, rows).itertuples():
        if not pair.images:
            continue
        here = (data.test.labels == pair.true) & (predicted == pair.predicted)
        places = here.nonzero()[:, 0]
        order = probability[places].argsort(descending=True, stable=True)[:columns]
        title = f"{data.classes[pair.true]} → {data.classes[pair.predicted]}"
        blank = columns - len(order)
        white = torch.full((blank, *data.test.images.shape[1:]), _paper(data))
        picked += [data.test.images[places[order]], white.to(torch.uint8)]
        titles += [title] * len(order) + [""] * blank
    images, names = confident_errors(run, data, columns)
    return torch.cat([*picked, images]), [t.replace(" → ", "→") for t in titles + names]


def _paper(data: Dataset) -> int:
    """The value that is drawn as white: grey images are drawn inverted."""
    return 0 if data.test.images.shape[1] == 1 else 255


def paired(a: list[Run], b: list[Run]) -> Paired:
    """Compare the first seeds of two networks on the same test images."""
    return compare(a[0].labels, a[0].predictions, b[0].predictions)


def metrics(
    data: Dataset, runs: dict[str, list[Run]], pair: Paired, finding: str, claims=()
) -> dict:
    """Everything that the summary and the README say of one data set, for JSON.

    `pair` compares the first network of `runs` with the second; `finding` is what the
    summary says of them; `claims` are rows of the conclusion's table.
    """
    finished = max(run.about["finished"] for seeds in runs.values() for run in seeds)
    return {
        "dataset": data.name,
        "title": data.title,
        "is_sample": data.is_sample,
        "source": data.source,
        "checksum": data.checksum,
        "images": {"train": len(data.train.labels), "test": len(data.test.labels)},
        "trained_on": finished[:10],
        "networks": {name: _network(seeds) for name, seeds in runs.items()},
        "comparison": asdict(pair) | {"of": list(runs)},
        "finding": finding,
        "claims": [asdict(claim) for claim in claims],
    }


def keys_of(outcomes: dict) -> list[str]:
    """Keys of the runs of experiments, which the report refers to."""
    seeds = [runs for o in outcomes.values() for runs in o.runs.values()]
    return sorted({run.key for runs in seeds for run in runs})


def _network(runs: list[Run]) -> dict:
    values = accuracies(runs)
    estimate = over_seeds(values)
    first = runs[0].about
    return {
        "network": first["network"],
        "options": first["options"],
        "recipe": first["recipe"],
        "device": first["device"],
        "machine": first["machine"],
        "seeds": [run.seed for run in runs],
        "runs": [run.key for run in runs],
        "accuracy": values.tolist(),
        "mean": estimate.mean,
        "std": _finite(estimate.std),
        "interval": [_finite(estimate.low), _finite(estimate.high)],
        "lost_classes": [lost_classes(run) for run in runs],
        "precision": _finite_rows(per_seed(precision, runs)),
        "recall": _finite_rows(per_seed(recall, runs)),
        "parameters": runs[0].parameters,
        "bytes": runs[0].bytes,
        "seconds": [run.seconds for run in runs],
    }


def _finite(x: float) -> float | None:
    """JSON has no NaN: what has no value is null."""
    return None if np.isnan(x) else float(x)


def _finite_rows(values: np.ndarray) -> list[list[float | None]]:
    return [[_finite(x) for x in row] for row in values]
