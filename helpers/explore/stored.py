"""The runs that a notebook explores: the newest of each network, or small ones."""

from helpers import paths
from helpers.datasets import SAMPLES, load
from helpers.explore.outcome import name_of
from helpers.runs import Plan, Run, train
from helpers.runs.store import Refused, verified
from helpers.training import Recipe

# network: its data set, and a recipe that takes seconds on the sample
SMALL = {
    "one_hidden": ("mnist", Plan("one_hidden", Recipe("sgd", 0.05, 10))),
    "two_hidden": ("fashion_mnist", Plan("two_hidden", Recipe("adam", 0.001, 10))),
    "dense": (
        "cifar10",
        Plan("dense", Recipe("adagrad", 0.01, 5), options={"width": 100}),
    ),
    "lenet5": ("cifar10", Plan("lenet5", Recipe("adam", 0.001, 10))),
}


def newest(data: str = "auto") -> dict[str, Run]:
    """Give a run of each network, to explore; what is not stored is trained small.

    Runs on the complete data come before those on the sample, networks without an
    activation on the output before the others, then the newest. `data` as in
    `helpers.datasets.load`: with "full" only runs on the complete data count, with
    "sample" only those on the sample. A training on the sample takes seconds.
    Raises ValueError where "full" is asked for and a network has no such run.
    """
    found = {name: _best(name, data) for name in SMALL}
    missing = [name for name, run in found.items() if run is None]
    if missing and data == "full":
        raise ValueError(
            f"no hay entrenamientos guardados con los datos completos de: {missing};"
            " haga antes el informe (make report) o elija data = 'auto'"
        )
    return found | {name: _train(name) for name in missing}


def describe(runs: dict[str, Run]) -> str:
    """Say in Markdown what is explored, and what of it is small."""
    lines = [
        f"- {name_of(run)}:"
        f" {'muestra' if _is_small(run) else 'datos completos'}, entrenada el"
        f" {run.about['finished'][:10]} (`{run.folder.name}`)"
        for run in runs.values()
    ]
    text = "Se exploran estos entrenamientos guardados:\n\n" + "\n".join(lines)
    if any(map(_is_small, runs.values())):
        text += (
            "\n\nLos de la muestra aprendieron de 1000 imágenes, en segundos, y se"
            " equivocan mucho más que los del informe."
        )
    return text


def _best(network: str, data: str) -> Run | None:
    runs = [run for run in _whole(network) if data in ("auto", _kind(run))]
    return max(runs, key=_rank, default=None)


def _rank(run: Run) -> tuple:
    free = run.about["options"].get("output") is None
    return not _is_small(run), free, run.about["finished"]


def _whole(network: str):
    """Runs of a network on a test set that are as they were written."""
    for path in sorted(paths.runs().glob("*/run.json")):
        try:
            run = verified(path.parent)
        except Refused:  # `informe runs list` tells it
            continue
        if (run.about["network"], run.about["split"]) == (network, "test"):
            yield run


def _kind(run: Run) -> str:
    return "sample" if _is_small(run) else "full"


def _is_small(run: Run) -> bool:
    return run.about["data"] == SAMPLES[run.about["dataset"]]


def _train(network: str) -> Run:
    dataset, plan = SMALL[network]
    return train(load(dataset, "sample"), {"muestra": plan})["muestra"][0]
