"""Activations of neural networks: judged by what their defining formulas allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.activation import gelu_bound, gelu_tanh_bound, sigmoid_bound
from harness.oracle.bounds.functions import ulp_bound
from harness.oracle.definition import Definition, Inputs, Question, Size, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.elementwise import empty, size, sweep
from harness.oracle.formats import FORMATS
from harness.oracle.inputs import elementwise as own
from harness.oracle.numbers import any_bits, full_mantissa
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.activation import activation
from harness.oracle.reference.elementwise import into
from harness.oracle.task import Task

_POINTS = {"float64": 130}
_MANY = 2050
#: Different points among plain operands of float64, whose references take time.
_POOL = 96
_PLACES = (0, 1, 63, 64, 127, 128, 129)
#: From where on an activation has reached its limit in every type.
_SATURATED = 64.0


def ways(task: Task) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The forms an activation has, by a name for them: the attributes of their launches."""
    if task.name != "Gelu":
        return (("", {}),)
    return (("none", {"approximate": "none"}), ("tanh", {"approximate": "tanh"}))


def solve(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool = False
) -> tuple[Wanted, ...]:
    """The value in float64 and the bound of its formula; of Relu, the value itself."""
    x, out = np.asarray(operands[0]).astype(numpy_dtype(task.dtype)), task.types.out
    if task.name == "Relu":
        return (exactly(out, np.where(x <= 0, 0, x).astype(x.dtype)),)
    approximate = attributes.get("approximate", "none")
    expected = activation(task.name, x, approximate)
    if task.name == "Erf":
        return (within(out, expected, np.asarray(ulp_bound(task.types)), "ulp"),)
    # What is not finite must be equal, whatever the bound.
    wide, found = (np.where(np.isfinite(expected), values, 0.0) for values in (x.astype(np.float64), expected))
    if task.name == "Sigmoid":
        return (within(out, expected, sigmoid_bound(task.held_to, found)),)
    bound = gelu_bound if approximate == "none" else gelu_tanh_bound
    return (within(out, expected, bound(task.held_to, wide, found)),)


def representable(task: Task, values: Array) -> Array:
    """Values in the operand's dtype; 0.75 in place of those outside the domain, and of subnormal ones."""
    points = into(np.asarray(values, dtype=np.float64), task.dtype)
    wide, (low, high) = points.astype(np.float64), task.operation.domain[0]
    usable = (wide >= low) & (wide <= high) & (np.abs(wide) >= 4.0 * FORMATS[task.dtype].smallest_normal)
    return np.where(usable, points, 0.75).astype(points.dtype)


def _reach(task: Task) -> float:
    return min(task.operation.domain[0][1], FORMATS[task.dtype].largest)


def spread(task: Task, draw: Draw, count: int) -> Array:
    """Numbers of every size, most of them where an activation bends; the ends of the domain first."""
    if not task.floating:
        return any_bits(draw, task.dtype, (count,))
    most = int(np.frexp(_reach(task))[1]) - 1
    kinds = [
        full_mantissa(draw, task.dtype, (count,), exponents).astype(np.float64)
        for exponents in ((-20, most), (-3, 3), (-14, 6))
    ]
    values = np.choose(draw.integers(0, 2, (count,)), kinds)
    values[:2] = (-_reach(task), _reach(task))[: values[:2].size]
    return representable(task, values)


def draw_plain(task: Task, draw: Draw, shape: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Numbers where an activation bends; of float64 some of a few, whose references are computed once."""
    if not task.floating:
        return [any_bits(draw, task.dtype, shape)], {}
    if task.dtype != "float64":
        return [full_mantissa(draw, task.dtype, shape, (-8, 2))], {}
    pool = full_mantissa(draw, task.dtype, (_POOL,), (-8, 2))
    return [pool[draw.integers(0, _POOL - 1, shape)]], {}


def _each(task: Task, name: str, make: Any) -> Iterator[Question]:
    for form, attributes in ways(task):
        yield from pairs(f"{form}-{name}" if form else name, partial(_posed, task, make, attributes))


def _posed(task: Task, make: Any, attributes: Mapping[str, Any], draw: Draw) -> list[Problem]:
    return [pose(task, [make(draw)], attributes)]


def domain(task: Task) -> Iterator[Question]:
    """Points of every size over the domain, with its two ends."""
    for number in range(2):
        yield from _each(task, f"domain-{number}", lambda draw: spread(task, draw, _POINTS.get(task.dtype, _MANY)))


def exhaustive(task: Task) -> Iterator[Question]:
    """All 65,536 values of a 16-bit type, as far as they lie in the domain."""
    if task.floating and numpy_dtype(task.dtype).itemsize == 2:
        yield from _each(task, "every", partial(_every, task))


def _every(task: Task, draw: Draw) -> Array:
    with np.errstate(invalid="ignore"):  # of signalling NaN
        return representable(task, own.every_pattern(task, draw).astype(np.float64))


def saturation(task: Task) -> Iterator[Question]:
    """Large numbers of both signs, up to the largest of the domain."""
    if task.floating:
        yield from _each(task, "large", partial(_large, task))


def _large(task: Task, draw: Draw) -> Array:
    most = int(np.frexp(_reach(task))[1]) - 1
    values = full_mantissa(draw, task.dtype, (130,), (int(np.log2(_SATURATED)), most)).astype(np.float64)
    values[:2] = -_reach(task), _reach(task)
    return representable(task, values)


def specials(task: Task) -> Iterator[Question]:
    """NaN and the infinities at which an activation has a value, at every place that matters."""
    if not task.floating:
        return
    # ONNX says nothing of Relu's NaN; Gelu's formula has no value at minus infinity.
    values = {"Relu": (np.inf, -np.inf), "Gelu": (np.nan, np.inf)}.get(task.name, (np.nan, np.inf, -np.inf))
    yield from _each(task, "mixed", partial(_special, task, values))
    for value in values:
        yield from _each(task, str(value), partial(_special, task, (value,)))


def _special(task: Task, values: Sequence[float], draw: Draw) -> Array:
    operand: Array = draw_plain(task, draw, (3, 130))[0][0].copy()
    for number, row in enumerate(draw.permutation(3)[:2]):
        for place in _PLACES[number::2]:
            operand[row, place] = values[int(draw.integers(0, len(values) - 1, 1)[0])]
    return operand


INPUTS: Inputs = {
    "domain": domain,
    "exhaustive-16": exhaustive,
    "saturation": saturation,
    "specials": specials,
    "special-values": own.special_values,
    "broadcasting": lambda task: iter(()),
}

DEFINITION = Definition(
    size=size,
    draw=draw_plain,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: task.name == "Relu",
    inputs=INPUTS,
    empty=empty,
    axes=aligned_axes,
)
