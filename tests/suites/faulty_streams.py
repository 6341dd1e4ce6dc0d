"""Devices with one fault in their streams and events each: the simulated one, with one thing spoilt."""

from __future__ import annotations

from typing import Any

from harness.device.protocol import OUT_OF_MEMORY, TIMEOUT, DeviceError
from tests.suites.faulty_memory import Faulty


class IgnoresWaits(Faulty):
    """Orders no stream behind another."""

    def wait(self, stream: Any, event: Any) -> None:
        """Let nothing wait."""


class KeepsTheLastWaitOnly(Faulty):
    """A stream has one place for an event: a second wait, before any work, displaces the first."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        super().__init__(profile)
        self.place: dict[Any, Any] = {}

    def wait(self, stream: Any, event: Any) -> None:
        self.place[stream] = event

    def settle(self, stream: Any) -> None:
        event = self.place.pop(stream, None)
        if event is not None:
            self.inner.wait(stream, event)

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        self.settle(stream)
        self.inner.launch(operation, inputs, outputs, attributes, stream)

    def copy(self, target: Any, source: Any, nbytes: int, *offsets: int, stream: Any = None, **named: Any) -> None:
        self.settle(stream)
        self.inner.copy(target, source, nbytes, *offsets, stream=stream, **named)


class RefusesUnrecordedEvents(Faulty):
    """Takes an event nobody recorded for one that never completes."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        super().__init__(profile)
        self.recorded: set[Any] = set()

    def record(self, event: Any, stream: Any = None) -> None:
        self.recorded.add(event)
        self.inner.record(event, stream)

    def wait(self, stream: Any, event: Any) -> None:
        if event not in self.recorded:
            raise DeviceError(TIMEOUT, "the event never completes")
        self.inner.wait(stream, event)


class RecordsOnceOnly(RefusesUnrecordedEvents):
    """An event stays what it was when it was first recorded."""

    def record(self, event: Any, stream: Any = None) -> None:
        if event not in self.recorded:
            super().record(event, stream)

    def wait(self, stream: Any, event: Any) -> None:
        self.inner.wait(stream, event)


class Queued(Faulty):
    """Keeps calls back until something has to be there, so that a fault can look ahead."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        super().__init__(profile)
        self.queue: list[tuple[str, dict[str, Any]]] = []

    def flush(self) -> None:
        queue, self.queue = self.queue, []
        for call, arguments in queue:
            getattr(self.inner, call)(**arguments)

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.queue.append(("write", {"buffer": buffer, "data": data, "offset": offset, "stream": stream}))

    def copy(self, **arguments: Any) -> None:
        self.queue.append(("copy", arguments))

    def record(self, event: Any, stream: Any = None) -> None:
        self.queue.append(("record", {"event": event, "stream": stream}))

    def wait(self, stream: Any, event: Any) -> None:
        self.queue.append(("wait", {"stream": stream, "event": event}))

    def launch(self, **arguments: Any) -> None:
        self.queue.append(("launch", arguments))

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        self.flush()
        return bytes(self.inner.read(buffer, nbytes, offset, stream))

    def synchronize(self, stream: Any = None) -> None:
        self.flush()
        self.inner.synchronize(stream)


class WaitsForTheLatestRecord(Queued):
    """A wait means the record the event has in the end; where that is work behind the wait, all stops."""

    def flush(self) -> None:
        kept = []
        for place, (call, arguments) in enumerate(self.queue):
            later = [("record", arguments.get("event")) == (c, a.get("event")) for c, a in self.queue[place + 1 :]]
            if call != "wait" or not any(later):
                kept.append((call, arguments))
        self.queue = kept
        super().flush()


class ReleasingDropsWork(Queued):
    """A release takes the work that is still queued on the buffer with it."""

    def release(self, buffer: Any) -> None:
        self.queue = [entry for entry in self.queue if entry[0] != "launch" or not self._uses(entry[1], buffer)]
        self.flush()
        super().release(buffer)

    @staticmethod
    def _uses(arguments: dict[str, Any], buffer: Any) -> bool:
        return any(tensor.buffer == buffer for tensor in (*arguments["inputs"], *arguments["outputs"]))


class SharesOneStagingArea(Queued):
    """Writes go through one place in host memory, read only when the stream gets there: the last one's bytes win."""

    def flush(self) -> None:
        staged: dict[int, bytes] = {}
        for call, arguments in self.queue:
            if call == "write":
                staged[len(arguments["data"])] = arguments["data"]
        self.queue = [
            (call, {**arguments, "data": staged[len(arguments["data"])]} if call == "write" else arguments)
            for call, arguments in self.queue
        ]
        super().flush()


class ReadsAtOnce(Faulty):
    """A read waits for nothing: it goes by a stream of its own."""

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        return bytes(self.inner.read(buffer, nbytes, offset, self.inner.stream()))


class RunsLaunchesApart(Faulty):
    """Each launch runs on a stream of its own, which its stream's next work does not wait for."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        apart, event = self.inner.stream(), self.inner.event()
        self.inner.record(event, stream)
        self.inner.wait(apart, event)
        self.inner.launch(operation, inputs, outputs, attributes, apart)


class SynchronizesNothing(Faulty):
    """Comes back at once."""

    def synchronize(self, stream: Any = None) -> None:
        """Wait for nothing."""


class SynchronizesTheDefaultStreamOnly(Faulty):
    """Waits for a stream, and for none where all are meant."""

    def synchronize(self, stream: Any = None) -> None:
        if stream is not None:
            self.inner.synchronize(stream)


class HasThirtyTwoStreams(Faulty):
    """Runs out of streams."""

    made = 0

    def stream(self) -> Any:
        self.made += 1
        if self.made > 32:
            raise DeviceError(OUT_OF_MEMORY, "no stream is left")
        return self.inner.stream()


class TellsTimeBackwards(Faulty):
    """Takes the end from the start."""

    def elapsed(self, start: Any, end: Any) -> float:
        return -1.0 - float(self.inner.elapsed(start, end))


class TellsTheTimeOfDay(Faulty):
    """Forgets to take the start off."""

    def elapsed(self, start: Any, end: Any) -> float:
        return 1.7e12 + float(self.inner.elapsed(start, end))


class UnrecordedEventsHappenedAtZero(Faulty):
    """Gives an event nobody recorded a time."""

    def elapsed(self, start: Any, end: Any) -> float:
        try:
            return float(self.inner.elapsed(start, end))
        except DeviceError:
            return 0.0


class ErrorsStick(Faulty):
    """After one refusal, every launch is refused."""

    error: DeviceError | None = None

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        try:
            self.inner.write(buffer, data, offset, stream)
        except DeviceError as error:
            self.error = error
            raise

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        if self.error is not None:
            raise self.error
        self.inner.launch(operation, inputs, outputs, attributes, stream)


class LeavesTheDefaultStreamOut(Faulty):
    """Events on the default stream complete at once, and nothing there waits for any."""

    def record(self, event: Any, stream: Any = None) -> None:
        self.inner.record(event, self.inner.stream() if stream is None else stream)

    def wait(self, stream: Any, event: Any) -> None:
        if stream is not None:
            self.inner.wait(stream, event)


#: The requirements that must catch each fault.
STREAM_FAULTS: dict[type[Faulty], str] = {
    IgnoresWaits: "STR-003 STR-004 STR-005 STR-007 STR-008 STR-017",
    KeepsTheLastWaitOnly: "STR-005",
    RefusesUnrecordedEvents: "STR-006",
    RecordsOnceOnly: "STR-008",
    WaitsForTheLatestRecord: "STR-007",
    ReleasingDropsWork: "STR-015",
    SharesOneStagingArea: "STR-014",
    ReadsAtOnce: "STR-001 STR-002",
    RunsLaunchesApart: "STR-001 STR-002 STR-011",
    SynchronizesNothing: "STR-010 STR-011",
    SynchronizesTheDefaultStreamOnly: "STR-010",
    HasThirtyTwoStreams: "STR-009",
    TellsTimeBackwards: "STR-012",
    TellsTheTimeOfDay: "STR-012",
    UnrecordedEventsHappenedAtZero: "STR-013",
    ErrorsStick: "STR-016",
    LeavesTheDefaultStreamOut: "STR-017",
}
