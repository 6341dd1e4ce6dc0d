"""Vector units follow what is declared, held against exact fractions: arithmetic, conversions, and who declares it."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.protocol import DeviceError
from harness.profile.store import list_profiles, load_profile, parse_profile
from harness.simulator.vector_unit import Conversion, UnitConduct, VectorUnit, unit_conduct
from tests.simulator.computing import FLOATS, computed, numbers, one
from tests.simulator.exact import FORMATS
from tests.simulator.test_conversion import MODES, in_mode

OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FLOATS)
@given(data=st.data())
def test_arithmetic_is_rounded_once_in_the_mode_declared(name: str, mode: str, data: st.DataObject) -> None:
    x, y = data.draw(numbers(name)), data.draw(numbers(name).filter(bool))
    conduct = UnitConduct(rounding=mode)
    for operation, exact in OPERATIONS.items():
        assert one(conduct, operation, name, x, y) == in_mode(name, exact(Fraction(x), Fraction(y)), mode)
    assert one(conduct, "square", name, x) == in_mode(name, Fraction(x) ** 2, mode)
    assert one(conduct, "reciprocal", name, y) == in_mode(name, 1 / Fraction(y), mode)


@pytest.mark.parametrize("mode", ["toward-zero", "toward-positive", "toward-negative"])
@pytest.mark.parametrize("name", FLOATS)
@given(data=st.data())
def test_square_roots_lie_on_the_side_the_mode_has(name: str, mode: str, data: st.DataObject) -> None:
    x = data.draw(numbers(name).map(abs).filter(bool))
    root = Fraction(one(UnitConduct(rounding=mode), "sqrt", name, x))
    step = Fraction(2) ** (math.frexp(float(root))[1] - FORMATS[name].precision)
    if mode == "toward-positive":
        assert (root - step) ** 2 < Fraction(x) <= root**2
    else:
        assert root**2 <= Fraction(x) < (root + step) ** 2


def test_sums_that_vanish_are_negative_zero_only_downward() -> None:
    for mode in MODES:
        signs = [math.copysign(1, one(UnitConduct(rounding=mode), "add", name, 1.5, -1.5)) for name in FLOATS]
        assert signs == [-1.0 if mode == "toward-negative" else 1.0] * 4


@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_finite_stays_as_it_is_in_every_mode(mode: str) -> None:
    conduct, inf = UnitConduct(rounding=mode), math.inf
    for name in FLOATS:
        assert math.isnan(one(conduct, "subtract", name, inf, inf))
        assert math.isnan(one(conduct, "multiply", name, 0.0, inf))
        assert math.isnan(one(conduct, "divide", name, 0.0, 0.0))
        assert math.isnan(one(conduct, "sqrt", name, -1.0))
        assert one(conduct, "divide", name, 1.0, -0.0) == -inf
        assert one(conduct, "divide", name, 2.0 ** FORMATS[name].largest, 0.0) == inf
        assert one(conduct, "add", name, inf, 1.0) == inf
        assert one(conduct, "divide", name, 1.0, inf) == 0.0
        assert one(conduct, "sqrt", name, inf) == inf


def test_a_conversion_from_float32_rounds_and_marks_nan_as_declared() -> None:
    conduct = UnitConduct(conversions={"bfloat16": Conversion("toward-zero", 0x7FFF)})
    values = np.array([1 + 2.0**-7 - 2.0**-20, np.nan, -np.nan, np.inf], np.float32)
    assert computed(conduct, "cast", values, result="bfloat16").view(np.uint16).tolist() == [
        0x3F80, 0x7FFF, 0x7FFF, 0x7F80,
    ]  # fmt: skip
    assert one(UnitConduct(rounding="toward-positive"), "cast", "float32", 1.0) == 1.0


def test_an_accumulator_that_nothing_can_be_added_in_is_unsupported() -> None:
    conduct = UnitConduct(accumulator="float8_e5m2")
    unit = VectorUnit(conduct)
    assert VectorUnit(conduct).conduct == conduct
    unit.prepare("add", ("float16", "float16", "float16"))
    with pytest.raises(DeviceError, match="no accumulator float8_e5m2"):
        unit.prepare("sum", ("float16", "float16"))


PROFILE = """
profile: test/vector
version: "1"
kind: accelerator
product: {vendor: Test, name: Vector}
sources:
  paper: {title: A paper, kind: vendor document}
arithmetic:
  vector:
    status: vendor
    source: paper
    float32: {support: native, rounding: toward-zero, accuracy: {exp: 2.0}}
    float16: {support: native, flush: outputs, multiply_add: fused}
    bfloat16: {support: emulated, convert: {rounding: nearest-even, nan: "0x7fff0000"}}
simulation:
  assumes:
    vector: {accumulator: float32, reduction_lanes: 32, accuracy: {log: 3.0}, because: a test}
    vector/float16: {reduction: tree, accumulator: float16, because: a test}
"""


def test_what_is_declared_comes_before_what_is_assumed_of_a_dtype_and_that_before_all() -> None:
    profile = parse_profile(PROFILE.encode(), "vector.yaml")
    single, half = unit_conduct(profile, "float32"), unit_conduct(profile, "float16")
    assert single == UnitConduct(
        accumulator="float32",
        rounding="toward-zero",
        accuracy={"exp": 2.0, "log": 3.0},
        reduction_lanes=32,
        conversions={"bfloat16": Conversion("nearest-even", 0x7FFF)},
    )
    assert half == UnitConduct(
        accumulator="float16",
        flush_inputs=False,
        flush_outputs=True,
        multiply_add="fused",
        reduction_lanes=32,
        reduction="tree",
        accuracy={"log": 3.0},
    )
    assert unit_conduct(profile, "float64").reduction_lanes == 32


@pytest.mark.parametrize("name", list_profiles())
def test_every_profile_has_a_vector_unit_for_each_dtype_it_speaks_of(name: str) -> None:
    profile = load_profile(name)
    for dtype in profile.vector:
        unit = VectorUnit(unit_conduct(profile, dtype))
        assert "functions" in unit.assumptions


def test_what_is_taken_for_granted_is_said_in_words() -> None:
    nothing = VectorUnit().assumptions
    assert set(nothing) == {"rounding", "accumulator", "flush", "reduction", "multiply_add", "functions"}
    everything = UnitConduct("float32", "toward-zero", True, True, "fused", 4, "tree", {"exp": 2.0})
    assert set(VectorUnit(everything).assumptions) == {"functions"}
    assert "made up" in VectorUnit(everything).assumptions["functions"]
