"""Fourier transforms: of powers of two by halves (Cooley and Tukey, 1965), of other lengths by the definition.

Every product and sum is a step of the units; roots of unity are rounded once to the format of the parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.complex_numbers import apart, part_of, together
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import Shape, Signature

_NORMS = ("backward", "ortho", "forward")
_INVERSE = ("ifft", "irfft")

#: Numbers as their real and imaginary parts.
Parts = tuple[Array, Array]


def _axis(attributes: Mapping[str, Any], rank: int) -> int:
    axis = attributes.get("axis", -1)
    if not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank:
        raise DeviceError(INVALID_VALUE, f"axis {axis!r} of a tensor of rank {rank}")
    return axis % rank


def _length(name: str, along: int, attributes: Mapping[str, Any]) -> int:
    given = attributes.get("n")
    length = (2 * (along - 1) if name == "irfft" else along) if given is None else given
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        raise DeviceError(INVALID_VALUE, f"{name} of length {length!r}")
    return length


def _shapes(
    name: str, shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]
) -> Sequence[Shape]:
    norm = attributes.get("norm", "backward")
    if norm not in _NORMS:
        raise DeviceError(INVALID_VALUE, f"norm is {str(norm)[:40]!r}, not one of {', '.join(_NORMS)}")
    shape = list(shapes[0])
    axis = _axis(attributes, len(shape))
    length = _length(name, shape[axis], attributes)
    shape[axis] = length // 2 + 1 if name == "rfft" else length
    return (tuple(shape),)


def _types(name: str, operands: Sequence[str], results: Sequence[str]) -> bool:
    for whole in ("complex64", "complex128"):
        expected = {"rfft": (part_of(whole), whole), "irfft": (whole, part_of(whole))}.get(name, (whole, whole))
        if (operands[0], results[0]) == expected:
            return True
    return False


def _compute(
    name: str, units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    x = operands[0]
    axis = _axis(attributes, x.ndim)
    length = _length(name, x.shape[axis], attributes)
    rows = np.moveaxis(x, axis, -1)
    kept = length // 2 + 1 if name == "irfft" else length
    shape = rows.shape[:-1]
    whole = np.zeros((*shape, kept), rows.dtype)
    whole[..., : rows.shape[-1]] = rows[..., :kept]
    if name == "irfft":
        whole = _mirrored(whole, length)
    real, imaginary = (part.reshape(-1, length) for part in apart(whole))
    # The way back is the way there with the parts exchanged, before and after.
    if name in _INVERSE:
        imaginary, real = _transform(units, name, (imaginary, real))
    else:
        real, imaginary = _transform(units, name, (real, imaginary))
    real, imaginary = _divided(units, (real, imaginary), _divisor(name, length, attributes))
    if name == "irfft":
        found = real
    else:
        last = length // 2 + 1 if name == "rfft" else length
        found = together(real[:, :last], imaginary[:, :last], results[0])
    return (np.moveaxis(found.reshape(*shape, found.shape[-1]), -1, axis),)


def _mirrored(half: Array, length: int) -> Array:
    """A whole spectrum from its first half; parts that are zero by symmetry are not read."""
    whole = np.zeros((*half.shape[:-1], length), half.dtype)
    whole[..., : half.shape[-1]] = half
    whole.imag[..., 0] = 0
    if length % 2 == 0:
        whole.imag[..., length // 2] = 0
    for place in range(length // 2 + 1, length):
        whole[..., place] = np.conj(whole[..., length - place])
    return whole


def _divisor(name: str, length: int, attributes: Mapping[str, Any]) -> float:
    norm = attributes.get("norm", "backward")
    if norm == "ortho":
        return float(np.sqrt(length))
    return float(length) if (norm == "forward") != (name in _INVERSE) else 1.0


def _divided(units: Units, x: Parts, divisor: float) -> Parts:
    if divisor == 1:
        return x
    by = np.full_like(x[0], divisor)
    return units.step("divide", x[0], by), units.step("divide", x[1], by)


def _transform(units: Units, name: str, x: Parts) -> Parts:
    """The transform of rows, not scaled."""
    length = x[0].shape[-1]
    if length & (length - 1):
        return _by_definition(units, name, x)
    order = _reversed_bits(length)
    real, imaginary = x[0][:, order], x[1][:, order]
    span = 1
    while span < length:
        real, imaginary = _butterflies(units, (real, imaginary), span)
        span *= 2
    return real, imaginary


def _butterflies(units: Units, x: Parts, span: int) -> Parts:
    """One level: pairs of transforms of a length become transforms of twice that."""
    step, (count, length) = units.step, x[0].shape
    real, imaginary = (part.reshape(count, -1, 2, span) for part in x)
    a, b = (real[:, :, 0], imaginary[:, :, 0]), (real[:, :, 1], imaginary[:, :, 1])
    cosine, sine = (np.broadcast_to(part[:span], b[0].shape) for part in _roots(2 * span, real.dtype.name))
    if span > 1:
        b = (
            step("add", step("multiply", b[0], cosine), step("multiply", b[1], sine)),
            step("subtract", step("multiply", b[1], cosine), step("multiply", b[0], sine)),
        )
    sums = [step("add", one, other) for one, other in zip(a, b, strict=True)]
    differences = [step("subtract", one, other) for one, other in zip(a, b, strict=True)]
    joined = [np.stack(pair, axis=2).reshape(count, length) for pair in zip(sums, differences, strict=True)]
    return joined[0], joined[1]


def _by_definition(units: Units, name: str, x: Parts) -> Parts:
    """Sums of products with the roots of unity."""
    length, part = x[0].shape[-1], x[0].dtype.name
    at = np.outer(np.arange(length), np.arange(length)) % length
    cosine, sine = (table[at] for table in _roots(length, part))
    left = np.concatenate(x, axis=1)
    return (
        units.product(name, left, np.concatenate([cosine, sine]), part),
        units.product(name, left, np.concatenate([-sine, cosine]), part),
    )


@lru_cache(maxsize=128)
def _roots(length: int, part: str) -> tuple[Array, Array]:
    """Cosines and sines of the whole multiples of a turn's part, rounded once; by angles up to an eighth of a turn."""
    eighths = 8 * np.arange(length)
    octant = eighths // length
    rest = np.where(octant % 2 == 0, eighths - octant * length, (octant + 1) * length - eighths)
    angle = rest * (np.pi / (4 * length))
    cosine, sine = np.cos(angle), np.sin(angle)
    swap = (octant % 4 == 1) | (octant % 4 == 2)
    across, up = np.where(swap, sine, cosine), np.where(swap, cosine, sine)
    return (
        (np.where((octant >= 2) & (octant < 6), -1, 1) * across).astype(part),
        (np.where(octant >= 4, -1, 1) * up).astype(part),
    )


@lru_cache(maxsize=32)
def _reversed_bits(length: int) -> Array:
    order = np.zeros(1, np.int64)
    while len(order) < length:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order


OPERATIONS: Mapping[str, Composed] = {
    name: Composed(
        Signature(1, 1, partial(_types, name), partial(_shapes, name), frozenset({"n", "axis", "norm"})),
        partial(_compute, name),
    )
    for name in ("fft", "ifft", "rfft", "irfft")
}
