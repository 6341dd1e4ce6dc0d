"""``torch:DEVICE``: the tensor functions of the torch that is installed, on any device torch knows.

This file travels to the far side of a place: torch and array-api-compat only, Python 3.8 or later.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import Any

import array_api_compat
import array_api_compat.torch as xp
import torch

from harness.adapters.library import LibraryDevice
from harness.adapters.synchronous import SynchronousStreams
from harness.adapters.torch_operations import OPERATIONS
from harness.adapters.torch_streams import TorchStreams
from harness.device.extent import strides_of
from harness.device.protocol import DEVICE_LOST, INVALID_VALUE, OUT_OF_MEMORY, UNSUPPORTED, DeviceError, Tensor
from harness.errors import DeviceUnfit, UsageError

#: Words in torch's messages, and the kind of error they stand for; the first that occurs decides.
_SAID = (
    ("out of memory", OUT_OF_MEMORY),
    ("can't allocate memory", OUT_OF_MEMORY),
    ("not enough memory", OUT_OF_MEMORY),
    ("not implemented for", UNSUPPORTED),
    ("not supported", UNSUPPORTED),
    ("unsupported", UNSUPPORTED),
    ("invalid argument", INVALID_VALUE),
    ("overflow", INVALID_VALUE),
)


class TorchLibrary:
    """torch on one device, as the adapter needs it."""

    name = "torch"
    xp: Any = xp
    operations = OPERATIONS

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def facts(self) -> dict[str, Any]:
        """The versions of torch, the device, and the flags that change results."""
        tiny = torch.tensor(2.0**-126, device=self._device)
        return {
            "torch": torch.__version__,
            "array-api-compat": array_api_compat.__version__,
            "cuda": torch.version.cuda,
            "hip": torch.version.hip,
            "device": str(self._device),
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
            "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
            "flushes_subnormals": bool((tiny * 0.5 == 0).item()),
            "threads": torch.get_num_threads(),
            **hardware_facts(self._device),
        }

    def dtype(self, name: str) -> Any:
        """The dtype torch has for it."""
        found = getattr(torch, name, None)
        # Names such as ``torch.float`` are further names of dtypes that have one.
        if not isinstance(found, torch.dtype) or str(found) != f"torch.{name}":
            raise DeviceError(UNSUPPORTED, f"torch has no dtype {name!r}")
        return found

    def itemsize(self, dtype: Any) -> int:
        """The bytes of one element."""
        return int(dtype.itemsize)

    def empty(self, nbytes: int) -> Any:
        """An uninitialised tensor of bytes; a size torch cannot even count is more memory than there is."""
        try:
            return torch.empty(nbytes, dtype=torch.uint8, device=self._device)
        except (RuntimeError, TypeError) as error:
            if "overflow" in str(error).lower():
                raise DeviceError(OUT_OF_MEMORY, str(error)) from error
            raise

    def size(self, buffer: Any) -> int:
        """The buffer's bytes."""
        return int(buffer.numel())

    def store(self, buffer: Any, offset: int, data: bytes) -> None:
        """Copy from a host tensor of its own, without waiting for the device."""
        if data:
            host = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            buffer[offset : offset + len(data)].copy_(host, non_blocking=True)

    def load(self, buffer: Any, offset: int, nbytes: int) -> bytes:
        """Copy to the host, which waits for the current stream."""
        return bytes(buffer[offset : offset + nbytes].cpu().numpy().tobytes())

    def move(self, target: Any, to: int, source: Any, start: int, nbytes: int) -> None:
        """Copy a slice; within one buffer by way of a second tensor, since torch does not promise more."""
        piece = source[start : start + nbytes]
        target[to : to + nbytes].copy_(piece.clone() if target is source else piece)

    def view(self, buffer: Any, tensor: Tensor, dtype: Any) -> Any:
        """A strided view of the bytes, whose bounds torch checks."""
        size = dtype.itemsize
        typed = buffer[: buffer.numel() // size * size].view(dtype)
        strides = strides_of(tensor)
        if any(stride < 0 for stride in strides):
            raise DeviceError(UNSUPPORTED, "torch has no negative strides")
        return typed.as_strided(tensor.shape, strides, tensor.offset // size)

    def assign(self, target: Any, result: Any) -> None:
        """Copy into the output's elements, converted where the dtypes differ."""
        target.copy_(result)

    def ones(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """A tensor of ones."""
        return torch.ones(shape, dtype=torch.float32, device=self._device).to(dtype)

    def computing(self) -> AbstractContextManager[Any]:
        """Without a record for gradients, and so that new tensors are made on the device."""
        context = ExitStack()
        context.enter_context(torch.no_grad())
        if self._device.type != "cpu":
            context.enter_context(self._device)
        return context

    def translate(self, error: Exception) -> DeviceError:
        """By type where torch has one, else by what the message says."""
        said = str(error).lower()
        if isinstance(error, getattr(torch, "OutOfMemoryError", ())):
            return DeviceError(OUT_OF_MEMORY, str(error))
        for words, kind in _SAID:
            if words in said:
                return DeviceError(kind, str(error))
        if isinstance(error, getattr(torch, "AcceleratorError", ())):
            return DeviceError(DEVICE_LOST, str(error))
        if isinstance(error, (AttributeError, NotImplementedError, TypeError)):
            return DeviceError(UNSUPPORTED, str(error))
        return DeviceError(INVALID_VALUE, str(error))


def hardware_facts(device: torch.device) -> dict[str, Any]:
    """What the driver says of an accelerator: its name, memory and architecture; nothing for other devices."""
    if device.type != "cuda":
        return {}
    properties = torch.cuda.get_device_properties(device)
    facts = {"product": properties.name, "memory_bytes": properties.total_memory}
    architecture = getattr(properties, "gcnArchName", None)
    facts["architecture"] = architecture or f"{properties.major}.{properties.minor}"
    return facts


def open_torch(arguments: str, profile: object = None, settings: object = None) -> LibraryDevice:
    """Open torch on a device of its own naming (``cpu``, ``cuda:0``, ``privateuseone:0`` ...), with one thread.

    Raises ``UsageError`` for a name torch does not know, ``DeviceUnfit`` where such a device cannot be used here.
    """
    torch.set_num_threads(1)
    try:
        device = torch.device(arguments)
    except RuntimeError as error:
        raise UsageError(
            f"{arguments!r} is no device of torch: {error}", remedy="name one as torch does: torch:cpu, torch:cuda:0"
        ) from None
    library = TorchLibrary(device)
    try:
        torch.ones(1, device=device).cpu()
    except Exception as error:  # torch raises AssertionError, RuntimeError or NotImplementedError here
        raise DeviceUnfit(f"torch cannot use {arguments}: {error}") from error
    return LibraryDevice(library, _streams(device, library))


def _streams(device: torch.device, library: TorchLibrary) -> SynchronousStreams | TorchStreams:
    """The streams of torch itself where the device is the accelerator torch was built for."""
    accelerator = torch.accelerator.current_accelerator() if hasattr(torch, "accelerator") else None
    if accelerator is not None and accelerator.type == device.type:
        return TorchStreams(device, library.translate)
    return SynchronousStreams()
