"""What is right for elements put in order: values and indices, the place of a value in a row, the largest and smallest.

Where NaN go, and whether -0 goes before +0, the standards leave open: no operand has a NaN, or zeros of both signs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import PAIR, Definition, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.movement import elements as any_elements
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.numbers import whole
from harness.oracle.problem import Array, Problem, Wanted, exactly
from harness.oracle.reference.sorting import insertion_points, numbers, order
from harness.oracle.task import Task

Attributes = Mapping[str, Any]
Make = Callable[[Task, Draw, Size], Array]


def _size(task: Task) -> Size:
    return (37, 9) if task.name == "searchsorted" else (7, 37)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    return _asked(task, draw, size, elements)


def _asked(task: Task, draw: Draw, size: Size, make: Make) -> tuple[Sequence[Array], Attributes]:
    """Rows to be put in order one way or the other; a row and values to be found in it."""
    either = int(draw.integers(0, 1, 1)[0])
    if task.name == "searchsorted":
        return _searching(task, draw, size, make), {"side": ("left", "right")[either]}
    x = make(task, draw, size)
    if task.name == "TopK":
        return [x, _count(-(-size[-1] // 2))], {"axis": -1, "largest": either}
    return [x], {"axis": -1, "descending": bool(either), "stable": True}


def elements(task: Task, draw: Draw, shape: Size) -> Array:
    """Numbers over the whole range; floating-point ones are all different within a row, so that no tie decides."""
    return _different(task, draw, shape, 1) if is_float(task.dtype) else any_elements(task, draw, shape)


def _different(task: Task, draw: Draw, shape: Size, spare: int) -> Array:
    """Normal numbers, all different within a row; ``spare`` is how many of the largest exponents are left out."""
    form = FORMATS[task.dtype]
    first = 1 << (form.p - 1)
    return _of_bits(task, draw, shape, first, (form.emax - form.emin + 1 - spare) * first)


def _of_bits(task: Task, draw: Draw, shape: Size, first: int, span: int) -> Array:
    """Numbers of random sign whose bits are one out of each of as many parts of a span as a row is long."""
    dtype, length = numpy_dtype(task.dtype), shape[-1]
    wide = span // max(length, 1)
    rows = [draw.permutation(length) for _ in range(int(np.prod(shape[:-1])))]
    bits = first + np.array(rows, np.int64).reshape(shape) * wide + draw.integers(0, wide - 1, shape)
    found = bits.astype(f"u{dtype.itemsize}").view(dtype)
    return np.where(draw.integers(0, 1, shape) == 1, found, -found).astype(dtype)


def _count(k: int) -> Array:
    return np.array([k], np.int64)


def _searching(task: Task, draw: Draw, size: Size, make: Make) -> list[Array]:
    """A sorted row, and values of which about half stand in it."""
    length, count = size
    row = ordered(make(task, draw, (length,)))
    others = make(task, draw, (2, count))
    if length:
        known = row[draw.integers(0, length - 1, others.shape)]
        others = np.where(draw.integers(0, 1, others.shape) == 1, known, others).astype(others.dtype)
    return [row, others]


def ordered(row: Array) -> Array:
    """A vector sorted in ascending order."""
    return row[np.argsort(numbers(row), kind="stable")]


def _solve(task: Task, operands: Sequence[Array], attributes: Attributes, exact: bool) -> tuple[Wanted, ...]:
    x = operands[0]
    if task.name == "searchsorted":
        return (exactly("int64", insertion_points(x, operands[1], attributes.get("side", "left"))),)
    axis = attributes.get("axis", -1)
    descending = attributes.get("largest", 1) == 1 if task.name == "TopK" else attributes.get("descending", False)
    found = order(x, axis, descending=descending)
    if task.name == "argsort":
        return (exactly("int64", found),)
    if task.name == "TopK":
        found = np.take(found, np.arange(int(operands[1][0])), axis=axis)
    values = exactly(task.types.out, np.take_along_axis(x, found, axis))
    return (values, exactly("int64", found)) if task.name == "TopK" else (values,)


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return [(length, 3), (2, length)]


def _empty(task: Task) -> Sequence[Size]:
    return [(0, 3)] if task.name in ("TopK", "searchsorted") else [(0, 3), (3, 0)]


def _made(task: Task, make: Make, size: Size, draw: Draw) -> list[Problem]:
    return [pose(task, *_asked(task, draw, size, make), exact=True)]


def selector(task: Task) -> Iterator[Question]:
    """Numbers of every exponent whose last bit is set: a lost bit changes a value or the order."""
    for size in ((5, 130), (2, 515)):
        yield from pairs(f"{size[-1]}-elements", partial(_made, task, elements, size))
    if is_float(task.dtype):
        yield from pairs("neighbours", partial(_made, task, _neighbours, (5, 65)))


def _neighbours(task: Task, draw: Draw, shape: Size) -> Array:
    """Numbers that differ in their last bits alone, each row of one sign."""
    dtype = numpy_dtype(task.dtype)
    bits = np.dtype(f"u{dtype.itemsize}")
    start = np.array([1.25], dtype).view(bits)
    order = np.stack([draw.permutation(shape[-1]) for _ in range(int(np.prod(shape[:-1])))]).reshape(shape)
    found = np.asarray(start + order.astype(bits)).astype(bits).view(dtype)
    return np.where(draw.integers(0, 1, (*shape[:-1], 1)) == 1, found, -found).astype(dtype)


def specials(task: Task) -> Iterator[Question]:
    """Infinities of both signs among numbers, and nothing but infinities; the ends of an integer's range."""
    yield from pairs("one-of-each", partial(_made, task, _with_two, (7, 130)))
    if task.name != "TopK":
        yield from pairs("some", partial(_made, task, _with_ends, (7, 130)))
        yield from pairs("only", partial(_made, task, _only_ends, (7, 33)))


def _with_two(task: Task, draw: Draw, shape: Size) -> Array:
    """The least and the greatest of all in every row, at places of their own; a row by itself has both too."""
    found = elements(task, draw, shape)
    ends = _ends(task)
    for row in found.reshape(-1, shape[-1]):
        row[draw.permutation(shape[-1])[:2]] = np.array(ends).astype(found.dtype)
    return found


def _ends(task: Task) -> tuple[float, float]:
    if is_float(task.dtype):
        return -np.inf, np.inf
    return int(np.iinfo(task.dtype).min), int(np.iinfo(task.dtype).max)


def _with_ends(task: Task, draw: Draw, shape: Size) -> Array:
    return np.where(draw.integers(0, 7, shape) == 0, _only_ends(task, draw, shape), elements(task, draw, shape)).astype(
        numpy_dtype(task.dtype)
    )


def _only_ends(task: Task, draw: Draw, shape: Size) -> Array:
    return np.where(draw.integers(0, 1, shape) == 1, *_ends(task)).astype(numpy_dtype(task.dtype))


def zeros(task: Task) -> Iterator[Question]:
    """Zeros of one sign among small whole numbers, and nothing but zeros."""
    if task.name == "TopK":
        return
    for sign in (1, -1) if is_float(task.dtype) else (1,):
        yield from pairs(
            f"{'plus' if sign > 0 else 'minus'}-zero", partial(_made, task, partial(_zeros, sign), (5, 66))
        )


def _zeros(sign: int, task: Task, draw: Draw, shape: Size) -> Array:
    found = whole(draw, task.dtype, shape, 2)
    return np.where(found == 0, np.copysign(0.0, sign), found).astype(found.dtype) if is_float(task.dtype) else found


def subnormal_numbers(task: Task) -> Iterator[Question]:
    """Subnormal numbers in their order, where they are not declared to be taken for zeros."""
    if is_float(task.dtype) and not task.flushes:
        yield from pairs("subnormal", partial(_made, task, _subnormals, (5, 65)))


def _subnormals(task: Task, draw: Draw, shape: Size) -> Array:
    return _of_bits(task, draw, shape, 1, (1 << (FORMATS[task.dtype].p - 1)) - 1)


def ties(task: Task) -> Iterator[Question]:
    """Rows of few different values, in ascending and descending order, the stable one."""
    if task.name != "argsort":
        return
    for descending in (False, True):
        for size in ((5, 33), (3, 130), (2, 1030)):
            name = f"{'descending' if descending else 'ascending'}/{size[1]}"
            yield from pairs(name, partial(_tied, task, size, {"descending": descending, "stable": True}))


def _tied(task: Task, size: Size, attributes: Attributes, draw: Draw) -> list[Problem]:
    x = _few_values(task, draw, size)
    more = [_count(-(-size[1] // 3))] if task.name == "TopK" else []
    return [pose(task, [x, *more], attributes, exact=True)]


def _few_values(task: Task, draw: Draw, shape: Size) -> Array:
    return whole(draw, task.dtype, shape, 2)


def tied(task: Task) -> Iterator[Question]:
    """Rows of few different values, of which the last ones chosen are among equals."""
    if task.name != "TopK":
        return
    for largest in (1, 0):
        for size in ((5, 33), (3, 130), (2, 1030)):
            name = f"{'largest' if largest else 'smallest'}/{size[1]}"
            yield from pairs(name, partial(_tied, task, size, {"largest": largest}))


def orders(task: Task) -> Iterator[Question]:
    """Rows that were in order before, backwards, up and down, or all equal; every axis; the default arguments."""
    if task.name == "searchsorted":
        return
    kinds = ("ascending", "descending", "up-and-down", "one-misplaced", "constant")
    # Whatever an order says of equal elements is asked for by itself.
    for kind in kinds[:4] if task.name == "TopK" else kinds:
        for length in (64, 129):
            yield from pairs(f"{kind}/{length}", partial(_arranged, task, kind, length))
    for axis in (0, 1, 2, -1, -2, -3, None):
        for either in (False, True) if axis is not None else (False,):
            yield from pairs(f"axis-{axis}/{'either' if either else 'usual'}", partial(_axis, task, axis, either))


def _arranged(task: Task, kind: str, length: int, draw: Draw) -> list[Problem]:
    rows = np.stack([ordered(row) for row in elements(task, draw, (4, length))])
    if kind == "descending":
        rows = rows[:, ::-1]
    elif kind == "up-and-down":
        rows = np.concatenate([rows[:, ::2], rows[:, 1::2][:, ::-1]], axis=1)
    elif kind == "one-misplaced":
        rows = np.concatenate([rows[:, -1:], rows[:, :-1]], axis=1)
    elif kind == "constant":
        rows = np.broadcast_to(rows[:, :1], rows.shape)
    either = int(draw.integers(0, 1, 1)[0])
    if task.name == "TopK":
        return [pose(task, [rows, _count(length // 2)], {"largest": either}, exact=True)]
    return [pose(task, [rows], {"descending": bool(either)}, exact=True)]


def _axis(task: Task, axis: int | None, either: bool, draw: Draw) -> list[Problem]:
    x = elements(task, draw, (5, 6, 7))
    chosen: dict[str, Any] = {} if axis is None else {"axis": axis}
    if task.name == "TopK":
        more = {"largest": int(not either), "sorted": 1} if axis is not None else {}
        counts = (1, x.shape[-1 if axis is None else axis], 3)
        return [pose(task, [x, _count(k)], chosen | more, exact=True) for k in counts]
    more = {"descending": either} if axis is not None else {}
    return [pose(task, [x], chosen | more, exact=True)]


def places(task: Task) -> Iterator[Question]:
    """Values before the first element, behind the last, equal to one that stands there several times; both sides."""
    if task.name != "searchsorted":
        return
    for side in ("left", "right", None):
        for length in (1, 2, 33, 128, 1030):
            yield from pairs(f"{side or 'default'}/{length}", partial(_places, task, side, length))


def _places(task: Task, side: str | None, length: int, draw: Draw) -> list[Problem]:
    """Even numbers, many of them several times; sought are all numbers from below to above, in any order."""
    reach = min(length, 30)
    row = ordered(2 * draw.integers(-reach, reach, (length,)))
    sought = np.arange(-2 * reach - 2, 2 * reach + 3)
    sought = sought[draw.permutation(len(sought))]
    dtype = numpy_dtype(task.dtype)
    attributes = {} if side is None else {"side": side}
    return [pose(task, [row.astype(dtype), sought.astype(dtype)], attributes, exact=True)]


def metamorphic(task: Task) -> Iterator[Question]:
    """Rows in another order have the same sorted values; doubled numbers the same order."""
    count = len(task.types.outs)
    if task.name in ("sort", "TopK"):
        for which in PAIR:
            yield Question(f"permuted/{which}", partial(_permuted, task), ((0, None), (count, None)))
    if task.name in ("argsort", "TopK", "searchsorted") and is_float(task.dtype):
        for which in PAIR:
            yield Question(f"doubled/{which}", partial(_doubled, task), ((count - 1, None), (2 * count - 1, None)))


def _permuted(task: Task, draw: Draw) -> list[Problem]:
    operands, attributes = _draw(task, draw, (5, 66))
    shuffled = operands[0][:, draw.permutation(66)]
    return [pose(task, [x, *operands[1:]], attributes, exact=True) for x in (operands[0], shuffled)]


def _doubled(task: Task, draw: Draw) -> list[Problem]:
    size = (66, 5) if task.name == "searchsorted" else (5, 66)
    operands, attributes = _asked(task, draw, size, lambda about, source, shape: _different(about, source, shape, 2))
    again = [x + x if x.dtype == operands[0].dtype else x for x in operands]
    return [pose(task, found, attributes, exact=True) for found in (operands, again)]


def axes(task: Task, operands: Sequence[Array], attributes: Attributes) -> Sequence[Sequence[str]]:
    """Axes by their places; those of values that are sought are their own, and how many are chosen stays."""
    places = [str(place) for place in range(operands[0].ndim)]
    if task.name == "searchsorted":
        return [places, [f"sought {place}" for place in range(operands[1].ndim)]]
    return [places, *([""] * operand.ndim for operand in operands[1:])]


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    solve=_solve,
    sweep=_sweep,
    empty=_empty,
    plainly_exact=lambda task: True,
    inputs={
        "selector": selector,
        "specials": specials,
        "zeros": zeros,
        "subnormals": subnormal_numbers,
        "metamorphic": metamorphic,
        "ties": ties,
        "tied": tied,
        "orders": orders,
        "places": places,
    },
    axes=axes,
    fixed=lambda task: (0, 1),
)
