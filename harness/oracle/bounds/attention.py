"""Bound of attention, for any order of its sums, in one pass or several, whole, in blocks, or split over the keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.formats import FORMATS
from harness.oracle.reference.attention import Attended

Array = NDArray[Any]

#: The legal error of exp and of log is 3 units in the last place, of tanh 5: twice that in unit roundoffs.
_EXP, _LOG, _TANH = 6, 6, 10
#: Roundings that scaling costs: those of 1/sqrt(d), of its root, of Q and K each times that, and of one more factor
#: (log2 e, for a power of two in place of e).
_SCALING = 7
#: Roundings of a division by the sum, or of a reciprocal and a multiplication.
_DIVISION = 4
#: Weights below this share of the largest are zero in float32 as they are in float64.
_MOST = 80.0


def attention_bound(to: Arithmetic, found: Attended) -> Array:
    """The error of every element of the result (B, H, S, D), for the operands of its own query, keys and values.

    With u of the accumulator, n visible keys, s their exact scores, m the largest, p their weights, d_j = m - s_j,
    M_j = max(|s_j|, |m|) and r_j the number of keys whose score is larger:

    1. a score is off by ``e_j = (t_j + 2 + 7) u |scale| |q|'|k| + 2 u |s_j|``: an inner product of t_j terms (Jeannerod
       and Rump, 2013), seven roundings by the scale, and the addition of the bias; a cap adds 13 u |raw|;
    2. its power is then off, relatively, by ``eps_j = e_j + 2 u d_j + 2 u M_j (1 + r_j) + (6 + 7 r_j) u``: the
       subtraction, or the fused subtraction of both times log2 e, an error of exp, and in online algorithms (Milakov
       and Gimelshein, arXiv 1805.02867) the same and one product each time the running maximum grows, which after key
       j it can do r_j times whatever the order and the blocks;
    3. a weight is ``p_j e^delta_j / sum_k p_k e^delta_k`` with ``|delta| <= eps``: its largest and smallest value are
       taken, so errors that all weights share cancel;
    4. the sums of weights and of values, the division, and one merge of parts by their log-sum-exp (Dao et al.,
       Flash-Decoding, 2023) add ``(2 n + 5) u + u (2 |m| + 10 log n + 10)``, the latter for more than one key only;
    5. where the operands are shorter than the accumulator each weight may be rounded once to their type before it is
       multiplied by its value (as the units that multiply matrices need it; Dao, FlashAttention-2, 2023): ``u_p p_j
       + eta_p``, with u_p doubled as u is where truncation is legal.

    Hence ``error <= sum_j p_j |v_j| (w_j + u_p + ...) + eta sum_j |v_j|``, rounded once to the output. Values that are
    all zero give exactly zero. Taken to all orders in steps 3 and 4; steps 1 and 2 are of first order, and tested.
    """
    with np.errstate(all="ignore"):
        seen = found.weights > 0
        count = seen.sum(axis=-1, keepdims=True)
        largest = np.where(seen, found.scores, -np.inf).max(axis=-1, keepdims=True)
        powers = np.where(seen, np.minimum(_of_powers(to, found, largest), _MOST), 0.0)
        merged = np.where(count > 1, 2 * np.abs(largest) + (_LOG + 4) * np.log(np.maximum(count, 1)) + _EXP + 4, 0.0)
        common = to.u * (2 * count + 1 + _DIVISION + merged)
        of_weights = _of_weights(found.weights, powers) + np.expm1(np.minimum(common, _MOST))
        least = to.eta
        if to.u_out > to.u:
            twice = to.u / FORMATS[to.accumulator].unit_roundoff
            of_weights = of_weights + twice * to.u_out * (1 + of_weights)
            least = to.eta_out
        values = np.abs(found.values)
        error = (found.weights * of_weights) @ values + 2 * least * (seen.astype(np.float64) @ values)
        bound = error + to.u_out * (np.abs(found.result) + error) + to.eta_out + count * to.eta
    nothing = (seen.astype(np.float64) @ np.where(np.isnan(values), 1.0, values)) == 0
    return np.asarray(np.where(nothing, 0.0, bound))


def _of_powers(to: Arithmetic, found: Attended, largest: Array) -> Array:
    """The relative error of each power before it is divided, in every algorithm that is legal."""
    scores = (found.terms + 2 + _SCALING) * to.u * found.magnitude + found.terms * to.eta
    scores = scores + 2 * to.u * np.abs(found.scores) + (_TANH + 3) * to.u * np.abs(found.capped)
    distance = largest - found.scores
    reach = np.maximum(np.abs(found.scores), np.abs(largest))
    larger = _larger(found.scores)
    return np.asarray(scores + to.u * (2 * distance + 2 * reach * (1 + larger) + _EXP + (_EXP + 1) * larger))


def _larger(scores: Array) -> Array:
    """How many scores of its row are larger than each: a running maximum can grow no oftener."""
    order = np.argsort(-scores, axis=-1, kind="stable")
    sorted_scores = np.take_along_axis(-scores, order, axis=-1)
    places = np.broadcast_to(np.arange(scores.shape[-1]), scores.shape)
    starts = np.where(np.diff(sorted_scores, axis=-1, prepend=-np.inf) > 0, places, 0)
    ranks = np.empty(scores.shape, np.int64)
    np.put_along_axis(ranks, order, np.maximum.accumulate(starts, axis=-1), axis=-1)
    return ranks


def _of_weights(weights: Array, powers: Array) -> Array:
    """The largest relative change of each weight when every power is off by at most its own share."""
    up, down = np.exp(powers), np.exp(-powers)
    others_up = (weights * up).sum(axis=-1, keepdims=True) - weights * up
    others_down = (weights * down).sum(axis=-1, keepdims=True) - weights * down
    more = 1 / (weights + down * others_down) - 1
    less = 1 - 1 / (weights + up * others_up)
    return np.asarray(np.clip(np.maximum(more, less), 0.0, None))
