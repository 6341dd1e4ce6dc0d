"""Bounds of sums and inner products: they follow the operands of each element, and hold for any order of evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic

Array = NDArray[Any]

#: The reference is exact but for at most four roundings in float64: into it, by alpha and beta or a mean's division.
OF_THE_REFERENCE = 4 * 2.0**-53


def inner_product_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array, factors: int = 0) -> Array:
    """The error of an inner product in any order, with or without fused multiply-add.

    ``e = (s + 2 + c) u G + s eta``, and for the rounding of the output ``u_out (|ref| + e) + eta_out``. ``terms`` is
    s, the number of non-zero products, ``magnitude`` is G, the sum of their absolute values (with gemm, ``|alpha|
    |A||B| + |beta||C|``), ``factors`` is c, the multiplications by alpha and beta. Jeannerod and Rump, Improved error
    bounds for inner products in floating-point arithmetic, SIAM J. Matrix Anal. Appl. 34(2), 2013: s u G holds for any
    order without underflow. Operands are taken to be normal.
    """
    error = (terms + 2 + factors) * to.u * magnitude + terms * to.eta
    return rounded(to, error, magnitude, terms, reference)


def sum_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array, *, divided: bool) -> Array:
    """The error of a sum in any order, and of the one division that makes it a mean.

    ``(n - 1) u sum|x|``, n the number of non-zero terms (Rump, Error estimation of floating-point summation and dot
    product, BIT 52, 2012), for a mean u more for the division, plus the rounding of the output. ``magnitude`` is
    sum|x|, divided like the reference.
    """
    # Dividing adds u relative to the sum as computed, which is larger than sum|x| by no more than its error.
    steps = np.maximum(terms - 1, 0)
    error = steps * to.u * magnitude
    if divided:
        error = error + to.u * (magnitude + error) + to.eta
    return rounded(to, error, magnitude, terms, reference)


def rounded(to: Arithmetic, error: Array, magnitude: Array, terms: Array, reference: Array) -> Array:
    """The error after rounding to the output, and of the reference itself; a sum of nothing is exactly zero."""
    bound = error + to.u_out * (np.abs(reference) + error) + to.eta_out + OF_THE_REFERENCE * magnitude
    return np.asarray(np.where(terms == 0, 0.0, bound))
