"""A vector unit: elementwise operations, long sums and conversions with what a profile declares or assumes.

Where nothing is declared or assumed it computes as numpy does, rounded to nearest even. What is said is followed to the
bit: rounding, flushing, the order of sums, fused or separate multiply-adds. Errors of functions, of which a profile
gives only a bound, are made up within it, always the same for the same operands.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import UNSUPPORTED, DeviceError
from harness.simulator import accumulation, elementwise
from harness.simulator.accumulation import Order
from harness.simulator.conversion import Array, convert, flush, is_float, widen
from harness.simulator.formats import FORMATS

#: The format in which sums of these formats are kept where nothing is said.
USUAL_ACCUMULATORS = dict.fromkeys(
    ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"], "float32"
)
ACCUMULATORS = frozenset(["float16", "bfloat16", "float32", "float64", "int32", "int64"])

_LONG = frozenset({"sum", "prod", "mean"})
_INNER = frozenset({"vecdot", "matmul", "gemm"})
#: Functions that never leave [-1, 1].
_BOUNDED = frozenset({"tanh", "sin", "cos", "erf"})


@dataclass(frozen=True)
class Conversion:
    """How float32 is converted to one dtype: the rounding, and the word that every NaN becomes, where they are said."""

    rounding: str | None = None
    nan: int | None = None


@dataclass(frozen=True)
class UnitConduct:
    """How vector units compute with one dtype; ``None`` is neither declared nor assumed.

    The fields are those of the profile's ``VectorConduct``, with ``flush`` taken apart. ``conversions`` says how this
    dtype is converted to others, by their names.
    """

    accumulator: str | None = None
    rounding: str | None = None
    flush_inputs: bool | None = None
    flush_outputs: bool | None = None
    multiply_add: str | None = None
    reduction_lanes: int | None = None
    reduction: str | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    conversions: Mapping[str, Conversion] = field(default_factory=dict)


class Converts(Protocol):
    """What a profile says of conversion to a dtype."""

    @property
    def rounding(self) -> str | None:
        """How it rounds."""

    @property
    def nan(self) -> str | None:
        """The pattern every NaN becomes, in hexadecimal."""


class Said(Protocol):
    """What a profile says about vector units in one place, declared or assumed."""

    @property
    def accumulator(self) -> str | None:
        """The format long sums are kept in."""

    @property
    def rounding(self) -> str | None:
        """How results are rounded."""

    @property
    def flush(self) -> str | None:
        """Which subnormal numbers become zero."""

    @property
    def multiply_add(self) -> str | None:
        """Whether products are rounded before they are added."""

    @property
    def reduction_lanes(self) -> int | None:
        """To how many lanes sums are dealt."""

    @property
    def reduction(self) -> str | None:
        """How lanes are put together."""

    @property
    def accuracy(self) -> Mapping[str, float] | None:
        """By function, how far results may be off."""


class Declared(Said, Protocol):
    """What a profile declares of one dtype."""

    @property
    def convert(self) -> Converts | None:
        """How float32 is converted to it."""


class Claims(Protocol):
    """What vector units need of a profile."""

    @property
    def vector(self) -> Mapping[str, Declared]:
        """What is declared, by dtype."""

    @property
    def assumed(self) -> Mapping[str, Said]:
        """What is assumed, by unit: ``vector/DTYPE``, or ``vector`` for all of them."""


def unit_conduct(profile: Claims, dtype: str) -> UnitConduct:
    """What a profile says about its vector units and one dtype: what it declares first, then what it assumes."""
    said = [
        found
        for found in (profile.vector.get(dtype), profile.assumed.get(f"vector/{dtype}"), profile.assumed.get("vector"))
        if found is not None
    ]

    def first(name: str) -> Any:
        return next((value for one in said if (value := getattr(one, name)) is not None), None)

    flushed = first("flush")
    accuracy: dict[str, float] = {}
    for one in reversed(said):
        accuracy |= one.accuracy or {}
    return UnitConduct(
        accumulator=first("accumulator"),
        rounding=first("rounding"),
        flush_inputs=None if flushed is None else flushed in ("inputs", "both"),
        flush_outputs=None if flushed is None else flushed in ("outputs", "both"),
        multiply_add=first("multiply_add"),
        reduction_lanes=first("reduction_lanes"),
        reduction=first("reduction"),
        accuracy=accuracy,
        conversions=_conversions(profile) if dtype == "float32" else {},
    )


def _conversions(profile: Claims) -> dict[str, Conversion]:
    found = {}
    for dtype, declared in profile.vector.items():
        if declared.convert is not None:
            pattern, said = declared.convert.nan, declared.convert.rounding
            found[dtype] = Conversion(said, None if pattern is None else _word(pattern, dtype))
    return found


def _word(pattern: str, dtype: str) -> int:
    """A pattern as a word of a dtype; of one written as wide as float32, the part that a short dtype keeps."""
    surplus = 4 * (len(pattern) - 2) - 8 * numpy_dtype(dtype).itemsize
    return int(pattern, 16) >> max(surplus, 0)


class VectorUnit:
    """The vector unit for operands of one dtype.

    Takes what ``Arithmetic`` takes. Sums of floats keep to an ``Order`` as soon as one of ``reduction_lanes``,
    ``reduction``, ``multiply_add`` (for inner products) and a rounding other than nearest-even is said; then products
    are fused where nothing is said of that. Flushing and rounding apply to every step of those, and else to operands
    and results. Functions are computed in float64 and rounded once from there, which is correct for float16 and
    bfloat16 and within 0.501 of a unit for float32.
    """

    def __init__(self, conduct: UnitConduct | None = None) -> None:
        self._conduct = conduct or UnitConduct()
        self._rounding = self._conduct.rounding or "nearest-even"

    @property
    def conduct(self) -> UnitConduct:
        """What it follows."""
        return self._conduct

    @cached_property
    def assumptions(self) -> Mapping[str, str]:
        """What it takes for granted that no profile says, in words."""
        said, found = self._conduct, {}
        if said.rounding is None:
            found["rounding"] = "nearest-even"
        if said.accumulator is None:
            found["accumulator"] = "float32 for 8-bit and 16-bit floats, else the format of the result"
        if said.flush_inputs is None:
            found["flush"] = "none"
        if said.reduction_lanes is None and said.reduction is None:
            found["reduction"] = "in an order of numpy's choosing, or one after another where a rounding needs an order"
        if said.multiply_add is None:
            found["multiply_add"] = "of no matter to the host's products, or fused where an order is followed"
        found["functions"] = "computed in float64 and rounded once" + (
            "; within a bound that is said, errors are made up from the operands' bits" if said.accuracy else ""
        )
        return found

    def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
        """Raise ``DeviceError`` (unsupported) for an accumulator that cannot be computed with."""
        accumulator = self.accumulator(dtypes[0], dtypes[-1])
        if operation in accumulation.NAMES and accumulator not in (*ACCUMULATORS, dtypes[-1]):
            raise DeviceError(UNSUPPORTED, f"no accumulator {accumulator} for {operation} of {dtypes[0]}")

    def compute(self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str) -> Array:
        """The result of an operation, in the dtype ``result``, for operands in their own dtypes."""
        said, flushed = self._conduct, operation not in elementwise.UNFLUSHED
        with np.errstate(all="ignore"):
            if said.flush_inputs and flushed:
                inputs = [flush(values, values.dtype.name) for values in inputs]
            found = self._compute(operation, inputs, attributes, result)
            return flush(found, result) if said.flush_outputs and flushed else found

    def _compute(self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str) -> Array:
        if operation == "cast":
            return self._cast(inputs[0], result)
        if operation in elementwise.NAMES:
            bound = self._conduct.accuracy.get(operation)
            if bound is not None and operation in elementwise.INEXACT:
                return self._inexact(operation, inputs, result, bound)
            return elementwise.compute(operation, inputs, result, self._rounding)
        order = self._order(operation, inputs[0].dtype.name, result)
        if order is not None and order.follows(inputs):
            return accumulation.compute_in_order(operation, inputs, attributes, order, result)
        accumulator = self.accumulator(inputs[0].dtype.name, result)
        return accumulation.compute(operation, inputs, attributes, accumulator, result)

    def accumulator(self, dtype: str, result: str) -> str:
        """The format in which sums of a dtype are kept: what is said, where it is of the operands' kind.

        Integers are never added in a floating-point format.
        """
        said = self._conduct.accumulator
        if said is not None and is_float(numpy_dtype(dtype)) == (said in FORMATS):
            return said
        return USUAL_ACCUMULATORS.get(dtype, result)

    def _order(self, operation: str, dtype: str, result: str) -> Order | None:
        """The order that sums keep to; ``None`` where nothing asks for one."""
        said = self._conduct
        asked = (said.reduction_lanes, said.reduction, said.multiply_add if operation in _INNER else None)
        if operation not in _LONG | _INNER or (self._rounding == "nearest-even" and asked == (None, None, None)):
            return None
        return Order(
            self.accumulator(dtype, result),
            self._rounding,
            said.reduction_lanes,
            said.reduction == "tree",
            said.multiply_add != "separate",
            bool(said.flush_inputs),
            bool(said.flush_outputs),
        )

    def _cast(self, values: Array, result: str) -> Array:
        said = self._conduct.conversions.get(result, Conversion())
        found = convert(values, result, said.rounding or self._rounding)
        if said.nan is None or not is_float(values.dtype):
            return found
        word = np.dtype(f"uint{8 * found.dtype.itemsize}").type(said.nan)
        return np.asarray(np.where(np.isnan(widen(values)), word, found.view(word.dtype)).view(found.dtype))

    def _inexact(self, operation: str, inputs: Sequence[Array], result: str, bound: float) -> Array:
        """Results that lie up to ``bound`` units in the last place from the exact ones.

        Results that are exact, and those of few bits, which are taken for such, stay as they are.
        """
        exact = elementwise.in_float64(operation, inputs)
        plain = convert(exact, result, self._rounding)
        form = FORMATS[result]
        exponent = np.maximum(np.frexp(exact)[1] - 1, form.least)
        unit = np.ldexp(1.0, exponent - form.fraction_bits)
        own = 1.0 if result == "float64" or not self._rounding.startswith("nearest") else 0.5
        offset = _scatter(operation, inputs) * max(bound - own, 0.0)
        moved_exact = exact + offset * unit
        if operation in _BOUNDED:
            moved_exact = np.clip(moved_exact, -1.0, 1.0)
        moved = convert(moved_exact, result, self._rounding)
        short = "float32" if result == "float64" else result
        settled = exact == convert(exact, short).astype(np.float64)
        reach = bound - (own if result == "float64" else 2.0**-20)
        off = np.abs(widen(moved).astype(np.float64) - exact) > reach * unit
        kept = settled | off | ~np.isfinite(exact) | ~np.isfinite(widen(moved))
        return np.where(kept, widen(plain), widen(moved)).astype(plain.dtype)


def _scatter(operation: str, inputs: Sequence[Array]) -> Array:
    """A number in [-1, 1) for every element, made of the operation's name and the bits of its operands (SplitMix64)."""
    state = np.asarray(np.uint64(zlib.crc32(operation.encode())))
    for values in inputs:
        bits = np.ascontiguousarray(widen(values).astype(np.float64)).view(np.uint64).reshape(values.shape)
        state = (state ^ bits) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0)
