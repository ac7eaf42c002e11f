"""What a higher cost of errors on footwear gains there and loses elsewhere."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from helpers.download.catalog import FOOTWEAR
from helpers.uncertainty import Estimate, over_seeds
from informe.experiments.answers import (
    EQUIVALENT,
    bonferroni,
    change,
    gap,
    trending,
)
from informe.experiments.decision import Outcome
from informe.figures.marks import mark
from informe.numbers import THIN, percent
from informe.statistics import verdict

EQUAL = "1"  # label of the weight that treats all errors alike
TASK = "2"  # of the one that the assignment asks for


@dataclass(frozen=True)
class Part:
    """The outcome of a decision on some of the images."""

    labels: np.ndarray  # (N,) true classes
    predictions: dict[str, np.ndarray]  # by label of a choice, (S, N)

    @property
    def accuracies(self) -> dict[str, np.ndarray]:
        """Share of these images classified correctly, by label; one per seed, (S,)."""
        return {k: (p == self.labels).mean(1) for k, p in self.predictions.items()}


def parts(outcome: Outcome) -> dict[str, Part]:
    """The outcome on footwear, on the other clothes and on all images."""
    shoes = np.isin(outcome.labels, FOOTWEAR)
    rows = {"calzado": shoes, "demás prendas": ~shoes, "todas": shoes | ~shoes}
    return {
        name: Part(
            outcome.labels[some],
            {label: p[:, some] for label, p in outcome.predictions.items()},
        )
        for name, some in rows.items()
    }


def plot_footwear(outcome: Outcome) -> Axes:
    """Draw the recall of footwear, of the others and of all, against the weight.

    A thin line is a seed; points are means, with Student's interval.
    """
    _, axes = plt.subplots(1, 3, figsize=(6.3, 1.2))
    for color, (ax, (name, part)) in enumerate(
        zip(axes, parts(outcome).items(), strict=True)
    ):
        values = np.stack(list(part.accuracies.values()))  # (weights, S)
        places = np.arange(len(values))
        ax.plot(places, values, color="0.6", linewidth=0.6)
        for x, label in enumerate(part.accuracies):
            for run, y in zip(outcome.runs[label], values[x], strict=True):
                text = f"{name}, costo {label}, semilla {run.seed}: {percent(y)}"
                mark(ax, x, y, text, seed=run.seed, key=run.key)
        means = [over_seeds(v) for v in values]
        half = np.nan_to_num([e.high - e.mean for e in means])
        style = {"fmt": "o", "color": f"C{color}", "capsize": 3}
        ax.errorbar(places, [e.mean for e in means], half, **style)
        ax.set_xticks(places, part.accuracies)
        ax.set_xlim(-0.4, len(values) - 0.6)
        ax.set_title(name)
        ax.tick_params(labelsize=7)
        ax.grid(axis="y")
    axes[0].set_ylabel("exhaustividad")
    axes[1].set_xlabel("costo de un error en el calzado")
    return axes[0]


def changes(outcome: Outcome) -> dict[str, dict[str, Estimate]]:
    """What each weight changes against equal weights, by part and by weight.

    Seeds are paired or, if there is only one, images. The intervals of the weights hold
    together at 95 % in each part (Bonferroni).
    """
    higher = [label for label in outcome.accuracies if label != EQUAL]
    level = bonferroni(max(1, len(higher)))
    return {
        name: {label: gap(part, label, EQUAL, level) for label in higher}
        for name, part in parts(outcome).items()
    }


def answer(outcome: Outcome) -> str:
    """What each weight gains over equal weights, and whether the one asked for pays."""
    shoes, others, every = changes(outcome).values()
    lines = [f"**{outcome.decision.question}** {_inside(outcome)}"]
    lines += [
        f"Con peso {label} en vez de {EQUAL}, la exhaustividad del calzado cambia"
        f" {_told(shoes[label])}; la de las demás prendas, {_told(others[label])}; la"
        f" exactitud, {_told(every[label])}."
        for label in shoes
    ]
    lines += [_brackets(outcome)] if shoes else []
    recall = np.stack(list(parts(outcome)["calzado"].accuracies.values()), axis=1)
    rising = trending(recall, "La exhaustividad del calzado")
    lines += [f"{rising}."] if rising else []
    asked = outcome.decision.reference
    if asked in shoes:
        pays = _verdict(shoes[asked], others[asked])
        said = "que pide la consigna" if asked == TASK else "pedido"
        lines.append(f"El costo {said}, {asked}, {pays}.")
    return " ".join(lines)


def _told(e: Estimate) -> str:
    """A change and, where it is so, that it does not matter."""
    equal = verdict(e.low, e.high) == "equal"
    return f"{change(e)}{', que equivale' if equal else ''}"


def _brackets(outcome: Outcome) -> str:
    """What the intervals are, and what counts as equivalent."""
    weights = len(outcome.accuracies) - 1
    family = f", simultáneos para {weights} pesos (Bonferroni)" if weights > 1 else ""
    n = len(outcome.accuracies[EQUAL])
    pairs = "entre imágenes de una sola semilla" if n == 1 else "de semillas pareadas"
    return (
        f"Entre corchetes, intervalos del 95{THIN}%{family}, {pairs};"
        f" equivale lo que cabe entero en {EQUIVALENT}."
    )


def _verdict(bought: Estimate, paid: Estimate) -> str:
    """What the weight does to footwear and to the others."""
    found = verdict(bought.low, bought.high)
    pays = verdict(paid.low, paid.high) == "less"
    if found == "less":
        return "perjudica al propio calzado"
    if found == "more" and pays:
        return "compra exhaustividad en el calzado y la paga en las demás prendas"
    if found == "more":
        return "compra exhaustividad en el calzado sin un precio que se distinga"
    if pays:
        return "no compra en el calzado nada que se distinga, y las demás lo pagan"
    if found == "equal":
        return f"equivale en el calzado a no ponderar ({EQUIVALENT})"
    return (
        "no cambia la exhaustividad del calzado de modo que se distinga, ni se puede"
        " decir que equivalga"
    )


def within_footwear(outcome: Outcome) -> float | None:
    """Share of the errors on footwear that are for other footwear; None without any."""
    shoes = np.isin(outcome.labels, FOOTWEAR)
    predicted = outcome.predictions[EQUAL][:, shoes]
    wrong = predicted != outcome.labels[shoes]
    return float(np.isin(predicted[wrong], FOOTWEAR).mean()) if wrong.any() else None


def to_other_footwear(outcome: Outcome) -> str:
    """State that errors on footwear are for what costs the same; nothing if none is."""
    inside = within_footwear(outcome)
    if not inside:
        return ""
    return (
        f"El {percent(inside)} de los errores en el calzado lo toman por otro calzado,"
        " que cuesta lo mismo"
    )


def price(weight: str) -> str:
    """What an error on footwear costs, by the label of a weight."""
    return "el doble" if weight == TASK else f"{weight} veces lo que otro"


def _inside(outcome: Outcome) -> str:
    """State how many errors on footwear are for other footwear, of equal weight."""
    inside = within_footwear(outcome)
    if inside is None:
        return "Con pesos iguales no hay errores en el calzado."
    if inside == 0:
        return "Con pesos iguales, ningún error en el calzado lo toma por otro calzado."
    most = "en la mayoría" if inside > 0.5 else "solo en esos"
    return (
        f"Con pesos iguales, el {percent(inside)} de los errores en el calzado lo toman"
        f" por otro calzado, que pesa lo mismo: {most} el costo decide poco."
    )
