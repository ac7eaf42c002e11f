"""python -m benchmarks.gpu: check and time trainings on a GPU, in about ten minutes."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import torch
from torch import nn

from benchmarks.tasks import DATA, RECIPES, TITLES, Task
from helpers.datasets import Dataset, load
from helpers.gpu import fit_many, stack
from helpers.machine import describe_machine
from helpers.training import Recipe, Result, fit

# network, seeds, epochs, and in how many seconds they should be trained
TIMED = [
    ("lenet5", 1, 10, "≤ 1.5"),
    ("lenet5", 10, 10, ""),
    ("lenet5", 100, 10, "≤ 20"),
    ("dense", 10, 2, ""),
    ("one_hidden", 30, 10, ""),
    ("two_hidden", 10, 10, ""),
]
SEEDS = 3  # networks of a check
FAR = 1e-3  # what weights may differ by, as a share of their norm


def main() -> None:
    """Check, then time, and print Markdown; exit with status 1 if a check fails."""
    if not torch.cuda.is_available():
        sys.exit("benchmarks.gpu: torch finds no GPU, so there is nothing to measure")
    torch.backends.cudnn.allow_tf32 = False  # the checks compare sums of float32
    failed = [line for network in RECIPES for line in check(network)]
    print(f"\n{describe_machine('cuda')['gpu']}, torch {torch.__version__}\n")
    print("| network | seeds | epochs | s | goal | s a seed | loop |")
    print("|---|---|---|---|---|---|---|")
    for row in TIMED:
        print(timed(*row), flush=True)
    sys.exit("\n".join(["\nThese checks failed:", *failed]) if failed else 0)


def check(network: str) -> Iterator[str]:
    """Compare ways to train on the sample; yield what is not as it should be."""
    data = load(DATA[network], "sample")
    recipe = replace(RECIPES[network], epochs=2)  # one is compared, one replayed
    make = partial(build, network, SEEDS, data)
    ours = together(make(), data, recipe, "cuda")
    with patch.object(stack, "GRAPHED", ()):
        eager = together(make(), data, recipe, "cuda")
    alone = [fit(m, data, recipe, seed=s, device="cuda") for s, m in enumerate(make())]
    cpu = together(make(), data, recipe, "cpu")
    others = {"without graphs": eager, "each alone": alone, "on the CPU": cpu}
    print(f"{TITLES[network]}: {ours[0].loop}")
    for name, theirs in others.items():
        far = max(map(distance, ours, theirs))
        print(f"  {name}: weights differ by {far:.1e} of their norm", flush=True)
        if not far <= FAR:
            yield f"{TITLES[network]}, {name}: {far:.1e} is more than {FAR:g}"
    if not ours[0].loop.endswith("in CUDA graphs"):
        yield f"{TITLES[network]}: {ours[0].loop}"


def build(network: str, seeds: int, data: Dataset) -> list[nn.Sequential]:
    """Build networks; the dense one is small where a CPU must train it, too."""
    width = 100 if data.is_sample else 10_000
    return [Task(network, 1, seed, width).model() for seed in range(seeds)]


def together(models: list, data: Dataset, recipe: Recipe, device: str) -> list[Result]:
    """Train networks at once, with the seeds that they are built from."""
    return fit_many(models, data, recipe, seeds=[*range(len(models))], device=device)


def distance(*pair: Result) -> float:
    """Norm of the difference of all weights, as a share of their norm."""
    found = ([w.detach().cpu().flatten() for w in r.model.parameters()] for r in pair)
    a, b = map(torch.cat, found)
    return float((a - b).norm() / b.norm())


def timed(network: str, seeds: int, epochs: int, goal: str) -> str:
    """Train on the complete data; give a line of the table."""
    data = load(DATA[network], "full")
    recipe = replace(RECIPES[network], epochs=epochs)
    models = build(network, seeds, data)
    start = time.perf_counter()
    loop = together(models, data, recipe, "cuda")[0].loop
    seconds = time.perf_counter() - start
    cells = f"{seconds:.1f} | {goal} | {seconds / seeds:.2f} | {loop}"
    return f"| {TITLES[network]} | {seeds} | {epochs} | {cells} |"


if __name__ == "__main__":
    main()
