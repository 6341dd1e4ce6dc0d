"""How far off a result may be: bounds that follow each element's own operands and the declared arithmetic.

No tolerance stands anywhere else. The unit roundoff is u = 2**-p of the accumulator; where rounding is not declared to
be to nearest, truncation is legal and counts double.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.interface.operation import Operation, Types
from harness.oracle.formats import FORMATS, is_float
from harness.profile.model import Profile

Array = NDArray[Any]

#: What the declarations of a rounding to nearest are called.
_TO_NEAREST = ("nearest-even", "nearest-away")


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic a result is held to: ``u`` of the accumulator, ``eta`` its least step, ``u_out`` of the output."""

    u: float
    eta: float
    u_out: float


def held_to(operation: Operation, types: Types, profile: Profile) -> Arithmetic:
    """The weakest arithmetic that is legal: the interface's accumulator, or the declared one where that is wider.

    A claim weaker than the interface's is not followed: a device that computes so fails.
    """
    declared = profile.arithmetic_of(operation.name, types.inputs[0])
    least = types.accumulate or types.out
    accumulator = least
    if declared.accumulator in FORMATS and is_float(least) and FORMATS[declared.accumulator].p > FORMATS[least].p:
        accumulator = declared.accumulator
    form, out = FORMATS[accumulator], FORMATS[types.out]
    twice = 1 if declared.rounding in _TO_NEAREST else 2
    flushes = declared.flush_inputs or declared.flush_outputs
    eta = max(form.smallest_subnormal, out.smallest_normal if flushes else out.smallest_subnormal)
    return Arithmetic(twice * form.unit_roundoff, eta, out.unit_roundoff)


def inner_product_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array, factors: int = 0) -> Array:
    """The error of an inner product in any order, with or without fused multiply-add.

    ``(s + 2 + c) u G + s eta + u_out |ref|``: ``terms`` is s, the number of non-zero products, ``magnitude`` is G, the
    sum of their absolute values (with gemm, ``|alpha| |A||B| + |beta||C|``), ``factors`` is c, the multiplications by
    alpha and beta. Jeannerod and Rump, Improved error bounds for inner products in floating-point arithmetic, SIAM J.
    Matrix Anal. Appl. 34(2), 2013: s u G holds for any order without underflow; eta and u_out account for underflow
    and for the rounding of the output.
    """
    bound = (terms + 2 + factors) * to.u * magnitude + terms * to.eta + to.u_out * np.abs(reference)
    # A sum of nothing is exactly zero.
    return np.asarray(np.where((terms == 0) & (magnitude == 0), 0.0, bound))


def sum_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array, *, divided: bool) -> Array:
    """The error of a sum in any order, and of the one division that makes it a mean.

    ``(n - 1) u sum|x|``, n the number of non-zero terms (Rump, Error estimation of floating-point summation and dot
    product, BIT 52, 2012), plus the rounding of the output and, for a mean, u for the division. ``magnitude`` is
    sum|x|, divided like the reference.
    """
    steps = np.maximum(terms - 1, 0) + (1 if divided else 0)
    return np.asarray(steps * to.u * magnitude + to.u_out * np.abs(reference))
