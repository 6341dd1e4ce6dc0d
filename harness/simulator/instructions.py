"""Matrix instructions as what a device launches: by themselves, and where they serve an operation of the interface.

``instruction/NAME`` takes A (M, K), B (K, N) and C (M, N), and where operands have scales those of A (M, K / scale
block) and of B (K / scale block, N), and gives D (M, N). Formats that no tensor has travel as raw bits in bytes,
``tf32`` and ``xf32`` as float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.errors import UsageError
from harness.simulator.conversion import Array, convert
from harness.simulator.formats import FORMATS
from harness.simulator.signatures import Shape, Signature

if TYPE_CHECKING:
    from harness.simulator.matrix.dot import Dot
    from harness.simulator.matrix_unit import MatrixUnit

#: What the name of an operation begins with that is an instruction.
PREFIX = "instruction/"

#: The operations that an instruction can serve: those that multiply matrices, also as one of their steps.
SERVED = frozenset(
    {"matmul", "vecdot", "gemm", "MatMul", "Gemm", "MatMulInteger", "Conv", "Attention"}
    | {"gemm_batched", "gemm_strided_batched", "scaled_mm"}
)

#: Formats of which no device has tensors: they travel as raw bits.
_RAW = frozenset({"float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn", "float8_e8m0fnu"})


def served(operation: str) -> bool:
    """Whether an instruction can serve an operation."""
    return operation in SERVED or operation.startswith(PREFIX)


def carried(format_: str) -> str:
    """The dtype of a tensor whose elements are of a format."""
    if format_ in _RAW:
        return "uint8"
    return FORMATS[format_].held_as if format_ in FORMATS else format_


def signature(arithmetic: Dot) -> Signature:
    """What a launch of an instruction looks like."""
    dtypes = [carried(format_) for format_ in (arithmetic.a, arithmetic.b, arithmetic.c)]
    block = arithmetic.get("scale_block")
    if block:
        dtypes += [carried(arithmetic.get("scale_format"))] * 2

    def types(operands: Sequence[str], results: Sequence[str]) -> bool:
        return list(operands) == dtypes and list(results) == [carried(arithmetic.d)]

    def shapes(found: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
        if any(len(shape) != 2 for shape in found) or found[0][1] != found[1][0]:
            raise DeviceError(INVALID_VALUE, f"an instruction takes matrices, A (M, K) and B (K, N), not {found}")
        rows, depth, columns = found[0][0], found[0][1], found[1][1]
        expected = [(rows, columns)]
        if block:
            groups = -(-depth // block)
            expected += [(rows, groups), (groups, columns)]
        if [tuple(shape) for shape in found[2:]] != expected:
            raise DeviceError(INVALID_VALUE, f"C and scales of shapes {found[2:]}, not {expected}")
        return ((rows, columns),)

    return Signature(len(dtypes), len(dtypes), types, shapes)


def make_ready(unit: MatrixUnit) -> None:
    """Compile a unit's code, by the smallest product."""
    if "scale_block" not in unit.arithmetic.said:
        one = [np.zeros((1, 1), numpy_dtype(carried(format_))) for format_ in (unit.arithmetic.a, unit.arithmetic.b)]
        unit.multiply(one[0], one[1], _zeros(unit, (1, 1)))


def launch(unit: MatrixUnit, inputs: Sequence[Array]) -> Array:
    """D of one instruction; raises ``DeviceError`` (invalid value) for bits that its formats do not have."""
    try:
        return unit.multiply(*inputs)
    except UsageError as error:
        raise DeviceError(INVALID_VALUE, str(error)) from error


def serve(
    operation: str, unit: MatrixUnit, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str
) -> Array:
    """An inner product by the instruction that serves it, from a C of zeros; the result is rounded to nearest even."""
    if operation == "matmul":
        return convert(_matmul(unit, inputs[0], inputs[1]), result)
    if operation == "vecdot":
        a, b = np.broadcast_arrays(*inputs)
        rows = math.prod(a.shape[:-1]), a.shape[-1]
        found = unit.dot(a.reshape(rows), b.reshape(rows), _zeros(unit, rows[:1]))
        return convert(found.reshape(a.shape[:-1]), result)
    return _gemm(unit, inputs, attributes, result)


def _matmul(unit: MatrixUnit, a: Array, b: Array) -> Array:
    """A product of matrices, of stacks of them, or of vectors at either end."""
    left = a if a.ndim > 1 else a[None, :]
    right = b if b.ndim > 1 else b[:, None]
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, (*stack, *left.shape[-2:]))
    right = np.broadcast_to(right, (*stack, *right.shape[-2:]))
    found = _zeros(unit, (*stack, left.shape[-2], right.shape[-1]))
    if stack and found.shape[-2:] == (1, 1):
        rows = math.prod(stack), left.shape[-1]
        found = unit.dot(left.reshape(rows), right.reshape(rows), _zeros(unit, rows[:1])).reshape(found.shape)
    else:
        for index in np.ndindex(*stack):
            found[index] = unit.multiply(left[index], right[index], found[index])
    if a.ndim == 1:
        found = found[..., 0, :]
    return found if b.ndim > 1 else found[..., 0]


def _gemm(unit: MatrixUnit, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str) -> Array:
    """Compute alpha * A B + beta * C; what the instruction gives is scaled and added in float64, then rounded."""
    a, b, c = inputs
    a = a.T if attributes.get("transpose_a", False) else a
    b = b.T if attributes.get("transpose_b", False) else b
    alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
    total = np.zeros(c.shape, np.float64)
    if alpha != 0:
        total = alpha * unit.multiply(a, b, _zeros(unit, c.shape)).astype(np.float64)
    if beta != 0:
        total = total + beta * c.astype(np.float64)
    return convert(total, result)


def _zeros(unit: MatrixUnit, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, numpy_dtype(carried(unit.arithmetic.c)))
