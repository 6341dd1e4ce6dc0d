"""What is right for operations that only move elements: which of them stands where, with its bits unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Definition, Question, Size, no_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.numbers import any_bits, full_mantissa, subnormals
from harness.oracle.problem import Array, Problem, Wanted, exactly
from harness.oracle.reference.movement import moved
from harness.oracle.task import Task

#: A shape with three lengths that are no powers of two.
_SHAPE = (3, 5, 7)
Attributes = Mapping[str, Any]


def elements(task: Task, draw: Draw, shape: Size, index: int = 0) -> Array:
    """Elements whose every bit shows: full mantissas over the whole range of exponents, any bits of integers."""
    dtype = task.types.inputs[index]
    if not is_float(dtype):
        return any_bits(draw, dtype, shape)
    form = FORMATS[dtype]
    return full_mantissa(draw, dtype, shape, (form.emin, form.emax))


def special_elements(task: Task, draw: Draw, shape: Size, index: int = 0) -> Array:
    """NaN, infinities and zeros of both signs at the first, the middle and the last place, and here and there."""
    found = elements(task, draw, shape, index)
    flat = found.reshape(-1)
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0]).astype(flat.dtype)
    places = [0, flat.size // 2, flat.size - 1, *draw.integers(0, max(flat.size - 1, 0), (flat.size // 4,))]
    for place in places[: flat.size]:
        flat[place] = special[int(draw.integers(0, len(special) - 1, 1)[0])]
    return found


def subnormal_elements(task: Task, draw: Draw, shape: Size, index: int = 0) -> Array:
    """Subnormal numbers, with zeros of both signs among them."""
    found = subnormals(draw, task.types.inputs[index], shape)
    zeros = np.array([0.0, -0.0]).astype(found.dtype)[draw.integers(0, 1, shape)]
    return np.where(draw.integers(0, 7, shape) == 0, zeros, found).astype(found.dtype)


def _size(task: Task) -> Size:
    return _SHAPE


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    attributes = _usual(task.name, size)
    return _operands(task, draw, size, attributes, elements), attributes


def _usual(name: str, size: Size) -> Attributes:
    """Attributes that move every element somewhere else."""
    if name in ("reshape", "broadcast_to"):
        return {"shape": [size[2], size[0] * size[1]] if name == "reshape" else [2, *size]}
    return _USUAL[name]


_USUAL: Mapping[str, Attributes] = {
    "concat": {"axis": 1},
    "stack": {"axis": 1},
    "permute_dims": {"axes": [2, 0, 1]},
    "flip": {"axis": [0, -1]},
    "roll": {"shift": [2, -1], "axis": [2, 1]},
    "tile": {"repetitions": [2, 1, 2]},
    "repeat": {"repeats": 2, "axis": 1},
    "tril": {"k": 1},
    "triu": {"k": -1},
}


def _operands(task: Task, draw: Draw, size: Size, attributes: Attributes, make: Any) -> list[Array]:
    """Operands of a size; those of ``concat`` differ in length, that of ``broadcast_to`` has lengths of one."""
    shapes = [size] * task.operation.arity
    if task.name == "concat":
        shapes = _lengthened(size, attributes.get("axis", 0))
    elif task.name == "broadcast_to":
        shape = list(size)
        shape[1] = min(shape[1], 1)
        shapes = [tuple(shape)]
    return [make(task, draw, shape, index) for index, shape in enumerate(shapes)]


def _lengthened(size: Size, axis: int | None) -> list[Size]:
    if axis is None:
        return [size, (4,), (2, 3)]
    shapes = []
    for more in (0, 1, 3):
        shape = list(size)
        shape[axis] += more
        shapes.append(tuple(shape))
    return shapes


def _solve(task: Task, operands: Sequence[Array], attributes: Attributes, exact: bool) -> tuple[Wanted, ...]:
    return (exactly(task.types.out, moved(task.name, operands, attributes)),)


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return [(length, 3, 2), (2, length, 3), (3, 2, length)]


def _empty(task: Task) -> Sequence[Size]:
    return [(0, 3, 2), (2, 3, 0)]


def _made(task: Task, make: Any, size: Size, attributes: Attributes | None, draw: Draw) -> list[Problem]:
    chosen = _usual(task.name, size) if attributes is None else attributes
    return [pose(task, _operands(task, draw, size, chosen, make), chosen, exact=True)]


def selector(task: Task) -> Iterator[Question]:
    """Elements whose every bit shows, in shapes that are a few tiles wide."""
    for size in (_SHAPE, (2, 33, 65), (17, 3, 34)):
        yield from pairs("x".join(map(str, size)), partial(_made, task, elements, size, None))


def specials(task: Task) -> Iterator[Question]:
    """NaN, infinities and zeros of both signs."""
    if is_float(task.dtype):
        for size in (_SHAPE, (1, 2, 130)):
            yield from pairs("x".join(map(str, size)), partial(_made, task, special_elements, size, None))


def subnormal_numbers(task: Task) -> Iterator[Question]:
    """Subnormal numbers, which only what computes may flush."""
    if is_float(task.dtype):
        yield from pairs("3x5x7", partial(_made, task, subnormal_elements, _SHAPE, None))


def values(task: Task) -> Iterator[Question]:
    """Everything that an element can be: special values and subnormal numbers, or the ends of an integer's range."""
    for make in (special_elements, subnormal_elements) if is_float(task.dtype) else (_ends, elements):
        yield from pairs(make.__name__.strip("_").replace("_", "-"), partial(_made, task, make, (4, 3, 21), None))


def _ends(task: Task, draw: Draw, shape: Size, index: int = 0) -> Array:
    """The least and the greatest of an integer's values, or both truth values."""
    dtype = task.types.inputs[index]
    least, greatest = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.where(draw.integers(0, 1, shape) == 1, greatest, least).astype(numpy_dtype(dtype))


def cut_off(task: Task) -> Iterator[Question]:
    """Nothing of what lies outside the triangle comes through: NaN and infinities, or the largest numbers."""
    make = _loud if is_float(task.dtype) else _ends
    for k in (-2, 0, 2) if task.name in ("tril", "triu") else ():
        yield from pairs(f"diagonal{k:+}", partial(_made, task, make, (2, 9, 7), {"k": k}))


def _loud(task: Task, draw: Draw, shape: Size, index: int = 0) -> Array:
    options = np.array([np.nan, np.inf, -np.inf, -0.0, -1.0]).astype(numpy_dtype(task.types.inputs[index]))
    return np.asarray(options[draw.integers(0, len(options) - 1, shape)])


def arguments(task: Task) -> Iterator[Question]:
    """Every kind of argument the standard allows."""
    for attributes in _ARGUMENTS[task.name]:
        name = "/".join(f"{key}-{_word(value)}" for key, value in attributes.items()) or "default"
        yield from pairs(name, partial(_asked, task, attributes))


def _asked(task: Task, attributes: Attributes, draw: Draw) -> list[Problem]:
    if task.name == "broadcast_to":
        # What is stretched stands in the table as an operand's shape; the launch has the result's alone.
        operands = [elements(task, draw, tuple(attributes["from"]))]
        return [pose(task, operands, {"shape": attributes["shape"]}, exact=True)]
    return _made(task, elements, _SHAPE, attributes, draw)


def _word(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


_EACH_AXIS = (0, 1, 2, -1, -2, -3)
_DIAGONALS = tuple({"k": k} for k in (-9, -5, -4, -1, 0, 1, 3, 6, 7, 9))
_ARGUMENTS: Mapping[str, Sequence[Attributes]] = {
    "concat": ({}, *({"axis": axis} for axis in (*_EACH_AXIS, None))),
    "stack": ({}, *({"axis": axis} for axis in _EACH_AXIS)),
    "permute_dims": tuple({"axes": list(axes)} for axes in permutations(range(3))),
    "flip": ({}, *({"axis": axis} for axis in (*_EACH_AXIS, None, [0, 1], [2, -3], [0, 1, 2]))),
    "roll": (
        *(
            {"shift": shift, "axis": axis}
            for axis, shift in zip((*_EACH_AXIS, None), (1, 2, 3, -1, -2, -3, 4), strict=True)
        ),
        *({"shift": shift} for shift in (-1, 0, 36, 1000, -1000)),
        *({"shift": shift, "axis": 2} for shift in (7, 8, -15)),
        *({"shift": shift, "axis": axis} for shift, axis in (([1, 2], [0, 2]), ([-1, 9, 4], [2, 0, -2]), (2, [1, 2]))),
    ),
    "tile": tuple({"repetitions": times} for times in ([2], [3, 1], [1, 1, 1], [3, 1, 2], [2, 1, 3, 2], [0, 1, 1], [])),
    "repeat": (
        *({"repeats": times, "axis": axis} for axis, times in zip(_EACH_AXIS, (2, 3, 4, 5, 2, 3), strict=True)),
        *({"repeats": 3}, {"repeats": 2, "axis": None}, {"repeats": 1, "axis": 0}),
    ),
    "reshape": tuple(
        {"shape": shape} for shape in ([105], [7, 15], [-1], [5, -1, 3], [1, 105, 1], [3, 5, 7], [5, 7, 3])
    ),
    "broadcast_to": tuple(
        {"from": before, "shape": after}
        for before, after in (
            *(([], [3]), ([], []), ([1], [5]), ([4], [3, 4]), ([4, 1], [4, 6]), ([1, 6], [4, 6]), ([1, 1], [4, 6])),
            *(([3, 1, 5], [2, 3, 4, 5]), ([4, 6], [4, 6]), ([1, 5], [0, 5])),
        )
    ),
    "tril": ({}, *_DIAGONALS),
    "triu": ({}, *_DIAGONALS),
}


def axes(task: Task, operands: Sequence[Array], attributes: Attributes) -> Sequence[Sequence[str]]:
    """Every axis by its place, but those of a shape that is given; each operand of ``concat`` has one of its own."""
    if task.name in ("reshape", "broadcast_to"):
        return no_axes(task, operands, attributes)
    names = [[str(place) for place in range(operand.ndim)] for operand in operands]
    if task.name == "concat":
        axis = attributes.get("axis", 0)
        for number, own in enumerate(names):
            for place in range(len(own)):
                if axis is None or place == axis % len(own):
                    own[place] = f"{place} of {number}"
    return names


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
        "subnormals": subnormal_numbers,
        "arguments": arguments,
        "values": values,
        "cut-off": cut_off,
    },
    axes=axes,
)
