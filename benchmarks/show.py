"""The table and the figure of what was measured."""

from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks import floors, growth
from benchmarks.tasks import TITLES

# targets: how many times as fast as the original, and as the best other, at least; and
# how many times the floor, at most
TARGETS = {
    "one_hidden": (5, 2, 3),
    "two_hidden": (4, 3, 3),
    "lenet5": (4, 5, 1.5),
    "dense": (4, 5, 1.3),
}
END_TO_END = 5
MEMORY = 1536  # MB at most, of one training
PAGE = Path(__file__).parents[1] / "docs/speed.md"
BEGIN, END = "<!-- made by make bench -->", "<!-- to here -->"


def into_page(results: dict, page: Path = PAGE) -> None:
    """Put the table, without that of growth, between the page's marks.

    Raises ValueError if they are not there.
    """
    before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (found and ends):
        raise ValueError(f"{page} lacks the lines {BEGIN} and {END}")
    new = table(results | {"scale": {}})
    text = f"{before}{BEGIN}\n\n{new}\n{END}{after}"
    page.write_text(text, encoding="utf-8")


def write(results: dict, folder: Path) -> None:
    """Write table.md, speed.svg and, if that was measured, scale.svg."""
    (folder / "table.md").write_text(table(results), encoding="utf-8")
    if results["scale"]:
        fig = growth.plot_all(results["scale"])
        fig.savefig(folder / "scale.svg", metadata={"Date": None})
        plt.close(fig)
    fig, axes = plt.subplots(
        1, len(results["networks"]), figsize=(10, 2.6), squeeze=False
    )
    for ax, name in zip(axes[0], results["networks"], strict=True):
        plot_times(results["networks"][name], ax=ax).set_title(TITLES[name])
    fig.tight_layout()
    fig.savefig(folder / "speed.svg", metadata={"Date": None})
    plt.close(fig)


def table(results: dict) -> str:
    """Markdown: a table against the targets, one of all contenders, the machine."""
    machine = results["machine"]
    repeats = max(len(network["ceilings"]) for network in results["networks"].values())
    parts = [
        f"{machine['processor']}, {machine['cores']} cores, torch {machine['torch']}; "
        f"medians of {repeats} turns{', few batches' if results['quick'] else ''}.",
        _against_targets(results),
        _all_contenders(results["networks"]),
        *([growth.table(results["scale"])] if results["scale"] else []),
    ]
    return "\n\n".join(parts) + "\n"


def _against_targets(results: dict) -> str:
    lines = [
        "| network | s an epoch | × the original | × the best other | × the floor |"
        " peak memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, network in results["networks"].items():
        least, least_other, most = TARGETS[name]
        by = ratios(network)
        steps = medians(network)["ours"]
        lines.append(
            f"| {TITLES[name]} | {steps * network['epoch_batches']:.2f}"
            f" | {_met(by['original'], least, True) if 'original' in by else '—'}"
            f" | {_best(by, least_other)}"
            f" | {_met(by['floor'], most, False)}"
            f" | {_met(peak(network) / 2**20, MEMORY, False, 0)} |"
        )
    measured = results["networks"].values()
    if len(measured) == len(TITLES) and all("original" in medians(n) for n in measured):
        whole = {who: _report(results, who) for who in ("original", "ours")}
        ratio = whole["original"] / whole["ours"]
        lines.append(
            f"| the report's trainings | {whole['ours']:.0f} in all"
            f" | {_met(ratio, END_TO_END, True)} | | | |"
        )
    return "\n".join(lines)


def _best(by: dict, target: float) -> str:
    if "best" not in by:
        return "—"
    return f"{_met(by['best'], target, True)}, {by['best_name']}"


def _met(ratio: float, target: float, at_least: bool, digits: int = 1) -> str:
    met = ratio >= target if at_least else ratio <= target
    sign, word = "≥" if at_least else "≤", "" if met else ", missed"
    return f"{ratio:.{digits}f} ({sign} {target}{word})"


def medians(network: dict) -> dict[str, float]:
    """Median seconds of a step, by contender; without those that failed."""
    return {
        name: median(run["step"] for run in runs)
        for name, runs in network["contenders"].items()
        if runs
    }


def ratios(network: dict) -> dict:
    """How many times faster ours is than others, and slower than the floor.

    `original`, or `best` and `best_name`, are left out if there is none.
    """
    steps = medians(network)
    others = {k: v for k, v in steps.items() if k not in ("ours", "original")}
    found = {"floor": steps["ours"] / floor(network)}
    if "original" in steps:
        found["original"] = steps["original"] / steps["ours"]
    if others:
        best = min(others, key=others.get)
        found |= {"best": others[best] / steps["ours"], "best_name": best}
    return found


def floor(network: dict) -> float:
    """Least seconds of a step, by the medians of the measured ceilings."""
    reads = network["ceilings"]
    machine = {kind: median(read[kind] for read in reads) for kind in reads[0]}
    return floors.floor(network["work"], machine)


def peak(network: dict) -> float:
    """The largest memory, in bytes, of one of our trainings."""
    return max(run["peak"] for run in network["contenders"]["ours"])


def _report(results: dict, who: str) -> float:
    """Seconds of all trainings of the default report."""
    return sum(
        medians(network)[who] * network["epoch_batches"] * results["epochs"][name]
        for name, network in results["networks"].items()
    )


def _all_contenders(networks: dict) -> str:
    """Table of milliseconds per step: median, with least and most in brackets.

    Below it, why contenders failed.
    """
    names = list(next(iter(networks.values()))["contenders"])
    lines = [
        "| ms a step | " + " | ".join([*names, "floor"]) + " |",
        "|---" * (len(names) + 2) + "|",
    ]
    for network, found in networks.items():
        cells = [_spread([r["step"] for r in found["contenders"][n]]) for n in names]
        cells.append(f"{floor(found) * 1e3:.3g}")
        lines.append(f"| {TITLES[network]} | " + " | ".join(cells) + " |")
    lines += [
        f"\n{TITLES[network]}: {name} failed: {why}"
        for network, found in networks.items()
        for name, why in found["failed"].items()
    ]
    return "\n".join(lines)


def _spread(steps: list[float]) -> str:
    if not steps:
        return "failed"
    low, middle, high = (f(steps) * 1e3 for f in (min, median, max))
    return f"{middle:.3g} ({low:.3g}–{high:.3g})"


def plot_times(network: dict, *, ax: Axes | None = None) -> Axes:
    """Draw bars of the contenders' median steps, repeats as points, and the floor."""
    ax = ax or plt.gca()
    for i, (name, runs) in enumerate(network["contenders"].items()):
        times = [run["step"] * 1e3 for run in runs]
        if not times:
            ax.annotate(
                " failed", (0, i), xycoords=ax.get_yaxis_transform(), va="center"
            )
            continue
        ax.barh(i, median(times), color="C1" if name == "ours" else "C0", alpha=0.6)
        ax.plot(times, [i] * len(times), "k.", markersize=3)
    ax.axvline(floor(network) * 1e3, color="k", linestyle=":", label="floor")
    ax.set_yticks(range(len(network["contenders"])), network["contenders"])
    ax.set_ylim(len(network["contenders"]) - 0.5, -0.5)
    ax.set_xlim(0, None)
    ax.set_xlabel("ms a step")
    return ax
