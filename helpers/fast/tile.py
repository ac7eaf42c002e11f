"""The loop behind all products: sums that stay in the processor's registers.

    y[r, c] += sum over k of factors[r, k] * x[offsets[k] + c]

for a tile of a few rows and columns. A dense layer, a convolution and a sum of some
rows of a matrix are all of this kind. A number that is loaded serves a whole row or
column of the tile, and a sum is stored once, when it is complete: compilers do not find
this by themselves. It is written in the language of LLVM, the compiler below numba,
since Python has no name for a vector register.
"""

from itertools import accumulate, product

from llvmlite import binding, ir
from numba import config, types
from numba.extending import intrinsic

FLOAT, INT, PLACE = ir.FloatType(), ir.IntType(64), ir.IntType(32)
FUSED = ("contract",)  # a product and its sum may be one instruction


# Numbers in a vector register, and how many such registers there are.
HAS = {} if config.CPU_NAME == "generic" else binding.get_host_cpu_features()
LANES, REGISTERS = (16, 32) if HAS.get("avx512f") else (8 if HAS.get("avx") else 4, 16)


def tiles(outputs: int, columns: int) -> tuple[int, int, int]:
    """Rows and columns of the tiles for a result of this size, and columns left over.

    The rows divide the outputs. The registers hold all sums, a row of x and a factor.
    The columns left over, on the right, make a tile too.
    """
    rows = max(n for n in range(1, REGISTERS // 4 + 1) if outputs % n == 0)
    width = min((REGISTERS - 1) // (rows + 1), 8) * LANES
    return rows, min(width, columns), columns % width if width < columns else 0


@intrinsic(prefer_literal=True)
def tile(_typing, rows, columns, factors, offsets, x, y):
    """Add to y (rows, columns) the products of factors (rows, K) with parts of x (N,).

    `rows` and `columns` are constants; `offsets` (K,) of intp say where the parts of x
    begin. Every processor adds the terms of a sum in their order. x, the offsets and
    each row of the others are contiguous; nothing is checked.
    """
    sizes = [getattr(size, "literal_value", None) for size in (rows, columns)]
    if None in sizes:
        return None  # numba asks again, with the constants
    signature = types.void(rows, columns, factors, offsets, x, y)

    def generate(context, builder, signature, arguments):
        arrays = [
            _Array(builder, context.make_array(kind)(context, builder, value))
            for kind, value in zip(signature.args[2:], arguments[2:], strict=True)
        ]
        _write(builder, *sizes, *arrays)
        return context.get_dummy_value()

    return signature, generate


class _Array:
    """An array's numbers, by their place: constant or not, one for each axis."""

    def __init__(self, b: ir.IRBuilder, array):
        self.b, self.data = b, array.data
        axes = range(array.strides.type.count)
        self.strides = [b.extract_value(array.strides, axis) for axis in axes]
        self.shape = [b.extract_value(array.shape, axis) for axis in axes]

    def _at(self, place: tuple, kind: ir.Type):
        *row, last = [n if isinstance(n, ir.Value) else INT(n) for n in place]
        address = self.b.bitcast(self.data, ir.IntType(8).as_pointer())
        for number, stride in zip(row, self.strides, strict=False):
            address = self.b.gep(address, [self.b.mul(stride, number)])
        address = self.b.gep(self.b.bitcast(address, self.data.type), [last])
        return self.b.bitcast(address, kind.as_pointer())

    def load(self, *place, kind: ir.Type = FLOAT):
        """The number, or the vector, that begins at a place."""
        value = self.b.load(self._at(place, kind))
        value.align = 8 if kind is INT else 4
        return value

    def store(self, value, *place) -> None:
        """Write a number, or a vector, from a place on."""
        self.b.store(value, self._at(place, value.type)).align = 4


def _write(b, rows: int, columns: int, factors, offsets, x, y) -> None:
    """Write a loop over the terms, between loading the sums and storing them."""
    widths = _widths(columns)
    starts = list(accumulate(widths, initial=0))[:-1]
    kinds = [ir.VectorType(FLOAT, width) for width in widths]
    vectors = range(len(widths))
    places = list(product(range(rows), vectors))  # of the sums, by row and vector
    before = [y.load(r, starts[v], kind=kinds[v]) for r, v in places]
    start, n = b.block, offsets.shape[0]
    terms, whole, end = (
        b.append_basic_block(name) for name in ("terms", "whole", "end")
    )
    b.cbranch(b.icmp_signed(">", n, INT(0)), terms, end)

    b.position_at_end(terms)
    k, sums = b.phi(INT), [b.phi(kinds[v]) for _, v in places]
    offset = offsets.load(k, kind=INT)
    xs = [x.load(b.add(offset, INT(starts[v])), kind=kinds[v]) for v in vectors]
    numbers = [factors.load(r, k) for r in range(rows)]
    after = []
    for total, (r, v) in zip(sums, places, strict=True):
        term = b.fmul(_spread(b, numbers[r], kinds[v]), xs[v], flags=FUSED)
        after.append(b.fadd(total, term, flags=FUSED))
    following = b.add(k, INT(1))
    firsts, nexts = [INT(0), *before], [following, *after]
    for phi, first, next_ in zip([k, *sums], firsts, nexts, strict=True):
        phi.add_incoming(first, start)
        phi.add_incoming(next_, terms)
    b.cbranch(b.icmp_signed("<", following, n), terms, whole)

    b.position_at_end(whole)
    for total, (r, v) in zip(after, places, strict=True):
        y.store(total, r, starts[v])
    b.branch(end)
    b.position_at_end(end)


def _spread(b: ir.IRBuilder, number, kind: ir.VectorType):
    """A vector of one number."""
    empty = ir.Constant(kind, ir.Undefined)
    vector = b.insert_element(empty, number, PLACE(0))
    places = ir.Constant(ir.VectorType(PLACE, kind.count), None)
    return b.shuffle_vector(vector, empty, places)


def _widths(columns: int) -> list[int]:
    """Widths of vectors for so many columns: a register's, then smaller powers of 2."""
    smaller = [1 << n for n in (3, 2, 1, 0) if (columns % LANES) >> n & 1]
    return [LANES] * (columns // LANES) + smaller
