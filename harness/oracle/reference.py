"""The exact result of every operation, rounded once into the type of its output.

Operands are taken as numbers: floats widened to float64, which holds them exactly, integers to int64. float64 results
are rounded once more into a narrower output; for + - * / and sqrt that second rounding is harmless, because float64
has at least 2p + 2 bits of any narrower format's p (Figueroa, When is double rounding innocuous?, 1995). Sums and inner
products are those of integers, exact in int64, or of few terms; what is neither is bounded in ``bounds``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.formats import FORMATS, is_float, round_to

Array = NDArray[Any]

_ELEMENTWISE: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: 1.0 / x,
    "square": np.square,
    "negative": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": np.rint,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": np.where,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "signbit": np.signbit,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "bitwise_invert": np.invert,
    "cast": lambda x: x,
}

#: Functions in float64, whose own error, below 2**-52, is nothing to an ulp of float32 or less.
_FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
}


def as_numbers(array: Array) -> Array:
    """An operand as numbers numpy computes with exactly: float64, int64 or bool."""
    if is_float(array.dtype.name):
        return np.asarray(array, dtype=np.float64)
    return array if array.dtype == np.bool_ else array.astype(np.int64)


def flush(array: Array, dtype: str) -> Array:
    """Subnormal numbers of a format replaced by zeros of their sign."""
    if not is_float(dtype):
        return array
    with np.errstate(invalid="ignore"):  # of signalling NaN
        values = array.astype(np.float64)
    small = np.abs(values) < FORMATS[dtype].smallest_normal
    return np.where(small, np.copysign(0.0, values), values).astype(array.dtype)


def exact(operation: Operation, types: Types, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    """The expected output of an operation whose exact result float64 or int64 can hold."""
    with np.errstate(all="ignore"):
        numbers = [as_numbers(operand) for operand in operands]
        if operation.family == "inner-product":
            found = inner_product(operation.name, numbers, attributes)
        elif operation.name in _ELEMENTWISE:
            found = _ELEMENTWISE[operation.name](*numbers)
        else:
            found = _reduce(operation.name, numbers[0], attributes)
        return into(np.asarray(found), types.out)


def into(values: Array, dtype: str) -> Array:
    """Exact values in the dtype of an output, rounded once where it is a floating-point format."""
    if is_float(dtype):
        return round_to(values, dtype)
    if values.dtype.kind == "f":
        values = np.trunc(values)
    return values.astype(numpy_dtype(dtype))


def function(operation: Operation, operand: Array) -> Array:
    """The value of an elementwise function in float64; sin, cos and the like are numpy's own, in float64."""
    with np.errstate(all="ignore"):
        return np.asarray(_FUNCTIONS[operation.name](operand.astype(np.float64)))


def inner_product(name: str, numbers: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    """An inner product by its definition: all products, then their sum; gemm with its factors and C."""
    if name == "vecdot":
        return np.asarray((numbers[0] * numbers[1]).sum(axis=-1))
    if name == "matmul":
        return multiply(numbers[0], numbers[1])
    a, b, c = numbers
    alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)
    a = a.T if attributes.get("transpose_a") else a
    b = b.T if attributes.get("transpose_b") else b
    product = np.zeros(c.shape) if alpha == 0 else alpha * multiply(a, b)
    return product if beta == 0 else product + beta * c


def multiply(a: Array, b: Array) -> Array:
    """A matrix product with no library in between: in int64 where all is integer, else term by term."""
    if _integral(a) and _integral(b):
        return np.asarray(np.matmul(a.astype(np.int64), b.astype(np.int64)).astype(np.float64))
    left = a[..., None, :] if a.ndim == 1 else a
    right = b[..., None] if b.ndim == 1 else b
    found = (left[..., :, :, None] * right[..., None, :, :]).sum(axis=-2)
    found = found[..., 0] if b.ndim == 1 else found
    return np.asarray(found[..., 0, :] if a.ndim == 1 and b.ndim > 1 else found[..., 0] if a.ndim == 1 else found)


def _integral(values: Array) -> bool:
    if values.dtype.kind != "f":
        return True
    return bool(np.isfinite(values).all() and (values == np.rint(values)).all() and (np.abs(values) <= 2.0**53).all())


def _reduce(name: str, values: Array, attributes: Mapping[str, Any]) -> Array:
    how = {"axis": attributes.get("axis"), "keepdims": attributes.get("keepdims", False)}
    match name:
        case "sum":
            return np.asarray(values.sum(**how))
        case "mean":
            count = values.size if how["axis"] is None else values.shape[how["axis"]]
            return np.asarray(values.sum(**how) / count)
        case "max":
            return np.asarray(values.max(**how))
        case "min":
            return np.asarray(values.min(**how))
        case "argmax":
            return np.asarray(values.argmax(**how))
        case "argmin":
            return np.asarray(values.argmin(**how))
        case "any":
            return np.asarray(values.astype(bool).any(**how))
        case "all":
            return np.asarray(values.astype(bool).all(**how))
    raise KeyError(name)
