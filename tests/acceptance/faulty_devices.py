"""Devices with one fault each, for ``--device python:FILE:FACTORY``: what a certification must never let pass."""

from __future__ import annotations

import ctypes
import mmap
import platform
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.adapters.registry import open_device
from harness.adapters.simulated import simulated_device
from harness.device.dtypes import numpy_dtype
from harness.device.protocol import Device, Tensor


class Wrapped:
    """A device that is honest in everything a subclass does not change."""

    def __init__(self, device: Device) -> None:
        self.honest = device

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)


def elements(tensor: Tensor, memory: bytearray) -> np.ndarray[Any, Any]:
    """The elements of a tensor as a view of its buffer's bytes."""
    dtype = numpy_dtype(tensor.dtype)
    strides = tensor.strides
    if strides is None:
        strides = tuple(int(np.prod(tensor.shape[axis + 1 :], dtype=int)) for axis in range(len(tensor.shape)))
    return np.ndarray(tensor.shape, dtype, memory, tensor.offset, tuple(stride * dtype.itemsize for stride in strides))


def extent(tensor: Tensor) -> int:
    """How many bytes of its buffer a tensor reaches into."""
    itemsize = numpy_dtype(tensor.dtype).itemsize
    if 0 in tensor.shape:
        return 0
    strides = tensor.strides
    if strides is None:
        return tensor.offset + int(np.prod(tensor.shape, dtype=int)) * itemsize
    forward = sum((size - 1) * max(stride, 0) for size, stride in zip(tensor.shape, strides, strict=True))
    return tensor.offset + (forward + 1) * itemsize


class Zeros(Wrapped):
    """Every launch leaves zeros."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        self.honest.launch(operation, inputs, outputs, attributes, stream)
        for tensor in outputs:
            self.replace(tensor, np.zeros(tensor.shape, numpy_dtype(tensor.dtype)), stream)

    def fetch(self, tensor: Tensor, stream: Any) -> tuple[bytearray, np.ndarray[Any, Any]]:
        """The bytes a tensor lies in, and its elements among them."""
        memory = bytearray(self.honest.read(tensor.buffer, extent(tensor), 0, stream))
        return memory, elements(tensor, memory)

    def replace(self, tensor: Tensor, values: np.ndarray[Any, Any], stream: Any) -> None:
        """Put other values in a tensor's place."""
        if extent(tensor):
            memory, view = self.fetch(tensor, stream)
            view[...] = values
            self.honest.write(tensor.buffer, bytes(memory), 0, stream)


class LosesTails(Zeros):
    """``add`` leaves zeros behind the last whole sixteen elements of a row."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        self.honest.launch(operation, inputs, outputs, attributes, stream)
        for tensor in outputs:
            if operation == "add" and tensor.shape and extent(tensor):
                values = self.fetch(tensor, stream)[1].copy()
                values[..., values.shape[-1] // 16 * 16 :] = 0
                self.replace(tensor, values, stream)


class Stale(Zeros):
    """Every launch leaves what the launch before it, of the same operation, type and shape, computed."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self.last: dict[Any, np.ndarray[Any, Any]] = {}

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        self.honest.launch(operation, inputs, outputs, attributes, stream)
        for tensor in outputs:
            if not extent(tensor):
                continue
            key = (operation, tensor.dtype, tensor.shape)
            right = self.fetch(tensor, stream)[1].copy()
            if key in self.last:
                self.replace(tensor, self.last[key], stream)
            self.last[key] = right


class Broken(Wrapped):
    """Honest but for two operations: ``exp`` kills the process, ``tanh`` never comes back."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        if operation == "exp":
            ctypes.string_at(0)
        if operation == "tanh":
            time.sleep(600)
        self.honest.launch(operation, inputs, outputs, attributes, stream)


class Slow(Wrapped):
    """Honest, and slow enough to be killed in the middle of things."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        time.sleep(0.0005)
        self.honest.launch(operation, inputs, outputs, attributes, stream)


# Machine code that takes the floating-point control word as its argument and sets it.
_SET_CONTROL = {
    # mov %edi,-4(%rsp); ldmxcsr -4(%rsp); ret   (Intel SDM, LDMXCSR)
    "x86_64": bytes.fromhex("897c24fc 0fae5424fc c3".replace(" ", "")),
    # msr fpcr, x0; ret   (Arm ARM, FPCR)
    "aarch64": bytes.fromhex("00441bd5 c0035fd6".replace(" ", "")),
}
# Flush-to-zero and denormals-are-zero set, all exceptions masked; FZ of FPCR.
_FLUSHING = {"x86_64": 0x9FC0, "aarch64": 1 << 24}


def flush_subnormals() -> None:
    """What a library built with ``-ffast-math`` does to the process that loads it."""
    machine = platform.machine()
    code = _SET_CONTROL[machine]
    memory = mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.CFUNCTYPE(None, ctypes.c_uint64)(address)(_FLUSHING[machine])


def zeros(profile: Any) -> Device:
    """Simulated, and every result is zero."""
    return Zeros(simulated_device(profile))


def loses_tails(profile: Any) -> Device:
    """Simulated, and ``add`` loses what lies behind the last whole tile."""
    return LosesTails(simulated_device(profile))


def stale(profile: Any) -> Device:
    """Simulated, and every result is that of the launch before."""
    return Stale(simulated_device(profile))


def broken(profile: Any) -> Device:
    """Simulated, and two operations kill or hang it."""
    return Broken(simulated_device(profile))


def slow(profile: Any) -> Device:
    """Simulated, half a millisecond a launch."""
    return Slow(simulated_device(profile))


def fast_math(profile: Any) -> Device:
    """numpy, in a process some library has switched to flush subnormals."""
    device = open_device("numpy", profile)
    flush_subnormals()
    return device
