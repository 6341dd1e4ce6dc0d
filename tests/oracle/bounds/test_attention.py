"""The bound of attention: no legal algorithm exceeds it, and kernels of too little precision do."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.attention import attention_bound
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, round_to
from harness.oracle.numbers import full_mantissa
from harness.oracle.reference.attention import attend
from tests.oracle.attention_kernels import Kernel, nearest, to_short, to_tf32, toward_zero


def arithmetic(dtype: str, *, truncates: bool = False) -> Arithmetic:
    single, out = FORMATS["float32"], FORMATS[dtype]
    u = single.unit_roundoff * (2 if truncates else 1)
    return Arithmetic("float32", u, single.smallest_subnormal, out.unit_roundoff, out.smallest_subnormal)


def share_of_bound(kernel: Kernel, dtype: str, keys: int, shape: str, *, truncates: bool = False) -> float:
    """The largest error of a kernel over its bound."""
    draw = Draw("0", "bounds", f"{dtype}-{keys}-{shape}")
    reach = {"wide": (1, 2), "plain": (-1, 0)}.get(shape, (-1, 0))
    q, k, v = (full_mantissa(draw, dtype, size, reach) for size in ((6, 8), (keys, 8), (keys, 5)))
    if shape == "one-sided":
        v = np.abs(v)
    if shape == "large":
        q[:, 0], k[:, 0] = 64, round_to(np.arange(keys) % 7 * 8.0 - 24, dtype)
    if shape == "rising":
        q[:, 0], k[:, 0] = 4, round_to(np.arange(keys) / keys, dtype)
    found = attend([q[None, None], k[None, None], v[None, None]], {"scale": 0.35355338})
    wide = [array.astype(np.float64) for array in (q, k, v)]
    result = kernel.attend(wide[0], wide[1], wide[2], 0.35355338)
    result = round_to(result, dtype).astype(np.float64)
    bound = attention_bound(arithmetic(dtype, truncates=truncates), found)[0, 0]
    return float((np.abs(result - found.result[0, 0]) / bound).max())


LEGAL = {
    "in two passes": Kernel(),
    "backwards": Kernel(backwards=True),
    "operands scaled by the root": Kernel(by_roots=True),
    "weights divided first": Kernel(divided_first=True),
    "an exponential three units off": Kernel(off=2.5),
    "online, key by key": Kernel(block=1, off=2.5),
    "online, key by key from the end": Kernel(block=1, off=2.5, backwards=True),
    "online in blocks": Kernel(block=16, off=2.5),
    "in four parts": Kernel(parts=4, block=8, off=2.5),
    "in many parts": Kernel(parts=13, off=-2.5),
    "by powers of two": Kernel(powers_of_two=True, off=2.5),
    "by powers of two, online": Kernel(powers_of_two=True, block=4, off=-2.5),
    "by powers of two, in parts": Kernel(powers_of_two=True, block=4, parts=3, off=2.5),
}


@pytest.mark.parametrize("shape", ["plain", "wide", "one-sided", "rising", "large"])
@pytest.mark.parametrize("keys", [1, 2, 7, 40, 150])
@pytest.mark.parametrize("name", LEGAL)
def test_no_order_and_no_blocking_of_float32_exceeds_it(name: str, keys: int, shape: str) -> None:
    assert share_of_bound(LEGAL[name], "float32", keys, shape) < 1


@pytest.mark.parametrize("shape", ["plain", "wide", "one-sided", "rising"])
@pytest.mark.parametrize("keys", [1, 7, 40, 150])
@pytest.mark.parametrize("block", [1, 16, 1000])
def test_units_that_cut_off_stay_within_twice_the_roundoff(block: int, keys: int, shape: str) -> None:
    kernel = Kernel(step=toward_zero, block=block, off=2.5)
    assert share_of_bound(kernel, "float32", keys, shape, truncates=True) < 1


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("divided_first", [False, True])
@pytest.mark.parametrize("keys", [1, 7, 40, 150])
def test_weights_may_be_rounded_once_to_a_short_type(dtype: str, divided_first: bool, keys: int) -> None:
    kernel = Kernel(weight=to_short(dtype), divided_first=divided_first, block=1000 if divided_first else 16)
    for shape in ("plain", "one-sided", "rising"):
        assert share_of_bound(kernel, dtype, keys, shape) < 1


def test_weights_may_be_cut_off_where_truncation_is_legal() -> None:
    kernel = Kernel(step=toward_zero, weight=to_short("bfloat16", cut=True))
    for shape in ("plain", "one-sided", "rising"):
        assert share_of_bound(kernel, "bfloat16", 40, shape, truncates=True) < 1


WRONG = {
    "operands of 11 bits": Kernel(operand=to_tf32),
    "scores of 11 bits": Kernel(score=to_tf32),
    "weights of 11 bits": Kernel(weight=to_tf32),
    "sums of 16 bits": Kernel(total=to_short("float16")),
    "sums not scaled when the maximum grows": Kernel(block=1, rescales=False),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("keys", [7, 40])
def test_kernels_of_too_little_precision_exceed_it_by_far_in_float32(name: str, keys: int) -> None:
    assert share_of_bound(WRONG[name], "float32", keys, "plain") > 3


def test_sums_of_float16_exceed_it_where_there_are_many_keys() -> None:
    kernel = Kernel(total=to_short("float16"), divided_first=True)
    assert share_of_bound(kernel, "float16", 1500, "one-sided") > 1


def test_one_key_far_above_the_others_leaves_no_room_for_errors_of_its_score() -> None:
    q, k = np.full((1, 1, 1, 1), 64.0, np.float32), np.array([4.0, 1.0], np.float32).reshape(1, 1, 2, 1)
    found = attend([q, k, np.ones((1, 1, 2, 1), np.float32)], {"scale": 1.0})
    u = 2.0**-24
    assert attention_bound(arithmetic("float32"), found).item() < 700 * u


@pytest.mark.parametrize("keys", [2, 7, 40])
def test_it_holds_for_errors_of_every_score_and_power_that_all_push_the_same_way(keys: int) -> None:
    draw, u = Draw("0", "bounds", f"against-{keys}"), 2.0**-24
    q, k, v = (full_mantissa(draw, "float32", (1, 1, *size), (0, 1)) for size in ((6, 8), (keys, 8), (keys, 1)))
    found = attend([q, k, v], {"scale": 0.35})
    upward = np.sign(v.astype(np.float64)[..., 0][:, :, None] - found.result)
    scores = found.scores + (8 + 2) * u * found.magnitude * upward
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True)) * (1 + 6 * u * upward)
    result = (powers / powers.sum(axis=-1, keepdims=True)) @ v.astype(np.float64)
    assert 0.2 < (np.abs(result - found.result) / attention_bound(arithmetic("float32"), found)).max() < 1


def test_values_of_zero_have_no_error() -> None:
    ones = np.ones((1, 1, 3, 2), np.float32)
    values: NDArray[np.float32] = np.zeros((1, 1, 3, 2), np.float32)
    assert (attention_bound(arithmetic("float32"), attend([ones, ones, values], {})) == 0).all()


def test_the_rounding_of_the_kernels_is_to_nearest_or_toward_zero() -> None:
    third = np.array([1 / 3, -1 / 3, 2 / 3])
    assert (nearest(third) == third.astype(np.float32)).all()
    assert (np.abs(toward_zero(third)) <= np.abs(third)).all()
