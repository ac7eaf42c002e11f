"""The decisions of the MNIST network."""

from dataclasses import replace

from helpers.datasets import Dataset
from helpers.runs import Plan
from helpers.training import Recipe
from informe.experiments import plans
from informe.experiments.decision import Decision, Length, plans_of
from informe.experiments.plans import calibrating, seeds, variants
from informe.names import ACTIVATION_NAMES, LOSS_NAMES
from informe.numbers import small

IMAGES = 20_000  # training images to learn from
EPOCHS = 5
ENOUGH = 3  # epochs that the original calls enough


def networks(settings) -> dict[str, Plan]:
    """The networks of the notebook, whose parameters are `settings`."""
    recipe = Recipe(
        optimizer="sgd",
        learning_rate=settings.learning_rate,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
    )
    return variants("one_hidden", recipe, seeds(settings, settings.n_seeds))


def calibration(settings) -> dict[str, Plan]:
    """The network whose validation images choose a temperature."""
    return calibrating(networks(settings)["corregida"])


def everything(settings, data: Dataset) -> list[tuple[Dataset, dict[str, Plan]]]:
    """All that the notebook trains."""
    few, most = plans_of(decisions(settings)), calibration(settings)
    return plans.everything(data, networks(settings), IMAGES, few, most)


def decisions(settings) -> list[Decision | Length]:
    """The decisions of the notebook."""
    final = networks(settings)["corregida"]
    recipe = replace(final.recipe, epochs=min(EPOCHS, settings.epochs))
    several = seeds(settings, settings.decision_seeds)
    base = replace(final, recipe=recipe, seeds=several)
    longer = replace(base, recipe=replace(recipe, epochs=2 * settings.epochs))
    with_relu = replace(base, options=base.options | {"activation": "relu"})
    return [
        Decision("loss", "¿Qué pérdida?", base, LOSSES, "entropía cruzada"),
        Decision("output", "¿Qué activación en la salida?", base, OUTPUTS, "ReLU"),
        Decision("rate", "¿Qué tasa de aprendizaje?", base, *rates(recipe)),
        Length("epochs", f"¿Bastan {ENOUGH} épocas?", longer, str(ENOUGH)),
        Decision("kernel", "¿Qué tamaño de filtro?", base, KERNELS, "4 × 4"),
        Decision("between", "¿Una activación en medio?", base, BETWEEN, "ninguna"),
        Decision(
            "channels", "Con ReLU en medio, ¿cuántos filtros?", with_relu, CHANNELS, "1"
        ),
    ]


def rates(recipe: Recipe, others=(0.0001, 0.001, 0.01, 0.1)) -> tuple[dict, str]:
    """Choices: learning rates `others` and the recipe's; and the recipe's label."""
    values = sorted({*others, recipe.learning_rate})
    choices = {small(value): {"learning_rate": value} for value in values}
    return choices, small(recipe.learning_rate)


def _labelled(names: dict[str | None, str], option: str, *values) -> dict[str, dict]:
    """Choices that set an option to each value, by the values' Spanish names."""
    return {names[value]: {option: value} for value in values}


LOSSES = _labelled(LOSS_NAMES, "loss", "cross_entropy", "mse", "multi_margin")
OUTPUTS = _labelled(ACTIVATION_NAMES, "output", None, "relu", "sigmoid", "tanh")
BETWEEN = {ACTIVATION_NAMES[None]: {}}  # the network as it is
BETWEEN |= _labelled(ACTIVATION_NAMES, "activation", "relu", "elu", "tanh")
KERNELS = {f"{k} × {k}": {"kernel": k} for k in (2, 4, 7, 14)}
CHANNELS = {str(n): {"channels": n} for n in (1, 4, 16, 32)}
