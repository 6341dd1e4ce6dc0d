"""Streams and events of a device that does nothing before it must, and nothing in a convenient order.

Work is queued and runs when a synchronising call needs it. Work on one stream runs in order; between streams only
events order it, and where they do not, a seeded adversary picks the order. Nothing else is promised by CUDA's or HIP's
streams, so a program that relies on more is found out here.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.device.protocol import OUT_OF_MEMORY, DeviceError
from harness.simulator.memory import Buffer


@dataclass(eq=False)
class Marker:
    """One recording of an event: whether the work before it is done, and when that was in milliseconds."""

    stream: Stream
    done: bool = False
    at: float = 0.0


@dataclass(eq=False)
class Event:
    """An event; ``marker`` is its most recent recording, ``None`` before the first."""

    marker: Marker | None = None


@dataclass(eq=False)
class _Task:
    """One piece of queued work; ``submitted`` is the host's clock when it was queued, ``cost`` what running takes."""

    submitted: float
    cost: float = 0.0
    run: Callable[[], None] | None = None
    buffers: Sequence[Buffer] = ()
    records: Marker | None = None
    waits_for: Marker | None = None


@dataclass(eq=False)
class Stream:
    """A queue of work that runs in order.

    ``clock`` is when its last piece ended, in milliseconds;
    ``error`` is the first failure of execution that no synchronising call has reported yet.
    """

    tasks: deque[_Task] = field(default_factory=deque)
    clock: float = 0.0
    error: DeviceError | None = None

    @property
    def blocker(self) -> Stream:
        """The stream whose work its next piece waits for; itself where it waits for none."""
        awaited = self.tasks[0].waits_for if self.tasks else None
        return self if awaited is None else awaited.stream

    @property
    def ready(self) -> bool:
        """Whether its next piece of work could run now."""
        if not self.tasks:
            return False
        awaited = self.tasks[0].waits_for
        return awaited is None or awaited.done


class Scheduler:
    """Runs queued work no earlier than needed, in an order the seed decides.

    ``task_cost`` is what a piece of work of unknown cost takes on the modelled clock, in milliseconds.
    """

    def __init__(self, seed: int = 0, task_cost: float = 0.0) -> None:
        self.default = Stream()
        self._busy: dict[Stream, None] = {}
        self._random = random.Random(seed)
        self._task_cost = task_cost
        self._host = 0.0
        self._failures: list[Stream] = []

    def submit(
        self, stream: Stream, run: Callable[[], None], buffers: Sequence[Buffer], cost_ms: float | None = None
    ) -> None:
        """Queue a piece of work that uses ``buffers`` and takes ``cost_ms``; where that is unknown, the task cost."""
        for buffer in buffers:
            buffer.pending += 1
        self._push(stream, _Task(self._host, self._task_cost if cost_ms is None else cost_ms, run, buffers))

    def record(self, event: Event, stream: Stream) -> None:
        """Let ``event`` complete when the work now on ``stream`` has; earlier waits keep what they waited for."""
        event.marker = Marker(stream)
        self._push(stream, _Task(self._host, records=event.marker))

    def wait(self, stream: Stream, event: Event) -> None:
        """Hold later work on ``stream`` until the recording ``event`` has now completes; without one, hold nothing."""
        if event.marker is not None:
            self._push(stream, _Task(self._host, waits_for=event.marker))

    def finish(self, stream: Stream) -> None:
        """Run all work on ``stream`` and what it waits for; perhaps other work too."""
        self._run_until(lambda: not stream.tasks, lambda: stream)
        self._host = max(self._host, stream.clock)

    def finish_all(self) -> None:
        """Run all work there is."""
        while self._busy:
            self.finish(self._random.choice(list(self._busy)))

    def reach(self, marker: Marker) -> None:
        """Run the work before a recording."""
        self._run_until(lambda: marker.done, lambda: marker.stream)
        self._host = max(self._host, marker.at)

    def let_go(self, buffer: Buffer) -> None:
        """Run all work that uses a buffer."""
        self._run_until(lambda: not buffer.pending, lambda: self._user(buffer))

    def raise_error(self, stream: Stream | None) -> None:
        """Raise the failure of execution stored for ``stream``, or the oldest of any, and forget it."""
        if stream is None:
            stream = self._failures[0] if self._failures else self.default
        if stream.error is not None:
            error, stream.error = stream.error, None
            self._failures.remove(stream)
            raise error

    def _push(self, stream: Stream, task: _Task) -> None:
        self._busy[stream] = None
        stream.tasks.append(task)

    def _user(self, buffer: Buffer) -> Stream:
        return next(s for s in self._busy if any(buffer in task.buffers for task in s.tasks))

    def _run_until(self, met: Callable[[], bool], needed: Callable[[], Stream]) -> None:
        """Run work until a goal is met that the stream ``needed()`` leads to."""
        if met():
            return
        choose = self._random.choice((self._lazy, self._newest, self._oldest, self._anyhow))
        while not met():
            self._step(choose(needed()) if len(self._busy) > 1 else next(iter(self._busy)))

    def _lazy(self, needed: Stream) -> Stream:
        """Only what the goal needs: the stream that leads to it, or whichever that one waits for."""
        while not needed.ready:
            needed = needed.blocker
        return needed

    def _newest(self, needed: Stream) -> Stream:
        return next(stream for stream in reversed(self._busy) if stream.ready)

    def _oldest(self, needed: Stream) -> Stream:
        return next(stream for stream in self._busy if stream.ready)

    def _anyhow(self, needed: Stream) -> Stream:
        return self._random.choice([stream for stream in self._busy if stream.ready])

    def _step(self, stream: Stream) -> None:
        """Run the next piece of work on a stream; what goes wrong is stored."""
        task = stream.tasks.popleft()
        if not stream.tasks:
            del self._busy[stream]
        stream.clock = max(stream.clock, task.submitted)
        if task.records is not None:
            task.records.done, task.records.at = True, stream.clock
        elif task.waits_for is not None:
            stream.clock = max(stream.clock, task.waits_for.at)
        elif task.run is not None:
            stream.clock += task.cost
            try:
                task.run()
            except DeviceError as error:
                self._store(stream, error)
            except MemoryError as error:
                self._store(
                    stream, DeviceError(OUT_OF_MEMORY, f"the host has no memory to compute with: {error}", "host")
                )
            finally:
                for buffer in task.buffers:
                    buffer.pending -= 1

    def _store(self, stream: Stream, error: DeviceError) -> None:
        if stream.error is None:
            stream.error = error
            self._failures.append(stream)
