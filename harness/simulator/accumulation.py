"""Operations that add or multiply along an axis, kept in an accumulator of a given format and rounded once at the end.

Where nothing is said of the order, a float32, float64 or integer accumulator computes as numpy does, in an order of
numpy's choosing; a shorter one takes one term after another and rounds at each. The bound of an inner product allows
every order. Where an ``Order`` is given, floating-point sums follow it to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.simulator.conversion import Array, convert, is_float, widen
from harness.simulator.rounding_modes import Rounded
from harness.simulator.signatures import axis_of

NAMES = frozenset(
    ["sum", "prod", "mean", "max", "min", "argmax", "argmin", "any", "all", "count_nonzero", "matmul", "vecdot", "gemm"]
)

#: Formats numpy adds in; others are added one term at a time.
_WIDE = frozenset(["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
#: Formats whose products and sums of any length in use here are exact in float64, where BLAS is fast.
_SMALL = frozenset({"int8", "uint8"})


#: Formats an ``Order`` adds in.
_ORDERED = frozenset({"float16", "bfloat16", "float32", "float64"})
#: Running sums held at a time.
_HELD = 1 << 20


@dataclass(frozen=True)
class Order:
    """How a long sum comes about, step for step, in an accumulator of the format ``accumulator``.

    Term i goes to lane i mod ``lanes``, which starts from zero and adds one term after another; then the lanes are put
    together: one after another, or, for a ``tree``, the second half of them is added to the first until one is left,
    an odd one waiting. Without ``lanes`` there is one, or for a tree one for each term. Every step is rounded by
    ``rounding``; ``fused`` products are rounded with the sum they go into, others before. Products of numbers in the
    accumulator's format or narrower, up to float32, are taken as they are; float64 operands of a shorter accumulator go
    to its format first. Flushing is that of an instruction for each step.
    """

    accumulator: str
    rounding: str = "nearest-even"
    lanes: int | None = None
    tree: bool = False
    fused: bool = True
    flush_inputs: bool = False
    flush_outputs: bool = False

    @cached_property
    def rounded(self) -> Rounded:
        """The arithmetic of the steps."""
        return Rounded(self.accumulator, self.rounding)

    def follows(self, operands: Sequence[Array]) -> bool:
        """Whether a sum of these operands can be held to it; sums of integers are exact in any order."""
        return self.accumulator in _ORDERED and all(is_float(values.dtype) for values in operands)

    def sum(self, terms: Array) -> Array:
        """The sum of float64 numbers along the first axis."""
        if self._plain and len(terms):
            return self._together(self._plainly(terms), self.add)
        return self._fold(len(terms), terms.shape[1:], 0.0, lambda total, part: self.add(total, terms[part]), self.add)

    def product(self, terms: Array) -> Array:
        """The product of float64 numbers along the first axis."""

        def step(total: Array, part: slice) -> Array:
            return self.multiply(total, terms[part])

        return self._fold(len(terms), terms.shape[1:], 1.0, step, self.multiply)

    def inner(self, x: Array, y: Array) -> Array:
        """The sum of the products of float64 numbers along the first axis; the others broadcast."""
        shape = np.broadcast_shapes(x.shape[1:], y.shape[1:])
        return self._fold(len(x), shape, 0.0, lambda total, part: self.fma(x[part], y[part], total), self.add)

    def add(self, x: Array, y: Array) -> Array:
        """One addition."""
        return self._out(self.rounded.add(self._in(x), self._in(y)))

    def multiply(self, x: Array, y: Array) -> Array:
        """One multiplication."""
        return self._out(self.rounded.multiply(self._in(x), self._in(y)))

    def fma(self, x: Array, y: Array, z: Array) -> Array:
        """One multiplication and addition, rounded together or one after the other."""
        if not self.fused:
            return self.add(self.multiply(x, y), z)
        return self._out(self.rounded.fma(x, y, self._in(z)))

    def operand(self, values: Array) -> Array:
        """An operand as float64 numbers the steps can take."""
        if values.dtype == np.float64 and self.accumulator != "float64":
            values = convert(values, self.accumulator, self.rounding)
        return widen(values).astype(np.float64)

    @property
    def _plain(self) -> bool:
        plain = self.rounding == "nearest-even" and not self.flush_inputs and not self.flush_outputs
        return plain and self.accumulator in ("float32", "float64")

    def _plainly(self, terms: Array) -> Array:
        """The lanes' sums as numpy has them, which accumulates one after another."""
        lanes = self._lanes(len(terms))
        whole = len(terms) // lanes * lanes
        total = np.zeros((lanes, *terms.shape[1:]), self.accumulator)
        if not total.size:
            return total.astype(np.float64)
        rows = max(1, _HELD // max(1, total.size))
        for start in range(0, whole, rows * lanes):
            part = terms[start : min(start + rows * lanes, whole)].astype(self.accumulator)
            part = part.reshape(-1, *total.shape)
            part[0] += total
            total = np.add.accumulate(part, axis=0)[-1]
        total[: len(terms) - whole] += terms[whole:].astype(self.accumulator)
        return total.astype(np.float64)

    def _fold(
        self,
        count: int,
        shape: tuple[int, ...],
        neutral: float,
        step: Callable[[Array, slice], Array],
        join: Callable[[Array, Array], Array],
    ) -> Array:
        lanes = self._lanes(count)
        total = np.full((lanes, *shape), neutral)
        for start in range(0, count, lanes):
            size = min(lanes, count - start)
            total[:size] = step(total[:size], slice(start, start + size))
        return self._together(total, join)

    def _lanes(self, count: int) -> int:
        return self.lanes or (max(count, 1) if self.tree else 1)

    def _together(self, lanes: Array, join: Callable[[Array, Array], Array]) -> Array:
        """One number from those of all lanes."""
        if self.tree:
            while len(lanes) > 1:
                half = (len(lanes) + 1) // 2
                lanes[: len(lanes) - half] = join(lanes[: len(lanes) - half], lanes[half:])
                lanes = lanes[:half]
            return np.asarray(lanes[0])
        total = lanes[0]
        for lane in lanes[1:]:
            total = join(total, lane)
        return np.asarray(total)

    def _in(self, values: Array) -> Array:
        return self._flushed(values) if self.flush_inputs else values

    def _out(self, values: Array) -> Array:
        return self._flushed(values) if self.flush_outputs else values

    def _flushed(self, values: Array) -> Array:
        return np.where(np.abs(values) < 2.0**self.rounded.form.least, np.copysign(0.0, values), values)


def compute_in_order(
    operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], order: Order, result: str
) -> Array:
    """A sum, product, mean or inner product step for step, in the dtype ``result``."""
    operands = [order.operand(values) for values in inputs]
    if operation == "gemm":
        return convert(_gemm_in_order(operands, attributes, order), result, order.rounding)
    if operation in ("matmul", "vecdot"):
        a, b = operands
        if operation == "matmul":
            return convert(_matmul_in_order(a, b, order), result, order.rounding)
        x, y = np.broadcast_arrays(a, b)
        found = order.inner(np.moveaxis(x, -1, 0), np.moveaxis(y, -1, 0))
        return convert(found, result, order.rounding)
    values = operands[0]
    axis, keepdims = axis_of(attributes, values.ndim), bool(attributes.get("keepdims", False))
    terms = values.reshape(-1) if axis is None else np.moveaxis(values, axis, 0)
    total = order.product(terms) if operation == "prod" else order.sum(terms)
    if operation == "mean":
        total = order.rounded.divide(total, np.full(total.shape, float(len(terms))))
    if keepdims:
        total = total.reshape((1,) * values.ndim) if axis is None else np.expand_dims(total, axis)
    return convert(total, result, order.rounding)


def _matmul_in_order(a: Array, b: Array, order: Order) -> Array:
    rows = a if a.ndim > 1 else a[None, :]
    columns = b if b.ndim > 1 else b[:, None]
    leading = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    depth, width = columns.shape[-2:]
    rows = np.broadcast_to(rows, (*leading, *rows.shape[-2:]))
    columns = np.broadcast_to(columns, (*leading, depth, width))
    found = np.empty((*leading, rows.shape[-2], width))
    lanes = order.lanes or (depth if order.tree else 1)
    height = max(1, _HELD // max(1, lanes * width))
    for index in np.ndindex(leading):
        for start in range(0, found.shape[-2], height):
            part = slice(start, start + height)
            x, y = rows[index][part].T[:, :, None], columns[index][:, None, :]
            found[index][part] = order.inner(np.ascontiguousarray(x), y)
    if a.ndim == 1:
        found = found[..., 0, :]
    return found if b.ndim > 1 else found[..., 0]


def _gemm_in_order(operands: Sequence[Array], attributes: Mapping[str, Any], order: Order) -> Array:
    """As ``_gemm``: the sum times alpha, rounded, and then beta times C as one more product."""
    a, b, c = operands
    a = a.T if attributes.get("transpose_a", False) else a
    b = b.T if attributes.get("transpose_b", False) else b
    total, alpha, beta = np.zeros(c.shape), attributes.get("alpha", 1), attributes.get("beta", 1)
    if alpha != 0:
        total = order.multiply(order.operand(np.full(c.shape, float(alpha))), _matmul_in_order(a, b, order))
    return order.fma(order.operand(np.full(c.shape, float(beta))), c, total) if beta != 0 else total


def compute(
    operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], accumulator: str, result: str
) -> Array:
    """A reduction or product of operands in their own dtypes, in the dtype ``result``."""
    if operation == "matmul":
        return convert(_matmul(inputs[0], inputs[1], accumulator), result)
    if operation == "vecdot":
        a, b = np.broadcast_arrays(*inputs)
        return convert(_matmul(a[..., None, :], b[..., :, None], accumulator)[..., 0, 0], result)
    if operation == "gemm":
        return _gemm(inputs, attributes, accumulator, result)
    values = inputs[0]
    axis, keepdims = axis_of(attributes, values.ndim), bool(attributes.get("keepdims", False))
    if operation in ("sum", "prod", "mean"):
        total = _fold(np.multiply if operation == "prod" else np.add, values, axis, keepdims, accumulator)
        if operation == "mean":
            terms = values.size if axis is None else values.shape[axis]
            total = np.divide(widen(total), widen(total).dtype.type(terms))
        return convert(total, result)
    found: Array = np.asarray(getattr(np, operation)(widen(values), axis=axis, keepdims=keepdims))
    return convert(found, result)


def _fold(step: np.ufunc, values: Array, axis: int | None, keepdims: bool, accumulator: str) -> Array:
    """A sum or product along an axis, or over all elements."""
    if accumulator in _WIDE:
        return np.asarray(step.reduce(convert(values, accumulator), axis=axis, keepdims=keepdims, dtype=accumulator))
    terms = values.reshape(-1) if axis is None else np.moveaxis(values, axis, 0)
    total = np.full(terms.shape[1:], 0.0 if step is np.add else 1.0, dtype=np.float32)
    for term in terms:
        total = widen(convert(step(total, widen(term)), accumulator))
    if not keepdims:
        return total
    return np.expand_dims(total, axis) if axis is not None else total.reshape((1,) * values.ndim)


def _matmul(a: Array, b: Array, accumulator: str) -> Array:
    """The product of matrices in the accumulator's format."""
    if a.dtype.name in _SMALL:
        exact = np.asarray(np.matmul(a.astype(np.float64), b.astype(np.float64)))
        return exact.astype(np.int64).astype(accumulator)
    if accumulator in _WIDE:
        # Row by row, so that a row's bits do not depend on how many others there are.
        left, right = convert(a, accumulator), convert(b, accumulator)
        if a.ndim == 1 or b.ndim == 1:
            return np.asarray(np.matmul(left, right))
        return np.asarray(np.matmul(left[..., :, None, :], right[..., None, :, :])[..., 0, :])
    rows = a if a.ndim > 1 else a[None, :]
    columns = b if b.ndim > 1 else b[:, None]
    leading = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    total = np.zeros((*leading, rows.shape[-2], columns.shape[-1]), dtype=np.float64)
    for k in range(rows.shape[-1]):
        product = rows[..., :, k, None].astype(np.float64) * columns[..., None, k, :].astype(np.float64)
        total = convert(total + product, accumulator).astype(np.float64)
    if a.ndim == 1:
        total = total[..., 0, :]
    return total if b.ndim > 1 else total[..., 0]


def _gemm(inputs: Sequence[Array], attributes: Mapping[str, Any], accumulator: str, result: str) -> Array:
    """Compute alpha * A B + beta * C as BLAS has it: with alpha zero A and B are not read, with beta zero C is not."""
    a, b, c = inputs
    a = a.T if attributes.get("transpose_a", False) else a
    b = b.T if attributes.get("transpose_b", False) else b
    alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
    wide = widen(np.empty(0, dtype=numpy_dtype(accumulator))).dtype
    total = np.zeros(c.shape, dtype=wide)
    if alpha != 0:
        total = wide.type(alpha) * _matmul(a, b, accumulator).astype(wide)
    if beta != 0:
        total = total + wide.type(beta) * widen(c).astype(wide)
    return convert(total, result)
