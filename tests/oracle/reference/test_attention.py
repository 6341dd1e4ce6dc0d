"""The reference of attention, against the definition written out one query at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.draw import Draw
from harness.oracle.numbers import full_mantissa
from harness.oracle.reference.attention import attend, laid_out

Array = NDArray[Any]


def drawn(name: str, *shape: int) -> Array:
    return full_mantissa(Draw("0", "attention", name), "float32", shape, (-1, 1))


def weighted(scores: list[float], values: Array) -> list[float]:
    """The values weighted by softmax of the scores; zeros where all are minus infinity."""
    if all(score == -math.inf for score in scores):
        return [0.0] * values.shape[1]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = math.fsum(powers)
    return [math.fsum(p * float(v) for p, v in zip(powers, column, strict=True)) / total for column in values.T]


def score(q: Array, k: Array, scale: float) -> float:
    return scale * math.fsum(float(x) * float(y) for x, y in zip(q, k, strict=True))


def test_each_query_is_given_the_values_weighted_by_softmax_of_its_scores() -> None:
    q, k, v = drawn("q", 2, 3, 4, 5), drawn("k", 2, 3, 6, 5), drawn("v", 2, 3, 6, 2)
    found = attend([q, k, v], {}).result
    for b, h, s in np.ndindex(2, 3, 4):
        scores = [score(q[b, h, s], key, 1 / math.sqrt(5)) for key in k[b, h]]
        assert found[b, h, s] == pytest.approx(weighted(scores, v[b, h]), rel=1e-13)


def test_consecutive_query_heads_share_a_head_of_keys() -> None:
    q, k, v = drawn("q", 1, 4, 2, 3), drawn("k", 1, 2, 5, 3), drawn("v", 1, 2, 5, 2)
    found = attend([q, k, v], {"scale": 1.0}).result
    for h in range(4):
        scores = [score(q[0, h, 1], key, 1.0) for key in k[0, h // 2]]
        assert found[0, h, 1] == pytest.approx(weighted(scores, v[0, h // 2]), rel=1e-13)


@pytest.mark.parametrize("past", [0, 3])
def test_a_causal_query_sees_every_past_key_and_the_new_ones_up_to_its_own(past: int) -> None:
    q, k, v = drawn("q", 1, 1, 4, 3), drawn("k", 1, 1, 4 + past, 3), drawn("v", 1, 1, 4 + past, 2)
    seen = np.ones((4, 4 + past), np.bool_)
    operands = [q, k[:, :, past:], v[:, :, past:], seen, k[:, :, :past], v[:, :, :past]]
    found = attend(operands, {"is_causal": 1, "scale": 1.0}).result
    for s in range(4):
        scores = [score(q[0, 0, s], k[0, 0, t], 1.0) if t <= s + past else -math.inf for t in range(4 + past)]
        assert found[0, 0, s] == pytest.approx(weighted(scores, v[0, 0]), rel=1e-13)


def test_a_cap_bends_the_scores_before_a_mask_is_added() -> None:
    q, k, v = drawn("q", 1, 1, 1, 3), drawn("k", 1, 1, 4, 3), drawn("v", 1, 1, 4, 2)
    mask = np.array([[0.5, -math.inf, 0.0, -2.0]], np.float32)
    found = attend([q, k, v, mask], {"softcap": 1.5}).result
    raw = [score(q[0, 0, 0], key, 1 / math.sqrt(3)) for key in k[0, 0]]
    scores = [1.5 * math.tanh(one / 1.5) + float(bias) for one, bias in zip(raw, mask[0], strict=True)]
    assert found[0, 0, 0] == pytest.approx(weighted(scores, v[0, 0]), rel=1e-13)


def test_a_query_without_a_key_is_given_zeros() -> None:
    q, k, v = drawn("q", 1, 1, 2, 3), drawn("k", 1, 1, 4, 3), drawn("v", 1, 1, 4, 2)
    seen = np.array([[False] * 4, [True] * 4])
    found = attend([q, k, v, seen], {}).result
    assert (found[0, 0, 0] == 0).all()
    assert (found[0, 0, 1] != 0).all()


def test_heads_that_lie_side_by_side_give_what_they_give_on_an_axis_of_their_own() -> None:
    q, k, v = drawn("q", 2, 4, 6), drawn("k", 2, 5, 3), drawn("v", 2, 5, 2)
    found = laid_out(attend([q, k, v], {"q_num_heads": 2, "kv_num_heads": 1}).result, [q])
    assert found.shape == (2, 4, 4)
    second = attend([q[:, None, :, 3:], k[:, None], v[:, None]], {}).result[:, 0]
    assert (found[..., 2:] == second).all()


def test_the_magnitude_of_a_score_is_the_scaled_sum_of_absolute_products() -> None:
    q, k = np.array([1.0, -2.0, 0.0]).reshape(1, 1, 1, 3), np.array([3.0, 4.0, 5.0]).reshape(1, 1, 1, 3)
    found = attend([q, k, k], {"scale": -0.5})
    assert (found.scores.item(), found.magnitude.item(), found.terms.item()) == (2.5, 5.5, 2)
