"""The runs that a notebook explores: the newest of each network, or small ones."""

from contextlib import suppress
from functools import cache, lru_cache

from helpers.datasets import KNOWN, MODES, Dataset, load
from helpers.runs import Plan, Run, store
from helpers.runs.run import InvalidRun, verified
from helpers.runs.workers import train_together
from helpers.training import Recipe
from helpers.validation import part
from informe.names import NETWORK_NAMES, network_of

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


class Networks(dict[str, Run]):
    """A run of each network, by its name; a notebook displays them as a list."""

    def _repr_markdown_(self) -> str:
        lines = [
            f"- {name_of(run)}, entrenada el {run.about['finished'][:10]} (`{run.key}`)"
            for run in self.values()
        ]
        text = "Se exploran estos entrenamientos guardados:\n\n" + "\n".join(lines)
        if any(map(is_small, self.values())):
            text += (
                "\n\nLos de la muestra aprendieron de 1000 imágenes, en segundos, y se"
                " equivocan mucho más que los del informe."
            )
        return text


def newest(data: str = "auto") -> Networks:
    """Give a run of each network to explore; missing ones are trained on the sample.

    Runs on the complete data are preferred to those on the sample, then networks
    without an activation on the output to others, then newer runs to older ones. With
    `data` "full" only runs on the complete data count, with "sample" only those on the
    sample, with "auto" all. A training on the sample takes seconds. Raises ValueError
    if `data` is another word, or if it is "full" and a network has no such run.
    """
    if data not in MODES:
        raise ValueError(f"data = {data!r}: debe ser uno de: {', '.join(MODES)}")
    stored = stored_runs()
    found = {name: _best(name, data, stored) for name in SMALL}
    missing = [name for name, run in found.items() if run is None]
    if missing and data == "full":
        raise ValueError(
            f"no hay entrenamientos guardados con los datos completos de: {missing};"
            " haga antes el informe (make report) o elija data = 'auto'"
        )
    return Networks(found | dict(zip(missing, _train(missing), strict=True)))


def stored_runs() -> list[Run]:
    """All stored runs that are intact; `informe runs list` shows the others too.

    Weights are verified only when `Run.model` reads them.
    """
    runs = []
    for folder in store.folders():
        with suppress(InvalidRun):
            runs.append(verified(folder, weights=False))
    return runs


def run_of(given: Run | str) -> Run:
    """Give a stored run, verified: `given`, or the one whose key starts with it.

    Raises ValueError if there is none or there are several, or if it is damaged;
    TypeError for what is neither run nor key.
    """
    key = given.key if isinstance(given, Run) else given
    if not isinstance(key, str):
        raise TypeError(
            f"se esperaba un entrenamiento guardado o su clave, no {given!r:.60};"
            " browse() muestra los que hay"
        )
    try:
        return store.open_run(key)
    except store.UnknownKey as error:
        n = error.found
        raise ValueError(
            f"{f'hay {n}' if n else 'no hay'} entrenamientos cuya clave empiece por"
            f" «{key}»; browse() muestra los que hay"
        ) from None
    except InvalidRun as error:
        raise ValueError(
            f"el entrenamiento {key} no está como se guardó ({error}); bórrelo y"
            " vuelva a entrenarlo con su cuaderno"
        ) from None


def data_of(run: Run) -> Dataset:
    """Load the data that a run used: the sample or the complete set, split or not.

    Raises ValueError if the available data differ, DataError if there are none.
    """
    name, checksum = run.about["dataset"], run.about["data"]
    for kind in ("sample", "full"):
        data = _data(name, kind, run.about["split"], run.about["train_images"])
        if data.checksum == checksum:
            return data
    raise ValueError(
        f"el entrenamiento {run.key} usó otros datos de {KNOWN[name].title} que los"
        " de esta copia; vuelva a entrenarlo con su cuaderno"
    )


@lru_cache(maxsize=2)  # the sample and the complete set
def _data(name: str, kind: str, split: str, images: int | None) -> Dataset:
    return part(load(name, kind), split, images)


def name_of(run: Run, network: str | None = None) -> str:
    """Data set, network (its own name, or the one given) and seed of a run.

    The set is said to be the sample if the run learnt from it.
    """
    title = KNOWN[run.about["dataset"]].title + (" (muestra)" if is_small(run) else "")
    return f"{title}, {network or network_of(run)}, semilla {run.seed}"


def is_small(run: Run) -> bool:
    """Whether a run learnt from the sample, or from a part of it."""
    a = run.about
    return a["data"] == _checksum(a["dataset"], a["split"], a["train_images"])


@cache
def _checksum(name: str, split: str, images: int | None) -> str:
    """Checksum of the sample, or of its validation split."""
    if split == "test":
        return KNOWN[name].sample
    return part(load(name, "sample"), split, images).checksum


def _best(network: str, data: str, stored: list[Run]) -> Run | None:
    def rank(run: Run) -> tuple:
        output = run.about["options"].get("output")
        return not is_small(run), output is None, run.about["finished"]

    runs = [
        run
        for run in stored
        if (run.about["network"], run.about["split"]) == (network, "test")
        and data in ("auto", "sample" if is_small(run) else "full")
    ]
    return max(runs, key=rank, default=None)


def _train(networks: list[str]) -> list[Run]:
    """Train the small ones of these networks, as many at once as there are cores."""
    sets = []
    for name in networks:
        dataset, plan = SMALL[name]
        plans = {f"{NETWORK_NAMES[name]}, muestra": plan}
        sets.append((load(dataset, "sample"), plans))
    return [run for plans in train_together(sets) for (run,) in plans.values()]
