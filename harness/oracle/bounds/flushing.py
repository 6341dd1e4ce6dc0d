"""What flushed operands cost: a subnormal operand that a unit is declared to take for zero is off by all of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.formats import FORMATS

Array = NDArray[Any]


def held_to_for(to: Arithmetic, operands: Sequence[Array], *, flushes: bool) -> Arithmetic:
    """The arithmetic, with an eta that covers subnormal operands of a shorter type where they may be flushed."""
    if not flushes or not any(map(_has_subnormals, operands)):
        return to
    return replace(to, eta=max(to.eta, *(FORMATS[operand.dtype.name].smallest_normal for operand in operands)))


def _has_subnormals(operand: Array) -> bool:
    magnitude = np.abs(operand.astype(np.float64))
    return bool(((magnitude > 0) & (magnitude < FORMATS[operand.dtype.name].smallest_normal)).any())
