"""Arithmetic in the type that results are stored in, where nothing asks for a wider one."""

from __future__ import annotations

from dataclasses import replace

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.formats import FORMATS


def stored(to: Arithmetic, dtype: str) -> Arithmetic:
    """The weakest arithmetic of an operation whose every step may be rounded to the result's own type.

    What a profile declares of long sums says nothing of it; whether roundings count double is taken from there.
    """
    doubled = to.u / FORMATS[to.accumulator].unit_roundoff
    return replace(to, accumulator=dtype, u=doubled * FORMATS[dtype].unit_roundoff, eta=to.eta_out)
