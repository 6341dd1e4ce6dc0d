"""Operations that make a tensor of their arguments: values are stored, lines multiplied out by the vector unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.simulator.composed.arguments import Attributes, flag, number, refuse, whole, wholes
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array, convert
from harness.simulator.signatures import ALL, FLOATS, NUMBERS, Shape, Signature

ShapeOf = Callable[[Attributes], Shape]
Make = Callable[[Units, Attributes, str], Array]


def _shape(attributes: Attributes) -> Shape:
    return wholes(attributes, "shape", least=0)


def _full_shape(attributes: Attributes) -> Shape:
    if not isinstance(attributes.get("fill_value"), bool):
        number(attributes, "fill_value")
    return _shape(attributes)


def _full(units: Units, attributes: Attributes, result: str) -> Array:
    value, dtype = attributes["fill_value"], numpy_dtype(result)
    if dtype.kind in "iu" and not isinstance(value, float):
        if not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
            refuse(f"{value} is out of the range of {result}")
        return np.full(_shape(attributes), value, dtype)
    return np.full(_shape(attributes), convert(np.asarray(value, np.float64), result), dtype)


def _constant(value: int) -> Make:
    return lambda units, attributes, result: np.full(_shape(attributes), value, numpy_dtype(result))


def _eye_shape(attributes: Attributes) -> Shape:
    whole(attributes, "k", 0)
    rows = whole(attributes, "n_rows", least=0)
    return rows, rows if attributes.get("n_cols") is None else whole(attributes, "n_cols", least=0)


def _eye(units: Units, attributes: Attributes, result: str) -> Array:
    rows, columns = _eye_shape(attributes)
    k = whole(attributes, "k", 0)
    found = np.zeros((rows, columns), numpy_dtype(result))
    for row in range(max(-k, 0), min(rows, columns - k)):
        found[row, row + k] = 1
    return found


def _range_shape(attributes: Attributes) -> Shape:
    """As many elements as there are steps before stop."""
    start, stop, step = (number(attributes, name, default) for name, default in _RANGE)
    if not all(map(math.isfinite, (start, stop, step))) or step == 0:
        refuse(f"no range from {start} to {stop} by {step}")
    return (max(math.ceil((Fraction(stop) - Fraction(start)) / Fraction(step)), 0),)


_RANGE = (("start", 0), ("stop", None), ("step", 1))


def _range(units: Units, attributes: Attributes, result: str) -> Array:
    start, _, step = (number(attributes, name, default) for name, default in _RANGE)
    count = _range_shape(attributes)[0]
    if result not in FLOATS:
        return np.array([int(start) + place * int(step) for place in range(count)], numpy_dtype(result))
    return _rounded(units, _line(units, start, _scalar(units, step, result), count, result), result)


def _line(units: Units, start: float, step: Array, count: int, result: str) -> Array:
    """Start and i steps, for each i, in the working format; the first element is start itself."""
    working = units.working(result)
    places = units.step("cast", np.arange(count), result=working)
    first = np.broadcast_to(_scalar(units, start, result), (count,))
    return units.step("add", first, units.step("multiply", places, np.broadcast_to(step, (count,))))


def _rounded(units: Units, values: Array, result: str) -> Array:
    return units.step("cast", values, result=result)


def _scalar(units: Units, value: float, result: str) -> Array:
    """An argument in the working format."""
    return convert(np.asarray(value, np.float64), units.working(result))


def _spacing_shape(attributes: Attributes) -> Shape:
    flag(attributes, "endpoint", default=True)
    for name in ("start", "stop"):
        if not math.isfinite(number(attributes, name)):
            refuse(f"{name} is not finite")
    return (whole(attributes, "num", least=0),)


def _spacing(units: Units, attributes: Attributes, result: str) -> Array:
    start, stop = (_scalar(units, number(attributes, name), result) for name in ("start", "stop"))
    count, endpoint = whole(attributes, "num", least=0), flag(attributes, "endpoint", default=True)
    gaps = convert(np.asarray(float(max(count - endpoint, 1))), units.working(result))
    step = units.step("divide", units.step("subtract", stop, start), gaps)
    found = _rounded(units, _line(units, number(attributes, "start"), step, count, result), result)
    if endpoint and count > 1:
        found = found.copy()
        found[-1] = convert(stop, result)
    return found


#: Dtypes, attributes, shape and contents, by name.
_CREATED: Mapping[str, tuple[frozenset[str], str, ShapeOf, Make]] = {
    "full": (ALL, "shape fill_value", _full_shape, _full),
    "zeros": (ALL, "shape", _shape, _constant(0)),
    "ones": (ALL, "shape", _shape, _constant(1)),
    "eye": (ALL, "n_rows n_cols k", _eye_shape, _eye),
    "arange": (NUMBERS, "start stop step", _range_shape, _range),
    "linspace": (FLOATS, "start stop num endpoint", _spacing_shape, _spacing),
}


def _composed(accepted: frozenset[str], names: str, shape: ShapeOf, make: Make) -> Composed:
    def types(operands: Sequence[str], results: Sequence[str]) -> bool:
        return results[0] in accepted

    def shapes(found: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
        return (shape(attributes),)

    def compute(units: Units, operands: Any, attributes: Attributes, results: Sequence[str]) -> Sequence[Array]:
        return (make(units, attributes, results[0]),)

    return Composed(Signature(0, 0, types, shapes, frozenset(names.split())), compute)


OPERATIONS: Mapping[str, Composed] = {name: _composed(*row) for name, row in _CREATED.items()}
