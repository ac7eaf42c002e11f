"""The runs that a notebook explores: the newest of each network, or small ones."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache

from helpers import datasets, paths
from helpers.datasets import KNOWN, MODES, Dataset, load
from helpers.runs import Plan, Run, store
from helpers.runs.run import InvalidRun, verified
from helpers.runs.workers import train_together
from helpers.training import Recipe, Result
from helpers.validation import part
from informe.errors import InformeError
from informe.execution.shown import shown
from informe.explore.fresh import Fresh, fresh
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
            f"- `{name}`: {name_of(run)}, entrenada el {run.about['finished'][:10]}"
            f" (`{run.key}`)"
            for name, run in self.items()
        ]
        text = "Se exploran estos entrenamientos guardados:\n\n" + "\n".join(lines)
        if any(map(is_small, self.values())):
            text += (
                "\n\nLos de la muestra aprendieron de pocas imágenes, en segundos, y se"
                " equivocan mucho más que los del informe."
            )
        return text


def newest(data: str = "auto") -> Networks:
    """Give a run of each network to explore; missing ones are trained on the sample.

    The report's networks go by their name, others and those on other data by both:
    `red, flores`. Runs on the complete data are preferred to those on the sample, then
    those that the last report shows to others, networks without an activation on the
    output, and newer runs. With `data` "full" only runs on the complete data count,
    with "sample" only those on the sample, with "auto" all. Raises ValueError if `data`
    is another word, or if it is "full" and a network of the report has no such run.
    """
    if data not in MODES:
        raise ValueError(f"data = {data!r}: debe ser uno de: {', '.join(MODES)}")
    found = _best(data)
    missing = [name for name in SMALL if name not in found]
    if missing and data == "full":
        raise ValueError(
            f"no hay entrenamientos guardados con los datos completos de: {missing};"
            " haga antes el informe (make report) o elija data = 'auto'"
        )
    found |= dict(zip(missing, _train(missing), strict=True))
    return Networks({name: found[name] for name in dict.fromkeys([*SMALL, *found])})


def stored_runs() -> list[Run]:
    """All stored runs that are intact; `informe runs list` shows the others too.

    Weights are verified only when `Run.model` reads them.
    """
    runs = []
    for folder in store.folders():
        with suppress(InvalidRun):
            runs.append(verified(folder, weights=False))
    return runs


def run_of(given: Run | Result | str, data: Dataset | None = None) -> Run:
    """Give what is explored: a stored run, verified, or a result of `fit` on `data`.

    `given` is a run, the beginning of its key or a result. Raises ValueError if there
    is no such run, or several, if it is damaged or if it is not of these data;
    TypeError for anything else.
    """
    if isinstance(given, Result):
        if data is None:
            raise ValueError(
                "con un resultado de fit() hacen falta los datos con los que se"
                " entrenó, como en explore(resultado, datos)"
            )
        return fresh(given, data)
    key = given.key if isinstance(given, Run) else given
    if not isinstance(key, str):
        raise TypeError(
            "se esperaba un entrenamiento guardado, su clave o un resultado de fit(),"
            f" no {given!r:.60}; browse() muestra los guardados"
        )
    try:
        run = store.open_run(key)
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
    if data and data.checksum != run.about["data"]:
        raise ValueError(f"el entrenamiento {key} no se midió con {data.title}")
    return run


def data_of(run: Run) -> Dataset:
    """Give the data that a run used: the sample or the complete set, split or not.

    Somebody's own are those that were kept when they were trained on. Raises ValueError
    if the available data differ, DataError if there are none.
    """
    if isinstance(run, Fresh):
        return run.data
    a = run.about
    try:
        return _data(a["dataset"], a["data"], a["split"], a["train_images"])
    except LookupError:
        raise ValueError(
            f"el entrenamiento {run.key} usó otros datos de {a['dataset']} que los de"
            " esta copia; vuelva a entrenarlo con su cuaderno"
        ) from None


@lru_cache(maxsize=2)  # the sample and the complete set
def _data(name: str, checksum: str, split: str, images: int | None) -> Dataset:
    for whole in _wholes(name):
        with suppress(ValueError):  # it has too few images to be split
            data = part(whole, split, images)
            if data.checksum == checksum:
                return data
    raise LookupError(name)


def _wholes(name: str) -> Iterator[Dataset]:
    if name in KNOWN:
        yield load(name, "sample")
        yield load(name, "full")
    else:
        yield from datasets.own(name)


def name_of(run: Run, network: str | None = None) -> str:
    """Data set, network (its own name, or the one given) and seed of a run.

    The set is said to be the sample if the run learnt from it.
    """
    name = run.about["dataset"]
    with suppress(ValueError):
        name = KNOWN[name].title if name in KNOWN else data_of(run).title
    which = "recién entrenada" if run.seed is None else f"semilla {run.seed}"
    sample = " (muestra)" if is_small(run) else ""
    return f"{name}{sample}, {network or network_of(run)}, {which}"


def is_small(run: Run) -> bool:
    """Whether a run learnt from the sample, or from a part of it."""
    a = run.about
    asked = a["dataset"], a["split"], a["train_images"]
    return a["dataset"] in KNOWN and a["data"] == _checksum(*asked)


@cache
def _checksum(name: str, split: str, images: int | None) -> str:
    """Checksum of the sample, or of its validation split."""
    if split == "test":
        return KNOWN[name].sample
    return part(load(name, "sample"), split, images).checksum


def _best(data: str) -> dict[str, Run]:
    """The run of each network that is preferred, by the name it goes by."""
    keys: set[str] = set()
    with suppress(InformeError):
        keys = shown(paths.figures(""))

    def rank(run: Run) -> tuple:
        output = run.about["options"].get("output")
        return not is_small(run), run.key in keys, not output, run.about["finished"]

    def name(run: Run) -> str:
        network, dataset = run.about["network"], run.about["dataset"]
        short = network.rpartition(".")[2]
        own = SMALL.get(network, ("",))[0] != dataset
        return f"{short}, {dataset}" if own else network

    runs = [
        run
        for run in stored_runs()
        if run.about["split"] == "test"
        and data in ("auto", "sample" if is_small(run) else "full")
    ]
    return {name(run): run for run in sorted(runs, key=rank)}


def _train(networks: list[str]) -> list[Run]:
    """Train the small ones of these networks, as many at once as there are cores."""
    sets = []
    for name in networks:
        dataset, plan = SMALL[name]
        plans = {f"{NETWORK_NAMES[name]}, muestra": plan}
        sets.append((load(dataset, "sample"), plans))
    return [run for plans in train_together(sets) for (run,) in plans.values()]
