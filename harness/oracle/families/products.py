"""Products along an axis: exact on powers of two and small whole numbers, else within a relative bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.products import product_bound
from harness.oracle.definition import Definition, Inputs, Question, Size, aligned_axes, pairs, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float, round_to
from harness.oracle.inputs.rows import ALONG, LENGTH, PLACES, axes, nothing, rearranged, some_empty, sweep
from harness.oracle.numbers import full_mantissa
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.reductions import products, rows_of
from harness.oracle.task import Task

Operands = tuple[Sequence[Array], Mapping[str, Any]]

#: Factors in a row that are not one: half of them powers of two, half of them three or five.
_OTHERS = 8


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The product of each row: rounded once where every order is exact, else with its bound."""
    rows, out = rows_of(operands[0], attributes), task.types.out
    found = products(rows.terms).reshape(rows.shape)
    if not is_float(out):
        return (exactly(out, found.astype(numpy_dtype(out))),)
    rounded = round_to(found, out)
    if exact:
        return (exactly(out, rounded),)
    magnitude = np.where(np.isfinite(rows.terms), np.maximum(np.abs(rows.terms), 1.0), 1.0)
    # Multiplying by one is exact.
    factors = (np.abs(rows.terms) != 1).sum(axis=1).reshape(rows.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        largest = magnitude.prod(axis=1).reshape(rows.shape)
        bound = product_bound(task.held_to, factors, largest, found)
    overflows = np.isinf(rounded.astype(np.float64))
    expected = np.where(overflows, np.copysign(np.inf, found), found)
    return (within(out, expected, np.where(np.isfinite(expected), bound, 0.0)),)


def draw_exact(task: Task, draw: Draw, size: Size) -> Operands:
    """Ones of either sign, a few powers of two, threes and fives: exact, and no partial product leaves any type."""
    # A launch may reduce all axes of a size of three.
    length = int(np.prod(size)) if len(size) > 2 else size[-1]
    rows = draw.signs(size).astype(np.float64).reshape(-1, length) if length else np.ones((0, 1))
    places = np.argsort(draw.raw(rows.size).reshape(rows.shape), axis=1, kind="stable")[:, :_OTHERS]
    powers = np.array([0.5, 2.0] if task.floating else [2.0, 2.0])[draw.integers(0, 1, places.shape)]
    odd = 3 + 2 * draw.integers(0, 1, places.shape)
    others = np.where(np.arange(places.shape[1]) % 2 == 0, powers, odd)
    np.put_along_axis(rows, places, np.take_along_axis(rows, places, axis=1) * others, axis=1)
    return (rows.reshape(size).astype(numpy_dtype(task.dtype)),), ALONG


def draw_rough(task: Task, draw: Draw, size: Size) -> Operands:
    """Factors of full precision from 7/8 to 9/8, of either sign."""
    if not task.floating:
        return draw_exact(task, draw, size)
    p = FORMATS[task.dtype].p
    values = np.ldexp(draw.integers(7 << (p - 3), 9 << (p - 3), size).astype(np.float64), -p)
    return ((draw.signs(size) * values).astype(numpy_dtype(task.dtype)),), ALONG


def _posed(task: Task, values: Array, *, exact: bool = True) -> list[Problem]:
    return [pose(task, (values.astype(numpy_dtype(task.dtype)),), ALONG, exact=exact)]


def integer_exact(task: Task) -> Iterator[Question]:
    """Powers of two and small whole numbers, whose product is exact in any order."""
    for size in ((7, 130), (2, 1030)):
        yield from pairs(f"{size[0]}x{size[1]}", lambda draw, s=size: [plain(task, draw, s)])  # type: ignore[misc]


def selector(task: Task) -> Iterator[Question]:
    """One full-mantissa factor among ones: the product is that factor with a sign."""
    for number in range(2):
        yield from pairs(f"single-factor-{number}", partial(_single_factor, task))


def _single_factor(task: Task, draw: Draw) -> list[Problem]:
    values = draw.signs((24, LENGTH)).astype(np.float64)
    if task.floating:
        form = FORMATS[task.dtype]
        chosen = full_mantissa(draw, task.dtype, (24,), (form.emin, form.emax)).astype(np.float64)
    else:
        chosen = draw.integers(2, 127, 24).astype(np.float64)
    values[np.arange(24), draw.integers(0, LENGTH - 1, 24)] = chosen
    return _posed(task, values)


def sparse(task: Task) -> Iterator[Question]:
    """Three factors of full precision among ones, in rows of any length."""
    for length in (130, 1030, 16384):
        yield from pairs(f"three-{length}", partial(_three, task, length))


def _three(task: Task, length: int, draw: Draw) -> list[Problem]:
    values = draw.signs((4, length)).astype(np.float64)
    for row in values:
        row[draw.integers(0, length - 1, 3)] = draw_rough(task, draw, (3,))[0][0].astype(np.float64)
    return _posed(task, values, exact=not task.floating)


def scaling(task: Task) -> Iterator[Question]:
    """Exact rows, each with one power of two of its own, over all exponents."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"rows-{number}", partial(_scaled, task))


def _scaled(task: Task, draw: Draw) -> list[Problem]:
    form = FORMATS[task.dtype]
    values = plain(task, draw, (24, 100)).operands[0].astype(np.float64)
    values[np.arange(24), draw.integers(0, 99, 24)] = np.ldexp(
        1.0, draw.integers(form.emin // 2, form.emax // 2 - 7, 24)
    )
    return _posed(task, values)


def dense(task: Task) -> Iterator[Question]:
    """Factors of full precision around one, at depths from 1 to 1030."""
    if task.floating:
        for depth in (1, 2, 4, 33, 128, 257, 1030):
            yield from pairs(f"centred-{depth}", partial(_dense, task, depth))


def _dense(task: Task, depth: int, draw: Draw) -> list[Problem]:
    return _posed(task, draw_rough(task, draw, (7, depth))[0][0], exact=False)


def zeros(task: Task) -> Iterator[Question]:
    """A zero at a random place in about half of the rows: the product is a zero of the sign of all factors."""
    for number in range(2):
        yield from pairs(f"zeros-{number}", partial(_with_zeros, task))


def _with_zeros(task: Task, draw: Draw) -> list[Problem]:
    values = plain(task, draw, (16, LENGTH)).operands[0].copy()
    for row in draw.permutation(16)[:8]:
        values[row, int(draw.integers(0, LENGTH - 1, 1)[0])] = 0
    return _posed(task, values)


def specials(task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, in some rows beside a zero."""
    if task.floating:
        yield from pairs("operand-0", partial(_special, task, (np.nan, np.inf, -np.inf)))
        for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
            yield Question(name, partial(_special, task, (value,)))


def _special(task: Task, options: tuple[float, ...], draw: Draw) -> list[Problem]:
    values = plain(task, draw, (16, LENGTH)).operands[0].copy()
    for number, row in enumerate(draw.permutation(16)[:14]):
        values[row, PLACES[number % len(PLACES)]] = draw.choice(list(options))
        if number % 4 == 0:
            values[row, 100] = 0
    return _posed(task, values)


def overflow(task: Task) -> Iterator[Question]:
    """The largest number among ones, by itself or times two; of integers, products that leave the operands' type.

    Products of 8-bit integers stay within 32 bits: accumulators of those are often declared so wide.
    """
    for number in range(2):
        yield from pairs(f"largest-{number}", partial(_large, task))


def _large(task: Task, draw: Draw) -> list[Problem]:
    values = draw.signs((12, LENGTH)).astype(np.float64)
    for number, row in enumerate(values):
        places = draw.permutation(LENGTH)
        if not task.floating:
            row[places[: 4 if task.dtype == "int8" else 10]] *= 64
            row[places[10]] = 3 + number % 5
            continue
        row[places[0]] *= FORMATS[task.dtype].largest
        row[places[1]] *= 1 + number % 2
        if FORMATS[task.types.working].emax > FORMATS[task.types.out].emax:
            row[places[2:4]] *= (2.0, 0.5)
    return _posed(task, values)


def metamorphic(task: Task) -> Iterator[Question]:
    """Exact rows in another order, and filled up with ones."""
    yield from rearranged(task, lambda rows: np.ones_like(rows[:, :1]), filled_as_before=True)


def known_answers(task: Task) -> Iterator[Question]:
    """Rows of twos of either sign, n of them, and factorials."""
    for length in (1, 5, 14):
        yield from pairs(f"twos-{length}", partial(_twos, task, length))
    yield from pairs("factorial", partial(_factorial, task))


def _twos(task: Task, length: int, draw: Draw) -> list[Problem]:
    return _posed(task, 2 * draw.signs((33, length)))


def _factorial(task: Task, draw: Draw) -> list[Problem]:
    """Eight factorial, 40320, of which 315 is odd: its partial products are exact in float32 and wider."""
    order = np.argsort(draw.raw(9 * 8).reshape(9, 8), axis=1)
    return _posed(task, np.arange(1, 9)[order] * draw.signs((9, 8)))


INPUTS: Inputs = {
    "integer-exact": integer_exact,
    "selector": selector,
    "sparse": sparse,
    "scaling": scaling,
    "dense": dense,
    "zeros": zeros,
    "specials": specials,
    "overflow": overflow,
    "axes": axes,
    "empty": nothing,
    "metamorphic": metamorphic,
    "known-answers": known_answers,
}

DEFINITION = Definition(
    size=lambda task: (7, 33),
    draw=draw_exact,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=draw_rough,
    empty=some_empty,
    axes=aligned_axes,
)
