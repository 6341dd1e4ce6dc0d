"""Matrix instructions on integers: exact sums, which wrap or stop at the end of their range."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import UNSUPPORTED, DeviceError
from harness.errors import UsageError
from harness.profile.store import load_profile
from harness.simulator.instructions import PREFIX
from harness.simulator.matrix_unit import MatrixUnit, matrix_unit
from harness.simulator.runtime import SimulatedDevice
from tests.simulator.claims import claims
from tests.simulator.launching import launch

Array = NDArray[Any]

RANGES = {"int4": (-8, 7), "uint4": (0, 15), "int8": (-128, 127), "uint8": (0, 255)}
#: An instruction of a shipped profile for each format.
SHIPPED = {
    "int8": "mmac_i32_16x16x32_i8",
    "uint8": "mmac_i32_16x16x32_u8",
    "int4": "mmac_i32_16x16x64_i4",
    "uint4": "mmac_i32_16x16x64_u4",
}
_ROW = """\
arithmetic:
  vector: {{status: definition, source: a, int8: {{support: native}}}}
  matrix:
    status: definition
    source: a
    one: {{a: {a}, b: {b}, c: {c}, d: {d}, shape: [16, 16, {depth}]{more}}}
"""


def unit_of(
    a: str, b: str | None = None, c: str = "int32", d: str = "int32", depth: int = 16, more: str = ""
) -> MatrixUnit:
    """A unit whose profile says just this."""
    return matrix_unit(claims(more=_ROW.format(a=a, b=b or a, c=c, d=d, depth=depth, more=more)), "one")


def wrapped(value: int, bits: int = 32, *, signed: bool = True) -> int:
    """What is left of a number in so many bits."""
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if signed and low >> (bits - 1) else low


def drawn(form: str, draw: random.Random, rows: int, columns: int) -> list[list[int]]:
    """Numbers of a format, with both ends of its range among them."""
    low, high = RANGES[form]
    return [[draw.choice((low, high, draw.randint(low, high))) for _ in range(columns)] for _ in range(rows)]


def inner(a: Sequence[int], b: Sequence[int]) -> int:
    """The exact dot product."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def product_of(a: list[list[int]], b: list[list[int]], c: list[list[int]]) -> list[list[int]]:
    """The exact product of matrices of Python's integers, plus a third."""
    columns = list(zip(*b, strict=True))
    return [
        [
            addend + sum(x * y for x, y in zip(row, column, strict=True))
            for column, addend in zip(columns, cs, strict=True)
        ]
        for row, cs in zip(a, c, strict=True)
    ]


# ------------------------------------------------------------------------------------------------- exact sums


@pytest.mark.parametrize("form", SHIPPED)
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 70), (5, 2, 64), (2, 3, 0), (0, 3, 4)])
def test_a_launched_product_of_integers_is_exact(form: str, shape: tuple[int, int, int]) -> None:
    device, draw = SimulatedDevice(load_profile("hygon/bw1100")), random.Random(form)
    m, n, k = shape
    a, b = drawn(form, draw, m, k), drawn(form, draw, k, n)
    c = [[draw.randint(-(10**6), 10**6) for _ in range(n)] for _ in range(m)]
    operands = [
        np.array(rows, np.int64).reshape(size).astype(numpy_dtype(form)) for rows, size in ((a, (m, k)), (b, (k, n)))
    ]
    addend = np.array(c, np.int32).reshape(m, n)
    found = launch(device, PREFIX + SHIPPED[form], [*operands, addend], "int32", (m, n))
    assert found.tolist() == (product_of(a, b, c) if k else c)


@pytest.mark.parametrize("a", RANGES)
@pytest.mark.parametrize("b", RANGES)
def test_operands_may_differ_in_sign_and_width(a: str, b: str) -> None:
    unit, draw = unit_of(a, b), random.Random(a + b)
    left, right = drawn(a, draw, 3, 40), drawn(b, draw, 40, 2)
    none = [[0, 0]] * 3
    found = unit.multiply(
        np.array(left).astype(numpy_dtype(a)), np.array(right).astype(numpy_dtype(b)), np.array(none, np.int32)
    )
    assert found.tolist() == product_of(left, right, none)
    assert found.dtype == np.int32


@pytest.mark.parametrize("form", SHIPPED)
def test_single_dot_products_are_those_of_the_matrices(form: str) -> None:
    unit, draw = matrix_unit("hygon/bw1100", SHIPPED[form]), random.Random(form)
    a, b = drawn(form, draw, 6, 65), drawn(form, draw, 6, 65)
    c = [draw.randint(-(10**6), 10**6) for _ in range(6)]
    left, right = (np.array(rows).astype(numpy_dtype(form)) for rows in (a, b))
    expected = [z + inner(x, y) for x, y, z in zip(a, b, c, strict=True)]
    assert unit.dot(left, right, np.array(c, np.int32)).tolist() == expected
    on_diagonal = unit.multiply(left, right.T, np.broadcast_to(np.array(c, np.int32)[:, None], (6, 6)))
    assert np.diag(on_diagonal).tolist() == expected


# ------------------------------------------------------------------------------------------- the end of the range

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
PAIRS = st.lists(st.tuples(st.integers(-128, 127), st.integers(-128, 127)), min_size=1, max_size=16)


def one_sum(unit: MatrixUnit, pairs: list[tuple[int, int]], c: int, dtype: Any = np.int32) -> int:
    """One element of D."""
    a, b = (np.array([part], np.int8) for part in zip(*pairs, strict=True))
    found = unit.dot(a, b, np.array([c], dtype))
    assert found.tolist() == unit.multiply(a, b.T, np.array([[c]], dtype)).ravel().tolist()
    return int(found[0])


@settings(deadline=None)
@given(pairs=PAIRS, c=INT32)
def test_a_sum_beyond_its_range_wraps_where_nothing_else_is_said(pairs: list[tuple[int, int]], c: int) -> None:
    for more in ("", ", overflow: wrap"):
        assert one_sum(unit_of("int8", more=more), pairs, c) == wrapped(c + sum(x * y for x, y in pairs))


@settings(deadline=None)
@given(pairs=PAIRS, c=INT32)
def test_a_sum_beyond_its_range_stops_at_the_end_where_that_is_said(pairs: list[tuple[int, int]], c: int) -> None:
    exact = c + sum(x * y for x, y in pairs)
    found = one_sum(unit_of("int8", more=", overflow: saturate"), pairs, c)
    assert found == min(max(exact, -(1 << 31)), (1 << 31) - 1)


@pytest.mark.parametrize(("c", "step"), [((1 << 31) - 1, 1), (-(1 << 31), -1)])
def test_one_step_past_the_end_goes_to_the_other_end_or_nowhere(c: int, step: int) -> None:
    assert one_sum(unit_of("int8"), [(1, step)], c) == -c - 1
    assert one_sum(unit_of("int8", more=", overflow: saturate"), [(1, step)], c) == c


def test_the_range_is_that_of_d() -> None:
    pairs = [(127, 127), (127, 127), (127, 127)]
    exact = 3 * 127 * 127
    for d, bits in (("int16", 16), ("int8", 8)):
        unit = unit_of("int8", c="int16", d=d)
        assert one_sum(unit, pairs, 5, np.int16) == wrapped(exact + 5, bits)
        unit = unit_of("int8", c="int16", d=d, more=", overflow: saturate")
        assert one_sum(unit, pairs, 5, np.int16) == (1 << (bits - 1)) - 1
    assert one_sum(unit_of("int8", c="int16", d="uint16"), [(-1, 1)], 0, np.int16) == 0xFFFF
    assert one_sum(unit_of("int8", c="int16", d="uint16", more=", overflow: saturate"), [(-1, 1)], 0, np.int16) == 0
    assert one_sum(unit_of("int8", c="int64", d="int64"), pairs, 1 << 40, np.int64) == exact + (1 << 40)


def test_a_sum_stops_at_the_end_of_every_instruction_not_only_of_the_last() -> None:
    unit = unit_of("int8", depth=2, more=", overflow: saturate")
    assert one_sum(unit, [(1, 5), (1, 0), (1, -7), (1, 0)], (1 << 31) - 1) == (1 << 31) - 8
    assert one_sum(unit, [(1, 5), (1, -7)], (1 << 31) - 1) == (1 << 31) - 3  # within one instruction it is exact


# -------------------------------------------------------------------------------------------- words and what is refused


def test_four_bit_integers_may_come_in_bytes() -> None:
    c = np.zeros((1, 1), np.int32)
    for value in range(-8, 8):
        one = np.array([[1]], np.int8)
        for bits in (np.array([[value]], np.int8), np.array([[value & 15]], np.uint8)):
            assert unit_of("int4").multiply(bits, one, c).item() == value
    for value in range(16):
        for kind in (np.int8, np.uint8):
            assert unit_of("uint4").multiply(np.array([[value]], kind), np.array([[1]], np.uint8), c).item() == value


@pytest.mark.parametrize(("form", "value"), [("int4", -9), ("int4", 8), ("uint4", 16), ("uint4", -1)])
def test_a_number_beyond_four_bits_is_refused_with_the_range(form: str, value: int) -> None:
    low, high = RANGES[form]
    wrong, right, c = np.array([[value]], np.int8), np.array([[1]], np.int8), np.zeros((1, 1), np.int32)
    for name, operands in (("a", (wrong, right)), ("b", (right, wrong))):
        with pytest.raises(UsageError, match=f"^{name} has values outside {low} to {high}, the range of {form}"):
            unit_of(form).multiply(*operands, c)


@pytest.mark.parametrize("form", RANGES)
@pytest.mark.parametrize("wrong", [np.int16, np.float32, np.int64, np.bool_])
def test_operands_of_another_dtype_are_refused_by_name(form: str, wrong: Any) -> None:
    unit, right, c = unit_of(form), np.zeros((2, 2), numpy_dtype(form)), np.zeros((2, 2), np.int32)
    with pytest.raises(UsageError, match=f"^a is an array of .*, not of {form}"):
        unit.multiply(right.astype(wrong), right, c)
    with pytest.raises(UsageError, match=f"^b is an array of .*, not of {form}"):
        unit.multiply(right, right.astype(wrong), c)
    with pytest.raises(UsageError, match=r"^c is an array of .*, not of int32"):
        unit.multiply(right, right, c.astype(wrong))


def test_eight_bit_integers_of_the_other_sign_are_refused() -> None:
    one, c = np.ones((1, 1), np.int8), np.zeros((1, 1), np.int32)
    with pytest.raises(UsageError, match="a is an array of uint8, not of int8"):
        unit_of("int8").multiply(one.astype(np.uint8), one, c)
    with pytest.raises(UsageError, match="b is an array of int8, not of uint8"):
        unit_of("uint8").multiply(one.astype(np.uint8), one, c)


# ----------------------------------------------------------------------------------------------- on the device


@pytest.mark.parametrize("result", ["int32", "int64", "int16"])
def test_a_served_matmul_of_integers_is_what_the_instruction_gives_in_the_dtype_of_the_result(result: str) -> None:
    device, draw = SimulatedDevice(load_profile("hygon/k100-ai")), random.Random(result)
    a, b = drawn("int8", draw, 3, 70), drawn("int8", draw, 70, 2)
    found = launch(device, "matmul", [np.array(a, np.int8), np.array(b, np.int8)], result, (3, 2))
    bits = np.dtype(result).itemsize * 8
    assert found.tolist() == [[wrapped(value, bits) for value in row] for row in product_of(a, b, [[0, 0]] * 3)]


@pytest.mark.parametrize(
    "dtypes",
    [
        ["uint8", "int8", "int32", "int32"],
        ["int8", "int8", "int64", "int32"],
        ["int8", "int8", "int32", "int64"],
        ["int4", "int4", "int32", "int32"],
        ["int8", "int8", "int32"],
    ],
)
def test_instructions_on_integers_take_the_dtypes_they_name_and_no_others(dtypes: list[str]) -> None:
    device = SimulatedDevice(load_profile("hygon/k100-ai"))
    assert device.supports(PREFIX + SHIPPED["int8"], ["int8", "int8", "int32", "int32"])
    assert not device.supports(PREFIX + SHIPPED["int8"], dtypes)
    if len(dtypes) == 4:
        a, b, c = (np.zeros((2, 2), numpy_dtype(name)) for name in dtypes[:3])
        with pytest.raises(DeviceError) as refused:
            launch(device, PREFIX + SHIPPED["int8"], [a, b, c], dtypes[3], (2, 2))
        assert refused.value.kind == UNSUPPORTED
