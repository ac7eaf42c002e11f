"""Error against seconds of training: what each network reaches in the same time."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.plotting import PERCENT
from helpers.runs import Run
from helpers.uncertainty import Estimate, over_seeds
from informe.figures.marks import mark
from informe.names import PART_NAMES
from informe.numbers import count, duration, percent, percent_std, points, small

WIDE = 3  # the longest time over the shortest, from which the axis is logarithmic


def course(runs: list[Run], first: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of training until the end of each epoch, and the error then, (S, E) both.

    `first` limits the images to the first so many that were measured, as for runs whose
    validation images are followed by others. Raises ValueError if there are others and
    `first` does not say how many are to be left.
    """
    seconds = np.stack([run.history.seconds.cumsum() for run in runs])
    split = runs[0].about["split"]
    if first is None and "+" in split:
        raise ValueError(f"of {split!r}, say how many images come first")
    if first is None:
        return seconds, np.stack([run.history.test_error for run in runs])
    predicted = np.stack([run.snapshots["predictions"][:, :first] for run in runs])
    return seconds, (predicted != runs[0].labels[:first]).mean(2)


def plot_seconds(
    runs: dict[str, list[Run]],
    asked: dict[str, int],
    *,
    first: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the error after each epoch against the seconds until then.

    The axis is logarithmic unless all times are alike.

    A line is the mean over seeds, its band goes from the lowest to the highest. A large
    ring marks the epoch of `asked`, by network, if it was trained that long. `first` is
    that of `course`.
    """
    ax = ax or plt.subplots(figsize=(6.3, 1.7))[1]
    ends = []
    for color, (name, seeds) in enumerate(runs.items()):
        seconds, errors = course(seeds, first)
        x, style = seconds.mean(0), {"color": f"C{color}"}
        ends += [x[0], x[-1]]
        if len(seeds) > 1:
            band = {"alpha": 0.2, "linewidth": 0}
            ax.fill_between(x, errors.min(0), errors.max(0), **band, **style)
        marker = {"marker": "os^D"[color % 4], "markersize": 3.5}
        ax.plot(x, errors.mean(0), label=name, **marker, **style)
        for epoch, y in enumerate(errors.mean(0), start=1):
            time = duration(x[epoch - 1])
            text = f"{name}, época {epoch}, {time}: error {percent(y)}"
            mark(ax, x[epoch - 1], y, text, network=name, epoch=epoch)
        epoch = asked.get(name, 0)
        if 1 <= epoch <= len(x):
            ring = {"marker": "o", "markersize": 10, "fillstyle": "none"}
            ax.plot(x[epoch - 1], errors[:, epoch - 1].mean(), **ring, **style)
    ring = {"markersize": 8, "fillstyle": "none", "color": "0.3"}
    ax.plot([], [], "o", label="épocas del original", **ring)
    part = PART_NAMES.get(next(iter(runs.values()))[0].about["split"].split("+")[0])
    ax.set(xlabel="segundos de entrenamiento", ylabel=f"error de {part}")
    if max(ends) > WIDE * min(ends):
        ax.set_xscale("log")
        for which in (ax.xaxis.set_major_formatter, ax.xaxis.set_minor_formatter):
            which(FuncFormatter(_round_seconds))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(PERCENT)
    ax.grid(axis="y")
    ax.legend()
    return ax


def _round_seconds(x: float, _) -> str:
    """Label 1, 2 and 5 of each power of ten."""
    digit = round(x / 10 ** np.floor(np.log10(x) + 1e-9))
    return small(x) if digit in (1, 2, 5) else ""


@dataclass(frozen=True)
class EqualTime:
    """What two networks reach in the time that the slow one takes."""

    seconds: float  # mean over the slow one's seeds, until the end of the epoch asked
    epoch: int  # of the slow one, the one asked or its last
    slow: Estimate  # its error then
    fast: Estimate  # the other's, at that time or after its last epoch
    epochs: float  # of the other by then, with a fraction; NaN before the first ends
    last: float | None  # seconds at which the other's training ended, if before


def at_equal_time(
    slow: list[Run], fast: list[Run], epoch: int, *, first: int | None = None
) -> EqualTime:
    """Compare the errors when the `slow` network ends `epoch`, counted from 1.

    Times are means over seeds, as in the figure. Each seed's error of the fast one is
    interpolated between the ends of its epochs; before the first it is NaN. `first` is
    that of `course`.
    """
    seconds, errors = course(slow, first)
    epoch = min(epoch, errors.shape[1])
    time = float(seconds[:, epoch - 1].mean())
    times, others = course(fast, first)
    ends = times.mean(0)
    return EqualTime(
        time,
        epoch,
        over_seeds(errors[:, epoch - 1]),
        over_seeds([np.interp(time, ends, e, left=np.nan) for e in others]),
        float(np.interp(time, ends, np.arange(1, len(ends) + 1), left=np.nan)),
        float(ends[-1]) if ends[-1] < time else None,
    )


def sentence(e: EqualTime, slow: str, fast: str) -> str:
    """Both errors in the slow network's time, and by how much they differ."""
    epochs = count(e.epoch, "época", "épocas")
    text = (
        f"La red {slow} termina {epochs} en {duration(e.seconds)}, con un error de"
        f" {percent_std(e.slow)}."
    )
    if np.isnan(e.fast.mean):
        return f"{text} En ese tiempo, la red {fast} no termina aún su primera época."
    if e.last is not None:
        text += (
            f" La red {fast} no se entrenó tanto: al terminar, a los"
            f" {duration(e.last)}, su error es de {percent_std(e.fast)}"
        )
    else:
        text += (
            f" En ese tiempo, la red {fast} lleva {e.epochs:.1f} épocas y su error es"
            f" de {percent_std(e.fast)}"
        )
    gap = points(abs(e.slow.mean - e.fast.mean))
    if not float(gap):
        return f"{text}: el mismo."
    return f"{text}: {gap} puntos {'menos' if e.fast.mean < e.slow.mean else 'más'}."
