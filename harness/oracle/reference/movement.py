"""Which element of the operands stands at each place of a result that only moves them: the definitions, by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]

#: The coordinates of every place of a result, one array for each axis.
Places = list[Array]


def moved(name: str, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    """The result of an operation of the array API that moves elements."""
    if name == "concat":
        return _concat(operands, attributes.get("axis", 0))
    if name == "stack":
        return _stack(operands, attributes.get("axis", 0))
    x = operands[0]
    if name in ("tril", "triu"):
        return _triangle(x, attributes.get("k", 0), upper=name == "triu")
    if name == "roll" and attributes.get("axis") is None:
        return moved("roll", [_flat(x)], {**attributes, "axis": 0}).reshape(x.shape)
    if name == "repeat" and attributes.get("axis") is None:
        return moved("repeat", [_flat(x)], {**attributes, "axis": 0})
    shape = _SHAPES[name](x.shape, attributes)
    return at(x, _SOURCES[name](x.shape, list(np.indices(shape)), attributes), shape)


def at(x: Array, places: Sequence[Array], shape: Shape) -> Array:
    """The elements of an array at coordinates; a scalar's stands at every place."""
    return np.broadcast_to(x[tuple(places)], shape).copy()


def from_front(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    return axis + rank if axis < 0 else axis


def _axes(axis: Any, rank: int) -> list[int]:
    """One axis or several, all of them for ``None``."""
    if axis is None:
        return list(range(rank))
    return [from_front(one, rank) for one in (axis if isinstance(axis, list | tuple) else [axis])]


def _flat(x: Array) -> Array:
    """The elements in the order of rows."""
    found = np.empty(x.size, x.dtype)
    for number, value in enumerate(x.flat):
        found[number] = value
    return found


def _concat(operands: Sequence[Array], axis: int | None) -> Array:
    if axis is None:
        return _concat([_flat(operand) for operand in operands], 0)
    axis = from_front(axis, operands[0].ndim)
    shape = list(operands[0].shape)
    shape[axis] = sum(operand.shape[axis] for operand in operands)
    found = np.empty(shape, operands[0].dtype)
    begin = 0
    for operand in operands:
        places = list(np.indices(operand.shape))
        places[axis] = places[axis] + begin
        found[tuple(places)] = operand
        begin += operand.shape[axis]
    return found


def _stack(operands: Sequence[Array], axis: int) -> Array:
    rank = operands[0].ndim
    axis = from_front(axis, rank + 1)
    shape = (*operands[0].shape[:axis], len(operands), *operands[0].shape[axis:])
    found = np.empty(shape, operands[0].dtype)
    for number, operand in enumerate(operands):
        for place in np.ndindex(*operand.shape):
            found[(*place[:axis], number, *place[axis:])] = operand[place]
    return found


def _triangle(x: Array, k: int, *, upper: bool) -> Array:
    """Elements on the diagonal j = i + k and on one side of it, zeros on the other."""
    *_, row, column = np.indices(x.shape)
    kept = column - row >= k if upper else column - row <= k
    found = np.zeros(x.shape, x.dtype)
    found[kept] = x[kept]
    return found


def _tiled(shape: Shape, attributes: Mapping[str, Any]) -> Shape:
    times = list(attributes["repetitions"])
    rank = max(len(times), len(shape))
    times = [1] * (rank - len(times)) + times
    lengths = [1] * (rank - len(shape)) + list(shape)
    return tuple(n * m for n, m in zip(lengths, times, strict=True))


def _repeated(shape: Shape, attributes: Mapping[str, Any]) -> Shape:
    axis = from_front(attributes["axis"], len(shape))
    return tuple(n * attributes["repeats"] if number == axis else n for number, n in enumerate(shape))


def _reshaped(shape: Shape, attributes: Mapping[str, Any]) -> Shape:
    asked = list(attributes["shape"])
    if -1 in asked:
        known = int(np.prod([n for n in asked if n != -1], dtype=np.int64))
        asked[asked.index(-1)] = int(np.prod(shape, dtype=np.int64)) // known
    return tuple(asked)


def _flipped(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    axes = _axes(attributes.get("axis"), len(shape))
    return [shape[axis] - 1 - place if axis in axes else place for axis, place in enumerate(places)]


def _rolled(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    """What stands at a place stood as many places before it as the shift says, around the end."""
    axes, shift = _axes(attributes["axis"], len(shape)), attributes["shift"]
    shifts = list(shift) if isinstance(shift, list | tuple) else [shift] * len(axes)
    found = list(places)
    for axis, by in zip(axes, shifts, strict=True):
        found[axis] = (found[axis] - by) % max(shape[axis], 1)
    return found


def _permuted(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    """Axis k of the result is axis ``axes[k]`` of the operand."""
    found = list(places)
    for k, axis in enumerate(attributes["axes"]):
        found[axis] = places[k]
    return found


def _of_tiles(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    inner = places[len(places) - len(shape) :]
    return [place % max(n, 1) for n, place in zip(shape, inner, strict=True)]


def _of_repeats(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    axis = from_front(attributes["axis"], len(shape))
    return [place // attributes["repeats"] if number == axis else place for number, place in enumerate(places)]


def _of_rows(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    """The coordinates of the element that has the same number when counted row by row."""
    out = _reshaped(shape, attributes)
    number: Any = 0
    for n, place in zip(out, places, strict=True):
        number = number * n + place
    found = []
    for n in reversed(shape):
        found.append(np.asarray(number % max(n, 1)))
        number = number // max(n, 1)
    return found[::-1]


def _stretched(shape: Shape, places: Places, attributes: Mapping[str, Any]) -> Places:
    inner = places[len(places) - len(shape) :]
    return [place * 0 if n == 1 else place for n, place in zip(shape, inner, strict=True)]


_SHAPES: Mapping[str, Any] = {
    "permute_dims": lambda shape, attributes: tuple(shape[axis] for axis in attributes["axes"]),
    "flip": lambda shape, attributes: shape,
    "roll": lambda shape, attributes: shape,
    "tile": _tiled,
    "repeat": _repeated,
    "reshape": _reshaped,
    "broadcast_to": lambda shape, attributes: tuple(attributes["shape"]),
}
_SOURCES: Mapping[str, Any] = {
    "permute_dims": _permuted,
    "flip": _flipped,
    "roll": _rolled,
    "tile": _of_tiles,
    "repeat": _of_repeats,
    "reshape": _of_rows,
    "broadcast_to": _stretched,
}
