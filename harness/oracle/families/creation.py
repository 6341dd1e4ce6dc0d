"""What is right for tensors made of arguments alone: of one value, with a diagonal, or along a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.creation import floats, range_bound, spacing_bound
from harness.oracle.definition import Definition, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float, round_to
from harness.oracle.launch import Layout
from harness.oracle.numbers import any_bits, full_mantissa, subnormals
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.creation import contents, exact_values, steps
from harness.oracle.task import Task

#: Operations whose elements are computed from both ends of a line.
_LINES = ("arange", "linspace")
#: Lines start at most so far from zero, and step at most so far.
_START, _STEP = 20, 3
Attributes = Mapping[str, Any]


def _size(task: Task) -> Size:
    return (37,) if task.name in _LINES else (5, 13)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    """Arguments whose results are exact in any order: few bits for both start and step."""
    if task.name in _LINES:
        count = min(size[0], _most(task))
        return (), _line(task, count, start=int(draw.integers(-_START, _START, 1)[0]), step=_step(task, draw))
    if task.name == "eye":
        # The diagonal lies in the matrix, so that there is a one to be found.
        offset = int(draw.integers(1 - size[0], size[1] - 1, 1)[0]) if min(size) else 0
        return (), {"n_rows": size[0], "n_cols": size[1], "k": offset}
    shape = {"shape": list(size)}
    return (), shape | ({"fill_value": _value(task, draw)} if task.name == "full" else {})


def _most(task: Task) -> int:
    """How many elements ``arange`` can have before its values leave the type."""
    if task.name != "arange":
        return sys.maxsize
    dtype = task.types.out
    largest = FORMATS[dtype].largest if is_float(dtype) else np.iinfo(dtype).max
    return int(min((largest - _START) // _STEP, sys.maxsize))


def _step(task: Task, draw: Draw) -> int | float:
    """A step of few bits, which is a fraction where there are enough bits for one."""
    whole = int(draw.integers(1, _STEP, 1)[0] * draw.signs(1)[0])
    return whole / 4 if task.types.out in ("float32", "float64") else whole


def _line(task: Task, count: int, start: float, step: float) -> Attributes:
    """Attributes that give a start, a step and a number of elements."""
    if task.name == "arange":
        # Half a step short of the next element where there are halves, so that no rounding changes the count.
        stop = start + (count * step if not task.floating or not count else count * step - step / 2)
        return {"start": start, "stop": stop, "step": step}
    return {"start": start, "stop": start + int(16 * step), "num": count, "endpoint": count != 2}


def _value(task: Task, draw: Draw) -> Any:
    """One value of the result's dtype with its last bit set, as an attribute."""
    dtype = task.types.out
    if is_float(dtype):
        return float(full_mantissa(draw, dtype, (1,), (-9, 9))[0])
    return any_bits(draw, dtype, (1,))[0].item()


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    """A line whose start and step have full mantissas; what has no line is as plain as ever."""
    if task.name not in _LINES or not task.floating:
        return _draw(task, draw, size)
    start, other = (float(value) for value in full_mantissa(draw, task.types.out, (2,), (-1, 1)))
    if task.name == "linspace":
        return (), {"start": start, "stop": other, "num": size[0], "endpoint": bool(draw.integers(0, 1, 1)[0])}
    stop = float(round_to(np.asarray(start + (size[0] - 0.5) * other), task.types.out))
    return (), {"start": start, "stop": stop, "step": other}


def _solve(task: Task, operands: Sequence[Array], attributes: Attributes, exact: bool) -> tuple[Wanted, ...]:
    dtype = task.types.out
    if task.name not in _LINES:
        found = contents(task.name, attributes)
        with np.errstate(invalid="ignore", over="ignore"):
            return (exactly(dtype, found.astype(numpy_dtype(dtype))),)
    values = exact_values(task.name, attributes)
    if not is_float(dtype):
        return (exactly(dtype, np.array([int(value) for value in values], numpy_dtype(dtype))),)
    start, step, _ = steps(task.name, attributes)
    if task.name == "arange":
        return (within(dtype, floats(values), range_bound(task.held_to, dtype, values, step)),)
    ends, endpoint = (start, Fraction(attributes["stop"])), bool(attributes.get("endpoint", True))
    return (within(dtype, floats(values), spacing_bound(task.held_to, dtype, values, ends, endpoint=endpoint)),)


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return [(length,)] if task.name in _LINES else [(length, 3), (2, length)]


def _empty(task: Task) -> Sequence[Size]:
    return [(0,)] if task.name in _LINES else [(0, 3), (2, 0)]


def _no_layouts(task: Task) -> tuple[Layout, ...]:
    """There are no operands to lie anywhere."""
    return ()


def _posed(task: Task, attributes: Attributes, draw: Draw) -> list[Problem]:
    return [pose(task, (), attributes)]


def _drawn(task: Task, size: Size, draw: Draw) -> list[Problem]:
    return [pose(task, *_draw(task, draw, size))]


def contents_of(task: Task) -> Iterator[Question]:
    """Scalars, vectors, matrices and more: every element is written, with its own value."""
    sizes: Sequence[Size] = [(1,), (65,), (130,)]
    if task.name not in _LINES:
        sizes = [(9, 130), (65, 33)] if task.name == "eye" else [(), (1,), (1030,), (7, 130), (3, 5, 2, 9)]
    for size in sizes:
        yield from pairs(f"shape-{'x'.join(map(str, size)) or 'scalar'}", partial(_drawn, task, size))


def selector(task: Task) -> Iterator[Question]:
    """Values of every exponent whose last bit is set, or any bits of an integer, given as an argument."""
    if task.name == "full":
        for number in range(4):
            yield from pairs(f"value-{number}", partial(_filled, task, _any_value))


def _any_value(task: Task, draw: Draw) -> Any:
    if not is_float(task.types.out):
        return _value(task, draw)
    form = FORMATS[task.types.out]
    return float(full_mantissa(draw, task.types.out, (1,), (form.emin, form.emax))[0])


def _filled(task: Task, value: Any, draw: Draw) -> list[Problem]:
    """Two tensors of a shape, each of a value of its own."""
    values = [value(task, draw) if callable(value) else value, _any_value(task, draw)]
    return [pose(task, (), {"shape": [3, 43], "fill_value": one}) for one in values]


def specials(task: Task) -> Iterator[Question]:
    """NaN, both infinities, both zeros, and the ends of the range as the value of every element."""
    if task.name != "full":
        return
    dtype = task.types.out
    values: Mapping[str, Any] = {"zero": 0, "one": 1}
    if is_float(dtype):
        largest = FORMATS[dtype].largest
        ends = {"largest": largest, "lowest": -largest}
        values = {"nan": np.nan, "inf": np.inf, "minus-inf": -np.inf, "zero": 0.0, "minus-zero": -0.0} | ends
    elif dtype != "bool":
        values = {"largest": int(np.iinfo(dtype).max), "lowest": int(np.iinfo(dtype).min), "zero": 0}
    for name, value in values.items():
        yield from pairs(name, partial(_filled, task, value))


def subnormal_values(task: Task) -> Iterator[Question]:
    """Subnormal numbers as the value of every element: an argument is stored, and not computed with."""
    if task.name == "full" and is_float(task.types.out):
        for number in range(2):
            yield from pairs(f"subnormal-{number}", partial(_filled, task, _subnormal))


def _subnormal(task: Task, draw: Draw) -> float:
    return float(subnormals(draw, task.types.out, (3,))[2])


def integer_exact(task: Task) -> Iterator[Question]:
    """Lines of few bits whose every element is exact in any order of evaluation, also by halves of their length."""
    if task.name in _LINES:
        for count in (2, 3, 33, 65):
            yield from pairs(f"{count}-elements", partial(_drawn, task, (count,)))


def dense(task: Task) -> Iterator[Question]:
    """Lines of full mantissas, within the bound."""
    if task.name in _LINES and task.floating:
        for count in (3, 17, 65):
            yield from pairs(f"{count}-elements", partial(_rough_line, task, (count,)))


def _rough_line(task: Task, size: Size, draw: Draw) -> list[Problem]:
    return [pose(task, *_rough(task, draw, size))]


#: Start, stop and step of ranges: up, down, with stop hit and missed, empty, and of one element.
_RANGES = (
    *((0, 10, 1), (0, 10, 3), (1, 10, 3), (3, -8, -2), (3, -7, -2), (5, 5, 1), (5, 4, 1), (4, 5, -1), (-3, 40, 50)),
    *((7, 0, -7), (-7, 1, 7), (0, 130, 1), (-100, 130, 2)),
)


def counts(task: Task) -> Iterator[Question]:
    """Ranges up and down whose stop is hit, missed, or not ahead."""
    for start, stop, step in _RANGES if task.name == "arange" else ():
        for scale, name in ((1, "whole"), (0.25, "quarters"))[: 2 if task.floating else 1]:
            values = [one * scale if task.floating else one for one in (start, stop, step)]
            attributes = dict(zip(("start", "stop", "step"), values, strict=True))
            yield Question(f"{name}/{start}-to-{stop}-by-{step}", partial(_posed, task, attributes))


def endpoints(task: Task) -> Iterator[Question]:
    """Lines of few elements, down and up, with and without the end point, of full mantissas."""
    for count in (1, 2, 3, 10, 64) if task.name == "linspace" else ():
        for endpoint in (True, False):
            yield from pairs(f"{count}/{'with' if endpoint else 'without'}-end", partial(_ends, task, count, endpoint))


def _ends(task: Task, count: int, endpoint: bool, draw: Draw) -> list[Problem]:
    start, stop = (float(value) for value in full_mantissa(draw, task.types.out, (2,), (-3, 3)))
    return [pose(task, (), {"start": start, "stop": stop, "num": count, "endpoint": endpoint})]


def diagonals(task: Task) -> Iterator[Question]:
    """Every offset of small matrices, square, wide and high, and offsets beyond the edge."""
    for rows, columns in ((4, 4), (3, 7), (6, 2)) if task.name == "eye" else ():
        for k in (-rows - 1, *range(-rows, columns + 1), columns + 2):
            attributes = {"n_rows": rows, "n_cols": columns, "k": k}
            yield Question(f"{rows}x{columns}/offset{k:+}", partial(_posed, task, attributes))


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    rough=_rough,
    solve=_solve,
    sweep=_sweep,
    empty=_empty,
    layouts=_no_layouts,
    plainly_exact=lambda task: True,
    inputs={
        "contents": contents_of,
        "selector": selector,
        "specials": specials,
        "subnormals": subnormal_values,
        "integer-exact": integer_exact,
        "dense": dense,
        "counts": counts,
        "endpoints": endpoints,
        "diagonals": diagonals,
    },
)
