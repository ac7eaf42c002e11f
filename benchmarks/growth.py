"""How time and memory grow with images, width and trainings at once."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator

from benchmarks.measure import race
from benchmarks.tasks import Task

# number of largest sizes that are fitted: fixed costs weigh more in smaller ones
LARGER = 3
WHAT = {
    "images": "images",
    "width": "neurons",
    "width by torch": "neurons, by plain torch,",
    "seeds": "trainings at once",
}
# why some of these do not grow linearly
REASONS = {
    "width": "products with zeros are left out, and how many there are depends on the"
    " training and not on the width alone; plain torch multiplies them all",
    "seeds": "beyond one a core, trainings share its caches; the report lets as many go"
    " on as there are cores",
}


def measure() -> dict[str, list[dict]]:
    """How an epoch's time and the memory grow with images, width and seeds."""
    batch = 40
    images = [10_000, 50_000, 100_000, 200_000, 400_000]
    widths = [100, 1_000, 5_000, 10_000, 20_000]
    return {
        "images": [_grown(n, Task("one_hidden", n // batch)) for n in images],
        "width": [_grown(w, Task("dense", 100, width=w)) for w in widths],
        "width by torch": [
            _grown(w, Task("dense", 20, width=w), who="tensors") for w in widths
        ],
        "seeds": [_grown(n, Task("two_hidden", 300), n) for n in (1, 2, 4, 8)],
    }


def _grown(size: int, task: Task, seeds: int = 1, who: str = "ours") -> dict:
    """Wall time of the task's batches, `seeds` trainings at once, and peak memory."""
    found = race(who, task, seeds)
    wall = found["step"] * task.batches * seeds
    print(f"  {task.network} {size}, {who}: {wall:.2f} s", flush=True)
    return {"size": size, "seconds": wall, "peak": found["peak"]}


def table(scale: dict) -> str:
    """Markdown table with a row per measurement, and the exponents of growth."""
    lines = ["| what grows | size | s | peak memory, MB |", "|---|---|---|---|"]
    for what, rows in scale.items():
        for row in rows:
            seconds, size = f"{row['seconds']:.2f}", f"{row['size']:,}"
            lines.append(f"| {what} | {size} | {seconds} | {row['peak'] / 2**20:.0f} |")
    return "\n".join([*lines, "", *map(_growth, scale.items())])


def _exponent(rows: list[dict]) -> float:
    """Exponent of the power of the size with which time grows, at the largest sizes."""
    sizes, seconds = zip(
        *((row["size"], row["seconds"]) for row in rows[-LARGER:]), strict=True
    )
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def _growth(item: tuple[str, list[dict]]) -> str:
    what, rows = item
    power, first = _exponent(rows), rows[-LARGER:][0]["size"]
    linear = abs(power - 1) < 0.15
    kind = "linearly" if linear else f"as their power {power:.2f}"
    reason = "" if linear or what not in REASONS else f": {REASONS[what]}"
    return (
        f"From {first:,} to {rows[-1]['size']:,} {WHAT[what]} the time grows {kind} "
        f"(exponent {power:.2f}){reason}.  "
    )


def plot_all(scale: dict) -> Figure:
    """Draw a panel for each thing that grows."""
    fig, axes = plt.subplots(1, len(scale), figsize=(12, 2.8))
    for ax, (what, rows) in zip(axes, scale.items(), strict=True):
        _plot(rows, ax).set_xlabel(WHAT[what].rstrip(","))
    axes[0].set_ylabel("seconds")
    fig.tight_layout()
    return fig


def _plot(rows: list[dict], ax: Axes) -> Axes:
    """Draw seconds by size on logarithmic axes, a line of slope one, and memory."""
    sizes = [row["size"] for row in rows]
    last = rows[-1]["seconds"] / sizes[-1]
    ax.loglog(sizes, [row["seconds"] for row in rows], "C0o-", label="time")
    ax.loglog(sizes, [last * n for n in sizes], "k:", label="linear")
    memory = ax.twinx()
    peaks = [row["peak"] / 2**20 for row in rows]
    memory.plot(sizes, peaks, "C1s--", label="memory")
    memory.set(ylim=(0, 1.15 * max(peaks)), ylabel="MB a process")
    ax.yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}")
    ax.minorticks_off()
    ax.set_xticks(sizes, [EngFormatter(sep="")(n) for n in sizes], fontsize="x-small")
    handles = [*ax.get_lines(), *memory.get_lines()]
    ax.legend(handles=handles, fontsize="x-small", loc="lower right")
    return ax
