"""Tensors on their way into onnxruntime and out again, among them those of types that numpy itself does not have.

The binding takes a tensor of bfloat16 or float8 only as its bits, and gives one back only by its address. This file
travels to the far side of a place: numpy, onnx and onnxruntime only, Python 3.8 or later.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import TensorProto
from onnxruntime import OrtValue

from harness.device.protocol import UNSUPPORTED, DeviceError

#: ONNX's names of the element types that have whole bytes.
TYPES: Mapping[str, str] = {
    "bool": "BOOL",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "float16": "FLOAT16",
    "bfloat16": "BFLOAT16",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "complex64": "COMPLEX64",
    "complex128": "COMPLEX128",
    "float8_e4m3fn": "FLOAT8E4M3FN",
    "float8_e4m3fnuz": "FLOAT8E4M3FNUZ",
    "float8_e5m2": "FLOAT8E5M2",
    "float8_e5m2fnuz": "FLOAT8E5M2FNUZ",
    "float8_e8m0fnu": "FLOAT8E8M0",
}
#: Unsigned integers, as which the bits of a type are handed over, by their bytes.
_BITS: Mapping[int, Any] = {1: np.uint8, 2: np.uint16}


def element_type(dtype: Any) -> int:
    """ONNX's number of a numpy dtype; raises ``DeviceError`` (unsupported) where the installed onnx has none."""
    number = getattr(TensorProto, TYPES.get(dtype.name, ""), None)
    if number is None:
        raise DeviceError(UNSUPPORTED, f"onnx has no element type {dtype.name}")
    return int(number)


def value_of(array: Any) -> OrtValue:
    """An array as onnxruntime's value on the host, dense and aligned as it wants them."""
    dense = np.require(array, requirements=["C", "A"])
    if dense.dtype.isbuiltin == 1:
        return OrtValue.ortvalue_from_numpy(dense)
    bits = dense.view(_BITS[dense.dtype.itemsize])
    return OrtValue.ortvalue_from_numpy_with_onnx_type(bits, element_type(dense.dtype))


def array_of(value: OrtValue, dtype: Any) -> Any:
    """A value on the host as an array of its dtype."""
    if dtype.isbuiltin == 1:
        return value.numpy()
    shape = tuple(value.shape())
    data = ctypes.string_at(value.data_ptr(), math.prod(shape) * dtype.itemsize) if 0 not in shape else b""
    return np.frombuffer(data, dtype).reshape(shape)
