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
from harness.oracle.formats import FORMATS, Format, is_float
from harness.profile.model import Profile

Array = NDArray[Any]

#: What the declarations of a rounding to nearest are called.
_TO_NEAREST = ("nearest-even", "nearest-away")
#: The reference is exact but for at most four roundings in float64: into it, by alpha and beta or a mean's division.
_OF_THE_REFERENCE = 4 * 2.0**-53


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic a result is held to.

    ``u`` and ``eta`` are the accumulator's: its unit roundoff, doubled where truncation is legal, and the most that
    underflow takes from one term (the smallest subnormal, or the smallest normal number where flushing is declared).
    ``u_out`` and ``eta_out`` are the same of the output.
    """

    u: float
    eta: float
    u_out: float
    eta_out: float


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
    flushes = bool(declared.flush_inputs or declared.flush_outputs)
    return Arithmetic(
        twice * form.unit_roundoff, _least_step(form, flushes), out.unit_roundoff, _least_step(out, flushes)
    )


def _least_step(form: Format, flushes: bool) -> float:
    return form.smallest_normal if flushes else form.smallest_subnormal


def inner_product_bound(to: Arithmetic, magnitude: Array, terms: Array, reference: Array, factors: int = 0) -> Array:
    """The error of an inner product in any order, with or without fused multiply-add.

    ``e = (s + 2 + c) u G + s eta``, and for the rounding of the output ``u_out (|ref| + e) + eta_out``. ``terms`` is
    s, the number of non-zero products, ``magnitude`` is G, the sum of their absolute values (with gemm, ``|alpha|
    |A||B| + |beta||C|``), ``factors`` is c, the multiplications by alpha and beta. Jeannerod and Rump, Improved error
    bounds for inner products in floating-point arithmetic, SIAM J. Matrix Anal. Appl. 34(2), 2013: s u G holds for any
    order without underflow. Operands are taken to be normal.
    """
    error = (terms + 2 + factors) * to.u * magnitude + terms * to.eta
    return _rounded(to, error, magnitude, terms, reference)


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
    return _rounded(to, error, magnitude, terms, reference)


def _rounded(to: Arithmetic, error: Array, magnitude: Array, terms: Array, reference: Array) -> Array:
    """The error after rounding to the output, and of the reference itself; a sum of nothing is exactly zero."""
    bound = error + to.u_out * (np.abs(reference) + error) + to.eta_out + _OF_THE_REFERENCE * magnitude
    return np.asarray(np.where(terms == 0, 0.0, bound))
