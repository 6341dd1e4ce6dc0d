"""Bounds of fast Fourier transforms: of the two-norm of a transform's error, and of each element for one impulse."""

from __future__ import annotations

from math import ceil, log2, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic

Array = NDArray[Any]

#: The largest prime a length is taken apart into directly; one with a larger factor may go by way of a convolution.
_DIRECT = 7
#: How much a convolution with a chirp can enlarge an error.
_CHIRP = 2.0


def steps(length: int, *, real: bool) -> float:
    """By how many units u the two-norm of the error may exceed nothing, over the two-norm of the result.

    A power of two: 5 log2(n). A butterfly adds (u), after a complex product (``sqrt(5) u``; Brent, Percival and
    Zimmermann, Error bounds on complex floating-point multiplication, Math. Comp. 76, 2007) with a root rounded once
    (u): 4.24 u a level, relative in the two-norm, since each level is ``sqrt(2)`` times a unitary matrix (Higham,
    Accuracy and Stability, 2nd ed., Theorem 24.2, with that constant).
    A factor p of 3, 5 or 7: p products are added, which costs ``sqrt(p) (p + 3)`` in the norm, and one product between
    stages. Any other length: three transforms of the power of two not below 2 n - 1 (Bluestein, 1970).
    Real operands or results go through a complex transform of half the length, whose halves are put together again:
    ``sqrt(2)`` times as much and one level more. Scaling takes three roundings.
    """
    rest, found = length, 3.0
    for prime, cost in ((2, 5.0), (3, 6 * sqrt(3) + 4), (5, 8 * sqrt(5) + 4), (7, 10 * sqrt(7) + 4)):
        while rest % prime == 0:
            rest //= prime
            found += cost
    if rest > 1:
        found = 3 + _CHIRP * (15 * ceil(log2(2 * length - 1)) + 10)
    return 1.5 * found + 5 if real else found


def norm_bound(to: Arithmetic, norms: Array, length: int, reference_error: Array, *, real: bool) -> Array:
    """The largest two-norm of the error of each transform, from the norms of what is right."""
    relative = steps(length, real=real) * to.u
    underflow = 4 * length * sqrt(length) * to.eta
    error = relative * (1 + relative) * norms + underflow
    return np.asarray(error + to.u_out * (norms + error) + sqrt(length) * to.eta_out + reference_error)


def impulse_bound(to: Arithmetic, size: float, length: int, *, real: bool) -> float:
    """The largest error of an element of the transform of one impulse, for a length that is a power of two.

    Every level multiplies the one number that is not zero with a rounded root: (sqrt(5) + 1) u, hence 4 log2(n) u; of
    real transforms twice as much, since two halves are added whose errors are those of the whole. Scaling takes three
    roundings.
    """
    levels = max(log2(length), 1.0)
    count = (8 * levels + 8 if real else 4 * levels) + 3
    return float(count * to.u * (1 + count * to.u) * size + 2 * to.u_out * size + 4 * length * to.eta + to.eta_out)
