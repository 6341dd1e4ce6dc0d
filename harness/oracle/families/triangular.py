"""Triangular systems with many right-hand sides: ``op(A) X = alpha B`` or ``X op(A) = alpha B``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.blas import triangular_bound
from harness.oracle.definition import Definition, Inputs, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.vector_product_operands import reaches_infinity, real
from harness.oracle.families.vector_update import rounded_wanted
from harness.oracle.formats import FORMATS, component
from harness.oracle.inputs import parts
from harness.oracle.inputs.volume import repeatedly
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference import triangular as reference
from harness.oracle.task import Task

_SIDES = ("L", "R")
_TRANSPOSES = ("N", "T", "C")
#: The flags of classes that are about the numbers.
_PLAIN = {"side": "L", "uplo": "L", "trans": "N", "diag": "N"}


def draw(task: Task, source: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """A system of whole numbers whose solution is whole, with flags drawn; size is (order, right-hand sides)."""
    flags = {name: source.choice(list(words)) for name, words in (("uplo", "UL"), ("trans", "NTC"), ("diag", "NU"))}
    return whole(task, source, size, {"side": "L", **flags})


def whole(task: Task, source: Draw, size: Size, flags: Mapping[str, Any]) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Off the diagonal there are whole numbers from unknowns of even to those of odd index, three a row at most.

    So the inverse is as short as the matrix, and every way to the solution exact. On the diagonal are powers of two; in
    the triangle that is not read, and on a diagonal that is not, whole numbers without zero.
    """
    order, columns = size
    typed = numpy_dtype(task.dtype)
    a = parts.nonzero(source, task.dtype, (order, order), 9)
    rows, places = np.indices((order, order))
    upper = flags["uplo"] == "U"
    inside = places > rows if upper else places < rows
    kept = inside & (rows % 2 == 1) & (places % 2 == 0)
    picked = source.integers(0, max(order // 2, 1) - 1, (order, 3)) * 2
    some = np.zeros((order, order), np.bool_)
    np.put_along_axis(some, np.minimum(picked, order - 1), True, axis=1)
    nearest = np.abs(rows - places) == 1
    a = np.where(inside & ~(kept & (some | nearest)), typed.type(0), a)
    if flags["diag"] == "N":
        np.fill_diagonal(a, source.signs(order) * np.ldexp(1.0, source.integers(-1, 2, order)))
    shape = (order, columns) if flags["side"] == "L" else (columns, order)
    return (a, 4 * parts.nonzero(source, task.dtype, shape, 15)), {**flags, "alpha": real(task, 2.0)}


def rough(task: Task, source: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """A system of full precision."""
    return full(task, source, size, _PLAIN, "centred")


def full(
    task: Task, source: Draw, size: Size, flags: Mapping[str, Any], kind: str
) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Numbers of full precision; those off the diagonal add up to less than one, those on it are from one to two."""
    order, columns = size
    a = parts.dense(source, task.dtype, (order, order), kind)
    a = a * numpy_dtype(task.dtype).type(np.ldexp(1.0, -int(order).bit_length()))
    np.fill_diagonal(a, parts.dense(source, task.dtype, (order,), "one-to-two"))
    shape = (order, columns) if flags["side"] == "L" else (columns, order)
    b = parts.dense(source, task.dtype, shape, kind)
    return (a, b), {**flags, "alpha": parts.factor(source, task.dtype)}


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The solution; with alpha = 0 it is zero, and A is not read."""
    a, b = operands
    alpha, dtype = complex(parts.number_of(attributes.get("alpha", 1.0))), task.types.out
    if alpha == 0:
        return (exactly(dtype, np.zeros(b.shape, numpy_dtype(dtype))),)
    t, right = reference.effective(a, attributes), reference.arranged(b, a, attributes)
    if exact:
        with np.errstate(all="ignore"):
            factor = alpha if parts.is_complex(dtype) else alpha.real
            x = reference.plainly(t, right.astype(np.result_type(right, np.float64)) * factor)
        return (rounded_wanted(dtype, reference.back(x, attributes)),)
    x = reference.closely(t, alpha, right)
    inverse = reference.plainly(t, np.eye(len(t)))
    bound = triangular_bound(task.held_to, t, inverse, abs(alpha) * np.abs(right), x, complex_=parts.is_complex(dtype))
    return (within(dtype, reference.back(x, attributes), reference.back(bound, attributes)),)


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Right-hand sides can be cut; unknowns cannot, since what is left would not be exact any more."""
    return [["", ""], ["", "n"] if attributes.get("side", "L") == "L" else ["n", ""]]


def _whole(task: Task) -> Iterator[Question]:
    for order in (1, 8, 33):
        yield from pairs(f"whole-{order}", partial(_drawn, task, order))


def _drawn(task: Task, order: int, source: Draw) -> list[Problem]:
    operands, attributes = draw(task, source, (order, 5))
    return [pose(task, operands, attributes, exact=True)]


def _selector(task: Task) -> Iterator[Question]:
    """Full significands that come through: of B over a diagonal of powers of two, of A times an unknown of one."""
    for operand in "AB":
        yield from pairs(f"operand-{operand}", partial(_selected, task, operand))


def _selected(task: Task, operand: str, source: Draw) -> list[Problem]:
    typed, order = numpy_dtype(task.dtype), 9
    a = np.zeros((order, order), typed)
    if operand == "B":
        form = FORMATS[component(task.dtype)]
        np.fill_diagonal(a, source.signs(order) * np.ldexp(1.0, source.integers(-3, 3, order)))
        b = parts.full(source, task.dtype, (order, 5), (form.emin + 8, form.emax - 8))
    else:
        np.fill_diagonal(a, 1)
        a[1:, 0] = parts.full(source, task.dtype, (order - 1,), (-20, 20))
        b = np.zeros((order, 5), typed)
        b[0] = source.signs(5) * np.ldexp(1.0, source.integers(-3, 3, 5))
    return [pose(task, (a, b), {**_PLAIN, "alpha": real(task, 1.0)}, exact=True)]


def _dense(task: Task) -> Iterator[Question]:
    for order in (1, 2, 7, 33):
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{order}", partial(_full, task, order, kind))


def _full(task: Task, order: int, kind: str, source: Draw) -> list[Problem]:
    operands, attributes = full(task, source, (order, 5), _PLAIN, kind)
    return [pose(task, operands, attributes)]


def _sparse(task: Task) -> Iterator[Question]:
    for order in (16, 33):
        yield from pairs(f"three-{order}", partial(_thin, task, order))


def _thin(task: Task, order: int, source: Draw) -> list[Problem]:
    """The diagonal and two more elements a row, of full precision."""
    (a, b), attributes = full(task, source, (order, 5), _PLAIN, "centred")
    kept = np.eye(order, dtype=np.bool_)
    np.put_along_axis(kept, source.integers(0, order - 1, (order, 2)), True, axis=1)
    off = a * np.ldexp(1.0, int(order).bit_length() - 2).astype(a.dtype)
    return [pose(task, (np.where(kept, np.where(np.eye(order) > 0, a, off), 0), b), attributes)]


def _scaling(task: Task) -> Iterator[Question]:
    yield from pairs("powers-of-two", partial(_scaled, task))


def _scaled(task: Task, source: Draw) -> list[Problem]:
    """A whole system whose rows and right-hand sides are scaled by widely differing powers of two."""
    (a, b), attributes = whole(task, source, (9, 5), _PLAIN)
    powers = np.ldexp(1.0, source.integers(-30, 30, (9, 1))).astype(numpy_dtype(component(task.dtype)))
    return [pose(task, (a * powers, b * powers), attributes, exact=True)]


def _cancellation(task: Task) -> Iterator[Question]:
    yield from pairs("near-zero", partial(_cancelling, task))


def _cancelling(task: Task, source: Draw) -> list[Problem]:
    """The last right-hand sides are what the unknowns before them give, rounded: only errors of rounding are left."""
    (a, b), attributes = full(task, source, (9, 5), _PLAIN, "one-to-two")
    t = reference.effective(a, attributes)
    alpha = complex(parts.number_of(attributes["alpha"]))
    x = reference.closely(t[:8, :8], alpha, b[:8])
    left = (t[8, :8, None] * x).sum(axis=0)
    b[8] = (left / (alpha if parts.is_complex(task.dtype) else alpha.real)).astype(b.dtype)
    return [pose(task, (a, b), attributes)]


def _zeros(task: Task) -> Iterator[Question]:
    yield from pairs("columns", partial(_with_zeros, task))


def _with_zeros(task: Task, source: Draw) -> list[Problem]:
    """Right-hand sides of zeros among others, and leading zeros."""
    (a, b), attributes = whole(task, source, (9, 5), _PLAIN)
    b[:, 1], b[:4, 3] = 0, 0
    return [pose(task, (a, b), attributes, exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    """NaN in the unknown that all others of its column depend on."""
    for place, index in (("first", 0), ("middle", 2), ("last", 4)):
        yield from pairs(f"nan-{place}", partial(_special, task, index))


def _special(task: Task, index: int, source: Draw) -> list[Problem]:
    (a, b), attributes = whole(task, source, (9, 5), _PLAIN)
    a[1:, 0] = parts.nonzero(source, task.dtype, (8,), 9)
    b[0, index] = parts.not_a_number(task.dtype)
    return [pose(task, (a, b), attributes, exact=True)]


def _overflow(task: Task) -> Iterator[Question]:
    yield from pairs("diagonal", partial(_overflowing, task))


def _overflowing(task: Task, source: Draw) -> list[Problem]:
    """Systems of one unknown, whose solution passes the largest number, or stays below it."""
    emax = FORMATS[component(task.dtype)].emax
    b = source.signs((1, 6)) * np.ldexp(1.0, emax - np.arange(6))[None]
    a = np.full((1, 1), 0.25, numpy_dtype(task.dtype))
    if parts.is_complex(task.dtype) or not reaches_infinity(task):
        # What becomes of the part that is zero beside an infinite one is left open.
        b = np.ldexp(b, -2)
    return [pose(task, (a, b.astype(a.dtype)), {**_PLAIN, "alpha": real(task, 1.0)}, exact=True)]


def _subnormals(task: Task) -> Iterator[Question]:
    if not task.flushes:
        yield from pairs("unit", partial(_tiny, task))


def _tiny(task: Task, source: Draw) -> list[Problem]:
    """Subnormal right-hand sides of a unit matrix of small whole numbers."""
    (a, _), attributes = whole(task, source, (5, 5), {**_PLAIN, "diag": "U"})
    form = FORMATS[component(task.dtype)]
    steps = source.signs((5, 5)) * source.integers(1, 999, (5, 5))
    b = np.ldexp(steps.astype(np.float64), form.emin - form.p + 1).astype(a.dtype)
    return [pose(task, (a, b), {**attributes, "alpha": real(task, 1.0)}, exact=True)]


def _metamorphic(task: Task) -> Iterator[Question]:
    yield from pairs("columns", partial(_related, task))


def _related(task: Task, source: Draw) -> list[Problem]:
    """Right-hand sides in another order, with others beside them, twice as large: exact every time."""
    (a, b), attributes = whole(task, source, (9, 5), _PLAIN)
    others = (b[:, source.permutation(5)], np.concatenate([b, b + b[:, :1]], axis=1), 2 * b)
    return [pose(task, (a, right), attributes, exact=True) for right in (b, *others)]


def _known(task: Task) -> Iterator[Question]:
    yield from pairs("ones", partial(_ones, task))


def _ones(task: Task, source: Draw) -> list[Problem]:
    """A triangle of ones takes sums to differences; a diagonal divides."""
    typed = numpy_dtype(task.dtype)
    values = parts.nonzero(source, task.dtype, (9, 5), 99)
    attributes = {**_PLAIN, "alpha": real(task, 1.0)}
    sums_ = np.cumsum(values, axis=0).astype(typed)
    return [
        pose(task, (np.tril(np.ones((9, 9), typed)), sums_), attributes, exact=True),
        pose(task, (np.eye(9, dtype=typed) * typed.type(4), values), attributes, exact=True),
    ]


def _flags(task: Task) -> Iterator[Question]:
    for side, uplo, trans, diag in product(_SIDES, "UL", _TRANSPOSES, "NU"):
        flags = {"side": side, "uplo": uplo, "trans": trans, "diag": diag}
        yield from pairs(f"{side}{uplo}{trans}{diag}", partial(_flagged, task, flags))


def _flagged(task: Task, flags: Mapping[str, Any], source: Draw) -> list[Problem]:
    operands, attributes = whole(task, source, (7, 5), flags)
    return [pose(task, operands, attributes, exact=True)]


def _unread(task: Task, what: str) -> Iterator[Question]:
    for side, uplo, trans in product(_SIDES, "UL", "NT"):
        yield from pairs(f"{side}{uplo}{trans}", partial(_beside, task, what, side, uplo, trans))


def _beside(task: Task, what: str, side: str, uplo: str, trans: str, source: Draw) -> list[Problem]:
    """NaN wherever nothing may be read: on a unit diagonal, or in the triangle beside the one that is named."""
    flags = {"side": side, "uplo": uplo, "trans": trans, "diag": "U" if what == "diagonal" else "N"}
    (a, b), attributes = whole(task, source, (7, 5), flags)
    rows, places = np.indices(a.shape)
    hidden = rows == places if what == "diagonal" else places < rows if uplo == "U" else places > rows
    a[hidden] = parts.not_a_number(task.dtype)
    return [pose(task, (a, b), attributes, exact=True)]


def _alpha_zero(task: Task) -> Iterator[Question]:
    for side in _SIDES:
        yield from pairs(f"a-is-nan-{side}", partial(_without, task, side))


def _without(task: Task, side: str, source: Draw) -> list[Problem]:
    """With alpha zero the solution is zero; a launch that is not zero follows, so that it shows."""
    (a, b), attributes = whole(task, source, (7, 7), {**_PLAIN, "side": side})
    nothing = np.full_like(a, parts.not_a_number(task.dtype))
    unread = pose(task, (nothing, b), {**attributes, "alpha": real(task, 0.0)})
    return [unread, pose(task, (a, b), attributes, exact=True)]


def _volume(task: Task) -> Iterator[Question]:
    """Some three hundred thousand results: many right-hand sides of small systems."""
    return repeatedly(task, (4, 4096), launches=4, parts=5)


INPUTS: Inputs = {
    "integer-exact": _whole,
    "selector": _selector,
    "sparse": _sparse,
    "scaling": _scaling,
    "dense": _dense,
    "cancellation": _cancellation,
    "zeros": _zeros,
    "specials": _specials,
    "overflow": _overflow,
    "subnormals": _subnormals,
    "metamorphic": _metamorphic,
    "known-answers": _known,
    "flags": _flags,
    "alpha-zero": _alpha_zero,
    "unit-diagonal": partial(_unread, what="diagonal"),
    "other-triangle": partial(_unread, what="triangle"),
    "volume": _volume,
}

DEFINITION = Definition(
    size=lambda task: (9, 5),
    draw=draw,
    solve=solve,
    sweep=lambda task, length: [(length, 3), (4, length)],
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=rough,
    layouts=lambda task: ("strided", "transposed", "offset"),
    axes=axes,
    fixed=lambda task: (0,),
)
