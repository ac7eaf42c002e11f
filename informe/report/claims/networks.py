"""Claims on whole networks: accuracy, what it takes, and two networks side by side."""

import numpy as np

from helpers.uncertainty import difference, over_seeds
from informe import numbers
from informe.experiments.answers import COLLAPSED
from informe.numbers import percent
from informe.report.claims.rules import (
    FAILS,
    FAR,
    HOLDS,
    UNKNOWN,
    Claim,
    all_of,
    in_points,
    in_shares,
    verdict,
)

POOR = 0.9  # accuracy below which a network for MNIST is a poor one
COMPETITIVE = 0.94  # accuracy on CIFAR-10 of a good network, Jordan (2024)
TIMES = 2.0  # ratios that differ by less than this factor are alike
SIZE = 0.05  # sizes that differ by less than this share count as equal


def all_poor(part: str, claim: str, accuracies: dict[str, np.ndarray]) -> Claim:
    """Claim: whatever the choice, accuracy is poor; (S,) for each."""
    found = {name: over_seeds(values) for name, values in accuracies.items()}
    measured = "; ".join(f"{name}, {in_shares(e)}" for name, e in found.items())
    verdicts = [verdict(e, below=POOR) for e in found.values()]
    return Claim(part, claim, f"exactitud: {measured}", all_of(*verdicts))


def collapses(part: str, output: str, shares) -> Claim:
    """Claim: one label gets nearly all images; `shares` (S,) are that label's."""
    e = over_seeds(shares)
    measured = f"la etiqueta más frecuente se lleva el {in_shares(e)} de las imágenes"
    claim = f"Con {output} en la salida, la red tiende a dar a todo la misma etiqueta"
    return Claim(part, claim, measured, verdict(e, above=COLLAPSED))


def beats_chance(part: str, claim: str, accuracy, chance: float) -> Claim:
    """Claim: the accuracy (S,) is far above that of chance."""
    e = over_seeds(np.asarray(accuracy) - chance)
    measured = f"su exactitud menos la del azar: {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, above=FAR))


def far_from_competitive(part: str, claim: str, accuracy) -> Claim:
    """Claim: the accuracy (S,) is far below that of a good network."""
    e = over_seeds(np.asarray(accuracy) - COMPETITIVE)
    measured = f"su exactitud menos {percent(COMPETITIVE, 0)}: {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, below=-FAR))


def more_accurate(part: str, claim: str, lenet, dense) -> Claim:
    """Claim: LeNet-5 is more accurate; accuracies (S,) of each network."""
    e = difference(lenet, dense)
    measured = f"su exactitud menos la de la densa: {in_points(e)}"
    return Claim(part, claim, measured, verdict(e, above=0))


def composition(part: str, claim: str, lenet, dense, parameters) -> Claim:
    """Claim: LeNet-5 is more accurate with fewer parameters; `parameters` of each."""
    accuracy = more_accurate(part, claim, lenet, dense)
    few, many = parameters
    measured = (
        f"{accuracy.measured}, con {numbers.integer(few)} parámetros frente a"
        f" {numbers.integer(many)}"
    )
    return Claim(part, claim, measured, accuracy.verdict if few < many else FAILS)


def better_matrix(part: str, claim: str, lenet, dense, classes) -> Claim:
    """Claim: most classes have a higher recall with LeNet-5; recalls (S, K) of each."""
    gaps = [difference(a, b) for a, b in zip(lenet.T, dense.T, strict=True)]
    found = [verdict(e, above=0) for e in gaps]
    won, lost = found.count(HOLDS), found.count(FAILS)
    ahead = [k for k, e in zip(classes, gaps, strict=True) if e.mean > 0]
    measured = (
        f"más exhaustividad en {len(ahead)} de {len(classes)} clases; por su intervalo,"
        f" más en {won} y menos en {lost}"
    )
    half = len(classes) // 2
    if won > half:
        return Claim(part, claim, measured, HOLDS)
    return Claim(part, claim, measured, FAILS if lost >= half else UNKNOWN)


def epoch_times(part: str, seconds, epochs, said: dict, said_epochs: dict) -> Claim:
    """Claim: the dense network's epoch takes so many times LeNet-5's.

    `seconds` (S,) and `epochs` are those of the dense network and of LeNet-5; what the
    original says is by network.
    """
    whole = said["dense"] / said["lenet5"]
    by_epoch = whole * said_epochs["lenet5"] / said_epochs["dense"]
    e = difference(*(np.log2(s) for s in seconds))
    scale = epochs[1] / epochs[0]
    measured = f"por época, {_ratio(e, scale)} veces; en total, {_ratio(e)} veces"
    claim = (
        f"Una época de la densa tarda {by_epoch:.1f} veces lo que una de LeNet-5; en"
        f" total, {said_epochs['dense']} épocas frente a {said_epochs['lenet5']},"
        f" {whole:.2f} veces"
    )
    edge, centre = np.log2(TIMES), np.log2(by_epoch / scale)
    return Claim(part, claim, measured, verdict(e, centre - edge, centre + edge))


def far_better_in_similar_time(part: str, claim: str, accuracy, seconds) -> Claim:
    """Claim: LeNet-5 is far more accurate and takes less than twice the time.

    `accuracy` and `seconds` are pairs: LeNet-5's (S,) and the dense network's.
    """
    gain, time = difference(*accuracy), difference(*(np.log2(s) for s in seconds))
    measured = (
        f"LeNet-5 tarda {_ratio(time)} veces lo que la densa; su exactitud menos la de"
        f" la densa: {in_points(gain)}"
    )
    found = verdict(gain, above=FAR), verdict(time, below=np.log2(TIMES))
    return Claim(part, claim, measured, all_of(*found))


def sizes(part: str, measured: dict[str, int], said: dict[str, int]) -> Claim:
    """Claim: files have the sizes `said`, in bytes; chance plays no part in them."""
    near = all(_near(measured[k], said[k]) for k in said)
    claim, found = (
        " frente a ".join(numbers.size(sizes[k]) for k in said)
        for sizes in (said, measured)
    )
    claim = f"Los pesos ocupan {claim}"
    return Claim(part, claim, found, HOLDS if near else FAILS)


def _near(measured: int, said: int) -> bool:
    """Whether a size is the one said, in decimal units or in binary ones."""
    binary = said * (1.024 if said < 10**6 else 1.024**2)
    return any(abs(measured / size - 1) < SIZE for size in (said, binary))


def _ratio(e, scale: float = 1) -> str:
    """A ratio from the estimate of its binary logarithm, times `scale`."""
    ratio = numbers.ratio(scale * 2**e.mean)
    if np.isnan(e.low):
        return ratio
    low, high = (numbers.ratio(scale * 2**x) for x in (e.low, e.high))
    return f"{ratio} [{low}, {high}]"
