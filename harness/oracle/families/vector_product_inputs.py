"""The input classes of products with vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Inputs, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.families.vector_product_operands import (
    ON_VECTORS,
    TRANSPOSES,
    dense,
    draw,
    factors,
    flags,
    reaches_infinity,
    real,
    shapes,
)
from harness.oracle.formats import FORMATS, component
from harness.oracle.inputs import parts
from harness.oracle.inputs.volume import repeatedly
from harness.oracle.problem import Problem, within
from harness.oracle.task import Task

_DEPTHS = (1, 2, 33, 257)


def _of_depth(task: Task, depth: int) -> Size:
    return (depth,) if task.name in ON_VECTORS else (5, depth)


def _whole(task: Task) -> Iterator[Question]:
    for depth in (1, 33, 257):
        yield from pairs(f"whole-{depth}", partial(_drawn, task, _of_depth(task, depth)))


def _drawn(task: Task, size: Size, source: Draw) -> list[Problem]:
    operands, attributes = draw(task, source, size)
    return [pose(task, operands, attributes, exact=True)]


def _selector(task: Task) -> Iterator[Question]:
    """Full significands, each met by a single power of two among zeros."""
    for operand in range(1 if task.name in ("nrm2", "syrk") else 2):
        yield from pairs(f"operand-{operand}", partial(_selected, task, operand))


def _selected(task: Task, operand: int, source: Draw) -> list[Problem]:
    form = FORMATS[component(task.dtype)]
    reach = (form.emin + 8, form.emax - 8)
    plain = {"alpha": real(task, 1.0), "beta": real(task, 0.0)}
    if task.name in ON_VECTORS:
        values = [np.zeros(23, numpy_dtype(task.dtype)) for _ in range(2)]
        for vector in values:
            vector[11] = 2.0 ** int(source.integers(-3, 3, ()))
        values[operand] = parts.full(source, task.dtype, (23,), reach)
        if task.name == "nrm2":
            values[0][:11], values[0][12:] = 0, 0
        return [pose(task, values[: 1 if task.name == "nrm2" else 2], {}, exact=True)]
    if task.name == "syrk":
        return [_selected_rows(task, source, plain)]
    a = parts.full(source, task.dtype, (9, 9), reach)
    x = np.zeros(9, a.dtype)
    x[int(source.integers(0, 8, ()))] = 2.0 ** int(source.integers(-3, 3, ()))
    if operand == 1:
        a = (np.eye(9)[source.permutation(9)] * source.signs((9, 9))).astype(a.dtype)
        x = parts.full(source, task.dtype, (9,), reach)
    return [pose(task, (a, x, np.ones(9, a.dtype)), {"trans": "N", **plain}, exact=True)]


def _selected_rows(task: Task, source: Draw, plain: Mapping[str, Any]) -> Problem:
    """Two rows of full significands, each met by another row's power of two; their own squares have a bound."""
    a = np.zeros((4, 9), numpy_dtype(task.dtype))
    places = source.permutation(9)[:2]
    a[[0, 1], places] = parts.full(source, task.dtype, (2,), (-20, 20))
    a[[2, 3], places] = np.ldexp(1.0, source.integers(-3, 3, (2,)))
    operands, attributes = (a, np.ones((4, 4), a.dtype)), {"trans": "N", "uplo": "U", **plain}
    whole, rounded = (pose(task, operands, attributes, exact=exact) for exact in (True, False))
    squares = np.eye(4) * np.array([1, 1, 0, 0]) > 0
    (expected,), (bounded,) = whole.wanted, rounded.wanted
    wide = expected.expected.astype(bounded.expected.dtype)
    kept = np.where(squares, bounded.expected, wide)
    return replace(rounded, wanted=(within(expected.dtype, kept, np.where(squares, np.asarray(bounded.bound), 0.0)),))


def _sparse(task: Task) -> Iterator[Question]:
    """Three terms of full precision among zeros, however long the operands are."""
    for depth in (64, 513):
        yield from pairs(f"three-{depth}", partial(_thin, task, depth))


def _thin(task: Task, depth: int, source: Draw) -> list[Problem]:
    operands, attributes = dense(task, source, _of_depth(task, depth), "centred")
    kept = np.isin(np.arange(depth), source.permutation(depth)[:3])
    first = operands[0]
    along = kept if first.ndim == 1 or attributes["trans"] == "N" else kept[:, None]
    thinned = [first, operands[1] * kept, operands[2]] if task.name == "gemv" else [first * along, *operands[1:]]
    return [pose(task, thinned, attributes)]


def _scaling(task: Task) -> Iterator[Question]:
    """Columns scaled by widely differing powers of two, and what they are multiplied with by the inverse ones."""
    yield from pairs("powers-of-two", partial(_scaled, task))


def _scaled(task: Task, source: Draw) -> list[Problem]:
    operands, attributes = dense(task, source, _of_depth(task, 33), "one-to-two")
    powers = np.ldexp(1.0, source.integers(-40, 40, (33,))).astype(numpy_dtype(component(task.dtype)))
    if task.name in ("nrm2", "syrk"):
        # Of one operand alone, rows or the whole are scaled.
        power = powers[0] if task.name == "nrm2" else powers[:5][:, None]
        first = operands[0] * (power if attributes.get("trans", "N") == "N" else np.transpose(power))
        return [pose(task, [first, *operands[1:]], attributes)]
    along = powers if attributes.get("trans", "N") == "N" else powers[:, None]
    return [pose(task, [operands[0] * along, operands[1] / powers, *operands[2:]], attributes)]


def _dense(task: Task) -> Iterator[Question]:
    for depth in _DEPTHS:
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{depth}", partial(_full, task, depth, kind))


def _full(task: Task, depth: int, kind: str, source: Draw) -> list[Problem]:
    operands, attributes = dense(task, source, _of_depth(task, depth), kind)
    return [pose(task, operands, attributes)]


def _cancellation(task: Task) -> Iterator[Question]:
    for half in (1, 16, 64):
        yield from pairs(f"pairs-{half}", partial(_cancelling, task, half))


def _cancelling(task: Task, half: int, source: Draw) -> list[Problem]:
    """Terms that cancel in pairs, in a random order, but for one; squares do not cancel, so that of a norm all stay."""
    depth = 2 * half + 1
    order = source.permutation(depth)
    attributes = {"trans": "N", "uplo": "L"} if task.name == "syrk" else {"trans": "N"}
    attributes = ({} if task.name in ON_VECTORS else attributes) | factors(task, source, None)
    first = parts.dense(source, task.dtype, _of_depth(task, half), "centred")
    second = parts.dense(source, task.dtype, (half,), "centred")
    rest = parts.dense(source, task.dtype, (*first.shape[:-1], 1), "one-to-two")
    a = np.concatenate([first, first, rest], axis=-1)[..., order]
    b = np.concatenate([second, -second, rest.reshape(-1)[:1]])[order]
    if task.name == "nrm2":
        return [pose(task, (a,), attributes)]
    if task.name == "syrk":
        signs = np.concatenate([np.ones(half), -np.ones(half), [1.0]])[order]
        a[1::2] = a[0] * signs
        return [pose(task, (a, np.zeros((5, 5), a.dtype)), attributes)]
    return [pose(task, (a, b) if a.ndim == 1 else (a, b, np.zeros(5, a.dtype)), attributes)]


def _zeros(task: Task) -> Iterator[Question]:
    yield from pairs("complementary", partial(_complementary, task))


def _complementary(task: Task, source: Draw) -> list[Problem]:
    """Operands without zeros; then such as are zero where the other is not, which leaves beta times C alone."""
    operands, attributes = draw(task, source, _of_depth(task, 24))
    even = (np.arange(24) % 2).astype(operands[0].dtype)
    first = operands[0]
    along = even if first.ndim == 1 or attributes["trans"] == "N" else even[:, None]
    whole = pose(task, operands, attributes, exact=True)
    if task.name in ("nrm2", "syrk"):
        return [whole, pose(task, [first * 0, *operands[1:]], attributes, exact=True)]
    return [whole, pose(task, [first * along, operands[1] * (1 - even), *operands[2:]], attributes, exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    names = ("nan",) if parts.is_complex(task.dtype) and task.name != "nrm2" else ("nan", "inf", "-inf")
    for name in names:
        for place, index in (("first", 0), ("middle", 12), ("last", 23)):
            yield from pairs(f"{name}-{place}", partial(_special, task, float(name), index))


def _special(task: Task, value: float, index: int, source: Draw) -> list[Problem]:
    operands, attributes = draw(task, source, _of_depth(task, 24))
    first = np.array(operands[0])
    said = parts.not_a_number(task.dtype) if np.isnan(value) else value
    if first.ndim == 1:
        first[index] = said
    elif attributes["trans"] == "N":
        first[3, index] = said
    else:
        first[index, 3] = said
    # Without it first, since a device that returns its last output would be right about NaN in all of them.
    return [pose(task, [one, *operands[1:]], attributes, exact=True) for one in (operands[0], first)]


def _overflow(task: Task) -> Iterator[Question]:
    """Results past the largest number; then such as stay below it.

    What becomes of the one part of a complex number where the other is infinite is left open.
    """
    if reaches_infinity(task) and (task.name == "nrm2" or not parts.is_complex(task.dtype)):
        yield from pairs("past-largest", partial(_overflowing, task, 0))
    yield from pairs("below-largest", partial(_overflowing, task, 3))


def _overflowing(task: Task, below: int, source: Draw) -> list[Problem]:
    """Numbers that stay below the largest one, then others that do or do not."""
    count, sign = int(source.integers(5, 7, ())), int(source.signs(()))
    return [*_large(task, 3, count, sign), *_large(task, below, count + 1, -sign)]


def _large(task: Task, below: int, count: int, sign: int) -> list[Problem]:
    """Five to eight numbers that are the largest power of two, or less; of syrk, so are their squares."""
    typed, emax = numpy_dtype(task.dtype), FORMATS[component(task.dtype)].emax
    power = (emax - below - 3) // 2 if task.name == "syrk" and below else emax - 2 * below
    large = np.full(count, sign * np.ldexp(1.0, power), typed)
    ones, attributes = np.ones(count, typed), {"alpha": real(task, 1.0), "beta": real(task, 0.0)}
    if task.name == "nrm2":
        return [pose(task, (large,))]
    if task.name in ON_VECTORS:
        return [pose(task, (large, ones), exact=True)]
    a = np.stack([large, ones])
    if task.name == "gemv":
        return [pose(task, (a, ones, np.ones(2, typed)), attributes | {"trans": "N"}, exact=True)]
    return [pose(task, (a, np.ones((2, 2), typed)), attributes | {"trans": "N", "uplo": "L"}, exact=True)]


def _subnormals(task: Task) -> Iterator[Question]:
    if not task.flushes:
        yield from pairs("in-and-out", partial(_tiny, task))


def _tiny(task: Task, source: Draw) -> list[Problem]:
    """Subnormal numbers times ones, whose sums are exact; of syrk only C is such."""
    part = component(task.dtype)
    typed = numpy_dtype(task.dtype)
    tiny = np.ldexp(source.integers(1, 4096, (19,)).astype(np.float64), FORMATS[part].emin - FORMATS[part].p + 1)
    ones, attributes = np.ones(19, typed), {"alpha": real(task, 1.0), "beta": real(task, 1.0)}
    if task.name == "nrm2":
        return [pose(task, (tiny.astype(typed),))]
    if task.name in ON_VECTORS:
        return [pose(task, (tiny.astype(typed), ones), exact=True)]
    if task.name == "gemv":
        a = np.stack([tiny, 2 * tiny, -tiny]).astype(typed)
        return [pose(task, (a, ones, a[:, 0]), attributes | {"trans": "N"}, exact=True)]
    c = np.outer(np.ones(19), tiny).astype(typed)
    a = np.zeros((19, 3), typed)
    return [pose(task, (a, c), attributes | {"trans": "N", "uplo": "L"}, exact=True)]


def _metamorphic(task: Task) -> Iterator[Question]:
    yield from pairs("moved-and-padded", partial(_related, task))


def _related(task: Task, source: Draw) -> list[Problem]:
    """The same terms in another order, with zeros between, and scaled by a power of two: exact every time."""
    operands, attributes = draw(task, source, _of_depth(task, 24))
    order = source.permutation(24)
    places = np.arange(24) + np.arange(24) // 5
    found = [pose(task, operands, attributes, exact=True)]
    for way in ("moved", "padded", "scaled"):
        changed = [np.array(operand) for operand in operands]
        for number, operand in enumerate(operands[: 2 if task.name in ("dot", "dotc", "gemv") else 1]):
            axis = 0 if operand.ndim == 1 or attributes.get("trans", "N") != "N" else 1
            if way == "moved":
                changed[number] = np.take(operand, order, axis)
            elif way == "padded":
                shape = [29 if place == axis else length for place, length in enumerate(operand.shape)]
                changed[number] = np.zeros(shape, operand.dtype)
                np.moveaxis(changed[number], axis, 0)[places] = np.moveaxis(operand, axis, 0)
            else:
                changed[number] = operand * 8
        found.append(pose(task, changed, attributes, exact=True))
    return found


def _flags(task: Task) -> Iterator[Question]:
    """Every combination of flags."""
    if task.name in TRANSPOSES:
        for trans, uplo in product(TRANSPOSES[task.name], ("U", "L") if task.name == "syrk" else ("",)):
            yield from pairs(f"{trans}{uplo}", partial(_flagged, task, trans, uplo))


def _flagged(task: Task, trans: str, uplo: str, source: Draw) -> list[Problem]:
    chosen: dict[str, Any] = {"trans": trans} | ({"uplo": uplo} if uplo else {})
    operands = [parts.nonzero(source, task.dtype, shape, 15) for shape in shapes(task, (7, 11), chosen)]
    return [pose(task, operands, chosen | factors(task, source, 9), exact=True)]


def _unread(task: Task, name: str) -> Iterator[Question]:
    if task.name not in ON_VECTORS:
        yield from pairs(f"{name}-zero", partial(_without, task, name))


def _without(task: Task, name: str, source: Draw) -> list[Problem]:
    """With a factor of zero, what it belongs to is all NaN."""
    operands, attributes = draw(task, source, (7, 11))
    operands = list(operands)
    unread = range(len(operands) - 1) if name == "alpha" else (len(operands) - 1,)
    for index in unread:
        operands[index] = np.full_like(operands[index], parts.not_a_number(task.dtype))
    return [pose(task, operands, {**attributes, name: real(task, 0.0)}, exact=True)]


def _other_triangle(task: Task) -> Iterator[Question]:
    if task.name == "syrk":
        for uplo in "UL":
            yield from pairs(f"nan-beside-{uplo}", partial(_beside, task, uplo))


def _beside(task: Task, uplo: str, source: Draw) -> list[Problem]:
    """Full significands, NaN among them, in the triangle that is not named, which come through."""
    chosen: dict[str, Any] = {"trans": "N", "uplo": uplo}
    a, c = (parts.nonzero(source, task.dtype, shape, 15) for shape in shapes(task, (7, 11), chosen))
    other = np.tril(np.ones((7, 7), np.bool_), -1) if uplo == "U" else np.triu(np.ones((7, 7), np.bool_), 1)
    beside = parts.full(source, task.dtype, (7, 7), (-9, 9))
    beside[source.integers(0, 3, (7, 7)) == 0] = parts.not_a_number(task.dtype)
    return [pose(task, (a, np.where(other, beside, c)), chosen | factors(task, source, 9), exact=True)]


def _range(task: Task) -> Iterator[Question]:
    """Norms whose squares leave the range on either side, or on both; of other operations there are none."""
    if task.name == "nrm2":
        for name in ("large", "small", "both"):
            yield from pairs(name, partial(_ranging, task, name))


def _ranging(task: Task, name: str, source: Draw) -> list[Problem]:
    form = FORMATS[component(task.dtype)]
    reach = {
        "large": (form.emax - 8, form.emax - 6),
        "small": (form.emin, form.emin + 6),
        "both": (form.emin, form.emax - 6),
    }
    x = parts.full(source, task.dtype, (29,), reach[name])
    return [pose(task, (x,)), pose(task, (-x[source.permutation(29)][:11],))]


def _known(task: Task) -> Iterator[Question]:
    """Norms and inner products that have a name: of Pythagoras, of ones, of a vector with itself."""
    yield from pairs("ones", partial(_ones, task))


def _ones(task: Task, source: Draw) -> list[Problem]:
    count = 4 ** int(source.integers(1, 3, ()))
    power = int(source.integers(-3, 3, ()))
    values = np.full(_of_depth(task, count), 2.0**power, numpy_dtype(task.dtype))
    if task.name in ON_VECTORS:
        triangle = np.ldexp(np.array([3.0, 4.0]), power).astype(values.dtype)
        return [pose(task, (x,) * (1 if task.name == "nrm2" else 2), exact=True) for x in (values, triangle)]
    attributes = {"alpha": real(task, 1.0), "beta": real(task, 0.0)} | flags(task, source) | {"trans": "N"}
    rest = [values[0], values[:, 0]] if task.name == "gemv" else [np.ones((5, 5), values.dtype)]
    return [pose(task, (x, *rest), attributes, exact=True) for x in (values, 2 * values)]


def _volume(task: Task) -> Iterator[Question]:
    """Some three hundred thousand results; of what gives a single number, as many as there is time to launch."""
    size, launches, count = {"gemv": ((4096, 3), 16, 5), "syrk": ((256, 3), 1, 5)}.get(task.name, ((9,), 256, 2))
    return repeatedly(task, size, launches, count)


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
    "alpha-zero": partial(_unread, name="alpha"),
    "beta-zero": partial(_unread, name="beta"),
    "other-triangle": _other_triangle,
    "range": _range,
    "volume": _volume,
}
