"""Numeric conduct of exact elementwise operations: exact inputs, every bit, ends of the range, special numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import PAIR, Inputs, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.elementwise_operands import QUOTIENTS, full, operands_of
from harness.oracle.formats import FORMATS, integer_range, is_float
from harness.oracle.inputs import elementwise as own
from harness.oracle.numbers import any_bits, full_mantissa, subnormals, whole
from harness.oracle.problem import Array, Problem, within
from harness.oracle.reference import elementwise as reference
from harness.oracle.task import Task

#: First, middle and last places of a row of 130, and those where vectors of 64 and 128 begin and end.
_PLACES = (0, 1, 63, 64, 127, 128, 129)
#: What looks at bits or moves them: a unit that flushes has no occasion to.
_MOVES = frozenset({"where", "positive", "negative", "abs", "copysign"})
#: What rounds to whole numbers.
_WHOLE = frozenset({"floor", "ceil", "trunc", "round"})


def integer_exact(task: Task) -> Iterator[Question]:
    """Whole numbers."""
    for shape in ((130,), (7, 33)):
        yield from pairs("x".join(map(str, shape)), partial(_plain, task, shape))


def _plain(task: Task, shape: Size, draw: Draw) -> list[Problem]:
    return [pose(task, operands_of(task, draw, [shape] * task.operation.arity))]


def selector(task: Task) -> Iterator[Question]:
    """Values whose last bit is set, computed with once: a lost bit shows."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"operands-{number}", lambda draw: [pose(task, full(task, draw, (515,)))])


def specials(task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, among whole numbers."""
    if not task.floating or not is_float(task.types.out) or task.name in QUOTIENTS | {"nextafter"}:
        return
    for index, dtype in enumerate(task.types.inputs):
        # The bounds of a clip stay in order, whatever is put into one of them; a NaN has no sign that must be copied.
        if dtype != "bool" and (task.name, index) not in (("clip", 1), ("clip", 2), ("copysign", 1)):
            yield from pairs(f"operand-{index}", partial(_special, task, index, None))
    for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
        place = 1 if task.types.inputs[0] == "bool" else 0
        yield from pairs(name, partial(_special, task, place, value))


def _special(task: Task, index: int, only: float | None, draw: Draw) -> list[Problem]:
    operands = [operand.copy() for operand in operands_of(task, draw, [(3, 130)] * task.operation.arity)]
    for number, row in enumerate(draw.permutation(3)[:2]):
        for place in _PLACES[number::2]:
            value = only if only is not None else (np.nan, np.inf, -np.inf)[int(draw.integers(0, 2, 1)[0])]
            operands[index][row, place] = value
    return [pose(task, operands)]


def overflow(task: Task) -> Iterator[Question]:
    """The largest numbers: beyond them the infinity of the right sign, and nothing before that needs it."""
    if task.floating and is_float(task.types.out) and task.name not in QUOTIENTS | {"nextafter"}:
        for number in range(2):
            yield from pairs(f"largest-{number}", partial(_large, task))


def _large(task: Task, draw: Draw) -> list[Problem]:
    """Every pair out of numbers at both ends of the range, in a random order."""
    form = FORMATS[task.types.operand]
    ends = [form.largest, form.largest / 2, 2.0**form.emax, 2.0 ** (form.emax // 2), 2.0, 1.0, 0.5]
    values = np.array([sign * value for value in ends for sign in (1, -1)])
    grid = [part.reshape(-1) for part in np.meshgrid(*[values] * min(task.operation.arity, 2), indexing="ij")]
    order = draw.permutation(grid[0].size)
    operands = [part[order] for part in grid]
    if task.name == "where":
        operands = [whole(draw, "bool", order.shape, 1), *operands]
    if task.name == "sqrt":
        operands = [np.abs(operands[0])]
    if task.name == "clip":
        operands = [operands[0], -np.abs(operands[1]), np.abs(operands[1][::-1])]
    return [own.without_underflow(pose(task, operands))]


def subnormal(task: Task) -> Iterator[Question]:
    """Subnormal operands, and results that become subnormal: kept, or flushed exactly as declared."""
    if not task.floating or not is_float(task.types.out) or task.name == "floor_divide":
        return
    if task.name == "nextafter" and task.flushes:
        return  # whether it is arithmetic, or counts words, is left open
    for number in range(2):
        for which in PAIR:
            yield Question(f"subnormal-{number}/{which}", partial(_subnormal, task))


def _subnormal(task: Task, draw: Draw) -> list[Problem]:
    """Judged with the declared flushing; the sign of a flushed zero is left open."""
    problem = pose(task, _tiny(task, draw, (260,)))
    if not task.flushes or task.name in _MOVES:
        return [problem]
    operands: Sequence[Array] = problem.operands
    if task.declared.flush_inputs:
        operands = [reference.flush(operand, operand.dtype.name) for operand in operands]
    expected = pose(task, operands).wanted[0].expected
    if task.declared.flush_outputs:
        expected = reference.flush(expected, task.types.out)
    wanted = within(task.types.out, expected.astype(np.float64), np.zeros(expected.shape))
    return [replace(problem, wanted=(wanted,))]


def _tiny(task: Task, draw: Draw, shape: Size) -> list[Array]:
    """Subnormal numbers, and normal ones near the border, in the first operand; in the others what keeps them small."""
    dtype, name = task.types.operand, task.name
    form, tiny = FORMATS[dtype], subnormals(draw, dtype, shape)
    first = np.where(draw.integers(0, 3, shape) == 0, _border(task, draw, shape), tiny).astype(tiny.dtype)
    if name == "square":
        half = form.emin // 2
        first = full_mantissa(draw, dtype, shape, (half - 4, half))
    if name in ("sqrt", "remainder"):
        first = np.abs(first)
    if task.operation.arity == 1:
        return [first]
    if name == "remainder":
        return [first, np.ones_like(first)]
    if name in ("multiply", "divide"):
        # The last of them makes a normal number of any subnormal one, unless that was flushed before.
        lift = 2.0 ** (form.p if name == "multiply" else -form.p)
        second = np.array([0.5, 1.0, lift])[draw.integers(0, 2, shape)] * draw.signs(shape)
        return [first, second.astype(first.dtype)]
    # Two normal numbers near the border can have a subnormal difference.
    beside = draw.integers(0, 1, shape) == 0
    second = np.where(beside, _border(task, draw, shape), subnormals(draw, dtype, shape)).astype(first.dtype)
    if name == "where":
        return [whole(draw, "bool", shape, 1), first, second]
    return [first, -np.abs(second), np.abs(second[::-1])] if name == "clip" else [first, second]


def _border(task: Task, draw: Draw, shape: Size) -> Array:
    """Normal numbers that stand beside subnormal ones: whatever becomes of those, of these something must be left.

    They are multiples of half the smallest normal number; for roundings to whole numbers, halves; for reciprocals, the
    largest numbers, whose own are subnormal.
    """
    dtype = task.types.operand
    form = FORMATS[dtype]
    if task.name in _WHOLE:
        return (draw.integers(-40, 40, shape) / 2).astype(numpy_dtype(dtype))
    if task.name == "reciprocal":
        return full_mantissa(draw, dtype, shape, (form.emax - 1, form.emax))
    steps = draw.signs(shape) * draw.integers(2, 14, shape)
    return (steps * (form.smallest_normal / 2)).astype(numpy_dtype(dtype))


def integer_extremes(task: Task) -> Iterator[Question]:
    """Integers up to both ends of the range, with results that just stay inside it."""
    if not is_float(task.dtype):
        for number in range(2):
            yield from pairs(f"extremes-{number}", lambda draw: [pose(task, _at_the_ends(task, draw))])


def _at_the_ends(task: Task, draw: Draw) -> list[Array]:
    low, high = integer_range(task.dtype)
    first = any_bits(draw, task.dtype, (300,)).astype(np.int64)
    first[:4] = low, high, low + 1, high - 1
    second = any_bits(draw, task.dtype, (300,)).astype(np.int64)
    match task.name:
        case "add":
            return [first, np.clip(second, low - np.minimum(first, 0), high - np.maximum(first, 0))]
        case "subtract":
            return [first, np.clip(second, np.maximum(first, 0) - high, np.minimum(first, 0) - low)]
        case "multiply":
            factor = draw.choice([3, 5, 7])
            odd = np.arange(300) % 2
            return [np.where(odd, first // factor, first), np.where(odd, factor, 1)]
        case "square":
            root = math.isqrt(high)
            return [np.concatenate([draw.integers(-root, root, 298), [root, -root]])]
        case "remainder" | "floor_divide":
            # The one quotient out of range is that of the lowest number by -1.
            return [first, np.where((second == 0) | (second == -1), 3, second)]
        case "clip":
            return [first, np.minimum(second, second[::-1]), np.maximum(second, second[::-1])]
        case "maximum" | "minimum":
            return [first, second]
    return [np.maximum(first, low + 1)]


INPUTS: Inputs = {
    "integer-exact": integer_exact,
    "selector": selector,
    "specials": specials,
    "overflow": overflow,
    "subnormals": subnormal,
    "integer-extremes": integer_extremes,
    "broadcasting": partial(own.broadcasting, operands_of),
    **own.INPUTS,
}
