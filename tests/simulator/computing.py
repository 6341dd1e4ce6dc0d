"""One operation of a vector unit, on arrays or on single numbers, and numbers to try it with."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.exact import FORMATS
from tests.simulator.launching import Array, array

FLOATS = ("float16", "bfloat16", "float32", "float64")


def numbers(name: str) -> st.SearchStrategy[float]:
    """Finite numbers of a format, many of them near one another, some subnormal."""
    form = FORMATS[name]
    mantissas = st.integers(-(2**form.precision) + 1, 2**form.precision - 1).map(float)
    exponents = st.integers(form.smallest - form.precision + 1, form.largest - form.precision + 1)
    return st.builds(math.ldexp, mantissas, exponents | st.integers(-form.precision - 3, 3 - form.precision))


def computed(conduct: UnitConduct, operation: str, *operands: Array, result: str, **attributes: Any) -> Array:
    """What a vector unit makes of operands."""
    return VectorUnit(conduct).compute(operation, operands, attributes, result)


def one(conduct: UnitConduct, operation: str, name: str, *values: float) -> float:
    """An elementwise operation on single numbers."""
    return float(computed(conduct, operation, *(array([value], name) for value in values), result=name)[0])
