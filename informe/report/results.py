"""What the runs measured, as tables, sentences and the summary need it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property

import numpy as np
import pandas as pd
import torch

from helpers.datasets import Dataset
from helpers.evaluation import confused_pairs, confusion_matrix
from helpers.plotting import short
from helpers.runs import Run
from helpers.uncertainty import Estimate, Paired, compare, over_seeds
from informe.experiments.chosen import NAME, Chosen
from informe.statistics import RESAMPLES, TAILS, crossed, draws, verdict

SEEDS = 3  # with fewer on a side, nothing is said of the recipe: another may differ


@dataclass(frozen=True, eq=False)
class Measured:
    """What the test images say of one recipe, over its S seeds."""

    seeds: list[int]
    keys: list[str]  # of the runs
    predictions: np.ndarray  # (S, N) classes
    labels: np.ndarray  # (N,)
    seconds: np.ndarray  # (S,) of training
    epochs: int
    parameters: int
    bytes: int  # of the weights on disk
    classes: int  # K

    @cached_property
    def right(self) -> np.ndarray:
        """Which images each seed's network classifies correctly, (S, N) bool."""
        return self.predictions == self.labels

    @property
    def accuracies(self) -> np.ndarray:
        """Share of the images that each seed's network classifies correctly, (S,)."""
        return self.right.mean(1)

    @cached_property
    def counts(self) -> np.ndarray:
        """Confusion matrix of each seed, (S, K, K)."""
        tables = (
            confusion_matrix(self.labels, p, self.classes) for p in self.predictions
        )
        return np.stack(list(tables))

    @property
    def lost(self) -> list[list[int]]:
        """The classes that each seed's network never predicts."""
        return [np.flatnonzero(t.sum(0) == 0).tolist() for t in self.counts]

    @property
    def collapsed(self) -> int:
        """How many seeds lose a class."""
        return sum(map(bool, self.lost))

    @cached_property
    def whole(self) -> "Measured":
        """Only the seeds that lose no class; all of them if there is none."""
        if self.collapsed in (0, len(self.seeds)):
            return self
        kept = [k for k, lost in enumerate(self.lost) if not lost]
        return replace(
            self,
            seeds=[self.seeds[k] for k in kept],
            keys=[self.keys[k] for k in kept],
            predictions=self.predictions[kept],
            seconds=self.seconds[kept],
        )

    @property
    def accuracy(self) -> Estimate:
        """Accuracy over the seeds of `whole`."""
        return mean_share(self.whole.accuracies)


def measured(runs: list[Run]) -> Measured:
    """What the seeds of one recipe measured on the test images."""
    first = runs[0]
    return Measured(
        [run.seed for run in runs],
        [run.key for run in runs],
        np.stack([run.predictions for run in runs]),
        first.labels,
        np.array([run.seconds for run in runs]),
        len(first.history),
        first.parameters,
        first.bytes,
        first.logits.shape[1],
    )


def measured_chosen(chosen: Chosen) -> Measured:
    """What the chosen network measured after its epoch, and the training until then."""
    return replace(
        measured(chosen.runs),
        predictions=chosen.predictions,
        labels=chosen.labels,
        seconds=chosen.seconds,
        epochs=chosen.epoch,
    )


def measure(runs: dict[str, list[Run]], chosen: Chosen) -> dict[str, Measured]:
    """What each network of a part measured, the chosen one last."""
    return {k: measured(v) for k, v in runs.items()} | {NAME: measured_chosen(chosen)}


def histories(runs: list[Run]) -> list[pd.DataFrame]:
    """The history of each seed."""
    return [run.history for run in runs]


def per_seed(
    measure: Callable[[np.ndarray], np.ndarray], counts: np.ndarray
) -> np.ndarray:
    """`measure`, such as recall, of each seed's matrix of counts (S, K, K): (S, K)."""
    return np.stack([measure(table) for table in counts])


def mean_share(values: np.ndarray) -> Estimate:
    """Estimate the mean of shares (S,); Student's interval, cut to [0, 1]."""
    e = over_seeds(values)
    low, high = np.clip([e.low, e.high], 0, 1).tolist()
    return replace(e, low=low, high=high)


@cache
def gap(a: Measured, b: Measured) -> Estimate:
    """Accuracy of `a` minus that of `b` over seeds and images, where no class is lost.

    With one seed on a side, the interval takes that seed as given. The other way round
    it is the same with its sign changed.
    """
    if a.accuracy.mean < b.accuracy.mean:
        e = gap(b, a)
        return replace(e, mean=-e.mean, low=-e.high, high=-e.low)
    return crossed(a.whole.right, b.whole.right)


def told(a: Measured, b: Measured) -> str:
    """The verdict on `gap`, of recipes: "open" if a side has fewer than SEEDS."""
    e = gap(a, b)
    return verdict(e.low, e.high) if e.n >= SEEDS else "open"


def classes_ahead(a: Measured, b: Measured) -> Estimate:
    """Estimate how many classes have a higher mean recall with `a` than with `b`.

    The interval is the crossed bootstrap's, as in `informe.statistics.crossed`; images
    are drawn within their class.
    """
    rng = np.random.default_rng(0)
    both, n = np.concatenate([a.right, b.right]).astype(np.float32), len(a.right)
    seeds = [
        rng.multinomial(k, np.full(k, 1 / k), RESAMPLES) / k for k in (n, len(b.right))
    ]
    ahead, drawn = 0, np.zeros(RESAMPLES)
    for k in np.unique(a.labels):
        right = both[:, a.labels == k].T  # (images, seeds)
        means = np.concatenate([w @ right for w in draws(len(right), rng)])
        gaps = (means[:, :n] * seeds[0]).sum(1) - (means[:, n:] * seeds[1]).sum(1)
        drawn += gaps > 0
        ahead += right[:, :n].mean() > right[:, n:].mean()
    low, high = np.quantile(drawn, TAILS, method="nearest")
    return Estimate(float(ahead), np.nan, low, high, min(n, len(b.right)))


def paired(a: Measured, b: Measured) -> Paired:
    """Compare the first seeds of two recipes on the same test images."""
    return compare(a.labels, a.predictions[0], b.predictions[0])


def worst(runs: list[Run]) -> Run:
    """The run with the lowest accuracy; the first of equals."""
    return min(runs, key=lambda run: (run.predictions == run.labels).mean())


def confident_errors(run: Run, data: Dataset, n: int) -> tuple:
    """The `n` misclassified test images with the highest probability, highest first.

    Gives the images (n, C, H, W) and a title for each: true class→predicted class.
    """
    wrong = np.flatnonzero(run.predictions != run.labels)
    rows = wrong[_surest(run, wrong)[:n]]
    pairs = zip(run.labels[rows], run.predictions[rows], strict=True)
    return data.test.images[rows], [_title(data, *pair) for pair in pairs]


def gallery(
    run: Run,
    data: Dataset,
    counts: np.ndarray | None = None,
    *,
    rows: int = 2,
    columns: int = 7,
) -> tuple:
    """Examples of the most confused pairs, a row for each, and the surest errors below.

    The pairs are those of `counts`, (S, K, K), or else the run's own. Gives images and
    titles as `confident_errors` does, the surest first in each row. Rows hold `columns`
    images; shorter ones are filled up with white.
    """
    table = run.confusion if counts is None else counts.sum(0)
    picked, titles = [], []
    for pair in confused_pairs(table, rows).itertuples():
        found = (run.labels == pair.true) & (run.predictions == pair.predicted)
        places = np.flatnonzero(found)
        places = places[_surest(run, places)[:columns]]
        if not len(places):
            continue
        blank = columns - len(places)
        white = torch.full((blank, *data.test.images.shape[1:]), _paper(data))
        picked += [data.test.images[places], white.to(torch.uint8)]
        titles += [_title(data, pair.true, pair.predicted)] * len(places) + [""] * blank
    images, names = confident_errors(run, data, columns)
    return torch.cat([*picked, images]), titles + names


def _surest(run: Run, places: np.ndarray) -> np.ndarray:
    """The order of images from the highest probability to the lowest."""
    return np.argsort(-run.probabilities[places].max(1), kind="stable")


def _title(data: Dataset, true: int, predicted: int) -> str:
    return f"{brief(data.classes[true])}→{brief(data.classes[predicted])}"


def brief(name: str) -> str:
    """The name of a class as it fits above an image."""
    return short(name, 14)


def _paper(data: Dataset) -> int:
    """The value that is drawn as white: grey images are drawn inverted."""
    return 0 if data.test.images.shape[1] == 1 else 255


def metrics(
    data: Dataset,
    networks: dict[str, Measured],
    runs: dict[str, list[Run]],
    finding: str,
    claims=(),
) -> dict:
    """Everything that the summary and the README say of one chapter, for JSON.

    `runs` are those of `networks`, by the same names: they tell recipes, machines and
    keys. The comparison is of the first network with the second; `finding` is what the
    summary says; `claims` are rows of the conclusion's table.
    """
    finished = max(run.about["finished"] for seeds in runs.values() for run in seeds)
    first, second = list(networks.values())[:2]
    return {
        "name": data.name,
        "title": data.title,
        "question": "",
        "dataset": data.name,
        "is_sample": data.is_sample,
        "source": data.source,
        "checksum": data.checksum,
        "images": {"train": len(data.train.labels), "test": len(data.test.labels)},
        "trained_on": finished[:10],
        "networks": {k: _network(m, runs[k]) for k, m in networks.items()},
        "comparison": {
            **{k: _finite(v) for k, v in asdict(gap(first, second)).items()},
            "of": list(networks)[:2],
            "verdict": told(first, second),
        },
        "finding": finding,
        "claims": [asdict(claim) | {"stands": claim.stands} for claim in claims],
    }


def _network(m: Measured, runs: list[Run]) -> dict:
    """A network's numbers; mean and interval are of the seeds that lose no class."""
    about, e = runs[0].about, m.accuracy
    asked = ("network", "options", "recipe", "device", "machine")
    return {key: about[key] for key in asked} | {
        "epochs": m.epochs,
        "seeds": m.seeds,
        "runs": [run.key for run in runs],
        "accuracy": m.accuracies.tolist(),
        "mean": e.mean,
        "std": _finite(e.std),
        "interval": [_finite(e.low), _finite(e.high)],
        "lost_classes": m.lost,
        "parameters": m.parameters,
        "bytes": m.bytes,
        "seconds": m.seconds.tolist(),
    }


def _finite(x: float) -> float | None:
    """JSON has no NaN: what has no value is null."""
    return None if np.isnan(x) else x
