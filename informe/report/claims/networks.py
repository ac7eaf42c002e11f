"""Claims on whole networks: accuracy, what it takes, and two networks side by side."""

from dataclasses import replace

import numpy as np

from helpers.uncertainty import Estimate, difference, over_seeds
from informe import numbers
from informe.experiments.answers import COLLAPSED
from informe.numbers import NBSP
from informe.report.claims.rules import (
    FAILS,
    FAR,
    HOLDS,
    UNMEASURED,
    Claim,
    all_of,
    in_points,
    in_shares,
    of_recipes,
    verdict,
)
from informe.report.results import Measured, classes_ahead, gap
from informe.statistics import crossed_mean

POOR = 0.9  # accuracy below which a network for MNIST is a poor one
COMPETITIVE = 0.94  # accuracy on CIFAR-10 of a good network, Jordan (2024)
TIMES = 2.0  # ratios that differ by less than this factor are alike
SIZE = 0.1  # sizes that differ by less than this share count as equal: the original's
# are rounded, and do not say whether their units are decimal or binary (5 % for MB)


def all_poor(part: str, claim: str, accuracies: dict[str, np.ndarray]) -> Claim:
    """Claim: whatever the choice, accuracy is poor; (S,) for each, 0 if it diverged."""
    found = {name: over_seeds(v) if len(v) else None for name, v in accuracies.items()}
    told = (f"{k}, {in_shares(e) if e else 'diverge'}" for k, e in found.items())
    measured = "; ".join(told)
    verdicts = [verdict(e, below=POOR) for e in found.values() if e]
    return Claim(part, claim, measured, all_of(*verdicts))


def collapses(part: str, output: str, shares) -> Claim:
    """Claim: one label gets nearly all images; `shares` (S,) are that label's."""
    claim = f"Con {output} en la salida, la red tiende a dar a todo la misma etiqueta"
    if not len(shares):
        return Claim(part, claim, "diverge", UNMEASURED)
    e = over_seeds(shares)
    measured = f"la etiqueta más frecuente se lleva el {in_shares(e)}"
    return Claim(part, claim, measured, verdict(e, above=COLLAPSED))


def beats_chance(part: str, claim: str, right: np.ndarray, chance: float) -> Claim:
    """Claim: the accuracy of `right` (S, N) is far above that of chance."""
    e = _accuracy(right)
    return Claim(part, claim, in_shares(e), of_recipes(e, above=chance + FAR))


def far_from_competitive(part: str, claim: str, right: np.ndarray) -> Claim:
    """Claim: the accuracy of `right` (S, N) is far below that of a good network."""
    e = _accuracy(right)
    return Claim(part, claim, in_shares(e), of_recipes(e, below=COMPETITIVE - FAR))


def _accuracy(right: np.ndarray) -> Estimate:
    """Accuracy over seeds and images, and the number of seeds."""
    return replace(crossed_mean(right), n=len(right))


def more_accurate(part: str, claim: str, lenet: Measured, dense: Measured) -> Claim:
    """Claim: LeNet-5 is more accurate."""
    e = gap(lenet, dense)
    return Claim(part, claim, f"exactitud, {in_points(e)}", of_recipes(e, above=0))


def composition(part: str, claim: str, lenet: Measured, dense: Measured) -> Claim:
    """Claim: LeNet-5 is more accurate with fewer parameters."""
    few, many = lenet.parameters, dense.parameters
    sizes = f"{numbers.integer(few)} parámetros frente a {numbers.integer(many)}"
    more = more_accurate(part, claim, lenet, dense)
    found = more.verdict if few < many else UNMEASURED
    return Claim(part, claim, f"{more.measured}, con {sizes}", found)


def better_matrix(part: str, claim: str, lenet: Measured, dense: Measured) -> Claim:
    """Claim: most classes have a higher recall with LeNet-5."""
    e = classes_ahead(lenet, dense)
    low, high = (numbers.integer(int(x)) for x in (e.low, e.high))
    measured = f"más exhaustividad en {e.mean:g} de {lenet.classes} clases"
    most = lenet.classes // 2 + 0.5
    ends = f"{NBSP}[{low},{NBSP}{high}]"
    return Claim(part, claim, measured + ends, of_recipes(e, above=most))


def epoch_times(part: str, dense, lenet, said: dict, said_epochs: dict) -> Claim:
    """Claim: the dense network's epoch takes so many times LeNet-5's.

    Of each network, `seconds` (S,) and `epochs`; what the original says is by network.
    """
    whole = said["dense"] / said["lenet5"]
    by_epoch = whole * said_epochs["lenet5"] / said_epochs["dense"]
    e, scale = _slower(dense, lenet), lenet.epochs / dense.epochs
    measured = f"por época, {_ratio(e, scale)}; en total, {_ratio(e)}"
    claim = (
        f"Una época de la densa tarda {by_epoch:.1f} veces lo que una de LeNet-5; en"
        f" total, {said_epochs['dense']} épocas frente a {said_epochs['lenet5']},"
        f" {whole:.2f} veces"
    )
    edge, centre = np.log2(TIMES), np.log2(by_epoch / scale)
    return Claim(part, claim, measured, verdict(e, centre - edge, centre + edge))


def far_better_in_similar_time(
    part: str, claim: str, lenet: Measured, dense: Measured
) -> Claim:
    """Claim: LeNet-5 is far more accurate and takes less than twice the time."""
    e, time = gap(lenet, dense), _slower(lenet, dense)
    measured = f"exactitud, {in_points(e)}; razón de tiempos, {_ratio(time)}"
    found = of_recipes(e, above=FAR), verdict(time, below=np.log2(TIMES))
    return Claim(part, claim, measured, all_of(*found))


def _slower(a, b) -> Estimate:
    """Binary logarithm of the time that `a` takes, over that of `b`."""
    return difference(np.log2(a.seconds), np.log2(b.seconds))


def _ratio(e: Estimate, scale: float = 1) -> str:
    """A ratio from the estimate of its binary logarithm, times `scale`."""
    ratio = numbers.ratio(scale * 2**e.mean)
    if np.isnan(e.low):
        return ratio
    low, high = (numbers.ratio(scale * 2**x) for x in (e.low, e.high))
    return f"{ratio}{NBSP}[{low},{NBSP}{high}]"


def sizes(part: str, measured: dict[str, int], said: dict[str, int]) -> Claim:
    """Claim: files have the sizes `said`, in bytes; chance plays no part in them."""
    near = all(abs(measured[k] / said[k] - 1) < SIZE for k in said)
    claim, found = (
        " frente a ".join(numbers.size(sizes[k]) for k in said)
        for sizes in (said, measured)
    )
    claim = f"Los pesos ocupan {claim}"
    return Claim(part, claim, found, HOLDS if near else FAILS)
