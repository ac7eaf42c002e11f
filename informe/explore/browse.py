"""All stored runs: the user chooses network, recipe and seed to see a matrix."""

from itertools import zip_longest

from helpers.datasets import TITLES, DataError, Dataset
from helpers.runs import Run
from informe import numbers
from informe.explore.explore import Matrix, select
from informe.explore.predictions import data_of, is_small, predictions_of, set_of
from informe.names import network_of, recipe_of
from informe.numbers import percent

SIDES = ("network", "recipe", "seed")


class Library:
    """The matrix of one run among many; a view (see `informe.explore.explore`)."""

    def __init__(self, runs: list[Run]):
        """Group `runs`; of trainings that were repeated, only the newest is kept.

        Raises ValueError if there is no run whose data are available.
        """
        self.groups = grouped(runs)
        self.data: dict[str, Dataset] = {}  # by checksum; reading them takes a second
        self.chosen: tuple[str, str, str] | None = None
        self._open_first()

    @property
    def run(self) -> Run:
        """The run that is shown."""
        return self._run(self.chosen)

    @property
    def tested(self) -> dict[str, dict[str, dict[str, Run]]]:
        """The groups measured on the test images; all of them where there are none."""
        tests = {
            network: recipes
            for network, recipes in self.groups.items()
            if self._run(self._place(network)).about["split"] == "test"
        }
        return tests or self.groups

    @property
    def state(self) -> dict:
        """All that is drawn, as JSON."""
        state = self.matrix.state
        return state | {
            "controls": self._controls() + state["controls"],
            "note": self.fault or f"{self.matrix.note} {about(self.run)}",
        }

    def do(self, event: dict) -> None:
        """Handle a user's action; raises ValueError if it is not possible."""
        choice = event.get("choose", {})
        if side := next((name for name in SIDES if name in choice), None):
            kept = self.chosen[: SIDES.index(side)]
            self._open(self._place(*kept, choice[side]))
        else:
            self.matrix.do(event)

    def _open_first(self) -> None:
        """Show the first run whose data are at hand; each set is looked for once."""
        faults: dict[str, str] = {}
        for network in self.groups:
            place = self._place(network)
            name = self._run(place).about["dataset"]
            if name not in faults:
                self._open(place)
                if self.chosen:
                    return
                faults[name] = self.fault
        why = " ".join(faults.values()) or "Haga antes el informe (make report)."
        raise ValueError(f"no hay entrenamientos guardados que mostrar. {why}")

    def _run(self, place: tuple[str, str, str]) -> Run:
        network, recipe, seed = place
        return self.groups[network][recipe][seed]

    def _place(self, *names: str) -> tuple[str, str, str]:
        """Complete `names` to network, recipe and seed with the first of each."""
        at, place = self.groups, []
        for side, name in zip_longest(SIDES, names):
            place.append(next(iter(at)) if name is None else name)
            if place[-1] not in at:
                raise ValueError(f"unknown {side} {name!r}")
            at = at[place[-1]]
        return tuple(place)

    def _open(self, chosen: tuple[str, str, str]) -> None:
        """Show a run; if its data are not at hand, say so and keep the last one."""
        before, self.chosen, self.fault = self.chosen, chosen, None
        checksum = self.run.about["data"]
        try:
            self.data[checksum] = self.data.get(checksum) or data_of(self.run)
            matrix = Matrix(predictions_of(self.run, self.data[checksum]))
        except (ValueError, DataError) as error:
            self.chosen, self.fault = before, f"No se puede mostrar: {error}"
            return
        if before is not None:
            matrix.choices = self.matrix.choices
            if self.matrix.seen.classes == matrix.seen.classes:
                matrix.chosen = self.matrix.chosen
        self.matrix = matrix

    def _controls(self) -> list[dict]:
        network, recipe, _ = self.chosen
        recipes, seeds = self.groups[network], self.groups[network][recipe]
        lists = {
            "network": ("Red", [(name, name) for name in self.groups]),
            "recipe": ("Receta", [(r, _summary(r, s)) for r, s in recipes.items()]),
            "seed": ("Semilla", [(s, _result(s, run)) for s, run in seeds.items()]),
        }
        return [
            select(side, *lists[side]) | {"value": value}
            for side, value in zip(SIDES, self.chosen, strict=True)
        ]


def grouped(runs: list[Run]) -> dict[str, dict[str, dict[str, Run]]]:
    """Runs by network, recipe and seed, all named in words.

    Networks measured on the test images come first; recipes are sorted by their mean
    error, lowest first, and seeds by number.
    """
    found: dict = {}
    for run in sorted(runs, key=_order):
        recipes = found.setdefault(_network(run), {})
        recipes.setdefault(recipe_of(run), {})[str(run.seed)] = run
    return {
        network: dict(sorted(recipes.items(), key=lambda item: mean_error(item[1])))
        for network, recipes in found.items()
    }


def mean_error(runs: dict[str, Run]) -> float:
    """Mean of the runs' errors after their last epoch."""
    return sum(map(error_of, runs.values())) / len(runs)


def error_of(run: Run) -> float:
    """Share of the images that a run's network gets wrong, after its last epoch."""
    return float(run.history.test_error.iloc[-1])


def about(run: Run) -> str:
    """What is kept of a run, in a sentence or two."""
    a = run.about
    return (
        f"{recipe_of(run)}; {numbers.integer(a['parameters'])} parámetros;"
        f" {numbers.duration(run.seconds)} de entrenamiento en"
        f" {a['machine']['gpu'] or a['machine']['processor']}, el {a['finished'][:10]}."
        f' En otra celda: explore("{run.key[:8]}"), learn(…), draw(…).'
    )


def _order(run: Run) -> tuple:
    a = run.about
    names = list(TITLES)
    test = a["split"] == "test"
    place = names.index(a["dataset"])
    return not test, is_small(run), place, _network(run), run.seed, a["finished"]


def _network(run: Run) -> str:
    title = f"{set_of(run)}, {network_of(run)}"
    return title if run.about["split"] == "test" else f"{title}: experimentos"


def _summary(recipe: str, runs: dict[str, Run]) -> str:
    seeds = numbers.count(len(runs), "semilla", "semillas")
    return f"{recipe}: error {percent(mean_error(runs), None)} ({seeds})"


def _result(seed: str, run: Run) -> str:
    return f"{seed}: error {percent(error_of(run), None)}"
