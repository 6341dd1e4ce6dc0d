"""The input classes of conversions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Inputs, Question, pairs, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, Format, integer_range, is_float
from harness.oracle.numbers import any_bits, full_mantissa, subnormals
from harness.oracle.problem import Array, Problem
from harness.oracle.reference.conversion import converted, subnormal
from harness.oracle.task import Task

#: First, middle and last places of a row of 130, and those where vectors of 64 and 128 begin and end.
_PLACES = (0, 1, 63, 64, 127, 128, 129)
#: Integer types of whose values a floating-point format has all.
_EXACT_IN = {
    "int8": {"float16", "bfloat16", "float32", "float64", "int16", "int32", "int64"},
    "bool": {"float16", "bfloat16", "float32", "float64", "int8", "int32", "int64"},
}


def _posed(task: Task, values: Array) -> list[Problem]:
    return [pose(task, (values.astype(numpy_dtype(task.dtype)),), exact=True)]


def _between_floats(task: Task) -> bool:
    return is_float(task.dtype) and is_float(task.types.out)


def _formats(task: Task) -> tuple[Format, Format]:
    return FORMATS[task.dtype], FORMATS[task.types.out]


def _calm(task: Task, values: Array) -> Array:
    """Values with 1 in place of those that flushing, where it is declared, changes: that is asked elsewhere."""
    if not task.flushes or not is_float(task.dtype):
        return values
    small = subnormal(values, task.dtype)
    if is_float(task.types.out):
        small |= subnormal(converted(values, task.types.out), task.types.out)
    return np.where(small, 1, values).astype(values.dtype)


def integer_exact(task: Task) -> Iterator[Question]:
    """Whole numbers that both types have."""
    for size in ((130,), (7, 33)):
        yield from pairs("x".join(map(str, size)), lambda draw, s=size: [plain(task, draw, s)])  # type: ignore[misc]


def selector(task: Task) -> Iterator[Question]:
    """Values whose last bit is set: a lost bit shows."""
    for number in range(2):
        yield from pairs(f"operands-{number}", partial(_full, task))


def _full(task: Task, draw: Draw) -> list[Problem]:
    if not is_float(task.dtype):
        return _posed(task, any_bits(draw, task.dtype, (515,)))
    forms = [FORMATS[dtype] for dtype in (task.dtype, task.types.out) if is_float(dtype)]
    reach = 3 if min(form.emax for form in forms) < 30 else 30
    # Whole numbers of so few bits would not show that some were lost.
    exponents = (4, 9) if reach == 3 and not is_float(task.types.out) else (-reach, reach)
    return _posed(task, full_mantissa(draw, task.dtype, (515,), exponents))


def narrowing(task: Task) -> Iterator[Question]:
    """Numbers half way between two of the narrower type, and those one bit to either side of half way."""
    if not _between_floats(task):
        return
    source, target = _formats(task)
    if target.p >= source.p:
        return
    for number in range(2):
        yield from pairs(f"halves-{number}", partial(_halves, task))
    if not task.flushes and source.smallest_subnormal < target.smallest_subnormal:
        yield from pairs("subnormal-halves", partial(_subnormal_halves, task))


def _halves(task: Task, draw: Draw) -> list[Problem]:
    source, target = _formats(task)
    low, high = max(source.emin, target.emin) + 1, min(source.emax, target.emax) - 1
    near = full_mantissa(draw, task.types.out, (400,), (max(low, -10), min(high, 10))).astype(np.float64)
    near = np.where(draw.integers(0, 1, 400) == 0, near, np.ldexp(np.rint(np.ldexp(near, 4)), -4))
    _, exponent = np.frexp(near)
    return _posed(task, _beside(converted(near + np.ldexp(0.5, exponent - target.p), task.dtype)))


def _subnormal_halves(task: Task, draw: Draw) -> list[Problem]:
    _, target = _formats(task)
    steps = draw.integers(0, 1 << (target.p - 1), 130) + 0.5
    middle = draw.signs(130) * steps * target.smallest_subnormal
    return _posed(task, _beside(converted(middle, task.dtype)))


def _beside(middle: Array) -> Array:
    """Numbers and their neighbours further out and further in."""
    bits = middle.view(f"u{middle.dtype.itemsize}")
    return np.concatenate([middle, (bits + 1).view(middle.dtype), (bits - 1).view(middle.dtype)])


def boundaries(task: Task) -> Iterator[Question]:
    """The largest number of the narrower type, half a unit beyond it, and the numbers on either side of that."""
    if _between_floats(task):
        source, target = _formats(task)
        if source.largest > target.largest:
            for number in range(2):
                yield from pairs(f"edges-{number}", partial(_edges, task))


def _edges(task: Task, draw: Draw) -> list[Problem]:
    source, target = _formats(task)
    edge = target.largest + 2.0 ** (target.emax - target.p)
    others = np.array([target.largest, 2.0**target.emax, source.largest, 1.0])
    values = np.concatenate([_beside(converted(np.array([edge]), task.dtype)), converted(others, task.dtype)])
    values = np.concatenate([values, -values])
    return _posed(task, values[draw.permutation(9 * values.size) % values.size])


def integral_parts(task: Task) -> Iterator[Question]:
    """Numbers of every size in the integer's range, with fractions where the format has room for them."""
    if is_float(task.dtype) and not is_float(task.types.out) and task.types.out != "bool":
        for number in range(2):
            yield from pairs(f"sizes-{number}", partial(_with_fractions, task))


def _with_fractions(task: Task, draw: Draw) -> list[Problem]:
    low, high = integer_range(task.types.out)
    reach = min(FORMATS[task.dtype].emax, int(high).bit_length() - 1)
    drawn = full_mantissa(draw, task.dtype, (500,), (-3, reach - 1)).astype(np.float64)
    return _posed(task, np.where((drawn > low) & (drawn < high), drawn, 1.5))


def integers(task: Task) -> Iterator[Question]:
    """Integers of every size, those half way between two floating-point numbers among them."""
    if not is_float(task.dtype) and task.dtype != "bool" and is_float(task.types.out):
        for number in range(2):
            yield from pairs(f"sizes-{number}", partial(_any_integers, task))


def _any_integers(task: Task, draw: Draw) -> list[Problem]:
    low, high = integer_range(task.dtype)
    p = FORMATS[task.types.out].p
    spare = int(high).bit_length() - p
    drawn = any_bits(draw, task.dtype, (400,)).astype(np.int64)
    drawn >>= draw.integers(0, 6, 400)
    drawn[:2] = low, high
    if spare > 0:
        ties = draw.integers(1 << (p - 1), (1 << p) - 2, 200)
        drawn[2:202] = (ties << spare) + (1 << (spare - 1)) + draw.integers(-1, 1, 200)
    return _posed(task, drawn)


def specials(task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, among whole numbers."""
    if _between_floats(task):
        yield from pairs("operand-0", partial(_special, task, (np.nan, np.inf, -np.inf)))
        for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
            yield Question(name, partial(_special, task, (value,)))


def _special(task: Task, options: tuple[float, ...], draw: Draw) -> list[Problem]:
    values = plain(task, draw, (7, 130)).operands[0].astype(np.float64)
    for row, place in zip(draw.permutation(7), _PLACES, strict=True):
        values[row, place] = draw.choice(list(options))
    return _posed(task, values)


def nan_payloads(task: Task) -> Iterator[Question]:
    """NaN of several payloads, infinities and zeros of both signs among ordinary numbers."""
    if _between_floats(task):
        for number in range(2):
            yield from pairs(f"table-{number}", partial(_payloads, task))


def _payloads(task: Task, draw: Draw) -> list[Problem]:
    table = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -2.0]).astype(numpy_dtype(task.dtype))
    every = np.concatenate([table, _nans(task.dtype)])
    return [pose(task, (every[draw.permutation(11 * every.size) % every.size],), exact=True)]


def _nans(dtype: str) -> Array:
    """Quiet NaNs of both signs whose payload is all ones or, but for the last bit, all zeros."""
    form, typed = FORMATS[dtype], numpy_dtype(dtype)
    width = typed.itemsize * 8
    largest = (1 << (form.p - 1)) - 1
    exponent = ((1 << (width - form.p)) - 1) << (form.p - 1)
    # Without infinities, the last pattern is the only one.
    payloads = [1 << (form.p - 2) | 1, largest] if form.infinities else [largest]
    patterns = [exponent | payload for payload in payloads]
    return np.array([*patterns, *(p | 1 << (width - 1) for p in patterns)], f"u{typed.itemsize}").view(typed)


def every_value(task: Task, bits: int) -> Iterator[Question]:
    """All values of a type of so many bits; for an integer result, those it can represent."""
    if is_float(task.dtype) and numpy_dtype(task.dtype).itemsize * 8 == bits:
        yield from pairs("every", partial(_every, task, bits))


def _every(task: Task, bits: int, draw: Draw) -> list[Problem]:
    patterns = draw.permutation(1 << bits).astype(f"u{bits // 8}")
    values = _calm(task, patterns.view(numpy_dtype(task.dtype)))
    if not is_float(task.types.out) and task.types.out != "bool":
        low, high = integer_range(task.types.out)
        with np.errstate(invalid="ignore"):  # of signalling NaN
            wide = values.astype(np.float64)
        values = np.where(np.isfinite(wide) & (wide > low) & (wide < high), values, 1).astype(values.dtype)
    return [pose(task, (values,), exact=True)]


def widening(task: Task) -> Iterator[Question]:
    """Values over the whole range of a type whose every value the other has, its subnormal numbers among them."""
    if _widens(task):
        for number in range(2):
            yield from pairs(f"range-{number}", partial(_range, task))


def _widens(task: Task) -> bool:
    if not is_float(task.dtype):
        return task.types.out in _EXACT_IN.get(task.dtype, ())
    if not is_float(task.types.out):
        return False
    source, target = _formats(task)
    return target.p > source.p and target.largest > source.largest and target.emin <= source.emin


def _range(task: Task, draw: Draw) -> list[Problem]:
    if not is_float(task.dtype):
        return _posed(task, any_bits(draw, task.dtype, (515,)))
    form = FORMATS[task.dtype]
    wide = full_mantissa(draw, task.dtype, (515,), (form.emin, form.emax))
    # Without infinities, all ones at the highest exponent are no number.
    wide = np.where(np.isnan(wide.astype(np.float64)), form.largest, wide.astype(np.float64)).astype(wide.dtype)
    small = np.ldexp(draw.integers(1, 1 << (form.p - 1), 64).astype(np.float64), form.emin - form.p + 1)
    wide[:64] = (draw.signs(64) * small).astype(wide.dtype)
    return _posed(task, _calm(task, wide))


def subnormal_numbers(task: Task) -> Iterator[Question]:
    """Subnormal operands, and results that become subnormal: kept, or flushed exactly as declared."""
    if _between_floats(task):
        for number in range(2):
            yield from pairs(f"subnormal-{number}", partial(_small, task))


def _small(task: Task, draw: Draw) -> list[Problem]:
    """Subnormal numbers beside normal ones near the border, of which something must be left."""
    source, target = _formats(task)
    tiny = subnormals(draw, task.dtype, (260,))
    if target.emin > source.emin:
        # Subnormal in the result, and too small to be rounded up to a normal number.
        near = full_mantissa(draw, task.dtype, (260,), (target.emin - target.p, target.emin - 2))
    else:
        near = draw.signs(260) * draw.integers(2, 14, 260) * (source.smallest_normal / 2)
    return _posed(task, np.where(draw.integers(0, 3, 260) == 0, near.astype(np.float64), tiny.astype(np.float64)))


def metamorphic(task: Task) -> Iterator[Question]:
    """The same values with their signs turned: the results with theirs turned."""
    if _between_floats(task):
        yield from pairs("mirrored", partial(_mirrored, task))


def _mirrored(task: Task, draw: Draw) -> list[Problem]:
    (first,) = _full(task, draw)
    (wanted,) = first.wanted
    return [first, replace(first, operands=(-first.operands[0],), wanted=(replace(wanted, expected=-wanted.expected),))]


INPUTS: Inputs = {
    "integer-exact": integer_exact,
    "selector": selector,
    "narrowing": narrowing,
    "boundaries": boundaries,
    "integral-parts": integral_parts,
    "integers": integers,
    "specials": specials,
    "nan-payloads": nan_payloads,
    "exhaustive-16": partial(every_value, bits=16),
    "exhaustive-8": partial(every_value, bits=8),
    "widening": widening,
    "subnormals": subnormal_numbers,
    "metamorphic": metamorphic,
}
