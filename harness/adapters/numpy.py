"""``numpy``: the array functions of the numpy that is installed, on the processor this runs on.

This file travels to the far side of a place: numpy and array-api-compat only (bfloat16 and float8 with ml_dtypes, where
that is installed), Python 3.8 or later.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import array_api_compat
import array_api_compat.numpy as xp
import numpy as np

from harness.adapters.library import LibraryDevice
from harness.adapters.numpy_operations import OPERATIONS
from harness.adapters.synchronous import SynchronousStreams
from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, OUT_OF_MEMORY, UNSUPPORTED, DeviceError, Tensor
from harness.errors import UsageError


class NumpyLibrary:
    """numpy, as the adapter needs it."""

    name = "numpy"
    xp: Any = xp
    operations = OPERATIONS

    def facts(self) -> dict[str, Any]:
        """The version of numpy, the processor, and the BLAS behind matmul."""
        return {
            "numpy": np.__version__,
            "array-api-compat": array_api_compat.__version__,
            "machine": platform.machine(),
            "blas": _blas(),
        }

    def dtype(self, name: str) -> Any:
        """The dtype numpy has for it, or that of ml_dtypes."""
        try:
            return numpy_dtype(name)
        except KeyError:
            raise DeviceError(UNSUPPORTED, f"no dtype {name!r}") from None

    def itemsize(self, dtype: Any) -> int:
        """The bytes of one element."""
        return int(dtype.itemsize)

    def empty(self, nbytes: int) -> Any:
        """An uninitialised array of bytes."""
        try:
            return np.empty(nbytes, dtype=np.uint8)
        except (MemoryError, ValueError) as error:
            raise DeviceError(OUT_OF_MEMORY if nbytes >= 0 else INVALID_VALUE, str(error)) from error

    def size(self, buffer: Any) -> int:
        """The buffer's bytes."""
        return int(buffer.size)

    def store(self, buffer: Any, offset: int, data: bytes) -> None:
        """Copy host bytes in."""
        buffer[offset : offset + len(data)] = np.frombuffer(data, dtype=np.uint8)

    def load(self, buffer: Any, offset: int, nbytes: int) -> bytes:
        """Copy bytes out."""
        return bytes(buffer[offset : offset + nbytes])

    def move(self, target: Any, to: int, source: Any, start: int, nbytes: int) -> None:
        """Assign a slice to a slice; numpy looks after overlap."""
        target[to : to + nbytes] = source[start : start + nbytes]

    def view(self, buffer: Any, tensor: Tensor, dtype: Any) -> Any:
        """A strided view of the bytes."""
        strides = None if tensor.strides is None else tuple(stride * dtype.itemsize for stride in tensor.strides)
        try:
            return np.ndarray(tensor.shape, dtype, buffer, tensor.offset, strides)
        except (TypeError, ValueError) as error:
            raise DeviceError(INVALID_VALUE, str(error)) from error

    def assign(self, target: Any, result: Any) -> None:
        """Copy into the output's elements, converted where the dtypes differ."""
        target[...] = result

    def ones(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array of ones."""
        return np.ones(shape, dtype)

    def computing(self) -> AbstractContextManager[Any]:
        """Without numpy's warnings: infinities, NaN and the mean of nothing are results here, judged as such."""
        return _quietly()

    def translate(self, error: Exception) -> DeviceError:
        """MemoryError is out of memory, a function or type that it lacks unsupported, the rest an invalid value."""
        if isinstance(error, MemoryError):
            return DeviceError(OUT_OF_MEMORY, str(error))
        if isinstance(error, (AttributeError, TypeError, NotImplementedError)):
            return DeviceError(UNSUPPORTED, str(error))
        return DeviceError(INVALID_VALUE, str(error))


@contextmanager
def _quietly() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def open_numpy(arguments: str, profile: object = None, settings: object = None) -> LibraryDevice:
    """Open numpy as a device; raises ``UsageError`` for arguments, of which it has none."""
    if arguments:
        raise UsageError(f"numpy takes no arguments, not {arguments!r}", remedy="name the device numpy")
    return LibraryDevice(NumpyLibrary(), SynchronousStreams())


def _blas() -> str:
    """The library numpy says it was built to multiply matrices with."""
    try:
        built: Any = np.show_config(mode="dicts")
        return str(built["Build Dependencies"]["blas"]["name"])
    except (TypeError, KeyError):  # numpy before 1.26 prints instead of answering
        return "unknown"
