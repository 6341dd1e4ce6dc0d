"""Bound of a rotary embedding: two products and one sum in the accumulator, rounded once to the output."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic

Array = NDArray[Any]


def rotation_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array) -> Array:
    """``e = s u G + s eta``, then ``u_out (|ref| + e) + eta_out``: s u G holds with or without a fused multiply-add.

    ``magnitude`` is G, the sum of the absolute values of the two products, ``terms`` is s, how many of them are not
    zero. Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34(2), 2013 (inner product of n = 2 terms: n u |x|'|y|). A
    result of zero products only is exactly zero.
    """
    with np.errstate(invalid="ignore"):
        error = terms * to.u * magnitude + terms * to.eta
        bound = error + to.u_out * (np.abs(reference) + error) + to.eta_out
    return np.asarray(np.where(terms == 0, 0.0, bound))
