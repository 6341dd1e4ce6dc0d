"""Conv: windows laid out as rows of a matrix, and multiplied with the kernels by the unit that serves it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.composed.windows import Sliding, kernel_of, slide
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    return results[0] in FLOATS and all(dtype == results[0] for dtype in operands)


def _sliding(x: Shape, w: Shape, attributes: Mapping[str, Any]) -> Sliding:
    return slide(x[2:], tuple(w[2:]), attributes)


def _group(attributes: Mapping[str, Any]) -> int:
    group = attributes.get("group", 1)
    if not isinstance(group, int) or isinstance(group, bool) or group < 1:
        raise DeviceError(INVALID_VALUE, f"group {str(group)[:60]}, not a whole number from 1")
    return group


def _shapes(found: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    x, w, *bias = found
    group = _group(attributes)
    if len(x) < 3 or len(w) != len(x):
        raise DeviceError(INVALID_VALUE, f"an image of shape {x} with kernels of shape {w}")
    if x[1] != w[1] * group or w[0] % group:
        raise DeviceError(INVALID_VALUE, f"{x[1]} channels and {w[0]} kernels of {w[1]} in {group} groups")
    if bias and tuple(bias[0]) != (w[0],):
        raise DeviceError(INVALID_VALUE, f"a bias of shape {bias[0]} for {w[0]} kernels")
    if "kernel_shape" in attributes and kernel_of(attributes, len(x) - 2) != tuple(w[2:]):
        raise DeviceError(INVALID_VALUE, f"kernel_shape {attributes['kernel_shape']} for kernels of shape {w}")
    return ((x[0], w[0], *_sliding(x, w, attributes).counts),)


def _compute(
    units: Units, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    x, w, *bias = inputs
    sliding, group = _sliding(x.shape, w.shape, attributes), _group(attributes)
    working = units.working(x.dtype.name)
    images, features, depth = x.shape[0], w.shape[0], w.shape[1]
    # (N, C, windows, places of the kernel), then one matrix of windows for each group.
    windows, places = math.prod(sliding.counts), math.prod(sliding.kernel)
    held = np.stack(list(sliding.slices(x, 0)), axis=-1)
    rows = held.reshape(images, group, depth, windows, places).transpose(1, 0, 3, 2, 4)
    columns = w.reshape(group, features // group, depth * places).swapaxes(1, 2)
    product = units.product("Conv", rows.reshape(group, images * windows, depth * places), columns, working)
    found = product.reshape(group, images, windows, features // group).transpose(1, 0, 3, 2)
    found = found.reshape(images, features, *sliding.counts)
    if bias:
        added = units.step("cast", bias[0], result=working)
        found = units.step("add", found, added.reshape(features, *(1,) * len(sliding.counts)))
    return (units.step("cast", found, result=results[0]),)


_ATTRIBUTES = frozenset({"kernel_shape", "strides", "dilations", "pads", "auto_pad", "group"})

OPERATIONS: Mapping[str, Composed] = {"Conv": Composed(Signature(2, 3, _types, _shapes, _ATTRIBUTES), _compute)}
