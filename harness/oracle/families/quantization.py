"""Conversion to and from whole numbers of eight bits: QuantizeLinear and DequantizeLinear of ONNX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Definition, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range
from harness.oracle.numbers import any_bits, full_mantissa
from harness.oracle.numbers import subnormals as subnormal_numbers
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.flushing import flush
from harness.oracle.reference.quantization import along, dequantize, quantize
from harness.oracle.task import Task
from harness.profile.arithmetic import Arithmetic as Declared

#: The axis of scales where none is given.
_AXIS = 1


def _quantizes(task: Task) -> bool:
    return task.name == "QuantizeLinear"


def _scale_dtype(task: Task) -> str:
    return task.types.inputs[1]


def _declared(task: Task) -> Declared:
    """What is declared of the unit that multiplies or divides by the scale, which computes in the scale's format."""
    return task.profile.arithmetic_of(task.name, _scale_dtype(task))


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Every bit of each element, but beside a tie, where either neighbour is right."""
    declared = _declared(task)
    parts = [flush(part) if declared.flush_inputs else part for part in operands]
    x, dtype = parts[0], task.types.out
    axis = attributes.get("axis", _AXIS)
    scale, zero = (along(part, x.shape, axis) for part in (parts[1], parts[2] if len(parts) > 2 else np.zeros(())))
    if not _quantizes(task):
        expected = dequantize(x, scale, zero, dtype)
        return (exactly(dtype, flush(expected) if declared.flush_outputs else expected),)
    low, high = quantize(x, scale, zero, dtype)
    if (low == high).all():
        return (exactly(dtype, low.astype(numpy_dtype(dtype))),)
    # What the standard leaves open: NaN becomes any number.
    least, most = integer_range(dtype)
    middle = np.where(np.isnan(low), (least + most) / 2, (low + high) / 2)
    reach = np.where(np.isnan(low), (most - least) / 2, (high - low) / 2)
    return (within(dtype, middle, reach),)


def _parameters(task: Task, draw: Draw, shape: tuple[int, ...], spread: tuple[int, int] = (-6, 2)) -> list[Array]:
    """Scales of full precision, all positive, and any zero points."""
    scale = np.abs(full_mantissa(draw, _scale_dtype(task), shape, spread).astype(np.float64))
    zero = any_bits(draw, task.types.inputs[2], shape)
    return [scale.astype(numpy_dtype(_scale_dtype(task))), zero]


def _powers(task: Task, draw: Draw, shape: tuple[int, ...]) -> Array:
    return np.asarray(np.ldexp(1.0, draw.integers(-4, 2, shape))).astype(numpy_dtype(_scale_dtype(task)))


def _values(task: Task, draw: Draw, shape: tuple[int, ...], scale: Array, axis: int) -> Array:
    """Operands whose results use the whole range and a little more, no quotient near a tie."""
    if not _quantizes(task):
        return any_bits(draw, task.types.inputs[0], shape)
    dtype, steps = task.types.inputs[0], draw.integers(-300, 300, shape)
    # Quotients within a quarter of a whole number stay so whatever their division rounds to.
    parts = steps + draw.integers(-3, 3, shape) / 16
    return np.asarray(parts * along(scale, shape, axis)).astype(numpy_dtype(dtype))


def _problem(
    task: Task,
    draw: Draw,
    shape: tuple[int, ...],
    axis: int | None = None,
    *,
    zero: bool = True,
    powers: bool = False,
    one: tuple[int, ...] = (),
) -> Problem:
    """A problem with scales for the whole tensor, of shape ``one``, or along an axis."""
    lines = one if axis is None else (shape[axis],)
    parameters = _parameters(task, draw, lines)
    if powers:
        parameters[0] = _powers(task, draw, lines)
    x = _values(task, draw, shape, parameters[0], _AXIS if axis is None else axis)
    attributes = {} if axis is None or axis == _AXIS else {"axis": axis}
    return pose(task, [x, *parameters[: 2 if zero else 1]], attributes, exact=True)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    parameters = _parameters(task, draw, (size[1],))
    return [_values(task, draw, size, parameters[0], _AXIS), *parameters], {}


def _exact(task: Task) -> Iterator[Question]:
    """Scales that are powers of two: every division and product is exact."""
    for shape in ((130,), (7, 33), (3, 5, 17)):
        name = "x".join(map(str, shape))
        yield from pairs(name, lambda draw, s=shape: [_problem(task, draw, s, powers=True)])  # type: ignore[misc]


def _selector(task: Task) -> Iterator[Question]:
    """Every whole number of eight bits; scales of full precision, one for all."""
    for number in range(2):
        yield from pairs(f"every-number-{number}", partial(_every_number, task))


def _every_number(task: Task, draw: Draw) -> list[Problem]:
    least, most = integer_range(task.types.out if _quantizes(task) else task.types.inputs[0])
    steps = np.arange(least, most + 1)[draw.permutation(256)]
    parameters = _parameters(task, draw, ())
    if _quantizes(task):
        x = ((steps - parameters[1].astype(np.int64)) * parameters[0].astype(np.float64)).astype(
            numpy_dtype(task.types.inputs[0])
        )
    else:
        x = steps.astype(numpy_dtype(task.types.inputs[0]))
    return [pose(task, [x, *parameters], exact=True)]


def _dense(task: Task) -> Iterator[Question]:
    """Operands and scales of full precision."""
    for axis, name in ((None, "one-for-all"), (1, "along-an-axis")):
        for number in range(2):
            yield from pairs(f"{name}-{number}", partial(_dense_of, task, axis))


def _dense_of(task: Task, axis: int | None, draw: Draw) -> list[Problem]:
    shape = (7, 65)
    parameters = _parameters(task, draw, () if axis is None else (shape[axis],))
    if not _quantizes(task):
        return [pose(task, [any_bits(draw, task.types.inputs[0], shape), *parameters])]
    return [pose(task, [full_mantissa(draw, task.types.inputs[0], shape, (-6, 8)), *parameters])]


def _zeros(task: Task) -> Iterator[Question]:
    """Zeros of either sign are the zero point, and the zero point is zero; also without one."""
    for number in range(2):
        yield from pairs(f"zeros-{number}", partial(_zero, task))


def _zero(task: Task, draw: Draw) -> list[Problem]:
    parameters = _parameters(task, draw, ())
    x = any_bits(draw, task.types.inputs[0], (33,)) if not _quantizes(task) else None
    if x is None:
        x = (draw.integers(-40, 40, 33) * parameters[0].astype(np.float64)).astype(numpy_dtype(task.types.inputs[0]))
        x[::3], x[1::6] = 0.0, -0.0
    else:
        x[::3] = parameters[1]
    return [pose(task, [x, *parameters], exact=True), pose(task, [x, parameters[0]], exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    """Infinities of either sign become the limits; what NaN becomes is left open, but not what stands beside it."""
    if _quantizes(task):
        for number in range(2):
            yield from pairs(f"infinities-{number}", partial(_special, task))


def _special(task: Task, draw: Draw) -> list[Problem]:
    problem = _problem(task, draw, (5, 129))
    x = problem.operands[0].copy()
    for row, value in enumerate((np.inf, -np.inf, np.nan, np.inf, -np.inf)):
        x[row, [0, 64, 128]] = value
    return [pose(task, [x, *problem.operands[1:]])]


def _subnormals(task: Task) -> Iterator[Question]:
    """Subnormal operands are near zero and become the zero point, but for subnormal scales; products stay subnormal."""
    declared = _declared(task)
    if not declared.flush_inputs and not declared.flush_outputs:
        for number in range(2):
            yield from pairs(f"subnormal-{number}", partial(_subnormal, task))


def _subnormal(task: Task, draw: Draw) -> list[Problem]:
    """Products and quotients with the smallest normal number, or numbers near it, as scale."""
    form = FORMATS[_scale_dtype(task)]
    scale = np.full((), form.smallest_normal / 8).astype(numpy_dtype(_scale_dtype(task)))
    zero = any_bits(draw, task.types.inputs[2], ())
    if not _quantizes(task):
        return [pose(task, [any_bits(draw, task.types.inputs[0], (130,)), scale, zero], exact=True)]
    few = draw.integers(-90, 90, 130) * (form.smallest_normal / 8)
    x = few.astype(numpy_dtype(task.types.inputs[0]))
    x[::5] = subnormal_numbers(draw, task.types.inputs[0], (26,))
    return [pose(task, [x, scale, zero])]


def _metamorphic(task: Task) -> Iterator[Question]:
    """Operand and scale times a power of two, places in another order, a scale for each place that is the same."""
    for number in range(2):
        yield from pairs(f"related-{number}", partial(_related, task))


def _related(task: Task, draw: Draw) -> list[Problem]:
    first = _problem(task, draw, (6, 33))
    x, scale, zero = first.operands
    order = draw.permutation(33)
    lines = [np.full((6,), part).astype(part.dtype) for part in (scale, zero)]
    return [
        first,
        pose(task, [x[:, order], scale, zero], exact=True),
        pose(task, [x, *lines], {"axis": 0}, exact=True),
        pose(task, [x, *(part.reshape((1,)) for part in (scale, zero))], exact=True),
    ]


def _known(task: Task) -> Iterator[Question]:
    """The values of the standard's own examples, with any zero point added to their results."""
    for which in ("example",):
        yield from pairs(which, partial(_example, task))


def _example(task: Task, draw: Draw) -> list[Problem]:
    """Steps of two and of a half: 3 of 2 is a tie, 1000 of 2 is beyond the range (QuantizeLinear's first example)."""
    scale = np.array(2.0, numpy_dtype(_scale_dtype(task)))
    low, high = integer_range(task.types.inputs[2])
    zero = int(draw.integers(max(low, 0), 100, 1)[0])
    point = np.array(zero, numpy_dtype(task.types.inputs[2]))
    if _quantizes(task):
        x = np.array([0, -254, -1000, 1000, 2, 3], numpy_dtype(task.types.inputs[0]))
        steps = [0, -127, -500, 500, 1, 2]
        answer = np.array([min(max(step + zero, low), high) for step in steps], numpy_dtype(task.types.out))
        problem = pose(task, [x, scale, point], exact=True)
    else:
        numbers = [0, 3, 100, 127]
        x = np.array(numbers, numpy_dtype(task.types.inputs[0]))
        answer = np.array([2 * (number - zero) for number in numbers], numpy_dtype(task.types.out))
        problem = pose(task, [x, scale, point], exact=True)
    return [Problem(task, problem.operands, (exactly(task.types.out, answer),), {}, True)]


def _ties(task: Task) -> Iterator[Question]:
    """Quotients half way between whole numbers, with even and with odd zero points."""
    if _quantizes(task):
        for odd in (0, 1):
            yield from pairs(f"zero-point-{'odd' if odd else 'even'}", partial(_tie, task, odd))


def _tie(task: Task, odd: int, draw: Draw) -> list[Problem]:
    scale = _powers(task, draw, ())
    x = ((draw.integers(-120, 120, 130) + 0.5) * scale.astype(np.float64)).astype(numpy_dtype(task.types.inputs[0]))
    zero = np.array(2 * int(draw.integers(1, 30, 1)[0]) + odd, numpy_dtype(task.types.inputs[2]))
    return [pose(task, [x, scale, zero], exact=True)]


def _saturation(task: Task) -> Iterator[Question]:
    """Quotients about both limits and far beyond them, with zero points at the ends of the range and in the middle."""
    if _quantizes(task):
        for place in ("least", "middle", "greatest"):
            yield from pairs(place, partial(_saturated, task, place))


def _saturated(task: Task, place: str, draw: Draw) -> list[Problem]:
    low, high = integer_range(task.types.out)
    zero = {"least": low, "middle": (low + high + 1) // 2, "greatest": high}[place]
    scale = _powers(task, draw, ())
    steps = np.concatenate(
        [draw.integers(low - zero - 3, low - zero + 3, 40), draw.integers(high - zero - 3, high - zero + 3, 40)]
    )
    x = steps * scale.astype(np.float64)
    large = FORMATS[task.types.inputs[0]].largest
    far = draw.signs(40) * np.array([large, large / 4, 4096.0, 1024.0])[draw.integers(0, 3, 40)]
    operand = np.concatenate([x, far, [np.inf, -np.inf]])[draw.permutation(122)].astype(
        numpy_dtype(task.types.inputs[0])
    )
    return [pose(task, [operand, scale, np.array(zero, numpy_dtype(task.types.inputs[2]))], exact=True)]


def _axes(task: Task) -> Iterator[Question]:
    """Scales for the whole tensor and along every axis, counted from the front and from the back."""
    yield from pairs("scalar", lambda draw: [_problem(task, draw, (3, 4, 5))])
    yield from pairs("one-element", lambda draw: [_problem(task, draw, (3, 4, 5), one=(1,))])
    for axis in (0, 1, 2, -1, -2, -3):
        yield from pairs(f"axis{axis}", lambda draw, a=axis: [_problem(task, draw, (3, 4, 5), a)])  # type: ignore[misc]
    yield from pairs("square", lambda draw: [_problem(task, draw, (5, 5, 5), 0)])


def cut_axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Axes by their places; scales and zero points lie along theirs."""
    rank = operands[0].ndim
    along_axis = str(attributes.get("axis", _AXIS) % max(rank, 1))
    beside = [[along_axis if part.size > 1 else ""] if part.ndim else [] for part in operands[1:]]
    return [[str(place) for place in range(rank)], *beside]


DEFINITION = Definition(
    size=lambda task: (7, 19),
    draw=_draw,
    solve=solve,
    sweep=lambda task, length: ((length, 3), (3, length)),
    plainly_exact=lambda task: True,
    inputs={
        "integer-exact": _exact,
        "selector": _selector,
        "dense": _dense,
        "zeros": _zeros,
        "specials": _specials,
        "subnormals": _subnormals,
        "metamorphic": _metamorphic,
        "known-answers": _known,
        "ties": _ties,
        "saturation": _saturation,
        "axes": _axes,
    },
    empty=lambda task: ((0, 3), (3, 0)),
    axes=cut_axes,
    fixed=lambda task: (1, 2),
)
