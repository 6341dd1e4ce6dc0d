"""Layer and root mean square normalisation: how they are asked, what must come of them, and their input classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.flushing import held_to_for
from harness.oracle.bounds.normalization import alike_bound, layer_normalization_bound, rms_normalization_bound
from harness.oracle.definition import Definition, Question, Size, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, round_to
from harness.oracle.numbers import full_mantissa, subnormals
from harness.oracle.problem import Array, Problem, Wanted, within
from harness.oracle.reference.normalization import layer_normalized, mean_square, moments_of, rms_normalized
from harness.oracle.reference.precision import as_rounded
from harness.oracle.task import Task

_EPSILON = 1e-5
#: ONNX's attributes are float32, which does not hold 1e-5: in float64 an implementation that reads them as such differs
#: from one that does not. There epsilon is given, as a number both hold, and where it is left out both are right.
_HELD, _UNHELD = 2.0**-17, abs(_EPSILON - float(np.float32(_EPSILON)))
_DEPTHS = (1, 2, 4, 33, 128, 257, 1030)


def _solve(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool = False
) -> tuple[Wanted, ...]:
    """``exact`` is said of rows whose elements are all alike, n a power of two: what is left is the bias."""
    values, shape = operands[0], operands[0].shape
    axis, epsilon = attributes.get("axis", -1) % max(values.ndim, 1), attributes.get("epsilon", _EPSILON)
    if not values.size:
        return (within(task.types.out, np.zeros(shape), np.zeros(shape)),)
    rows = values.reshape(math.prod(shape[:axis]), math.prod(shape[axis:]))
    scale, bias = (_spread(operands, place, shape[axis:]) for place in (1, 2))
    to = held_to_for(task.held_to, operands, flushes=task.flushes)
    with np.errstate(all="ignore"):
        if task.name == "LayerNormalization":
            normalised, moments = layer_normalized(rows, epsilon), moments_of(rows)
            squares = moments.variance
            bound = layer_normalization_bound(to, moments, normalised, scale, bias, epsilon)
        else:
            normalised, squares = rms_normalized(rows, epsilon), mean_square(rows)
            bound = rms_normalization_bound(to, squares, rows.shape[-1], normalised, scale, epsilon)
        expected = normalised * scale + bias
        if task.dtype == "float64" and "epsilon" not in attributes:
            bound = bound + np.abs(normalised * scale) * _UNHELD / (squares + epsilon)
    if exact:
        bound = alike_bound(to, rows.astype(np.float64), scale, bias, epsilon)
    expected = as_rounded(expected, round_to(expected, task.types.out).astype(np.float64))
    return (within(task.types.out, expected.reshape(shape), bound.reshape(shape)),)


def _spread(operands: Sequence[Array], place: int, shape: Size) -> Array:
    """A row of scales or of biases; of biases that are left out, zeros."""
    if place >= len(operands):
        return np.zeros(math.prod(shape))
    return np.broadcast_to(operands[place].astype(np.float64), shape).reshape(-1)


def _size(task: Task) -> Size:
    return (7, 33)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return _operands(task, draw, full_mantissa(draw, task.dtype, size, (-2, 1))), _given(task, axis=-1)


def _given(task: Task, **attributes: Any) -> Mapping[str, Any]:
    """The attributes of a launch whose results do not depend on how the default of epsilon is held."""
    return {"epsilon": _HELD, **attributes} if task.dtype == "float64" else attributes


def _operands(task: Task, draw: Draw, values: Array, axis: int = -1) -> list[Array]:
    """The operands with a scale and, where there is one, a bias, both of full precision."""
    shape = values.shape[axis:] if values.ndim else ()
    count = 2 if task.name == "LayerNormalization" else 1
    return [values, *(full_mantissa(draw, task.dtype, shape, (-1, 0)) for _ in range(count))]


def _posed(task: Task, draw: Draw, values: Array, **attributes: Any) -> list[Problem]:
    return [pose(task, _operands(task, draw, values), _given(task, **attributes))]


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return ((length, 5), (3, length))


def _empty(task: Task) -> Sequence[Size]:
    return ((0, 33),)


def _dense(task: Task) -> Iterator[Question]:
    """Operands of full precision, around zero and from one to two, in rows of 1 to 1030."""
    for depth in _DEPTHS:
        for name, exponents in (("centred", (-4, 1)), ("one-to-two", (0, 0))):
            yield from pairs(f"{name}-{depth}", partial(_of_depth, task, depth, exponents))


def _of_depth(task: Task, depth: int, exponents: tuple[int, int], draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (5, depth), exponents)
    return _posed(task, draw, np.abs(values) if exponents == (0, 0) else values)


def _sparse(task: Task) -> Iterator[Question]:
    """Three elements of a row that are not zero: what is lost among many zeros shows."""
    for depth in (9, 130, 1030):
        yield from pairs(f"three-of-{depth}", partial(_three, task, depth))


def _three(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = np.zeros((7, depth), numpy_dtype(task.dtype))
    for row in values:
        row[draw.permutation(depth)[:3]] = full_mantissa(draw, task.dtype, (3,), (0, 3))
    return _posed(task, draw, values)


def _cancellation(task: Task) -> Iterator[Question]:
    """Rows whose mean is large against the differences from it, which a mean of squares less a square loses."""
    for depth in (8, 33):
        for bits in (3, 5):
            yield from pairs(f"{bits}-bits-of-{depth}", partial(_large_mean, task, depth, bits))


def _large_mean(task: Task, depth: int, bits: int, draw: Draw) -> list[Problem]:
    """Differences of a few bits, mean of all the bits there are, at most 2^12 times as large."""
    steps = min(FORMATS[task.dtype].p - bits, 12) if task.dtype != "float64" else 40
    values = (1 << (steps + bits - 1)) + draw.integers(-(1 << (bits - 1)), 1 << (bits - 1), (7, depth))
    return _posed(task, draw, round_to(np.ldexp(values.astype(np.float64), -3), task.dtype))


def _specials(task: Task) -> Iterator[Question]:
    """NaN or infinity at the first, middle and last place of a row makes the row NaN where IEEE 754 says so."""
    for depth in (9, 130):
        yield from pairs(f"rows-of-{depth}", partial(_with_specials, task, depth))
        yield from pairs(f"scales-of-{depth}", partial(_with_special_scales, task, depth))


def _with_specials(task: Task, depth: int, draw: Draw) -> list[Problem]:
    places = (0, 1, depth // 2, depth - 2, depth - 1)
    values = full_mantissa(draw, task.dtype, (3 * len(places) + 1, depth), (-2, 1))
    for number, place in enumerate(places):
        values[3 * number, place] = np.nan
        values[3 * number + 1, place] = (np.inf, -np.inf)[number % 2]
    return _posed(task, draw, values)


def _with_special_scales(task: Task, depth: int, draw: Draw) -> list[Problem]:
    """NaN in scale or bias makes its column NaN, infinity in the bias makes it infinite."""
    operands = _operands(task, draw, full_mantissa(draw, task.dtype, (3, depth), (-2, 1)))
    operands[1][[0, depth // 2, depth - 1]] = np.nan
    if len(operands) > 2:
        operands[2][[1, depth - 2]] = np.nan, np.inf
    return [pose(task, operands, _given(task))]


def _overflow(task: Task) -> Iterator[Question]:
    """Elements whose squares a narrower format could not hold."""
    yield from pairs("large", partial(_large, task))


def _large(task: Task, draw: Draw) -> list[Problem]:
    high = 15 if task.dtype == "float16" else 59
    return _posed(task, draw, full_mantissa(draw, task.dtype, (7, 33), (high - 4, high)))


def _subnormals(task: Task) -> Iterator[Question]:
    """Subnormal elements, small beside epsilon, and scales that make results subnormal."""
    yield from pairs("elements", partial(_small_elements, task))
    yield from pairs("results", partial(_small_results, task))


def _small_elements(task: Task, draw: Draw) -> list[Problem]:
    ordinary = full_mantissa(draw, task.dtype, (7, 33), (-2, 1))
    return [*_posed(task, draw, subnormals(draw, task.dtype, (7, 33))), *_posed(task, draw, ordinary)]


def _small_results(task: Task, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (7, 33), (-2, 1))
    rest = [subnormals(draw, task.dtype, (33,)) for _ in range(task.operation.arity - 1)]
    return [pose(task, [values, *rest], _given(task))]


def _metamorphic(task: Task) -> Iterator[Question]:
    """Operands that are permuted, or scaled by a power of two where epsilon is zero, give what they gave before."""
    for name, make in (("permuted", _permuted), ("scaled", _power_scaled)):
        yield from pairs(name, partial(make, task))


def _permuted(task: Task, draw: Draw) -> list[Problem]:
    values, order = full_mantissa(draw, task.dtype, (5, 33), (-2, 1)), draw.permutation(33)
    first = pose(task, _operands(task, draw, values), _given(task))
    wanted = first.wanted[0]
    assert wanted.bound is not None
    moved = within(wanted.dtype, wanted.expected[:, order], wanted.bound[:, order])
    return [first, replace(first, operands=tuple(operand[..., order] for operand in first.operands), wanted=(moved,))]


def _power_scaled(task: Task, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (5, 33), (-2, 1))
    first = pose(task, _operands(task, draw, values), {"epsilon": 0.0})
    factors = [values.dtype.type(2.0**power) for power in (5, -3)]
    return [first, *(replace(first, operands=(values * factor, *first.operands[1:])) for factor in factors)]


def _known_answers(task: Task) -> Iterator[Question]:
    """Rows of one value: their differences are zero, which leaves the bias; over their root mean square they are 1."""
    if task.name == "LayerNormalization":
        yield from pairs("constant-is-bias", partial(_bias_alone, task))
        yield from pairs("two-values", partial(_two_values, task))
    else:
        yield from pairs("constant-is-scale", partial(_scale_alone, task))
        yield from pairs("zeros", partial(_zeros, task))


def _bias_alone(task: Task, draw: Draw) -> list[Problem]:
    found = []
    for count in (1, 2, 8, 64):
        values = np.repeat(_few_bits(draw, task, (6, 1)), count, axis=1)
        found.append(pose(task, _operands(task, draw, values), exact=True))
    return found


def _few_bits(draw: Draw, task: Task, shape: Size) -> Array:
    """Numbers of four bits: sums of 64 of them are exact in every format that sums may be kept in."""
    return np.asarray(draw.integers(-15, 15, shape) * 0.25).astype(numpy_dtype(task.dtype))


def _two_values(task: Task, draw: Draw) -> list[Problem]:
    """As many elements at m - d as at m + d: they are -1 and 1 where epsilon is zero."""
    sides = np.ones((6, 16))
    for row in sides:
        row[draw.permutation(16)[:8]] = -1.0
    distance = draw.integers(1, 7, (6, 1)) * 0.5
    mean = draw.integers(-8, 8, (6, 1)) * 0.5
    problem = pose(
        task, _operands(task, draw, (mean + distance * sides).astype(numpy_dtype(task.dtype))), {"epsilon": 0.0}
    )
    scale, bias = (operand.astype(np.float64) for operand in problem.operands[1:])
    return [_with_expected(problem, sides * scale + bias)]


def _scale_alone(task: Task, draw: Draw) -> list[Problem]:
    values = np.repeat(full_mantissa(draw, task.dtype, (6, 1), (-4, 4)), 24, axis=1)
    problem = pose(task, _operands(task, draw, values), {"epsilon": 0.0})
    return [_with_expected(problem, np.sign(values.astype(np.float64)) * problem.operands[1].astype(np.float64))]


def _zeros(task: Task, draw: Draw) -> list[Problem]:
    values = np.zeros((9, 33), numpy_dtype(task.dtype))
    values[::2] = full_mantissa(draw, task.dtype, (5, 33), (-2, 1))
    return _posed(task, draw, values)


def _with_expected(problem: Problem, expected: Array) -> Problem:
    wanted = problem.wanted[0]
    assert wanted.bound is not None
    return replace(problem, wanted=(within(wanted.dtype, expected, wanted.bound),))


def _epsilons(task: Task) -> Iterator[Question]:
    """Epsilon given and left out, of the size of the variance, above and below."""
    for epsilon in (None, 0.0, 2.0**-20, float(np.float32(0.1)), 3.0):
        yield from pairs("left-out" if epsilon is None else f"{epsilon:.3g}", partial(_with_epsilon, task, epsilon))


def _with_epsilon(task: Task, epsilon: float | None, draw: Draw) -> list[Problem]:
    about = int(np.frexp(_EPSILON if epsilon is None else epsilon or 1.0)[1]) // 2
    values = full_mantissa(draw, task.dtype, (7, 20), (about - 2, about))
    attributes = {} if epsilon is None else {"epsilon": epsilon}
    return [pose(task, _operands(task, draw, values), attributes)]


def _axes(task: Task) -> Iterator[Question]:
    """Every axis of three and of one, counted from both ends, and left out."""
    for shape in ((3, 4, 5), (9,), (2, 3, 2, 5)):
        for axis in (None, *range(-len(shape), len(shape))):
            name = f"{'x'.join(map(str, shape))}-axis-{'none' if axis is None else axis}"
            yield from pairs(name, partial(_from_axis, task, shape, axis))


def _from_axis(task: Task, shape: Size, axis: int | None, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, shape, (-2, 1))
    first = -1 if axis is None else axis
    return [pose(task, _operands(task, draw, values, first), _given(task, **({} if axis is None else {"axis": axis})))]


def _without_bias(task: Task) -> Iterator[Question]:
    """X and scale alone, after a launch with a bias."""
    yield from pairs("left-out", partial(_bias_left_out, task))


def _bias_left_out(task: Task, draw: Draw) -> list[Problem]:
    both, alone = (_operands(task, draw, full_mantissa(draw, task.dtype, (7, 33), (-2, 1))) for _ in range(2))
    return [pose(task, both, _given(task)), pose(task, alone[:2], _given(task))]


def _long(task: Task) -> Iterator[Question]:
    """Rows of 65,536 and a few more, with elements that count at both ends and in the middle."""
    for depth in (65536, 65539):
        yield from pairs(str(depth), partial(_long_row, task, depth))


def _long_row(task: Task, depth: int, draw: Draw) -> list[Problem]:
    values = full_mantissa(draw, task.dtype, (1, depth), (-2, -1))
    values[0, [0, depth // 2, depth - 1]] *= values.dtype.type(64)
    return _posed(task, draw, values)


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
        "specials": _specials,
        "overflow": _overflow,
        "subnormals": _subnormals,
        "metamorphic": _metamorphic,
        "known-answers": _known_answers,
        "epsilons": _epsilons,
        "axes": _axes,
        "without-bias": _without_bias,
        "long": _long,
    },
    axes=aligned_axes,
    divisible=False,
)
