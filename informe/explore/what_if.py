"""What if: another recipe, trained in seconds on the small sample."""

import inspect
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import display

from helpers import models
from helpers.datasets import load
from helpers.plotting import plot_curves
from helpers.runs import Run
from helpers.training import Recipe, TrainingError, fit
from informe.figures.output import notebook_output
from informe.names import ACTIVATION_NAMES, OPTION_NAMES, network_of
from informe.numbers import percent, small

LARGEST = {"epochs": 20, "seeds": 5, "filters": 64, "width": 1000}
ACTIVATIONS = ("activation", "first", "second")  # options that take an activation
RATES = [float(f"{n}e{e}") for e in range(-5, 0) for n in (1, 2, 5)] + [1.0]
OVERLAID = 3  # number of last trials whose curves are drawn
LABELS = OPTION_NAMES | {
    "learning_rate": "tasa de aprendizaje",
    **{"epochs": "épocas", "seeds": "semillas"},
    **{"filters": "filtros (anchura)", "width": "neuronas (anchura)"},
}
TRAIN = "Entrenar"
EXPLODED = (
    "La pérdida dejó de ser un número: los pasos son demasiado largos; pruebe una tasa"
    " de aprendizaje menor."
)


class Experiment:
    """Trains a run's network with another recipe, on the sample of its data set."""

    def __init__(self, run: Run):
        self.run = run
        self.data = load(run.about["dataset"], "sample")
        known = inspect.signature(models.NETWORKS[run.about["network"]]).parameters
        self.options = {name: p.default for name, p in known.items()}
        self.options |= run.about["options"]

    @property
    def defaults(self) -> dict:
        """What can be changed: the stored recipe, reduced so that it takes seconds."""
        recipe = self.run.about["recipe"]
        chosen = {"learning_rate": recipe["learning_rate"]}
        wanted = {"epochs": recipe["epochs"], "seeds": 1} | self.options
        chosen |= {k: min(wanted[k], top) for k, top in LARGEST.items() if k in wanted}
        return chosen | {k: wanted[k] for k in ACTIVATIONS if k in wanted}

    def train(
        self, *, learning_rate: float, epochs: int, seeds: int, tell=print, **options
    ) -> list[pd.DataFrame]:
        """The history of each seed below `seeds`; `tell` is called with each first.

        Raises TrainingError if the loss explodes.
        """
        about, found = self.run.about, []
        changed = {"learning_rate": learning_rate, "epochs": epochs}
        recipe = Recipe(**about["recipe"] | changed)
        for seed in range(seeds):
            tell(seed)
            made = self.options | options
            model = models.build(about["network"], seed=seed, **made)
            found.append(fit(model, self.data, recipe, seed=seed).history)
        return found

    def note(self) -> str:
        """Say how far a trial can be compared with the stored run."""
        return (
            f"La prueba aprende de {len(self.data.train)} imágenes y se mide con"
            f" {len(self.data.test)}: sirve para ver qué cambia al mover un mando, no"
            " para compararla con el resultado guardado."
        )


def show_experiment(view: Experiment) -> None:
    """Show sliders for what can change, a button to train, and what came of it."""
    inputs = {name: _input(name, value) for name, value in view.defaults.items()}
    start = widgets.Button(description=TRAIN, button_style="primary")
    stored = {f"guardada, {network_of(view.run)}": [view.run.history]}
    tried: dict[str, list[pd.DataFrame]] = {}
    table: list[dict] = []

    def curves() -> dict:
        last = dict(list(tried.items())[-OVERLAID:])
        data, _ = notebook_output(plot_curves(stored | last).get_figure())
        return data | {"text/plain": "Errores de la red guardada y de las pruebas."}

    def tell(seed: int) -> None:
        start.description = f"Entrenando, {seed + 1} de {inputs['seeds'].value}…"

    def train(_) -> None:
        asked = {name: control.value for name, control in inputs.items()}
        name = f"prueba {len(table) + 1}"
        start.disabled = True
        try:
            tried[name] = view.train(tell=tell, **asked)
            told = _outcome(tried[name])
        except TrainingError:
            told = {"error final": EXPLODED}
        finally:
            start.disabled, start.description = False, TRAIN
        words = {LABELS[k]: _word(value) for k, value in asked.items()}
        table.insert(0, {"prueba": name} | words | told)
        drawn.update(curves(), raw=True)
        listed.update(pd.DataFrame(table).set_index("prueba").fillna(""))

    start.on_click(train)
    display(widgets.VBox([widgets.HTML(view.note()), *inputs.values(), start]))
    drawn = display(curves(), raw=True, display_id=True)
    listed = display({"text/plain": ""}, raw=True, display_id=True)


def _outcome(histories: list[pd.DataFrame]) -> dict[str, str]:
    errors = [float(h.test_error.iloc[-1]) for h in histories]
    low, high = percent(min(errors), None), percent(max(errors), None)
    seconds = np.mean([h.seconds.sum() for h in histories])
    return {
        "error final": low if low == high else f"{low} a {high}",
        "segundos": f"{seconds:.2f} por semilla",
    }


def _input(name: str, value: Any) -> widgets.Widget:
    look = {
        "description": LABELS[name].capitalize(),
        "style": {"description_width": "11em"},
        "layout": {"width": "34em"},
    }
    if name in LARGEST:
        return widgets.IntSlider(value, min=1, max=LARGEST[name], **look)
    if name in ACTIVATIONS:
        options = [(word, key) for key, word in ACTIVATION_NAMES.items()]
        return widgets.Dropdown(options=options, value=value, **look)
    rates = [(small(rate), rate) for rate in sorted({*RATES, value})]
    return widgets.SelectionSlider(options=rates, value=value, **look)


def _word(value: float | int | str | None) -> str:
    known = ACTIVATION_NAMES.get(value, str(value))
    return small(value) if isinstance(value, float) else known
