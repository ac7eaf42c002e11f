"""The runs that a notebook explores: the newest of each network, or small ones."""

from contextlib import suppress

from helpers.datasets import MODES, load
from helpers.runs import Plan, Run, store
from helpers.runs.run import InvalidRun, verified
from helpers.runs.workers import train_together
from helpers.training import Recipe
from informe.explore.predictions import is_small, name_of
from informe.names import NETWORK_NAMES

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
    return Networks(found | _train(missing))


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
    """Give a stored run: `given` itself, or the one whose key starts with `given`.

    Raises ValueError if there is none or there are several, or if it is damaged;
    TypeError for what is neither run nor key.
    """
    if isinstance(given, Run):
        return given
    if not isinstance(given, str):
        raise TypeError(
            f"se esperaba un entrenamiento guardado o su clave, no {given!r:.60};"
            " browse() muestra los que hay"
        )
    try:
        return store.open_run(given)
    except store.UnknownKey as error:
        n = error.found
        raise ValueError(
            f"{f'hay {n}' if n else 'no hay'} entrenamientos cuya clave empiece por"
            f" «{given}»; browse() muestra los que hay"
        ) from None
    except InvalidRun as error:
        raise ValueError(
            f"el entrenamiento {given} no está como se guardó ({error}); bórrelo y"
            " vuelva a entrenarlo con su cuaderno"
        ) from None


def _best(network: str, data: str, stored: list[Run]) -> Run | None:
    runs = [
        run
        for run in stored
        if (run.about["network"], run.about["split"]) == (network, "test")
        and data in ("auto", "sample" if is_small(run) else "full")
    ]
    return max(runs, key=_rank, default=None)


def _rank(run: Run) -> tuple:
    free = run.about["options"].get("output") is None
    return not is_small(run), free, run.about["finished"]


def _train(networks: list[str]) -> dict[str, Run]:
    """Train the small ones of these networks, as many at once as there are cores."""
    chosen = {name: SMALL[name] for name in networks}
    sets = [
        (load(dataset, "sample"), {f"{NETWORK_NAMES[name]}, muestra": plan})
        for name, (dataset, plan) in chosen.items()
    ]
    found = train_together(sets)
    return {
        name: run
        for name, plans in zip(chosen, found, strict=True)
        for (run,) in plans.values()
    }
