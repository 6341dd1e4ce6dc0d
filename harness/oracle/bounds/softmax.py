"""Bound of softmax and its logarithm, for any order of the sum, in one pass or several, whole or in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.formats import FORMATS
from harness.oracle.reference.softmax import Rows

Array = NDArray[Any]

#: Roundings of a division, or of a reciprocal that is off by one unit in the last place, and a multiplication.
_QUOTIENT = 4
#: For the reference, which has at least 11 bits more than what it judges; without them it may be off as far again.
_REFERENCE, _REFERENCE_ALIKE = 1.01, 2.01


@dataclass(frozen=True)
class Functions:
    """The legal error of exp and of log in the working format, in units in the last place."""

    exp: float
    log: float


def softmax_bound(to: Arithmetic, functions: Functions, rows: Rows) -> Array:
    """The error of every element of softmax.

    With u of the accumulator, ``w = 2 E u'`` for E units of exp in its format's own u', d and p as in ``Rows``, and r_j
    the number of distinct operands above operand j:

    1. operand j is subtracted from a running maximum, and in online algorithms (Milakov and Gimelshein, arXiv
       1805.02867) its power is multiplied by another one each time the maximum grows, which after it can happen r_j
       times at most, whatever the order and the blocks. The differences add up to d_j, so the power is off by ``u d_j
       + w + r_j (w + u)``;
    2. each of the n_j terms that are not zero beside it adds u: ``(n_j - 1) u`` (Rump, BIT 52, 2012);
    3. the quotient adds ``4 u``.

    Hence, relatively, ``(1 + A_i) (1 + 4 u) / (1 - sum_j p_j B_j) - 1`` with A of step 1 and B of steps 1 and 2, each
    taken to all orders as ``t / (1 - t)`` (Higham, Accuracy and Stability, lemma 3.1), with two eta for operands that
    are flushed; and where powers underflow, ``(1 + r_i)`` times what exp may lose there. The power of 0 is exactly 1,
    that of -inf exactly zero. With one maximum for all, this is ``u (d_i + sum p d) + (n + 4 E + 3) u``.
    """
    with np.errstate(all="ignore"):
        rank, of_powers, of_sum = _errors(to, functions, rows)
        numerator = _all_orders(of_powers)
        left = np.where(of_sum < 1, 1 - of_sum, np.nan)
        relative = (1 + numerator) * (1 + _QUOTIENT * to.u) / left - 1
        error = relative * rows.shares + (1 + rank) * (_lost(to, functions) + to.eta) + to.eta
        bound = _reference(to) * (error + to.u_out * (rows.shares + error) + to.eta_out)
        return np.where(np.isposinf(rows.below), 0.0, np.where(np.isnan(bound), np.inf, bound))


def log_softmax_bound(to: Arithmetic, functions: Functions, rows: Rows) -> Array:
    """The error of every element of the logarithm of softmax, ``-d - log(s)``, as the standard's own function has it.

    The difference from the maximum is off by ``u d``, the sum by ``b = sum_j p_j B_j`` as in ``softmax_bound``, its
    logarithm by ``b / (1 - b)`` and L units in the last place, ``2 L u' (log s + b / (1 - b))``, and the last
    subtraction by u of its result. Nothing may be rounded at the size of the operands themselves: adding log(s) to
    the maximum first is not that function.
    """
    with np.errstate(all="ignore"):
        form = FORMATS[to.accumulator]
        _, _, of_sum = _errors(to, functions, rows)
        shifted = _all_orders(of_sum)
        logarithm = rows.logarithm[..., None]
        of_logarithm = shifted + 2 * functions.log * form.unit_roundoff * (logarithm + shifted)
        of_logarithm = of_logarithm + functions.log * form.smallest_subnormal + to.eta
        error = to.u * rows.below + 2 * to.eta + of_logarithm
        error = error + to.u * (rows.below + logarithm + error) + 2 * to.eta
        bound = _reference(to) * (error + to.u_out * (rows.below + logarithm + error) + to.eta_out)
        return np.where(np.isposinf(rows.below), 0.0, np.where(np.isnan(bound), np.inf, bound))


def _errors(to: Arithmetic, functions: Functions, rows: Rows) -> tuple[Array, Array, Array]:
    """Of each operand r and A, first order; of each row the relative error of the sum of powers, all orders."""
    below = np.where(np.isnan(rows.below), np.inf, rows.below)
    rank, beside = _ranks(below, _reach(to))
    form = FORMATS[to.accumulator]
    power = 2 * functions.exp * form.unit_roundoff
    of_powers = to.u * below + 2 * to.eta + power + rank * (power + to.u)
    of_terms = np.where(rows.shares > 0, of_powers + np.maximum(beside - 1, 0) * to.u, 0.0)
    of_sum = np.where(rows.shares > 0, rows.shares * _all_orders(of_terms), 0.0).sum(axis=-1, keepdims=True)
    count = below.shape[-1]
    return rank, of_powers, of_sum + count * (1 + rank.max(axis=-1, keepdims=True)) * _lost(to, functions)


def _ranks(below: Array, reach: float) -> tuple[Array, Array]:
    """Of each operand: the number of distinct ones above it, and of those not so far below that they count as zero."""
    flat = below.reshape(-1, below.shape[-1])
    order = np.argsort(flat, axis=-1, kind="stable")
    ordered = np.take_along_axis(flat, order, axis=-1)
    distinct = np.zeros(flat.shape)
    distinct[:, 1:] = np.cumsum(ordered[:, 1:] != ordered[:, :-1], axis=-1)
    finite = np.isfinite(ordered)
    counts = [
        np.where(some, np.searchsorted(row[: int(some.sum())], row + reach, side="right"), 0.0)
        for row, some in zip(ordered, finite, strict=True)
    ]
    ranks, beside = np.empty(flat.shape), np.empty(flat.shape)
    np.put_along_axis(ranks, order, np.where(finite, distinct, 0.0), axis=-1)
    np.put_along_axis(beside, order, np.array(counts).reshape(flat.shape), axis=-1)
    return ranks.reshape(below.shape), beside.reshape(below.shape)


def _reach(to: Arithmetic) -> float:
    """How far below another an operand's power is zero beside it in the accumulator's format, or more."""
    return float(-np.log(FORMATS[to.accumulator].smallest_subnormal) + 2)


def _lost(to: Arithmetic, functions: Functions) -> float:
    """The most that a power that underflows is off by."""
    return to.eta + functions.exp * FORMATS[to.accumulator].smallest_subnormal


def _all_orders(first: Array) -> Array:
    return np.where(first < 1, first / (1 - first), np.inf)


def _reference(to: Arithmetic) -> float:
    if to.accumulator == "float64" and np.finfo(np.longdouble).nmant < FORMATS["float64"].p + 10:
        return _REFERENCE_ALIKE
    return _REFERENCE
