"""The bound of a convolution: that of the inner product of each window with its kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.sums import inner_product_bound

Array = NDArray[Any]


def convolution_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array) -> Array:
    """The error of a sum of products over a window, in any order, with or without fused multiply-add.

    ``(s + 2) u G + s eta`` and the rounding of the output: ``terms`` is s, the number of non-zero products with the
    bias as one more, ``magnitude`` is G, the sum of their absolute values (Jeannerod and Rump, Improved error bounds
    for inner products in floating-point arithmetic, SIAM J. Matrix Anal. Appl. 34(2), 2013). Without a non-zero term
    the result is exactly zero. Algorithms that transform their operands, such as Winograd's or those by Fourier
    transforms, have errors that follow the largest operands of a neighbourhood, and do not keep to it.
    """
    return inner_product_bound(to, magnitude, terms, reference) + of_the_reference(magnitude, terms)


def of_the_reference(magnitude: Array, terms: Array) -> Array:
    """What the reference may be off by itself: n 2**-53 of the magnitude, where it adds n terms in float64."""
    return np.asarray(terms * 2.0**-53 * magnitude)
