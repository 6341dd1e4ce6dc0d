"""MaxPool and AveragePool: the elements of every window side by side, reduced by the vector units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.composed.windows import Sliding, counts_pads, kernel_of, slide
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature


def _floats(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] == results[0] and results[0] in FLOATS


def _ordered(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] == results[0] and results[0] in FLOATS | {"int8", "uint8"}


def _sliding(x: Shape, attributes: Mapping[str, Any]) -> Sliding:
    if "kernel_shape" not in attributes:
        raise DeviceError(INVALID_VALUE, "a pool without kernel_shape")
    return slide(x[2:], kernel_of(attributes, len(x) - 2), attributes)


def _shapes(found: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    x = found[0]
    if len(x) < 3:
        raise DeviceError(INVALID_VALUE, f"an image of shape {x}")
    sliding = _sliding(x, attributes)
    counts_pads(attributes)
    shape = (*x[:2], *sliding.counts)
    if shape == tuple(outs[0]) and not _numbers(sliding, x[2:]).all():
        raise DeviceError(INVALID_VALUE, f"pads {attributes.get('pads')} make windows that hold no element")
    return (shape,)


def _numbers(sliding: Sliding, image: Shape, *, padded: bool = False) -> Array:
    """How many elements each window holds; with those pads that were asked for."""
    found = np.ones((), np.int64)
    for axis, length in enumerate(image):
        starts = np.arange(sliding.counts[axis]) * sliding.strides[axis] - sliding.before[axis]
        places = starts[:, None] + np.arange(sliding.kernel[axis]) * sliding.dilations[axis]
        held = places < length + sliding.behind[axis] if padded else (places >= 0) & (places < length)
        found = found[..., None] * held.sum(axis=1)
    return found


def _max(
    units: Units, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    x = inputs[0]
    least = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else numpy_dtype(results[0]).type(-np.inf)
    held = np.stack(list(_sliding(x.shape, attributes).slices(x, least)), axis=-1)
    return (units.step("max", held, axis=-1),)


def _average(
    units: Units, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    x = inputs[0]
    sliding = _sliding(x.shape, attributes)
    working = units.working(x.dtype.name)
    numbers = _numbers(sliding, x.shape[2:], padded=counts_pads(attributes))
    held = np.stack(list(sliding.slices(units.step("cast", x, result=working), 0)), axis=-1)
    total = units.step("sum", held, axis=-1)
    mean = units.step("divide", total, numbers.astype(numpy_dtype(working)))
    return (units.step("cast", mean, result=results[0]),)


_ATTRIBUTES = frozenset({"kernel_shape", "strides", "dilations", "pads", "auto_pad", "ceil_mode"})

OPERATIONS: Mapping[str, Composed] = {
    "MaxPool": Composed(Signature(1, 1, _ordered, _shapes, _ATTRIBUTES), _max),
    "AveragePool": Composed(Signature(1, 1, _floats, _shapes, _ATTRIBUTES | {"count_include_pad"}), _average),
}
