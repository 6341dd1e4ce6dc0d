"""Operations that an instruction serves give what its definition says, rounded once more."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import UNSUPPORTED
from harness.errors import ProfileError
from harness.interface.catalogue import load_interface
from harness.simulator.instructions import PREFIX, SERVED, carried
from harness.simulator.runtime import SimulatedDevice
from tests.simulator.claims import claims
from tests.simulator.definition import Parameters, dot, parameters_of
from tests.simulator.launching import launch
from tests.simulator.number_formats import decoded, encoded, rounded
from tests.simulator.test_instructions import RIGHT, definition_of, device_of, refusal

Array = NDArray[Any]

#: Units of two to this power count every number exactly that a test rounds by itself.
_POWER = 2400


def words_of(values: Array) -> Array:
    """The words of an array."""
    return np.ascontiguousarray(values).view(f"uint{8 * values.dtype.itemsize}")


_SERVING = """\
arithmetic:
  vector: {{status: definition, source: a, float16: {{support: native}}, float32: {{support: native}}}}
  matrix:
    status: definition
    source: a
    one: {{a: {form}, b: {form}, c: {sum}, d: {sum}, shape: [16, 16, 16]{conduct}}}
  serves: {{matmul/{dtype}: one, vecdot/{dtype}: one, gemm/{dtype}: one}}
"""
_FUSED = ", model: fused, block: 4, alignment_bits: 23, zero_exponent: -131, rounding: toward-zero, flush: none"


def serving(dtype: str = "float16", form: str | None = None, conduct: str = _FUSED, sums: str = "float32") -> Any:
    """A device whose inner products one instruction serves, and what that computes by definition."""
    text = _SERVING.format(form=form or dtype, dtype=dtype, conduct=conduct, sum=sums)
    profile = claims(more=text)
    return SimulatedDevice(profile), parameters_of(profile.instructions["one"])


def numbers(draw: random.Random, *shape: int, dtype: str = "float16") -> Array:
    """Numbers whose sums lose bits when they are aligned."""
    flat = [draw.choice((1, -1)) * (1 + draw.random()) * 2.0 ** draw.randint(-7, 7) for _ in range(int(np.prod(shape)))]
    return np.array(flat).reshape(shape).astype(numpy_dtype(dtype))


def inner(unit: Parameters, a: Array, b: Array) -> Fraction:
    """The dot product of two vectors by definition, from a C of zero, as a number."""
    bits = dot(unit, words_of(a).tolist(), words_of(b).tolist(), 0)
    assert isinstance(bits, int)
    found = decoded(bits, unit.d)
    assert found.kind == "finite"
    return (-1 if found.negative else 1) * found.significand * Fraction(2) ** found.power


def once_more(exact: Fraction, dtype: str) -> int | str:
    """The word of a number rounded to nearest even."""
    return encoded(rounded(int(exact * 2**_POWER), dtype, "nearest-even"), dtype)


def test_what_can_be_served_multiplies_matrices_of_which_the_oracle_knows_the_bound() -> None:
    families = ("inner-product", "integer-product", "scaled-product", "convolution", "attention")
    products = {name for name, operation in load_interface().operations.items() if operation.family in families}
    assert products >= SERVED >= {"matmul", "vecdot", "gemm"}


@pytest.mark.parametrize("result", ["float16", "float32"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 9), (9, 2)), ((9,), (9,)), ((9,), (9, 2)), ((3, 9), (9,)), ((2, 3, 9), (2, 9, 2)), ((2, 3, 9), (9, 2)),
        ((9,), (2, 9, 3)), ((2, 1, 3, 9), (2, 9, 2)), ((2, 3, 9), (9,)), ((3, 9), (2, 9, 2)),
    ],
)  # fmt: skip
def test_a_served_matmul_is_the_definition_rounded_once_more(
    a: tuple[int, ...], b: tuple[int, ...], result: str
) -> None:
    (device, unit), draw = serving(), random.Random(0)
    x, y = numbers(draw, *a), numbers(draw, *b)
    plain = np.matmul(x.astype(np.float64), y.astype(np.float64))
    found = launch(device, "matmul", [x, y], result, plain.shape)
    left = x if x.ndim > 1 else x[None, :]
    right = np.swapaxes(y if y.ndim > 1 else y[:, None], -1, -2)
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left, right = np.broadcast_to(left, (*stack, *left.shape[-2:])), np.broadcast_to(right, (*stack, *right.shape[-2:]))
    expected = [
        once_more(inner(unit, row, column), result)
        for at in np.ndindex(*stack)
        for row in left[at]
        for column in right[at]
    ]
    assert words_of(found).ravel().tolist() == expected
    exact = [inner(unit, row, column) for at in np.ndindex(*stack) for row in left[at] for column in right[at]]
    assert exact != [Fraction(value) for value in plain.ravel().tolist()]  # such numbers do tell units apart


@pytest.mark.parametrize(
    ("a", "b"), [((9,), (9,)), ((3, 9), (3, 9)), ((3, 9), (9,)), ((2, 1, 9), (3, 9)), ((0, 9), (9,))]
)
def test_a_served_vecdot_is_the_definition_rounded_once_more(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    (device, unit), draw = serving(), random.Random(1)
    x, y = numbers(draw, *a), numbers(draw, *b)
    rows, columns = np.broadcast_arrays(x, y)
    found = launch(device, "vecdot", [x, y], "float16", rows.shape[:-1])
    expected = [once_more(inner(unit, rows[at], columns[at]), "float16") for at in np.ndindex(*rows.shape[:-1])]
    assert words_of(found).ravel().tolist() == expected


def test_a_served_product_over_no_elements_is_zero() -> None:
    device, _ = serving()
    operands = [np.empty((2, 0), np.float16), np.empty((0, 3), np.float16)]
    assert not launch(device, "matmul", operands, "float32", (2, 3)).any()


def test_a_served_vecdot_over_no_elements_is_zero() -> None:
    device, _ = serving()
    operands = [np.empty((2, 0), np.float16), np.empty((2, 0), np.float16)]
    assert launch(device, "vecdot", operands, "float32", (2,)).tolist() == [0, 0]


@pytest.mark.parametrize(("alpha", "beta"), [(None, None), (0.5, -3), (-2, 1.25), (0, 2), (1, 0), (0, 0), (3.0, 0.0)])
@pytest.mark.parametrize("transposes", [(False, False), (True, False), (False, True), (True, True)])
def test_a_served_gemm_scales_the_defined_product_adds_c_and_rounds_once(
    alpha: float | None, beta: float | None, transposes: tuple[bool, bool]
) -> None:
    (device, unit), draw = serving(), random.Random(2)
    a, b, c = numbers(draw, 3, 9), numbers(draw, 9, 2), numbers(draw, 3, 2)
    given: dict[str, Any] = {}
    given |= {} if alpha is None else {"alpha": alpha}
    given |= {} if beta is None else {"beta": beta}
    given |= dict(zip(("transpose_a", "transpose_b"), transposes, strict=True)) if any(transposes) else {}
    held = [np.ascontiguousarray(each.T) if turned else each for each, turned in zip((a, b), transposes, strict=True)]
    found = words_of(launch(device, "gemm", [*held, c], "float16", (3, 2), **given))
    times, share = Fraction(1 if alpha is None else alpha), Fraction(1 if beta is None else beta)
    for i in range(3):
        for j in range(2):
            exact = times * inner(unit, a[i], b[:, j]) + share * Fraction(float(c[i, j]))
            assert found[i, j] == once_more(exact, "float16")


def test_a_factor_of_zero_hides_what_it_multiplies() -> None:
    device, _ = serving()
    one, nothing = np.ones((1, 1), np.float16), np.full((1, 1), np.nan, np.float16)
    assert launch(device, "gemm", [one, one, nothing], "float16", (1, 1), beta=0).item() == 1
    assert launch(device, "gemm", [nothing, one, one], "float16", (1, 1), alpha=0).item() == 1


def test_a_served_result_beyond_its_format_is_infinite_and_no_surprise() -> None:
    device, _ = serving()
    large = np.full((1, 1), 60000, np.float16)
    assert launch(device, "matmul", [large, large], "float16", (1, 1)).item() == np.inf
    assert launch(device, "gemm", [large, -large, large], "float16", (1, 1)).item() == -np.inf


def test_an_instruction_for_a_shortened_format_serves_float32() -> None:
    device, unit = serving("float32", form="tf32")
    draw = random.Random(3)
    a, b = numbers(draw, 3, 9, dtype="float32"), numbers(draw, 9, 2, dtype="float32")
    found = launch(device, "matmul", [a, b], "float32", (3, 2))
    expected = [once_more(inner(unit, row, column), "float32") for row in a for column in b.T]
    assert words_of(found).ravel().tolist() == expected


def test_eight_bit_floats_are_served_by_the_instruction_a_profile_names() -> None:
    device, unit = device_of("hygon/bw1100"), definition_of("hygon/bw1100", "v_mmac_f32_16x16x32_fp8_fp8")
    draw = random.Random(4)
    a, b = numbers(draw, 3, 40, dtype="float8_e4m3fn"), numbers(draw, 40, 2, dtype="float8_e4m3fn")
    for result in ("float16", "bfloat16", "float32"):
        found = launch(device, "matmul", [a, b], result, (3, 2))
        expected = [once_more(inner(unit, row, column), result) for row in a for column in b.T]
        assert words_of(found).ravel().tolist() == expected


def test_an_accumulator_wider_than_the_result_rounds_twice_as_declared() -> None:
    conduct = ", model: fma, rounding: nearest-even, flush: none, accumulator: float32"
    device, unit = serving(conduct=conduct, sums="float16")
    draw = random.Random(5)
    a, b = numbers(draw, 3, 33), numbers(draw, 33, 2)
    found = launch(device, "matmul", [a, b], "float16", (3, 2))
    expected = [once_more(inner(unit, row, column), "float16") for row in a for column in b.T]
    assert words_of(found).ravel().tolist() == expected


@pytest.mark.parametrize(
    ("conduct", "missing"),
    [
        ("", "model"),
        (", rounding: nearest-even, flush: none", "model"),
        (", model: fused", "block, alignment_bits, rounding, flush"),
        (", model: fused, block: 4, flush: none", "alignment_bits, rounding"),
        (", model: exact, block: 4", "rounding, flush"),
        (", model: pairwise, flush: both", "block, rounding"),
        (", model: fma, rounding: nearest-even", "flush"),
    ],
)
def test_an_instruction_nobody_describes_is_unsupported_and_says_what_is_missing(conduct: str, missing: str) -> None:
    profile = claims(more=_SERVING.format(form="float16", sum="float32", dtype="float16", conduct=conduct))
    device = SimulatedDevice(profile)
    device.make_ready()
    for operation, operands in ((PREFIX + "one", RIGHT), ("matmul", [*RIGHT[:2], RIGHT[3]])):
        assert not device.supports(operation, [dtype for dtype, _ in operands])
        refused = refusal(device, operation, operands)
        assert refused.kind == UNSUPPORTED
        assert refused.message.partition("\n")[0].endswith(f"nothing is said about {missing}")
        assert "simulation.assumes" in refused.message


def test_what_the_profile_assumes_fills_what_it_does_not_declare() -> None:
    text = _SERVING.format(form="float16", sum="float32", dtype="float16", conduct=", model: fma")
    assumed = "simulation: {assumes: {one: {rounding: toward-zero, flush: none, because: a test says so}}}\n"
    device = SimulatedDevice(claims(more=text + assumed))
    a, b = np.array([[1, 2.0**-14]], np.float16), np.array([[1], [2.0**-10]], np.float16)
    c = np.zeros((1, 1), np.float32)
    found = launch(device, PREFIX + "one", [a, b, c], "float32", (1, 1))
    assert found.item() == 1  # the sum is below 1 + 2^-23
    upward = assumed.replace("toward-zero", "toward-positive")
    found = launch(SimulatedDevice(claims(more=text + upward)), PREFIX + "one", [a, b, c], "float32", (1, 1))
    assert found.item() == 1 + 2.0**-23


def test_an_instruction_that_needs_scales_serves_no_operation() -> None:
    text = _SERVING.format(
        form="float8_e4m3fn",
        sum="float32",
        dtype="float8_e4m3fn",
        conduct=", model: fused, block: 16, alignment_bits: 25, rounding: nearest-even, flush: none, "
        "scale_format: float8_e8m0fnu, scale_block: 16",
    )
    try:
        profile = claims(more=text)
    except ProfileError:
        return
    assert not SimulatedDevice(profile).supports("matmul", ["float8_e4m3fn", "float8_e4m3fn", "float32"])


def test_formats_without_a_tensor_of_their_own_travel_in_bytes_or_as_float32() -> None:
    assert carried("float16") == "float16"
    assert carried("tf32") == carried("xf32") == "float32"
    assert {carried(form) for form in ("float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn")} == {"uint8"}
    assert carried("ue4m3") == np.dtype(ml_dtypes.float8_e4m3fn).name
