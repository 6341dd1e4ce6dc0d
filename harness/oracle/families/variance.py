"""Variance and its root: how they are asked plainly, what must come of them, and their input classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.flushing import held_to_for
from harness.oracle.bounds.normalization import variance_bound
from harness.oracle.definition import Definition, Question, Size, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, round_to
from harness.oracle.numbers import full_mantissa, subnormals
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.normalization import moments_of, variance
from harness.oracle.reference.precision import as_rounded
from harness.oracle.task import Task

_DEPTHS = (1, 2, 4, 33, 128, 257, 1030)


def _solve(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool = False
) -> tuple[Wanted, ...]:
    """``exact`` is said of rows whose elements are all alike, n a power of two: every difference is exactly zero."""
    values, correction = operands[0], attributes.get("correction", 0.0)
    rows, shape = _rows(values, attributes)
    found, root = variance(rows, correction), task.name == "std"
    expected = np.sqrt(found) if root else found
    if exact or not rows.shape[-1] or not rows.shape[0]:
        return (exactly(task.types.out, round_to(expected.reshape(shape), task.types.out)),)
    bound = variance_bound(
        held_to_for(task.held_to, operands, flushes=task.flushes), moments_of(rows), correction, root=root
    )
    expected = as_rounded(expected, round_to(expected, task.types.out).astype(np.float64))
    return (within(task.types.out, expected.reshape(shape), bound.reshape(shape)),)


def _rows(values: Array, attributes: Mapping[str, Any]) -> tuple[Array, Size]:
    """The elements of each result in a row, and the shape of the results."""
    axis, shape = attributes.get("axis"), values.shape
    if axis is None:
        return values.reshape(1, -1), tuple(1 for _ in shape) if attributes.get("keepdims", False) else ()
    axis = axis % values.ndim
    rows = np.moveaxis(values, axis, -1)
    left = (1,) if attributes.get("keepdims", False) else ()
    return rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1]), (*shape[:axis], *left, *shape[axis + 1 :])


def _size(task: Task) -> Size:
    return (7, 33)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Rows of different spread, so that no two results are alike."""
    values = full_mantissa(draw, task.dtype, size, (-2, 1))
    scales = 2.0 ** (np.arange(size[0]) % 4).reshape(-1, *[1] * (len(size) - 1)) if size else np.ones(())
    return [values * scales.astype(values.dtype)], {"axis": -1}


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return ((length, 5), (3, length))


def _empty(task: Task) -> Sequence[Size]:
    return ((0, 33),)


def _asked(task: Task, values: Array, **attributes: Any) -> list[Problem]:
    return [pose(task, [values], {"axis": -1, **attributes})]


def _dense(task: Task) -> Iterator[Question]:
    """Operands of full precision, around zero and from one to two, in rows of 1 to 1030."""
    for depth in _DEPTHS:
        for name, exponents in (("centred", (-4, 1)), ("one-to-two", (0, 0))):
            yield from pairs(f"{name}-{depth}", partial(_of_depth, task, depth, exponents))


def _of_depth(task: Task, depth: int, exponents: tuple[int, int], draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (9, depth), exponents)
    return _asked(task, np.abs(values) if exponents == (0, 0) else values)


def _sparse(task: Task) -> Iterator[Question]:
    """Three elements of a row that are not zero: what is lost among many zeros shows."""
    for depth in (9, 130, 1030):
        yield from pairs(f"three-of-{depth}", partial(_three, task, depth))


def _three(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = np.zeros((9, depth), numpy_dtype(task.dtype))
    for row in values:
        row[draw.permutation(depth)[:3]] = full_mantissa(draw, task.dtype, (3,), (0, 3))
    return _asked(task, values)


def _cancellation(task: Task) -> Iterator[Question]:
    """Rows whose mean is large against the differences from it, which a mean of squares less a square loses."""
    for depth in (8, 33):
        for bits in (3, 5):
            yield from pairs(f"{bits}-bits-of-{depth}", partial(_large_mean, task, depth, bits))


def _large_mean(task: Task, depth: int, bits: int, draw: Draw) -> list[Problem]:
    """Differences of a few bits, mean of all the bits there are, at most 2^12 times as large."""
    steps = min(FORMATS[task.dtype].p - bits, 12) if task.dtype != "float64" else 40
    values = (1 << (steps + bits - 1)) + draw.integers(-(1 << (bits - 1)), 1 << (bits - 1), (9, depth))
    return _asked(task, round_to(np.ldexp(values.astype(np.float64), -3), task.dtype))


def _zeros(task: Task) -> Iterator[Question]:
    """Rows of zeros, and of one value, have exactly none, beside rows that have some."""
    yield from pairs("alike", partial(_alike, task))


def _alike(task: Task, draw: Draw) -> list[Problem]:
    values = np.repeat(np.asarray(draw.integers(-15, 15, (9, 1)) * 0.25), 32, axis=1).astype(numpy_dtype(task.dtype))
    values[:2] = 0
    spread = values.copy()
    spread[1::2] = full_mantissa(draw, task.dtype, (4, 32), (-2, 1))
    return [*_asked(task, spread), pose(task, [values], {"axis": -1}, exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    """NaN or infinity at the first, middle and last place of a row makes its variance NaN, and no other."""
    for depth in (9, 130):
        yield from pairs(f"rows-of-{depth}", partial(_with_specials, task, depth))


def _with_specials(task: Task, depth: int, draw: Draw) -> list[Problem]:
    places = (0, 1, depth // 2, depth - 2, depth - 1)
    values = full_mantissa(draw, task.dtype, (3 * len(places) + 2, depth), (-2, 1))
    for number, place in enumerate(places):
        values[3 * number, place] = np.nan
        values[3 * number + 1, place] = (np.inf, -np.inf)[number % 2]
    values[-1, :2] = np.inf, -np.inf
    return _asked(task, values)


def _overflow(task: Task) -> Iterator[Question]:
    """Elements whose squares a narrower format could not hold; variances beyond the largest number."""
    yield from pairs("within", partial(_large, task))
    # Where rounding is declared to be toward zero, what overflows may be the largest number.
    if task.name == "var" and task.declared.rounding in (None, "nearest-even", "nearest-away"):
        yield from pairs("beyond", partial(_beyond, task))


def _large(task: Task, draw: Draw) -> list[Problem]:
    """Of a root, elements up to the largest of float16, whose squares only float32 holds."""
    high = (6 if task.name == "var" else 13) if task.dtype == "float16" else 58
    return _asked(task, full_mantissa(draw, task.dtype, (7, 33), (high - 3, high)))


def _beyond(task: Task, draw: Draw) -> list[Problem]:
    """Every other row is far beyond, whatever the order."""
    form = FORMATS[task.types.out]
    values = full_mantissa(draw, task.dtype, (8, 33), (-2, 1)).astype(np.float64)
    factors = np.where(np.arange(8) % 2 == 0, 1.0, 2.0 ** (form.emax // 2 + 5))
    return _asked(task, round_to(values * factors[:, None], task.dtype))


def _subnormals(task: Task) -> Iterator[Question]:
    """Subnormal elements, and variances that are subnormal."""
    yield from pairs("elements", partial(_small_elements, task))
    yield from pairs("variances", partial(_small_variances, task))


def _small_elements(task: Task, draw: Draw) -> list[Problem]:
    values = subnormals(draw, task.dtype, (8, 33))
    values[::2] = full_mantissa(draw, task.dtype, (4, 33), (-2, 1))
    return _asked(task, values)


def _small_variances(task: Task, draw: Draw) -> list[Problem]:
    low = FORMATS[task.types.out].emin // 2
    values = full_mantissa(draw, task.dtype, (8, 33), (low - 3, low - 1))
    values[::2] = full_mantissa(draw, task.dtype, (4, 33), (-2, 1))
    return _asked(task, values)


def _metamorphic(task: Task) -> Iterator[Question]:
    """Operands that are permuted have the same variance; scaled by 2^k, one that is 4^k as large."""
    for name, make in (("permuted", _permuted), ("scaled", _power_scaled), ("moved", _moved)):
        yield from pairs(name, partial(make, task))


def _permuted(task: Task, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (5, 33), (-2, 1))
    (first,) = _asked(task, values)
    return [first, *(replace(first, operands=(values[:, draw.permutation(33)],)) for _ in range(2))]


def _power_scaled(task: Task, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (5, 33), (-1, 1))
    (first,) = _asked(task, values)
    found = [first]
    for power in (2, -2):
        factor = 2.0 ** (power if task.name == "std" else 2 * power)
        (scaled,) = _asked(task, values * values.dtype.type(2.0**power))
        wanted = scaled.wanted[0]
        assert wanted.bound is not None
        found.append(replace(scaled, wanted=(within(wanted.dtype, first.wanted[0].expected * factor, wanted.bound),)))
    return found


def _moved(task: Task, draw: Draw) -> list[Problem]:
    """Whole numbers, moved by another: the same variance, within the bound of the larger mean."""
    values = draw.integers(-40, 40, (5, 33)).astype(numpy_dtype(task.dtype))
    (first,) = _asked(task, values)
    found = [first]
    for by in (80, -60):
        (moved,) = _asked(task, values + values.dtype.type(by))
        wanted = moved.wanted[0]
        assert wanted.bound is not None
        found.append(replace(moved, wanted=(within(wanted.dtype, first.wanted[0].expected, wanted.bound),)))
    return found


def _known_answers(task: Task) -> Iterator[Question]:
    """Two values, as many of each, and the numbers from 1 to n, whose variances are known."""
    yield from pairs("two-values", partial(_two_values, task))
    yield from pairs("counting", partial(_counting, task))


def _two_values(task: Task, draw: Draw) -> list[Problem]:
    """As many elements at m - d as at m + d: the variance is d^2."""
    sides = np.ones((9, 16))
    for row in sides:
        row[draw.permutation(16)[:8]] = -1.0
    distance, mean = draw.integers(1, 15, (9, 1)) * 0.5, draw.integers(-8, 8, (9, 1)) * 0.5
    (problem,) = _asked(task, (mean + distance * sides).astype(numpy_dtype(task.dtype)))
    return [_with_expected(problem, (distance if task.name == "std" else np.square(distance))[:, 0])]


def _counting(task: Task, draw: Draw) -> list[Problem]:
    """The variance of a permutation of 1 to n is (n^2 - 1) / 12, with a correction of 1 n (n + 1) / 12."""
    count = 2 * int(draw.integers(20, 60, 1)[0]) + 1
    values = np.stack([draw.permutation(count) + 1 for _ in range(4)]).astype(numpy_dtype(task.dtype))
    found = []
    for correction, right in ((0, (count**2 - 1) / 12), (1, count * (count + 1) / 12)):
        (problem,) = _asked(task, values, correction=correction)
        found.append(_with_expected(problem, np.full(4, math.sqrt(right) if task.name == "std" else right)))
    return found


def _with_expected(problem: Problem, expected: Array) -> Problem:
    wanted = problem.wanted[0]
    assert wanted.bound is not None
    return replace(problem, wanted=(within(wanted.dtype, expected, wanted.bound),))


def _corrections(task: Task) -> Iterator[Question]:
    """None, whole and broken ones, and a negative one."""
    for correction in (None, 0, 1, 1.0, 0.5, 2.75, -1):
        name = "left-out" if correction is None else f"{correction!r}"
        yield from pairs(name, partial(_corrected, task, correction, 5))


def _nothing_left(task: Task) -> Iterator[Question]:
    """Corrections as large as the number of elements and larger, after one that leaves something."""
    for correction, depth in ((1, 1), (5, 5), (6, 5), (5.5, 5)):
        yield from pairs(f"{correction}-of-{depth}", partial(_before_nothing, task, correction, depth))


def _before_nothing(task: Task, correction: float, depth: int, draw: Draw) -> list[Problem]:
    something = _corrected(task, 0.5, depth, draw)
    return [*something, *_corrected(task, correction, depth, draw), *something]


def _corrected(task: Task, correction: float | None, depth: int, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (7, depth), (-2, 1))
    attributes = {} if correction is None else {"correction": correction}
    return _asked(task, values, **attributes)


def _axes(task: Task) -> Iterator[Question]:
    """Every axis of three and of one, counted from both ends, and all of them, with and without ``keepdims``."""
    for shape in ((3, 4, 5), (9,)):
        for axis in (None, *range(-len(shape), len(shape))):
            for kept in (False, True):
                name = (
                    f"{'x'.join(map(str, shape))}-axis-{'all' if axis is None else axis}-{'kept' if kept else 'gone'}"
                )
                yield from pairs(name, partial(_along, task, shape, {"axis": axis, "keepdims": kept}))
    yield from pairs("left-out", partial(_along, task, (3, 4, 5), {}))


def _along(task: Task, shape: Size, attributes: Mapping[str, Any], draw: Draw) -> list[Problem]:
    return [pose(task, [full_mantissa(draw, task.dtype, shape, (-2, 1))], attributes)]


def _long(task: Task) -> Iterator[Question]:
    """Rows of 65,536 and a few more, with elements that count at both ends and in the middle."""
    for depth in (65536, 65539):
        yield from pairs(str(depth), partial(_long_row, task, depth))


def _long_row(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (1, depth), (-2, -1))
    values[0, [0, depth // 2, depth - 1]] *= values.dtype.type(64)
    return _asked(task, values)


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
        "cancellation": _cancellation,
        "zeros": _zeros,
        "specials": _specials,
        "overflow": _overflow,
        "subnormals": _subnormals,
        "metamorphic": _metamorphic,
        "known-answers": _known_answers,
        "corrections": _corrections,
        "nothing-left": _nothing_left,
        "axes": _axes,
        "long": _long,
    },
    axes=aligned_axes,
    divisible=False,
)
