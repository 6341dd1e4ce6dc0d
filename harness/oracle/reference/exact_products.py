"""Matrix products of float64 numbers, exact and rounded once at the end.

Operands are cut into slices of so few bits that float64 adds their products without error (Ozaki, Ogita, Oishi and
Rump, Error-free transformations of matrix multiplication, Numerical Algorithms 59, 2012); what the slices give is put
together as whole numbers of any length and rounded once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: The significand of float64 as a whole number has so many bits.
_BITS = 53


def exact_product(a: Array, b: Array) -> NDArray[np.float64]:
    """The product of two stacks of matrices of finite float64 numbers, each element rounded once, to nearest even."""
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    # Terms that are zero everywhere need no slices.
    kept = (a != 0).any(axis=tuple(range(a.ndim - 1))) & (b != 0).any(axis=(*range(b.ndim - 2), b.ndim - 1))
    a, b = a[..., kept], b[..., kept, :]
    depth = a.shape[-1]
    width = (_BITS - max(depth - 1, 0).bit_length()) // 2
    left, right = _slices(a, width), _slices(b, width)
    if not left or not right:
        return np.zeros(shape)
    least = min(left) + min(right)
    total = np.zeros(shape, dtype=object)
    for weight in sorted({p + q for p in left for q in right}):
        for p, piece in left.items():
            if weight - p in right:
                part = np.matmul(piece, right[weight - p])
                if part.any():
                    total = total + _whole(part) * (1 << (width * (weight - least)))
    rounded = [_rounded(int(number), width * least) for number in total.reshape(-1)]
    return np.array(rounded, dtype=np.float64).reshape(shape)


def _slices(values: Array, width: int) -> dict[int, NDArray[np.float64]]:
    """Matrices of whole numbers below 2**width by n, that times 2**(width n) add up to the values; none of zeros."""
    fraction, exponent = np.frexp(values.astype(np.float64))
    whole = np.abs(np.ldexp(fraction, _BITS)).astype(np.int64)
    lowest = np.asarray(exponent, dtype=np.int64) - _BITS
    signs = np.sign(fraction)
    found: dict[int, NDArray[np.float64]] = {}
    held = whole != 0
    if not held.any():
        return found
    first, last = int(lowest[held].min()) // width, int(lowest[held].max() + _BITS) // width
    for place in range(first, last + 1):
        shift = lowest - width * place
        piece = np.where(shift >= 0, _left(whole, shift, width), _right(whole, -shift, width))
        if piece.any():
            found[place] = signs * piece
    return found


def _left(whole: Array, shift: Array, width: int) -> Array:
    """The lowest ``width`` bits of numbers shifted to the left."""
    kept = np.clip(width - shift, 0, width)
    return np.asarray((whole & ((np.int64(1) << kept) - 1)) << np.clip(shift, 0, width))


def _right(whole: Array, shift: Array, width: int) -> Array:
    """The lowest ``width`` bits of numbers shifted to the right."""
    return np.asarray((whole >> np.clip(shift, 0, 62)) & ((1 << width) - 1))


def _whole(values: Array) -> Array:
    return np.asarray(values).astype(np.int64).astype(object)


def _rounded(number: int, exponent: int) -> float:
    """``number * 2**exponent`` in float64: dividing whole numbers rounds once, also to a subnormal number."""
    try:
        return float(number << exponent) if exponent >= 0 else number / (1 << -exponent)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
