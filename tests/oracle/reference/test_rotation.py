"""The reference of a rotary embedding: pairs are complex numbers, and turning them is multiplication."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.draw import Draw
from harness.oracle.numbers import full_mantissa
from harness.oracle.reference.rotation import turn

Array = NDArray[Any]


def drawn(name: str, *shape: int) -> Array:
    return full_mantissa(Draw("0", "rotation", name), "float32", shape, (-1, 1)).astype(np.float64)


@pytest.mark.parametrize("interleaved", [0, 1])
def test_each_pair_is_a_complex_number_times_that_of_its_position(interleaved: int) -> None:
    x, cos, sin = drawn("x", 2, 3, 4, 6), drawn("cos", 9, 3), drawn("sin", 9, 3)
    positions = np.array([[0, 8, 3, 3], [5, 1, 2, 7]])
    found = turn([x, cos, sin, positions], {"interleaved": interleaved}).result
    for b, h, s, pair in np.ndindex(2, 3, 4, 3):
        first, second = (2 * pair, 2 * pair + 1) if interleaved else (pair, pair + 3)
        angle = complex(cos[positions[b, s], pair], sin[positions[b, s], pair])
        turned = complex(x[b, h, s, first], x[b, h, s, second]) * angle
        assert (found[b, h, s, first], found[b, h, s, second]) == (turned.real, turned.imag)


def test_without_positions_every_token_has_a_row_of_its_own() -> None:
    x, cos, sin = drawn("x", 2, 1, 3, 2), drawn("cos", 2, 3, 1), drawn("sin", 2, 3, 1)
    found = turn([x, cos, sin], {}).result
    assert (found[:, 0, :, 0] == cos[..., 0] * x[:, 0, :, 0] - sin[..., 0] * x[:, 0, :, 1]).all()


def test_channels_beyond_those_turned_are_as_they_were() -> None:
    x, cos, sin = drawn("x", 1, 2, 3, 8), drawn("cos", 1, 3, 2), drawn("sin", 1, 3, 2)
    found = turn([x, cos, sin], {"rotary_embedding_dim": 4}).result
    assert (found[..., 4:] == x[..., 4:]).all()
    assert (found[..., :4] == turn([x[..., :4], cos, sin], {}).result).all()


def test_heads_that_lie_side_by_side_are_turned_alike() -> None:
    x, cos, sin = drawn("x", 2, 3, 8), drawn("cos", 2, 3, 2), drawn("sin", 2, 3, 2)
    found = turn([x, cos, sin], {"num_heads": 2}).result
    for head in (0, 1):
        part = x[:, None, :, 4 * head : 4 * head + 4]
        assert (found[..., 4 * head : 4 * head + 4] == turn([part, cos, sin], {}).result[:, 0]).all()
