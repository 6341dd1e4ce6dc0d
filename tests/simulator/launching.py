"""One launch from arrays to an array, through buffers, as any program would make it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import Device, Tensor

Array = NDArray[Any]


def array(values: Any, dtype: str) -> Array:
    """Values as an array of a named dtype."""
    return np.asarray(values).astype(numpy_dtype(dtype))


def launch(
    device: Device, operation: str, inputs: list[Array], dtype: str, shape: tuple[int, ...], **attributes: Any
) -> Array:
    """The result of an operation on dense tensors."""
    tensors = []
    for values in inputs:
        buffer = device.allocate(values.nbytes)
        device.write(buffer, values.tobytes())
        tensors.append(Tensor(buffer, values.dtype.name, values.shape))
    out = np.empty(shape, numpy_dtype(dtype))
    target = device.allocate(out.nbytes)
    device.launch(operation, tensors, [Tensor(target, dtype, shape)], attributes)
    result = np.frombuffer(device.read(target, out.nbytes), out.dtype).reshape(shape)
    for buffer in (*(tensor.buffer for tensor in tensors), target):
        device.release(buffer)
    return result


def elementwise(device: Device, operation: str, *inputs: Array, dtype: str | None = None) -> Array:
    """The result of an elementwise operation, in the dtype of its last operand unless said otherwise."""
    shape = np.broadcast_shapes(*(values.shape for values in inputs))
    return launch(device, operation, list(inputs), dtype or inputs[-1].dtype.name, shape)
