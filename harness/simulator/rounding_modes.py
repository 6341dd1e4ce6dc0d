"""Every rounding of IEEE 754-2019, clause 4.3, to any binary format, on the bits of float64 numbers.

A number that float64 cannot hold exactly arrives here rounded to odd (Boldo and Melquiond, 2008): inexact values at the
neighbour whose last bit is one. With two bits more than the target has, the second rounding, whichever it is, then is
that of the exact value.

Overflow is that of clause 7.4: a number that would have to be larger than the largest becomes infinity where the mode
rounds away from zero there, and to nearest always; else the largest. A format without infinity has NaN in its place,
and one without NaN either, the largest number of that sign; infinities as operands go the same way. NaN becomes NaN
of its sign, and the largest positive number in a format that has none. Formats without a sign have NaN for what is
below zero, and where there is no zero (``float8_e8m0fnu``) for zero too, while smaller positive numbers than its
smallest become that.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from harness.profile.conduct import Rounding
from harness.simulator.formats import FORMATS, INFINITE, NAN, Format, decode

Array = NDArray[Any]

#: The modes a profile can name.
MODES: tuple[str, ...] = get_args(Rounding)

_SIGN, _INFINITY, _HIDDEN = np.uint64(1 << 63), np.uint64(0x7FF << 52), np.uint64(1 << 52)
#: Elements taken at a time, so that what lies between two steps stays in the cache.
_CHUNK = 1 << 14


def words_of(values: Array, form: Format, mode: str) -> Array:
    """float64 numbers as words of a format no wider than float32, each rounded once."""
    flat = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    found = np.empty(flat.shape, dtype=form.word)
    for start in range(0, flat.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = _words(flat[part].view(np.uint64), form, mode)
    return found.reshape(values.shape)


def round_float64(values: Array, form: Format, mode: str) -> Array:
    """float64 numbers rounded to a format no wider than float32, as float64 numbers again.

    What the format has in the place of an infinity it lacks comes back as what it stands for: NaN, or the largest.
    """
    return decoded(words_of(values, form, mode), form)


def decoded(words: Array, form: Format) -> Array:
    """Words of a format as the float64 numbers they stand for."""
    if form.word == np.uint32:
        kept = words & np.uint32(0xFFFFFFFF - (1 << form.dropped) + 1)
        return kept.view(np.float32).astype(np.float64)
    return np.asarray(_values(form.name)[words])


@cache
def _values(name: str) -> Array:
    """Every word of a format of at most 16 bits as a float64 number."""
    form = FORMATS[name]
    words = np.arange(1 << (8 * form.word.itemsize), dtype=form.word)
    apart = decode(words & form.word.type((1 << form.width) - 1), form)
    numbers = np.ldexp(apart.significand.astype(np.float64), apart.exponent - form.fraction_bits)
    infinite = np.copysign(np.inf, apart.significand.astype(np.float64))
    found = np.where(apart.kind == NAN, np.nan, np.where(apart.kind == INFINITE, infinite, numbers))
    if form.signed:  # a significand of zero has no sign; a word has
        negative = (words >> form.word.type(form.width - 1)) & form.word.type(1)
        found = np.where((found == 0) & (negative == 1), -0.0, found)
    found.setflags(write=False)
    return np.asarray(found)


def _words(bits: Array, form: Format, mode: str) -> Array:
    sign = bits >> np.uint64(63)
    magnitude = bits & ~_SIGN
    fraction_bits = form.fraction_bits
    exponent = np.maximum((magnitude >> np.uint64(52)).astype(np.int64), 1) - 1023
    significand = (magnitude & (_HIDDEN - np.uint64(1))) | np.where(magnitude >= _HIDDEN, _HIDDEN, np.uint64(0))
    above = exponent - form.least
    shift = np.minimum(52 - fraction_bits + np.maximum(-above, 0), 62).astype(np.uint64)
    code = significand >> shift
    rest = significand - (code << shift)
    code += np.maximum(above, 0).astype(np.uint64) << np.uint64(fraction_bits)
    if form.special == "all-ones":
        # No subnormal numbers: the exponent is the whole word, and what lies below the first word becomes it.
        below = code == 0
        code = np.where(below, code, code - np.uint64(1))
        rest = np.where(below, np.uint64(0), rest)
    code += _carry(code, rest, shift, sign, mode)
    largest, infinite, nan = _limits(form)
    over = code > np.uint64(largest)
    if over.any():
        stays = _stays(sign, mode) & (magnitude < _INFINITY)
        code = np.where(over, np.where(stays, np.uint64(largest), np.uint64(infinite)), code)
        code = np.where(magnitude > _INFINITY, np.uint64(nan), code)
        if form.special == "none":
            sign = np.where(magnitude > _INFINITY, np.uint64(0), sign)
    if form.special == "all-ones":
        code = np.where((magnitude == 0) | (bits > _SIGN), np.uint64(nan), code)
    elif not form.signed:
        code = np.where(bits > _SIGN, np.uint64(nan), code)
    elif form.special == "zero":
        code = np.where(code == 0, code, code | (sign << np.uint64(form.width - 1)))
    else:
        code |= sign << np.uint64(form.width - 1 - form.dropped)
    return np.asarray(code << np.uint64(form.dropped)).astype(form.word)


def _carry(code: Array, rest: Array, shift: Array, sign: Array, mode: str) -> Array:
    """Whether each magnitude is rounded up, as ones and zeros."""
    if mode == "toward-zero":
        return np.zeros_like(code)
    if mode == "toward-positive":
        return np.asarray((rest != 0) & (sign == 0)).astype(np.uint64)
    if mode == "toward-negative":
        return np.asarray((rest != 0) & (sign == 1)).astype(np.uint64)
    half = np.uint64(1) << (shift - np.uint64(1))
    if mode == "nearest-away":
        return np.asarray(rest >= half).astype(np.uint64)
    return np.asarray(rest + (code & np.uint64(1)) > half).astype(np.uint64)


def _stays(sign: Array, mode: str) -> Array:
    """Whether a finite number too large for the format becomes the largest."""
    if mode == "toward-zero":
        return np.ones(sign.shape, dtype=np.bool_)
    if mode == "toward-positive":
        return np.asarray(sign == 1)
    if mode == "toward-negative":
        return np.asarray(sign == 0)
    return np.zeros(sign.shape, dtype=np.bool_)


@cache
def _limits(form: Format) -> tuple[int, int, int]:
    """The words, without sign, of the largest number, of infinity or what stands for it, and of NaN likewise."""
    fraction_bits = form.fraction_bits
    if form.special == "all-ones":
        return form.greatest - form.least, 0xFF, 0xFF
    top = ((form.greatest - form.least + 2) << fraction_bits) - 1
    if form.special == "ieee":
        return top, top + 1, (top + 1) | (1 << (fraction_bits - 1))
    if form.special == "nan":
        return top - 1, top, top
    if form.special == "zero":
        return top, 1 << (form.width - 1), 1 << (form.width - 1)
    return top, top, top


class Rounded:
    """Arithmetic in one format and mode: every result is rounded once, and held as a float64 number.

    Operands are float64 numbers that hold numbers of formats no wider than float32, or of any where the format is
    float64.
    """

    def __init__(self, name: str, mode: str = "nearest-even") -> None:
        if mode not in MODES:
            raise ValueError(f"no rounding {mode!r}")
        self.form = FORMATS[name]
        self.mode = mode
        self._wide = name == "float64"
        self._nearest = mode == "nearest-even"

    def round(self, values: Array) -> Array:
        """Numbers that hold the exact value, or that are rounded to odd."""
        if self._wide:
            return values
        if self._nearest and self.form.name in ("float32", "float16"):
            return np.asarray(values.astype(self.form.name).astype(np.float64))
        return round_float64(values, self.form, self.mode)

    def add(self, x: Array, y: Array) -> Array:
        """Sums."""
        if self._nearest:  # 53 bits are enough to round sums, products, quotients and roots of 24 bits twice
            return self.round(np.asarray(x + y))
        total, error = _two_sum(x, y)
        found = self._finish(total, error, lambda a, b: a + b, (x, y), 1000)
        return self._signed_zero(found, x, y)

    def multiply(self, x: Array, y: Array) -> Array:
        """Products."""
        product, error = _two_product(x, y) if self._wide and not self._nearest else (np.asarray(x * y), None)
        if error is None:  # exact, or rounded by the hardware
            return self.round(product)
        return self._finish(product, error, lambda a, b: a * b, (x, y))

    def fma(self, x: Array, y: Array, z: Array) -> Array:
        """Products and what is added to them, rounded together."""
        product = np.asarray(x * y)
        if not self._wide:
            found = self.round(_to_odd(*_two_sum(product, z)))
            return found if self._nearest else self._signed_zero(found, product, z)
        found = self._finish(*_fused(x, y, z), lambda a, b, c: a * b + c, (x, y, z))
        found = np.where(np.isinf(z) & np.isfinite(x) & np.isfinite(y), z, found)
        nothing = (x == 0) | (y == 0)
        found = np.where(nothing, product + z, found)
        # A product that underflows is none to tell the sign of a sum by; fractions have found that.
        return np.where(nothing | (np.abs(product) > 2.0**-980), self._signed_zero(found, product, z), found)

    def divide(self, x: Array, y: Array) -> Array:
        """Quotients."""
        quotient = np.asarray(x / y)
        if self._nearest:
            return self.round(quotient)
        product, rest = _two_product(quotient, y)
        error = _sign_only((x - product) - rest) * np.copysign(1.0, y)
        return self._finish(quotient, error, lambda a, b: a / b, (x, y))

    def sqrt(self, x: Array) -> Array:
        """Square roots."""
        mantissa, exponent = np.frexp(x)
        odd = exponent & 1
        scaled = np.ldexp(mantissa, odd)
        root = np.sqrt(scaled)
        square, rest = _two_product(root, root)
        error = _sign_only((scaled - square) - rest)
        if self._wide:
            found = root if self._nearest else _neighbour(root, error, self.mode)
            return np.asarray(np.ldexp(found, (exponent - odd) // 2))
        return self.round(np.ldexp(_to_odd(root, error), (exponent - odd) // 2))

    def _signed_zero(self, found: Array, x: Array, y: Array) -> Array:
        """A sum that is zero though its terms are not zeros of one sign has the sign that clause 6.3 gives it."""
        if self.mode != "toward-negative":
            return found
        both_positive = (x == 0) & ~np.signbit(x) & ~np.signbit(y)
        return np.where((found == 0) & (x == -y) & ~both_positive, -0.0, found)

    def _finish(
        self,
        nearest: Array,
        error: Array,
        exact: Callable[..., Fraction],
        operands: tuple[Array, ...],
        reach: int = 480,
    ) -> Array:
        """The result, from the float64 number nearest to it and what that lacks.

        Beyond the exponents of ``reach`` float64 arithmetic can miss errors, and fractions take its place.
        """
        if not self._wide:
            return self.round(_to_odd(nearest, error))
        found = nearest if self._nearest else _neighbour(nearest, error, self.mode)
        spread = np.broadcast_arrays(*operands)
        far = np.zeros(found.shape, dtype=np.bool_)
        for operand in spread:
            far |= (operand != 0) & np.isfinite(operand) & (np.abs(np.frexp(operand)[1]) > reach)
        if far.any():
            found = np.array(found)
            rows = zip(*(operand[far] for operand in spread), strict=True)
            plain = nearest[far]
            found[far] = [_one(exact, row, value, self.mode) for row, value in zip(rows, plain, strict=True)]
        return np.asarray(found)


def _one(exact: Callable[..., Fraction], values: tuple[float, ...], plain: float, mode: str) -> float:
    """One result in float64 by way of a fraction; ``plain`` where it is none."""
    if not all(map(np.isfinite, values)):
        return plain
    try:
        value = exact(*(Fraction(float(value)) for value in values))
    except ZeroDivisionError:
        return plain
    if value == 0 and len(values) == 3 and values[0] * values[1] != 0:
        return -0.0 if mode == "toward-negative" else 0.0
    if value == 0:
        return plain
    form = FORMATS["float64"]
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > magnitude
    step = Fraction(2) ** (max(exponent, form.least) - form.fraction_bits)
    whole, rest = divmod(magnitude, step)
    up = {
        "nearest-even": 2 * rest > step or (2 * rest == step and whole % 2 == 1),
        "nearest-away": 2 * rest >= step,
        "toward-zero": False,
        "toward-positive": rest > 0 and value > 0,
        "toward-negative": rest > 0 and value < 0,
    }[mode]
    magnitude = (whole + up) * step
    negative = value < 0
    stays = mode in ("toward-zero", "toward-positive" if negative else "toward-negative")
    try:
        found = float(magnitude)
    except OverflowError:
        found = sys.float_info.max if stays else math.inf
    return -found if negative else found


def _sign_only(rest: Array) -> Array:
    """What is left of a division or a root, as an error of that sign: neither lies in the middle of two numbers."""
    return np.where(np.isfinite(rest), np.sign(rest) * 5e-324, 0.0)


def _two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """The nearest sum and exactly what it lacks (Knuth); nothing where it is not finite."""
    total = np.asarray(x + y)
    back = total - x
    error = (x - (total - back)) + (y - back)
    return total, np.where(np.isfinite(total), error, 0.0)


def _two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """The nearest product and exactly what it lacks (Dekker); nothing where it is not finite."""
    product = np.asarray(x * y)
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    error = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)
    return product, np.where(np.isfinite(error), error, 0.0)


def _halves(x: Array) -> tuple[Array, Array]:
    """A number as the sum of two of 26 bits (Veltkamp)."""
    spread = x * 134217729.0
    high = spread - (spread - x)
    return high, x - high


def _fused(x: Array, y: Array, z: Array) -> tuple[Array, Array]:
    """The float64 number nearest to a product and what is added, and what it lacks (Boldo and Melquiond, 2008).

    The error is exact where it is half the distance to a neighbour, and has the right sign elsewhere.
    """
    product, low = _two_product(x, y)
    small, smaller = _two_sum(z, low)
    large, middle = _two_sum(product, small)
    tail, lost = _two_sum(smaller, middle)
    total, error = _two_sum(large, _to_odd(tail, lost))
    return total, np.where(error != 0, error, np.where(np.isfinite(total), lost, 0.0))


def _to_odd(nearest: Array, error: Array) -> Array:
    """Of the two neighbours around an inexact number, the one whose last bit is one."""
    bits = np.ascontiguousarray(nearest).view(np.int64)
    away = np.signbit(error) == np.signbit(nearest)
    step = np.where(away, 1, -1) * ((error != 0) & (bits & 1 == 0))
    return np.asarray((bits + step).view(np.float64)).reshape(nearest.shape)


def _neighbour(nearest: Array, error: Array, mode: str) -> Array:
    """The number of float64 that another mode rounds to, from the nearest and what it lacks."""
    upward, downward = np.nextafter(nearest, np.inf), np.nextafter(nearest, -np.inf)
    if mode == "toward-positive":
        return np.where(error > 0, upward, nearest)
    if mode == "toward-negative":
        return np.where(error < 0, downward, nearest)
    if mode == "toward-zero":
        lower = np.where(np.signbit(nearest), (error > 0), (error < 0))
        return np.where(lower, np.where(np.signbit(nearest), upward, downward), nearest)
    away = np.where(error > 0, upward, downward)
    tie = (error != 0) & (away - nearest == 2 * error) & (np.signbit(error) == np.signbit(nearest))
    return np.where(tie, away, nearest)
