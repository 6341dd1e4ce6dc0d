"""The floating-point formats the oracle knows, and rounding into them exactly once.

Everything here follows IEEE 754-2019 (bfloat16: the same rules with 8 bits of precision and binary32's exponents; the
8-bit formats: OCP 8-bit Floating Point Specification 1.0, 2023), and nothing of it is shared with the simulator: the
two must be able to disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype

Array = NDArray[Any]


@dataclass(frozen=True)
class Format:
    """A binary format: ``p`` bits of precision, normal exponents ``emin`` to ``emax`` (IEEE 754-2019, table 3.5).

    Without ``infinities`` the highest exponent is one of ordinary numbers, whose last pattern is the NaN.
    """

    p: int
    emin: int
    emax: int
    infinities: bool = True

    @property
    def unit_roundoff(self) -> float:
        """u = 2**-p: the largest relative error of one rounding to nearest."""
        return float(2.0**-self.p)

    @property
    def smallest_normal(self) -> float:
        """The smallest normal number."""
        return float(2.0**self.emin)

    @property
    def smallest_subnormal(self) -> float:
        """The smallest subnormal number."""
        return float(2.0 ** (self.emin - self.p + 1))

    @property
    def largest(self) -> float:
        """The largest finite number."""
        below = 1 if self.infinities else 2
        return float((2.0 - below * 2.0 ** (1 - self.p)) * 2.0**self.emax)


FORMATS = {
    "float16": Format(11, -14, 15),
    "bfloat16": Format(8, -126, 127),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
    "float8_e4m3fn": Format(4, -6, 8, infinities=False),
    "float8_e5m2": Format(3, -14, 15),
}

#: Formats that numpy rounds float64 to directly.
_DIRECT = frozenset({"float16", "float32", "float64"})


def is_float(dtype: str) -> bool:
    """Whether a dtype is a floating-point format of the oracle's."""
    return dtype in FORMATS


def component(dtype: str) -> str:
    """The format of the real and the imaginary part of a complex dtype; any other dtype itself."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def integer_range(dtype: str) -> tuple[int, int]:
    """The least and the greatest value of an integer dtype."""
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def round_to(values: Array, dtype: str) -> Array:
    """Values of float64 (or integers, exact in it) rounded once, to nearest even, into ``dtype``.

    numpy rounds float64 to float32 and float16 once. It reaches bfloat16 by way of float32, which would round twice, so
    that way is made harmless: float32 is reached by rounding to odd (Boldo and Melquiond, 2008), which loses nothing
    that a second rounding, to 8 bits, can see. In 8 bits values are counted in units of the last place, in float64.
    What is too large becomes infinite or, in a format without infinities, NaN.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        if dtype == "bfloat16":
            return _to_odd_float32(np.asarray(values, dtype=np.float64)).astype(numpy_dtype("bfloat16"))
        if dtype in FORMATS and dtype not in _DIRECT:
            return _counted(np.asarray(values, dtype=np.float64), dtype)
        return np.asarray(values).astype(numpy_dtype(dtype))


def _counted(values: NDArray[np.float64], dtype: str) -> Array:
    form, unit = FORMATS[dtype], ulp_of(values, dtype)
    rounded = np.rint(values / unit) * unit
    beyond = np.copysign(np.inf if form.infinities else np.nan, values)
    return np.asarray(np.where(np.abs(rounded) > form.largest, beyond, rounded)).astype(numpy_dtype(dtype))


def _to_odd_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    nearest = values.astype(np.float32)
    back = nearest.astype(np.float64)
    inexact = np.isfinite(values) & (back != values)
    away = inexact & (np.abs(back) > np.abs(values))
    toward_zero = np.where(away, np.nextafter(nearest, np.float32(0)), nearest).astype(np.float32)
    bits = toward_zero.view(np.uint32)
    return np.where(inexact, bits | np.uint32(1), bits).astype(np.uint32).view(np.float32)


def ulp_of(values: NDArray[np.float64], dtype: str) -> NDArray[np.float64]:
    """The distance between neighbours of ``dtype`` at each value (Muller's ulp: by the binade the value lies in)."""
    form = FORMATS[dtype]
    magnitude = np.abs(values)
    _, exponent = np.frexp(np.where(np.isfinite(magnitude) & (magnitude > 0), magnitude, 1.0))
    # frexp gives 0.5 <= m < 1, so the binade's exponent is one less.
    binade = np.where(magnitude > 0, exponent - 1, form.emin)
    return np.asarray(np.ldexp(1.0, np.clip(binade, form.emin, form.emax) - form.p + 1))
