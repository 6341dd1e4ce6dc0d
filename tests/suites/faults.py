"""Faults of single operations, as a table: how a result goes wrong, and the tests that must say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.suites.plain_device import Array, PlainDevice


@dataclass(frozen=True)
class Launch:
    """One launch as a fault sees it: what came in, and the right answer in the output's dtype."""

    operands: Sequence[Array]
    attributes: Mapping[str, Any]
    right: Array
    honest: PlainDevice

    @property
    def dtype(self) -> str:
        """The dtype of the output."""
        return self.right.dtype.name

    @property
    def wide(self) -> Array:
        """The first operand in float64, or as it is."""
        return self.operands[0].astype(np.float64)

    def again(self, operation: str, *operands: Array, **attributes: Any) -> Array:
        """An honest result for other operands or attributes."""
        return self.honest.compute(operation, list(operands), {**self.attributes, **attributes}, self.dtype)

    def narrow(self, values: Array) -> Array:
        """Values in the output's dtype."""
        return self.honest.narrow(np.asarray(values), self.dtype)


@dataclass(frozen=True)
class Fault:
    """A fault of one operation, and the tests of it that must fail; ``cause`` is the class they must name, if any."""

    name: str
    operation: str
    wrong: Callable[[Launch], Array]
    caught: tuple[str, ...]
    cause: str | None = None

    def device(self) -> PlainDevice:
        """A device that is honest but for this."""
        return _Faulty(self)


class _Faulty(PlainDevice):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault

    def compute(self, operation: str, operands: list[Array], attributes: Mapping[str, Any], dtype: str) -> Array:
        right = super().compute(operation, operands, attributes, dtype)
        if operation != self.fault.operation:
            return right
        return self.fault.wrong(Launch(operands, attributes, np.asarray(right), PlainDevice()))


def _cut(values: Array, bits: int) -> Array:
    """float32 operands with only their leading bits, as a unit of a narrower format takes them."""
    if values.dtype != np.float32:
        return values
    return (values.view(np.uint32) & np.uint32(0xFFFFFFFF << (24 - bits) & 0xFFFFFFFF)).view(np.float32)


def _at(values: Array, index: Any, value: Any) -> Array:
    changed = np.array(values)
    changed[index] = value
    return changed


def _without(values: Array, places: Sequence[int]) -> Array:
    """NaN at these places of a row overlooked."""
    changed = values.astype(np.float64)
    for place in places:
        if changed.shape[-1] > place:
            changed[..., place] = np.where(np.isnan(changed[..., place]), -np.inf, changed[..., place])
    return changed.astype(values.dtype)


def _tail_lost(values: Array, axis: int = -1) -> Array:
    """The tail past the last full block of eight left at zero."""
    moved = np.array(np.moveaxis(values, axis, 0))
    if moved.shape[0] > 8:
        moved[moved.shape[0] // 8 * 8 :] = 0
    return np.moveaxis(moved, 0, axis)


def _in_half(launch: Launch) -> Array:
    """A sum kept in float16."""
    values = np.moveaxis(launch.operands[0], launch.attributes["axis"], 0)
    total = np.zeros(values.shape[1:], np.float16)
    for term in values:
        total = (total + term).astype(np.float16)
    return total.reshape(launch.right.shape).astype(launch.right.dtype)


def _product_in_half(launch: Launch) -> Array:
    a, b = launch.operands
    total = np.zeros(launch.right.shape, np.float16)
    for k in range(a.shape[-1]):
        total = (total + a[..., :, k, None].astype(np.float32) * b[..., None, k, :]).astype(np.float16)
    return total.astype(launch.right.dtype)


def _by_rows(launch: Launch) -> Array:
    """A product whose split of the inner dimension depends on the number of rows."""
    a, b = launch.operands
    half = a.shape[-1] // 2 if a.ndim == 2 and a.shape[0] > 4 else 0
    return (launch.again("matmul", a[..., :half], b[:half]) + launch.again("matmul", a[..., half:], b[half:])).astype(
        launch.right.dtype
    )


def _one_pattern(launch: Launch) -> Array:
    """One value out of all comes out one step too large."""
    bits = launch.operands[0].view("u2") == 0x3A5C
    step = np.array(launch.right).view(f"u{launch.right.dtype.itemsize}")
    return np.where(bits, step + 8, step).astype(step.dtype).view(launch.right.dtype)


def _started_at(launch: Launch, start: float) -> Array:
    """A sum onto memory that was not cleared."""
    if launch.right.dtype.kind == "i":
        return launch.right
    return launch.narrow(launch.right.astype(np.float64) + start)


def _narrow_nan(launch: Launch) -> Array:
    """bfloat16 by adding half a unit to the bits and cutting them, without a thought for NaN."""
    if launch.dtype != "bfloat16" or launch.operands[0].dtype != np.float32:
        return launch.right
    bits = launch.operands[0].view(np.uint32)
    kept = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return kept.astype(np.uint16).view(launch.right.dtype)


def _half_away(launch: Launch) -> Array:
    """A conversion to float16 that rounds halves away from zero."""
    if launch.dtype != "float16":
        return launch.right
    up = np.nextafter(launch.right, np.copysign(np.float16(np.inf), launch.right))
    middle = (launch.right.astype(np.float64) + up.astype(np.float64)) / 2
    return np.where(np.isfinite(up) & (launch.wide == middle), up, launch.right).astype(np.float16)


def _saturated(launch: Launch) -> Array:
    if launch.dtype not in ("float16", "float32"):
        return launch.right
    most = np.finfo(launch.dtype).max
    overflown = np.isinf(launch.right) & np.all([np.isfinite(o.astype(np.float64)).all() for o in launch.operands])
    return np.where(overflown, np.copysign(most, launch.right), launch.right).astype(launch.dtype)


def _saturated_cast(launch: Launch) -> Array:
    if launch.dtype != "float16":
        return launch.right
    overflown = np.isinf(launch.right) & np.isfinite(launch.wide)
    return np.where(overflown, np.copysign(np.float16(65504), launch.right), launch.right).astype(np.float16)


def _flushed(launch: Launch) -> Array:
    if launch.right.dtype.kind != "f":
        return launch.right
    small = np.abs(launch.right) < np.finfo(launch.right.dtype).smallest_normal
    return np.where(small, np.copysign(launch.right.dtype.type(0), launch.right), launch.right).astype(launch.dtype)


def _first_matrix(launch: Launch) -> Array:
    """Every product of a batch with the first matrix of the right-hand side."""
    a, b = launch.operands
    return launch.again("matmul", a, np.broadcast_to(b[:1], b.shape) if b.ndim > 2 else b)


def _vector_forgotten(launch: Launch) -> Array:
    """A vector on the right taken from its end."""
    a, b = launch.operands
    return launch.again("matmul", a, b[::-1]) if b.ndim == 1 and a.ndim == 2 else launch.right


def _wrong_axis(launch: Launch) -> Array:
    """A negative axis counted one too far."""
    axis = launch.attributes["axis"]
    values = launch.operands[0]
    if axis is None or axis >= 0 or values.ndim < 3:
        return launch.right
    return np.resize(launch.again("sum", values, axis=(axis - 1) % values.ndim), launch.right.shape)


def _last_of_ties(launch: Launch) -> Array:
    values, axis = launch.operands[0], launch.attributes["axis"]
    if axis is None or np.isnan(values.astype(np.float64)).any():
        return launch.right
    last = values.shape[axis] - 1 - np.flip(values.astype(np.float64), axis).argmax(axis=axis)
    return np.asarray(last).reshape(launch.right.shape).astype(np.int64)


def _from_finite(launch: Launch) -> Array:
    lowest = np.finfo(launch.dtype).min if launch.dtype in ("float16", "float32") else None
    return launch.right if lowest is None else np.asarray(np.maximum(launch.right, launch.right.dtype.type(lowest)))


def _rounded_before_dividing(launch: Launch) -> Array:
    count = launch.operands[0].shape[launch.attributes["axis"]]
    total = launch.again("sum", launch.operands[0])
    return launch.narrow(total.astype(np.float64) / count)


def _first_block(launch: Launch) -> Array:
    """Only the first 64 elements of a row looked at."""
    return launch.again("any", launch.operands[0][..., :64])


def _sixteen_bit_counter(launch: Launch) -> Array:
    """The terms past a whole number of 65,536 left out."""
    values = launch.operands[0]
    many = values.shape[-1] // 65536 * 65536
    return launch.again("sum", values[..., :many]) if many and values.shape[-1] > many else launch.right


def _split_lost(launch: Launch) -> Array:
    a, b = launch.operands
    return launch.again("matmul", a[..., :16000], b[:16000]) if b.ndim == 2 and b.shape[0] > 16000 else launch.right


def _stretched_by_repetition(launch: Launch) -> Array:
    """Operands repeated element by element until they fill the output."""
    return launch.again("add", *[np.resize(operand, launch.right.shape) for operand in launch.operands])


def _scaled_first_tile(launch: Launch) -> Array:
    """Alpha left out past row 64 of the result."""
    plain = launch.again("gemm", *launch.operands, alpha=1.0)
    return np.where(np.arange(len(plain))[:, None] >= 64, plain, launch.right).astype(launch.dtype)


def _read_anyway(launch: Launch, factor: str) -> Array:
    if launch.attributes[factor] != 0:
        return launch.right
    touched = launch.operands[2] if factor == "beta" else launch.operands[0].sum() + launch.operands[1].sum()
    return np.asarray(launch.right + touched * launch.right.dtype.type(0)).astype(launch.dtype)


def _flag_ignored(launch: Launch) -> Array:
    """B as it lies in memory, whatever its flag says."""
    a, b, c = launch.operands
    if not launch.attributes["transpose_b"]:
        return launch.right
    return launch.again("gemm", a, b.reshape(b.shape[::-1]), c, transpose_b=False)


def _through_float32(launch: Launch) -> Array:
    return launch.again("add", *operands) if (operands := _as_float32(launch)) else launch.right


def _as_float32(launch: Launch) -> list[Array]:
    if launch.dtype != "int32":
        return []
    return [operand.astype(np.float32).astype(np.float64).astype(np.int64) for operand in launch.operands]


def _zero_at(operands: Sequence[Array]) -> Array:
    return np.asarray(0 - operands[0].astype(np.float64))


FAULTS = [
    # Sums and products.
    Fault("sum kept in float16", "sum", lambda x: _in_half(x) if x.dtype == "float16" else x.right,
          ("IF-NUM-001/sum/float16", "IF-NUM-004/sum/float16", "IF-NUM-009/sum/float16")),
    Fault("product kept in float16", "matmul", lambda x: _product_in_half(x) if x.dtype == "float16" else x.right,
          ("IF-NUM-001/matmul/float16", "IF-NUM-004/matmul/float16", "IF-NUM-009/matmul/float16")),
    Fault("operands cut to eleven bits", "matmul", lambda x: x.again("matmul", *[_cut(o, 11) for o in x.operands]),
          ("IF-NUM-002/matmul/float32", "IF-NUM-004/matmul/float32", "IF-NUM-005/matmul/float32")),
    Fault("one operand cut to eleven bits", "matmul",
          lambda x: x.again("matmul", x.operands[0], _cut(x.operands[1], 11)), ("IF-NUM-002/matmul/float32",)),
    Fault("the other cut to eleven bits", "matmul",
          lambda x: x.again("matmul", _cut(x.operands[0], 11), x.operands[1]), ("IF-NUM-002/matmul/float32",)),
    Fault("memory not cleared", "matmul", lambda x: _started_at(x, 2.0**-100), ("IF-NUM-006/matmul/float32",)),
    Fault("sum onto memory not cleared", "sum", lambda x: _started_at(x, 2.0**-100), ("IF-NUM-006/sum/float32",)),
    Fault("tails of rows lost", "matmul", lambda x: _tail_lost(x.right) if x.right.ndim > 1 else x.right,
          ("IF-NUM-013/matmul/float32", "IF-NUM-013/matmul/bfloat16")),
    Fault("split by rows", "matmul", _by_rows, ("IF-LIN-009/matmul/float32",), "not-repeatable"),
    Fault("batch stride of zero", "matmul", _first_matrix, ("IF-LIN-001/matmul/float32",)),
    Fault("vectors reversed", "matmul", _vector_forgotten, ("IF-LIN-002/matmul/float32",)),
    Fault("a split of K lost", "matmul", _split_lost, ("IF-LIN-008/matmul/float32",)),
    Fault("saturating product", "matmul", _saturated, ("IF-NUM-009/matmul/float32", "IF-NUM-009/matmul/float16")),
    Fault("C read with beta zero", "gemm", lambda x: _read_anyway(x, "beta"), ("IF-LIN-003/gemm/float32",)),
    Fault("A and B read with alpha zero", "gemm", lambda x: _read_anyway(x, "alpha"), ("IF-LIN-004/gemm/float32",)),
    Fault("alpha lost past a tile", "gemm", _scaled_first_tile, ("IF-LIN-006/gemm/float32",), "beyond-bound"),
    Fault("transpose of B ignored", "gemm", _flag_ignored, ("IF-LIN-005/gemm/float32",)),
    # Reductions.
    Fault("negative axes misread", "sum", _wrong_axis, ("IF-RED-001/sum/float32",)),
    Fault("last of ties", "argmax", _last_of_ties, ("IF-RED-002/argmax/float32", "IF-RED-002/argmax/int32")),
    Fault("NaN overlooked at 64 and 129", "max",
          lambda x: x.again("max", _without(x.operands[0], (64, 129))) if x.right.dtype.kind != "i" else x.right,
          ("IF-RED-003/max/float32", "IF-NUM-007/max/float32", "IF-RED-003/max/bfloat16"), "lost-nan"),
    Fault("NaN overlooked at the end", "argmax",
          lambda x: x.again("argmax", _without(x.operands[0], (129,))) if x.operands[0].dtype.kind != "i" else x.right,
          ("IF-RED-003/argmax/float32",)),
    Fault("extremum from the lowest number", "max", _from_finite, ("IF-RED-006/max/float32",)),
    Fault("sum rounded before dividing", "mean", _rounded_before_dividing,
          ("IF-RED-005/mean/float16", "IF-RED-005/mean/bfloat16")),
    Fault("one block of a row looked at", "any", _first_block, ("IF-RED-008/any/float32", "IF-RED-008/any/bool")),
    Fault("counter of 16 bits", "sum", _sixteen_bit_counter, ("IF-RED-007/sum/float32", "IF-RED-007/sum/int32")),
    # One element for one.
    Fault("maximum of the other operand", "maximum",
          lambda x: x.narrow(np.fmax(x.wide, x.operands[1].astype(np.float64))),
          ("IF-ELE-005/maximum/float32", "IF-NUM-007/maximum/float32", "IF-ELE-001/maximum/float32"), "lost-nan"),
    Fault("not less", "greater_equal", lambda x: ~x.again("less", *x.operands), ("IF-ELE-002/greater_equal/float32",)),
    Fault("halves rounded up", "round", lambda x: x.narrow(np.floor(x.wide + 0.5)), ("IF-ELE-003/round/float32",)),
    Fault("negative by subtraction", "negative", lambda x: x.narrow(_zero_at(x.operands)),
          ("IF-ELE-004/negative/float32", "IF-ELE-001/negative/float32"), "lost-sign-of-zero"),
    Fault("integers through float32", "add", _through_float32, ("IF-ELE-006/add/int32",)),
    Fault("xor as or", "logical_xor", lambda x: x.again("logical_or", *x.operands), ("IF-ELE-007/logical_xor/bool",)),
    Fault("bytes inverted as truth values", "bitwise_invert", lambda x: (x.operands[0] == 0).astype(x.dtype),
          ("IF-ELE-008/bitwise_invert/int8", "IF-ELE-008/bitwise_invert/int32")),
    Fault("stretched by repetition", "add", _stretched_by_repetition,
          ("IF-ELE-011/add/float32", "IF-ELE-011/add/int32")),
    Fault("one value wrong", "sqrt", lambda x: _one_pattern(x) if x.right.dtype.itemsize == 2 else x.right,
          ("IF-ELE-009/sqrt/float16", "IF-ELE-009/sqrt/bfloat16")),
    Fault("one value of a function wrong", "tanh",
          lambda x: _one_pattern(x) if x.right.dtype.itemsize == 2 else x.right,
          ("IF-ELE-010/tanh/float16",), "beyond-bound"),
    Fault("fast exponential", "exp", lambda x: x.narrow(np.exp(x.wide) * (1 + x.wide * 2.0**-26)),
          ("IF-NUM-003/exp/float32",), "beyond-bound"),
    Fault("exponential of minus infinity", "exp",
          lambda x: np.where(x.wide == -np.inf, np.nan, x.right).astype(x.dtype),
          ("IF-ELE-001/exp/float32", "IF-NUM-007/exp/float32")),
    Fault("subnormal products flushed", "multiply", _flushed, ("IF-NUM-008/multiply/float32",), "flushed"),
    Fault("saturating addition", "add", _saturated, ("IF-NUM-009/add/float32",)),
    # Conversion.
    Fault("halves away from zero", "cast", _half_away, ("IF-CNV-001/cast/float32-float16",), "wrong-rounding"),
    Fault("saturating conversion", "cast", _saturated_cast, ("IF-CNV-002/cast/float32-float16",)),
    Fault("integers rounded", "cast",
          lambda x: x.narrow(np.rint(x.wide)) if x.right.dtype.kind == "i" else x.right,
          ("IF-CNV-003/cast/float32-int32",)),
    Fault("integers cut", "cast",
          lambda x: x.narrow((x.wide.astype(np.int64) & ~0xFF).astype(np.float64))
          if x.operands[0].dtype == np.int32 else x.right,
          ("IF-CNV-004/cast/int32-float32",)),
    Fault("NaN rounded like a number", "cast", _narrow_nan, ("IF-CNV-005/cast/float32-bfloat16",), "lost-nan"),
    Fault("one converted value wrong", "cast",
          lambda x: _one_pattern(x) if x.operands[0].dtype.itemsize == 2 else x.right,
          ("IF-CNV-006/cast/bfloat16-float32", "IF-CNV-006/cast/float16-float32")),
    Fault("subnormals flushed while widening", "cast",
          lambda x: np.where(np.abs(x.wide) < float(np.finfo(np.float16).smallest_normal), 0, x.right).astype(x.dtype)
          if x.operands[0].dtype == np.float16 else x.right,
          ("IF-CNV-007/cast/float16-float32", "IF-NUM-008/cast/float16-float32")),
]  # fmt: skip
