"""Input classes of elementwise operations: special values, ties, truth tables, whole ranges, broadcasting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Inputs, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.numbers import all_patterns, any_bits
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.elementwise import into
from harness.oracle.task import Task

#: The shapes of operands that stretch to a common shape.
_STRETCHED: tuple[tuple[str, tuple[Size, ...]], ...] = (
    ("outer", ((7, 1), (1, 9), (7, 9))),
    ("row", ((9,), (7, 9), (1, 9))),
    ("number", ((), (9, 7), (7,))),
    ("planes", ((3, 1, 5), (4, 5), (3, 4, 1))),
)


def shuffled(draw: Draw, columns: Sequence[Array], times: int = 3) -> list[Array]:
    """Rows of a table several times over, in a random order."""
    count = len(columns[0])
    order = draw.permutation(count * times) % count
    return [np.asarray(column)[order] for column in columns]


def special_values(task: Task) -> Iterator[Question]:
    """The table of special values of the standard, in a random order."""
    if task.operation.special and task.floating:
        for number in range(2):
            yield from pairs(f"table-{number}", partial(_table, task))


def _table(task: Task, draw: Draw) -> list[Problem]:
    rows = task.operation.special
    columns = [np.array([row.operands[index] for row in rows]) for index in range(task.operation.arity)]
    *operands, expected = shuffled(draw, [*columns, np.array([row.result for row in rows])])
    typed = tuple(into(column, dtype) for column, dtype in zip(operands, task.types.inputs, strict=True))
    return [Problem(task, typed, (_held(task, expected),))]


def _held(task: Task, expected: Array) -> Wanted:
    """Values of a table as the operation is held to them; what is no value of the type, to within the rounding."""
    if task.types.ulp is None:
        return exactly(task.types.out, into(expected, task.types.out))
    return within(task.types.out, expected, np.full(expected.shape, task.types.ulp + 0.5), "ulp")


def grid(values: Sequence[float], arity: int) -> list[Array]:
    """Every combination of values, a column for each operand."""
    return [part.reshape(-1) for part in np.meshgrid(*[np.array(values)] * arity, indexing="ij")]


def comparisons(task: Task) -> Iterator[Question]:
    """Every pair out of NaN, zeros of both signs, ordinary numbers and infinities."""
    if task.family == "comparison" and task.floating:
        table = grid([np.nan, 0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf], 2)
        yield from pairs("grid", lambda draw: [pose(task, shuffled(draw, table))])


def extrema_of_nan(task: Task) -> Iterator[Question]:
    """Every pair out of NaN, ordinary numbers and infinities; between those bounds, every number."""
    if not task.floating:
        return
    table = grid([np.nan, 1.0, -1.0, 2.5, np.inf, -np.inf], 2)
    if task.name == "clip":
        x, bound = table
        table = [x, -np.abs(bound), np.abs(bound)]
    yield from pairs("grid", lambda draw: [pose(task, shuffled(draw, table))])


def ties(task: Task) -> Iterator[Question]:
    """Halves between whole numbers, and the numbers on either side of each half."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"halves-{number}", partial(_halves, task))


def _halves(task: Task, draw: Draw) -> list[Problem]:
    most = 1 << min(FORMATS[task.dtype].p - 2, 20)
    middle = into(draw.integers(-most, most, 300) + 0.5, task.dtype)
    bits = middle.view(f"u{middle.dtype.itemsize}")
    beside = [middle, (bits + 1).view(middle.dtype), (bits - 1).view(middle.dtype)]
    small = into(np.array([0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, -3.5]), task.dtype)
    return [pose(task, [np.concatenate([*beside, small])])]


def signed_zeros(task: Task) -> Iterator[Question]:
    """Zeros of both signs, and small numbers that become zero, in a random order with ordinary ones."""
    if not task.floating:
        return
    values = [0.0, -0.0, 0.25, -0.25, 0.5, -0.5, -0.75, 2.0, -3.0]
    if task.name == "sqrt":
        values = [0.0, -0.0, 1.0, 4.0]
    table = grid(values, task.operation.arity)
    for number in range(2):
        yield from pairs(f"zeros-{number}", lambda draw: [pose(task, shuffled(draw, table, 9))])


def neighbours(task: Task) -> Iterator[Question]:
    """Numbers at both ends of a binade, of the range and of the subnormal numbers, on the way up and down."""
    if not task.floating or task.flushes:
        return
    form = FORMATS[task.dtype]
    edges = [0.0, 1.0, 2.0, form.largest, form.smallest_normal, form.smallest_subnormal, 1.5]
    table = grid([sign * value for value in edges for sign in (1.0, -1.0)] + [np.inf, -np.inf], 2)
    yield from pairs("edges", lambda draw: [pose(task, shuffled(draw, table, 2))])


def truth_tables(task: Task) -> Iterator[Question]:
    """Every combination of truth values, many times over in a random order."""
    if task.dtype != "bool":
        return
    table = grid([0.0, 1.0], task.operation.arity)
    for number in range(2):
        yield from pairs(f"table-{number}", lambda draw: [pose(task, [c != 0 for c in shuffled(draw, table, 67)])])


def bit_patterns(task: Task) -> Iterator[Question]:
    """Every pattern of eight bits against every other, and random patterns of wider types."""
    if not is_float(task.dtype):
        yield from pairs("patterns", partial(_patterns, task))


def _patterns(task: Task, draw: Draw) -> list[Problem]:
    shift, inputs = task.name.endswith("shift"), task.types.inputs
    if inputs[0] == "int8":
        every = np.arange(256, dtype=np.uint8).view(np.int8)
        second = np.arange(8, dtype=np.int8) if shift else every
        columns = [every, second][: task.operation.arity]
        return [pose(task, shuffled(draw, [part.reshape(-1) for part in np.meshgrid(*columns, indexing="ij")], 1))]
    operands = [any_bits(draw, dtype, (1030,)) for dtype in inputs]
    if shift:
        operands[1] = draw.integers(0, 8 * operands[1].dtype.itemsize - 1, (1030,)).astype(operands[1].dtype)
    return [pose(task, operands)]


def exhaustive(task: Task) -> Iterator[Question]:
    """All 65,536 values of a 16-bit type through an exact operation; calm where flushing is declared."""
    if task.floating and task.operation.arity == 1 and numpy_dtype(task.dtype).itemsize == 2:
        yield from pairs("every", partial(_every, task))


def _every(task: Task, draw: Draw) -> list[Problem]:
    values = calm(task, every_pattern(task, draw))
    if task.name == "sign":
        # The standard leaves the sign of the sign of -0 open.
        values = np.where(values.view("u2") == 1 << 15, 0, values).astype(values.dtype)
    right = pose(task, [values]).wanted[0].expected
    same = calm(task, right).view("u2") == right.view("u2")
    return [pose(task, [np.where(same, values, 1).astype(values.dtype)])]


def every_pattern(task: Task, draw: Draw) -> Array:
    """All 65,536 values of the operand's type, in a random order."""
    values = all_patterns(task.dtype)
    return np.asarray(values[draw.permutation(values.size)])


def calm(task: Task, values: Array) -> Array:
    """Values with 1 in place of subnormal ones, where the profile declares flushing: that is asked elsewhere."""
    if not task.flushes:
        return values
    with np.errstate(invalid="ignore"):  # of signalling NaN
        magnitude = np.abs(values.astype(np.float64))
    small = (magnitude > 0) & (magnitude < FORMATS[values.dtype.name].smallest_normal)
    return np.where(small, 1, values).astype(values.dtype)


def without_underflow(problem: Problem) -> Problem:
    """The problem with operands of 1 where its result would be subnormal: whether that is kept is asked elsewhere."""
    wanted = problem.wanted[0]
    magnitude = np.abs(wanted.expected.astype(np.float64))
    small = (magnitude > 0) & (magnitude < FORMATS[wanted.dtype].smallest_normal)
    return pose(problem.task, [np.where(small, 1, operand).astype(operand.dtype) for operand in problem.operands])


def broadcasting(
    operands_of: Callable[[Task, Draw, Sequence[Size]], Sequence[Array]], task: Task
) -> Iterator[Question]:
    """Operands of fewer dimensions, of length one, and single numbers, stretched to the output's shape."""
    arity = task.operation.arity
    if arity == 1:
        return

    def stretched(chosen: Sequence[tuple[Size, ...]], draw: Draw) -> list[Problem]:
        return [pose(task, operands_of(task, draw, shapes[:arity])) for shapes in chosen]

    for name, shapes in _STRETCHED:
        yield from pairs(name, partial(stretched, [shapes]))
    yield Question("both", partial(stretched, [shapes for _, shapes in _STRETCHED]))


#: Those that need nothing of a family's own.
INPUTS: Inputs = {
    "special-values": special_values,
    "comparisons": comparisons,
    "extrema-of-nan": extrema_of_nan,
    "ties": ties,
    "signed-zeros": signed_zeros,
    "neighbours": neighbours,
    "truth-tables": truth_tables,
    "bit-patterns": bit_patterns,
    "exhaustive-16": exhaustive,
}
