"""Compiled loops for what torch does slowly on small images and batches.

Activations have shape (C, H, W * B): for each pixel, the values of the B images of a
batch are adjacent. So the innermost loop is long whatever the size of the image, and a
shift by one column is a shift by B. All arrays are float32 and contiguous unless stated
otherwise.
"""

from functools import cache

import numpy as np
from numba import njit, uintp

from helpers.fast.tile import tile

# Sums may be reordered, products fused into them and the sign of zero ignored. Nothing
# else is relaxed: infinities and NaN behave as usual.
compiled = njit(
    cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy"
)

PIXELS = 64  # at a time, in `load_batch`
GAP = 64  # features, in `live_runs`


@compiled
def load_batch(images, rows, x):
    """Copy the images `rows` (B,) of `images` (N, P), uint8, to x (P, B), in [0, 1]."""
    pixels, batch = x.shape
    block = np.empty((batch, PIXELS), np.float32)  # transposed while it is in the cache
    for start in range(0, pixels, PIXELS):
        size = min(PIXELS, pixels - start)
        for b in range(batch):
            part = images[rows[b], start : start + size]
            for p in range(size):
                block[b, p] = part[p] / np.float32(255)
        for p in range(size):
            for b in range(batch):
                x[start + p, b] = block[b, p]


@cache
def product(rows, columns, rest):
    """Give the compiled loop of a dense layer or a convolution, in tiles (see `tiles`).

    It may call no compiled function that it closes over: numba looks it up in its cache
    on disk by the values of its closure, which must be numbers.
    """

    @compiled
    def multiply(weight, bias, x, places, runs, y):
        """Fill y (O, H, N): each number is a bias (O,) and a sum of weights times x.

        x is flat. In row i of y, each of runs[i] (n, 3) holds the first of the columns
        of the weight (O, K) that count, the end, which is excluded, and where in x
        what they are multiplied with begins; `places` (K,) tells them apart from there.
        """
        for i in range(y.shape[1]):
            for o in range(0, len(y), rows):
                for r in range(rows):
                    y[o + r, i] = bias[o + r]
                out, c = y[o : o + rows, i], y.shape[2] - rest
                for a, z, begin in runs[i]:
                    factors, apart, part = (
                        weight[o : o + rows, a:z],
                        places[: z - a],
                        x[begin:],
                    )
                    for d in range(0, c, columns):
                        tile(rows, columns, factors, apart, part[d:], out[:, d:])
                    tile(rows, rest, factors, apart, part[c:], out[:, c:])

    return multiply


@cache
def correlation_gradient(size, pair):
    """Give the loop of a convolution's gradient with respect to weight and bias.

    The kernels are `size` by `size`; with `pair` 1, not 0, for an even number of
    outputs, two outputs share each read of x. For the closure see `product`.
    """

    @compiled
    def gradient(x, dy, dweight, dbias, batch):
        dweight[:] = 0
        dbias[:] = 0
        shift = uintp(batch)
        for i in range(dy.shape[1]):
            for o in range(0, dy.shape[0], 1 + pair):
                row, row2 = dy[o, i], dy[o + pair, i]
                dbias[o] += row.sum()
                if pair:
                    dbias[o + 1] += row2.sum()
                for c in range(x.shape[0]):
                    for u in range(size):
                        line = x[c, i + u]
                        # a sum for each column of the kernels, all in registers
                        s0 = s1 = s2 = s3 = s4 = np.float32(0)
                        t0 = t1 = t2 = t3 = t4 = np.float32(0)
                        for p in range(len(row)):
                            q, g, h = uintp(p), row[p], row2[p]
                            s0 += g * line[q]
                            t0 += h * line[q]
                            if size > 1:
                                s1 += g * line[q + shift]
                                t1 += h * line[q + shift]
                            if size > 2:
                                s2 += g * line[q + uintp(2) * shift]
                                t2 += h * line[q + uintp(2) * shift]
                            if size > 3:
                                s3 += g * line[q + uintp(3) * shift]
                                t3 += h * line[q + uintp(3) * shift]
                            if size > 4:
                                s4 += g * line[q + uintp(4) * shift]
                                t4 += h * line[q + uintp(4) * shift]
                        sums = (s0, s1, s2, s3, s4), (t0, t1, t2, t3, t4)
                        for j in range(1 + pair):
                            for v in range(size):
                                dweight[o + j, c, u, v] += sums[j][v]

    return gradient


@compiled
def max_pool(x, y, batch):
    """Fill y (C, H / 2, W / 2 * B) with the maxima, two by two, of x (C, H, W * B)."""
    for c in range(y.shape[0]):
        for i in range(y.shape[1]):
            for q in range(0, y.shape[2], batch):
                top, low = x[c, 2 * i, 2 * q :], x[c, 2 * i + 1, 2 * q :]
                row = y[c, i, q : q + batch]
                for b in range(batch):
                    left = max(top[b], low[b])
                    right = max(top[b + batch], low[b + batch])
                    row[b] = max(left, right)


@compiled
def max_pool_gradient(x, dy, dx, batch):
    """Fill dx with `max_pool`'s gradient; of equal maxima, only the first gets it."""
    for c in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for q in range(0, dy.shape[2], batch):
                top, low = x[c, 2 * i, 2 * q :], x[c, 2 * i + 1, 2 * q :]
                dtop, dlow = dx[c, 2 * i, 2 * q :], dx[c, 2 * i + 1, 2 * q :]
                row = dy[c, i, q : q + batch]
                for b in range(batch):
                    first, second, third = top[b], top[b + batch], low[b]
                    largest = max(max(first, second), max(third, low[b + batch]))
                    is_1 = first == largest
                    is_2 = (second == largest) & (not is_1)
                    is_3 = (third == largest) & (not is_1) & (not is_2)
                    is_4 = not (is_1 | is_2 | is_3)
                    dtop[b], dtop[b + batch] = row[b] * is_1, row[b] * is_2
                    dlow[b], dlow[b + batch] = row[b] * is_3, row[b] * is_4


@compiled
def cross_entropy(logits, labels, weights, dlogits, sums):
    """Weighted mean cross-entropy of logits (K, B), with its gradient in `dlogits`.

    The labels are (B,), the class weights (K,). Adds the loss times B to `sums[0]` and
    the number of misclassified images to `sums[1]`; both are float64.
    """
    classes, batch = logits.shape
    whole = np.float32(0)
    for b in range(batch):
        whole += weights[labels[b]]
    loss = 0.0
    for b in range(batch):
        label, best = labels[b], 0
        for k in range(classes):
            if logits[k, b] > logits[best, b]:
                best = k
        total = np.float32(0)
        for k in range(classes):
            dlogits[k, b] = np.exp(logits[k, b] - logits[best, b])
            total += dlogits[k, b]
        share = weights[label] / whole
        for k in range(classes):
            dlogits[k, b] *= share / total
        dlogits[label, b] -= share
        loss += share * (np.log(total) + logits[best, b] - logits[label, b])
        sums[1] += best != label
    sums[0] += loss * batch


@compiled
def live_runs(x, runs):
    """Find the runs of features in x (K, B) that are not zero for all images.

    Fills `runs` (n, 3) with the first feature of each run, the end, which is excluded,
    and where the run begins in x; gives the number of runs, at least 1. Runs less than
    `GAP` features apart are joined. Behind a ReLU, many features can be zero for all
    images.
    """
    n, end = 0, -GAP
    for k in range(len(x)):
        for b in range(x.shape[1]):
            if x[k, b] != 0:
                if k - end >= GAP:
                    runs[n, 0], runs[n, 2] = k, k * x.shape[1]
                    n += 1
                end = k + 1
                runs[n - 1, 1] = end
                break
    if n == 0:
        runs[0] = 0, 1, 0
    return max(n, 1)
