"""What if: another recipe, trained in seconds on the small sample."""

import inspect

import ipywidgets as widgets
import pandas as pd
from matplotlib.axes import Axes

from helpers import models
from helpers.datasets import Dataset, load
from helpers.explore import markup
from helpers.explore.epochs import svg
from helpers.explore.outcome import network_of
from helpers.plotting import plot_curves
from helpers.runs import Run
from helpers.training import Recipe, TrainingError, fit

WIDTHS = {"channels": 64, "width": 1000}  # options, and up to which value
DEFAULT_WIDTH = {"channels": 1, "width": 100}


class Experiment:
    """Trains a run's network with another recipe, on the sample of its data set."""

    def __init__(self, run: Run):
        self.run = run
        self.data: Dataset = load(run.about["dataset"], "sample")
        options = inspect.signature(models.NETWORKS[run.about["network"]]).parameters
        self.width = next((name for name in WIDTHS if name in options), None)
        self.has_activation = "activation" in options

    def histories(
        self, *, learning_rate: float, epochs: int, seeds: int, **options
    ) -> list[pd.DataFrame]:
        """Train once for each of `seeds`; raises TrainingError if a loss explodes."""
        about = self.run.about
        changed = {"learning_rate": learning_rate, "epochs": epochs}
        recipe = Recipe(**about["recipe"] | changed)
        options = about["options"] | options
        return [
            fit(
                models.build(about["network"], seed=seed, **options),
                self.data,
                recipe,
                seed=seed,
            ).history
            for seed in range(seeds)
        ]

    def plot(self, histories: list[pd.DataFrame]) -> Axes:
        """Lay the experiment's curves over the stored run's."""
        small = len(self.data.train)
        return plot_curves(
            {
                f"guardada, {network_of(self.run)}": [self.run.history],
                f"prueba, con {small} imágenes": histories,
            }
        )

    @property
    def defaults(self) -> dict:
        """The stored recipe, as far as seconds allow."""
        recipe = self.run.about["recipe"]
        chosen = {
            "learning_rate": recipe["learning_rate"],
            "epochs": min(recipe["epochs"], 20),
            "seeds": 1,
        }
        if self.width:
            width = self.run.about["options"].get(self.width, DEFAULT_WIDTH[self.width])
            chosen[self.width] = min(width, WIDTHS[self.width])
        return chosen

    def note(self) -> str:
        """Say how far the two can be compared."""
        return (
            f"La prueba aprende de {len(self.data.train)} imágenes y se mide con"
            f" {len(self.data.test)}: sirve para ver qué cambia al mover un mando, no"
            " para compararla con el resultado guardado."
        )


def form(view: Experiment) -> widgets.VBox:
    """Sliders for what can change, a button to train, and the curves."""
    inputs = _inputs(view)
    start = widgets.Button(description="Entrenar", button_style="primary")
    note = f'<p class="note">{view.note()}</p>'
    shown = widgets.HTML(markup.page(note))

    def train(_):
        start.disabled, start.description = True, "Entrenando…"
        try:
            asked = {name: control.value for name, control in inputs.items()}
            drawn = svg(view.plot(view.histories(**asked)))
        except TrainingError:
            drawn = (
                "<p>La pérdida dejó de ser un número: los pasos son demasiado largos;"
                " pruebe una tasa de aprendizaje menor.</p>"
            )
        finally:
            start.disabled, start.description = False, "Entrenar"
        shown.value = markup.page(note, drawn)

    start.on_click(train)
    return widgets.VBox([*inputs.values(), start, shown])


def _inputs(view: Experiment) -> dict[str, widgets.Widget]:
    values = view.defaults
    look = {"style": {"description_width": "11em"}, "layout": {"width": "34em"}}
    made = {
        "learning_rate": widgets.FloatLogSlider(
            values["learning_rate"],
            min=-5,
            max=0,
            step=0.25,
            readout_format=".2g",
            description="Tasa de aprendizaje",
            **look,
        ),
        "epochs": _slider("Épocas", values["epochs"], 20, look),
        "seeds": _slider("Semillas", values["seeds"], 5, look),
    }
    if view.width:
        top = WIDTHS[view.width]
        made[view.width] = _slider("Anchura", values[view.width], top, look)
    if view.has_activation:
        options = [("ninguna", None), *((a, a) for a in models.ACTIVATIONS)]
        value = view.run.about["options"].get("activation")
        made["activation"] = widgets.Dropdown(
            options=options, value=value, description="Activación", **look
        )
    return made


def _slider(words: str, value: int, top: int, look: dict) -> widgets.IntSlider:
    return widgets.IntSlider(value, min=1, max=top, description=words, **look)
