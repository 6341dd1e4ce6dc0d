"""The bound of a product of matrices, of the scaled one too, against a reference computed in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.sums import inner_product_bound

Array = NDArray[Any]

#: The unit roundoff of the reference.
_OF_FLOAT64 = 2.0**-53
#: Units that align products of 8-bit numbers to the largest keep 13 bits behind its first (DeepSeek-AI, DeepSeek-V3
#: Technical Report, arXiv 2412.19437, 2024, 3.3.2: "around 14 bits").
_ALIGNED = 2.0**-13


def matrix_product_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array, factors: int = 0) -> Array:
    """The error of alpha A B + beta C in any order, against a reference that float64 added in an order of its own.

    ``inner_product_bound``, and for the reference ``(s + 3) 2**-53 G``: the sum of s products, which float64 holds
    exactly, takes s - 1 additions, and alpha, beta and C three more steps (Jeannerod and Rump, 2013). ``factors`` is
    two for each of alpha and beta that is neither 0 nor 1: it is rounded to the accumulator's format, and multiplied
    with. Additions of subnormal numbers are exact, but may be flushed as products may: as much again for underflow.
    """
    bound = inner_product_bound(to, magnitude, terms, reference, factors) + (terms + factors) * to.eta
    return np.asarray(np.where(terms == 0, 0.0, bound + (terms + 3) * _OF_FLOAT64 * magnitude))


def factors_of(*scales: float) -> int:
    """How many roundings factors bring in: two for each that is neither 0 nor 1."""
    return 2 * sum(scale not in (0.0, 1.0) for scale in scales)


def of_short_operands(to: Arithmetic, *, to_nearest: bool) -> Arithmetic:
    """The weakest arithmetic that is legal for sums of products of 8-bit numbers.

    Unless rounding to nearest is declared, units may align a group of products and the running sum to the largest of
    them and drop what is below 2**-13 of it: at most 2**-13 G for each of s terms and for each of at most s groups
    that have terms, ``s 2**-12 G`` in all. Dropping makes no partial sum larger than G.
    """
    return to if to_nearest else replace(to, u=max(to.u, 2 * _ALIGNED))
