"""Places a device can live in, by name, and how its far side is started in each.

``worker`` is a process of this machine. ``qemu:MODEL`` is one on an emulated processor. ``ssh:HOST`` and
``exec:COMMAND`` are a Python somewhere else, reached through its standard input and output; the far side travels there.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import sys
from dataclasses import dataclass

from harness.device.archive import BOOTSTRAP, archive
from harness.device.naming import split_place
from harness.errors import DeviceUnfit, UsageError

_HOST = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9_.:@%\[\]-]*")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,+=-]*")

#: What ssh is told: ask nobody anything, and notice within a minute that the other end is gone.
_SSH = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15")


@dataclass(frozen=True)
class Place:
    """Where a device lives.

    ``command`` starts its far side. ``here`` says that it shares this machine's files, so that bulk data can lie in a
    mapped one; otherwise ``sent`` goes ahead of the first frame. ``remedy`` is what to do where it cannot be reached.
    """

    name: str
    command: tuple[str, ...]
    here: bool
    sent: bytes = b""
    remedy: str = ""

    @property
    def emulated(self) -> bool:
        """Whether what runs there is a model of a processor and not the processor."""
        return self.name.startswith("qemu:")

    @property
    def by_shell(self) -> bool:
        """Whether an exit code above 128 tells of a signal, as a shell has it."""
        return not self.here


def place_of(name: str) -> Place:
    """The place that a device's name names.

    Raises ``UsageError`` for a place that cannot be, ``DeviceUnfit`` where what starts it is not installed.
    """
    place = split_place(name)[1]
    kind, _, argument = place.partition(":")
    start = _STARTS.get(kind)
    if start is None:
        raise UsageError(f"there is no place {place!r}", remedy="one of @worker, @qemu:MODEL, @ssh:HOST, @exec:COMMAND")
    return start(place, argument)


def _worker(place: str, argument: str) -> Place:
    return Place(place, _far_side(), here=True)


def _emulated(place: str, model: str) -> Place:
    if not _MODEL.fullmatch(model):
        raise UsageError(
            f"{place!r} names no model", remedy="name one of `qemu-x86_64 -cpu help`, such as @qemu:Dhyana"
        )
    emulator = f"qemu-{platform.machine()}"
    if shutil.which(emulator) is None:
        raise DeviceUnfit(f"the place {place} needs {emulator}", remedy="install it: apt install qemu-user")
    remedy = f"`{emulator} -cpu help` lists the models there are"
    return Place(place, (emulator, "-cpu", model, *_far_side()), here=True, remedy=remedy)


def _over_ssh(place: str, host: str) -> Place:
    if not _HOST.fullmatch(host):
        raise UsageError(f"{place!r} names no host", remedy="name it as ssh does: @ssh:HOST or @ssh:USER@HOST")
    _need("ssh", place, "install it: apt install openssh-client")
    sent = archive()
    # A shell that has more to do than to become Python tells a death by a signal in its exit code.
    line = shlex.join(["python3", "-c", BOOTSTRAP, str(len(sent))]) + "; exit $?"
    remedy = f"see that `ssh -o BatchMode=yes {host} python3 -V` answers without asking anything"
    return Place(place, (*_SSH, host, shlex.join(["sh", "-c", line])), here=False, sent=sent, remedy=remedy)


def _by_command(place: str, command: str) -> Place:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{place!r}: {error}", remedy="quote the command as a shell would have it") from None
    if not words:
        raise UsageError(f"{place!r} names no command", remedy="such as @exec:docker exec -i NAME python3")
    _need(words[0], place, "name a command that is on the PATH")
    sent = archive()
    remedy = f"see that `{command} -V` answers with a version of Python, 3.8 or later"
    return Place(place, (*words, "-c", BOOTSTRAP, str(len(sent))), here=False, sent=sent, remedy=remedy)


def _far_side() -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "harness.device.far", str(os.getpid()))


def _need(command: str, place: str, remedy: str) -> None:
    if shutil.which(command) is None:
        raise DeviceUnfit(f"the place {place} needs {command!r}, which is not here", remedy=remedy)


_STARTS = {"worker": _worker, "qemu": _emulated, "ssh": _over_ssh, "exec": _by_command}
