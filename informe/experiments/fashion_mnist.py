"""The decisions of the Fashion-MNIST network."""

from dataclasses import replace

from helpers.datasets import Dataset
from helpers.download.catalog import FOOTWEAR
from helpers.runs import Plan
from helpers.training import Recipe, class_weights
from helpers.validation import validation
from informe.experiments.chosen import Choice, adopt
from informe.experiments.decision import Decision, Outcome, plans_of
from informe.experiments.mnist import rates
from informe.experiments.plans import Plans, Sets, seeds, variants
from informe.names import ACTIVATION_NAMES
from informe.numbers import small

IMAGES = 15_000  # training images to learn from
EPOCHS = 5


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


def calibration(settings) -> Plans:
    """The network whose validation images choose a temperature."""
    final = networks(settings)["corregida"]
    return {"para calibrar": replace(final, seeds=final.seeds[:1])}


def everything(settings, data: Dataset) -> Sets:
    """All that the notebook trains, but for the chosen network."""
    tried = plans_of([footwear(settings), *decisions(settings)])
    return [
        (data, networks(settings)),
        (cut(data), tried),
        (validation(data), calibration(settings)),
    ]


def footwear(settings) -> Decision:
    """The decision on the cost of an error on footwear: 1, the cost asked, its double.

    The effects are small, so it has twice as many seeds as the other decisions.
    """
    asked = float(settings.footwear_weight)
    choices = {
        small(weight): {"class_weights": class_weights(FOOTWEAR, weight)}
        for weight in sorted({1.0, asked, 2 * asked})
    }
    return Decision(
        "footwear",
        "¿Cuánto debe costar un error en el calzado?",
        _base(settings, 2 * settings.decision_seeds),
        choices,
        small(asked),
        may_diverge=False,
    )


def cut(data: Dataset) -> Dataset:
    """The split on which the decisions are made."""
    return validation(data, IMAGES)


def decisions(settings) -> list[Decision]:
    """The decisions of the notebook, whose parameters are `settings`."""
    base = _base(settings, settings.decision_seeds)
    adam, asked = rates(base.recipe)
    return [
        Decision("activations", "¿Qué activaciones?", base, PAIRS, "ReLU + ELU"),
        Decision("optimizer", "¿SGD o Adam?", base, *_optimizers(base.recipe)),
        Decision("rate", "¿Qué tasa para Adam?", base, adam, asked),
        Decision(
            "channels1", "¿Cuántos filtros en la 1.ª capa?", base, CHANNELS1, "20"
        ),
        Decision("channels2", "¿Y en la 2.ª?", base, CHANNELS2, "1"),
        Decision("kernel2", "¿De qué tamaño en la 2.ª?", base, KERNELS2, "3 × 3"),
    ]


def chosen(settings, outcomes: dict[str, Outcome]) -> Choice:
    """The network to which the outcomes of the decisions lead."""
    several = seeds(settings, settings.decision_seeds)
    return adopt(networks(settings), "corregida", outcomes, several)


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

CHANNELS1 = {"5": {"filters1": 5}, "10": {"filters1": 10}, "20": {}}
CHANNELS2 = {"1": {}, "2": {"filters2": 2}, "4": {"filters2": 4}}
KERNELS2 = {"3 × 3": {}, "5 × 5": {"kernel2": 5}}
