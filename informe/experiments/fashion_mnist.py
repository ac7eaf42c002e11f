"""The decisions of the Fashion-MNIST network."""

from dataclasses import replace

from helpers.datasets import FOOTWEAR, Dataset
from helpers.runs import Plan
from helpers.training import Recipe, class_weights
from informe.experiments import plans
from informe.experiments.decision import Decision, Length, plans_of
from informe.experiments.mnist import rates
from informe.experiments.plans import calibrating, seeds, variants
from informe.names import ACTIVATION_NAMES
from informe.numbers import small

IMAGES = 15_000  # training images to learn from; all of them for `length`
EPOCHS = 5
ENOUGH = 7  # epochs that the original calls enough


def networks(settings) -> dict[str, Plan]:
    """The networks of the notebook, whose parameters are `settings`."""
    recipe = Recipe(
        optimizer="adam",
        learning_rate=settings.learning_rate,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        class_weights=class_weights(FOOTWEAR, settings.footwear_weight),
    )
    return variants("two_hidden", recipe, seeds(settings, settings.n_seeds))


def calibration(settings) -> dict[str, Plan]:
    """The network whose validation images choose a temperature."""
    return calibrating(networks(settings)["corregida"])


def everything(settings, data: Dataset) -> list[tuple[Dataset, dict[str, Plan]]]:
    """All that the notebook trains."""
    few = plans_of([footwear(settings), *decisions(settings)])
    most = plans_of([length(settings)]) | calibration(settings)
    return plans.everything(data, networks(settings), IMAGES, few, most)


def footwear(settings) -> Decision:
    """The decision on the cost of an error on footwear: 1, the cost asked, its double.

    The effects are small, so it has twice as many seeds as the other decisions.
    """
    asked = float(settings.footwear_weight)
    choices = {
        f"{weight:g}": {"class_weights": class_weights(FOOTWEAR, weight)}
        for weight in sorted({1.0, asked, 2 * asked})
    }
    return Decision(
        "footwear",
        "¿Cuánto debe costar un error en el calzado?",
        _base(settings, 2 * settings.decision_seeds),
        choices,
        f"{asked:g}",
    )


def decisions(settings) -> list[Decision]:
    """The decisions of the notebook, whose parameters are `settings`."""
    base = _base(settings, settings.decision_seeds)
    adam, asked = rates(base.recipe)
    return [
        Decision("activations", "¿Qué activaciones?", base, PAIRS, "ReLU + ELU"),
        Decision("optimizer", "¿SGD o Adam?", base, *_optimizers(base.recipe)),
        Decision("rate", "¿Qué tasa para Adam?", base, adam, asked),
    ]


def length(settings) -> Length:
    """How many epochs are enough for the report's network and recipe."""
    base = _base(settings, settings.decision_seeds)
    epochs = max(settings.epochs, ENOUGH) * 3 // 2
    longer = replace(base, recipe=replace(base.recipe, epochs=epochs))
    return Length("epochs", f"¿Bastan {ENOUGH} épocas?", longer, str(ENOUGH))


def _base(settings, n: int) -> Plan:
    """The corrected network with few epochs and `n` seeds."""
    final = networks(settings)["corregida"]
    recipe = replace(final.recipe, epochs=min(EPOCHS, settings.epochs))
    return replace(final, recipe=recipe, seeds=seeds(settings, n))


def _optimizers(recipe: Recipe) -> tuple[dict, str]:
    """Choices: the recipe, and SGD with its usual rates; and the recipe's label."""
    asked = f"Adam, {small(recipe.learning_rate)}"
    sgd = {
        f"SGD, {small(rate)}": {"optimizer": "sgd", "learning_rate": rate}
        for rate in (0.003, 0.01, 0.03, 0.1)
    }
    return {asked: {}} | sgd, asked


_PAIRS = (
    *(("relu", "elu"), ("elu", "relu"), ("relu", "relu"), ("elu", "elu")),
    *(("tanh", "tanh"), ("sigmoid", "sigmoid")),
)
PAIRS = {
    " + ".join(ACTIVATION_NAMES[name] for name in pair): {
        "first": pair[0],
        "second": pair[1],
    }
    for pair in _PAIRS
} | {ACTIVATION_NAMES[None]: {"first": None, "second": None}}
