"""What is right for elements found or replaced by their index, and for updates added to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.oracle.bounds.indexing import scatter_bound
from harness.oracle.definition import Definition, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.movement import elements, special_elements, subnormal_elements
from harness.oracle.formats import is_float, round_to
from harness.oracle.numbers import full_mantissa, whole
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.indexing import added, indexed, replaced
from harness.oracle.task import Task

Attributes = Mapping[str, Any]
#: The operations that find elements; ``ScatterND`` puts them.
_FINDS = ("take", "take_along_axis", "Gather")


def _size(task: Task) -> Size:
    """Rows, columns, and how many indices."""
    return (7, 5, 6)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    """Elements whose every bit shows; sums of small whole numbers, which are exact in any order."""
    if task.name == "ScatterND":
        return _adding(task, draw, size, lambda shape: whole(draw, task.dtype, shape, _most(task)))
    return _finding(task, draw, elements, size)


def _most(task: Task) -> int:
    """The largest whole number of which 67 are added up exactly."""
    return {"int8": 1, "bfloat16": 3, "float16": 30}.get(task.dtype, 1 << 17)


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    """Sums whose bits depend on their order."""
    if task.name == "ScatterND" and task.floating:
        return _adding(task, draw, size, lambda shape: full_mantissa(draw, task.dtype, shape, (-3, 3)))
    return _draw(task, draw, size)


def _adding(task: Task, draw: Draw, size: Size, make: Any) -> tuple[Sequence[Array], Attributes]:
    """Rows of updates added to rows, as evenly many to each as can be."""
    rows, columns, count = size
    rows_named = draw.permutation(count) % max(rows, 1)
    return [make((rows, columns)), rows_named[:, None], make((count, columns))], {"reduction": "add"}


def _finding(task: Task, draw: Draw, make: Any, size: Size) -> tuple[Sequence[Array], Attributes]:
    rows, columns, count = size
    data = make(task, draw, (rows, columns))
    if task.name == "Gather":
        return [data, _indices(draw, rows, (count, 2))], {"axis": 0}
    shape = (count,) if task.name == "take" else (rows, count)
    return [data, _indices(draw, columns, shape)], {"axis": 1}


def _indices(draw: Draw, length: int, shape: Size) -> Array:
    """Indices anywhere on an axis, the first and the last of it among them."""
    found = draw.integers(0, length - 1, shape) if length else np.zeros(shape, np.int64)
    ends = found.reshape(-1)
    ends[:2] = [length - 1, 0][: ends.size]
    return found


def _solve(task: Task, operands: Sequence[Array], attributes: Attributes, exact: bool) -> tuple[Wanted, ...]:
    dtype = task.types.out
    if task.name in _FINDS:
        return (exactly(dtype, indexed(task.name, operands, attributes)),)
    if attributes.get("reduction", "none") == "none":
        return (exactly(dtype, replaced(*operands)),)
    with np.errstate(invalid="ignore"):
        total, magnitude, terms = added(*operands)
    if not is_float(dtype):
        return (exactly(dtype, total.astype(operands[0].dtype)),)
    if exact:
        return (exactly(dtype, round_to(total, dtype)),)
    return (within(dtype, total, scatter_bound(task.held_to, dtype, magnitude, terms, total)),)


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return [(length, 3, 5), (4, length, 5), (4, 3, length)]


def _empty(task: Task) -> Sequence[Size]:
    return [(4, 3, 0)]


def _moved(task: Task, make: Any, size: Size, draw: Draw) -> list[Problem]:
    """Elements found, or put in the place of others."""
    if task.name in _FINDS:
        return [pose(task, *_finding(task, draw, make, size), exact=True)]
    rows, columns, count = size
    named = draw.permutation(rows)[: min(count, rows)][:, None]
    data, updates = make(task, draw, (rows, columns), 0), make(task, draw, (len(named), columns), 2)
    return [pose(task, [data, named, updates], {}, exact=True)]


def selector(task: Task) -> Iterator[Question]:
    """Elements whose every bit shows."""
    for size in ((7, 5, 6), (33, 65, 17), (130, 3, 64)):
        yield from pairs("x".join(map(str, size)), partial(_moved, task, elements, size))


def specials(task: Task) -> Iterator[Question]:
    """NaN, infinities and zeros of both signs found or put; added, they propagate."""
    if not is_float(task.dtype):
        return
    yield from pairs("moved", partial(_moved, task, special_elements, (9, 13, 8)))
    if task.name == "ScatterND":
        yield from pairs("added", partial(_added_specials, task))


def _added_specials(task: Task, draw: Draw) -> list[Problem]:
    """NaN and infinities among whole numbers: what they are added to in any order is the same."""
    operands, attributes = _draw(task, draw, (9, 13, 20))
    data, named, updates = operands
    special = np.array([np.nan, np.inf, -np.inf]).astype(data.dtype)
    for target in (data, updates):
        at = draw.integers(0, 3, target.shape) == 0
        target[at] = special[draw.integers(0, 2, (int(at.sum()),))]
    return [pose(task, [data, named, updates], attributes, exact=True)]


def subnormal_numbers(task: Task) -> Iterator[Question]:
    """Subnormal numbers, which only what computes may flush."""
    if is_float(task.dtype):
        yield from pairs("moved", partial(_moved, task, subnormal_elements, (9, 13, 8)))


def integer_exact(task: Task) -> Iterator[Question]:
    """Sums of whole numbers, several to each element."""
    if task.name == "ScatterND":
        for size in ((7, 33, 21), (3, 130, 20)):
            yield from pairs("x".join(map(str, size)), partial(_plainly_added, task, size))


def _plainly_added(task: Task, size: Size, draw: Draw) -> list[Problem]:
    return [pose(task, *_draw(task, draw, size), exact=True)]


def dense(task: Task) -> Iterator[Question]:
    """Sums of full mantissas, a few to each element, within the bound."""
    if task.name == "ScatterND" and task.floating:
        for size in ((9, 17, 9), (9, 33, 25)):
            yield from pairs("x".join(map(str, size)), partial(_roughly_added, task, size))


def _roughly_added(task: Task, size: Size, draw: Draw) -> list[Problem]:
    return [pose(task, *_rough(task, draw, size))]


def indices(task: Task) -> Iterator[Question]:
    """The first and the last index, repeated ones, runs up and down, none at all, along every axis."""
    if task.name == "ScatterND":
        yield from _scattered(task)
        return
    for axis in (0, 1, 2, -1, -2, -3):
        for kind in ("any", "first", "last", "up", "down"):
            yield from pairs(f"axis{axis:+}/{kind}", partial(_along, task, axis, kind))
    yield from pairs("long", partial(_long, task))
    yield from pairs("default-axis", partial(_by_default, task))


def _along(task: Task, axis: int, kind: str, draw: Draw) -> list[Problem]:
    shape = (5, 6, 7)
    length = shape[axis]
    chosen = {
        "any": _indices(draw, length, (8,)),
        "first": np.zeros(8, np.int64),
        "last": np.full(8, length - 1),
        "up": np.arange(8) % length,
        "down": length - 1 - np.arange(8) % length,
    }[kind]
    return [pose(task, [elements(task, draw, shape), _shaped(task, chosen, shape, axis)], {"axis": axis}, exact=True)]


def _shaped(task: Task, chosen: Array, shape: Size, axis: int) -> Array:
    """Indices as an operation takes them: in a row, in a matrix, or one for each place of the result."""
    if task.name == "take":
        return chosen
    if task.name == "Gather":
        return chosen.reshape(2, -1)
    lengths = [1] * len(shape)
    lengths[axis] = len(chosen)
    full = list(shape)
    full[axis] = len(chosen)
    return np.broadcast_to(chosen.reshape(lengths), full).copy()


def _long(task: Task, draw: Draw) -> list[Problem]:
    """Indices of more than 16 bits."""
    length = 66000
    data = elements(task, draw, (length,))
    return [pose(task, [data, np.append(draw.integers(65536, length - 1, 5), [0, length - 1, 65535])], {"axis": 0})]


def _by_default(task: Task, draw: Draw) -> list[Problem]:
    """No axis given: the only one, the first or the last, as the operation has it."""
    chosen = _indices(draw, 9, (6,))
    if task.name == "take":
        return [pose(task, [elements(task, draw, (9,)), chosen], exact=True)]
    shape, axis = ((9, 4), 0) if task.name == "Gather" else ((4, 9), 1)
    return [pose(task, [elements(task, draw, shape), _shaped(task, chosen, shape, axis)], exact=True)]


def _scattered(task: Task) -> Iterator[Question]:
    """Indices of every depth: whole slices, rows and single elements."""
    for depth in (1, 2, 3):
        for count in (0, 1, 5):
            yield from pairs(f"depth-{depth}/{count}-updates", partial(_of_depth, task, depth, count, "none"))


def _of_depth(task: Task, depth: int, count: int, reduction: str, draw: Draw) -> list[Problem]:
    """Different slots of a tensor: updates that replace, or small whole numbers that are added."""
    shape = (5, 6, 7)
    slots = draw.permutation(int(np.prod(shape[:depth])))[:count]
    if reduction == "add" and count > 2:
        slots[count // 2 :] = slots[: count - count // 2]
    named = np.stack(np.unravel_index(slots, shape[:depth]), axis=-1).astype(np.int64).reshape(count, depth)
    data, updates = (
        whole(draw, task.dtype, found, _most(task)) if reduction == "add" else elements(task, draw, found)
        for found in (shape, (count, *shape[depth:]))
    )
    return [pose(task, [data, named, updates], {"reduction": reduction}, exact=True)]


def negative_indices(task: Task) -> Iterator[Question]:
    """Indices counted from the end, alone and beside others, up to the first element."""
    for axis in (0, 1, -1) if task.name in _FINDS else ():
        for kind in ("last", "first", "mixed"):
            yield from pairs(f"axis{axis:+}/{kind}", partial(_from_the_end, task, axis, kind))


def _from_the_end(task: Task, axis: int, kind: str, draw: Draw) -> list[Problem]:
    shape = (5, 7)
    length = shape[axis]
    chosen = np.full(6, -1 if kind == "last" else -length)
    if kind == "mixed":
        chosen = draw.integers(-length, length - 1, (6,))
    return [pose(task, [elements(task, draw, shape), _shaped(task, chosen, shape, axis)], {"axis": axis}, exact=True)]


def updates(task: Task) -> Iterator[Question]:
    """Updates that replace and updates that are added, at indices of every depth, several to a place."""
    for reduction in ("none", "add") if task.name == "ScatterND" else ():
        for depth in (1, 2, 3):
            yield from pairs(f"{reduction}/depth-{depth}", partial(_of_depth, task, depth, 5, reduction))
    if task.name == "ScatterND":
        yield from pairs("add/one-place", partial(_all_to_one, task))


def _all_to_one(task: Task, draw: Draw) -> list[Problem]:
    """Every update is added to the same row."""
    values = [whole(draw, task.dtype, shape, 1) for shape in ((4, 33), (100, 33))]
    return [pose(task, [values[0], np.full((100, 1), 2), values[1]], {"reduction": "add"}, exact=True)]


def axes(task: Task, operands: Sequence[Array], attributes: Attributes) -> Sequence[Sequence[str]]:
    """Axes by their places, those of the indices, and what both have: what an index names must not be cut off."""
    places = [str(place) for place in range(operands[0].ndim)]
    if task.name == "ScatterND":
        depth = operands[1].shape[-1]
        slots = [f"update {place}" for place in range(operands[1].ndim - 1)]
        return [places, [*slots, ""], [*slots, *places[depth:]]]
    if task.name != "take_along_axis":
        return [places, [f"index {place}" for place in range(operands[1].ndim)]]
    axis = attributes.get("axis", -1) % len(places)
    return [places, [f"index {place}" if int(place) == axis else place for place in places]]


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    rough=_rough,
    solve=_solve,
    sweep=_sweep,
    empty=_empty,
    plainly_exact=lambda task: True,
    inputs={
        "selector": selector,
        "specials": specials,
        "subnormals": subnormal_numbers,
        "integer-exact": integer_exact,
        "dense": dense,
        "indices": indices,
        "negative-indices": negative_indices,
        "updates": updates,
    },
    axes=axes,
    fixed=lambda task: (1,),
)
