"""Adding a multiple of one vector to another: ``alpha x + y``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle import numbers
from harness.oracle.bounds.blas import of_both_parts, product_bound
from harness.oracle.definition import Definition, Inputs, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.vector_product_operands import reaches_infinity, real
from harness.oracle.formats import FORMATS, component, round_to
from harness.oracle.inputs import parts
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference import blas
from harness.oracle.task import Task

#: Lengths of vectors of full precision.
_LENGTHS = (1, 7, 129)


def draw(task: Task, source: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Whole numbers, every one of them other than zero."""
    x, y = (parts.nonzero(source, task.dtype, size, 99) for _ in range(2))
    return (x, y), {"alpha": parts.factor(source, task.dtype, 9)}


def rough(task: Task, source: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Numbers of full precision."""
    x, y = (parts.dense(source, task.dtype, size, "centred") for _ in range(2))
    return (x, y), {"alpha": parts.factor(source, task.dtype)}


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """``alpha x + y``; with alpha = 0, x is not read."""
    x, y = operands
    alpha, dtype = parts.number_of(attributes.get("alpha", 1.0)), task.types.out
    if alpha == 0:
        return (exactly(dtype, np.array(y)),)
    # A product of one term, so that alpha is an operand.
    asked = (1.0, x[:, None], np.full((1, 1), alpha), 1.0, y[:, None])
    if exact or not _finite(x, y, alpha):
        return (rounded_wanted(dtype, blas.plainly(*asked)[:, 0]),)
    sums = blas.sums(*asked)
    value = sums.value
    of_parts = np.concatenate([value.real, value.imag]) if sums.complex_ else value
    bound = product_bound(task.held_to, sums.magnitude, sums.counted, of_parts, scaled=False)
    return (within(dtype, value[:, 0], of_both_parts(bound, sums.complex_)[:, 0]),)


def _finite(*values: Any) -> bool:
    return all(bool(np.isfinite(value).all()) for value in values)


def rounded_wanted(dtype: str, value: Array) -> Wanted:
    """An exact value, rounded once to the result's dtype; the sign of a zero is left open.

    A sum of zeros of both signs, or a negated difference of equal numbers, has a sign that depends on the order.
    """
    part = component(dtype)
    if part == dtype:
        found, zero = round_to(value, dtype), value == 0
    else:
        found = parts.joined(dtype, round_to(value.real, part), round_to(value.imag, part))
        zero = (value.real == 0) | (value.imag == 0)
    if not np.any(zero):
        return exactly(dtype, found)
    wide = np.complex128 if part != dtype else np.float64
    return within(dtype, found.astype(wide), np.zeros(found.shape))


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Both vectors can be cut at once."""
    return [["n"]] * len(operands)


def _whole(task: Task) -> Iterator[Question]:
    for length in (1, 37, 129):
        yield from pairs(f"whole-{length}", partial(_drawn, task, length))


def _drawn(task: Task, length: int, source: Draw) -> list[Problem]:
    operands, attributes = draw(task, source, (length,))
    return [pose(task, operands, attributes, exact=True)]


def _selector(task: Task) -> Iterator[Question]:
    """A full significand times a power of two onto zero, and onto what it is taken away from."""
    for kind in ("onto-zero", "alone"):
        yield from pairs(kind, partial(_selected, task, kind))


def _selected(task: Task, kind: str, source: Draw) -> list[Problem]:
    form = FORMATS[component(task.dtype)]
    reach = (form.emin + 8, form.emax - 8)
    full, zeros = parts.full(source, task.dtype, (41,), reach), np.zeros(41, numpy_dtype(task.dtype))
    operands = (full, zeros) if kind == "onto-zero" else (zeros, full)
    power = float(2.0 ** source.integers(-4, 4, ()))
    return [pose(task, operands, {"alpha": real(task, -power)}, exact=True)]


def _dense(task: Task) -> Iterator[Question]:
    for length in _LENGTHS:
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{length}", partial(_full, task, length, kind))


def _full(task: Task, length: int, kind: str, source: Draw) -> list[Problem]:
    operands = [parts.dense(source, task.dtype, (length,), kind) for _ in range(2)]
    return [pose(task, operands, {"alpha": parts.factor(source, task.dtype)})]


def _cancellation(task: Task) -> Iterator[Question]:
    yield from pairs("near-minus-y", partial(_cancelling, task))


def _cancelling(task: Task, source: Draw) -> list[Problem]:
    """Operands of which y takes away alpha x but for a thousandth."""
    x, alpha = parts.dense(source, task.dtype, (65,), "one-to-two"), parts.factor(source, task.dtype)
    product = blas.plainly(1.0, x[:, None], np.full((1, 1), parts.number_of(alpha)), 0.0, x[:, None])[:, 0]
    rest = parts.dense(source, task.dtype, (65,), "one-to-two") * x.real.dtype.type(2.0**-10)
    return [pose(task, (x, (rest - product).astype(x.dtype)), {"alpha": alpha})]


def _zeros(task: Task) -> Iterator[Question]:
    yield from pairs("some", partial(_with_zeros, task))


def _with_zeros(task: Task, source: Draw) -> list[Problem]:
    (x, y), attributes = draw(task, source, (67,))
    return [pose(task, (x * (np.arange(67) % 2 == 0), y * (np.arange(67) % 3 != 0)), attributes, exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    names = ("nan",) if parts.is_complex(task.dtype) else ("nan", "inf", "-inf")
    for name in names:
        for operand in range(2):
            yield from pairs(f"{name}-in-{'xy'[operand]}", partial(_special, task, float(name), operand))


def _special(task: Task, value: float, operand: int, source: Draw) -> list[Problem]:
    operands, attributes = draw(task, source, (35,))
    said = parts.not_a_number(task.dtype) if np.isnan(value) else value
    for index in (0, 17, 34):
        operands[operand][index] = said
    return [pose(task, operands, attributes, exact=True)]


def _overflow(task: Task) -> Iterator[Question]:
    yield from pairs("near-largest", partial(_overflowing, task))


def _overflowing(task: Task, source: Draw) -> list[Problem]:
    """Sums that just stay below the largest number, and, where that is infinite, half as many that pass it."""
    form = FORMATS[component(task.dtype)]
    large = (source.signs(33) * np.ldexp(1.0, form.emax)).astype(numpy_dtype(task.dtype))
    past = (np.arange(33) % 3 == 0) & reaches_infinity(task)
    share = np.where(past, 1.0, 0.5).astype(large.dtype)
    return [pose(task, (large, large * share), {"alpha": real(task, 1.0)}, exact=True)]


def _subnormals(task: Task) -> Iterator[Question]:
    if not task.flushes:
        yield from pairs("in-and-out", partial(_tiny, task))


def _tiny(task: Task, source: Draw) -> list[Problem]:
    part = component(task.dtype)
    x, y = (numbers.subnormals(source, part, (33,)).astype(numpy_dtype(task.dtype)) for _ in range(2))
    return [pose(task, (x, y), {"alpha": real(task, -1.0)}, exact=True)]


def _metamorphic(task: Task) -> Iterator[Question]:
    yield from pairs("linear-in-x", partial(_linear, task))


def _linear(task: Task, source: Draw) -> list[Problem]:
    """Vectors, their sum and a multiple: the results add up likewise, as every one is exact."""
    (x, y), attributes = draw(task, source, (33,))
    (other, _), _ = draw(task, source, (33,))
    order = source.permutation(33)
    return [
        pose(task, operands, attributes, exact=True)
        for operands in ((x, y), (x + other, y), (x[order], y[order]), (4 * x, 4 * y))
    ]


def _alpha_zero(task: Task) -> Iterator[Question]:
    yield from pairs("x-is-nan", partial(_unread, task))


def _unread(task: Task, source: Draw) -> list[Problem]:
    y = parts.full(source, task.dtype, (35,), (-20, 20))
    x = np.full(35, parts.not_a_number(task.dtype), y.dtype)
    return [pose(task, (x, y), {"alpha": real(task, 0.0)})]


INPUTS: Inputs = {
    "integer-exact": _whole,
    "selector": _selector,
    "dense": _dense,
    "cancellation": _cancellation,
    "zeros": _zeros,
    "specials": _specials,
    "overflow": _overflow,
    "subnormals": _subnormals,
    "metamorphic": _metamorphic,
    "alpha-zero": _alpha_zero,
}

DEFINITION = Definition(
    size=lambda task: (37,),
    draw=draw,
    solve=solve,
    sweep=lambda task, length: [(length,)],
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=rough,
    empty=lambda task: [(0,)],
    layouts=lambda task: ("strided", "offset", "broadcast"),
    axes=axes,
)
