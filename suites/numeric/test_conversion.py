"""Conversions: rounding, ends of ranges, integers, special values, every 16-bit value, widening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle import reference
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range, is_float
from harness.oracle.numbers import all_patterns, any_bits, full_mantissa
from harness.oracle.problem import Problem, solve
from harness.suite.case import Case, Subject
from harness.suite.problems import calm, numeric, pairs
from harness.suite.suites import tests

Array = NDArray[Any]

#: Types every value of which another type can represent.
_WIDENS = {
    "float16": {"float32", "float64"},
    "bfloat16": {"float32", "float64"},
    "float32": {"float64"},
    "int8": {"float16", "float32", "float64", "int16", "int32", "int64"},
    "bool": {"float16", "bfloat16", "float32", "float64", "int8", "int32", "int64"},
}


def _narrows(types: Types) -> bool:
    """Whether the result has fewer bits of precision than the operand."""
    source, target = types.inputs[0], types.out
    return is_float(source) and is_float(target) and FORMATS[target].p < FORMATS[source].p


@tests("IF-CNV-001")
def ties_and_neighbours(subject: Subject) -> Iterator[Case]:
    """Numbers half way between two of the narrower type, and those one bit to either side of half way."""
    operation, types = numeric(subject)
    if not _narrows(types):
        return
    source, target = FORMATS[types.inputs[0]], FORMATS[types.out]
    low, high = max(source.emin, target.emin) + 1, min(source.emax, target.emax) - 1

    def halves(draw: Draw) -> list[Problem]:
        near = full_mantissa(draw, types.out, (400,), (max(low, -10), min(high, 10))).astype(np.float64)
        near = np.where(draw.integers(0, 1, 400) == 0, near, np.ldexp(np.rint(np.ldexp(near, 4)), -4))
        _, exponent = np.frexp(near)
        middle = reference.into(near + np.ldexp(0.5, exponent - target.p), types.inputs[0])
        bits = middle.view(f"u{middle.dtype.itemsize}")
        values = np.concatenate([middle, (bits + 1).view(middle.dtype), (bits - 1).view(middle.dtype)])
        return [solve(operation, types, [values])]

    for number in range(2):
        yield from pairs(f"halves-{number}", "bitwise", halves)


@tests("IF-CNV-002")
def boundary_of_overflow(subject: Subject) -> Iterator[Case]:
    """The largest number of the narrower type, half a unit beyond it, and the numbers on either side of that."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]) or not is_float(types.out):
        return
    source, target = FORMATS[types.inputs[0]], FORMATS[types.out]
    if source.largest <= target.largest:
        return
    edge = target.largest + 2.0 ** (target.emax - target.p)

    def edges(draw: Draw) -> list[Problem]:
        middle = reference.into(np.array([edge]), types.inputs[0])
        bits = middle.view(f"u{middle.dtype.itemsize}")
        beside = np.concatenate([middle, (bits + 1).view(middle.dtype), (bits - 1).view(middle.dtype)])
        others = reference.into(np.array([target.largest, 2.0**target.emax, source.largest, 1.0]), types.inputs[0])
        values = np.concatenate([beside, others])
        values = np.concatenate([values, -values])
        return [solve(operation, types, [values[draw.permutation(9 * values.size) % values.size]])]

    for number in range(2):
        yield from pairs(f"edges-{number}", "bitwise", edges)


@tests("IF-CNV-003")
def fractions_dropped(subject: Subject) -> Iterator[Case]:
    """Numbers of every size in the integer's range, with fractions where the format has room for them."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]) or is_float(types.out) or types.out == "bool":
        return
    low, high = integer_range(types.out)
    reach = min(FORMATS[types.inputs[0]].emax, int(high).bit_length() - 1)

    def values(draw: Draw) -> list[Problem]:
        drawn = full_mantissa(draw, types.inputs[0], (500,), (-3, reach - 1)).astype(np.float64)
        inside = np.where((drawn > low) & (drawn < high), drawn, 1.5)
        return [solve(operation, types, [reference.into(inside, types.inputs[0])])]

    for number in range(2):
        yield from pairs(f"sizes-{number}", "bitwise", values)


@tests("IF-CNV-004")
def integers_rounded(subject: Subject) -> Iterator[Case]:
    """Integers of every size, those half way between two floating-point numbers among them."""
    operation, types = numeric(subject)
    if is_float(types.inputs[0]) or types.inputs[0] == "bool" or not is_float(types.out):
        return
    low, high = integer_range(types.inputs[0])
    spare = int(high).bit_length() - FORMATS[types.out].p

    def values(draw: Draw) -> list[Problem]:
        drawn = any_bits(draw, types.inputs[0], (400,)).astype(np.int64)
        drawn >>= draw.integers(0, 6, 400)
        drawn[:2] = low, high
        if spare > 0:
            ties = draw.integers(1 << (FORMATS[types.out].p - 1), (1 << FORMATS[types.out].p) - 2, 200)
            drawn[2:202] = (ties << spare) + (1 << (spare - 1)) + draw.integers(-1, 1, 200)
        return [solve(operation, types, [drawn])]

    for number in range(2):
        yield from pairs(f"sizes-{number}", "bitwise", values)


@tests("IF-CNV-005")
def special_values(subject: Subject) -> Iterator[Case]:
    """NaN of several payloads, infinities and zeros of both signs among ordinary numbers."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]) or not is_float(types.out):
        return

    def values(draw: Draw) -> list[Problem]:
        table = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -2.0]).astype(numpy_dtype(types.inputs[0]))
        payloads = _nans(types.inputs[0])
        every = np.concatenate([table, payloads])
        return [solve(operation, types, [every[draw.permutation(11 * every.size) % every.size]])]

    for number in range(2):
        yield from pairs(f"table-{number}", "bitwise-class", values)


def _nans(dtype: str) -> Array:
    """Quiet NaNs of both signs whose payload is all ones or, but for the last bit, all zeros."""
    form, typed = FORMATS[dtype], numpy_dtype(dtype)
    width = typed.itemsize * 8
    exponent = ((1 << (width - form.p)) - 1) << (form.p - 1)
    quiet = 1 << (form.p - 2)
    patterns = [exponent | quiet | 1, exponent | ((1 << (form.p - 1)) - 1)]
    return np.array([*patterns, *(p | 1 << (width - 1) for p in patterns)], f"u{typed.itemsize}").view(typed)


@tests("IF-CNV-006")
def every_value(subject: Subject) -> Iterator[Case]:
    """All 65,536 values of a 16-bit type; for an integer result, those it can represent."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]) or numpy_dtype(types.inputs[0]).itemsize != 2:
        return

    def every(draw: Draw) -> list[Problem]:
        values = all_patterns(types.inputs[0])
        values = calm(subject, values[draw.permutation(values.size)])
        if not is_float(types.out):
            low, high = integer_range(types.out)
            wide = values.astype(np.float64)
            values = np.where(np.isfinite(wide) & (wide > low) & (wide < high), values, 1).astype(values.dtype)
        return [_with_calm_result(operation, types, subject, values)]

    yield from pairs("every", "bitwise-class", every)


def _with_calm_result(operation: Operation, types: Types, subject: Subject, values: Array) -> Problem:
    problem = solve(operation, types, [values])
    if not is_float(types.out):
        return problem
    bits = f"u{problem.expected.dtype.itemsize}"
    same = calm(subject, problem.expected).view(bits) == problem.expected.view(bits)
    return solve(operation, types, [np.where(same, values, 1).astype(values.dtype)])


@tests("IF-CNV-007")
def widening(subject: Subject) -> Iterator[Case]:
    """Values over the whole range of the narrower type, its subnormal numbers among them."""
    operation, types = numeric(subject)
    source = types.inputs[0]
    if types.out not in _WIDENS.get(source, ()):
        return

    def values(draw: Draw) -> list[Problem]:
        if not is_float(source):
            return [solve(operation, types, [any_bits(draw, source, (515,))])]
        form = FORMATS[source]
        wide = full_mantissa(draw, source, (515,), (form.emin, form.emax))
        small = np.ldexp(draw.integers(1, 1 << (form.p - 1), 64).astype(np.float64), form.emin - form.p + 1)
        wide[:64] = (draw.signs(64) * small).astype(wide.dtype)
        return [solve(operation, types, [calm(subject, wide)])]

    for number in range(2):
        yield from pairs(f"range-{number}", "bitwise", values)
