"""Operations that move elements: no unit computes anything, so nothing is rounded or flushed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.simulator.composed.arguments import Attributes, axes, is_whole, refuse, whole, wholes, within
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import ALL, Shape, Signature

#: The shape of the result, from the operands' and the attributes.
ShapeOf = Callable[[Sequence[Shape], Attributes], Shape]
#: The elements of the result.
Move = Callable[[Sequence[Array], Attributes], Array]


def _concat_shape(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    axis = attributes.get("axis", 0)
    if axis is None:
        return (sum(map(math.prod, shapes)),)
    first, *others = shapes
    axis = within(axis, len(first))
    for shape in others:
        if len(shape) != len(first) or any(shape[i] != n for i, n in enumerate(first) if i != axis):
            refuse(f"shapes {first} and {shape} cannot be joined along axis {axis}")
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def _stack_shape(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    first = shapes[0]
    axis = within(attributes.get("axis", 0), len(first) + 1)
    if any(shape != first for shape in shapes):
        refuse(f"shapes {shapes} cannot be stacked")
    return (*first[:axis], len(shapes), *first[axis:])


def _permuted(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    order = wholes(attributes, "axes")
    if sorted(order) != list(range(len(shapes[0]))):
        refuse(f"axes {order} are no permutation of those of shape {shapes[0]}")
    return tuple(shapes[0][axis] for axis in order)


def _flipped(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    chosen = axes(attributes, len(shapes[0]))
    if len(set(chosen)) != len(chosen):
        refuse(f"axes {chosen} name one twice")
    return shapes[0]


def _rolled(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    _shifts(attributes, len(shapes[0]))
    return shapes[0]


def _shifts(attributes: Attributes, rank: int) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Shifts, and the axes they are along; no axes mean the flattened tensor."""
    if is_whole(attributes.get("shift")):
        chosen = None if attributes.get("axis") is None else axes(attributes, rank)
        return (whole(attributes, "shift"),) * (1 if chosen is None else len(chosen)), chosen
    shifts = wholes(attributes, "shift")
    if not isinstance(attributes.get("axis"), list | tuple) or len(attributes["axis"]) != len(shifts):
        refuse(f"{len(shifts)} shifts need as many axes, not {attributes.get('axis')!r:.40}")
    return shifts, axes(attributes, rank)


def _tiled(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    times = wholes(attributes, "repetitions", least=0)
    rank = max(len(times), len(shapes[0]))
    return tuple(n * m for n, m in zip(_front(shapes[0], rank), _front(times, rank), strict=True))


def _front(lengths: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(lengths)) + tuple(lengths)


def _repeated(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    times = whole(attributes, "repeats", least=0)
    if attributes.get("axis") is None:
        return (math.prod(shapes[0]) * times,)
    axis = within(attributes["axis"], len(shapes[0]))
    return tuple(n * times if i == axis else n for i, n in enumerate(shapes[0]))


def _reshaped(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    asked, size = wholes(attributes, "shape", least=-1), math.prod(shapes[0])
    known = math.prod(n for n in asked if n != -1)
    if asked.count(-1) == 1 and known > 0 and size % known == 0:
        return tuple(size // known if n == -1 else n for n in asked)
    if -1 in asked or known != size:
        refuse(f"shape {shapes[0]} cannot become {asked}")
    return asked


def _stretched(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    asked, shape = wholes(attributes, "shape", least=0), shapes[0]
    behind = asked[len(asked) - len(shape) :] if len(shape) <= len(asked) else ()
    if len(behind) != len(shape) or any(n not in (1, m) for n, m in zip(shape, behind, strict=True)):
        refuse(f"shape {shape} does not broadcast to {asked}")
    return asked


def _triangle(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    whole(attributes, "k", 0)
    if len(shapes[0]) < 2:
        refuse(f"a triangle of a tensor of shape {shapes[0]}")
    return shapes[0]


def _roll(operands: Sequence[Array], attributes: Attributes) -> Array:
    shifts, chosen = _shifts(attributes, operands[0].ndim)
    return np.roll(operands[0], shifts[0] if chosen is None else shifts, chosen)


def _triangle_of(upper: bool) -> Move:
    def compute(operands: Sequence[Array], attributes: Attributes) -> Array:
        x = operands[0]
        # No offset beyond the corners says more than one at them.
        k = int(np.clip(whole(attributes, "k", 0), -x.shape[-2] - 1, x.shape[-1] + 1))
        kept = np.tri(x.shape[-2], x.shape[-1], k - 1 if upper else k, dtype=np.bool_) ^ upper
        return np.where(kept, x, np.zeros((), x.dtype))

    return compute


#: Operands, attributes, the result's shape, and the move, by name.
_MOVES: Mapping[str, tuple[int, str, ShapeOf, Move]] = {
    "concat": (3, "axis", _concat_shape, lambda found, given: np.concatenate(found, given.get("axis", 0))),
    "stack": (3, "axis", _stack_shape, lambda found, given: np.stack(found, given.get("axis", 0))),
    "permute_dims": (1, "axes", _permuted, lambda found, given: np.transpose(found[0], given["axes"])),
    "flip": (1, "axis", _flipped, lambda found, given: np.flip(found[0], axes(given, found[0].ndim))),
    "roll": (1, "shift axis", _rolled, _roll),
    "tile": (1, "repetitions", _tiled, lambda found, given: np.tile(found[0], given["repetitions"])),
    "repeat": (1, "repeats axis", _repeated, lambda x, given: np.repeat(x[0], given["repeats"], given.get("axis"))),
    "reshape": (1, "shape", _reshaped, lambda found, given: np.reshape(found[0], given["shape"])),
    "broadcast_to": (1, "shape", _stretched, lambda found, given: np.broadcast_to(found[0], given["shape"])),
    "tril": (1, "k", _triangle, _triangle_of(upper=False)),
    "triu": (1, "k", _triangle, _triangle_of(upper=True)),
}


def _composed(arity: int, names: str, shape: ShapeOf, move: Move) -> Composed:
    def types(operands: Sequence[str], results: Sequence[str]) -> bool:
        return results[0] in ALL and all(dtype == results[0] for dtype in operands)

    def shapes(found: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
        return (shape([tuple(one) for one in found], attributes),)

    def compute(units: Units, operands: Sequence[Array], attributes: Attributes, results: Any) -> Sequence[Array]:
        return (move(operands, attributes),)

    return Composed(Signature(arity, arity, types, shapes, frozenset(names.split())), compute)


OPERATIONS: Mapping[str, Composed] = {name: _composed(*row) for name, row in _MOVES.items()}
