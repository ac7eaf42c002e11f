"""The decisions of the two CIFAR-10 networks."""

from dataclasses import replace

import numpy as np

from helpers.numbers import duration, integer, times
from helpers.runs import Plan, Run
from helpers.training import Recipe
from informe.experiments.decision import Decision, Length, Outcome
from informe.names import OPTIMIZER_NAMES

IMAGES = 8_000  # training images to learn from; all of them for `length`
EPOCHS = 4  # of LeNet-5 where optimizers are compared
NARROW = 500  # neurons of the dense network where optimizers are compared


def decisions(settings) -> list[Decision | Length]:
    """The decisions of the notebook, whose parameters are `settings`."""
    wide, lenet = _dense(settings), _lenet(settings)
    narrow = replace(
        wide,
        recipe=replace(wide.recipe, epochs=settings.dense_epochs),
        seeds=lenet.seeds,
        options={"width": min(NARROW, settings.width)},
    )
    brief = replace(lenet.recipe, epochs=min(EPOCHS, settings.lenet_epochs))
    lenet = replace(lenet, recipe=brief)
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
    base = _lenet(settings)
    longer = replace(base, recipe=replace(base.recipe, epochs=(3 * asked + 1) // 2))
    return Length("epochs", f"LeNet-5: ¿bastan {asked} épocas?", longer, str(asked))


def cost_of_width(outcome: Outcome) -> str:
    """What each width costs, in parameters and time, against the first."""
    (narrow, first), *others = outcome.runs.items()
    text = (
        f"La de {narrow} neuronas tiene {integer(first[0].parameters)} parámetros y se"
        f" entrena en {duration(_seconds(first))}"
    )
    more = [
        f"la de {width} tiene {times(runs[0].parameters / first[0].parameters)} veces"
        f" esos parámetros y tarda {times(_seconds(runs) / _seconds(first))} veces"
        " ese tiempo"
        for width, runs in others
    ]
    return "; ".join([text, *more]) + "."


def _seconds(runs: list[Run]) -> float:
    return float(np.mean([run.seconds for run in runs]))


def _dense(settings) -> Plan:
    """The dense network, for three times its epochs."""
    recipe = Recipe(
        "adagrad",
        settings.learning_rate,
        3 * settings.dense_epochs,
        settings.batch_size,
    )
    seeds = range(settings.seed, settings.seed + settings.dense_seeds)
    return Plan("dense", recipe, seeds, {"width": settings.width})


def _lenet(settings) -> Plan:
    recipe = Recipe(
        "sgd", settings.learning_rate, settings.lenet_epochs, settings.batch_size
    )
    seeds = range(settings.seed, settings.seed + settings.n_seeds)
    return Plan("lenet5", recipe, seeds)


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
    return f"{OPTIMIZER_NAMES[name]}, {rate:g}"


ORDER = {name: place for place, name in enumerate(OPTIMIZER_NAMES)}
RATES = {
    *(("sgd", 0.01), ("sgd", 0.1), ("adam", 0.0001), ("adam", 0.001)),
    *(("adagrad", 0.001), ("adagrad", 0.01)),
    *(("rmsprop", 0.0001), ("rmsprop", 0.001)),
}
