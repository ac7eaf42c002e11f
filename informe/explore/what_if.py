"""What if: another recipe, trained in seconds on the small sample."""

import inspect
from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers import models
from helpers.datasets import Dataset, load
from helpers.plotting import plot_curves
from helpers.runs import Run
from helpers.training import Recipe, TrainingError, fit
from informe.explore import markup
from informe.explore.learn import svg
from informe.names import ACTIVATION_NAMES, OPTION_NAMES, network_of
from informe.numbers import percent, small

WIDTHS = {"channels": 64, "width": 1000}  # options, with their largest value
BETWEEN = ("activation", "first", "second")  # options that take an activation
RATES = [float(f"{n}e{e}") for e in range(-5, 0) for n in (1, 2, 5)] + [1.0]
OVERLAID = 3  # number of last trials whose curves are drawn
LABELS = {
    "learning_rate": "Tasa de aprendizaje",
    "epochs": "Épocas",
    "seeds": "Semillas",
    "channels": "Canales (anchura)",
    "width": "Neuronas (anchura)",
} | {name: OPTION_NAMES[name].capitalize() for name in BETWEEN}
TRAIN = "Entrenar"
EXPLODED = (
    "La pérdida dejó de ser un número: los pasos son demasiado largos; pruebe una tasa"
    " de aprendizaje menor."
)


@dataclass(frozen=True)
class Trial:
    """A recipe that was tried, and what came of it."""

    asked: dict  # what was chosen, by name
    histories: list[pd.DataFrame]  # one for each seed; empty if the loss exploded

    @property
    def seconds(self) -> float:
        """Mean wall-clock time of a training, in seconds."""
        return float(np.mean([h.seconds.sum() for h in self.histories]))

    @property
    def errors(self) -> list[float]:
        """Error of each seed after the last epoch."""
        return [float(h.test_error.iloc[-1]) for h in self.histories]


class Experiment:
    """Trains a run's network with another recipe, on the sample of its data set."""

    def __init__(self, run: Run):
        self.run = run
        self.data: Dataset = load(run.about["dataset"], "sample")
        known = inspect.signature(models.NETWORKS[run.about["network"]]).parameters
        options = {name: p.default for name, p in known.items()}
        self.options = options | run.about["options"]
        self.width = next((name for name in WIDTHS if name in known), None)
        self.activations = [name for name in BETWEEN if name in known]

    def history(
        self, *, learning_rate: float, epochs: int, seed: int, **options
    ) -> pd.DataFrame:
        """Train once; raises TrainingError if the loss explodes."""
        about = self.run.about
        changed = {"learning_rate": learning_rate, "epochs": epochs}
        recipe = Recipe(**about["recipe"] | changed)
        model = models.build(about["network"], seed=seed, **self.options | options)
        return fit(model, self.data, recipe, seed=seed).history

    def trial(self, *, seeds: int, tell=lambda seed: None, **asked) -> Trial:
        """Train with the seeds below `seeds`; `tell` is called with each one first."""
        histories = []
        for seed in range(seeds):
            tell(seed)
            try:
                histories.append(self.history(seed=seed, **asked))
            except TrainingError:
                return Trial(asked | {"seeds": seeds}, [])
        return Trial(asked | {"seeds": seeds}, histories)

    def plot(self, trials: dict[str, Trial]) -> Axes:
        """Lay the trials' curves over the stored run's."""
        stored = {f"guardada, {network_of(self.run)}": [self.run.history]}
        tried = {name: t.histories for name, t in trials.items() if t.histories}
        return plot_curves(stored | tried)

    @property
    def defaults(self) -> dict:
        """The stored recipe, reduced so that it trains in seconds."""
        recipe = self.run.about["recipe"]
        chosen = {
            "learning_rate": recipe["learning_rate"],
            "epochs": min(recipe["epochs"], 20),
            "seeds": 1,
        }
        if self.width:
            chosen[self.width] = min(self.options[self.width], WIDTHS[self.width])
        return chosen | {name: self.options[name] for name in self.activations}

    def note(self) -> str:
        """Say how far a trial can be compared with the stored run."""
        return (
            f"La prueba aprende de {len(self.data.train)} imágenes y se mide con"
            f" {len(self.data.test)}: sirve para ver qué cambia al mover un mando, no"
            " para compararla con el resultado guardado."
        )


def form(view: Experiment) -> widgets.VBox:
    """Sliders for what can change, a button to train, and what came of it."""
    inputs = _inputs(view)
    start = widgets.Button(description=TRAIN, button_style="primary")
    note = f'<p class="note">{view.note()}</p>'
    shown = widgets.HTML(markup.page(note))
    trials: dict[str, Trial] = {}

    def tell(seed):
        start.description = f"Entrenando, {seed + 1} de {inputs['seeds'].value}…"

    def train(_):
        start.disabled = True
        try:
            asked = {name: control.value for name, control in inputs.items()}
            trials[f"prueba {len(trials) + 1}"] = view.trial(tell=tell, **_real(asked))
        finally:
            start.disabled, start.description = False, TRAIN
        shown.value = markup.page(note, *_outcome(view, trials))

    start.on_click(train)
    return widgets.VBox([*inputs.values(), start, shown])


def _outcome(view: Experiment, trials: dict[str, Trial]) -> list[str]:
    """The curves of the last trials, and a table of all, the last one first."""
    last = dict(list(trials.items())[-OVERLAID:])
    exploded = not list(trials.values())[-1].histories
    asked = [LABELS[name] for name in view.defaults]
    head = ["Prueba", *asked, "Error final", "Segundos"]
    rows = [[name, *_row(view, trial)] for name, trial in reversed(trials.items())]
    return [
        f"<p>{EXPLODED}</p>" if exploded else "",
        svg(view.plot(last)),
        markup.table(head, rows),
    ]


def _row(view: Experiment, trial: Trial) -> list[str]:
    asked = [trial.asked[name] for name in view.defaults]
    texts = [small(v) if isinstance(v, float) else _word(v) for v in asked]
    if not trial.histories:
        return [*texts, "la pérdida creció sin fin", ""]
    low, high = min(trial.errors), max(trial.errors)
    error = (
        percent(low, None)
        if low == high
        else f"{percent(low, None)} a {percent(high, None)}"
    )
    return [*texts, error, f"{trial.seconds:.2f} por semilla"]


def _inputs(view: Experiment) -> dict[str, widgets.Widget]:
    values = view.defaults
    look = {"style": {"description_width": "11em"}, "layout": {"width": "34em"}}
    made = {
        "learning_rate": widgets.SelectionSlider(
            options=[(small(r), r) for r in sorted({*RATES, values["learning_rate"]})],
            value=values["learning_rate"],
            description=LABELS["learning_rate"],
            **look,
        ),
        "epochs": _slider(LABELS["epochs"], values["epochs"], 20, look),
        "seeds": _slider(LABELS["seeds"], values["seeds"], 5, look),
    }
    if view.width:
        top = WIDTHS[view.width]
        made[view.width] = _slider(LABELS[view.width], values[view.width], top, look)
    for name in view.activations:
        made[name] = widgets.Dropdown(
            options=list(ACTIVATION_NAMES.values()),
            value=_word(values[name]),
            description=LABELS[name],
            **look,
        )
    return made


def _real(asked: dict) -> dict:
    """Replace the words of the lists by what the network's function takes."""
    meant = {word: name for name, word in ACTIVATION_NAMES.items()}
    return {name: meant.get(value, value) for name, value in asked.items()}


def _word(value: int | str | None) -> str:
    """A whole number or the name of an activation, as it is shown."""
    return ACTIVATION_NAMES.get(value, str(value))


def _slider(words: str, value: int, top: int, look: dict) -> widgets.IntSlider:
    return widgets.IntSlider(value, min=1, max=top, description=words, **look)
