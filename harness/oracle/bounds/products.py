"""The bound of a product of many factors: relative to it, and for any order of multiplication."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.sums import OF_THE_REFERENCE

Array = NDArray[Any]


def product_bound(to: Arithmetic, factors: Array, largest: Array, reference: Array) -> Array:
    """The error of a product of n numbers, multiplied in any order.

    ``((1 + u)**(n - 1) - 1) |ref|``: n - 1 roundings, each of a relative error up to u (Higham, Accuracy and Stability
    of Numerical Algorithms, 2nd ed., Lemma 3.1; of order (n - 1) u: Rump, Bünger and Jeannerod, BIT 56, 2016), plus
    what underflow takes at a step, eta, times the factors above one that can still follow, ``largest``; plus the
    rounding of the output. No partial product may overflow.
    """
    steps = np.maximum(factors - 1, 0)
    growth = np.expm1(steps * np.log1p(to.u))
    error = growth * np.abs(reference) + steps * to.eta * largest * (1 + growth)
    bound = error + to.u_out * (np.abs(reference) + error) + to.eta_out + OF_THE_REFERENCE * np.abs(reference)
    return np.asarray(bound)
