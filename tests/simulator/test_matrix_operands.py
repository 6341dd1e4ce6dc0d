"""Operands that do not fit a matrix unit are refused, with a message that says which and why."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import UsageError
from harness.simulator.matrix_unit import matrix_unit
from tests.simulator.comparing import SHORT, empty
from tests.simulator.definition import Parameters, shipped
from tests.simulator.number_formats import FORMS


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_operands_of_another_dtype_are_refused_by_name(parameters: Parameters, profile: str, instruction: str) -> None:
    unit = matrix_unit(profile, instruction)
    for at, name in enumerate("abc"):
        for wrong in (np.complex64, np.int16, np.dtype(object)):
            operands = empty(parameters, 2, 2, 4)
            operands[at] = np.zeros(operands[at].shape, wrong)
            with pytest.raises(UsageError, match=f"^{name} is an array of") as refusal:
                unit.multiply(*operands)
            assert refusal.value.remedy


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_shapes_that_do_not_fit_are_refused_with_the_shapes(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit = matrix_unit(profile, instruction)
    for at, shape in ((0, (2, 5)), (1, (3, 2)), (2, (2, 3)), (0, (2,)), (2, (2,)), (1, (4, 2, 1))):
        operands = empty(parameters, 2, 2, 4)
        operands[at] = np.zeros(shape, operands[at].dtype)
        with pytest.raises(UsageError, match=r"shapes .* do not fit"):
            unit.multiply(*operands)
        rows = [operands[0], operands[0], operands[2][:, :1].ravel() if operands[2].ndim == 2 else operands[2][:1]]
        rows[1] = np.zeros((3, 4), rows[1].dtype)
        with pytest.raises(UsageError, match=r"shapes .* do not fit"):
            unit.dot(*rows)


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_scales_are_needed_where_there_are_scales_and_nowhere_else(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, (a, b, c, *scales) = matrix_unit(profile, instruction), empty(parameters, 2, 2, 64)
    if parameters.scale_format is None:
        one = np.full((2, 4), 127, np.uint8)
        with pytest.raises(UsageError, match="takes no scales"):
            unit.multiply(a, b, c, one, one.T)
        return
    for some in ((None, None), (scales[0], None), (None, scales[1])):
        with pytest.raises(UsageError, match="needs scales"):
            unit.multiply(a, b, c, *some)
    with pytest.raises(UsageError, match="scale_a has shape"):
        unit.multiply(a, b, c, np.full((2, 9), 127, np.uint8), scales[1])
    with pytest.raises(UsageError, match="scale_b is an array of"):
        unit.multiply(a, b, c, scales[0], scales[1].astype(np.float64))


def test_words_with_bits_a_short_format_does_not_have_are_refused() -> None:
    short = {
        form: names
        for unit, names in shipped().items()
        for form in (unit.a,)
        if FORMS.get(form, FORMS["float16"]).width < 8
    }
    assert short
    for form, names in short.items():
        unit = next(unit for unit, found in shipped().items() if found == names)
        operands = empty(unit, 1, 1, 2)
        operands[0][0, 1] = 1 << FORMS[form].width
        with pytest.raises(UsageError, match=f"a has words of more than the {FORMS[form].width} bits"):
            matrix_unit(*names).multiply(*operands)


@pytest.mark.parametrize(
    ("profile", "instruction"),
    [
        ("nvidia/h100", "mma.m16n8k16.f32.f16.f16.f32"),
        ("nvidia/v100", "mma.m8n8k4.f32.f16.f16.f16"),
        ("amd/mi100", "v_mfma_f32_16x16x4f32"),
        ("amd/mi250", "v_mfma_f32_16x16x16f16"),
        ("amd/mi300x", "v_mfma_f32_16x16x16_f16"),
    ],
)
def test_a_long_k_is_the_chain_of_its_parts(profile: str, instruction: str) -> None:
    unit, draw = matrix_unit(profile, instruction), np.random.default_rng(6)
    short = np.dtype(unit.arithmetic.a)
    a, b = draw.standard_normal((2, 9001)).astype(short), draw.standard_normal((9001, 3)).astype(short)
    c = draw.standard_normal((2, 3)).astype(unit.arithmetic.d)
    if unit.arithmetic.c != unit.arithmetic.d:
        c = np.zeros((2, 3), unit.arithmetic.c)
    parts = [slice(0, 4800), slice(4800, 4816), slice(4816, 9001)]
    chained = c
    for part in parts:
        follows = matrix_unit("nvidia/v100", "mma.m8n8k4.f32.f16.f16.f32") if chained.dtype != c.dtype else unit
        chained = follows.multiply(a[:, part], b[part], chained)
    assert (unit.multiply(a, b, c).view(np.uint32) == chained.view(np.uint32)).all()
