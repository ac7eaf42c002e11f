"""Whether networks overfit: both errors, beyond the epoch where the original stops."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers.datasets import Dataset
from helpers.plotting import PERCENT
from helpers.runs import Plan, Run, train
from helpers.uncertainty import Estimate, compare, over_seeds
from helpers.validation import measured_also, validation
from informe.experiments.answers import change, stands_out
from informe.figures.marks import mark
from informe.numbers import percent, points

APART = 0.1  # a network whose errors differ by more is said to memorise


@dataclass(frozen=True)
class Course:
    """What a training longer than the original's measured after each epoch."""

    asked: int  # epochs of the original
    runs: list[Run]
    predictions: np.ndarray  # (S, E, N) classes of the validation images
    labels: np.ndarray  # (N,)
    learnt: np.ndarray  # (S, E) error on images that the network learns from

    @property
    def errors(self) -> np.ndarray:
        """Validation error, (S, E)."""
        return (self.predictions != self.labels).mean(2)

    @property
    def seconds(self) -> np.ndarray:
        """Training time up to the end of each epoch, (S, E)."""
        return np.stack([run.history.seconds.cumsum().to_numpy() for run in self.runs])

    def change(self) -> Estimate:
        """Change of validation accuracy from the epoch asked to the last.

        The interval is Student's over seeds or, for one seed, over images (bootstrap).
        """
        asked, last = self.predictions[:, self.asked - 1], self.predictions[:, -1]
        if len(self.runs) > 1:
            return over_seeds(self.errors[:, self.asked - 1] - self.errors[:, -1])
        pair = compare(self.labels, last[0], asked[0])
        return Estimate(pair.difference, np.nan, pair.low, pair.high, 1)


def follow(
    plans: dict[str, Plan],
    originals: dict[str, Plan],
    data: Dataset,
    *,
    device: str = "auto",
) -> dict[str, Course]:
    """Train `plans` without the validation images; give the courses by network.

    `originals` have the original's epochs, by network; the names of `plans` are those
    of the networks, then a comma and something else.
    """
    cut = validation(data)
    both, n = measured_also(cut, data, "train"), len(cut.test)
    labels, courses = both.test.labels.numpy(), {}
    for name, runs in train(both, plans, device=device).items():
        network = name.partition(",")[0]
        predicted = np.stack([run.snapshots["predictions"] for run in runs])
        learnt = (predicted[:, :, n:] != labels[n:]).mean(2)
        seen = predicted[:, :, :n].astype(np.int64)
        asked = originals[network].recipe.epochs
        courses[network] = Course(asked, runs, seen, labels[:n], learnt)
    return courses


def plot_overfitting(courses: dict[str, Course]) -> Axes:
    """Draw both errors against the epoch, with a panel for each network.

    The band goes from the lowest seed to the highest; the dashed vertical line is the
    epoch at which the original stops.
    """
    _, axes = plt.subplots(1, len(courses), figsize=(6.3, 1.6), sharey=True)
    for ax, (name, course) in zip(axes, courses.items(), strict=True):
        shown = {"entrenamiento": course.learnt, "validación": course.errors}
        for color, (label, values) in enumerate(shown.items()):
            epochs = np.arange(1, values.shape[1] + 1)
            style = {"color": f"C{color}", "marker": "os"[color], "markersize": 3}
            ax.fill_between(
                epochs, values.min(0), values.max(0), color=f"C{color}", alpha=0.2
            )
            ax.plot(epochs, values.mean(0), label=label, **style)
            for run, seed in zip(course.runs, values, strict=True):
                about = {"network": name, "seed": run.seed, "key": run.key}
                for epoch, y in zip(epochs.tolist(), seed, strict=True):
                    text = f"{name}, semilla {run.seed}, época {epoch}, error de"
                    text += f" {label}: {percent(y)}"
                    mark(ax, epoch, y, text, epoch=epoch, **about)
        ax.axvline(course.asked, color="0.4", linestyle="--")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(title=name, xlabel="época")
        ax.grid(axis="y")
    axes[0].yaxis.set_major_formatter(PERCENT)
    axes[0].set_ylabel("error")
    axes[-1].legend()
    return axes[0]


def answer(name: str, course: Course) -> str:
    """Whether both errors fall, how far apart they end, and what that amounts to."""
    text = f"**¿Sobreajusta la red {name}?** "
    train, validation = course.learnt.mean(0), course.errors.mean(0)
    asked, last = course.asked, len(train)
    if asked >= last:
        return f"{text}No se entrenó más allá de la época {asked}: no se puede decir."
    e = course.change()
    apart = validation[-1] - train[-1]
    size = points(abs(apart))
    side = f"{size} puntos por {'encima' if apart > 0 else 'debajo'}"
    return (
        f"{text}{_verdict(train, asked, apart, e)}: de la época {asked} a la {last},"
        f" el error de entrenamiento pasa del {percent(train[asked - 1])} al"
        f" {percent(train[-1])}, y el de validación, del"
        f" {percent(validation[asked - 1])} al {percent(validation[-1])}, con lo que"
        f" acaba {side if float(size) else 'a la par'} de aquel (a más de"
        f" {points(APART, digits=0)} por encima se le llama aquí memorizar). La"
        f" exactitud de validación cambia {change(e)}."
    )


def _verdict(train: np.ndarray, asked: int, apart: float, e: Estimate) -> str:
    """State whether the network overfits.

    `train` is the training error after each epoch, `apart` how much higher the other
    error ends, and `e` the change of validation accuracy since the epoch `asked`.
    """
    fell = train[-1] < train[asked - 1]
    better, worse = (stands_out(e) and sign * e.mean > 0 for sign in (1, -1))
    others = "y empeora" if worse else "y no se ve que mejore"
    others = "pero aún mejora" if better else others
    if worse and fell:
        return "Sí: mejora con las imágenes de las que aprende y empeora con las demás"
    if apart > APART and train[-1] <= train[asked - 1] and train[-1] < train[0]:
        return f"Sí: memoriza las imágenes de las que aprende, {others} con las demás"
    if not fell:
        learnt = "ya no mejora con las imágenes de las que aprende"
        return f"No: {learnt}, {others} con las demás"
    if better:
        return "No: mejora con las imágenes de las que aprende y con las demás"
    return "No se distingue: los dos errores acaban cerca uno del otro"
