"""``onnxruntime:PROVIDER``: each operation a model of one node, run by one execution provider of onnxruntime.

Buffers are numpy arrays on the host, for onnxruntime has no memory of its own that outlives a run: what is said of them
is the adapter's. This file travels to the far side of a place: numpy, onnx and onnxruntime only, Python 3.8 or later.
"""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import defs
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from harness.adapters.library import LibraryDevice
from harness.adapters.memory import LibraryMemory
from harness.adapters.numpy import NumpyLibrary
from harness.adapters.onnxruntime_models.node import Node
from harness.adapters.onnxruntime_models.operations import OPERATIONS
from harness.adapters.onnxruntime_models.sessions import CPU, Sessions, model_of, open_session, session_options
from harness.adapters.synchronous import SynchronousStreams
from harness.device.protocol import ADAPTER_LAYER, DEVICE_LOST, INVALID_VALUE, OUT_OF_MEMORY, UNSUPPORTED, DeviceError
from harness.errors import DeviceUnfit, UsageError

#: The newest and the oldest set of ONNX's operators that models may name: the interface's is 23, and before 18 the axes
#: of most reductions were no operands.
_OPSETS = (23, 18)

#: Words in onnxruntime's messages, and the kind of error they stand for; the first that occurs decides.
_SAID = (
    ("bad_alloc", OUT_OF_MEMORY),
    ("Failed to allocate memory", OUT_OF_MEMORY),
    ("NOT_IMPLEMENTED", UNSUPPORTED),
    ("data type is not supported", UNSUPPORTED),
    ("DEVICE_RESET", DEVICE_LOST),
)


class OnnxRuntimeLibrary(NumpyLibrary):
    """onnxruntime on one provider, as the adapter needs it; arrays are numpy's."""

    name = "onnxruntime"
    operations = OPERATIONS

    def __init__(self, provider: str, opset: int, options: Any) -> None:
        self.xp = Sessions(provider, opset)
        self._provider = provider
        self._opset = opset
        self._options = options

    def facts(self) -> dict[str, Any]:
        """The releases, the provider with its options, and the set of operators that models name."""
        return {
            "onnxruntime": onnxruntime.__version__,
            "onnx": onnx.__version__,
            "opset": self._opset,
            "provider": self._provider,
            "provider_options": self._options,
            "available_providers": onnxruntime.get_available_providers(),
            "device": onnxruntime.get_device(),
            "machine": platform.machine(),
            "graph_optimizations": "none",
            "threads": 1,
        }

    def translate(self, error: Exception) -> DeviceError:
        """By what the message says; what is left is an argument that onnxruntime refuses."""
        if isinstance(error, MemoryError):
            return DeviceError(OUT_OF_MEMORY, str(error))
        said = str(error)
        return DeviceError(next((kind for words, kind in _SAID if words in said), INVALID_VALUE), said)


def open_onnxruntime(arguments: str, profile: object = None, settings: object = None) -> LibraryDevice:
    """Open one execution provider by onnxruntime's own name for it (``CPUExecutionProvider`` ...), with one thread.

    Raises ``UsageError`` for a name that onnxruntime does not know, ``DeviceUnfit`` where the provider cannot be used
    here.
    """
    here = onnxruntime.get_available_providers()
    if arguments not in {*here, *onnxruntime.get_all_providers()}:
        raise UsageError(
            f"{arguments!r} is no execution provider of onnxruntime", remedy=f"name one of these: {', '.join(here)}"
        )
    if arguments not in here:
        raise DeviceUnfit(
            f"the onnxruntime installed here is built without {arguments}",
            remedy=f"install a build that has it; this one has {', '.join(here)}",
        )
    opset = _opset()
    try:
        # Started alone, and asked nothing of yet that it might not take.
        session = onnxruntime.InferenceSession(_identity(opset), session_options(), [arguments], enable_fallback=0)
    except Exception as error:  # what a provider raises is its own affair
        raise DeviceUnfit(f"onnxruntime cannot start {arguments}: {error}") from error
    if arguments not in session.get_providers():
        raise DeviceUnfit(
            f"onnxruntime cannot start {arguments} on this machine",
            remedy="install the driver and the libraries that it needs",
        )
    library = OnnxRuntimeLibrary(arguments, opset, session.get_provider_options().get(arguments, {}))
    streams = SynchronousStreams()
    return LibraryDevice(library, streams, LibraryMemory(library, streams, ADAPTER_LAYER))


def _opset() -> int:
    """The newest set of operators of those that the installed onnx writes and the installed onnxruntime reads."""
    newest, oldest = _OPSETS
    for opset in range(min(newest, defs.onnx_opset_version()), oldest - 1, -1):
        try:
            open_session(_identity(opset), CPU)
        except Fail:
            continue
        return opset
    raise DeviceUnfit(
        f"onnx {onnx.__version__} and onnxruntime {onnxruntime.__version__} share no set of operators from {oldest} on",
        remedy="pip install --upgrade onnx onnxruntime",
    )


def _identity(opset: int) -> bytes:
    """The least model there is."""
    return model_of(Node("Identity", [np.ones(1, np.float32)]), {}, [np.dtype(np.float32)], opset)
