"""The outcome of a sweep: a tidy table, one row per training, and a figure."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from helpers.plotting import use_style
from informe.sweeps.run import done
from informe.sweeps.work import Task


def table(tasks: list[Task], folder: Path) -> pd.DataFrame:
    """One row for each training of the finished tasks: parameters, then measures.

    A notebook that measures nothing has one row per run, with its wall time.
    """
    finished = [(task, done(task, folder)) for task in tasks]
    rows = [
        _joined(task.parameters, row)
        for task, kept in finished
        if kept
        for row in _rows(kept)
    ]
    return pd.DataFrame(rows).drop_duplicates(ignore_index=True)


def _joined(parameters: dict, row: dict) -> dict:
    """A row of the table; a parameter `network` is told beside the network's name."""
    if {"network"} <= parameters.keys() & row.keys():
        names = Path(parameters["network"]).name, row["network"]
        row = row | {"network": ", ".join(names)}
    return parameters | row


def _rows(kept: dict) -> list[dict]:
    metrics = kept["metrics"]
    if metrics is None:
        return [{"run_seconds": kept["seconds"], "where": kept["where"]}]
    return [
        {
            "dataset": metrics["dataset"],
            "is_sample": metrics["is_sample"],
            "network": name,
            "seed": seed,
            "accuracy": accuracy,
            "seconds": seconds,
            "run": key,
        }
        for name, measured in metrics["networks"].items()
        for seed, accuracy, seconds, key in zip(
            *(measured[k] for k in ("seeds", "accuracy", "seconds", "runs")),
            strict=True,
        )
    ]


def write(frame: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the table as CSV and Parquet, and its figure; give the files."""
    files = [folder / f"table.{kind}" for kind in ("csv", "parquet")]
    frame.to_csv(files[0], index=False)
    frame.to_parquet(files[1], index=False)
    if "accuracy" in frame:
        files.append(folder / "accuracy.svg")
        ax = plot_sweep(frame)
        ax.figure.savefig(files[-1], metadata={"Date": None, "Creator": None})
        plt.close(ax.figure)
    return files


def plot_sweep(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Accuracy against the first parameter that varies, a point for each training.

    Colours are the networks; lines join the means.
    """
    use_style()
    ax = ax or plt.subplots()[1]
    across = varying(frame)[0]
    values = frame.assign(**{across: frame[across].astype(str)})
    options = {"x": across, "y": "accuracy", "hue": "network", "ax": ax}
    sns.pointplot(values, **options, errorbar=None, legend=False, linewidth=1)
    sns.stripplot(values, **options, jitter=False, alpha=0.6)
    ax.set(ylabel="exactitud en las imágenes de prueba")
    ax.legend(title=None)
    return ax


def varying(frame: pd.DataFrame) -> list[str]:
    """Parameters with more than one value, the seed last; the seed if there is none."""
    measures = ("network", "accuracy", "seconds", "run", "is_sample")
    names = [
        n for n in frame if n not in (*measures, "seed") and frame[n].nunique() > 1
    ]
    return [*names, "seed"]
