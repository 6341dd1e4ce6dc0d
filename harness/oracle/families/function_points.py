"""Where a function can be asked: points of its domain whose values its result's type can hold, with the ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Size
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.numbers import full_mantissa
from harness.oracle.problem import Array
from harness.oracle.reference.elementwise import into
from harness.oracle.reference.functions import FUNCTIONS
from harness.oracle.task import Task

#: Different points among plain operands of float64, whose references take time.
_POOL = 96


def representable(task: Task, operands: Sequence[Array]) -> list[Array]:
    """Operands in their dtypes; those outside the domain, or whose result is not a normal number, made ordinary.

    Rounding a point into a narrow dtype can carry it over the end of the domain, and a function that is finite in
    float32 can overflow, or have a subnormal value, in float16. Next to such values a legal error does so too.
    """
    points = [into(np.asarray(o, dtype=np.float64), d) for o, d in zip(operands, task.types.inputs, strict=True)]
    wide = [point.astype(np.float64) for point in points]
    with np.errstate(all="ignore"):
        found = np.abs(FUNCTIONS[task.name](*wide))
    form = FORMATS[task.types.out]
    margin = 1.0 + (1.0 + (task.types.ulp or 8.0)) * 2.0 * form.unit_roundoff
    usable = found <= form.largest / margin
    if task.operation.bound == "ulp":
        usable &= found >= form.smallest_normal * margin
    for point, (low, high) in zip(wide, task.operation.domain, strict=True):
        usable &= (point >= low) & (point <= high) & (np.abs(point) >= FORMATS[task.dtype].smallest_normal)
    instead = (2.0, 0.5) if len(points) == 2 else (1.5 if task.operation.domain[0][0] >= 1 else 0.75,)
    return [np.where(usable, point, other).astype(point.dtype) for point, other in zip(points, instead, strict=True)]


@cache
def ends(name: str, domain: tuple[float, float], dtype: str, out: str) -> tuple[float, float]:
    """The outermost points of a domain, in a dtype, whose values are normal numbers of the result's type."""
    form, result = FORMATS[dtype], FORMATS[out]

    def inside(point: float) -> bool:
        with np.errstate(all="ignore"):
            found = abs(float(FUNCTIONS[name](np.float64(point))))
        return abs(point) >= form.smallest_normal and result.smallest_normal <= found <= result.largest

    middling = 1.25 if domain[0] >= 1 else 0.75
    low, high = (_outermost(inside, end, middling, dtype) for end in domain)
    return low, high


def _outermost(inside: Callable[[float], bool], end: float, middling: float, dtype: str) -> float:
    """The point nearest to an end that is inside, by halving the words between it and one that is."""
    largest = FORMATS[dtype].largest
    start = float(np.clip(end, -largest, largest))
    word = np.dtype(f"i{numpy_dtype(dtype).itemsize}")
    low = np.array([middling]).astype(numpy_dtype(dtype)).view(word)[0].item()
    far = int(np.abs(into(np.array([start]), dtype)).view(word)[0])
    sign = -1.0 if start < 0 else 1.0

    def point(at: int) -> float:
        return sign * float(np.array([at], word).view(numpy_dtype(dtype)).astype(np.float64)[0])

    if inside(point(far)) and abs(point(far)) <= abs(end):
        return point(far)
    while abs(far - low) > 1:
        middle = (low + far) // 2
        low, far = (middle, far) if inside(point(middle)) else (low, middle)
    return point(low)


def spread(task: Task, draw: Draw, count: int) -> list[Array]:
    """Points over the whole domain: of every size, of middling size, and around one; its ends first."""
    if task.operation.arity == 2:
        return representable(task, _PAIRS[task.name](task, draw, count))
    form, (low, high) = FORMATS[task.dtype], task.operation.domain[0]
    first, last = ends(task.name, (low, high), task.dtype, task.types.out)
    reach = int(np.frexp(max(abs(first), abs(last)))[1]) - 1
    anywhere = full_mantissa(draw, task.dtype, (count,), (form.emin, reach)).astype(np.float64)
    middling = _middling(task, draw, count, min(reach, 6))
    values = np.where(draw.integers(0, 2, (count,)) == 0, anywhere, middling)
    values = np.where((values < first) | (values > last), np.clip(-values, first, last), values)
    values[:2] = (first, last)[: values[:2].size]
    return representable(task, [values])


def _middling(task: Task, draw: Draw, count: int, most: int) -> Array:
    """Points of middling size, and points around one, most of them in the domain."""
    low, high = task.operation.domain[0]
    small = full_mantissa(draw, task.dtype, (count,), (-14, -1 if high <= 1 else most)).astype(np.float64)
    near = 1.0 + full_mantissa(draw, task.dtype, (count,), (1 - FORMATS[task.dtype].p, -2)).astype(np.float64)
    values = np.where(draw.integers(0, 1, (count,)) == 0, small, near if high > 1 else 1.0 - np.abs(near - 1.0))
    if low >= 0:
        values = np.abs(values)
    elif high <= 1:
        values = values * draw.signs((count,))
    return np.where(values < low, 2.0 - values if low >= 1 else values, values)


def _of_powers(task: Task, draw: Draw, count: int) -> list[Array]:
    """Bases of middling size with small exponents, and bases near one with large ones."""
    form, shape = FORMATS[task.dtype], (count,)
    wide = 10 if form.emax > 15 else 3
    base = np.abs(full_mantissa(draw, task.dtype, shape, (-wide, wide - 1)).astype(np.float64))
    exponent = full_mantissa(draw, task.dtype, shape, (-8, 2 if wide == 10 else 1)).astype(np.float64)
    near = 1.0 + full_mantissa(draw, task.dtype, shape, (-min(form.p - 1, 12), -2)).astype(np.float64)
    large = full_mantissa(draw, task.dtype, shape, (0, 8 if wide == 10 else 4)).astype(np.float64)
    close = draw.integers(0, 1, shape) == 0
    return [np.where(close, near, base), np.where(close, large, exponent)]


def of_similar_size(task: Task, draw: Draw, count: int, reach: tuple[int, int] | None = None) -> list[Array]:
    """Two numbers of any size, one no more than eight times the other."""
    form, shape = FORMATS[task.dtype], (count,)
    least, most = reach or (form.emin + 4, form.emax - 4)
    scale = np.ldexp(1.0, draw.integers(least, most, shape))
    return [full_mantissa(draw, task.dtype, shape, (-1, 1)).astype(np.float64) * scale for _ in range(2)]


def _of_any_size(task: Task, draw: Draw, count: int) -> list[Array]:
    reach = (-FORMATS[task.dtype].emax // 2, FORMATS[task.dtype].emax // 2)
    return [full_mantissa(draw, task.dtype, (count,), reach).astype(np.float64) for _ in range(2)]


def _of_exponentials(task: Task, draw: Draw, count: int) -> list[Array]:
    """Numbers some way apart, and some between -1 and 0, whose logarithms' sum comes near zero."""
    shape = (count,)
    a, b = (full_mantissa(draw, task.dtype, shape, (-6, 5)).astype(np.float64) for _ in range(2))
    near = draw.integers(0, 2, shape) == 0
    cancelling = [-np.abs(full_mantissa(draw, task.dtype, shape, (-2, -1)).astype(np.float64)) for _ in range(2)]
    return [np.where(near, cancelling[0], a), np.where(near, cancelling[1], b)]


_PAIRS: Mapping[str, Callable[[Task, Draw, int], list[Array]]] = {
    "pow": _of_powers,
    "atan2": _of_any_size,
    "hypot": of_similar_size,
    "logaddexp": _of_exponentials,
}


def draw_plain(task: Task, draw: Draw, shape: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Points of middling size, so that a wrong end of the domain is not seen all over.

    Those of float64 are some of a few, whose references are computed once.
    """
    count = int(np.prod(shape)) if task.dtype != "float64" else _POOL
    if task.operation.arity == 2:
        points = representable(task, _PAIRS[task.name](task, draw, count))
    else:
        points = representable(task, [_middling(task, draw, count, 2)])
    if task.dtype != "float64":
        return [found.reshape(shape) for found in points], {}
    chosen = draw.integers(0, _POOL - 1, shape)
    return [found[chosen] for found in points], {}


def operands_of(task: Task, draw: Draw, shapes: Sequence[Size]) -> list[Array]:
    """Operands of different shapes, any two of which have an ordinary result."""
    first, *others = (full_mantissa(draw, task.dtype, shape, (-2, 1)) for shape in shapes)
    return [np.abs(first) if task.name == "pow" else first, *others]
