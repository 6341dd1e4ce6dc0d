"""Operations on each element by itself: exact ones in a format wide enough to round once, functions in float64.

Addition, subtraction, multiplication, division and square root of float16 and bfloat16 in float32 and then rounded to
nearest give the correctly rounded result, since 24 >= 2 * 11 + 2 bits (Figueroa, 1995). Other modes take another way,
which is ``Rounded``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from harness.simulator.conversion import Array, convert, is_float, widen
from harness.simulator.rounding_modes import Rounded

#: Exact in a wide format, then rounded once.
_ROUNDED: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: np.divide(x.dtype.type(1), x),
    "square": np.square,
    "remainder": np.remainder,
}
_FUNCTIONS_OF_NUMPY = (
    "exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh pow atan2 hypot "
    "logaddexp"
)
#: Functions, computed in float64; ``erf`` is a step of composed operations only.
_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    **{name: getattr(np, name) for name in _FUNCTIONS_OF_NUMPY.split()},
}
_NAMED_AS_IN_NUMPY = (
    "maximum minimum floor ceil trunc positive where copysign floor_divide equal not_equal less less_equal greater "
    "greater_equal isnan isinf isfinite signbit logical_and logical_or logical_xor logical_not bitwise_and bitwise_or "
    "bitwise_xor bitwise_left_shift bitwise_right_shift"
)
#: Select, compare or classify: nothing to round.
_SELECTING: dict[str, Callable[..., Array]] = {
    "negative": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "round": np.rint,
    "bitwise_invert": np.invert,
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    **{name: getattr(np, name) for name in _NAMED_AS_IN_NUMPY.split()},
}
#: Already the answer where the operand is an integer.
_INTEGRAL = frozenset({"floor", "ceil", "trunc", "round"})

#: What rounds its result; the others only select, compare or move.
ROUNDING = frozenset({*_ROUNDED, *_FUNCTIONS})
#: What has a rounded result that is not exact by itself, and can err on a device.
INEXACT = frozenset({"divide", "sqrt", "reciprocal", *_FUNCTIONS})
NAMES = frozenset({"cast", "nextafter", *_ROUNDED, *_FUNCTIONS, *_SELECTING})

#: What looks at bits or moves them; a unit that flushes subnormals leaves these alone.
UNFLUSHED = frozenset(
    ["where", "positive", "negative", "abs", "copysign", "nextafter", "isnan", "isinf", "isfinite", "signbit"]
)


def compute(operation: str, inputs: Sequence[Array], result: str, rounding: str = "nearest-even") -> Array:
    """An elementwise operation of operands in their own dtypes, in the dtype ``result``; functions from float64."""
    if operation == "cast" or (operation in _INTEGRAL and not is_float(inputs[0].dtype)):
        return convert(inputs[0], result, rounding)
    if operation == "nextafter":
        # numpy's own of float16 keeps the sign of a zero whose neighbour is asked for toward the other.
        return np.where(inputs[0] == inputs[1], inputs[1], np.nextafter(*inputs))
    if operation in _FUNCTIONS:
        return convert(in_float64(operation, inputs), result, rounding)
    if operation in _ROUNDED and rounding != "nearest-even" and is_float(inputs[0].dtype):
        return convert(_in_mode(operation, inputs, Rounded(result, rounding)), result)
    function = _ROUNDED.get(operation) or _SELECTING[operation]
    return convert(np.asarray(function(*map(widen, inputs))), result)


def in_float64(operation: str, inputs: Sequence[Array]) -> Array:
    """A function, or a rounded operation, of operands in their own dtypes, as float64 arithmetic has it."""
    function = _FUNCTIONS.get(operation) or _ROUNDED[operation]
    return np.asarray(function(*(widen(values).astype(np.float64) for values in inputs)))


def _in_mode(operation: str, inputs: Sequence[Array], rounded: Rounded) -> Array:
    """An operation whose result is rounded once in a mode of its own, as float64."""
    x, *others = (widen(values).astype(np.float64) for values in inputs)
    if operation == "add":
        return rounded.add(x, others[0])
    if operation == "subtract":
        return rounded.add(x, -others[0])
    if operation == "divide":
        return rounded.divide(x, others[0])
    if operation == "reciprocal":
        return rounded.divide(np.ones_like(x), x)
    if operation == "sqrt":
        return rounded.sqrt(x)
    if operation == "remainder":
        return _remainder(x, others[0], rounded)
    return rounded.multiply(x, others[0] if others else x)


def _remainder(x: Array, y: Array, rounded: Rounded) -> Array:
    """What a division leaves, exactly; the divisor added where it has the other sign, rounded once."""
    left = np.fmod(x, y)
    other_sign = (left != 0) & (np.signbit(left) != np.signbit(y))
    return np.where(other_sign, rounded.add(left, y), np.where(left == 0, np.copysign(left, y), left))
