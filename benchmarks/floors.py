"""The least time that a network's products and convolutions need on this machine.

python -m benchmarks.floors     measures the ceilings, on all cores, and writes JSON
"""

import json
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from benchmarks.tasks import Task

REPEATS = 5
SIDE = 2_000  # of the square matrices
CHANNELS, PIXELS, IMAGES = 128, 28, 16  # of the convolution, with kernels of 3
NUMBERS = 25_000_000  # copied


@torch.no_grad()
def ceilings() -> dict[str, float]:
    """Measure FLOP/s of a matrix product and a convolution, and bytes/s of a copy.

    All are in float32 and on all cores. The product is the faster of torch's (MKL) and
    numpy's (OpenBLAS), which differ by a factor of two on some processors;
    `OPENBLAS_CORETYPE`, if it is set, may slow the latter down. Both the bytes read by
    the copy and those written are counted.
    """
    a, b, c = (torch.rand(SIDE, SIDE) for _ in range(3))
    arrays = [matrix.numpy() for matrix in (a, b, c)]
    x, y = torch.rand(NUMBERS), torch.rand(NUMBERS)
    conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
    conv = conv.to(memory_format=torch.channels_last)
    images = torch.rand(IMAGES, CHANNELS, PIXELS, PIXELS)
    images = images.to(memory_format=torch.channels_last)
    convolved = 2 * images.numel() * conv.weight[0].numel()
    product = min(
        _best(lambda: torch.mm(a, b, out=c)),
        _best(lambda: np.matmul(*arrays[:2], out=arrays[2])),
    )
    return {
        "products": 2 * SIDE**3 / product,
        "convolutions": convolved / _best(lambda: conv(images)),
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
    """FLOP of the products and of the convolutions of one step, and bytes of both.

    A layer has three passes: forward, the gradient with respect to its weights and,
    except in the first layer, that with respect to its input. Each pass touches the
    layer's input, weights and output once.
    """
    x = torch.zeros(task.recipe.batch_size, *task.data.train.images.shape[1:])
    found = {"products": 0, "convolutions": 0, "bytes": 0}
    passes = 0
    for module in task.model():
        y = module(x)
        if isinstance(module, nn.Linear | nn.Conv2d):
            passes = 3 if passes else 2
            kind = "products" if isinstance(module, nn.Linear) else "convolutions"
            touched = x.numel() + module.weight.numel() + y.numel()
            found[kind] += passes * 2 * y.numel() * module.weight[0].numel()
            found["bytes"] += passes * 4 * touched
        x = y
    return found


def floor(needs: dict[str, int], machine: dict[str, float]) -> float:
    """Least seconds of a step: the larger of its arithmetic's and its memory's."""
    times = {kind: needs[kind] / machine[kind] for kind in needs}
    return max(times["products"] + times["convolutions"], times["bytes"])


if __name__ == "__main__":
    print(json.dumps(ceilings()))
