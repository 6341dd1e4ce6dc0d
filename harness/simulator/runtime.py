"""A device that exists only as its profile, with the runtime behaviour of a real one.

Calls check their arguments and queue their work; what the work computes is the ``Arithmetic``'s affair, when it runs
the ``Scheduler``'s, and where it lies the ``Memory``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.extent import check_range, check_tensor, overlaps_itself
from harness.device.protocol import INVALID_HANDLE, INVALID_VALUE, UNSUPPORTED, Description, DeviceError, Tensor
from harness.profile.model import Profile
from harness.simulator.arithmetic import Arithmetic, ProfileArithmetic
from harness.simulator.conversion import Array
from harness.simulator.memory import Buffer, Memory
from harness.simulator.roofline import Roofline
from harness.simulator.streams import Event, Scheduler, Stream

#: The memory of a device whose profile does not say how much it has; the description calls it assumed.
ASSUMED_CAPACITY = 16 << 30

T = TypeVar("T")


class SimulatedDevice:
    """A ``Device`` made from a profile; ``seed`` decides the order of work that nothing else orders."""

    def __init__(self, profile: Profile, arithmetic: Arithmetic | None = None, seed: int = 0) -> None:
        self._profile = profile
        self._seed = seed
        self._arithmetic = arithmetic or ProfileArithmetic(profile)
        self._memory = Memory(ASSUMED_CAPACITY if profile.memory_capacity is None else profile.memory_capacity)
        self._roofline = Roofline(profile)
        self._scheduler = Scheduler(seed, profile.launch_cost_ms or 0.0)
        self._streams: dict[int, Stream] = {}
        self._events: dict[int, Event] = {}

    def make_ready(self) -> None:
        """Do now what would otherwise delay the first launch."""
        self._arithmetic.make_ready()

    def describe(self) -> Description:
        """The product it stands in for, and everything that had to be assumed."""
        facts = {
            "simulates": self._profile.id,
            "memory_bytes": self._memory.capacity,
            "memory_assumed": self._profile.memory_capacity is None,
            "task_cost_ms": self._profile.launch_cost_ms or 0.0,
            "time": "modelled: arithmetic at the claimed rate or traffic at the claimed bandwidth, plus launch cost",
            "schedule_seed": self._seed,
            "arithmetic": dict(self._arithmetic.assumptions),
            **self._profile.facts(),
        }
        return Description(f"simulated {self._profile.id}", simulated=True, layers={"*": "simulator"}, facts=facts)

    def supports(self, operation: str, dtypes: Sequence[str]) -> bool:
        """Whether the operation is in the table with these dtypes and can be computed as declared."""
        try:
            if not self._arithmetic.signature(operation).accepts(dtypes):
                return False
            self._arithmetic.prepare(operation, dtypes)
        except DeviceError:
            return False
        return True

    def allocate(self, nbytes: int) -> int:
        """Reserve memory, poisoned; raises out of memory beyond what is free."""
        return self._memory.allocate(nbytes)

    def release(self, buffer: Any) -> None:
        """Give a buffer back once the work that uses it is done."""
        self._scheduler.let_go(self._memory.find(buffer))
        self._memory.release(buffer)

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        """Queue a copy of ``data``, as it is now, into a buffer."""
        queue, found, held = self._stream(stream), self._memory.find(buffer), bytes(data)
        begin, size = check_range(offset, len(held), found.size)

        def run() -> None:
            found.range(begin, begin + size)[:] = np.frombuffer(held, dtype=np.uint8)

        self._scheduler.submit(queue, run, (found,), self._roofline.write_ms(size))

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        """Wait for ``stream`` and no other, then return the bytes there are."""
        queue, found = self._stream(stream), self._memory.find(buffer)
        begin, size = check_range(offset, nbytes, found.size)
        self._scheduler.finish(queue)
        self._scheduler.raise_error(queue)
        return found.range(begin, begin + size).tobytes()

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        """Queue a copy between buffers, or within one as if through an intermediate buffer."""
        queue, into, origin = self._stream(stream), self._memory.find(target), self._memory.find(source)
        to, size = check_range(target_offset, nbytes, into.size)
        start, _ = check_range(source_offset, nbytes, origin.size)

        def run() -> None:
            into.range(to, to + size)[:] = origin.range(start, start + size)

        self._scheduler.submit(queue, run, (into, origin), self._roofline.copy_ms(size))

    def stream(self) -> int:
        """A new stream."""
        handle = next(self._memory.handles)
        self._streams[handle] = Stream()
        return handle

    def event(self) -> int:
        """A new event, not yet recorded."""
        handle = next(self._memory.handles)
        self._events[handle] = Event()
        return handle

    def record(self, event: Any, stream: Any = None) -> None:
        """Let the event complete when the work now on the stream has."""
        self._scheduler.record(self._event(event), self._stream(stream))

    def wait(self, stream: Any, event: Any) -> None:
        """Hold later work on the stream until the event's recording of now completes."""
        self._scheduler.wait(self._stream(stream), self._event(event))

    def elapsed(self, start: Any, end: Any) -> float:
        """Milliseconds between two recordings on the modelled clock; raises invalid value for an unrecorded event."""
        markers = [self._event(event).marker for event in (start, end)]
        recorded = [marker for marker in markers if marker is not None]
        if len(recorded) < len(markers):
            raise DeviceError(INVALID_VALUE, "the event was never recorded")
        for marker in recorded:
            self._scheduler.reach(marker)
            self._scheduler.raise_error(marker.stream)
        return recorded[1].at - recorded[0].at

    def synchronize(self, stream: Any = None) -> None:
        """Wait for a stream, or for everything; raises the failure stored there, once."""
        queue = None if stream is None else self._stream(stream)
        if queue is None:
            self._scheduler.finish_all()
        else:
            self._scheduler.finish(queue)
        self._scheduler.raise_error(queue)

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        """Check the launch against the table of operations and queue it."""
        signature, queue = self._arithmetic.signature(operation), self._stream(stream)
        signature.check(operation, inputs, outputs, attributes)
        self._arithmetic.prepare(operation, [tensor.dtype for tensor in (*inputs, *outputs)])
        buffers, views = [], []
        for tensor in (*inputs, *outputs):
            buffer, view = self._view(tensor)
            buffers.append(buffer)
            views.append(view)
        if any(overlaps_itself(output) for output in outputs):
            raise DeviceError(INVALID_VALUE, "elements of the output overlap")
        attributes, results = dict(attributes), [output.dtype for output in outputs]

        def run() -> None:
            seen = [view() for view in views]
            operands = [_truth(values) if values.dtype == np.bool_ else values for values in seen[: len(inputs)]]
            found = self._arithmetic.compute(operation, operands, attributes, results)
            for target, values in zip(seen[len(inputs) :], found, strict=True):
                target[...] = values

        self._scheduler.submit(queue, run, buffers, self._roofline.launch_ms(operation, inputs, outputs[0]))

    def close(self) -> None:
        """Drop everything; work still queued never runs."""
        self._memory.buffers.clear()
        self._streams.clear()
        self._events.clear()

    def _view(self, tensor: Tensor) -> tuple[Buffer, Callable[[], Array]]:
        """A tensor's buffer, and how to see its elements when the time comes."""
        try:
            dtype = numpy_dtype(tensor.dtype)
        except KeyError:
            raise DeviceError(UNSUPPORTED, f"no dtype {tensor.dtype!r}") from None
        buffer = self._memory.find(tensor.buffer)
        check_tensor(tensor, dtype.itemsize, buffer.size)
        strides = None if tensor.strides is None else tuple(stride * dtype.itemsize for stride in tensor.strides)

        def view() -> Array:
            buffer.touch(tensor, dtype.itemsize)
            if 0 in tensor.shape:
                return np.empty(tensor.shape, dtype)
            return np.ndarray(tensor.shape, dtype, buffer.bytes, tensor.offset, strides)

        return buffer, view

    def _stream(self, handle: Any) -> Stream:
        return self._scheduler.default if handle is None else _look_up(self._streams, handle, "stream")

    def _event(self, handle: Any) -> Event:
        return _look_up(self._events, handle, "event")


def _truth(values: Array) -> Array:
    """Bools as they are meant: every byte but zero is true, also one that no bool should have."""
    return np.asarray(values.view(np.uint8) != 0)


def _look_up(table: Mapping[int, T], handle: Any, kind: str) -> T:
    found = table.get(handle) if type(handle) is int else None
    if found is None:
        raise DeviceError(INVALID_HANDLE, f"{handle!r} is no {kind} of this device")
    return found
