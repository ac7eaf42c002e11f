"""What the chapters train, in the forms that they share."""

from dataclasses import replace

from helpers.datasets import Dataset
from helpers.models import VARIANTS
from helpers.runs import Plan
from helpers.training import Recipe
from helpers.validation import validation

Plans = dict[str, Plan]


def seeds(settings, n: int) -> range:
    """`n` seeds from the notebook's first one."""
    return range(settings.seed, settings.seed + n)


def variants(network: str, recipe: Recipe, seeds: range) -> Plans:
    """The network without the original's ReLU on the output, and with it."""
    return {
        "corregida": Plan(network, recipe, seeds, VARIANTS["corrected"]),
        "original": Plan(network, recipe, seeds, VARIANTS["original"]),
    }


def calibrating(final: Plan) -> Plans:
    """The network whose validation images choose a temperature for `final`."""
    return {"para calibrar": replace(final, seeds=final.seeds[:1])}


def everything(
    data: Dataset, final: Plans, images: int, few: Plans, most: Plans
) -> list[tuple[Dataset, Plans]]:
    """All that a notebook trains.

    `final` are its networks; `few` learn from so many `images` of the training set, and
    `most` from all of it but the validation images.
    """
    return [(data, final), (validation(data, images), few), (validation(data), most)]
