"""What the original report claims, what was measured, and a verdict by stated rules.

A claim says that a quantity lies in a region. It holds if the quantity's interval over
seeds lies inside the region, and fails if it lies outside. If the interval crosses the
edge, or a single seed gives no interval, the verdict is open.
"""

from dataclasses import dataclass

import numpy as np

from helpers import numbers
from helpers.datasets import FOOTWEAR, Dataset
from helpers.evaluation import recall
from helpers.numbers import listing, points
from helpers.runs import Run
from helpers.uncertainty import Estimate, difference, over_seeds
from informe.experiments.answers import COLLAPSED, NOTHING
from informe.report import original, results

HOLDS = "se sostiene"
FAILS = "no se sostiene"
UNKNOWN = "no se puede decir con esta n"

SAME = 0.01  # a change of accuracy or error below a point counts as none
TIMES = 2.0  # times that differ by less than this factor are similar
SIZE = 0.05  # sizes that differ by less than this share count as equal


@dataclass(frozen=True)
class Claim:
    """A row of the table of claims."""

    claim: str
    measured: str
    verdict: str


def verdict(e: Estimate, above: float = -np.inf, below: float = np.inf) -> str:
    """Whether an estimate lies between `above` and `below`, by its interval."""
    if np.isnan(e.low):
        return UNKNOWN
    if e.low > above and e.high < below:
        return HOLDS
    return FAILS if e.high < above or e.low > below else UNKNOWN


def enough_epochs(asked: int, then, last) -> Claim:
    """Claim: more epochs give under half a point; accuracies (S,) `then` and `last`."""
    e = over_seeds(np.asarray(last) - np.asarray(then))
    measured = f"las épocas siguientes cambian la exactitud {_points(e)}"
    return Claim(f"Bastan {asked} épocas", measured, verdict(e, below=NOTHING))


def collapses(output: str, shares) -> Claim:
    """Claim: one label gets nearly all images; `shares` (S,) are that label's."""
    e = over_seeds(shares)
    measured = f"la etiqueta más frecuente se lleva {_share(e)} de las imágenes"
    claim = f"Con {output} en la salida, todo recibe la misma etiqueta"
    return Claim(claim, measured, verdict(e, above=COLLAPSED))


def best(claim: str, recalls: np.ndarray, group, classes) -> Claim:
    """Claim: the classes of `group` have the highest recall; recalls are (S, K)."""
    inside, outside = _apart(recalls, group)
    e = over_seeds(inside.min(1) - outside.max(1))
    return Claim(claim, _classes(e, recalls, classes, -1, group), verdict(e, above=0))


def hardest(claim: str, recalls: np.ndarray, group, classes) -> Claim:
    """Claim: the classes of `group` have the lowest recall; recalls are (S, K)."""
    inside, outside = _apart(recalls, group)
    e = over_seeds(outside.min(1) - inside.max(1))
    return Claim(claim, _classes(e, recalls, classes, 1, group), verdict(e, above=0))


def constant_error(network: str, first, last) -> Claim:
    """Claim: the error changes by less than a point between two epochs, (S,) each."""
    e = over_seeds(np.asarray(last) - np.asarray(first))
    measured = f"de la primera época a la última cambia {_points(e)}"
    claim = f"El error de {network} es casi constante"
    return Claim(claim, measured, verdict(e, -SAME, SAME))


def more_accurate(lenet, dense) -> Claim:
    """Claim: LeNet-5 is more accurate; accuracies (S,) of each network."""
    e = difference(lenet, dense)
    measured = f"su exactitud menos la de la densa: {_points(e)}"
    return Claim("LeNet-5 acierta más", measured, verdict(e, above=0))


def similar_time(lenet, dense) -> Claim:
    """Claim: neither network takes twice as long as the other; seconds (S,) of each."""
    e, edge = difference(np.log2(lenet), np.log2(dense)), np.log2(TIMES)
    ratio, low, high = (f"{2**x:.2f}" for x in (e.mean, e.low, e.high))
    interval = "" if np.isnan(e.low) else f" [{low}, {high}]"
    measured = f"LeNet-5 tarda {ratio}{interval} veces lo que la densa"
    return Claim("Los tiempos son parecidos", measured, verdict(e, -edge, edge))


def sizes(measured: dict[str, int], said: dict[str, int]) -> Claim:
    """Claim: files have the sizes `said`, in bytes; chance plays no part in them."""
    near = all(_near(measured[k], said[k]) for k in said)
    claim, found = (
        " frente a ".join(numbers.size(sizes[k]) for k in said)
        for sizes in (said, measured)
    )
    return Claim(f"Los pesos ocupan {claim}", found, HOLDS if near else FAILS)


def _near(measured: int, said: int) -> bool:
    """Whether a size is the one said, in decimal units or in binary ones."""
    binary = said * (1.024 if said < 10**6 else 1.024**2)
    return any(abs(measured / size - 1) < SIZE for size in (said, binary))


def configuration(lenet, dense, parameters: tuple[int, int]) -> Claim:
    """Claim: LeNet-5 is more accurate with fewer parameters; `parameters` of each."""
    accuracy = more_accurate(lenet, dense)
    few, many = parameters
    measured = (
        f"{accuracy.measured}, con {numbers.integer(few)} parámetros frente a"
        f" {numbers.integer(many)}"
    )
    claim = "La configuración importa más que el número de parámetros"
    return Claim(claim, measured, accuracy.verdict if few < many else FAILS)


def fashion_mnist(recalls: np.ndarray, classes) -> Claim:
    """The claim about the second part, given its recalls (S, 10)."""
    claim = "El calzado, el bolso, el vestido y el pantalón se reconocen mejor"
    return best(claim, recalls, (*FOOTWEAR, 1, 3, 8), classes)


def cifar10(runs: dict[str, list[Run]], data: Dataset) -> list[Claim]:
    """The claims about the third part, given its two networks' runs."""
    dense, lenet = runs["densa"], runs["LeNet-5"]
    recalls = {k: results.per_seed(recall, v) for k, v in runs.items()}
    errors = [[run.history.test_error.iloc[i] for run in dense] for i in (0, -1)]
    accuracy = [results.accuracies(seeds) for seeds in (lenet, dense)]
    seconds = [[run.seconds for run in seeds] for seeds in (lenet, dense)]
    return [
        constant_error("la red densa", *errors),
        *(
            best(
                f"La red {name} reconoce mejor rana, caballo, barco y avión",
                recalls[name],
                (6, 7, 8, 0),
                data.classes,
            )
            for name in recalls
        ),
        more_accurate(*accuracy),
        similar_time(*seconds),
        hardest(
            "El pájaro es lo más difícil para LeNet-5",
            recalls["LeNet-5"],
            (2,),
            data.classes,
        ),
        sizes({"dense": dense[0].bytes, "lenet5": lenet[0].bytes}, original.BYTES),
        configuration(*accuracy, (lenet[0].parameters, dense[0].parameters)),
    ]


def mnist(recalls: np.ndarray, classes, outcomes: dict) -> list[Claim]:
    """The claims about the first part, given its recalls (S, 10) and outcomes.

    `outcomes` are those of `informe.experiments.run`; "epochs" and "output" are used.
    """
    epochs, output = outcomes["epochs"], outcomes["output"]
    asked, last = epochs.decision.reference, str(len(epochs.accuracies))
    shares = {k: output.most_predicted(k) for k in ("sigmoide", "tanh")}
    return [
        enough_epochs(int(asked), epochs.accuracies[asked], epochs.accuracies[last]),
        *(collapses(name, values) for name, values in shares.items()),
        hardest("El 2 y el 8 son los más difíciles", recalls, (2, 8), classes),
    ]


def rules() -> str:
    """The rules, as the report states them."""
    return (
        "Los veredictos salen de reglas fijas. Cada afirmación dice dónde cae una"
        " cantidad: si su intervalo del 95 % entre semillas cae entero ahí,"
        f" *{HOLDS}*; si cae entero fuera, *{FAILS}*; si toca el límite, o si una sola"
        f" semilla no da intervalo, *{UNKNOWN}*. Las clases mejores (o peores) de una"
        " afirmación han de quedar todas por encima (o por debajo) de todas las demás"
        " en exhaustividad. Un cambio es nulo si no llega a"
        f" {points(SAME, digits=0)} punto porcentual; unas épocas bastan si las demás"
        f" dan menos de {points(NOTHING)} puntos; hay una sola etiqueta si se lleva"
        f" más del {numbers.percent(COLLAPSED, 0)} de las imágenes; dos tiempos se"
        f" parecen si ninguno es más de {TIMES:g} veces el otro; dos tamaños, si"
        f" difieren en menos del {numbers.percent(SIZE, 0)} en unidades decimales o"
        " binarias (para muchos sistemas, 1 MB son 1024 kB), y en ellos no hay azar."
        " Los intervalos no se corrigen por ser varias las afirmaciones."
    )


def _apart(recalls: np.ndarray, group) -> tuple[np.ndarray, np.ndarray]:
    """Recalls of the group and of the rest; a NaN in them leaves the verdict open."""
    inside = np.isin(np.arange(recalls.shape[1]), list(group))
    return recalls[:, inside], recalls[:, ~inside]


def _classes(e: Estimate, recalls, classes, sign: int, group) -> str:
    """Which classes are the extremes, and by how much the group leads the rest."""
    order = np.argsort(sign * recalls.mean(0), kind="stable")[: len(group)]
    word = "peores" if sign > 0 else "mejores"
    if len(order) == 1:
        word = word.removesuffix("es")
    names = listing(classes[i] for i in order)
    return f"{word} en promedio: {names}; ventaja de lo afirmado: {_points(e)}"


def _points(e: Estimate) -> str:
    text = f"{points(e.mean, '+')} puntos"
    if np.isnan(e.low):
        return f"{text} (sin intervalo)"
    return f"{text} [{points(e.low)}, {points(e.high)}]"


def _share(e: Estimate) -> str:
    if np.isnan(e.low):
        return f"{numbers.share(e.mean)} (sin intervalo)"
    return f"{numbers.share(e.mean)} {numbers.interval(e)}"
