"""Elementary functions of each element: judged by units in the last place, or by what their formula allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.functions import logaddexp_bound, ulp_bound
from harness.oracle.definition import Definition, Inputs, Question, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.elementwise import empty, size, sweep
from harness.oracle.families.function_points import draw_plain, of_similar_size, operands_of, representable, spread
from harness.oracle.formats import FORMATS
from harness.oracle.inputs import elementwise as own
from harness.oracle.numbers import full_mantissa
from harness.oracle.problem import Array, Problem, Wanted, within
from harness.oracle.reference.functions import function
from harness.oracle.task import Task

#: Points a case has over a domain; of float64, whose reference takes more time, fewer.
_POINTS = {"float64": 130}
_MANY = 2050
#: First, middle and last places of a row of 130, and those where vectors of 64 and 128 begin and end.
_PLACES = (0, 1, 63, 64, 127, 128, 129)
#: A slice of float32 has every 256th pattern, and is launched in pieces.
_STEP, _PIECES = 256, 16


def value(task: Task, operands: Sequence[Array]) -> Array:
    """The function's value at operands of the task's types, in float64."""
    with np.errstate(all="ignore"):
        typed = [np.asarray(o).astype(numpy_dtype(d)) for o, d in zip(operands, task.types.inputs, strict=True)]
    return function(task.name, typed)


def solve(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool = False
) -> tuple[Wanted, ...]:
    """The value in float64, and how far off it may be."""
    expected = value(task, operands)
    if task.operation.bound == "ulp":
        return (within(task.types.out, expected, np.asarray(ulp_bound(task.types)), "ulp"),)
    with np.errstate(all="ignore"):
        a, b = (np.asarray(operand).astype(np.float64) for operand in operands)
        return (within(task.types.out, expected, logaddexp_bound(task.held_to, a, b, expected)),)


def domain(task: Task) -> Iterator[Question]:
    """Points of every size over the domain, with its two ends."""
    for number in range(3):
        yield from pairs(f"domain-{number}", partial(_domain, task))


def _domain(task: Task, draw: Draw) -> list[Problem]:
    return [pose(task, spread(task, draw, _POINTS.get(task.dtype, _MANY)))]


def specials(task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, among points of the domain."""
    for index in range(task.operation.arity):
        yield from pairs(f"operand-{index}", partial(_special, task, index, None))
    for what, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
        yield from pairs(name, partial(_special, task, 0, what))


def _special(task: Task, index: int, only: float | None, draw: Draw) -> list[Problem]:
    operands = [operand.copy() for operand in draw_plain(task, draw, (3, 130))[0]]
    for number, row in enumerate(draw.permutation(3)[:2]):
        for place in _PLACES[number::2]:
            what = only if only is not None else (np.nan, np.inf, -np.inf)[int(draw.integers(0, 2, 1)[0])]
            operands[index][row, place] = what
    return [pose(task, operands)]


def exhaustive(task: Task) -> Iterator[Question]:
    """All 65,536 values of a 16-bit type, as far as they lie in the domain."""
    if task.operation.arity == 1 and numpy_dtype(task.dtype).itemsize == 2:
        yield from pairs("every", partial(_every, task))


def _every(task: Task, draw: Draw) -> list[Problem]:
    with np.errstate(invalid="ignore"):  # of signalling NaN
        values = own.every_pattern(task, draw).astype(np.float64)
    return [pose(task, representable(task, [values]))]


def slices(task: Task) -> Iterator[Question]:
    """Two slices of float32, of every 256th pattern: from an even pattern on and from an odd one, by the seed."""
    if _sliced(task):
        for odd, which in enumerate("ab"):
            yield Question(f"slice/{which}", partial(_drawn_slice, task, odd))


def every_slice(task: Task) -> Iterator[Question]:
    """All 256 slices of float32."""
    if _sliced(task):
        for first in range(_STEP):
            yield Question(f"slice-{first}", lambda draw, first=first: _slice(task, first))  # type: ignore[misc]


def _sliced(task: Task) -> bool:
    return task.operation.arity == 1 and task.types.inputs == ("float32",)


def _drawn_slice(task: Task, odd: int, draw: Draw) -> list[Problem]:
    return _slice(task, 2 * int(draw.integers(0, _STEP // 2 - 1, 1)[0]) + odd)


def _slice(task: Task, first: int) -> list[Problem]:
    """The patterns from ``first`` on, each ``_STEP`` further, in as many launches as a slice has pieces."""
    found = []
    for part in np.split(np.arange(first, 1 << 32, _STEP, dtype=np.uint32), _PIECES):
        with np.errstate(invalid="ignore"):  # of signalling NaN
            found.append(pose(task, representable(task, [part.view(np.float32).astype(np.float64)])))
    return found


def range_reduction(task: Task) -> Iterator[Question]:
    """The numbers nearest to multiples of half of pi, up to the end of the domain."""
    if task.name in ("sin", "cos", "tan"):
        for number in range(2):
            yield from pairs(f"multiples-{number}", partial(_near_multiples, task))


def _near_multiples(task: Task, draw: Draw) -> list[Problem]:
    bits = draw.integers(1, 15, (130,))
    multiples = draw.signs((130,)) * (draw.integers(0, 1 << 15, (130,)) >> bits) + 1
    return [pose(task, representable(task, [multiples * (np.pi / 2)]))]


def whole_powers(task: Task) -> Iterator[Question]:
    """Bases of either sign with whole exponents, even and odd, of either sign."""
    if task.name == "pow":
        for number in range(2):
            yield from pairs(f"whole-{number}", partial(_whole_powers, task))


def _whole_powers(task: Task, draw: Draw) -> list[Problem]:
    base = full_mantissa(draw, task.dtype, (130,), (-2, 1)).astype(np.float64)
    return [pose(task, representable(task, [base, draw.integers(-7, 7, (130,)) + 0.0]))]


def large_and_small(task: Task) -> Iterator[Question]:
    """Pairs of numbers whose squares overflow, or become subnormal."""
    if task.name == "hypot":
        form = FORMATS[task.dtype]
        for name, reach in (("large", (form.emax // 2, form.emax - 3)), ("small", (form.emin + 2, form.emin // 2))):
            yield from pairs(name, partial(_of_a_size, task, reach))


def _of_a_size(task: Task, reach: tuple[int, int], draw: Draw) -> list[Problem]:
    return [pose(task, representable(task, of_similar_size(task, draw, 130, reach)))]


INPUTS: Inputs = {
    "domain": domain,
    "specials": specials,
    "special-values": own.special_values,
    "exhaustive-16": exhaustive,
    "slices-32": slices,
    "exhaustive-32": every_slice,
    "range-reduction": range_reduction,
    "whole-powers": whole_powers,
    "large-and-small": large_and_small,
    "broadcasting": partial(own.broadcasting, operands_of),
}

DEFINITION = Definition(
    size=size,
    draw=draw_plain,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: False,
    inputs=INPUTS,
    empty=empty,
    axes=aligned_axes,
)
