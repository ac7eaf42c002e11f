"""The same training, faster: forward and backward written out, layer by layer.

torch spends most of a small step in its bookkeeping and in convolutions that suit
larger networks, and most of a large one in writing and reading gradients that are used
once. Here every layer that the report's networks use has its gradient written by hand,
on buffers that are made once, and weights are updated as soon as their gradient is
known. The mathematics are those of torch's modules and optimizers; sums are taken in
another order, so results agree to rounding (tests/test_fast.py). One thread
computes, so the bits do not depend on the number of cores.

kernels.py      compiled loops: convolution, pooling, loss
layers.py       the layers, forward and backward
optimizers.py   the optimizers, and the weights in blocks
loop.py         a training step, an epoch, predictions

`unsupported` says what is not written out here; torch itself trains and evaluates it.
"""

from helpers.fast.loop import FastLoop, predict, unsupported

__all__ = ["FastLoop", "predict", "unsupported"]
