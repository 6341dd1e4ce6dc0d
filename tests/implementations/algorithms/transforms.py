"""Fourier transforms by other ways than the simulator's: by frequency, mixed radices, halves of real rows, a chirp."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled

#: Real and imaginary parts, transformed along the last axis.
Parts = tuple[Array, Array]
Forward = Callable[[Machine, Parts], Parts]

_PARTS = {"complex64": "float32", "complex128": "float64"}


@lru_cache(maxsize=256)
def roots(length: int, part: str, *, quarter: bool = False) -> Parts:
    """exp(-2 pi i k / length), or of k squared over twice the length for a ``quarter``; each part rounded once."""
    places = np.arange(length, dtype=object)
    turns = [int(k) * int(k) % (2 * length) if quarter else int(k) for k in places]
    around = 2 * length if quarter else length
    angles = [_exactly(turn, around) for turn in turns]
    return (
        np.array([cosine for cosine, _ in angles]).astype(part),
        np.array([-sine for _, sine in angles]).astype(part),
    )


def _exactly(turn: int, around: int) -> tuple[float, float]:
    """Cosine and sine of a part of a turn, by the angle to the nearest quarter, so that zeros and ones are exact."""
    quarters, rest = divmod(4 * turn + around // 2, around)
    angle = (rest - around // 2) * (np.pi / 2) / around
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    return ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[quarters % 4]


def times(machine: Machine, x: Parts, y: Parts) -> Parts:
    """Products of complex numbers: four multiplications and two additions."""
    step = machine.step
    a, b = (np.broadcast_to(part, x[0].shape) for part in y)
    return (
        step("subtract", step("multiply", x[0], a), step("multiply", x[1], b)),
        step("add", step("multiply", x[0], b), step("multiply", x[1], a)),
    )


def _both(machine: Machine, step: str, x: Parts, y: Parts) -> Parts:
    return machine.step(step, x[0], y[0]), machine.step(step, x[1], y[1])


def by_frequency(machine: Machine, x: Parts) -> Parts:
    """Halves of the row are added and subtracted, and the differences turned (Gentleman and Sande, 1966)."""
    length = x[0].shape[-1]
    if length == 1:
        return x
    if length % 2:
        return mixed(machine, x)
    half = length // 2
    first, second = ((x[0][..., part], x[1][..., part]) for part in (slice(None, half), slice(half, None)))
    table = roots(length, x[0].dtype.name)
    turned = times(machine, _both(machine, "subtract", first, second), (table[0][:half], table[1][:half]))
    even = by_frequency(machine, _both(machine, "add", first, second))
    odd = by_frequency(machine, turned)
    return _woven(even, odd)


def _woven(even: Parts, odd: Parts) -> Parts:
    real, imaginary = (np.stack(pair, axis=-1).reshape(*pair[0].shape[:-1], -1) for pair in zip(even, odd, strict=True))
    return real, imaginary


def mixed(machine: Machine, x: Parts, prefer: tuple[int, ...] = (4, 2, 3, 5, 7)) -> Parts:
    """Every length by its factors (Cooley and Tukey, 1965); lengths with none of them by way of a chirp."""
    length, part = x[0].shape[-1], x[0].dtype.name
    if length == 1:
        return x
    factor = next((one for one in prefer if length % one == 0), None)
    if factor is None:
        return chirp(machine, x)
    rest = length // factor
    table = roots(length, part)
    pieces = []
    for place in range(factor):
        piece = mixed(machine, (x[0][..., place::factor], x[1][..., place::factor]), prefer)
        at = place * np.arange(rest) % length
        pieces.append(times(machine, piece, (table[0][at], table[1][at])) if place else piece)
    small = roots(factor, part)
    found = []
    for row in range(factor):
        total = pieces[0]
        for place in range(1, factor):
            at = row * place % factor
            turned = pieces[place]
            if at:
                turned = times(machine, turned, (small[0][at : at + 1], small[1][at : at + 1]))
            total = _both(machine, "add", total, turned)
        found.append(total)
    return (
        np.concatenate([one[0] for one in found], axis=-1),
        np.concatenate([one[1] for one in found], axis=-1),
    )


def chirp(machine: Machine, x: Parts) -> Parts:
    """A convolution with a chirp, by transforms of a power of two (Bluestein, 1970)."""
    length, part = x[0].shape[-1], x[0].dtype.name
    if length == 1:
        return x
    size = 1 << (2 * length - 2).bit_length()
    table = roots(length, part, quarter=True)
    kernel = [np.zeros((1, size), part) for _ in range(2)]
    kernel[0][:, :length], kernel[1][:, :length] = table[0], -table[1]
    kernel[0][:, size - length + 1 :], kernel[1][:, size - length + 1 :] = table[0][:0:-1], -table[1][:0:-1]
    turned = times(machine, x, table)
    padded = [np.concatenate([one, np.zeros((*one.shape[:-1], size - length), part)], axis=-1) for one in turned]
    spectrum = times(
        machine, by_frequency(machine, (padded[0], padded[1])), by_frequency(machine, (kernel[0], kernel[1]))
    )
    imaginary, real = by_frequency(machine, (spectrum[1], spectrum[0]))
    over = filled(1 / size, real[..., :length])
    cut = machine.step("multiply", real[..., :length], over), machine.step("multiply", imaginary[..., :length], over)
    return times(machine, cut, table)


def _scaled(machine: Machine, x: Parts, divisor: float, *, multiplies: bool) -> Parts:
    if divisor == 1:
        return x
    by = filled(1 / divisor if multiplies else divisor, x[0])
    step = "multiply" if multiplies else "divide"
    return machine.step(step, x[0], by), machine.step(step, x[1], by)


def _transform(
    name: str,
    forward: Forward,
    halved: bool,
    multiplies: bool,
    machine: Machine,
    operands: Sequence[Array],
    attributes: Attributes,
    results: Sequence[str],
) -> Sequence[Array]:
    x = operands[0]
    axis, inverse, norm = attributes.get("axis", -1), name in ("ifft", "irfft"), attributes.get("norm", "backward")
    rows = np.moveaxis(x, axis, -1)
    given = attributes.get("n")
    length = (2 * (rows.shape[-1] - 1) if name == "irfft" else rows.shape[-1]) if given is None else given
    divisor = {"ortho": float(np.sqrt(length)), "forward": 1.0 if inverse else float(length)}.get(
        norm, float(length) if inverse else 1.0
    )
    parts = _filled(rows, length // 2 + 1 if name == "irfft" else length)
    if name == "rfft" and halved and length % 2 == 0:
        found = _real(machine, forward, parts[0])
    elif name == "irfft":
        found = _swapped(machine, forward, _mirrored(parts, length))
    else:
        found = _swapped(machine, forward, parts) if inverse else forward(machine, parts)
    if name == "rfft":
        found = found[0][..., : length // 2 + 1], found[1][..., : length // 2 + 1]
    found = _scaled(machine, found, divisor, multiplies=multiplies)
    if name == "irfft":
        return (np.moveaxis(found[0], -1, axis),)
    whole = np.empty(found[0].shape, results[0])
    whole.real, whole.imag = found
    return (np.moveaxis(whole, -1, axis),)


def _filled(rows: Array, length: int) -> Parts:
    """The parts of rows cut or filled up with zeros."""
    part = _PARTS.get(rows.dtype.name, rows.dtype.name)
    real, imaginary = (np.zeros((*rows.shape[:-1], length), part) for _ in range(2))
    kept = min(length, rows.shape[-1])
    real[..., :kept] = rows.real[..., :kept]
    if rows.dtype.kind == "c":
        imaginary[..., :kept] = rows.imag[..., :kept]
    return real, imaginary


def _swapped(machine: Machine, forward: Forward, x: Parts) -> Parts:
    """The way back: parts exchanged before and after."""
    imaginary, real = forward(machine, (x[1], x[0]))
    return real, imaginary


def _mirrored(half: Parts, length: int) -> Parts:
    real, imaginary = (np.zeros((*half[0].shape[:-1], length), half[0].dtype) for _ in range(2))
    kept = length // 2 + 1
    real[..., :kept], imaginary[..., :kept] = half
    imaginary[..., 0] = 0
    if length % 2 == 0:
        imaginary[..., length // 2] = 0
    behind = np.arange(kept, length)
    real[..., behind], imaginary[..., behind] = half[0][..., length - behind], -half[1][..., length - behind]
    return real, imaginary


def _real(machine: Machine, forward: Forward, x: Array) -> Parts:
    """A real row as a complex one of half the length, whose transform is taken apart by symmetry."""
    step, half = machine.step, x.shape[-1] // 2
    z = forward(machine, (x[..., ::2], x[..., 1::2]))
    at, mirrored = np.arange(half + 1) % half, -np.arange(half + 1) % half
    one, other = (z[0][..., at], z[1][..., at]), (z[0][..., mirrored], z[1][..., mirrored])
    even = step("add", one[0], other[0]), step("subtract", one[1], other[1])
    odd = step("add", one[1], other[1]), step("subtract", other[0], one[0])
    by = filled(0.5, one[0])
    even, odd = ((step("multiply", part[0], by), step("multiply", part[1], by)) for part in (even, odd))
    table = roots(2 * half, x.dtype.name)
    turned = times(machine, odd, (table[0][: half + 1], table[1][: half + 1]))
    return _both(machine, "add", even, turned)


FORWARDS: Mapping[str, Forward] = {
    "by frequency": by_frequency,
    "mixed radices from 4": mixed,
    "mixed radices from 2": partial(mixed, prefer=(2, 3, 5, 7)),
    "mixed radices from 8": partial(mixed, prefer=(8, 4, 3, 2, 5, 7)),
    "a chirp for every odd length": partial(mixed, prefer=(4, 2)),
}


def transforms(forward: str, *, halved: bool, multiplies: bool) -> Mapping[str, Algorithm]:
    """The four transforms; real rows by ``halved`` complex ones, scaled by a factor or divided."""
    return {
        name: partial(_transform, name, FORWARDS[forward], halved, multiplies)
        for name in ("fft", "ifft", "rfft", "irfft")
    }
