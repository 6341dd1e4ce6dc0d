"""Operands of exact elementwise operations that leave one right answer: whole numbers, and numbers of every bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Size
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.numbers import any_bits, full_mantissa, whole
from harness.oracle.problem import Array
from harness.oracle.task import Task

#: Whole numbers of ten bits at most, few enough for sums in every format but bfloat16, which has room for eight.
_MOST = 1 << 10
_DIVIDES = frozenset({"divide", "remainder", "floor_divide", "reciprocal"})
_TO_WHOLE = frozenset({"floor", "ceil", "trunc", "round", "floor_divide"})
_SHIFTS = frozenset({"bitwise_left_shift", "bitwise_right_shift"})
#: What implementations may compute from a rounded quotient, which differs where that overflows or becomes zero.
QUOTIENTS = frozenset({"remainder", "floor_divide"})


def operands_of(task: Task, draw: Draw, shapes: Sequence[Size]) -> list[Array]:
    """Whole numbers for every operand, within what keeps the operation exact; with NaN and infinity to classify."""
    most, inputs = _largest_whole(task), task.types.inputs
    found = [whole(draw, dtype, shape, most) for dtype, shape in zip(inputs, shapes, strict=True)]
    if task.family == "classification" and found[0].size > 2:
        found[0] = _marked(task, draw, found[0])
    if task.name in _SHIFTS:
        found[0] = any_bits(draw, inputs[0], shapes[0])
        bits = 8 * numpy_dtype(inputs[1]).itemsize
        found[1] = draw.integers(0, bits - 1, shapes[1]).astype(found[1].dtype)
    return _fitting(task, found)


def _marked(task: Task, draw: Draw, values: Array) -> Array:
    """Numbers with NaN and infinity among them; which sign a NaN has is not told from its value."""
    marks, found = draw.integers(0, 5, values.shape), values.copy()
    for mark, value in ((0, 1.0 if task.name == "signbit" else np.nan), (1, np.inf), (2, -np.inf)):
        found[marks == mark] = value
    return found


def _fitting(task: Task, operands: list[Array]) -> list[Array]:
    """Operands changed where the operation would have no one right answer, or none that tells anything."""
    name, last = task.name, operands[-1]
    if name == "sqrt":
        operands[0] = np.abs(operands[0])
    if name in _DIVIDES:
        operands[-1] = np.where(last == 0, 3, last).astype(last.dtype)
    if name == "reciprocal":
        operands[0] = np.abs(operands[0])
    if name in QUOTIENTS and task.floating:
        operands[0] = _no_multiples(*operands)
    if name == "nextafter":
        # The neighbours of zero are subnormal, and whether such are kept is asked elsewhere.
        operands[0] = np.where(operands[0] == 0, 3, operands[0]).astype(last.dtype)
    if name == "clip":
        low, high = operands[1], operands[2]
        operands[1], operands[2] = (-1 - np.abs(low)).astype(low.dtype), np.abs(high)
    return operands


def _no_multiples(x: Array, y: Array) -> Array:
    """Dividends changed so that no remainder is zero, whose sign implementations do not agree on."""
    with np.errstate(all="ignore"):
        left = np.remainder(x.astype(np.float64), y.astype(np.float64))
    if left.shape == x.shape:
        return np.where(left == 0, x.astype(np.float64) + 0.5, x).astype(x.dtype)
    return (np.rint(x.astype(np.float64)) + 0.5).astype(x.dtype)


def _largest_whole(task: Task) -> int:
    """The largest whole number for which the operation stays exact and finite in its output."""
    name, squares = task.name, task.name in ("multiply", "square")
    if task.family == "comparison":
        return 7  # there is something to find only where some numbers are equal
    if name in QUOTIENTS and task.floating:
        return 1 << (min(FORMATS[task.dtype].p, 12) - 3)
    if task.types.out == "int8" and (squares or name in ("add", "subtract", "clip")):
        return 11 if squares else 63
    return 255 if task.types.out == "float16" and squares else _MOST


def full(task: Task, draw: Draw, shape: Size) -> list[Array]:
    """Full-mantissa operands of middling size, so that nothing overflows or becomes subnormal."""
    reach = 3 if "float16" in (*task.types.inputs, task.types.out) else 30
    # Whole numbers of so few bits would not show that some were lost.
    exponents = (4, 9) if reach == 3 and task.name in _TO_WHOLE else (-reach, reach)
    found = [
        whole(draw, dtype, shape, 1) if dtype == "bool" else full_mantissa(draw, dtype, shape, exponents)
        for dtype in task.types.inputs
    ]
    if task.name == "sqrt":
        found[0] = np.abs(found[0])
    if task.name == "clip":
        found[1], found[2] = -np.abs(found[1]), np.abs(found[2])
    if task.family == "comparison":
        found[1] = _beside(draw, found[0])
    if task.family == "classification":
        found = [_marked(task, draw, found[0])]
    if task.name in QUOTIENTS:
        # By a power of two the quotient is exact, and so every way of dividing gives the same.
        powers = np.ldexp(1.0, draw.integers(-2, 3, shape)) * draw.signs(shape)
        found[1] = powers.astype(found[1].dtype)
        found[0] = _kept_apart(found[0], found[1])
    return found


def _beside(draw: Draw, values: Array) -> Array:
    """The same numbers, or their neighbours on either side, which only the last bit tells from them."""
    words = values.view(f"i{values.dtype.itemsize}")
    return np.asarray((words + draw.integers(-1, 1, values.shape).astype(words.dtype)).view(values.dtype))


def _kept_apart(x: Array, y: Array) -> Array:
    """Dividends of which something remains: a whole multiple gives way to three quarters of the divisor."""
    left = np.remainder(x.astype(np.float64), y.astype(np.float64))
    return np.where(left == 0, 0.75 * y.astype(np.float64), x).astype(x.dtype)
