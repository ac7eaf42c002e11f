"""What the chapters train, in the forms that they share."""

from dataclasses import replace

from helpers.datasets import Dataset
from helpers.models import VARIANTS
from helpers.runs import Plan
from helpers.training import Recipe

Plans = dict[str, Plan]
Sets = list[tuple[Dataset, Plans]]


def seeds(settings, n: int) -> range:
    """`n` seeds from the notebook's first one."""
    return range(settings.seed, settings.seed + n)


def variants(network: str, recipe: Recipe, seeds: range) -> Plans:
    """The network without the original's ReLU on the output, and with it."""
    return {
        "corregida": Plan(network, recipe, seeds, VARIANTS["corrected"]),
        "original": Plan(network, recipe, seeds, VARIANTS["original"]),
    }


def longer(plan: Plan, times: float) -> Plan:
    """The plan with so many times its epochs, rounded up."""
    epochs = -int(-plan.recipe.epochs * times // 1)
    return replace(plan, recipe=replace(plan.recipe, epochs=epochs))
