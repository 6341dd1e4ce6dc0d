"""The link to a far side: its process, the frames that go to it and come from it, and how it ended when it did."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
from dataclasses import dataclass

from harness.device.frames import Arrived, encode, take
from harness.device.places import Place
from harness.device.threads import ONE_THREAD

#: Signals by which a process dies of what it did; any other end by a signal is somebody's doing.
DEVICE_DEATHS = (signal.SIGSEGV, signal.SIGILL, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT)

#: The exit code of ssh itself, where it was not that of the command.
_SSH_FAILED = 255
_PIECE = 1 << 20


class LinkEnded(Exception):
    """Nothing more comes from the far side."""


@dataclass(frozen=True)
class Ending:
    """How a far side ended, in words, and whether its device did it, as opposed to someone outside."""

    why: str
    of_the_device: bool


class Link:
    """A far side that has been started in a place."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._received = bytearray()
        # What is printed there is kept apart: it says why a process died, and belongs to nobody's results.
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the link
        self._process = subprocess.Popen(
            place.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env=os.environ | ONE_THREAD,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._waiting = place.sent

    @property
    def pid(self) -> int:
        """The process on this machine: the far side itself, or what leads to it."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether that process runs."""
        return self._process.poll() is None

    def send(self, message: dict[str, object], data: bytes = b"") -> None:
        """Write a frame, taking in what arrives meanwhile: both sides writing at once must not block each other.

        Raises ``LinkEnded`` where nobody reads it.
        """
        outgoing = memoryview(self._waiting + encode(message, data))
        self._waiting = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._input, selectors.EVENT_WRITE)
            selector.register(self._output, selectors.EVENT_READ)
            while outgoing:
                for key, _ in selector.select():
                    if key.fd != self._input:
                        if not self._take_in():
                            raise LinkEnded
                        continue
                    try:
                        outgoing = outgoing[os.write(self._input, outgoing[:_PIECE]) :]
                    except BrokenPipeError:
                        raise LinkEnded from None

    def arrived(self) -> Arrived | None:
        """The next frame that is here whole; raises ``FrameError`` where what came is none."""
        return take(self._received)

    def wait(self, seconds: float) -> None:
        """Wait for something to arrive, so long at most; raises ``LinkEnded`` where nothing more can."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            if selector.select(timeout=seconds) and not self._take_in():
                raise LinkEnded

    def ending(self) -> Ending:
        """How the far side ended, once its pipe has; it is killed if it goes on without one."""
        try:
            code = self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return Ending(f"the worker closed its pipe{self._last_words()}", of_the_device=True)
        with contextlib.suppress(LinkEnded):
            while len(self._received) < _PIECE:  # what it said before it ended may say why
                before = len(self._received)
                self.wait(0.0)
                if len(self._received) == before:
                    break
        if self._place.by_shell and code > 128 and code - 128 in DEVICE_DEATHS:
            code = 128 - code
        if code < 0:
            name = signal.Signals(-code).name
            return Ending(f"the worker died: {name}{self._last_words()}", of_the_device=-code in DEVICE_DEATHS)
        if self._place.by_shell and code == _SSH_FAILED:
            return Ending(f"the connection was refused or lost{self._last_words()}", of_the_device=False)
        return Ending(f"the worker ended with exit code {code}{self._last_words()}", of_the_device=True)

    def kill(self) -> None:
        """End the process at once and give back what it held on this side."""
        if self.alive:
            self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._printed):
            if file is not None:
                with contextlib.suppress(OSError):
                    file.close()

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the process has ended; raises ``subprocess.TimeoutExpired``."""
        self._process.wait(seconds)

    def _take_in(self) -> int:
        data = os.read(self._output, _PIECE)
        self._received += data
        return len(data)

    def _last_words(self) -> str:
        """The end of what was printed on the way to the far side, for people to read."""
        with contextlib.suppress(OSError, ValueError):
            end = self._printed.seek(0, os.SEEK_END)
            self._printed.seek(max(0, end - 2000))
            printed = self._printed.read().decode(errors="replace")
            lines = [line.strip() for line in printed.splitlines() if line.strip()]
            if lines:
                return f": {' | '.join(lines[-3:])}"[:600]
        return ""
