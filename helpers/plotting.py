"""Figures: each `plot_x(data, *, ax=None)` draws on an axes and returns it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import to_rgb
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.evaluation import row_shares
from helpers.numbers import THIN, percent
from helpers.paths import PACKAGE

STYLE = PACKAGE / "style.mplstyle"
FONTS = PACKAGE / "fonts"  # of the printed text, which no machine need have
PERCENT = FuncFormatter(lambda share, _: f"{100 * share:.4g}{THIN}%")
ERRORS = {"train_error": "entrenamiento", "test_error": "predicción"}
PLAIN = {"parse_math": False}  # a class may be called $x$
SLANT = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}


def use_style() -> None:
    """Draw all figures from here on in the report's style."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for font in sorted({str(file) for file in FONTS.glob("*.otf")} - known):
        font_manager.fontManager.addfont(font)
    plt.style.use(STYLE)


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's style in the block, or in the function that this decorates.

    What was set before is restored.
    """
    with plt.rc_context():
        use_style()
        yield


def plot_confusion(
    counts: np.ndarray,
    *,
    classes: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a confusion matrix (K, K): rows are true classes, columns predicted ones.

    A cell's colour is its share of the row; its text is the count and, below, that
    share in per cent; empty cells stay blank. Counts may be means over seeds, which are
    rounded. `columns` names the columns where there are more of them than classes.
    Where there are many classes the figure grows, and cells hold counts alone.
    """
    n = len(counts)
    ax = ax or (_axes(6.3, 2.6) if n <= 10 else _axes(3 + 0.2 * n, 2 + 0.2 * n))
    shares = row_shares(counts)
    hidden = np.isnan(shares)
    sns.heatmap(
        shares,
        mask=hidden,
        vmin=0,
        vmax=1,
        cmap="Blues",
        linewidths=0.5 if n <= 30 else 0.1,
        linecolor="white",
        cbar_kws={"label": "proporción de la clase verdadera", "shrink": 0.8},
        ax=ax,
    )
    _write_cells(ax, counts, shares, hidden)
    _finish(ax.collections[0].colorbar)
    small = {"fontsize": 7} if n > 20 else {}
    _name_classes(ax, range(n) if classes is None else classes, columns, **small)
    ax.set(xlabel="clase predicha", ylabel="clase verdadera")
    return ax


def plot_curves(
    histories: dict[str, list[pd.DataFrame]], *, ax: Axes | None = None
) -> Axes:
    """Draw training (dashed) and prediction (solid) error against the epoch.

    `histories` maps a name to one history per seed; a line is the mean over seeds and
    its band goes from the lowest seed to the highest, where there are several.
    """
    ax = ax or _axes(6.3, 1.45)
    for color, (name, seeds) in enumerate(histories.items()):
        table = pd.concat(seeds)
        for column, dashes in [("train_error", "--"), ("test_error", "-")]:
            style = {"color": f"C{color}", "linestyle": dashes}
            epochs = table.groupby("epoch")[column]
            mean = epochs.mean()
            if len(seeds) > 1:
                band = {"color": f"C{color}", "alpha": 0.2, "linewidth": 0}
                ax.fill_between(mean.index, epochs.min(), epochs.max(), **band)
            label = ", ".join(filter(None, [name, ERRORS[column]]))
            ax.plot(mean.index, mean, **style, marker="o", markersize=3, label=label)
    ax.set(xlabel="época", ylabel="error")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))  # whole percents
    ax.yaxis.set_major_formatter(PERCENT)
    ax.grid(axis="y")
    name_lines(ax, 4)
    return ax


def short(name: object, most: int = 24) -> str:
    """A name as it fits beside a cell."""
    text = str(name)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def text_color(background: str | Sequence[float]) -> str:
    """Black or white, whichever contrasts more with `background` (WCAG 2.2)."""
    return max("black", "white", key=lambda text: contrast(background, text))


def contrast(a: str | Sequence[float], b: str | Sequence[float]) -> float:
    """Contrast ratio of two colours, from 1 to 21, by WCAG 2.2's formula."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str | Sequence[float]) -> float:
    channels = np.array(to_rgb(color))
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _finish(bar: Colorbar) -> None:
    """Label a colour bar in per cent, and draw it as vectors like all the rest."""
    bar.ax.yaxis.set_major_formatter(PERCENT)
    bar.solids.set(rasterized=False, edgecolor="face")


def _name_classes(ax: Axes, classes: Sequence, columns=None, **style) -> None:
    """Label a matrix's rows and columns; with long classes, columns are slanted."""
    rows, columns = (list(map(short, names)) for names in (classes, columns or classes))
    angle = SLANT if max(map(len, rows)) > 2 else {"rotation": 0}
    style |= PLAIN
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns, **angle, **style)
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows, rotation=0, **style)
    ax.tick_params(length=0)


def _write_cells(
    ax: Axes, counts: np.ndarray, shares: np.ndarray, hidden: np.ndarray
) -> None:
    """Write count and per cent in each cell, dark on light or light on dark."""
    mesh = ax.collections[0]
    colors = mesh.cmap(mesh.norm(np.nan_to_num(shares)))
    sizes, places = ((8, 6), (0.36, 0.77)) if len(counts) <= 10 else ((6,), (0.55,))
    for (row, column), count in np.ndenumerate(counts):
        if hidden[row, column] or not round(count):
            continue
        color = text_color(colors[row, column])
        texts = [f"{count:.0f}", percent(shares[row, column], None)][: len(sizes)]
        for text, down, points in zip(texts, places, sizes, strict=True):
            style = {"ha": "center", "va": "center", "fontsize": points}
            ax.text(column + 0.5, row + down, text, color=color, **style)


def name_lines(ax: Axes, columns: int) -> None:
    """Name the lines above the axes, in so many columns."""
    legend = ax.legend(ncols=columns, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    for text in legend.get_texts():
        text.set(**PLAIN)


def _axes(width: float, height: float) -> Axes:
    """Open a figure of this size in inches."""
    return plt.subplots(figsize=(width, height))[1]
