"""Dense operands with an exact reference: integers scaled by powers of two, multiplied and summed in int64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.bounds import held_to, inner_product_bound, sum_bound
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.problem import Problem, attributes_of
from harness.profile.model import Profile

Array = NDArray[Any]
Shape = tuple[int, ...]

#: Bits of an operand's significand: at most 24, so that 2**13 products of two stay exact in int64.
_MOST_BITS = 24
#: Bits for float64, for the same reason: what its full significand shows is asked with selectors.
_BITS_OF_FLOAT64 = 24


def dense(
    operation: Operation, types: Types, profile: Profile, draw: Draw, shape: Shape, kind: str, **attributes: Any
) -> Problem:
    """A problem of depth K on operands of full precision, with the bound of each of its elements.

    ``shape`` is (M, K, N); of a sum, M rows of K terms. ``kind`` is ``centred`` (from -1 to 1) or ``one-to-two``.
    """
    bits = _bits(types)
    rows, depth, columns = shape
    if operation.family == "sum":
        return _sum(operation, types, profile, _integers(draw, (rows, depth), bits, kind), bits)
    second = (rows, depth) if operation.name == "vecdot" else (depth, columns)
    a, b = _integers(draw, (rows, depth), bits, kind), _integers(draw, second, bits, kind)
    c = _integers(draw, (rows, columns), bits, kind)
    return _inner(operation, types, profile, (a, b, c), bits, attributes)


def cancelling(operation: Operation, types: Types, profile: Profile, draw: Draw, half: int) -> Problem:
    """A problem whose terms cancel in pairs, in a random order, but for one of middling size."""
    bits, rows, columns = _bits(types), 6, 5
    order = draw.permutation(2 * half + 1)
    left = _integers(draw, (rows, half), bits, "centred")
    rest = _integers(draw, (rows, 1), bits, "one-to-two")
    if operation.family == "sum":
        return _sum(operation, types, profile, np.concatenate([left, -left, rest], axis=1)[:, order], bits)
    a = np.concatenate([left, left, rest], axis=1)[:, order]
    right = _integers(draw, (rows if operation.name == "vecdot" else columns, half), bits, "centred")
    last = _integers(draw, (right.shape[0], 1), bits, "one-to-two")
    b = np.concatenate([right, -right, last], axis=1)[:, order]
    c = np.zeros((rows, columns), np.int64)
    return _inner(operation, types, profile, (a, b if operation.name == "vecdot" else b.T, c), bits, {})


def _bits(types: Types) -> int:
    p = FORMATS[types.inputs[0]].p
    return min(p, _MOST_BITS) if p < 53 else _BITS_OF_FLOAT64


def _integers(draw: Draw, shape: Shape, bits: int, kind: str) -> NDArray[np.int64]:
    """Integers of ``bits`` bits: of either sign and any size, or with the leading bit set."""
    least, most = 1 << (bits - 1), (1 << bits) - 1
    return draw.integers(least, most, shape) if kind == "one-to-two" else draw.integers(-most, most, shape)


def _scaled(values: Array, exponent: int, dtype: str) -> Array:
    return np.asarray(np.ldexp(values.astype(np.float64), exponent)).astype(numpy_dtype(dtype))


def _sum(operation: Operation, types: Types, profile: Profile, terms: Array, bits: int) -> Problem:
    count = terms.shape[1] if operation.name == "mean" else 1
    reference = np.ldexp(terms.sum(axis=1).astype(np.float64), -bits) / count
    magnitude = np.ldexp(np.abs(terms).sum(axis=1).astype(np.float64), -bits) / count
    bound = sum_bound(
        held_to(operation, types, profile), magnitude, (terms != 0).sum(axis=1), reference, divided=count > 1
    )
    operand = _scaled(terms, -bits, types.inputs[0])
    return Problem(operation, types, (operand,), reference, attributes_of(operation), bound)


def _inner(
    operation: Operation,
    types: Types,
    profile: Profile,
    integers: tuple[Array, Array, Array],
    bits: int,
    attributes: dict[str, Any],
) -> Problem:
    a, b, c = integers
    multiply = (lambda x, y: (x * y).sum(axis=-1)) if operation.name == "vecdot" else np.matmul
    product = np.ldexp(multiply(a, b).astype(np.float64), -2 * bits)
    magnitude = np.ldexp(multiply(np.abs(a), np.abs(b)).astype(np.float64), -2 * bits)
    terms = multiply((a != 0).astype(np.int64), (b != 0).astype(np.int64))
    operands = [_scaled(a, -bits, types.inputs[0]), _scaled(b, -bits, types.inputs[1])]
    chosen = attributes_of(operation) | attributes
    factors = 0
    if operation.name == "gemm":
        operands.append(_scaled(c, -bits, types.inputs[2]))
        added = np.ldexp(c.astype(np.float64), -bits)
        alpha, beta = chosen["alpha"], chosen["beta"]
        product = alpha * product + beta * added
        magnitude = abs(alpha) * magnitude + abs(beta) * np.abs(added)
        terms = terms + (added != 0)
        # Each factor is rounded to the accumulator's format and then multiplied with.
        factors = 2 * sum(factor not in (0.0, 1.0) for factor in (alpha, beta))
    bound = inner_product_bound(held_to(operation, types, profile), magnitude, terms, product, factors)
    return Problem(operation, types, tuple(operands), product, chosen, bound)
