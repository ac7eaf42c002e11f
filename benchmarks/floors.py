"""The least time that a network's products need on this machine.

python -m benchmarks.floors     reads the ceilings, on all cores, and writes JSON
"""

import json
import time
from collections.abc import Callable

import torch
from torch import nn

from benchmarks.tasks import Task

REPEATS = 5
SIDE = 2_000  # of the square matrices
NUMBERS = 25_000_000  # copied


def ceilings() -> dict[str, float]:
    """FLOP/s of a matrix product and bytes/s of a copy (read and written), float32."""
    a, b, c = (torch.rand(SIDE, SIDE) for _ in range(3))
    x, y = torch.rand(NUMBERS), torch.rand(NUMBERS)
    return {
        "flops": 2 * SIDE**3 / _best(lambda: torch.mm(a, b, out=c)),
        "bytes": 8 * NUMBERS / _best(lambda: y.copy_(x)),
    }


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def work(task: Task) -> dict[str, int]:
    """FLOP and bytes of the products and convolutions of one step.

    Each takes part forward, in the gradient towards its weights and, but for the first
    layer, in that towards its input; each time it touches its input, its weights and
    its output once.
    """
    x = torch.zeros(task.recipe.batch_size, *task.data.train.images.shape[1:])
    flops = size = passes = 0
    for module in task.model():
        y = module(x)
        if isinstance(module, nn.Linear | nn.Conv2d):
            passes = 3 if passes else 2
            flops += passes * 2 * y.numel() * module.weight[0].numel()
            size += passes * 4 * (x.numel() + module.weight.numel() + y.numel())
        x = y
    return {"flops": flops, "bytes": size}


def floor(needs: dict[str, int], machine: dict[str, float]) -> float:
    """Least seconds of a step: those of its arithmetic or memory, the larger."""
    return max(needs[kind] / machine[kind] for kind in needs)


if __name__ == "__main__":
    print(json.dumps(ceilings()))
