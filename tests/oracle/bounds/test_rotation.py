"""The bound of a rotary embedding: two products and a sum, fused or not, to nearest or cut off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.rotation import rotation_bound
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.numbers import full_mantissa
from tests.oracle.attention_kernels import nearest, to_tf32, toward_zero

Floats = NDArray[np.float64]


def arithmetic(u: float) -> Arithmetic:
    single = FORMATS["float32"]
    return Arithmetic("float32", u, single.smallest_subnormal, single.unit_roundoff, single.smallest_subnormal)


def share(compute: Callable[[Floats, Floats, Floats, Floats], Floats], u: float) -> float:
    """The largest error over its bound of cos a - sin b, where the products are alike and where they cancel."""
    cos, sin, a, b = (full_mantissa(Draw("0", "rotation", str(i)), "float32", (4000,), (-2, 1)) for i in range(4))
    b[::2] = (cos.astype(np.float64) * a / sin)[::2]
    cos, sin, a, b = (values.astype(np.float64) for values in (cos, sin, a, b))
    exact = cos * a - sin * b
    bound = rotation_bound(arithmetic(u), np.abs(cos * a) + np.abs(sin * b), np.full(4000, 2), exact)
    return float((np.abs(compute(cos, sin, a, b) - exact) / bound).max())


@pytest.mark.parametrize(("step", "u"), [(nearest, 2.0**-24), (toward_zero, 2.0**-23)])
def test_products_rounded_before_the_sum_and_fused_ones_stay_within_it(
    step: Callable[[Floats], Floats], u: float
) -> None:
    assert share(lambda cos, sin, a, b: step(step(cos * a) - step(sin * b)), u) < 1
    assert share(lambda cos, sin, a, b: step(cos * a - step(sin * b)), u) < 1
    assert share(lambda cos, sin, a, b: step(step(cos * a) - sin * b), u) < 1


def test_operands_of_11_bits_exceed_it_by_far() -> None:
    assert share(lambda cos, sin, a, b: to_tf32(cos) * to_tf32(a) - to_tf32(sin) * to_tf32(b), 2.0**-24) > 100


def test_products_of_zero_leave_no_error() -> None:
    zero = np.zeros(1)
    assert rotation_bound(arithmetic(2.0**-24), zero, zero, zero) == 0
