"""The bound of an average over a window: that of a sum, and of the division."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.convolution import of_the_reference
from harness.oracle.bounds.sums import rounded

Array = NDArray[Any]


def average_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array) -> Array:
    """The error of a sum in any order, divided by a whole number, or of the same with each term divided.

    ``(n - 1) u M`` for the sum of n non-zero terms, M their mean absolute value (Rump, Error estimation of
    floating-point summation and dot product, BIT 52, 2012); 2u more for the division, which may be a multiplication by
    the rounded reciprocal, before the addition or after it; eta for each quotient that underflows; and the rounding of
    the output. Both ``magnitude`` and ``reference`` are divided already.
    """
    summed = np.maximum(terms - 1, 0) * to.u * magnitude
    # The square of u: each of the roundings of the division is relative to what was added with an error.
    error = summed + 2 * to.u * (1 + to.u) * (magnitude + summed) + np.maximum(terms, 1) * to.eta
    return rounded(to, error, magnitude, terms, reference) + of_the_reference(magnitude, terms)
