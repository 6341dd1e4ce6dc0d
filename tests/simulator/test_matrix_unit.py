"""Matrix units compute what their fields say: every shipped one, in dot products and in products of matrices."""

from __future__ import annotations

import random

import ml_dtypes
import numpy as np
import pytest

from harness.simulator.matrix_unit import matrix_unit
from tests.simulator.comparing import (
    FLOATING,
    KINDS,
    SHORT,
    UNITS,
    Array,
    any_word,
    anyhow,
    array,
    compared,
    empty,
    raw,
    same,
    scales_of,
)
from tests.simulator.definition import Parameters, dot
from tests.simulator.directed import directed
from tests.simulator.dot_vectors import word


@pytest.mark.parametrize(("parameters", "profile", "instruction"), UNITS)
def test_every_unit_of_every_shipped_profile_agrees_with_the_definition(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, draw = matrix_unit(profile, instruction), random.Random(instruction)
    width = parameters.width
    vectors = directed(parameters, every=24)
    for length in sorted({width, 4 * width, 2 * width + 1, 1}):
        vectors += [anyhow(parameters, draw, length, kind) for kind in KINDS for _ in range(20)]
    assert compared(unit, parameters, vectors) == []


@pytest.mark.parametrize(("parameters", "profile", "instruction"), UNITS)
def test_a_product_of_matrices_is_the_dot_products_of_rows_and_columns(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, draw = matrix_unit(profile, instruction), random.Random(instruction)
    for m, n, k, kind in ((3, 5, 2 * parameters.width + 1, "near"), (5, 2, parameters.depth, "any bits")):
        rows = [anyhow(parameters, draw, k, kind) for _ in range(m)]
        columns = [anyhow(parameters, draw, k, kind) for _ in range(n)]
        c = [[any_word(parameters.c, draw, kind) for _ in range(n)] for _ in range(m)]
        a, b = array([row.a for row in rows], parameters.a), array([column.b for column in columns], parameters.b).T
        addend = array([tuple(row) for row in c], parameters.c)
        scales = scales_of(rows, parameters)[:1] + tuple(s.T for s in scales_of(columns, parameters)[1:])
        found = raw(unit.multiply(a, b, addend, *scales))
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                expected = dot(parameters, row.a, column.b, c[i][j], row.scales_a, column.scales_b)
                assert same(int(found[i, j]), expected, parameters.d), (i, j)


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_matrices_may_have_any_size_and_none_at_all(parameters: Parameters, profile: str, instruction: str) -> None:
    unit = matrix_unit(profile, instruction)
    kind_d = unit.multiply(*empty(parameters, 1, 1, 1)).dtype
    for m, n, k in ((0, 3, 4), (3, 0, 4), (0, 0, 0), (1, 1, 1), (2, 1, 3), (1, 300, 1), (300, 1, 2)):
        found = unit.multiply(*empty(parameters, m, n, k))
        assert found.shape == (m, n)
        assert found.dtype == kind_d
        assert not raw(found).any()
    one = word(1, parameters.c)
    assert one is not None
    a, b, c, *scales = empty(parameters, 2, 3, 0)
    c[:] = one
    found = unit.multiply(a, b, c, *scales)
    assert (raw(found) == dot(parameters, [], [], one, *([[], []] if scales else []))).all()  # no product: D is C


@pytest.mark.parametrize(("parameters", "profile", "instruction"), FLOATING)
def test_raw_bits_and_numbers_of_the_format_are_the_same_operands(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, draw = matrix_unit(profile, instruction), random.Random(instruction)
    vectors = [anyhow(parameters, draw, parameters.width, kind) for kind in KINDS for _ in range(3)]
    a, b = array([v.a for v in vectors], parameters.a), array([v.b for v in vectors], parameters.b)
    c, scales = array([v.c for v in vectors], parameters.c), scales_of(vectors, parameters)
    typed = [typed_as(each, form) for each, form in ((a, parameters.a), (b, parameters.b), (c, parameters.c))]
    typed += [typed_as(each, parameters.scale_format or "") for each in scales]
    assert (raw(unit.dot(*typed)) == raw(unit.dot(a, b, c, *scales))).all()
    assert unit.dot(*typed).dtype == typed_as(array([], parameters.d), parameters.d).dtype


def typed_as(bits: Array, form: str) -> Array:
    """Raw bits as numbers of the format's own dtype."""
    name = {"tf32": "float32", "xf32": "float32", "ue4m3": "float8_e4m3fn"}.get(form, form)
    return bits.view(np.dtype(getattr(ml_dtypes, name, None) or name))
