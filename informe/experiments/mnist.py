"""The decisions of the MNIST network."""

from dataclasses import replace

from helpers.datasets import Dataset
from helpers.runs import Plan
from helpers.training import Recipe
from helpers.validation import validation
from informe.experiments.chosen import Choice, adopt
from informe.experiments.decision import Decision, Outcome, plans_of
from informe.experiments.plans import Sets, seeds, variants
from informe.names import ACTIVATION_NAMES, LOSS_NAMES
from informe.numbers import small

IMAGES = 20_000  # training images to learn from
EPOCHS = 5


def networks(settings) -> dict[str, Plan]:
    """The networks of the notebook, whose parameters are `settings`."""
    recipe = Recipe(
        optimizer="sgd",
        learning_rate=settings.learning_rate,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
    )
    return variants("one_hidden", recipe, seeds(settings, settings.n_seeds))


def everything(settings, data: Dataset) -> Sets:
    """All that the notebook trains, but for the chosen network."""
    tried = plans_of(decisions(settings))
    return [(data, networks(settings)), (cut(data), tried)]


def cut(data: Dataset) -> Dataset:
    """The split on which the decisions are made."""
    return validation(data, IMAGES)


def decisions(settings) -> list[Decision]:
    """The decisions of the notebook."""
    final = networks(settings)["corregida"]
    recipe = replace(final.recipe, epochs=min(EPOCHS, settings.epochs))
    several = seeds(settings, settings.decision_seeds)
    base = replace(final, recipe=recipe, seeds=several)
    with_relu = replace(base, options=base.options | {"activation": "relu"})
    return [
        Decision("loss", "¿Qué pérdida?", base, LOSSES, "entropía cruzada"),
        Decision("output", "¿Qué activación en la salida?", base, OUTPUTS, "ReLU"),
        Decision("rate", "¿Qué tasa de aprendizaje?", base, *rates(recipe)),
        Decision("batch", "¿Cuántas imágenes por lote?", base, *batches(recipe)),
        Decision("kernel", "¿Qué tamaño de filtro?", base, KERNELS, "4 × 4"),
        Decision("between", "¿Una activación en medio?", base, BETWEEN, "ninguna"),
        Decision("channels", "Con ReLU, ¿cuántos filtros?", with_relu, CHANNELS, "1"),
    ]


def chosen(settings, outcomes: dict[str, Outcome]) -> Choice:
    """The network to which the outcomes of the decisions lead.

    Batches are not among them: with as many epochs, smaller ones mean more steps.
    """
    several = seeds(settings, settings.decision_seeds)
    judged = {name: o for name, o in outcomes.items() if name != "batch"}
    return adopt(networks(settings)["corregida"], judged, several)


def rates(recipe: Recipe, others=(0.0001, 0.001, 0.01, 0.1)) -> tuple[dict, str]:
    """Choices: learning rates `others` and the recipe's; and the recipe's label."""
    values = sorted({*others, recipe.learning_rate})
    choices = {small(value): {"learning_rate": value} for value in values}
    return choices, small(recipe.learning_rate)


def batches(recipe: Recipe, others=(10, 40, 160)) -> tuple[dict, str]:
    """Choices: batch sizes `others` and the recipe's; and the recipe's label."""
    values = sorted({*others, recipe.batch_size})
    return {str(n): {"batch_size": n} for n in values}, str(recipe.batch_size)


def _labelled(names: dict[str | None, str], option: str, *values) -> dict[str, dict]:
    """Choices that set an option to each value, by the values' Spanish names."""
    return {names[value]: {option: value} for value in values}


LOSSES = _labelled(LOSS_NAMES, "loss", "cross_entropy", "mse", "multi_margin")
OUTPUTS = _labelled(ACTIVATION_NAMES, "output", None, "relu", "sigmoid", "tanh")
BETWEEN = {ACTIVATION_NAMES[None]: {}}  # the network as it is
BETWEEN |= _labelled(ACTIVATION_NAMES, "activation", "relu", "elu", "tanh")
KERNELS = {"2 × 2": {"kernel": 2}, "4 × 4": {}, "7 × 7": {"kernel": 7}}
CHANNELS = {"1": {}, "4": {"filters": 4}, "16": {"filters": 16}}
