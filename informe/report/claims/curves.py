"""Claims on errors, epoch by epoch: arrays (S, E) with one row for each seed."""

from dataclasses import replace

import numpy as np

from helpers.uncertainty import Estimate, over_seeds
from informe.experiments.answers import NOTHING
from informe.experiments.overfitting import Course
from informe.numbers import NBSP, count, points
from informe.report.claims.rules import (
    MOST,
    SAME,
    UNMEASURED,
    Claim,
    all_of,
    in_points,
    in_seeds,
    in_shares,
    rate,
    verdict,
)

SETTLED = 0.9  # share of the fall that an error has behind it when it has settled
TAIL = 3  # the last epochs, by which the end of a curve is judged


def too_short(part: str, claim: str, epochs: int) -> Claim:
    """The row of a claim on epochs that were not trained."""
    trained = f"se entrenó solo {count(epochs, 'época', 'épocas')}"
    return Claim(part, claim, trained, UNMEASURED)


def enough_epochs(part: str, errors: np.ndarray, asked: int) -> Claim:
    """Claim: epochs after `asked` give under half a point of accuracy."""
    claim, last = f"Bastan {asked} épocas", errors.shape[1]
    if last <= asked:
        return too_short(part, claim, last)
    e = over_seeds(errors[:, asked - 1] - errors[:, -1])
    measured = f"de la época {asked} a la {last}, la exactitud cambia {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, below=NOTHING))


def as_good_as(part: str, claim: str, course: Course, asked: int, last: int) -> Claim:
    """Claim: from epoch `asked` to `last` the error changes by less than a point.

    If a single seed was trained, the interval is over validation images.
    """
    trained = course.errors.shape[1]
    if trained < last:
        return too_short(part, claim, trained)
    seen = replace(course, asked=asked, predictions=course.predictions[:, :last])
    e = _minus(seen.change())
    measured = (
        f"de la época {asked} a la {last}, el de validación cambia {in_points(e)}"
    )
    return Claim(part, claim, measured + _seeds(course), verdict(e, -SAME, SAME))


def _minus(e: Estimate) -> Estimate:
    return replace(e, mean=-e.mean, low=-e.high, high=-e.low)


def settles(part: str, claim: str, errors: np.ndarray, chance: float) -> Claim:
    """Claim: nearly all of the fall from `chance`, an error, is in the first epoch."""
    if errors.shape[1] == 1:
        return too_short(part, claim, 1)
    if (errors[:, -1] >= chance).any():
        return Claim(part, claim, "alguna semilla no baja del azar", UNMEASURED)
    e = over_seeds((chance - errors[:, 0]) / (chance - errors[:, -1]))
    measured = f"la primera época hace el {in_shares(e)} de la bajada"
    return Claim(part, claim, measured, verdict(e, above=SETTLED))


def oscillates(part: str, claim: str, errors: np.ndarray, start: int) -> Claim:
    """Claim: after epoch `start` the error has no trend but rises now and then."""
    last = errors.shape[1]
    if last <= start:
        return too_short(part, claim, last)
    e = over_seeds(errors[:, -1] - errors[:, start - 1])
    risen = rises(errors[:, start - 1 :])
    measured = (
        f"de la época {start} a la {last} cambia {in_points(e)}; sube alguna vez en"
        f" {in_seeds(risen)}"
    )
    found = all_of(verdict(e, -SAME, SAME), verdict(rate(risen), above=MOST))
    return Claim(part, claim, measured, found)


def constant(part: str, claim: str, errors: np.ndarray, more: str = "") -> Claim:
    """Claim: from the first epoch to the last, the error changes by under a point."""
    if errors.shape[1] == 1:
        return too_short(part, claim, 1)
    e = over_seeds(errors[:, -1] - errors[:, 0])
    measured = f"cambia {in_points(e)}{more}"
    return Claim(part, claim, measured, verdict(e, -SAME, SAME))


def falls_slowly(part: str, claim: str, errors: np.ndarray, more: str = "") -> Claim:
    """Claim: in the last epochs the error falls, by less than a point an epoch."""
    if errors.shape[1] == 1:
        return too_short(part, claim, 1)
    e = over_seeds(slope(errors))
    measured = f"cambia {in_points(e)} por época{more}"
    return Claim(part, claim, measured, verdict(e, -SAME, 0))


def overfits(
    part: str, claim: str, train: np.ndarray, test: np.ndarray, more: str = ""
) -> Claim:
    """Claim: by the last epoch, the test error has fallen behind.

    Training errors are taken before the network learns from a batch. So in the first
    epoch nothing was seen before, and in the last they are, if anything, too high.
    """
    if train.shape[1] == 1:
        return too_short(part, claim, 1)
    e = over_seeds(test[:, -1] - train[:, -1])
    measured = f"prueba menos entrenamiento, {in_points(e)}{more}"
    return Claim(part, claim, measured, verdict(e, above=0))


def beyond(course: Course, epochs: int, value: float, unit: str = "") -> str:
    """What a course that goes beyond these epochs adds to a cell; else nothing."""
    last = course.errors.shape[1]
    if last <= epochs:
        return ""
    return f"; con {last} épocas, {points(value, '+')}{unit}{_seeds(course)}"


def _seeds(course: Course) -> str:
    n = count(len(course.runs), "semilla", "semillas")
    return f" ({n.replace(' ', NBSP)})"


def both_settle(part: str, claim: str, train: np.ndarray, test: np.ndarray) -> Claim:
    """Claim: both errors fall, and at the end by less than a point an epoch."""
    if train.shape[1] == 1:
        return too_short(part, claim, 1)
    told, verdicts = [], []
    for name, errors in (("entrenamiento", train), ("prueba", test)):
        whole = over_seeds(errors[:, -1] - errors[:, 0])
        end = over_seeds(slope(errors))
        told.append(f"{name}, {in_points(whole)} y al final {in_points(end)} por época")
        verdicts += [verdict(whole, below=0), verdict(end, -SAME, SAME)]
    return Claim(part, claim, "; ".join(told), all_of(*verdicts))


def not_monotone(part: str, claim: str, errors: dict[str, np.ndarray]) -> Claim:
    """Claim: in most seeds of each network, the error rises at least once."""
    for values in errors.values():
        if values.shape[1] == 1:
            return too_short(part, claim, 1)
    risen = {name: rises(values) for name, values in errors.items()}
    told = "; ".join(f"{name}, en {in_seeds(r)}" for name, r in risen.items())
    found = all_of(*(verdict(rate(r), above=MOST) for r in risen.values()))
    return Claim(part, claim, f"sube alguna vez: {told}", found)


def rises(errors: np.ndarray) -> np.ndarray:
    """Whether each seed's error rises from one epoch to the next, (S,)."""
    return (np.diff(errors) > 0).any(1)


def slope(errors: np.ndarray) -> np.ndarray:
    """Mean change of the error by epoch in the last ones, (S,)."""
    steps = min(TAIL, errors.shape[1] - 1)
    return (errors[:, -1] - errors[:, -1 - steps]) / steps
