"""Accuracy of trained networks on test images that are rotated, moved, noisy, ..."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from helpers.datasets import Dataset, Split
from helpers.plotting import PERCENT
from helpers.runs import Run
from helpers.training import one_thread, predict
from helpers.uncertainty import Estimate, difference
from informe.figures.marks import mark
from informe.figures.seeds import left_out, lost
from informe.numbers import THIN, between, count, images, listing, percent, points
from informe.statistics import crossed_mean

IMAGES, FEWER = 1000, 400  # test images; FEWER if a network has LARGE many parameters
LARGE = 5_000_000
SEEDS = 5  # at most, of each network
PX = "{0}" + THIN + "px"
PAD = 8  # pixels around the image, to rotate and to move it


def _framed(images: Tensor) -> Tensor:
    """Images with a frame: the black ground of grey ones, the mirrored photograph."""
    mode = "constant" if images.shape[1] == 1 else "reflect"
    return _functional().pad(images, [PAD] * 4, padding_mode=mode)


def rotate(images: Tensor, degrees: float) -> Tensor:
    """Turn every other image to the left and the rest to the right."""
    f, framed = _functional(), _framed(images)
    sides = [
        f.rotate(framed[half::2], sign * degrees, f.InterpolationMode.BILINEAR)
        for half, sign in enumerate((1, -1))
    ]
    return f.center_crop(_alternate(sides), list(images.shape[2:]))


def move(images: Tensor, pixels: int) -> Tensor:
    """Move the images right, down, left or up, in turns."""
    f, framed = _functional(), _framed(images)
    size = images.shape[2:]
    ways = ((0, 1), (1, 0), (0, -1), (-1, 0))
    moved = [
        f.crop(framed[i::4], PAD - down * pixels, PAD - right * pixels, *size)
        for i, (down, right) in enumerate(ways)
    ]
    return _alternate(moved)


def add_noise(images: Tensor, deviation: float) -> Tensor:
    """Add normal noise, of a standard deviation in [0, 1], the same whatever it is."""
    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images + 255 * deviation * drawn).round().clamp(0, 255).to(torch.uint8)


def blur(images: Tensor, deviation: float) -> Tensor:
    """Blur with a Gaussian of a standard deviation in pixels."""
    return _functional().gaussian_blur(images, 2 * round(3 * deviation) + 1, deviation)


def fade(images: Tensor, contrast: float) -> Tensor:
    """Leave so much of the contrast around an image's mean."""
    return _functional().adjust_contrast(images, contrast)


def _alternate(parts: list[Tensor]) -> Tensor:
    """Put images back in turns: the first of each part, the second of each, ..."""
    whole = torch.empty(sum(map(len, parts)), *parts[0].shape[1:], dtype=torch.uint8)
    for i, part in enumerate(parts):
        whole[i :: len(parts)] = part
    return whole


def _functional():
    """torchvision's transforms; they take seconds to import."""
    from helpers.download._torchvision import torchvision

    return import_module(f"{torchvision.__name__}.transforms.v2.functional")


@dataclass(frozen=True)
class Distortion:
    """What is done to the images, at several strengths, the weakest first."""

    name: str  # a panel's title
    unit: str  # of its axis
    strengths: tuple[float, ...]
    none: float  # the strength that changes nothing
    apply: Callable[[Tensor, float], Tensor]
    told: str  # with the strength, in a sentence

    def tell(self, strength: float) -> str:
        """Say it with its strength: la rotación de 30°."""
        return self.told.format(f"{strength:g}", round(100 * strength))


DISTORTIONS = (
    Distortion("rotación", "grados", (10, 20, 30), 0, rotate, "la rotación de {0}°"),
    Distortion("traslación", "píxeles", (1, 2, 4), 0, move, f"la traslación de {PX}"),
    Distortion(
        "ruido", "desviación", (0.1, 0.2, 0.3), 0, add_noise, "el ruido de {0}"
    ),
    Distortion("desenfoque", "píxeles", (0.5, 1, 2), 0, blur, f"el desenfoque de {PX}"),
    Distortion(
        "contraste", "del original", (0.7, 0.4, 0.2), 1, fade,
        "el contraste reducido al {1}" + THIN + "%",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Shifted:
    """Which of the same images each network gets right, undistorted and distorted."""

    clean: dict[str, np.ndarray]  # (S, N) bool, by network
    right: dict[str, dict[str, np.ndarray]]  # (L, S, N), by network and distortion
    note: str = ""  # which seeds are left out

    def drops(self, name: str, d: Distortion) -> np.ndarray:
        """How much accuracy each strength costs each seed, (L, S)."""
        return self.clean[name].mean(1) - self.right[name][d.name].mean(2)


def even(split: Split, n: int) -> Split:
    """The first images of each class, equally many, `n` at most, in their order."""
    classes = torch.unique(split.labels)
    each = min(n // len(classes), int(torch.bincount(split.labels)[classes].min()))
    firsts = [(split.labels == k).nonzero()[:each, 0] for k in classes]
    rows = torch.cat(firsts).sort().values
    return Split(split.images[rows], split.labels[rows])


def shift(runs: dict[str, list[Run]], data: Dataset) -> Shifted:
    """Distort test images of `data` and classify them with each network's seeds.

    Takes the first SEEDS that lose no class; if all do, the first that there are. The
    first images of each class stand for all of `data.test`.
    """
    large = any(seeds[0].parameters >= LARGE for seeds in runs.values())
    some = even(data.test, FEWER if large else IMAGES)
    changed = [d.apply(some.images, s) for d in DISTORTIONS for s in d.strengths]
    labels = some.labels.numpy()
    clean, right = {}, {}
    with one_thread():
        for name, seeds in runs.items():
            models = [run.model() for run in (_whole(seeds) or seeds)[:SEEDS]]
            found = [
                [predict(model, images).argmax(1).numpy() == labels for model in models]
                for images in (some.images, *changed)
            ]
            clean[name], rest = np.array(found[0]), iter(found[1:])
            right[name] = {
                d.name: np.array([next(rest) for _ in d.strengths]) for d in DISTORTIONS
            }
    whole = {k: len(_whole(v)) for k, v in runs.items()}
    notes = (left_out(len(v) - whole[k], k) for k, v in runs.items() if whole[k])
    return Shifted(clean, right, "".join(notes))


def _whole(runs: list[Run]) -> list[Run]:
    return [run for run in runs if not lost(run)]


def plot_shift(shifted: Shifted) -> Axes:
    """Draw accuracy against the strength of each distortion, a panel for each.

    Bars are 95 % intervals over seeds and images.
    """
    figure, axes = plt.subplots(
        1, len(DISTORTIONS), figsize=(6.3, 1.65), sharey=True, layout="constrained"
    )
    for ax, d in zip(axes, DISTORTIONS, strict=True):
        for color, name in enumerate(shifted.clean):
            sets = [shifted.clean[name], *shifted.right[name][d.name]]
            _line(ax, [crossed_mean(one) for one in sets], color, name, _ticks(d))
        ax.set_xticks(range(len(d.strengths) + 1), _ticks(d), fontsize=7)
        ax.set_title(d.name, fontsize=8)
        ax.set_xlabel(d.unit, fontsize=7.5)
        ax.set_xlim(-0.4, len(d.strengths) + 0.4)
        ax.grid(axis="y")
    axes[0].set_ylabel("exactitud", fontsize=8)
    axes[0].yaxis.set_major_formatter(PERCENT)
    axes[0].tick_params(axis="y", labelsize=7)
    lines, names = axes[0].get_legend_handles_labels()
    figure.legend(lines, names, ncols=len(names), loc="outside upper center")
    return axes[0]


def _line(
    ax: Axes, estimates: list[Estimate], color: int, name: str, strengths: list[str]
) -> None:
    """Draw one network's accuracy, a little beside the others'."""
    x = np.arange(len(estimates)) + 0.12 * color
    mean, low, high = np.array([(e.mean, e.low, e.high) for e in estimates]).T
    ax.vlines(x, low, high, color=f"C{color}", linewidth=0.9)
    style = {"color": f"C{color}", "marker": "os^D"[color % 4], "markersize": 3}
    ax.plot(x, mean, label=name, linewidth=1, **style)
    for place, strength, e in zip(x, strengths, estimates, strict=True):
        range_ = f"[{percent(e.low)}, {percent(e.high)}]"
        text = f"{name}, {strength}: exactitud {percent(e.mean)} {range_}"
        mark(ax, place, e.mean, text, network=name)


def _ticks(d: Distortion) -> list[str]:
    values = [d.none, *d.strengths]
    if d.none == 1:
        return [f"{100 * v:.0f}{THIN}%" for v in values]
    return [f"{v:g}" for v in values]


def sentence(shifted: Shifted) -> str:
    """Which distortion costs each network most, and where two differ most."""
    shapes = [right.shape for right in shifted.clean.values()]
    seeds = count(max(s for s, _ in shapes), "semilla", "semillas")
    few = seeds if len({s for s, _ in shapes}) == 1 else f"hasta {seeds}"
    cases = [_dearest(shifted, name) for name in shifted.clean]
    text = (
        f"Con {images(shapes[0][1])} de prueba y {few} por red, esto es lo que más"
        f" cuesta: {'; '.join(cases)}."
    )
    if len(shifted.clean) == 2:
        text += f" {_apart(shifted)}"
    return text + shifted.note


def _dearest(shifted: Shifted, name: str) -> str:
    """The distortion, at its strongest, that costs a network most."""
    costs = [shifted.drops(name, d)[-1].mean() for d in DISTORTIONS]
    before, d = shifted.clean[name].mean(), DISTORTIONS[int(np.argmax(costs))]
    if max(costs) <= 0:
        return f"a la red {name}, nada, pues acierta al menos lo mismo con todas"
    return (
        f"a la red {name}, {d.tell(d.strengths[-1])}, que baja su exactitud del"
        f" {percent(before)} al {percent(before - max(costs))}"
    )


def _apart(shifted: Shifted) -> str:
    """Where the costs of two networks differ most."""
    a, b = shifted.clean
    gaps = {
        (d, i): shifted.drops(a, d)[i].mean() - shifted.drops(b, d)[i].mean()
        for d in DISTORTIONS
        for i in range(len(d.strengths))
    }
    d, i = max(gaps, key=lambda place: abs(gaps[place]))
    if not float(points(gaps[d, i]).replace("−", "-")):
        return "Las dos redes pierden lo mismo con todas."
    return (
        f"Donde más se separan es en {d.tell(d.strengths[i])}:"
        f" {_pair(shifted, d, i, a, b)}."
    )


def robust(shifted: Shifted, a: str, b: str, name: str = "traslación") -> str:
    """Whether `b` stands a distortion, at its strongest, better than `a`."""
    d = next(d for d in DISTORTIONS if d.name == name)
    e = difference(shifted.drops(a, d)[-1], shifted.drops(b, d)[-1])
    text = f"Con {d.tell(d.strengths[-1])}, {_pair(shifted, d, -1, a, b)}"
    if np.isnan(e.low):
        return f"{text}; con una sola semilla no se sabe si es azar."
    if e.low <= 0 <= e.high:
        seen = "no se distingue entre semillas"
    else:
        seen = f"la red {b if e.mean > 0 else a} resiste mejor"
    return (
        f"{text}: {seen} (diferencia de {points(e.mean, '+')} puntos, intervalo de"
        f" Welch: {between(e.low, e.high)})."
    )


def _pair(shifted: Shifted, d: Distortion, i: int, a: str, b: str) -> str:
    """What a distortion costs two networks."""
    return listing(_cost(shifted.drops(name, d)[i].mean(), name) for name in (a, b))


def _cost(drop: float, name: str) -> str:
    size = points(abs(drop))
    if not float(size):
        return f"la red {name} no pierde nada"
    return f"la red {name} {'pierde' if drop > 0 else 'gana'} {size} puntos"
