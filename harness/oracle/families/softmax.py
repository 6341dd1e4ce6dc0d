"""Softmax and its logarithm: how they are asked plainly, what must come of them, and their input classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.interface.catalogue import load_interface
from harness.oracle.bounds.flushing import held_to_for
from harness.oracle.bounds.softmax import Functions, log_softmax_bound, softmax_bound
from harness.oracle.definition import Definition, Question, Size, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, round_to
from harness.oracle.numbers import full_mantissa, subnormals
from harness.oracle.problem import Array, Problem, Wanted, within
from harness.oracle.reference.precision import as_rounded
from harness.oracle.reference.softmax import log_softmax, rows_of
from harness.oracle.task import Task

#: Units in the last place of functions the interface has no row for: those of double in OpenCL C 3.0.
_UNSAID = 3.0
_DEPTHS = (1, 2, 4, 33, 128, 257, 1030)


@cache
def _functions(accumulator: str) -> Functions:
    """The legal error of exp and log in the format in which the operation is carried out."""
    operations = load_interface().operations
    units = [
        next((row.ulp for row in operations[name].types if row.label == accumulator), None) or _UNSAID
        for name in ("exp", "log")
    ]
    return Functions(*units)


def _solve(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool = False
) -> tuple[Wanted, ...]:
    values = np.moveaxis(operands[0], attributes.get("axis", -1), -1)
    if not values.size:
        return (within(task.types.out, np.zeros(operands[0].shape), np.zeros(operands[0].shape)),)
    to = held_to_for(task.held_to, operands, flushes=task.flushes)
    rows, functions = rows_of(values), _functions(to.accumulator)
    if task.name == "Softmax":
        expected, bound = rows.shares, softmax_bound(to, functions, rows)
    else:
        expected, bound = log_softmax(values), log_softmax_bound(to, functions, rows)
    expected = as_rounded(expected, round_to(expected, task.types.out).astype(np.float64))
    back = partial(np.moveaxis, source=-1, destination=attributes.get("axis", -1))
    return (within(task.types.out, back(expected), back(bound)),)


def _size(task: Task) -> Size:
    return (7, 33)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return [full_mantissa(draw, task.dtype, size, (-2, 2))], {"axis": -1}


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return ((length, 5), (3, length))


def _empty(task: Task) -> Sequence[Size]:
    return ((0, 33),)


def _dense(task: Task) -> Iterator[Question]:
    """Operands of full precision, around zero and from one to two, in rows of 1 to 1030."""
    for depth in _DEPTHS:
        for name, exponents in (("centred", (-4, 2)), ("one-to-two", (0, 0))):
            yield from pairs(f"{name}-{depth}", partial(_of_depth, task, depth, exponents))


def _of_depth(task: Task, depth: int, exponents: tuple[int, int], draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (5, depth), exponents)
    return [pose(task, [np.abs(values) if exponents == (0, 0) else values])]


def _sparse(task: Task) -> Iterator[Question]:
    """Three operands that count in each row, at any place, and others far below: the bound is that of three terms."""
    for depth in (9, 130, 1030):
        yield from pairs(f"three-of-{depth}", partial(_three, task, depth))


def _far(task: Task) -> float:
    """So far below 0 that its power is zero beside that of 0."""
    return -2000.0 if task.dtype == "float64" else -208.0


def _three(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = np.full((9, depth), _far(task)).astype(numpy_dtype(task.dtype))
    for row in values:
        row[draw.permutation(depth)[:3]] = full_mantissa(draw, task.dtype, (3,), (-3, 1))
    return [pose(task, [values])]


def _specials(task: Task) -> Iterator[Question]:
    """NaN or infinity at the first, middle and last place of a row makes the row NaN, and no other."""
    for depth in (9, 130):
        yield from pairs(f"rows-of-{depth}", partial(_with_specials, task, depth))


def _with_specials(task: Task, depth: int, draw: Draw) -> list[Problem]:
    places = [*dict.fromkeys((0, 1, depth // 2, depth - 2, depth - 1))]
    values = full_mantissa(draw, task.dtype, (3 * len(places) + 3, depth), (-2, 2))
    for number, place in enumerate(places):
        values[3 * number, place] = np.nan
        values[3 * number + 1, place] = np.inf
    values[-1, :2] = np.inf, -np.inf
    values[-2] = np.nan
    return [pose(task, [values])]


def _masked(task: Task) -> Iterator[Question]:
    """Minus infinity at single places, in leading, middle and trailing blocks, everywhere but at one, everywhere."""
    for depth in (5, 33, 257):
        yield from pairs(f"rows-of-{depth}", partial(_with_masks, task, depth))


def _with_masks(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (12, depth), (-2, 2))
    kept = draw.integers(0, depth - 1, 4)
    values[0, 0] = values[1, depth // 2] = values[2, -1] = -np.inf
    values[3, : depth - 2] = values[4, depth // 2 :] = values[5, 1:-1] = -np.inf
    for row, place in zip(range(6, 9), kept, strict=False):
        values[row] = np.where(np.arange(depth) == place, values[row], -np.inf)
    values[9] = -np.inf
    values[10] = np.where(draw.integers(0, 1, depth) == 1, values[10], -np.inf)
    values[10, kept[3]] = 1
    return [pose(task, [values])]


def _large_logits(task: Task) -> Iterator[Question]:
    """Operands whose powers overflow or underflow, though their shares do not: all of them moved by a large number."""
    for name, sign in (("above", 1), ("below", -1)):
        yield from pairs(name, partial(_moved_far, task, sign))


def _moved_far(task: Task, sign: int, draw: Draw) -> list[Problem]:
    form = FORMATS[task.dtype]
    exponent = min(13, max(7, form.p - 4))
    near = full_mantissa(draw, task.dtype, (7, 33), (-2, 2)).astype(np.float64)
    return [pose(task, [round_to(sign * 2.0**exponent + near, task.dtype)])]


def _overflow(task: Task) -> Iterator[Question]:
    """Operands up to the largest number: their differences overflow, their shares do not.

    Of the logarithm, which is the difference itself, up to half of that.
    """
    yield from pairs("largest", partial(_largest, task))


def _largest(task: Task, draw: Draw) -> list[Problem]:
    largest = FORMATS[task.dtype].largest * (1.0 if task.name == "Softmax" else 0.5)
    options = np.array([largest, -largest, largest / 2, -largest / 2, 0.0, 1.0])
    values = options[draw.integers(0, 5, (9, 33))]
    values[3:6] = np.where(values[3:6] > 1, -largest, values[3:6])
    values[6] = -largest
    values[7], values[7, 20] = -largest / 2, largest
    return [pose(task, [round_to(values, task.dtype)])]


def _subnormals(task: Task) -> Iterator[Question]:
    """Shares that are subnormal or below, and operands that are: which change nothing."""
    yield from pairs("shares", partial(_small_shares, task))
    yield from pairs("operands", partial(_small_operands, task))


def _small_shares(task: Task, draw: Draw) -> list[Problem]:
    form = FORMATS[task.types.out]
    deepest = int(-np.log(form.smallest_subnormal)) + 3
    shallow = int(-np.log(form.smallest_normal)) - 3
    values = draw.integers(-deepest * 64, -shallow * 64, (7, 33)) / 64.0
    values[:, 3] = draw.integers(0, 63, 7) / 64.0
    return [pose(task, [round_to(values, task.dtype)])]


def _small_operands(task: Task, draw: Draw) -> list[Problem]:
    return [pose(task, [subnormals(draw, task.dtype, (5, depth))]) for depth in (7, 64)]


def _metamorphic(task: Task) -> Iterator[Question]:
    """Operands that are moved exactly, permuted, or followed by minus infinity give what they gave before."""
    for name, make in (("moved", _moved), ("permuted", _permuted), ("padded", _padded)):
        yield from pairs(name, partial(make, task))


def _short(task: Task, draw: Draw) -> Array:
    return (draw.integers(-64, 64, (5, 33)) / 8.0).astype(numpy_dtype(task.dtype))


def _moved(task: Task, draw: Draw) -> list[Problem]:
    values = _short(task, draw)
    first = pose(task, [values])
    return [first, *(replace(first, operands=((values + values.dtype.type(by)),)) for by in (8, -8))]


def _permuted(task: Task, draw: Draw) -> list[Problem]:
    values, order = full_mantissa(draw, task.dtype, (5, 33), (-2, 2)), draw.permutation(33)
    first = pose(task, [values])
    wanted = first.wanted[0]
    assert wanted.bound is not None
    moved = within(wanted.dtype, wanted.expected[:, order], wanted.bound[:, order])
    return [first, replace(first, operands=(values[:, order],), wanted=(moved,))]


def _padded(task: Task, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (5, 33), (-2, 2))
    first = pose(task, [values])
    wanted = first.wanted[0]
    assert wanted.bound is not None
    nothing = 0.0 if task.name == "Softmax" else -np.inf
    expected = np.pad(wanted.expected, ((0, 0), (0, 31)), constant_values=nothing)
    padded = np.concatenate([values, np.full((5, 31), -np.inf).astype(values.dtype)], axis=1)
    return [
        first,
        replace(
            first, operands=(padded,), wanted=(within(wanted.dtype, expected, np.pad(wanted.bound, ((0, 0), (0, 31)))),)
        ),
    ]


def _known_answers(task: Task) -> Iterator[Question]:
    """Rows of one value are 1/n; one operand far above the others is 1 and leaves them nothing; one alone is 1."""
    yield from pairs("constant", partial(_constant, task))
    yield from pairs("impulse", partial(_impulse, task))
    yield from pairs("alone", partial(_alone, task))


def _known(task: Task, values: Array, shares: Array) -> Problem:
    """A problem whose shares are known without computing them."""
    problem = pose(task, [values])
    with np.errstate(divide="ignore"):
        expected = shares if task.name == "Softmax" else np.log(shares)
    wanted = problem.wanted[0]
    assert wanted.bound is not None
    return replace(problem, wanted=(within(wanted.dtype, expected, wanted.bound),))


def _constant(task: Task, draw: Draw) -> list[Problem]:
    found = []
    for count in draw.permutation(9) * 8 + 2:
        values = np.repeat(full_mantissa(draw, task.dtype, (6, 1), (-3, 12)), int(count), axis=1)
        values[0] = np.where(np.arange(count) % 2 == 0, -0.0, 0.0)
        found.append(_known(task, values, np.full(values.shape, 1.0 / count)))
    return found


def _impulse(task: Task, draw: Draw) -> list[Problem]:
    """A thousand and more above the others, whose powers underflow in every format."""
    values = np.zeros((9, 65))
    places = draw.integers(0, 64, 9)
    values[np.arange(9), places] = 1024.0
    if task.name == "Softmax":
        return [_known(task, values.astype(numpy_dtype(task.dtype)), (values > 0).astype(np.float64))]
    return [pose(task, [values.astype(numpy_dtype(task.dtype))])]


def _alone(task: Task, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (65, 1), (-10, 14))
    return [_known(task, values, np.ones(values.shape))]


def _axes(task: Task) -> Iterator[Question]:
    """Every axis of three and of one, counted from both ends, and left out."""
    for shape in ((3, 4, 5), (9,), (2, 3, 2, 5)):
        for axis in (None, *range(-len(shape), len(shape))):
            name = f"{'x'.join(map(str, shape))}-axis-{'none' if axis is None else axis}"
            yield from pairs(name, partial(_along, task, shape, axis))


def _along(task: Task, shape: Size, axis: int | None, draw: Draw) -> list[Problem]:
    attributes = {} if axis is None else {"axis": axis}
    return [pose(task, [full_mantissa(draw, task.dtype, shape, (-2, 2))], attributes)]


def _long(task: Task) -> Iterator[Question]:
    """Rows of 65,536 and a few more: most far below a few that count, or all of them alike."""
    for depth in (65536, 65539):
        yield from pairs(f"few-{depth}", partial(_few_of_many, task, depth))
    yield from pairs("alike-65539", partial(_many_alike, task))


def _few_of_many(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = np.full((1, depth), _far(task)).astype(numpy_dtype(task.dtype))
    places = np.concatenate([[0, depth // 2, depth - 1], draw.integers(0, depth - 1, 5)])
    values[0, places] = full_mantissa(draw, task.dtype, places.shape, (-2, 1))
    return [pose(task, [values])]


def _many_alike(task: Task, draw: Draw) -> list[Problem]:
    """Two values, ln 4 or so apart, a quarter of them the larger."""
    values = np.where(draw.integers(0, 3, (1, 65539)) == 0, 1.375, 0.0)
    return [pose(task, [values.astype(numpy_dtype(task.dtype))])]


def _never(task: Task) -> bool:
    return False


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    solve=_solve,
    sweep=_sweep,
    plainly_exact=_never,
    empty=_empty,
    inputs={
        "dense": _dense,
        "sparse": _sparse,
        "specials": _specials,
        "masked": _masked,
        "large-logits": _large_logits,
        "overflow": _overflow,
        "subnormals": _subnormals,
        "metamorphic": _metamorphic,
        "known-answers": _known_answers,
        "axes": _axes,
        "long": _long,
    },
    axes=aligned_axes,
    divisible=False,
)
