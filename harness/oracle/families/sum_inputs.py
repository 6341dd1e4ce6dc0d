"""The input classes of sums and means."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Inputs, Question, Size, definition_of, pairs, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range, is_float
from harness.oracle.inputs.rows import ALONG, LENGTH, axes, nothing, rearranged
from harness.oracle.numbers import any_bits, full_mantissa, subnormals, whole
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

_DEPTHS = (1, 2, 4, 33, 128, 257, 1030)
#: First, middle and last places of a row of 128, and those where vectors of 64 begin and end.
_PLACES = (0, 1, 63, 64, 127)
_KINDS = ("centred", "one-to-two")


def _typed(task: Task, values: Array) -> Array:
    return values.astype(numpy_dtype(task.dtype))


def _posed(task: Task, values: Array, *, exact: bool = False) -> list[Problem]:
    return [pose(task, (_typed(task, values),), ALONG, exact=exact)]


def _tidy(task: Task, length: int) -> int:
    """The length itself; of a mean, the next power of two, so that dividing by it is exact."""
    return 1 << (length - 1).bit_length() if task.name == "mean" else length


def integer_exact(task: Task) -> Iterator[Question]:
    """Whole numbers whose sums stay exact in the accumulator: any order of evaluation gives the same bits."""
    for rows, length in ((7, 130), (2, 1030)):
        size: Size = (rows, _tidy(task, length))
        yield from pairs(f"{size[0]}x{size[1]}", partial(_plain, task, size))


def _plain(task: Task, size: Size, draw: Draw) -> list[Problem]:
    return [plain(task, draw, size)]


def selector(task: Task) -> Iterator[Question]:
    """Rows of zeros with one full-mantissa term each, over all exponents: their sum is that term."""
    for number in range(2):
        yield from pairs(f"single-term-{number}", partial(_single_term, task))


def _single_term(task: Task, draw: Draw) -> list[Problem]:
    length = _tidy(task, LENGTH)
    values = np.zeros((24, length), numpy_dtype(task.dtype))
    if is_float(task.dtype):
        form = FORMATS[task.dtype]
        # A mean's result, too, is to be a normal number.
        low = form.emin + (length.bit_length() if task.name == "mean" else 0)
        terms = full_mantissa(draw, task.dtype, (24,), (low, form.emax))
    else:
        terms = any_bits(draw, task.dtype, (24,))
    values[np.arange(24), draw.integers(0, length - 1, 24)] = terms
    return _posed(task, values, exact=True)


def sparse(task: Task) -> Iterator[Question]:
    """Three terms of full precision in rows of any length, whose bound does not grow with it; complementary zeros."""
    for length in (130, 1030, 16384):
        yield from pairs(f"three-{length}", partial(_three, task, _tidy(task, length)))
    yield from pairs("complementary", partial(_complementary, task))


def _three(task: Task, length: int, draw: Draw) -> list[Problem]:
    values = np.zeros((4, length), numpy_dtype(task.dtype))
    for row in values:
        places = draw.integers(0, length - 1, 3)
        row[places] = _dense(task, draw, (3,), "centred")
    return _posed(task, values, exact=not task.floating)


def _complementary(task: Task, draw: Draw) -> list[Problem]:
    """The same terms twice, the even ones among zeros, then the odd ones."""
    values = _dense(task, draw, (7, 64), "centred")
    even = np.arange(64) % 2 == 0
    return [
        problem
        for kept in (even, ~even)
        for problem in _posed(task, np.where(kept, values, 0), exact=not task.floating)
    ]


def scaling(task: Task) -> Iterator[Question]:
    """Rows of small whole numbers, each scaled by a power of two of its own, over all exponents: sums are exact."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"rows-{number}", partial(_scaled, task))


def _scaled(task: Task, draw: Draw) -> list[Problem]:
    form, length = FORMATS[task.dtype], _tidy(task, 100)
    values = draw.integers(-7, 7, (24, length))
    low = form.emin + (length.bit_length() if task.name == "mean" else 0)
    # Seven times a hundred and twenty-eight is below 2**10.
    exponents = draw.integers(low, form.emax - 10, (24, 1))
    return _posed(task, np.ldexp(values.astype(np.float64), exponents), exact=True)


def dense(task: Task) -> Iterator[Question]:
    """Terms of full precision, around zero and from one to two, at depths from 1 to 1030."""
    if task.floating:
        for depth in _DEPTHS:
            for kind in _KINDS:
                yield from pairs(f"{kind}-{depth}", partial(_densely, task, (7, depth), kind))


def _densely(task: Task, size: Size, kind: str, draw: Draw) -> list[Problem]:
    return _posed(task, _dense(task, draw, size, kind), exact=not task.floating)


def _dense(task: Task, draw: Draw, size: Size, kind: str) -> Array:
    """Terms of full precision: of either sign and any size below one, or from a half to one; any integers."""
    if not task.floating:
        return any_bits(draw, task.dtype, size)
    p = FORMATS[task.dtype].p
    least, most = 1 << (p - 1), (1 << p) - 1
    drawn = draw.integers(least, most, size) if kind == "one-to-two" else draw.integers(-most, most, size)
    return _typed(task, np.ldexp(drawn.astype(np.float64), -p))


def cancellation(task: Task) -> Iterator[Question]:
    """Terms that cancel in pairs, in a random order, but for one of middling size."""
    if task.floating:
        for half in (1, 16, 64):
            yield from pairs(f"pairs-{half}", partial(_cancelling, task, half))


def _cancelling(task: Task, half: int, draw: Draw) -> list[Problem]:
    left, rest = _dense(task, draw, (6, half), "centred"), _dense(task, draw, (6, 1), "one-to-two")
    values = np.concatenate([left, -left, rest], axis=1)[:, draw.permutation(2 * half + 1)]
    return _posed(task, values)


def zeros(task: Task) -> Iterator[Question]:
    """Rows of zeros among others, and zeros between terms: a sum of zeros is zero, and a zero adds nothing."""
    for number in range(2):
        yield from pairs(f"zeros-{number}", partial(_with_zeros, task))


def _with_zeros(task: Task, draw: Draw) -> list[Problem]:
    values = plain(task, draw, (9, 64)).operands[0].copy()
    values[draw.integers(0, 1, values.shape) == 0] = 0
    values[::3] = 0
    return _posed(task, values, exact=True)


def specials(task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, among whole numbers; opposite infinities in one row."""
    if not task.floating:
        return
    yield from pairs("operand-0", partial(_special, task, (np.nan, np.inf, -np.inf)))
    for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
        yield Question(name, partial(_special, task, (value,)))
    yield from pairs("opposite", partial(_opposite, task))


def _special(task: Task, options: tuple[float, ...], draw: Draw) -> list[Problem]:
    values = plain(task, draw, (16, 128)).operands[0].copy()
    for number, row in enumerate(draw.permutation(16)[:14]):
        values[row, _PLACES[number % len(_PLACES)]] = draw.choice(list(options))
    return _posed(task, values, exact=True)


def _opposite(task: Task, draw: Draw) -> list[Problem]:
    values = plain(task, draw, (8, 128)).operands[0].copy()
    for row in draw.permutation(8)[:5]:
        values[row, draw.permutation(128)[:2]] = [np.inf, -np.inf]
    return _posed(task, values, exact=True)


def subnormal(task: Task) -> Iterator[Question]:
    """Single subnormal terms among zeros: their sum is that term, or as near as declared flushing allows."""
    if task.floating and task.name == "sum":
        for number in range(2):
            yield from pairs(f"subnormal-{number}", partial(_subnormal, task))


def _subnormal(task: Task, draw: Draw) -> list[Problem]:
    terms = subnormals(draw, task.dtype, (24,))
    terms[::3] = (draw.signs(8) * FORMATS[task.dtype].smallest_normal).astype(terms.dtype)
    values = np.zeros((24, 64), terms.dtype)
    values[np.arange(24), draw.integers(0, 63, 24)] = terms
    return _posed(task, values, exact=True)


def overflow(task: Task) -> Iterator[Question]:
    """The largest numbers: beyond them the infinity of the right sign, and nothing before that needs it."""
    for number in range(2):
        yield from pairs(f"largest-{number}", partial(_large, task))


def _large(task: Task, draw: Draw) -> list[Problem]:
    """Rows of zeros with the largest number once (the sum is that number) or, of a sum, twice (infinity).

    Of integers, rows of large ones, whose sums leave the operands' type but not the result's.
    """
    if not task.floating:
        low, high = integer_range(task.dtype)
        sign = draw.signs((12, 1))
        return _posed(task, np.where(sign > 0, high, low) - sign * draw.integers(0, 99, (12, 128)), exact=True)
    times = [1 + (row % 2 if task.name == "sum" else 0) for row in range(12)]
    return _posed(task, np.array([_largest_in_a_row(task, draw, 128, count) for count in times]), exact=True)


def _largest_in_a_row(task: Task, draw: Draw, length: int, times: int) -> Array:
    """A row of zeros with the largest number so many times, of one sign.

    Where the accumulator reaches further than the result, eight more stand there with their negatives: they cancel, and
    no partial sum in any order is too large for the accumulator.
    """
    largest = FORMATS[task.dtype].largest
    row, places = np.zeros(length), draw.permutation(length)
    row[places[:times]] = largest * draw.signs(1)[0]
    if FORMATS[task.types.working].emax > FORMATS[task.types.out].emax:
        row[places[times : times + 8]] = largest
        row[places[times + 8 : times + 16]] = -largest
    return row


def long_rows(task: Task) -> Iterator[Question]:
    """Rows of 65,536 to 1,048,579 terms: exact on whole numbers, within the bound on dense ones."""
    lengths = (1048576,) if task.name == "mean" else (131075, 1048579)
    yield from pairs("exact-65536", partial(_plain, task, (2, 65536)))
    for length in lengths:
        yield Question(f"exact-{length}", partial(_plain, task, (2, length)))
    if task.floating:
        yield from pairs("dense-65536", partial(_densely, task, (2, 65536), "centred"))


def means(task: Task) -> Iterator[Question]:
    """Numbers of terms that are no powers of two."""
    if task.name == "mean":
        for length in (3, 7, 100, 1000):
            for kind in _KINDS:
                yield from pairs(f"{kind}-{length}", partial(_densely, task, (7, length), kind))


def metamorphic(task: Task) -> Iterator[Question]:
    """Exact rows in another order, filled up with zeros, and times a power of two."""
    yield from rearranged(task, lambda rows: np.zeros_like(rows[:, :1]), filled_as_before=task.name == "sum")
    yield from pairs("doubled", partial(_doubled, task))


def _doubled(task: Task, draw: Draw) -> list[Problem]:
    definition = definition_of(task.operation)
    rows, length = definition.size(task)
    values = whole(draw, task.dtype, (rows, length), 60)
    return [*_posed(task, values, exact=True), *_posed(task, 2 * values.astype(np.float64), exact=True)]


def known_answers(task: Task) -> Iterator[Question]:
    """Rows of one value: the sum is that many times it, the mean the value itself; and rows from 1 to n."""
    for length in (1, 33, 128, 1000):
        yield from pairs(f"constant-{length}", partial(_constant, task, length))
    yield from pairs("first-numbers", partial(_first_numbers, task))


def _constant(task: Task, length: int, draw: Draw) -> list[Problem]:
    return _posed(task, np.broadcast_to(whole(draw, task.dtype, (9, 1), 60), (9, length)), exact=True)


def _first_numbers(task: Task, draw: Draw) -> list[Problem]:
    """Gauss's sum, in a random order: n (n + 1) / 2."""
    numbers = np.arange(1, 65)[np.argsort(draw.raw(5 * 64).reshape(5, 64), axis=1)]
    return _posed(task, numbers * draw.signs((5, 1)), exact=True)


INPUTS: Inputs = {
    "integer-exact": integer_exact,
    "selector": selector,
    "sparse": sparse,
    "scaling": scaling,
    "dense": dense,
    "cancellation": cancellation,
    "zeros": zeros,
    "specials": specials,
    "subnormals": subnormal,
    "overflow": overflow,
    "long": long_rows,
    "means": means,
    "axes": axes,
    "empty": nothing,
    "metamorphic": metamorphic,
    "known-answers": known_answers,
}
