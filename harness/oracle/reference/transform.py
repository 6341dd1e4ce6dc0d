"""The discrete Fourier transform by its definition, to within a rounding of float64.

Roots of unity are whole numbers over 2**66, found by multiplying whole numbers; they and the operands are cut into
slices whose products float64 adds without error, so that the sums are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Bits of a root of unity, those of one of its three slices, and those of one of the three of an operand.
_BITS, _SLICE, _OPERAND = 66, 22, 20
#: Bits with which roots of unity are multiplied.
_WORKING = 160
#: The longest transform whose sums stay exact.
LONGEST = 1024
#: The error of an element before it is scaled, over the largest operand and the length, and over the element itself.
ERROR, OWN_ERROR = 2.0**-58, 2.0**-51


def transform(name: str, x: Array, attributes: Mapping[str, Any]) -> Array:
    """What ``fft``, ``ifft``, ``rfft`` or ``irfft`` gives, in complex128, or float64 of ``irfft``."""
    axis, length = int(attributes.get("axis", -1)), length_of(name, x, attributes)
    rows = np.moveaxis(x, axis, -1)
    rows = fitted(rows, length // 2 + 1 if name == "irfft" else length)
    if name == "irfft":
        rows = _hermitian(rows, length)
    found = _sums(rows, inverse=name in ("ifft", "irfft")) / scale(name, length, attributes)
    if name == "rfft":
        found = found[..., : length // 2 + 1]
    if name == "irfft":
        found = found.real
    return np.ascontiguousarray(np.moveaxis(found, -1, axis))


def length_of(name: str, x: Array, attributes: Mapping[str, Any]) -> int:
    """The length of the transform."""
    given = attributes.get("n")
    along = x.shape[int(attributes.get("axis", -1))]
    if given is not None:
        return int(given)
    return int(2 * (along - 1) if name == "irfft" else along)


def fitted(rows: Array, length: int) -> Array:
    """Rows cut to a length, or filled up with zeros."""
    found = np.zeros((*rows.shape[:-1], length), rows.dtype)
    kept = min(length, rows.shape[-1])
    found[..., :kept] = rows[..., :kept]
    return found


def scale(name: str, length: int, attributes: Mapping[str, Any]) -> float:
    """What sums are divided by."""
    norm = attributes.get("norm", "backward")
    if norm == "ortho":
        return float(np.sqrt(np.float64(length)))
    return float(length) if (norm == "forward") != (name in ("ifft", "irfft")) else 1.0


def _hermitian(rows: Array, length: int) -> Array:
    """The whole of a spectrum whose first half is given; parts that symmetry makes zero are not read."""
    whole = np.zeros((*rows.shape[:-1], length), np.complex128)
    whole[..., : rows.shape[-1]] = rows
    whole.imag[..., 0] = 0
    if length % 2 == 0:
        whole.imag[..., length // 2] = 0
    mirrored = np.arange(length // 2 + 1, length)
    whole[..., mirrored] = np.conj(whole[..., length - mirrored])
    return whole


def _sums(rows: Array, *, inverse: bool) -> Array:
    """The sums of the definition, for rows of any leading shape; a row that is not finite gives NaN."""
    length = rows.shape[-1]
    if length > LONGEST:
        raise ValueError(f"a transform of length {length} is longer than {LONGEST}")
    flat = rows.reshape(-1, length).astype(np.complex128)
    finite = np.asarray(np.isfinite(flat).all(axis=1))
    flat = np.where(finite[:, None], flat, 0)
    largest = np.maximum(np.abs(flat.real), np.abs(flat.imag)).max(axis=1, initial=0.0)
    exponent = np.where(largest > 0, np.frexp(largest)[1], 0)[:, None]
    real, imaginary = (_slices(np.ldexp(part, -exponent)) for part in (flat.real, flat.imag))
    sign = -1.0 if inverse else 1.0
    found = np.zeros(flat.shape, np.complex128)
    for total in sorted(((i, j) for i in range(3) for j in range(3)), key=lambda at: -20 * at[0] - 22 * at[1]):
        i, j = total
        cosine, sine = roots(length)[j]
        power = -(_OPERAND * (i + 1) + _SLICE * (j + 1))
        found.real += np.ldexp(real[i] @ cosine + sign * (imaginary[i] @ sine), power)
        found.imag += np.ldexp(imaginary[i] @ cosine - sign * (real[i] @ sine), power)
    found.real, found.imag = np.ldexp(found.real, exponent), np.ldexp(found.imag, exponent)
    found[~finite] = complex(np.nan, np.nan)
    return found.reshape(rows.shape)


def _slices(values: Array) -> list[Array]:
    """Three slices of numbers below one, as whole numbers; what is below 2**-60 is left out."""
    found, rest = [], values
    for _ in range(3):
        rest = rest * 2.0**_OPERAND
        found.append(np.floor(rest))
        rest = rest - found[-1]
    return found


@lru_cache(maxsize=80)
def roots(length: int) -> tuple[tuple[Array, Array], ...]:
    """Cosines and sines of ``2 pi j k / length`` at (j, k), in three slices of whole numbers each."""
    cosines, sines = _circle(length)
    at = np.outer(np.arange(length), np.arange(length)) % length
    slices = []
    for place in range(3):
        pair = []
        for numbers in (cosines, sines):
            shift = _BITS - _SLICE * (place + 1)
            digits = [number >> shift if place == 0 else (number >> shift) & ((1 << _SLICE) - 1) for number in numbers]
            pair.append(np.array(digits, np.float64)[at])
        slices.append((pair[0], pair[1]))
    return tuple(slices)


def _circle(length: int) -> tuple[list[int], list[int]]:
    """The cosines and sines of whole multiples of ``2 pi / length``, over 2**66 and rounded."""
    one = 1 << _WORKING
    cosine, sine = _turn(2 * _pi() // length)
    c, s, found = one, 0, []
    for _ in range(length):
        found.append((c, s))
        c, s = (c * cosine - s * sine) >> _WORKING, (s * cosine + c * sine) >> _WORKING
    half, shift = 1 << (_WORKING - _BITS - 1), _WORKING - _BITS
    return [(c + half) >> shift for c, _ in found], [(s + half) >> shift for _, s in found]


def _turn(angle: int) -> tuple[int, int]:
    """Cosine and sine of an angle by their series."""
    term, sums, order = 1 << _WORKING, [0, 0], 0
    while term:
        sums[order % 2] += term if order % 4 < 2 else -term
        order += 1
        term = (term * angle >> _WORKING) // order
    return sums[0], sums[1]


def _pi() -> int:
    """Pi, by Machin's formula."""

    def arctangent(inverse: int) -> int:
        power, total, order = (1 << _WORKING) // inverse, 0, 1
        while power:
            total += power // order if order % 4 == 1 else -(power // order)
            power //= inverse * inverse
            order += 2
        return total

    return 4 * (4 * arctangent(5) - arctangent(239))
