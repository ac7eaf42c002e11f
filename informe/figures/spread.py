"""How much of the spread between seeds is only that the test images are so few."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.plotting import PERCENT, text_color
from informe.figures.seeds import Seeds, left_out
from informe.numbers import count, images, listing, percent, points
from informe.statistics import Spread, spread

PARTS = {"imágenes de prueba": "C5", "redes": "C0"}
ROOM = 0.08  # of the bar: a narrower part has no room for its per cent


def spreads(recipes: dict[str, Seeds]) -> dict[str, Spread | None]:
    """The spread of each recipe's seeds; None where fewer than two lose no class."""
    kept = {name: _whole(seeds) for name, seeds in recipes.items()}
    return {
        name: spread(right) if len(right) > 1 else None for name, right in kept.items()
    }


def _whole(seeds: Seeds) -> np.ndarray:
    """What the seeds that lose no class get right, (S, N)."""
    return seeds.right[[not missing for missing in seeds.lost]]


def plot_spread(recipes: dict[str, Seeds], *, ax: Axes | None = None) -> Axes:
    """Draw the variance between seeds as a bar of two parts: test images, networks.

    The observed standard deviation stands at the end of the bar. Seeds that lose a
    class are left out.
    """
    ax = ax or plt.subplots(figsize=(6.3, 0.65 + 0.24 * len(recipes)))[1]
    for row, one in enumerate(spreads(recipes).values()):
        if one is None or np.isnan(one.share):
            ax.text(0, row, " sin dispersión que repartir", va="center", fontsize=8)
            continue
        share = min(one.share, 1.0)
        parts = zip((0, share), (share, 1), PARTS.values(), strict=True)
        for left, end, color in parts:
            ax.barh(row, end - left, left=left, height=0.66, color=color)
            if end - left >= ROOM:
                text, style = percent(end - left), {"ha": "center", "va": "center"}
                style |= {"fontsize": 7.5, "color": text_color(color)}
                ax.text((left + end) / 2, row, text, **style)
        observed = f"± {points(one.observed, digits=2)} puntos"
        ax.text(1.01, row, observed, va="center", fontsize=8)
    ax.set_yticks(range(len(recipes)), recipes)
    ax.set(xlim=(0, 1.2), ylim=(len(recipes) - 0.5, -0.5))
    ax.set_xlabel("de la varianza entre semillas", x=0.42)
    ax.set_xticks(np.linspace(0, 1, 5))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.spines["bottom"].set_bounds(0, 1)
    squares = [Rectangle((0, 0), 1, 1, color=color) for color in PARTS.values()]
    where = {"loc": "lower center", "bbox_to_anchor": (0.42, 0.97)}
    ax.legend(squares, PARTS, ncols=2, **where)
    return ax


def sentence(recipes: dict[str, Seeds]) -> str:
    """What part of each network's spread would vanish with endless test images."""
    found = spreads(recipes)
    cases = [
        f"el {percent(min(one.share, 1))} en la red {name} (de"
        f" {points(one.observed, digits=2)} a {points(one.seeds, digits=2)} puntos)"
        for name, one in found.items()
        if one is not None and one.observed
    ]
    sizes = {seeds.right.shape[1] for seeds in recipes.values()}
    few = images(*sizes) if len(sizes) == 1 else "tan pocas imágenes"
    text = (
        f"Que solo haya {few} de prueba explica, de la varianza entre semillas,"
        f" {listing(cases)}: entre paréntesis, la desviación estándar de la exactitud y"
        " la que tendrían las mismas redes con infinitas imágenes."
    )
    notes = [_note(name, one, recipes[name]) for name, one in found.items()]
    return "".join([text if cases else "", *notes]).strip()


def _note(name: str, one: Spread | None, seeds: Seeds) -> str:
    """What there is to say besides: seeds left out, or no spread to split."""
    kept = _whole(seeds)
    apart = left_out(len(seeds.lost) - len(kept), name)
    if one is None:
        some = "ninguna semilla"
        if len(kept):
            some = count(len(kept), "semilla", "semillas")
        return f" Con {some} de la red {name} no hay dispersión que repartir.{apart}"
    if not one.observed:
        return f" Las {len(kept)} semillas de la red {name} aciertan lo mismo.{apart}"
    return apart
