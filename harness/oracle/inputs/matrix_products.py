"""Input classes of all products of matrices, on the two sides of ``product_sides``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Inputs, Question, pairs
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.inputs.product_answers import known_answers, metamorphic
from harness.oracle.inputs.product_sides import Spelling
from harness.oracle.inputs.product_values import fractions, full, times_powers
from harness.oracle.numbers import subnormals
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

#: First, middle and last places of a row of 130, and those where vectors of 64 and 128 begin and end.
_PLACES = (0, 1, 63, 64, 127, 128, 129)
_DEPTHS = (1, 2, 4, 33, 128, 257, 1030)


def _exact(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Whole numbers whose sums stay exact: any order of evaluation gives the same bits."""
    for size in ((33, 64, 17), (4, 129, 8), (1, 260, 1)):
        yield from pairs("x".join(map(str, size)), lambda draw, s=size: [spelling.plain(task, draw, s)])  # type: ignore[misc]


def _selector(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Full mantissas times one signed power of two in each row of the other side."""
    for side in (0, 1):
        yield from pairs(f"selected-by-{'ba'[side]}", partial(_selected, spelling, task, side))


def _selected(spelling: Spelling, task: Task, side: int, draw: Draw) -> list[Problem]:
    shapes = spelling.shapes(task, 9, 37, 11)
    shape, dtype = shapes[side], task.types.inputs[side]
    rows = int(np.prod(shape[:-1]))
    powers = np.ldexp(1.0, draw.integers(-3, 3, rows)) if is_float(dtype) else np.ones(rows)
    signs = np.ones(rows) if dtype == "uint8" else draw.signs(rows)
    selector = np.zeros((rows, shape[-1]))
    selector[np.arange(rows), draw.integers(0, shape[-1] - 1, rows)] = signs * powers
    sides = [full(draw, dtype, found) for dtype, found in zip(task.types.inputs[:2], shapes, strict=True)]
    sides[side] = selector.reshape(shape).astype(numpy_dtype(dtype))
    return [spelling.pose(task, draw, *sides, exact=True)]


def _sparse(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Three terms a row at any depth, where little may be lost; and terms that only ever meet zeros."""
    for depth in (3, 64, 1030, 65536):
        yield from pairs(f"three-of-{depth}", partial(_three, spelling, task, depth))
    for number in range(2):
        yield from pairs(f"complementary-{number}", partial(_complementary, spelling, task))


def _three(spelling: Spelling, task: Task, depth: int, draw: Draw) -> list[Problem]:
    left, right = spelling.shapes(task, 3, depth, 2, 2)
    small = _middling(task)
    values = full(draw, task.types.inputs[0], left, small)
    kept = np.zeros((int(np.prod(left[:-1])), depth), dtype=bool)
    for number, row in enumerate(kept):
        row[draw.integers(0, depth - 1, 3)] = True
        row[number % depth] |= depth <= 3
    values = np.where(kept.reshape(left), values, 0).astype(values.dtype)
    return [spelling.pose(task, draw, values, full(draw, task.types.inputs[1], right, small), exact=False)]


def _complementary(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    """Large numbers on the left where the right has zeros, small ones where it has numbers, in half of the rows."""
    shapes = spelling.shapes(task, 8, 64, 6)
    left, right = (
        full(draw, dtype, shape, _middling(task)) for dtype, shape in zip(task.types.inputs[:2], shapes, strict=True)
    )
    even = np.arange(64) % 2 == 0
    left = np.where(even | (np.arange(left.shape[-2]) % 2 == 1)[:, None], left, 0).astype(left.dtype)
    right = np.where(even, 0, right).astype(right.dtype)
    return [spelling.pose(task, draw, left, right, exact=False)]


def _middling(task: Task) -> tuple[int, int]:
    """Exponents whose products neither overflow nor vanish in the result."""
    dtypes = (*task.types.inputs[:2], *task.types.outs)
    narrow = any(is_float(dtype) and FORMATS[dtype].emax < 16 for dtype in dtypes)
    return (-3, 3) if narrow else (-20, 20)


def _scaling(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Rows and columns, or terms, of very different size: an error must follow its own element."""
    if not is_float(task.types.inputs[0]):
        return
    for number in range(2):
        yield from pairs(f"rows-and-columns-{number}", partial(_scaled_sides, spelling, task))
        yield from pairs(f"terms-{number}", partial(_scaled_terms, spelling, task))


def _reach(task: Task) -> int:
    """How far exponents of operands can be moved up and down without leaving the formats."""
    narrow = min(-FORMATS[dtype].emin for dtype in (*task.types.inputs[:2], *task.types.outs))
    return {14: 5, 6: 3, 1022: 300}.get(narrow, 40)


def _scaled_sides(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    # Products of two scaled rows must stay within the result's range.
    reach = _reach(task) // (2 if task.types.out == "float16" else 1)
    left, right = spelling.dense(task, draw, (9, 65, 7), "one-to-two")
    return [
        spelling.pose(
            task,
            draw,
            times_powers(left, draw.integers(-reach, reach, (*left.shape[:-1], 1))),
            times_powers(right, draw.integers(-reach, reach, (*right.shape[:-1], 1))),
            exact=False,
        )
    ]


def _scaled_terms(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    """A circulant of y times D, and 1/D times z: every product is of middling size, whatever D is."""
    reach, size = _reach(task), 64
    exponents = draw.integers(-reach, reach, size)
    shapes = spelling.shapes(task, size if not spelling.stack(task) else 17, size, 3)
    row = fractions(draw, task.types.inputs[0], (size,), "one-to-two")
    turned = (np.arange(size)[None, :] - np.arange(shapes[0][-2])[:, None]) % size
    left = np.broadcast_to(row[turned], shapes[0])
    right = fractions(draw, task.types.inputs[1], shapes[1], "one-to-two")
    problem = spelling.pose(task, draw, times_powers(left, exponents), times_powers(right, -exponents), exact=False)
    return [problem]


def _dense(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Operands of full precision, around zero and from one half to one, at depths from 1 to 1030."""
    for depth in _DEPTHS:
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{depth}", partial(_dense_of, spelling, task, depth, kind))


def _dense_of(spelling: Spelling, task: Task, depth: int, kind: str, draw: Draw) -> list[Problem]:
    left, right = spelling.dense(task, draw, (7, depth, 5), kind)
    return [spelling.pose(task, draw, left, right, exact=False, beside="dense")]


def _cancellation(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Terms that cancel in pairs, in a random order, but for one of middling size."""
    if not is_float(task.types.inputs[0]):
        return
    for half in (1, 16, 64):
        yield from pairs(f"pairs-{half}", partial(_cancelling, spelling, task, half))


def _cancelling(spelling: Spelling, task: Task, half: int, draw: Draw) -> list[Problem]:
    order = draw.permutation(2 * half + 1)
    left, right = spelling.dense(task, draw, (6, half, 5))
    last_left, last_right = spelling.dense(task, draw, (6, 1, 5), "one-to-two")
    left = np.concatenate([left, left, last_left], axis=-1)[..., order]
    right = np.concatenate([right, _negative(right), last_right], axis=-1)[..., order]
    return [spelling.pose(task, draw, left, right, exact=False)]


def _negative(values: Array) -> Array:
    return np.asarray(-values.astype(np.float64)).astype(values.dtype)


def _zeros(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Rows of zeros among others, and zeros between terms: a sum of zeros is zero, and a zero adds nothing."""
    for number in range(2):
        yield from pairs(f"zeros-{number}", partial(_with_zeros, spelling, task))


def _with_zeros(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    """Every third row of the left side is zero, and half of the others' terms are."""
    left, right = spelling.wholes(task, draw, (9, 40, 5))
    left = left.copy()
    left[draw.integers(0, 1, left.shape) == 0] = 0
    left[..., ::3, :] = 0
    # A product of zero with a negative number is -0, whose sum's sign depends on the accumulator's start.
    right = np.abs(right.astype(np.float64)).astype(right.dtype)
    return [spelling.pose(task, draw, left, right, exact=True)]


def _specials(spelling: Spelling, task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, zeros opposite to some of them."""
    if not is_float(task.types.inputs[0]):
        return
    for side in (0, 1):
        yield from pairs(f"operand-{side}", partial(_special, spelling, task, side, None))
    values = (("nan", np.nan), ("inf", np.inf), ("minus-inf", -np.inf))
    for name, value in values[: 1 if task.types.inputs[0] == "float8_e4m3fn" else 3]:
        yield from pairs(name, partial(_special, spelling, task, 0, value))


def _special(spelling: Spelling, task: Task, side: int, only: float | None, draw: Draw) -> list[Problem]:
    sides = [operand.copy() for operand in spelling.wholes(task, draw, (9, _PLACES[-1] + 1, 9))]
    # The other side has zeros in one row of two at the places of special values: infinity times zero is NaN.
    other = sides[1 - side]
    other[..., 1::2, 64:] = np.where(draw.integers(0, 7, other[..., 1::2, 64:].shape) == 0, 0, other[..., 1::2, 64:])
    target = sides[side]
    # A format without infinities has NaN alone; so has an operand of another format beside it.
    limited = task.types.inputs[side] == "float8_e4m3fn"
    for number, row in enumerate(draw.permutation(target.shape[-2])[: target.shape[-2] - 2]):
        chosen = only if only is not None else (np.nan, np.inf, -np.inf)[int(draw.integers(0, 2, 1)[0])]
        target[..., row, _PLACES[number % len(_PLACES)]] = np.nan if limited else chosen
    return [spelling.pose(task, draw, sides[0], sides[1], exact=True)]


def _subnormals(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Subnormal operands selected by ones: kept, or flushed exactly as declared."""
    if not is_float(task.types.inputs[0]):
        return
    for number in range(2):
        yield from pairs(f"subnormal-{number}", partial(_subnormal, spelling, task))


def _subnormal(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    dtype = task.types.inputs[0]
    shapes = spelling.shapes(task, 8, 24, 24)
    values = subnormals(draw, dtype, shapes[0])
    border = draw.signs(values[..., ::3].shape) * FORMATS[dtype].smallest_normal
    values[..., ::3] = border.astype(values.dtype)
    rows = int(np.prod(shapes[1][:-1]))
    selector = np.zeros((rows, 24))
    order = draw.permutation(24)
    selector[np.arange(rows), order[np.arange(rows) % 24]] = draw.signs(rows)
    right = selector.reshape(shapes[1]).astype(numpy_dtype(task.types.inputs[1]))
    return [spelling.pose(task, draw, values, right, exact=True)]


def _overflow(spelling: Spelling, task: Task) -> Iterator[Question]:
    """The largest number in each row, times 1 (itself), 2 (infinity) or their negatives."""
    if not is_float(task.types.inputs[0]):
        return
    for number in range(2):
        yield from pairs(f"largest-{number}", partial(_large, spelling, task))


def _large(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    left, right = spelling.shapes(task, 12, 33, 12)
    rows = [_largest_in_a_row(task, draw, left[-1]) for _ in range(int(np.prod(left[:-1])))]
    count = int(np.prod(right[:-1]))
    factors = draw.signs(count) * (1 + np.arange(count) % 2)
    sides = (np.array(rows).reshape(left), np.broadcast_to(factors.reshape(*right[:-1], 1), right))
    a, b = (side.astype(numpy_dtype(dtype)) for side, dtype in zip(sides, task.types.inputs[:2], strict=True))
    return [spelling.pose(task, draw, a, b, exact=True)]


def _largest_in_a_row(task: Task, draw: Draw, length: int) -> Array:
    """A row of zeros with the largest number once.

    Where the accumulator reaches further than the operands, eight more stand there with their negatives: they cancel,
    and no partial sum in any order is too large for the accumulator.
    """
    form = FORMATS[task.types.inputs[0]]
    row, places = np.zeros(length), draw.permutation(length)
    row[places[0]] = form.largest * draw.signs(1)[0]
    if FORMATS[task.types.working].emax > form.emax:
        row[places[1:9]] = form.largest
        row[places[9:17]] = -form.largest
    return row


def _empty_depth(spelling: Spelling, task: Task) -> Iterator[Question]:
    """An inner dimension of length zero, between launches of the same shape that have one."""
    for number in range(2):
        make = lambda draw: [spelling.plain(task, draw, (6, depth, 7)) for depth in (3, 0, 2, 0)]  # noqa: E731
        yield from pairs(f"empty-{number}", make)


def _of_sizes(sizes: Sequence[Sequence[int]], spelling: Spelling, task: Task) -> Iterator[Question]:
    """Whole numbers, in matrices of sizes at the ends of the range."""
    for size in sizes:
        yield from pairs("x".join(map(str, size)), lambda draw, s=size: [spelling.plain(task, draw, s)])  # type: ignore[misc]


def _long_in_each(long: int, *also: int) -> list[tuple[int, ...]]:
    """Sizes with one long dimension, M of further lengths too; where there are stacks, of one matrix."""
    return [(long, 2, 2, 1), (2, 2, long, 1), (2, long, 1, 1), *((rows, 2, 1, 1) for rows in also)]


def _batch_invariance(spelling: Spelling, task: Task) -> Iterator[Question]:
    """The first rows alone, and among others: the same bits."""
    if not is_float(task.types.out):
        return
    alike = ((0, 1), (1, 1), (2, 1), (3, 1))
    for number in range(2):
        for which in ("a", "b"):
            yield Question(f"rows-{number}/{which}", partial(_first_rows, spelling, task), alike)


def _first_rows(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    size = (9, 257, 5, 33) if spelling.stack(task) else (33, 257, 5)
    left, right = spelling.dense(task, draw, size)
    cut_both = spelling.pairwise(task) or spelling.stack(task)
    return [
        spelling.pose(task, draw, left[:rows], right[:rows] if cut_both else right, exact=False)
        for rows in (None, 1, 2, 8)
    ]


#: Every class, in the order of a reader's interest.
_CLASSES: Mapping[str, Callable[[Spelling, Task], Iterator[Question]]] = {
    "integer-exact": _exact,
    "selector": _selector,
    "sparse": _sparse,
    "scaling": _scaling,
    "dense": _dense,
    "cancellation": _cancellation,
    "zeros": _zeros,
    "specials": _specials,
    "subnormals": _subnormals,
    "overflow": _overflow,
    "metamorphic": metamorphic,
    "known-answers": known_answers,
    "empty-depth": _empty_depth,
    "skinny": partial(_of_sizes, ((2, 4096, 3), (2, 16384, 1), (2, 65536, 1))),
    "huge": partial(_of_sizes, _long_in_each(1 << 17, 1 << 16)),
    "largest": partial(_of_sizes, _long_in_each((1 << 21) + 3, 1 << 20)),
    "batch-invariance": _batch_invariance,
}


def classes(spelling: Spelling, *without: str) -> Inputs:
    """The input classes of a family of products, but for those named."""
    return {word: partial(make, spelling) for word, make in _CLASSES.items() if word not in without}
