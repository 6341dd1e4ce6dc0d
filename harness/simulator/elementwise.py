"""Operations on each element by itself: exact ones in a format wide enough to round once, functions in float64.

Addition, subtraction, multiplication, division and square root of float16 and bfloat16 in float32 and then rounded give
the correctly rounded result, since 24 >= 2 * 11 + 2 bits (Figueroa, 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from harness.simulator.conversion import Array, convert, is_float, widen

#: Exact in a wide format, then rounded once.
_ROUNDED: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: np.divide(x.dtype.type(1), x),
    "square": np.square,
}
#: Functions, computed in float64.
_FUNCTIONS: dict[str, Callable[..., Array]] = {
    name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "log2", "tanh", "sin", "cos")
}
_NAMED_AS_IN_NUMPY = (
    "maximum minimum floor ceil trunc where equal not_equal less less_equal greater greater_equal isnan isinf isfinite "
    "signbit logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor"
)
#: Select, compare or classify: nothing to round.
_SELECTING: dict[str, Callable[..., Array]] = {
    "negative": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "round": np.rint,
    "bitwise_invert": np.invert,
    **{name: getattr(np, name) for name in _NAMED_AS_IN_NUMPY.split()},
}
#: Already the answer where the operand is an integer.
_INTEGRAL = frozenset({"floor", "ceil", "trunc", "round"})

NAMES = frozenset({"cast", *_ROUNDED, *_FUNCTIONS, *_SELECTING})

#: What looks at bits or moves them; a unit that flushes subnormals leaves these alone.
UNFLUSHED = frozenset({"where", "negative", "abs", "isnan", "isinf", "isfinite", "signbit"})


def compute(operation: str, inputs: Sequence[Array], result: str) -> Array:
    """An elementwise operation of operands in their own dtypes, in the dtype ``result``."""
    if operation == "cast" or (operation in _INTEGRAL and not is_float(inputs[0].dtype)):
        return convert(inputs[0], result)
    if operation in _FUNCTIONS:
        return convert(np.asarray(_FUNCTIONS[operation](widen(inputs[0]).astype(np.float64))), result)
    function = _ROUNDED.get(operation) or _SELECTING[operation]
    return convert(np.asarray(function(*map(widen, inputs))), result)
