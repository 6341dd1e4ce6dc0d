"""An honest device of a few lines, written from the standards alone and sharing nothing with simulator or oracle.

Operations round once from float64 or add in float32, one term after another; faults are put in by subclasses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import UNSUPPORTED, Description, DeviceError, Tensor
from tests.device.memory_device import MemoryDevice

Array = NDArray[Any]

#: Names that numpy has too, and that give one element for one element.
_OF_NUMPY = frozenset(
    [
        *[
            "add",
            "subtract",
            "multiply",
            "divide",
            "sqrt",
            "square",
            "negative",
            "abs",
            "sign",
            "floor",
            "ceil",
            "trunc",
        ],
        *["maximum", "minimum", "where", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal"],
        *["isnan", "isinf", "isfinite", "signbit", "logical_and", "logical_or", "logical_xor", "logical_not"],
        *["bitwise_and", "bitwise_or", "bitwise_xor", "exp", "expm1", "log", "log1p", "log2", "tanh", "sin", "cos"],
        *["bitwise_left_shift", "bitwise_right_shift", "remainder", "floor_divide", "positive", "clip", "copysign"],
        *["log10", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh"],
        *["pow", "atan2", "hypot", "logaddexp"],
    ]
)
_OTHERS: Mapping[str, Callable[..., Array]] = {
    "reciprocal": lambda x: 1 / x,
    "round": np.rint,
    "bitwise_invert": np.invert,
    "cast": lambda x: x,
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Erf": np.vectorize(math.erf, otypes=[np.float64]),
}
_SHORT = ("float16", "bfloat16")


class PlainDevice(MemoryDevice):
    """Every operation of the numeric chapters; what a fault changes is a method of its own."""

    def describe(self) -> Description:
        return Description("plain", layers={"*": "plain"})

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        operands = [self.view(tensor).copy() for tensor in inputs]
        out = outputs[0]
        with np.errstate(all="ignore"):
            found = self.compute(operation, operands, attributes, out.dtype)
        self.store(out, np.broadcast_to(found, out.shape))

    def view(self, tensor: Tensor) -> Array:
        """A tensor's elements in its buffer, by strides and offset."""
        itemsize = numpy_dtype(tensor.dtype).itemsize
        strides = tensor.strides
        if strides is None:
            strides = tuple(math.prod(tensor.shape[axis + 1 :]) for axis in range(len(tensor.shape)))
        places = tuple(stride * itemsize for stride in strides)
        return np.ndarray(tensor.shape, numpy_dtype(tensor.dtype), self._buffer(tensor.buffer), tensor.offset, places)

    def store(self, tensor: Tensor, values: Array) -> None:
        """Put a result in its place."""
        self.view(tensor)[...] = values

    def compute(self, operation: str, operands: list[Array], attributes: Mapping[str, Any], dtype: str) -> Array:
        """The result of an operation in its dtype."""
        if operation == "nextafter":  # which depends on the type itself
            return np.where(operands[0] == operands[1], operands[1], np.nextafter(*operands))
        if operation == "Gelu":
            return self.narrow(_gelu(_wide(operands[0]), attributes.get("approximate", "none")), dtype)
        if operation in _OF_NUMPY or operation in _OTHERS:
            return self.elementwise(operation, operands, dtype)
        if operation in ("matmul", "vecdot", "gemm"):
            return self.narrow(self.product(operation, operands, attributes), dtype)
        return self.reduce(operation, operands[0], attributes, dtype)

    def elementwise(self, operation: str, operands: list[Array], dtype: str) -> Array:
        """One element out of the elements at its place."""
        function = getattr(np, operation) if operation in _OF_NUMPY else _OTHERS[operation]
        return self.narrow(np.asarray(function(*[_wide(operand) for operand in operands])), dtype)

    def reduce(self, operation: str, values: Array, attributes: Mapping[str, Any], dtype: str) -> Array:
        """One element out of many along an axis."""
        axis, keepdims = attributes["axis"], attributes["keepdims"]
        if operation in ("sum", "mean"):
            return self.narrow(self.total(values, axis, keepdims, mean=operation == "mean"), dtype)
        wide = values.astype(np.float64) if values.dtype != np.bool_ else values
        return self.narrow(np.asarray(getattr(np, operation)(wide, axis=axis, keepdims=keepdims)), dtype)

    def total(self, values: Array, axis: int | None, keepdims: bool, *, mean: bool) -> Array:
        """The sum along an axis, in an accumulator, and the mean it makes."""
        terms = self.accumulated(values)
        total = np.asarray(terms.sum(axis=axis, keepdims=keepdims, dtype=terms.dtype))
        count = values.size if axis is None else values.shape[axis]
        return np.asarray(total / total.dtype.type(count)) if mean else total

    def accumulated(self, values: Array) -> Array:
        """Terms of a sum in the format it is kept in."""
        if values.dtype.kind in "iub":
            return values.astype(np.int64)
        return values if values.dtype == np.float64 else values.astype(np.float32)

    def product(self, operation: str, operands: list[Array], attributes: Mapping[str, Any]) -> Array:
        """An inner product by its definition."""
        a, b = operands[:2]
        if operation == "vecdot":
            return self.add_products(a, b)
        if operation == "matmul":
            return self.multiply(a, b)
        a, b = (a.T if attributes["transpose_a"] else a), (b.T if attributes["transpose_b"] else b)
        c = self.accumulated(operands[2])
        alpha, beta = c.dtype.type(attributes["alpha"]), c.dtype.type(attributes["beta"])
        scaled = np.zeros(c.shape, c.dtype) if alpha == 0 else np.asarray(alpha * self.multiply(a, b))
        return scaled if beta == 0 else np.asarray(scaled + beta * c)

    def multiply(self, a: Array, b: Array) -> Array:
        """The product of two matrices, of a matrix and a vector, of stacks of matrices."""
        rows = a[None, :] if a.ndim == 1 else a
        columns = b[:, None] if b.ndim == 1 else b
        found = self.add_products(rows[..., :, None, :], np.swapaxes(columns, -1, -2)[..., None, :, :])
        found = found[..., 0, :] if a.ndim == 1 else found
        return found[..., 0] if b.ndim == 1 else found

    def add_products(self, a: Array, b: Array) -> Array:
        """The sum of products along the last axis, one term after another."""
        wide_a, wide_b = self.accumulated(a), self.accumulated(b)
        products = wide_a * wide_b
        if products.dtype.kind == "i" or products.shape[-1] > 4096:
            return np.asarray(products.sum(axis=-1, dtype=products.dtype))
        total = np.zeros(products.shape[:-1], products.dtype)
        for k in range(products.shape[-1]):
            total = total + products[..., k]
        return np.asarray(total)

    def narrow(self, values: Array, dtype: str) -> Array:
        """A result rounded once into the dtype of the output."""
        target = numpy_dtype(dtype)
        if dtype == "bfloat16" and values.dtype == np.float64:
            nearest = values.astype(np.float32)
            # Half way in bfloat16 after the first rounding, but not before it: put it back on its own side.
            middle = (nearest.view(np.uint32) & 0xFFFF) == 0x8000
            back = nearest.astype(np.float64)
            below, above = (np.abs(values) < np.abs(back)), (np.abs(values) > np.abs(back))
            bits = nearest.view(np.uint32) - (middle & below) + (middle & above)
            values = bits.astype(np.uint32).view(np.float32)
        if target.kind in "iu" and values.dtype.kind == "f":
            values = np.trunc(values)
        return values.astype(target)


def _gelu(x: Array, approximate: str) -> Array:
    """Half of x (1 + erf(x / sqrt 2)), or with a hyperbolic tangent in its place."""
    if approximate == "tanh":
        return np.asarray(x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))
    return np.asarray(x / 2 * (1 + _OTHERS["Erf"](x / math.sqrt(2))))


def _wide(values: Array) -> Array:
    """Operands as numbers: floats as float64, integers and truth values as they are."""
    name = values.dtype.name
    if name in _SHORT or name in ("float32", "float64"):
        return values.astype(np.float64)
    return values


class Refuses(PlainDevice):
    """Says of one operation that it has it not."""

    def compute(self, operation: str, operands: list[Array], attributes: Mapping[str, Any], dtype: str) -> Array:
        if operation == "tanh":
            raise DeviceError(UNSUPPORTED, "no tanh here")
        return super().compute(operation, operands, attributes, dtype)
