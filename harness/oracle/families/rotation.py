"""Rotary embedding: pairs of channels turned by the angles that the caches hold for their positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.rotation import rotation_bound
from harness.oracle.definition import Definition, Inputs, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, round_to
from harness.oracle.numbers import full_mantissa, subnormals, whole
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.rotation import turn
from harness.oracle.task import Task

#: Rows of a cache beyond those that a launch's positions need.
_SPARE = 3
#: Cosine and sine of the quarter turns.
_QUARTERS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The rotation within its bound; channels that are not turned have none, they must be as they were."""
    found, out = turn(operands, attributes), task.types.out
    if exact:
        return (exactly(out, round_to(found.result, out)),)
    bound = rotation_bound(task.held_to, found.magnitude, found.terms, found.result)
    return (within(out, found.result, np.where(_kept(operands, attributes), 0.0, bound)),)


def _kept(operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    """Which channels are not turned, in the shape of X or broadcasting to it."""
    x = operands[0]
    size = x.shape[-1] if x.ndim == 4 else x.shape[2] // int(attributes["num_heads"])
    turned = attributes.get("rotary_embedding_dim", 0) or size
    return np.asarray(np.arange(x.shape[-1]) % max(size, 1) >= turned)


def _caches(task: Task, draw: Draw, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Cosines and sines of full precision; no pair need be of one angle for the definition to hold."""
    cos, sin = (full_mantissa(draw, task.dtype, shape, (-4, -1)) for _ in range(2))
    return cos, sin


def _posed(
    task: Task,
    draw: Draw,
    x: Array,
    caches: tuple[Array, Array],
    attributes: Mapping[str, Any] | None = None,
    *,
    exact: bool = False,
) -> Problem:
    """A problem with the positions drawn from the rows of two-axis caches, or with a row for each token."""
    given = dict(attributes or {})
    operands = [x, *caches]
    if caches[0].ndim == 2:
        length = x.shape[2] if x.ndim == 4 else x.shape[1]
        operands.append(draw.integers(0, caches[0].shape[0] - 1, (x.shape[0], length)))
    return pose(task, operands, given, exact=exact)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    batch, heads, length, half = size
    x = full_mantissa(draw, task.dtype, (batch, heads, length, 2 * half), (-2, 1))
    posed = _posed(task, draw, x, _caches(task, draw, (length + _SPARE, half)))
    return posed.operands, posed.attributes


def _sweep(task: Task, length: int) -> Sequence[Size]:
    """Each of batch, heads, positions and pairs of channels in turn, the others small."""
    return (length, 1, 2, 3), (1, length, 2, 3), (1, 2, length, 3), (1, 2, 2, length)


def _of_class(task: Task, name: str, make: Any) -> Iterator[Question]:
    """Questions with positions and with a row of the caches for each token."""
    for way in ("positions", "rows"):
        yield from pairs(f"{name}-{way}", partial(make, task, way))


def _shape_of_caches(way: str) -> tuple[int, ...]:
    return (9, 6) if way == "positions" else (2, 5, 6)


_X = (2, 3, 5, 12)


def _whole(task: Task, way: str, draw: Draw) -> list[Problem]:
    shape = _shape_of_caches(way)
    # Twice the square is at most 2**24; results of float16 stay finite.
    most = 128 if task.dtype == "float16" else 2896
    cos, sin = whole(draw, task.dtype, shape, most), whole(draw, task.dtype, shape, most)
    return [_posed(task, draw, whole(draw, task.dtype, _X, most), (cos, sin), exact=True)]


def _turned_by_quarters(task: Task, way: str, draw: Draw) -> list[Problem]:
    reach = 14 if task.dtype == "float16" else 100
    return [_by_quarters(task, draw, full_mantissa(draw, task.dtype, _X, (-reach, reach)), way)]


def _by_quarters(task: Task, draw: Draw, x: Array, way: str = "positions", exact: bool = True) -> Problem:
    quarters = _QUARTERS[draw.integers(0, 3, _shape_of_caches(way))]
    caches = tuple(np.ascontiguousarray(quarters[..., part]).astype(numpy_dtype(task.dtype)) for part in range(2))
    return _posed(task, draw, x, (caches[0], caches[1]), exact=exact)


def _full(task: Task, way: str, draw: Draw, attributes: Mapping[str, Any] | None = None) -> list[Problem]:
    x = full_mantissa(draw, task.dtype, _X, (-2, 1))
    return [_posed(task, draw, x, _caches(task, draw, _shape_of_caches(way)), attributes)]


def _cancelling(task: Task, way: str, draw: Draw) -> list[Problem]:
    """The products of the first result of each pair all but cancel: sin x2 is cos x1, to the precision of the type."""
    shape = _shape_of_caches("rows")
    cos, sin = _caches(task, draw, shape)
    x = full_mantissa(draw, task.dtype, _X, (-2, 1))
    ratio = cos.astype(np.float64) / sin.astype(np.float64)
    x[..., 6:] = round_to(ratio[:, None] * x[..., :6].astype(np.float64), task.dtype)
    return [_posed(task, draw, x, (cos, sin))]


def _with_zeros(task: Task, way: str, draw: Draw) -> list[Problem]:
    """Channels, angles and whole tokens of zeros among others."""
    cos, sin = _caches(task, draw, _shape_of_caches(way))
    x = full_mantissa(draw, task.dtype, _X, (-2, 1))
    x[..., 1::3], x[:, :, 2] = 0, 0
    cos[..., ::4], sin[..., 1::4] = 0, 0
    return [_posed(task, draw, x, (cos, sin))]


def _scaled(task: Task, way: str, draw: Draw) -> list[Problem]:
    """Each token scaled by a power of two of its own."""
    reach = 8 if task.dtype == "float16" else 60
    x = full_mantissa(draw, task.dtype, _X, (-1, 0)).astype(np.float64)
    x = np.ldexp(x, draw.integers(-reach, reach, (*_X[:3], 1)))
    return [_posed(task, draw, round_to(x, task.dtype), _caches(task, draw, _shape_of_caches(way)))]


def _special(task: Task, way: str, draw: Draw) -> list[Problem]:
    """NaN and infinities in one channel of a pair, in both, and in the caches; infinity times zero."""
    cos, sin = _caches(task, draw, _shape_of_caches(way))
    x = full_mantissa(draw, task.dtype, _X, (-2, 1))
    x[0, 0, 0, 0], x[0, 1, 2, 11], x[1, 2, 4, 5] = np.nan, np.nan, np.inf
    x[1, 0, 1, 3], x[1, 0, 1, 9], x[0, 2, 3, 8] = np.inf, -np.inf, -np.inf
    sin[..., 1, 4], cos[..., 2, 2] = np.nan, np.inf
    cos[..., 4, 5] = 0
    return [_posed(task, draw, x, (cos, sin))]


def _subnormal(task: Task, way: str, draw: Draw) -> list[Problem]:
    """Subnormal channels turned by quarters; zeros in their place are right only where flushing is declared."""
    x = full_mantissa(draw, task.dtype, _X, (-2, 1))
    x[..., ::2] = subnormals(draw, task.dtype, x[..., ::2].shape)
    if not task.flushes:
        return [_by_quarters(task, draw, x, way)]
    posed = _by_quarters(task, draw, x, way, exact=False)
    wanted, least = posed.wanted[0], FORMATS[task.dtype].smallest_normal
    bound = np.where(np.abs(wanted.expected) < least, least, np.asarray(wanted.bound))
    return [replace(posed, wanted=(replace(wanted, bound=bound),))]


def _overflowing(task: Task, way: str, draw: Draw) -> list[Problem]:
    """The largest numbers times one and one: a result is zero, the number itself, or infinite."""
    largest = FORMATS[task.dtype].largest
    x = (draw.signs(_X) * largest).astype(numpy_dtype(task.dtype))
    cos, sin = (draw.signs(_shape_of_caches(way)).astype(numpy_dtype(task.dtype)) for _ in range(2))
    cos[..., ::3], sin[..., 1::3] = 0, 0
    return [_posed(task, draw, x, (cos, sin), exact=True)]


def _known(task: Task, way: str, draw: Draw) -> list[Problem]:
    """No turn at all, by a cosine of one and a sine of zero; x = (1, 0) gives the caches themselves."""
    caches = _caches(task, draw, _shape_of_caches(way))
    ones = (np.ones_like(caches[0]), np.zeros_like(caches[0]))
    impulse = np.zeros(_X, caches[0].dtype)
    impulse[..., :6] = 1
    return [
        _posed(task, draw, full_mantissa(draw, task.dtype, _X, (-2, 1)), ones, exact=True),
        _posed(task, draw, impulse, caches, exact=True),
    ]


def _related(task: Task, way: str, draw: Draw) -> list[Problem]:
    """The same pairs lying as neighbours and as halves; every number of X and its result twice as large."""
    operands = _full(task, way, draw)[0].operands
    halves = pose(task, operands)
    order = np.arange(12).reshape(2, 6).T.reshape(-1)
    moved = pose(task, (operands[0][..., order], *operands[1:]), {"interleaved": 1})
    doubled = pose(task, (operands[0] + operands[0], *operands[1:]))
    expected = halves.wanted[0].expected
    return [
        halves,
        replace(moved, wanted=(replace(moved.wanted[0], expected=expected[..., order]),)),
        replace(doubled, wanted=(replace(doubled.wanted[0], expected=2 * expected),)),
    ]


def _positions(task: Task) -> Iterator[Question]:
    """Positions in any order, repeated, of each batch's own; one row of the caches for each token."""
    for rows in (5, 6, 200):
        yield from pairs(f"cache-of-{rows}", partial(_from_cache, task, (rows, 6)))
    yield from pairs("rows", partial(_from_cache, task, (2, 5, 6)))


def _from_cache(task: Task, shape: tuple[int, ...], draw: Draw) -> list[Problem]:
    return [_posed(task, draw, full_mantissa(draw, task.dtype, _X, (-2, 1)), _caches(task, draw, shape))]


def _pairing(task: Task) -> Iterator[Question]:
    """Neighbours and halves, of whole heads and of a part."""
    for interleaved in (0, 1):
        for way in ("positions", "rows"):
            make = partial(_full, task, way, attributes={"interleaved": interleaved})
            yield from pairs(f"interleaved-{interleaved}-{way}", make)


def _partial(task: Task) -> Iterator[Question]:
    """Fewer channels turned than a head has: two of them, half of them."""
    for interleaved in (0, 1):
        for turned in (2, 6, 10):
            yield from pairs(f"{turned}-of-12-interleaved-{interleaved}", partial(_in_part, task, turned, interleaved))


def _in_part(task: Task, turned: int, interleaved: int, draw: Draw) -> list[Problem]:
    x = full_mantissa(draw, task.dtype, _X, (-2, 1))
    given = {"rotary_embedding_dim": turned, "interleaved": interleaved}
    return [_posed(task, draw, x, _caches(task, draw, (9, turned // 2)), given)]


def _packed(task: Task) -> Iterator[Question]:
    """Heads side by side: one, several, turned in part."""
    for heads in (1, 3, 4):
        for turned in (0, 4):
            yield from pairs(f"{heads}-heads-turned-{turned}", partial(_side_by_side, task, heads, turned))


def _side_by_side(task: Task, heads: int, turned: int, draw: Draw) -> list[Problem]:
    x = full_mantissa(draw, task.dtype, (2, 5, heads * 8), (-2, 1))
    given = {"num_heads": heads, **({"rotary_embedding_dim": turned} if turned else {})}
    return [_posed(task, draw, x, _caches(task, draw, (9, (turned or 8) // 2)), given)]


_CLASSES = {
    "integer-exact": _whole,
    "selector": _turned_by_quarters,
    "dense": _full,
    "cancellation": _cancelling,
    "zeros": _with_zeros,
    "scaling": _scaled,
    "specials": _special,
    "subnormals": _subnormal,
    "overflow": _overflowing,
    "known-answers": _known,
    "metamorphic": _related,
}

INPUTS: Inputs = {
    **{word: partial(_of_class, name=word, make=make) for word, make in _CLASSES.items()},
    "positions": _positions,
    "pairing": _pairing,
    "partial": _partial,
    "packed": _packed,
}


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Batches, heads and positions can be cut; channels cannot, and rows of the caches that no position names."""
    own = ["batch", "head", "position", ""] if operands[0].ndim == 4 else ["batch", "position", ""]
    cache = ["row", ""] if operands[1].ndim == 2 else ["batch", "position", ""]
    return [own, cache, cache, ["batch", "position"]][: len(operands)]


DEFINITION = Definition(
    size=lambda task: (2, 3, 5, 7),
    draw=_draw,
    solve=solve,
    sweep=_sweep,
    plainly_exact=lambda task: False,
    inputs=INPUTS,
    empty=lambda task: ((0, 2, 3, 4), (2, 2, 0, 4)),
    axes=axes,
    fixed=lambda task: (3,),
)
