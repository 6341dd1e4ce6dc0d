"""Products of 8-bit floating-point operands, times the scales of their rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.oracle.bounds.matrix_products import matrix_product_bound, of_short_operands
from harness.oracle.definition import Definition, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.inner_product import finite_or_not, rounded_once
from harness.oracle.inputs.matrix_products import classes
from harness.oracle.inputs.product_sides import Beside, Operands, Spelling, names_of, swapped
from harness.oracle.problem import Array, Problem, Wanted, within
from harness.oracle.reference.flushing import flush
from harness.oracle.reference.matrix_products import Known, Product, evaluate
from harness.oracle.task import Task

Shape = tuple[int, ...]

#: How an error grows by the scales: each is multiplied with, or both with one another first.
_FACTORS = 2


def spell(task: Task, draw: Draw, left: Array, right: Array, beside: Beside) -> Operands:
    """Operands of a launch on two sides: scales are one, powers of two for all, or of full precision line by line."""
    scales: tuple[Array, Array] = (np.ones((), np.float32), np.ones((), np.float32))
    if beside == "whole":
        scales = _powers(draw, ()), _powers(draw, ())
    elif beside == "dense":
        scales = _fractions(draw, (left.shape[-2], 1)), _fractions(draw, (1, right.shape[-2]))
    return [left, swapped(right), *scales], {}


def _powers(draw: Draw, shape: Shape) -> Array:
    """Powers of two other than one, of the wide range that scales have."""
    return np.asarray(np.ldexp(1.0, draw.integers(1, 12, shape) * draw.signs(shape))).astype(np.float32)


def _fractions(draw: Draw, shape: Shape) -> Array:
    return np.asarray(np.ldexp(draw.integers(1 << 23, (1 << 24) - 1, shape).astype(np.float64), -24)).astype(np.float32)


SPELLING = Spelling(spell)


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Each element as it must be: every bit where operands and scales make it exact, else within its bound."""
    flushed = bool(task.declared.flush_inputs)
    with np.errstate(all="ignore"):
        a, b, scale_a, scale_b = ((flush(part) if flushed else part).astype(np.float64) for part in operands)
        known, scale = evaluate(Product(a, b), exactly=False), scale_a * scale_b
        # A zero times a scale that is not positive has the other sign, or is NaN.
        open_sign = known.open_sign | ((known.value == 0) & ~(scale > 0))
        scaled = Known(known.value * scale, known.magnitude * np.abs(scale), known.terms, open_sign)
    if exact:
        return (rounded_once(task, scaled, known.value.shape),)
    to_nearest = (task.declared.rounding or "").startswith("nearest")
    to, dtype = of_short_operands(task.held_to, to_nearest=to_nearest), task.types.out
    bound = matrix_product_bound(to, scaled.magnitude, scaled.terms, scaled.value, _FACTORS)
    # What underflow takes before scaling is scaled, too.
    underflow = 2 * scaled.terms * to.eta * np.maximum(np.maximum(np.abs(scale_a), np.abs(scale_b)), np.abs(scale))
    return (within(dtype, finite_or_not(scaled.value, dtype), bound + underflow),)


def _scales(task: Task) -> Iterator[Question]:
    """One scale for all, and one for each row and column, each of them another power of two."""
    ways: tuple[tuple[str, tuple[Shape, Shape]], ...] = (
        ("one-for-all", ((), ())),
        ("rows-and-columns", ((9, 1), (1, 7))),
    )
    for name, shapes in ways:
        yield from pairs(name, partial(_with_scales, task, shapes))


def _with_scales(task: Task, shapes: tuple[Shape, Shape], draw: Draw) -> list[Problem]:
    left, right = SPELLING.wholes(task, draw, (9, 33, 7))
    return [pose(task, [left, swapped(right), *(_powers(draw, shape) for shape in shapes)], exact=True)]


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return spell(task, draw, *SPELLING.wholes(task, draw, size), "whole")


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return spell(task, draw, *SPELLING.dense(task, draw, size), "dense")


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return (length, 3, 5), (5, length, 3), (5, 3, length)


DEFINITION = Definition(
    size=lambda task: (7, 33, 5),
    draw=_draw,
    solve=solve,
    sweep=_sweep,
    plainly_exact=lambda task: True,
    inputs={**classes(SPELLING, "subnormals", "overflow", "empty-depth"), "scales": _scales},
    rough=_rough,
    empty=lambda task: ((0, 3, 5), (4, 3, 0)),
    axes=lambda task, operands, attributes: names_of([operand.shape for operand in operands]),
)
