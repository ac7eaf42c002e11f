"""Claims on errors, epoch by epoch: arrays (S, E) with one row for each seed."""

import numpy as np

from helpers.uncertainty import over_seeds
from informe.experiments.answers import NOTHING, gap
from informe.experiments.decision import Outcome
from informe.numbers import between, count, images, percent
from informe.report.claims.rules import (
    MOST,
    SAME,
    UNMEASURED,
    Claim,
    all_of,
    in_points,
    in_shares,
    rate,
    verdict,
)

SETTLED = 0.9  # share of the fall that an error has behind it when it has settled
TAIL = 3  # the last epochs, by which the end of a curve is judged


def too_short(part: str, claim: str, epochs: int) -> Claim:
    """The row of a claim on epochs that were not trained."""
    trained = f"el entrenamiento duró solo {count(epochs, 'época', 'épocas')}"
    return Claim(part, claim, trained, UNMEASURED)


def enough_epochs(part: str, outcome: Outcome) -> Claim:
    """Claim: epochs after the reference of `outcome` give under half a point."""
    asked, last = outcome.decision.reference, str(len(outcome.accuracies))
    claim = f"Bastan {asked} épocas"
    if int(last) <= int(asked):
        return too_short(part, claim, int(last))
    e = over_seeds(outcome.accuracies[last] - outcome.accuracies[asked])
    measured = f"de la época {asked} a la {last}, la exactitud cambia {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, below=NOTHING))


def as_good_as_the_last(
    part: str, claim: str, asked: int, outcome: Outcome, learnt: int
) -> Claim:
    """Claim: from epoch `asked` on the error changes by less than a point.

    The networks of `outcome` learnt from `learnt` images. If a single seed was trained,
    the interval is over validation images.
    """
    last = len(outcome.accuracies)
    if last <= asked:
        return too_short(part, claim, last)
    e = gap(outcome, str(last), str(asked))
    how = "" if e.n > 1 else " y una semilla (intervalo entre imágenes)"
    measured = (
        f"con {images(learnt)}{how}, de la época {asked} a la {last} la exactitud de"
        f" validación cambia {in_points(e)}"
    )
    return Claim(part, claim, measured, verdict(e, -SAME, SAME))


def settles(part: str, claim: str, errors: np.ndarray, chance: float) -> Claim:
    """Claim: nearly all of the fall from `chance`, an error, is in the first epoch."""
    with np.errstate(invalid="ignore", divide="ignore"):
        fall = (chance - errors[:, 0]) / (chance - errors[:, -1])
    e = over_seeds(np.where(np.isfinite(fall), fall, np.nan))
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
        f"de la época {start} a la {last}, el error de prueba cambia {in_points(e)} y"
        f" {_risen(risen)}"
    )
    found = all_of(verdict(e, -SAME, SAME), verdict(rate(risen), above=MOST))
    return Claim(part, claim, measured, found)


def constant(part: str, claim: str, errors: np.ndarray) -> Claim:
    """Claim: from the first epoch to the last, the error changes by under a point."""
    if errors.shape[1] == 1:
        return too_short(part, claim, 1)
    e = over_seeds(errors[:, -1] - errors[:, 0])
    measured = f"de la primera época a la última cambia {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, -SAME, SAME))


def falls_slowly(part: str, claim: str, errors: np.ndarray) -> Claim:
    """Claim: in the last epochs the error falls, by less than a point an epoch."""
    if errors.shape[1] == 1:
        return too_short(part, claim, 1)
    e = over_seeds(_slope(errors))
    measured = f"en las últimas épocas cambia {in_points(e)} por época"
    return Claim(part, claim, measured, verdict(e, -SAME, 0))


def overfits(part: str, claim: str, train: np.ndarray, test: np.ndarray) -> Claim:
    """Claim: from the first epoch to the last, the test error falls behind."""
    if train.shape[1] == 1:
        return too_short(part, claim, 1)
    apart = test - train
    e = over_seeds(apart[:, -1] - apart[:, 0])
    measured = f"el error de prueba menos el de entrenamiento cambia {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, above=0))


def both_settle(part: str, claim: str, train: np.ndarray, test: np.ndarray) -> Claim:
    """Claim: both errors fall, and at the end by less than a point an epoch."""
    if train.shape[1] == 1:
        return too_short(part, claim, 1)
    told, verdicts = [], []
    for name, errors in (("entrenamiento", train), ("prueba", test)):
        whole, end = (
            over_seeds(errors[:, -1] - errors[:, 0]),
            over_seeds(_slope(errors)),
        )
        told.append(f"el de {name}, {in_points(whole)}; al final, {in_points(end)}")
        verdicts += [verdict(whole, below=0), verdict(end, -SAME, SAME)]
    measured = f"cambia {told[0]} por época; {told[1]} por época"
    return Claim(part, claim, measured, all_of(*verdicts))


def not_monotone(part: str, claim: str, errors: dict[str, np.ndarray]) -> Claim:
    """Claim: in most seeds of each network, the error rises at least once."""
    for values in errors.values():
        if values.shape[1] == 1:
            return too_short(part, claim, 1)
    risen = {name: rises(values) for name, values in errors.items()}
    measured = "; ".join(f"{name}: {_risen(r)}" for name, r in risen.items())
    found = all_of(*(verdict(rate(r), above=MOST) for r in risen.values()))
    return Claim(part, claim, measured, found)


def rises(errors: np.ndarray) -> np.ndarray:
    """Whether each seed's error rises from one epoch to the next, (S,)."""
    return (np.diff(errors) > 0).any(1)


def _risen(risen: np.ndarray) -> str:
    e = rate(risen)
    seeds = count(len(risen), "semilla", "semillas")
    share = f"{percent(e.mean, 0)} {between(e.low, e.high, 0)}"
    return f"sube alguna vez en {risen.sum()} de {seeds}, {share}"


def _slope(errors: np.ndarray) -> np.ndarray:
    """Mean change of the error by epoch in the last ones, (S,)."""
    steps = min(TAIL, errors.shape[1] - 1)
    return (errors[:, -1] - errors[:, -1 - steps]) / steps
