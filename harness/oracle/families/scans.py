"""What is right for running sums: each place is the sum of its own terms, whatever the order they are added in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.scans import scan_bound
from harness.oracle.definition import Definition, Question, Size, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range, is_float, round_to
from harness.oracle.numbers import full_mantissa, whole
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.scans import prefixes
from harness.oracle.task import Task

Attributes = Mapping[str, Any]
Make = Callable[[Task, Draw, Size], Array]


def _size(task: Task) -> Size:
    return (7, 37)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    return _along(task, _wholes(task, draw, size), -1)


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Attributes]:
    return _along(task, _centred(task, draw, size) if task.floating else _wholes(task, draw, size), -1)


def _along(task: Task, x: Array, axis: int, **attributes: Any) -> tuple[Sequence[Array], Attributes]:
    """A launch along an axis: an attribute of the array API's operation, an operand of ONNX's."""
    if task.name == "CumSum":
        return [x, np.array(axis, np.int64)], attributes
    return [x], {"axis": axis, **attributes}


def _wholes(task: Task, draw: Draw, shape: Size) -> Array:
    """Whole numbers whose sums are exact in any order: up to 24 bits, and in integers up to the ends of the range."""
    length = max(shape[-1], shape[0], 1)
    if is_float(task.dtype):
        # float16 reaches no further than 65,504.
        return whole(draw, task.dtype, shape, (65504 if task.dtype == "float16" else 1 << 24) // length)
    least = min(integer_range(task.types.out)[1], 1 << 40) // length
    return whole(draw, task.dtype, shape, least)


def _solve(task: Task, operands: Sequence[Array], attributes: Attributes, exact: bool) -> tuple[Wanted, ...]:
    dtype, x = task.types.out, operands[0]
    axis = int(operands[1]) if task.name == "CumSum" else attributes.get("axis") or 0
    found = prefixes(
        x,
        axis,
        exclusive=attributes.get("exclusive", 0) == 1,
        reverse=attributes.get("reverse", 0) == 1,
        initial=bool(attributes.get("include_initial", False)),
    )
    if not is_float(dtype):
        return (exactly(dtype, found.total.astype(numpy_dtype(dtype))),)
    if exact:
        return (exactly(dtype, round_to(found.total, dtype)),)
    return (within(dtype, found.total, scan_bound(task.held_to, found)),)


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return [(length, 3), (2, length)]


def _empty(task: Task) -> Sequence[Size]:
    return [(0, 3), (3, 0)]


def _posed(task: Task, make: Make, size: Size, exact: bool, draw: Draw) -> list[Problem]:
    return [pose(task, *_along(task, make(task, draw, size), -1), exact=exact)]


def integer_exact(task: Task) -> Iterator[Question]:
    """Whole numbers: any order gives the same bits."""
    for size in ((7, 130), (2, 1030)):
        yield from pairs(f"{size[1]}-terms", partial(_posed, task, _wholes, size, True))


def selector(task: Task) -> Iterator[Question]:
    """Rows of zeros with one full-mantissa term each: it stands from its place on."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"single-term-{number}", partial(_posed, task, _single, (9, 130), True))


def _single(task: Task, draw: Draw, shape: Size) -> Array:
    found = np.zeros(shape, numpy_dtype(task.dtype))
    rows, length = shape
    found[np.arange(rows), draw.integers(0, length - 1, rows)] = full_mantissa(draw, task.dtype, (rows,), (-9, 9))
    return found


def sparse(task: Task) -> Iterator[Question]:
    """Three terms of full mantissa among zeros."""
    if task.floating:
        for length in (33, 130, 515):
            yield from pairs(f"{length}-terms", partial(_posed, task, _three, (5, length), False))


def _three(task: Task, draw: Draw, shape: Size) -> Array:
    found = np.zeros(shape, numpy_dtype(task.dtype))
    for row in found:
        row[draw.permutation(shape[1])[:3]] = full_mantissa(draw, task.dtype, (3,), (-2, 2))
    return found


def dense(task: Task) -> Iterator[Question]:
    """Full mantissas, centred and of one sign, within the bound."""
    if task.floating:
        for make in (_centred, _one_to_two):
            for length in (2, 16, 130, 515):
                name = f"{make.__name__[1:].replace('_', '-')}/{length}"
                yield from pairs(name, partial(_posed, task, make, (3, length), False))


def _centred(task: Task, draw: Draw, shape: Size) -> Array:
    return full_mantissa(draw, task.dtype, shape, (-4, 0))


def _one_to_two(task: Task, draw: Draw, shape: Size) -> Array:
    return np.abs(full_mantissa(draw, task.dtype, shape, (0, 0)))


def scaling(task: Task) -> Iterator[Question]:
    """Rows of very different size."""
    if task.floating:
        yield from pairs("rows", partial(_posed, task, _scaled, (9, 66), False))


def _scaled(task: Task, draw: Draw, shape: Size) -> Array:
    reach = 6 if task.dtype == "float16" else 40
    factors = np.ldexp(1.0, draw.integers(-reach, reach, (shape[0], 1)))
    return np.asarray(_centred(task, draw, shape).astype(np.float64) * factors).astype(numpy_dtype(task.dtype))


def cancellation(task: Task) -> Iterator[Question]:
    """Each term is followed by almost its opposite."""
    if task.floating:
        yield from pairs("opposites", partial(_posed, task, _opposites, (5, 130), False))


def _opposites(task: Task, draw: Draw, shape: Size) -> Array:
    found = _centred(task, draw, shape)
    rest = full_mantissa(draw, task.dtype, found[:, 1::2].shape, (-9, -8)).astype(np.float64)
    opposite = -found[:, : rest.shape[1] * 2 : 2].astype(np.float64) * (1 + rest)
    found[:, 1::2] = round_to(opposite, task.dtype)
    return found


def zeros(task: Task) -> Iterator[Question]:
    """Rows of zeros among others, and zeros between terms, which add nothing."""
    for number in range(2):
        yield from pairs(f"zeros-{number}", partial(_posed, task, _with_zeros, (9, 66), True))


def _with_zeros(task: Task, draw: Draw, shape: Size) -> Array:
    found = _wholes(task, draw, shape)
    found[draw.integers(0, 1, shape) == 0] = 0
    found[::3] = 0
    return found


def specials(task: Task) -> Iterator[Question]:
    """NaN and infinities at the first, a middle and the last place: what lies before them is untouched."""
    if task.floating:
        for name, options in (
            ("nan", [np.nan]),
            ("inf", [np.inf]),
            ("minus-inf", [-np.inf]),
            ("both", [np.inf, -np.inf]),
        ):
            yield from pairs(name, partial(_posed, task, partial(_with_specials, options), (12, 130), True))


def _with_specials(options: Sequence[float], task: Task, draw: Draw, shape: Size) -> Array:
    found = _wholes(task, draw, shape)
    places = (0, 1, 63, 64, 65, 127, 128, shape[1] - 1)
    for number, row in enumerate(draw.permutation(shape[0])[: len(places)]):
        found[row, places[number]] = options[0]
        found[row, int(draw.integers(places[number], shape[1] - 1, 1)[0])] = options[-1]
    return found


def subnormal_numbers(task: Task) -> Iterator[Question]:
    """Sums of subnormal numbers, which are exact, where they are not declared to be flushed."""
    if task.floating and not task.flushes:
        yield from pairs("subnormal", partial(_posed, task, _subnormals, (5, 66), True))


def _subnormals(task: Task, draw: Draw, shape: Size) -> Array:
    """Numbers so small that the sum of all of them is still exact."""
    form = FORMATS[task.dtype]
    steps = draw.integers(1, (1 << (form.p - 1)) // shape[1], shape) * draw.signs(shape)
    return np.asarray(steps * form.smallest_subnormal).astype(numpy_dtype(task.dtype))


def overflow(task: Task) -> Iterator[Question]:
    """Sums beyond the largest number are infinite from there on, and sums just below it are not."""
    if task.floating:
        yield from pairs("beyond", partial(_posed, task, _beyond, (6, 130), True))
        yield from pairs("below", partial(_posed, task, _below, (6, 130), True))


def _beyond(task: Task, draw: Draw, shape: Size) -> Array:
    """Two of the largest numbers of one sign, at places of their own."""
    found = np.zeros(shape, numpy_dtype(task.dtype))
    for row in found:
        row[draw.permutation(shape[1])[:2]] = FORMATS[task.dtype].largest * int(draw.signs(1)[0])
    return found


def _below(task: Task, draw: Draw, shape: Size) -> Array:
    """Different powers of two, which add up to less than the next one, in as many bits as there are."""
    form = FORMATS[task.dtype]
    found = np.zeros(shape, numpy_dtype(task.dtype))
    for row in found:
        powers = np.ldexp(1.0, form.emax - np.arange(form.p)) * int(draw.signs(1)[0])
        row[draw.permutation(shape[1])[: form.p]] = powers
    return found


def known_answers(task: Task) -> Iterator[Question]:
    """Ones count; ones of changing sign give one and zero in turn."""
    for name, term in (("counting", lambda place: place * 0 + 1), ("turns", lambda place: 1 - 2 * (place % 2))):
        yield from pairs(name, partial(_posed, task, partial(_row_times, term), (5, 130), True))


def _row_times(term: Callable[[Array], Array], task: Task, draw: Draw, shape: Size) -> Array:
    """A row times one, two or three, or their opposites."""
    factors = draw.integers(1, 3, (shape[0], 1)) * draw.signs((shape[0], 1))
    return np.asarray(term(np.arange(shape[1])) * factors).astype(numpy_dtype(task.dtype))


def metamorphic(task: Task) -> Iterator[Question]:
    """Zeros before, between and behind terms leave their sums as they are; twice the terms, or their opposites."""
    yield from pairs("padded", partial(_padded, task))
    yield from pairs("doubled", partial(_doubled, task))


def _padded(task: Task, draw: Draw) -> list[Problem]:
    x = _wholes(task, draw, (4, 130))
    before = np.concatenate([np.zeros_like(x[:, :33]), x[:, :97]], axis=1)
    between = np.stack([x[:, :65], np.zeros_like(x[:, :65])], axis=-1).reshape(4, 130)
    return [pose(task, *_along(task, found, -1), exact=True) for found in (x, before, between)]


def _doubled(task: Task, draw: Draw) -> list[Problem]:
    x = whole(draw, task.dtype, (4, 130), 100)
    # Less than zero, not the negative: no standard says whether a sum of -0 alone is -0 or 0.
    opposites = x.dtype.type(0) - x
    return [pose(task, *_along(task, found, -1), exact=True) for found in (x, x + x, opposites)]


def arguments(task: Task) -> Iterator[Question]:
    """Every axis, from the front and from the back, with each combination of the other arguments."""
    if task.name == "CumSum":
        ways: list[dict[str, Any]] = [{"exclusive": e, "reverse": r} for e in (0, 1) for r in (0, 1)]
    else:
        ways = [{"include_initial": initial} for initial in (False, True)]
    for axis in (0, 1, 2, -1, -2, -3):
        for way in [{}, *ways]:
            name = "/".join(f"{key}-{value}" for key, value in way.items()) or "default"
            yield from pairs(f"axis{axis:+}/{name}", partial(_asked, task, (5, 6, 7), axis, way))
    for way in ways:
        name = "/".join(f"{key}-{value}" for key, value in way.items())
        yield from pairs(f"vector/{name}", partial(_asked, task, (130,), 0, way))


def _asked(task: Task, shape: Size, axis: int, way: Attributes, draw: Draw) -> list[Problem]:
    operands, attributes = _along(task, _wholes(task, draw, shape), axis, **way)
    if len(shape) == 1:
        # A vector's only axis need not be named.
        attributes = {key: value for key, value in attributes.items() if key != "axis"}
    return [pose(task, operands, attributes, exact=True)]


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    rough=_rough,
    solve=_solve,
    sweep=_sweep,
    empty=_empty,
    plainly_exact=lambda task: True,
    inputs={
        "integer-exact": integer_exact,
        "selector": selector,
        "sparse": sparse,
        "dense": dense,
        "scaling": scaling,
        "cancellation": cancellation,
        "zeros": zeros,
        "specials": specials,
        "subnormals": subnormal_numbers,
        "overflow": overflow,
        "known-answers": known_answers,
        "metamorphic": metamorphic,
        "arguments": arguments,
    },
    axes=aligned_axes,
    fixed=lambda task: (1,),
)
