"""The near side: starts a worker, sends it programs, and finds out how it died when it does.

A worker is one process with one device in it. It never runs in the process that judges: a library that changes the
floating-point state, overruns a buffer or hangs can spoil its own answers only.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from harness.device.frames import DATA_BEGINS, HEARTBEAT, VERSION, FrameError, encode, take
from harness.device.program import Observation, Program
from harness.device.protocol import Description
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.errors import DeviceUnfit, UsageError

#: Signals by which a process dies of what it did; any other end by a signal is somebody's doing.
DEVICE_DEATHS = (signal.SIGSEGV, signal.SIGILL, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT)

#: The function on the far side that opens a device: (name, profile source, profile name) -> Device.
OPENER = "harness.adapters.registry:open_from_source"

#: Numeric libraries are pinned to one thread: their sums change with the number of threads.
ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"], "1"
)

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
    """A device in a process of its own.

    ``deadline`` is the most seconds one case may take, ``patience`` the most the device may take to open. Use as a
    context manager, or ``close`` it.
    """

    def __init__(
        self,
        device: str,
        profile: bytes,
        profile_name: str,
        *,
        deadline: float = 10.0,
        patience: float = 120.0,
        opener: str = OPENER,
    ) -> None:
        self.device = device
        self._deadline = deadline
        self._received = bytearray()
        self._frames = 0
        self._map_file: int | None = None
        self._process = self._start()
        self._map(_SLOTS * _SLOT)
        try:
            opened = self._ask(
                {
                    "do": "open",
                    "version": VERSION,
                    "device": device,
                    "profile": profile.decode("utf-8"),
                    "profile_name": profile_name,
                    "opener": opener,
                    "path": self._path,
                    "size": len(self._memory),
                },
                patience,
            )
        except WorkerDied as death:
            raise DeviceUnfit(f"the device {device} died while it was opened: {death.why}") from None
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
        return self._process.pid

    def submit(self, programs: Sequence[Program]) -> Frame:
        """Send a batch of programs; at most two may be on their way at once."""
        begin = DATA_BEGINS + (self._frames % _SLOTS) * self._slot
        packed = []
        for program in programs:
            steps, begin = pack(program, self._memory, begin)
            packed.append(steps)
        frame = Frame(self._frames, packed)
        self._frames += 1
        self._send({"do": "run", "frame": frame.number, "programs": packed})
        return frame

    def collect(self, frame: Frame, until: float = math.inf) -> list[Answer]:
        """Wait for a batch and return its answers.

        Raises ``WorkerDied``, and ``TimeoutError`` once the monotonic clock passes ``until``; the worker is then busy
        with something nobody waits for, and should be closed.
        """
        message = self._receive(self._deadline, until)
        if message.get("frame") != frame.number:
            raise self._dead("the far side answered another frame than it was asked")
        layers: Mapping[str, str] = self.description.layers
        return [
            Answer(tuple(unpack(steps, answers, self._memory, layers)), ms)
            for steps, (ms, answers) in zip(frame.programs, message["answers"], strict=True)
        ]

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
        self._map(_SLOTS * aligned(slot))
        self._ask({"do": "map", "path": self._path, "size": len(self._memory)}, self._deadline)

    def close(self) -> None:
        """Let the device go; a worker that does not end within a second is killed."""
        with contextlib.suppress(WorkerDied, OSError, subprocess.TimeoutExpired):
            if self._process.poll() is None:
                self._ask({"do": "close"}, 1.0)
                self._process.wait(1.0)
        self.kill()

    def kill(self) -> None:
        """End the worker at once, and give back what it held on this side."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._unmap()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "harness.device.far", str(os.getpid())]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | ONE_THREAD, bufsize=0
        )
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def _map(self, size: int) -> None:
        """Map an anonymous file of ``size`` data bytes, which the far side opens through this process."""
        total = DATA_BEGINS + size
        descriptor = _reserve(total)
        self._unmap()
        self._map_file = descriptor
        self._path = f"/proc/{os.getpid()}/fd/{descriptor}"
        self._memory = mmap.mmap(descriptor, total)
        self._slot = size // _SLOTS

    def _unmap(self) -> None:
        if self._map_file is not None:
            os.close(self._map_file)
            self._map_file = None

    def _ask(self, message: dict[str, Any], patience: float) -> dict[str, Any]:
        self._send(message)
        return self._receive(patience)

    def _send(self, message: dict[str, Any]) -> None:
        """Write a frame, taking in what arrives meanwhile: both sides writing at once must not block each other."""
        outgoing = memoryview(encode(message))
        assert self._process.stdin is not None
        descriptor = self._process.stdin.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_WRITE)
            selector.register(self._output, selectors.EVENT_READ)
            while outgoing:
                for key, _ in selector.select():
                    if key.fd != descriptor:
                        self._take_in()
                        continue
                    try:
                        outgoing = outgoing[os.write(descriptor, outgoing) :]
                    except BrokenPipeError:
                        raise self._death() from None

    def _receive(self, deadline: float, until: float = math.inf) -> dict[str, Any]:
        """The next message; the deadline runs anew whenever the heartbeat moves on."""
        beat, since = self._heartbeat(), time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                try:
                    message = take(self._received)
                except FrameError as error:
                    raise self._dead(str(error)) from None
                if message is not None:
                    return dict(message)
                if selector.select(timeout=min(deadline, 0.5)):
                    if not self._take_in():
                        raise self._death()
                    continue
                if time.monotonic() > until:
                    raise TimeoutError
                if self._heartbeat() != beat:
                    beat, since = self._heartbeat(), time.monotonic()
                elif time.monotonic() - since > deadline:
                    raise self._dead(f"no answer within the deadline of {deadline:g} s")

    @property
    def _output(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _take_in(self) -> int:
        data = os.read(self._output, 1 << 20)
        self._received += data
        return len(data)

    def _heartbeat(self) -> tuple[int, int]:
        frame, case = HEARTBEAT.unpack_from(self._memory, 0)
        return frame, case

    def _dead(self, why: str, *, of_the_device: bool = True) -> WorkerDied:
        """End the worker, and say at which case it was last seen."""
        frame, case = self._heartbeat()
        self.kill()
        return WorkerDied(why, frame, case - 1, of_the_device=of_the_device)

    def _death(self) -> WorkerDied:
        """How the worker died, once its pipe has ended."""
        try:
            code = self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            return self._dead("the worker closed its pipe")
        if code >= 0:
            return self._dead(f"the worker ended with exit code {code}")
        return self._dead(f"the worker died: {signal.Signals(-code).name}", of_the_device=-code in DEVICE_DEATHS)


def _reserve(size: int) -> int:
    """An anonymous file of ``size`` bytes that are really there: nothing is left behind whoever is killed."""
    descriptor = os.memfd_create("assay")
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        os.close(descriptor)
        raise UsageError(
            f"there is no room for a mapped file of {size >> 20} MiB: {error.strerror}",
            remedy="free some memory, or raise the memory limit of the container",
        ) from None
    return descriptor
