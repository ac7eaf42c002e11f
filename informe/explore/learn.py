"""How a network learned: what it did after each epoch of a stored training."""

import asyncio
import io

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from helpers.models import ACTIVATIONS, build, scale
from helpers.plotting import plot_curves
from helpers.runs import Run
from informe.explore import markup, pixels
from informe.explore.explore import Matrix
from informe.explore.predictions import Predictions, data_of, name_of
from informe.names import PART_NAMES

PAUSE = 0.7  # seconds that each epoch is shown when all are played


class Epochs:
    """The confusion matrix, the curve and the first layer after each epoch."""

    def __init__(self, run: Run):
        """Read what the run keeps of its epochs."""
        self.run, self.data = run, data_of(run)
        self.snapshots = run.snapshots
        about = run.about
        self.layers = first_layers(build(about["network"], **about["options"]))

    def __len__(self) -> int:
        return len(self.snapshots["predictions"])

    def predictions(self, epoch: int) -> Predictions:
        """What the network predicted after `epoch`, from 1."""
        predicted = self.snapshots["predictions"][epoch - 1]
        # only classes are stored: as if the network had been certain of each
        sure = np.eye(len(self.data.classes), dtype=bool)[predicted]
        logits = np.where(sure, 0, -np.inf).astype(np.float32)
        test = self.data.test
        title = f"{name_of(self.run)}, época {epoch}"
        labels, part = test.labels.numpy(), PART_NAMES[self.run.about["split"]]
        return Predictions(title, self.data.classes, test.images, labels, logits, part)

    def activations(self, epoch: int, image: Tensor) -> np.ndarray:
        """First layer's maps (O, H, W) of a uint8 image (C, H, W) after `epoch`."""
        conv, activation = self.layers
        with torch.no_grad():
            maps = nn.functional.conv2d(
                scale(image[None]),
                torch.from_numpy(self.snapshots["weight"][epoch - 1]),
                torch.from_numpy(self.snapshots["bias"][epoch - 1]),
                conv.stride,
                conv.padding,
            )
            return (activation(maps) if activation else maps)[0].numpy()

    def html(self, epoch: int, index: int) -> str:
        """HTML of everything after `epoch`, with the activations of image `index`."""
        matrix = Matrix(self.predictions(epoch))
        matrix.choices["values"] = "rows"
        image = self.data.test.images[index]
        label = self.data.classes[self.data.test.labels[index]]
        seen = matrix.seen.predictions[index]
        chosen = f"verdadera {label}, predicha {self.data.classes[seen]}"
        state, part = matrix.state, matrix.seen.part
        grid = state["grid"]
        return markup.page(
            markup.heading(grid["label"]) + markup.note(state),
            markup.side(markup.grid(grid), self._curve_and_kernels(epoch)),
            markup.heading(f"Imagen de {part} {index}: {chosen}. Sus activaciones"),
            markup.picture(pixels.data_url(image), chosen, 84),
            " ",
            *self._maps(epoch, image),
        )

    def curve(self, epoch: int) -> Axes:
        """The run's errors, with a line at `epoch`."""
        ax = plt.subplots(figsize=(3.4, 2.1), layout="constrained")[1]
        plot_curves({"": [self.run.history]}, ax=ax)
        ax.set_ylabel("error")
        ax.axvline(epoch, color="C1", linewidth=2)
        return ax

    def _curve_and_kernels(self, epoch: int) -> str:
        top = float(np.abs(self.snapshots["weight"]).max())
        rows = "".join(
            markup.picture(
                pixels.map_url(kernel, top, signed=True),
                f"filtro {i + 1}, canal {j + 1}",
                48,
            )
            for i, kernels in enumerate(self.snapshots["weight"][epoch - 1])
            for j, kernel in enumerate(kernels)
        )
        words = "Filtros de la primera capa: naranja suma, morado resta"
        parts = svg(self.curve(epoch)) + markup.heading(words) + rows
        return f'<div style="max-width:330px">{parts}</div>'

    def _maps(self, epoch: int, image: Tensor) -> list[str]:
        maps = self.activations(epoch, image)
        signed, top = bool((maps < 0).any()), float(np.abs(maps).max())
        return [
            markup.picture(pixels.map_url(m, top, signed=signed), f"mapa {i + 1}", 84)
            for i, m in enumerate(maps)
        ]


def first_layers(model: nn.Sequential) -> tuple[nn.Conv2d, nn.Module | None]:
    """The first convolution, and the activation right after it if there is one."""
    layers = list(model)
    place = next(i for i, m in enumerate(layers) if isinstance(m, nn.Conv2d))
    after = layers[place + 1]
    known = isinstance(after, tuple(ACTIVATIONS.values()))
    return layers[place], after if known else None


def svg(ax: Axes) -> str:
    """Close a figure and give it as SVG text for a page."""
    text = io.StringIO()
    ax.get_figure().savefig(text, format="svg", metadata={"Date": None})
    plt.close(ax.get_figure())
    return text.getvalue()[text.getvalue().index("<svg") :]


def form(view: Epochs) -> widgets.VBox:
    """A slider over the epochs, a button that moves it, and the image to look at."""
    wide = {"description_width": "auto"}
    epoch = widgets.IntSlider(
        len(view), min=1, max=len(view), description="Época", style=wide
    )
    index = widgets.BoundedIntText(
        0, min=0, max=len(view.data.test) - 1, description="Imagen", style=wide
    )
    shown = widgets.HTML(view.html(epoch.value, index.value))

    def draw(_):
        shown.value = view.html(epoch.value, index.value)

    epoch.observe(draw, "value")
    index.observe(draw, "value")
    play = _play(epoch)
    return widgets.VBox([widgets.HBox([epoch, play, index]), shown])


def _play(slider: widgets.IntSlider) -> widgets.Button:
    """A button that moves `slider` from its first value to its last, or stops there."""
    button = widgets.Button(description="Reproducir")
    going: list[asyncio.Task] = []

    async def run():
        try:
            for epoch in range(slider.min, slider.max + 1):
                slider.value = epoch
                await asyncio.sleep(PAUSE)
        finally:
            going.clear()
            button.description = "Reproducir"

    def toggle(_):
        if going:
            going[0].cancel()
        else:
            button.description = "Detener"
            going.append(asyncio.ensure_future(run()))

    button.on_click(toggle)
    return button
