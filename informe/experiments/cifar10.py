"""The decisions of the two CIFAR-10 networks."""

from dataclasses import replace

import numpy as np

from helpers.datasets import Dataset
from helpers.runs import Plan, Run
from helpers.training import Recipe
from informe.experiments import plans
from informe.experiments.answers import suffices
from informe.experiments.decision import Decision, Length, Outcome, plans_of
from informe.experiments.plans import calibrating, seeds
from informe.names import OPTIMIZER_NAMES
from informe.numbers import duration, integer, small, times

IMAGES = 8_000  # training images to learn from; all of them for `length`
EPOCHS = 4  # of LeNet-5 where optimizers are compared
NARROW = 500  # neurons of the dense network where optimizers are compared


def networks(settings) -> dict[str, Plan]:
    """The networks of the notebook, whose parameters are `settings`."""
    s = settings
    same = {"learning_rate": s.learning_rate, "batch_size": s.batch_size}
    dense = Recipe(optimizer="adagrad", epochs=s.dense_epochs, **same)
    lenet = Recipe(optimizer="sgd", epochs=s.lenet_epochs, **same)
    return {
        "densa": Plan("dense", dense, seeds(s, s.dense_seeds), {"width": s.width}),
        "LeNet-5": Plan("lenet5", lenet, seeds(s, s.n_seeds)),
    }


def calibration(settings) -> dict[str, Plan]:
    """The LeNet-5 whose validation images choose a temperature."""
    return calibrating(networks(settings)["LeNet-5"])


def everything(settings, data: Dataset) -> list[tuple[Dataset, dict[str, Plan]]]:
    """All that the notebook trains."""
    few = plans_of(decisions(settings))
    most = plans_of([length(settings)]) | calibration(settings)
    return plans.everything(data, networks(settings), IMAGES, few, most)


def decisions(settings) -> list[Decision | Length]:
    """The decisions of the notebook."""
    dense, lenet = networks(settings).values()
    several = seeds(settings, settings.decision_seeds)
    recipe = replace(dense.recipe, epochs=3 * settings.dense_epochs)
    wide = replace(dense, recipe=recipe, seeds=several[:1])
    narrow = replace(
        wide,
        recipe=replace(wide.recipe, epochs=settings.dense_epochs),
        seeds=several,
        options={"width": min(NARROW, settings.width)},
    )
    brief = replace(lenet.recipe, epochs=min(EPOCHS, settings.lenet_epochs))
    lenet = replace(lenet, recipe=brief, seeds=several)
    return [
        Decision("width", "¿Cuántas neuronas?", wide, *_widths(settings.width)),
        Length(
            "overfitting",
            "¿Sobreajusta la red densa?",
            wide,
            str(settings.dense_epochs),
        ),
        Decision(
            "dense-optimizer",
            "Densa: ¿qué optimizador?",
            narrow,
            *_optimizers("adagrad", settings.learning_rate),
        ),
        Decision(
            "lenet-optimizer",
            "LeNet-5: ¿qué optimizador?",
            lenet,
            *_optimizers("sgd", settings.learning_rate),
        ),
    ]


def length(settings) -> Length:
    """Whether LeNet-5 goes on improving for half as many epochs again."""
    asked = settings.lenet_epochs
    base = networks(settings)["LeNet-5"]
    recipe = replace(base.recipe, epochs=(3 * asked + 1) // 2)
    several = seeds(settings, settings.decision_seeds)
    longer = replace(base, recipe=recipe, seeds=several)
    return Length("epochs", f"LeNet-5: ¿{suffices(asked)}?", longer, str(asked))


def cost_of_width(outcome: Outcome) -> str:
    """What each width costs, in parameters and time, against the first."""
    (narrow, first), *others = outcome.runs.items()
    text = (
        f"La de {narrow} {'neurona' if narrow == '1' else 'neuronas'} tiene"
        f" {integer(first[0].parameters)} parámetros y se entrena en"
        f" {duration(_seconds(first))}"
    )
    more = [
        f"la de {width} tiene"
        f" {times(runs[0].parameters / first[0].parameters, 'esos parámetros')} y tarda"
        f" {times(_seconds(runs) / _seconds(first), 'ese tiempo')}"
        for width, runs in others
    ]
    return "; ".join([text, *more]) + "."


def _seconds(runs: list[Run]) -> float:
    return float(np.mean([run.seconds for run in runs]))


def _widths(asked: int) -> tuple[dict, str]:
    """Choices: the width asked for, a tenth and a hundredth; and the first's label."""
    values = sorted({max(asked // 100, 1), max(asked // 10, 1), asked})
    return {integer(n): {"width": n} for n in values}, integer(asked)


def _optimizers(name: str, rate: float) -> tuple[dict, str]:
    """Choices: each optimizer with two rates, and the one asked; the latter's label."""
    pairs = sorted({*RATES, (name, rate)}, key=lambda pair: (ORDER[pair[0]], pair[1]))
    choices = {_label(*p): {"optimizer": p[0], "learning_rate": p[1]} for p in pairs}
    return choices, _label(name, rate)


def _label(name: str, rate: float) -> str:
    return f"{OPTIMIZER_NAMES[name]}, {small(rate)}"


ORDER = {name: place for place, name in enumerate(OPTIMIZER_NAMES)}
RATES = {
    *(("sgd", 0.01), ("sgd", 0.1), ("adam", 0.0001), ("adam", 0.001)),
    *(("adagrad", 0.001), ("adagrad", 0.01)),
    *(("rmsprop", 0.0001), ("rmsprop", 0.001)),
}
