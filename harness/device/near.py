"""The near side: starts a worker, sends it programs, and finds out how it died when it does.

A worker is one process with one device in it. It never runs in the process that judges: a library that changes the
floating-point state, overruns a buffer or hangs can spoil its own answers only.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

from harness.device.frames import DATA_BEGINS, VERSION, Arrived, FrameError
from harness.device.link import Link, LinkEnded
from harness.device.naming import split_place
from harness.device.places import place_of
from harness.device.program import Observation, Program
from harness.device.protocol import Description
from harness.device.shared import Shared, shared_with
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.errors import DeviceUnfit, UsageError

#: The function on the far side that opens a device: (name, profile source, profile name, settings) -> Device.
OPENER = "harness.adapters.registry:open_from_source"

_SLOT = 16 << 20
_SLOTS = 2


class WorkerDied(Exception):
    """The worker is gone: ``why`` says how, in words.

    ``case`` is the index, in the frame of number ``frame``, of the case at which the far side was last seen; -1 where
    none had begun.

    ``of_the_device`` says whether the device killed it (a fault of its own, or a deadline it missed), as opposed to
    someone outside.
    """

    def __init__(self, why: str, frame: int, case: int, *, of_the_device: bool) -> None:
        super().__init__(why)
        self.why = why
        self.frame = frame
        self.case = case
        self.of_the_device = of_the_device


@dataclass(frozen=True)
class Answer:
    """What one program's steps answered, and how long the device took over it."""

    observations: tuple[Observation, ...]
    ms: float


@dataclass
class Frame:
    """A batch of programs on its way: its number, and its programs as the far side has them."""

    number: int
    programs: list[list[Any]]
    started: float = field(default_factory=time.monotonic)


class Worker:
    """A device in a process of its own, in its place.

    ``settings`` is what a device is told beside its name and profile; ``deadline`` is the most seconds one case may
    take, ``patience`` the most the device may take to open. Use as a context manager, or ``close`` it.
    """

    def __init__(
        self,
        device: str,
        profile: bytes,
        profile_name: str,
        *,
        settings: Mapping[str, Any] | None = None,
        deadline: float = 10.0,
        patience: float = 120.0,
        opener: str = OPENER,
    ) -> None:
        self.device = device
        self._place = place_of(device)
        self._deadline = deadline
        self._frames = 0
        self._slot = _SLOT
        self._shared: Shared = shared_with(self._place, _SLOTS * _SLOT)
        self._link = Link(self._place)
        opening = {
            "do": "open",
            "version": VERSION,
            "device": split_place(device)[0],
            "settings": dict(settings or {}),
            "emulated": self._place.emulated,
            "profile": profile.decode("utf-8"),
            "profile_name": profile_name,
            "opener": opener,
        }
        try:
            opened = self._ask(opening | self._shared.where(), patience)
        except WorkerDied as death:
            why = f"the device {device} died while it was opened: {death.why}"
            raise DeviceUnfit(why, remedy=self._place.remedy or None) from None
        except BaseException:
            self.kill()
            raise
        if "refused" in opened:
            self.kill()
            refusal = UsageError if opened.get("exit_code") == UsageError.exit_code else DeviceUnfit
            raise refusal(f"the device {device} cannot be opened: {opened['refused']}")
        self.facts: dict[str, Any] = opened["opened"]
        self.description = Description(
            self.facts["name"], self.facts["simulated"], self.facts["layers"], self.facts["facts"]
        )

    @property
    def pid(self) -> int:
        """The worker's process."""
        return self._link.pid

    def submit(self, programs: Sequence[Program]) -> Frame:
        """Send a batch of programs; at most two may be on their way at once."""
        begin = DATA_BEGINS + (self._frames % _SLOTS) * self._slot
        packed = []
        for program in programs:
            steps, begin = pack(program, self._shared.memory, begin)
            packed.append(steps)
        frame = Frame(self._frames, packed)
        self._frames += 1
        self._send({"do": "run", "frame": frame.number, "programs": packed}, self._shared.outgoing(packed))
        return frame

    def collect(self, frame: Frame, until: float = math.inf) -> list[Answer]:
        """Wait for a batch and return its answers.

        Raises ``WorkerDied``, and ``TimeoutError`` once the monotonic clock passes ``until``; the worker is then busy
        with something nobody waits for, and should be closed.
        """
        message, data = self._receive(self._deadline, until)
        if message.get("frame") != frame.number:
            self._dead("the far side answered another frame than it was asked")
        try:
            answers = [answers for _, answers in message["answers"]]
            self._shared.take(frame.programs, answers, data)
            layers: Mapping[str, str] = self.description.layers
            return [
                Answer(tuple(unpack(steps, answers, self._shared.memory, layers)), ms)
                for steps, (ms, answers) in zip(frame.programs, message["answers"], strict=True)
            ]
        except (FrameError, KeyError, TypeError, ValueError) as error:
            self._dead(f"the far side's answer is not what frames say: {error}")

    def run(self, programs: Sequence[Program]) -> list[Answer]:
        """Send a batch and wait for it, making room for it first."""
        size = sum(space_needed(program) for program in programs)
        if size > self._slot:
            self.enlarge(size)
        return self.collect(self.submit(programs))

    @property
    def slot(self) -> int:
        """How many bytes of data one batch may write and read."""
        return self._slot

    def enlarge(self, slot: int) -> None:
        """Make room for batches of ``slot`` bytes; call it with no frame on its way."""
        seen = self._shared.heartbeat()
        self._shared.close()
        self._slot = aligned(slot)
        self._shared = shared_with(self._place, _SLOTS * self._slot, seen)
        self._ask({"do": "map", **self._shared.where()}, self._deadline)

    def close(self) -> None:
        """Let the device go; a worker that does not end within a second is killed."""
        with contextlib.suppress(WorkerDied, OSError, subprocess.TimeoutExpired):
            if self._link.alive:
                self._ask({"do": "close"}, 1.0)
                self._link.wait_for_end(1.0)
        self.kill()

    def kill(self) -> None:
        """End the worker at once, and give back what it held on this side."""
        self._link.kill()
        self._shared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, message: dict[str, Any], patience: float) -> dict[str, Any]:
        self._send(message)
        return self._receive(patience).message

    def _send(self, message: dict[str, Any], data: bytes = b"") -> None:
        try:
            self._link.send(message, data)
        except LinkEnded:
            self._died()

    def _receive(self, deadline: float, until: float = math.inf) -> Arrived:
        """The next frame but heartbeats; the deadline runs anew whenever the heartbeat moves on."""
        beat, since = self._shared.heartbeat(), time.monotonic()
        while True:
            try:
                arrived = self._arrived()
                if arrived is not None:
                    return arrived
                self._link.wait(min(deadline, 0.5))
            except FrameError as error:
                self._dead(str(error))
            except LinkEnded:
                self._died()
            if time.monotonic() > until:
                raise TimeoutError
            if self._shared.heartbeat() != beat:
                beat, since = self._shared.heartbeat(), time.monotonic()
            elif time.monotonic() - since > deadline:
                self._dead(f"no answer within the deadline of {deadline:g} s")

    def _arrived(self) -> Arrived | None:
        """The next frame that is here, but for heartbeats, which are taken note of."""
        while True:
            arrived = self._link.arrived()
            if arrived is None or "beat" not in arrived.message:
                return arrived
            try:
                frame, case = arrived.message["beat"]
                self._shared.heard((int(frame), int(case)))
            except (TypeError, ValueError) as error:
                raise FrameError(f"a heartbeat says {arrived.message['beat']!r}") from error

    def _dead(self, why: str, *, of_the_device: bool = True) -> NoReturn:
        """End the worker, and say at which case it was last seen."""
        frame, case = self._shared.heartbeat()
        self.kill()
        raise WorkerDied(why, frame, case - 1, of_the_device=of_the_device)

    def _died(self) -> NoReturn:
        """Say how the worker died, once its pipe has ended."""
        ending = self._link.ending()
        why = ending.why
        try:
            while self._arrived() is not None:
                pass
        except FrameError as error:
            why = f"{error}; {why}"
        self._dead(why, of_the_device=ending.of_the_device)
