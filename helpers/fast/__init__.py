"""Faster training: forward and backward passes written by hand, layer by layer.

torch spends most of a small step on bookkeeping and on convolutions that are meant for
larger networks, and most of a large step on writing and reading gradients that are used
only once. Here every layer that the report's networks use has its gradient written by
hand, on buffers that are allocated once, and weights are updated as soon as their
gradient is known. The mathematics are those of torch's modules and optimizers; sums are
taken in another order, so results agree up to rounding (tests/test_fast.py). A single
thread computes, so the bits do not depend on the number of cores.

tile.py         the loop behind all products
kernels.py      compiled loops: products, pooling, loss
layers.py       the layers, forward and backward
optimizers.py   the weights, and the optimizers that change them
loop.py         a training step, an epoch, predictions

`unsupported` says what in a network is not implemented here; such a network is trained
and evaluated by torch itself.
"""

from helpers.fast.loop import FastLoop, altered, predict, unsupported

__all__ = ["FastLoop", "altered", "predict", "unsupported"]
