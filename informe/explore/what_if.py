"""What if: another recipe, trained in seconds on few images."""

import inspect
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import display
from torch import nn

from helpers import models
from helpers.datasets import KNOWN, Dataset, Split, load
from helpers.plotting import plot_curves, style
from helpers.runs import Run, definition
from helpers.training import Recipe, TrainingError, fit
from informe.explore.stored import data_of
from informe.figures.output import notebook_output
from informe.names import ACTIVATION_NAMES, OPTION_NAMES
from informe.numbers import integer, listing, percent, small

IMAGES = 1000  # that a trial learns from, of somebody's own data
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
BASE = "base"  # the trial of the stored recipe
EXPLODED = (
    "La pérdida dejó de ser un número: los pasos son demasiado largos; pruebe una tasa"
    " de aprendizaje menor."
)


class Experiment:
    """Trains a stored run's network with other recipes, on few of its images.

    Raises ValueError if the network is somebody's own and not defined here.
    """

    def __init__(self, run: Run):
        about = run.about
        self.about, self.data = about, few(run)
        network = definition.known.get(about["definition"], about["network"])
        made = models.NETWORKS.get(network) if isinstance(network, str) else network
        if made is None:
            raise ValueError(
                f"la red {network} no está definida en este cuaderno: ejecute la celda"
                " que la define y train() con ella"
            )
        self.network, self.options = made, dict(about["options"])
        if not isinstance(made, nn.Module):
            known = inspect.signature(made).parameters
            self.options = {k: p.default for k, p in known.items()} | self.options

    @property
    def defaults(self) -> dict[str, Any]:
        """What can be changed: the stored recipe, reduced so that it takes seconds."""
        recipe = self.about["recipe"]
        wanted = self.options | {"epochs": recipe["epochs"], "seeds": 1}
        chosen = {"learning_rate": recipe["learning_rate"]}
        numbers = {k: n for k, n in wanted.items() if k in LARGEST and type(n) is int}
        chosen |= {k: min(n, LARGEST[k]) for k, n in numbers.items()}
        known = [k for k in ACTIVATIONS if wanted.get(k, "") in [*ACTIVATION_NAMES]]
        return chosen | {k: wanted[k] for k in known}

    def train(
        self, *, learning_rate: float, epochs: int, seeds: int, tell=print, **options
    ) -> list[pd.DataFrame]:
        """The history of each seed below `seeds`; `tell` is called with each first.

        All else is as in the stored run. Raises TrainingError if the loss explodes.
        """
        changed = {"learning_rate": learning_rate, "epochs": epochs}
        recipe = Recipe(**self.about["recipe"] | changed)
        found = []
        for seed in range(seeds):
            tell(seed)
            made = self.about["options"] | options
            model = models.build(self.network, seed=seed, **made)
            found.append(fit(model, self.data, recipe, seed=seed).history)
        return found

    def note(self) -> str:
        """Say what the trials can be compared with."""
        learnt, measured = (integer(len(s)) for s in (self.data.train, self.data.test))
        stored = self.options | self.about["recipe"]
        reduced = [k for k, n in self.defaults.items() if stored.get(k, n) != n]
        less = f" (con menos {listing(map(LABELS.get, reduced))})" if reduced else ""
        return (
            f"La base es la receta guardada{less}, que aprende aquí de {learnt}"
            f" imágenes y se mide con {measured}, como cada prueba: sirven para ver qué"
            " cambia al mover un mando, no para compararlas con el resultado guardado."
        )


def few(run: Run) -> Dataset:
    """The sample of a run's data set, or as few of somebody's own images."""
    if run.about["dataset"] in KNOWN:
        return load(run.about["dataset"], "sample")
    data = data_of(run)
    return replace(data, train=_part(data.train), test=_part(data.test))


def _part(split: Split) -> Split:
    """At most IMAGES of them, with the shares that the classes have."""
    rows = np.argsort(split.labels.numpy(), kind="stable")
    places = np.linspace(0, len(rows) - 1, min(IMAGES, len(rows))).astype(int)
    return split[np.sort(rows[places])]


def show_experiment(view: Experiment) -> None:
    """Show sliders for what can change, a button to train, and what came of it."""
    inputs = {name: _input(name, value) for name, value in view.defaults.items()}
    start = widgets.Button(description=TRAIN, button_style="primary")
    tried: dict[str, list[pd.DataFrame]] = {}
    table: list[dict] = []

    def tell(seed: int) -> None:
        start.description = f"Entrenando, {seed + 1} de {inputs['seeds'].value}…"

    def train(_=None) -> None:
        asked = {name: control.value for name, control in inputs.items()}
        name = f"prueba {len(table)}" if table else BASE
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
        drawn.update(_curves(tried), raw=True)
        listed.update(pd.DataFrame(table).set_index("prueba").fillna(""))

    start.on_click(train)
    display(widgets.VBox([widgets.HTML(view.note()), *inputs.values(), start]))
    drawn = display({"text/plain": ""}, raw=True, display_id=True)
    listed = display({"text/plain": ""}, raw=True, display_id=True)
    train()


@style()
def _curves(tried: dict[str, list[pd.DataFrame]]) -> dict:
    """The errors of the base and of the last trials, by MIME type."""
    names = [n for i, n in enumerate(tried) if n == BASE or i >= len(tried) - OVERLAID]
    if not names:
        return {"text/plain": ""}
    figure = plot_curves({name: tried[name] for name in names}).get_figure()
    return notebook_output(figure)[0] | {
        "text/plain": "Errores de la base y de las pruebas."
    }


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
