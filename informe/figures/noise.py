"""The loss batch by batch: the noise of the stochastic method."""

from dataclasses import dataclass, replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes

from helpers import models
from helpers.datasets import Dataset
from helpers.runs import Plan
from helpers.training import PlainLoop, one_thread, predict
from informe.numbers import count, images, integer, ratio, small

SMOOTH = 50  # batches in a moving mean
TAIL = 500  # last steps, over which the noise is measured
FEW = 20  # steps, below which it is not
ALMOST = 0.9  # of the noise is all but the whole of it


@dataclass(frozen=True)
class Losses:
    """The loss of each step of a training, taken before the step."""

    steps: np.ndarray  # (E, n): epochs, steps of an epoch
    still: np.ndarray  # (n,) the last epoch's batches again, under the final weights
    batch: int  # images

    @property
    def window(self) -> int:
        """How many steps the moving mean takes: SMOOTH, or a tenth of them all."""
        return min(SMOOTH, max(1, self.steps.size // 10))

    @property
    def tail(self) -> int:
        """Over how many last steps the noise is measured: TAIL, or half of them all."""
        return min(TAIL, self.steps.size // 2)

    @property
    def smooth(self) -> np.ndarray:
        """Moving mean of all steps; the first one is that of the first window."""
        return np.convolve(
            self.steps.ravel(), np.full(self.window, 1 / self.window), "valid"
        )


def record(data: Dataset, plan: Plan, *, epochs: int = 2) -> Losses:
    """Train the first seed of `plan` with the plain loop for at most so many epochs.

    Weights and order of the batches are those of `helpers.training.fit`.
    """
    seed, recipe = next(iter(plan.seeds)), plan.recipe
    recipe = replace(recipe, epochs=min(epochs, recipe.epochs))
    model = models.build(plan.network, seed=seed, **plan.options)
    shuffle, n = torch.Generator().manual_seed(int(seed)), len(data.train)
    with one_thread():
        loop, steps = PlainLoop(model, data.train, recipe), []
        for _ in range(recipe.epochs):
            order = torch.randperm(n, generator=shuffle)
            steps.append(loop.epoch(order)[0].numpy())
        logits = predict(model, data.train.images[order])
        pairs = zip(
            logits.split(recipe.batch_size),
            data.train.labels[order].split(recipe.batch_size),
            strict=True,
        )
        still = [float(loop.loss_of(*pair)) for pair in pairs]
    return Losses(np.stack(steps), np.array(still), recipe.batch_size)


def plot_noise(losses: Losses, *, ax: Axes | None = None) -> Axes:
    """Draw the loss of each step, its moving mean and the end of each epoch."""
    ax = ax or plt.subplots(figsize=(6.3, 1.35))[1]
    raw, smooth = losses.steps.ravel(), losses.smooth
    steps = np.arange(1, raw.size + 1)
    each = f"cada lote de {images(losses.batch)}"
    ax.plot(steps, raw, color="C4", linewidth=0.4, label=each)
    middles = np.arange(len(smooth)) + (losses.window + 1) / 2
    mean = f"media de {count(losses.window, 'lote', 'lotes')}"
    ax.plot(middles, smooth, color="C0", label=mean)
    _mark_epochs(ax, losses)
    ax.set(xlabel="paso", ylabel="pérdida", xlim=(0, raw.size * 1.005))
    ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 0.98))
    return ax


def _mark_epochs(ax: Axes, losses: Losses) -> None:
    """Draw a line where each epoch ends, and name it at the top, inside."""
    style = {"ha": "right", "va": "top", "fontsize": 7.5, "color": "0.3"}
    frame = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points"}
    for epoch in range(1, len(losses.steps) + 1):
        end = epoch * losses.steps.shape[1]
        ax.axvline(end, color="0.4", linestyle="--", linewidth=0.8)
        ax.annotate(f"fin de la época {epoch}", (end, 1), (-3, 0), **frame, **style)


def sentence(losses: Losses) -> str:
    """How much one batch's loss varies, how much the mean of many, and why."""
    raw = losses.steps.ravel()
    if not np.isfinite(raw).all():
        bad = int(np.flatnonzero(~np.isfinite(raw))[0]) + 1
        return (
            f"En el paso {integer(bad)} la pérdida deja de ser un número finito: los"
            " pasos son demasiado largos para esta red."
        )
    text = f"La pérdida es {small(raw[0], 3)} en el primer paso"
    if raw.size < FEW:
        text += f" y {small(raw[-1], 3)} en el último" if raw.size > 1 else ""
        few = count(raw.size, "paso", "pasos")
        return f"{text}; con {few} no se puede medir su ruido."
    last = raw[-losses.tail :]
    apart = last.std(ddof=1)
    return (
        f"{text}; en los últimos {integer(losses.tail)} va de {small(last.min(), 2)} a"
        f" {small(last.max(), 2)}, con media {small(last.mean(), 2)} y una desviación"
        f" estándar de {small(apart, 2)} de un lote a otro."
        f"{_smoothed(losses, apart)} {_cause(losses, apart)}"
    )


def _smoothed(losses: Losses, apart: float) -> str:
    """How much less the moving mean varies than single batches do."""
    smooth = losses.smooth[-losses.tail :].std(ddof=1)
    if losses.window == 1 or not smooth:
        return ""
    text = f" La de la media de {losses.window} lotes es de {small(smooth, 2)}"
    if apart > smooth and (less := ratio(apart / smooth)) != "1.0":
        text += f", {less} veces menor"
    return (
        f"{text}; si los lotes fueran independientes y la red no cambiara, sería"
        f" √{losses.window} ≈ {ratio(losses.window**0.5)} veces menor."
    )


def _cause(losses: Losses, apart: float) -> str:
    """Whether the batches or the moving network make the noise."""
    still = losses.still.std(ddof=1) if losses.still.size > 1 else np.nan
    text = (
        f"Cada paso mide la pérdida en solo {images(losses.batch)}: es el ruido del"
        " método estocástico."
    )
    if np.isnan(still) or not apart:
        return text
    text += (
        " Con los pesos finales ya fijos, los lotes de la última época difieren entre"
        f" sí con una desviación de {small(still, 2)}"
    )
    if still >= ALMOST * apart:
        return f"{text}: oscila qué imágenes tocan en cada lote, y no la red."
    return f"{text}: el resto de la oscilación es de la red, que cambia en cada paso."
