"""Matrix instructions are launched as anything else, and give what their definition says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.profile.store import load_profile
from harness.simulator.instructions import PREFIX, carried
from harness.simulator.runtime import SimulatedDevice
from tests.simulator.definition import NAN, Parameters, dot, parameters_of
from tests.simulator.launching import launch
from tests.simulator.number_formats import FORMS, decoded

Array = NDArray[Any]

#: Units of two to this power count every number exactly that a test rounds by itself.
_POWER = 2400


def device_of(profile: str) -> SimulatedDevice:
    """The simulation of a shipped profile."""
    return SimulatedDevice(load_profile(profile))


def definition_of(profile: str, instruction: str) -> Parameters:
    """What a shipped instruction computes by its fields."""
    found = load_profile(profile)
    pattern = next(
        name
        for name, row in found.declared.arithmetic.matrix.rows.items()
        if row is found.instructions[instruction].row
    )
    return parameters_of(found.instructions[instruction], found.assumed.get(pattern))


def drawn(form: str, draw: random.Random, shape: tuple[int, int], *, anything: bool) -> list[list[int]]:
    """Words of a format: of any bits, or of numbers near one another, some of them subnormal or zero."""
    found, rows = FORMS[form], []
    for _ in range(shape[0]):
        row = []
        for _ in range(shape[1]):
            field = min(max(found.bias + draw.randint(-4, 3), 0), (1 << found.exponent_bits) - 2)
            if draw.random() < 0.1:
                field = 0
            word = draw.getrandbits(1) << found.exponent_bits | field
            word = (word << found.fraction | draw.getrandbits(found.fraction)) << found.unread
            row.append(draw.getrandbits(found.width) if anything else word)
        rows.append(row)
    return rows


def tensor_of(words: Sequence[Sequence[int]], form: str, shape: tuple[int, int]) -> Array:
    """Words as a tensor that a launch takes."""
    bits = np.array(words, dtype=f"uint{max(8, FORMS[form].width)}").reshape(shape)
    return bits.view(numpy_dtype(carried(form)))


def words_of(values: Array) -> Array:
    """The words of an array."""
    return np.ascontiguousarray(values).view(f"uint{8 * values.dtype.itemsize}")


def matches(found: int, expected: int | str, form: str) -> bool:
    """Whether a word is the defined one, or a NaN where there is no number."""
    return decoded(found, form).kind == "nan" if expected == NAN else found == expected


LAUNCHED = [
    ("nvidia/v100", "mma.m8n8k4.f16.f16.f16.f16"),
    ("nvidia/t4", "mma.m8n8k4.f32.f16.f16.f16"),
    ("nvidia/h100", "mma.m16n8k16.f32.f16.f16.f32"),
    ("nvidia/h100", "mma.m16n8k16.f32.bf16.bf16.f32"),
    ("nvidia/a100", "mma.m16n8k8.f32.tf32.tf32.f32"),
    ("nvidia/a100", "mma.m8n8k4.f64.f64.f64.f64"),
    ("nvidia/h100", "mma.m16n8k32.f32.e4m3.e5m2.f32"),
    ("nvidia/l40s", "mma.m16n8k32.f16.e5m2.e5m2.f16"),
    ("amd/mi100", "v_mfma_f32_32x32x4bf16"),
    ("amd/mi250", "v_mfma_f32_32x32x8f16"),
    ("amd/mi250", "v_mfma_f64_16x16x4f64"),
    ("amd/mi300x", "v_mfma_f32_16x16x16_f16"),
    ("amd/mi300x", "v_mfma_f32_16x16x8_xf32"),
    ("amd/mi300x", "v_mfma_f32_16x16x32_fp8_bf8"),
    ("hygon/bw1100", "v_mmac_f32_16x16x8_tf32"),
    ("nvidia/b200", "tcgen05.mma.m64n8k32.kind::f8f6f4.f32.e3m2.e2m1"),
    ("nvidia/b200", "tcgen05.mma.m64n8k32.kind::f8f6f4.f16.e2m3.e4m3"),
]
SCALED = [
    ("nvidia/b200", "tcgen05.mma.block_scale.m128n8k32.kind::mxf8f6f4.block32.f32.e5m2.e2m3.ue8m0"),
    ("nvidia/b200", "tcgen05.mma.block_scale.m128n8k64.kind::mxf4.block32.f32.e2m1.e2m1.ue8m0"),
    ("nvidia/rtx-blackwell", "mma.block_scale.m16n8k64.kind::mxf4nvf4.block16.f32.e2m1.e2m1.f32.ue4m3"),
]


@pytest.mark.parametrize("anything", [False, True], ids=["numbers", "any bits"])
@pytest.mark.parametrize(("profile", "instruction"), LAUNCHED + SCALED)
def test_a_launched_instruction_gives_what_its_definition_says(profile: str, instruction: str, anything: bool) -> None:
    device, unit, draw = device_of(profile), definition_of(profile, instruction), random.Random(instruction)
    m, n, k = 3, 4, 2 * unit.depth + 1
    a, b = drawn(unit.a, draw, (m, k), anything=anything), drawn(unit.b, draw, (k, n), anything=anything)
    c = drawn(unit.c, draw, (m, n), anything=anything)
    operands = [tensor_of(a, unit.a, (m, k)), tensor_of(b, unit.b, (k, n)), tensor_of(c, unit.c, (m, n))]
    scales_a: list[Any] = [None] * m
    scales_b: list[Any] = [None] * n
    if unit.scale_format is not None:
        assert unit.scale_block is not None
        count = -(-k // unit.scale_block)
        one = 127 if unit.scale_format == "float8_e8m0fnu" else 0x38
        scales_a, rows_b = ([[one + draw.randint(-9, 9) for _ in range(w)] for _ in range(h)]
                            for h, w in ((m, count), (count, n)))  # fmt: skip
        scales_b = [[row[j] for row in rows_b] for j in range(n)]
        kind = numpy_dtype(carried(unit.scale_format))
        operands += [np.array(scales, np.uint8).view(kind) for scales in (scales_a, rows_b)]
    found = words_of(launch(device, PREFIX + instruction, operands, carried(unit.d), (m, n)))
    for i in range(m):
        for j in range(n):
            expected = dot(unit, a[i], [row[j] for row in b], c[i][j], scales_a[i], scales_b[j])
            assert matches(int(found[i, j]), expected, unit.d), (i, j)


def test_instructions_take_views_of_their_operands() -> None:
    device, name = device_of("nvidia/h100"), "mma.m16n8k16.f32.f16.f16.f32"
    a, c = np.arange(6, dtype=np.float16).reshape(3, 2), np.ones((2, 2), np.float32)
    held, addend, out = (device.allocate(size) for size in (12, 16, 16))
    device.write(held, a.tobytes())
    device.write(addend, c.tobytes())
    transposed, straight = Tensor(held, "float16", (2, 3), (1, 2)), Tensor(held, "float16", (3, 2))
    target = Tensor(out, "float32", (2, 2), (1, 2))
    device.launch(PREFIX + name, [transposed, straight, Tensor(addend, "float32", (2, 2))], [target], {})
    found = np.frombuffer(device.read(out, 16), np.float32).reshape(2, 2).T
    assert found.tolist() == [[21.0, 27.0], [27.0, 36.0]]


def test_an_instruction_without_products_gives_c() -> None:
    device = device_of("nvidia/h100")
    a, b = np.empty((2, 0), np.float16), np.empty((0, 3), np.float16)
    c = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert (launch(device, PREFIX + "mma.m16n8k16.f32.f16.f16.f32", [a, b, c], "float32", (2, 3)) == c).all()


# ---------------------------------------------------------------------------------------------- what is refused

H100 = PREFIX + "mma.m16n8k16.f32.f16.f16.f32"
FP4 = PREFIX + SCALED[2][1]


def refusal(
    device: SimulatedDevice, operation: str, operands: Sequence[tuple[str, tuple[int, ...]]], **attributes: Any
) -> DeviceError:
    """What the call itself answers to a launch; the last of the operands is the output."""
    tensors = [Tensor(device.allocate(1 << 12), dtype, shape) for dtype, shape in operands]
    with pytest.raises(DeviceError) as refused:
        device.launch(operation, tensors[:-1], tensors[-1:], attributes)
    device.synchronize()
    return refused.value


RIGHT = [("float16", (2, 16)), ("float16", (16, 3)), ("float32", (2, 3)), ("float32", (2, 3))]
RIGHT_FP4 = [
    ("uint8", (2, 64)), ("uint8", (64, 3)), ("float32", (2, 3)),
    ("float8_e4m3fn", (2, 4)), ("float8_e4m3fn", (4, 3)), ("float32", (2, 3)),
]  # fmt: skip


def replaced(operands: Sequence[tuple[str, tuple[int, ...]]], at: int, **by: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Operands with another dtype or shape at one place."""
    found = list(operands)
    found[at] = by.get("dtype", found[at][0]), by.get("shape", found[at][1])
    return found


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("dtype", ["float64", "int32", "float8_e5m2", "uint16", "no such dtype"])
def test_operands_of_another_dtype_are_unsupported(at: int, dtype: str) -> None:
    device = device_of("nvidia/h100")
    operands = replaced(RIGHT, at, dtype=dtype)
    assert refusal(device, H100, operands).kind == UNSUPPORTED
    assert not device.supports(H100, [dtype for dtype, _ in operands])


@pytest.mark.parametrize(
    ("at", "shape"),
    [(0, (2, 15)), (0, (16,)), (0, (1, 2, 16)), (1, (15, 3)), (1, (16,)), (2, (3, 2)), (2, (3,)), (2, ()), (3, (3, 2)),
     (3, (6,))],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_an_invalid_value(at: int, shape: tuple[int, ...]) -> None:
    assert refusal(device_of("nvidia/h100"), H100, replaced(RIGHT, at, shape=shape)).kind == INVALID_VALUE


def test_what_is_named_in_the_refusal_of_a_shape_is_what_was_expected() -> None:
    device = device_of("nvidia/h100")
    assert "A (M, K) and B (K, N)" in refusal(device, H100, replaced(RIGHT, 0, shape=(2, 15))).message
    assert "not [(2, 3)]" in refusal(device, H100, replaced(RIGHT, 2, shape=(3, 2))).message
    assert "not [(2, 3), (2, 4), (4, 3)]" in refusal(
        device_of("nvidia/rtx-blackwell"), FP4, replaced(RIGHT_FP4, 3, shape=(2, 3))
    ).message  # fmt: skip


@pytest.mark.parametrize(("at", "shape"), [(3, (2, 3)), (3, (4,)), (4, (3, 4)), (4, (5, 3)), (3, (1, 4))])
def test_scales_of_another_shape_are_an_invalid_value(at: int, shape: tuple[int, ...]) -> None:
    device = device_of("nvidia/rtx-blackwell")
    assert refusal(device, FP4, replaced(RIGHT_FP4, at, shape=shape)).kind == INVALID_VALUE


def test_scales_that_are_missing_are_an_invalid_value() -> None:
    device = device_of("nvidia/rtx-blackwell")
    assert refusal(device, FP4, [*RIGHT_FP4[:3], RIGHT_FP4[5]]).kind == INVALID_VALUE
    assert refusal(device, FP4, [*RIGHT_FP4[:4], RIGHT_FP4[5]]).kind == INVALID_VALUE


def test_scales_where_there_are_none_are_an_invalid_value() -> None:
    assert refusal(device_of("nvidia/h100"), H100, [*RIGHT[:3], *RIGHT_FP4[3:5], RIGHT[3]]).kind == INVALID_VALUE


def test_scales_of_another_format_are_unsupported() -> None:
    device = device_of("nvidia/rtx-blackwell")
    assert refusal(device, FP4, replaced(RIGHT_FP4, 4, dtype="float8_e5m2")).kind == UNSUPPORTED


def test_instructions_have_no_attributes() -> None:
    assert refusal(device_of("nvidia/h100"), H100, RIGHT, alpha=2.0).kind == INVALID_VALUE


@pytest.mark.parametrize("name", ["no.such.instruction", "", "MMA.M16N8K16.F32.F16.F16.F32", "mma.m16n8k16.f32.{a}"])
def test_an_instruction_the_product_lacks_is_unsupported_by_name(name: str) -> None:
    device = device_of("nvidia/h100")
    refused = refusal(device, PREFIX + name, RIGHT)
    assert refused.kind == UNSUPPORTED
    assert "nvidia/h100" in refused.message
    assert repr(PREFIX + name) in refused.message
    assert not device.supports(PREFIX + name, [dtype for dtype, _ in RIGHT])


@pytest.mark.parametrize(("profile", "instruction"), LAUNCHED + SCALED)
def test_supports_says_yes_to_the_dtypes_of_the_instruction_and_to_no_others(profile: str, instruction: str) -> None:
    device, unit = device_of(profile), definition_of(profile, instruction)
    dtypes = [carried(form) for form in (unit.a, unit.b, unit.c)]
    dtypes += [carried(unit.scale_format)] * 2 if unit.scale_format is not None else []
    dtypes.append(carried(unit.d))
    assert device.supports(PREFIX + instruction, dtypes)
    assert not device.supports(PREFIX + instruction, dtypes[:-1])
    assert not device.supports(PREFIX + instruction, [*dtypes, dtypes[-1]])
    for at in range(len(dtypes)):
        assert not device.supports(PREFIX + instruction, [*dtypes[:at], "int16", *dtypes[at + 1 :]])


def test_bits_beyond_a_short_format_are_an_invalid_value_at_the_next_synchronising_call() -> None:
    device, name = device_of("nvidia/b200"), "tcgen05.mma.m64n8k32.kind::f8f6f4.f32.e3m2.e2m1"
    operands: list[Array] = [np.full((1, 1), 0xFF, np.uint8), np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.float32)]
    with pytest.raises(DeviceError) as refused:
        launch(device, PREFIX + name, operands, "float32", (1, 1))
    assert refused.value.kind == INVALID_VALUE
