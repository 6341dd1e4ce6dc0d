"""The bundle: the folder of one run, and what stands where in it.

::

    run.json           what was asked: profile, device, level, seed, limits, and the plan's digest
    profile.yaml       the profile, byte for byte as it was read
    plan.json          the plan
    environment.json   what was measured of host and device
    evidence/          rows, one file for each life of a child
    failures/          arrays of failing cases, a bounded number
    report.json        the signed statement
    report.html, report.xml
    key.pub            the signer's public key
    manifest.json      the signed list of all files above
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.canonical import canonical_json, parse_json
from harness.errors import EvidenceError, UsageError
from harness.files import write_atomic

RUN, PROFILE, PLAN, ENVIRONMENT = "run.json", "profile.yaml", "plan.json", "environment.json"
EVIDENCE, FAILURES = "evidence", "failures"
REPORT, MANIFEST, KEY, HTML, JUNIT = "report.json", "manifest.json", "key.pub", "report.html", "report.xml"

#: No file of a bundle that is read whole is larger.
LARGEST_FILE = 256 << 20


@dataclass(frozen=True)
class Request:
    """What one run was asked to do: all that its cases depend on beside the plan.

    ``onnx`` is the release of ONNX whose node cases are asked as well; empty where none are.
    """

    profile: str
    device: str
    level: int
    seed: str
    jobs: int
    deadline: float
    cap: float
    plan: str
    harness: str
    begin: str
    format: int = 1
    onnx: str = ""

    @property
    def graph(self) -> bool:
        """Whether ONNX's node cases are asked as well."""
        return bool(self.onnx)

    def same_run(self, other: Request) -> list[str]:
        """In what the other request asks for another run: names of fields; empty where it may go on with this one."""
        fields = ("profile", "device", "level", "onnx", "seed", "plan", "harness")
        return [name for name in fields if getattr(self, name) != getattr(other, name)]


class Bundle:
    """The folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def evidence(self) -> Path:
        """Where evidence lies."""
        return self.folder / EVIDENCE

    @property
    def sealed(self) -> bool:
        """Whether the run was finished and signed."""
        return (self.folder / MANIFEST).exists()

    def create(self) -> None:
        """Make the folder, if need be; raises ``UsageError`` where that cannot be."""
        try:
            for folder in (self.folder, self.evidence, self.folder / FAILURES):
                folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.folder, os.W_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            raise UsageError(
                f"the folder for the run cannot be made or written: {error.strerror}",
                where=str(self.folder),
                remedy="name another one with --out, or make this one writable",
            ) from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the bundle alone; raises ``UsageError`` while another command holds it.

        The lock is on the folder itself: nothing is left behind in it, and it goes when this process does.
        """
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    "another run is writing into this folder",
                    where=str(self.folder),
                    remedy="wait for it to end, or name another folder with --out",
                ) from None
            yield
        finally:
            os.close(descriptor)

    def begun(self) -> Request | None:
        """The request of the run in this folder, where there is one."""
        if not (self.folder / RUN).exists():
            return None
        fields = self.read_json(RUN)
        try:
            return Request(**fields)
        except TypeError as error:
            raise EvidenceError(f"it does not say what was asked: {error}", where=str(self.folder / RUN)) from None

    def begin(self, request: Request, profile: bytes, plan: dict[str, Any]) -> None:
        """Write down what is asked, before anything runs."""
        self.write(PROFILE, profile)
        self.write_json(PLAN, plan)
        self.write_json(RUN, asdict(request))

    def tidy(self) -> None:
        """Remove the half-written temporary files a kill may have left."""
        for path in [*self.folder.glob(".*"), *self.folder.glob(f"{FAILURES}/.*")]:
            path.unlink()

    def next_life(self) -> int:
        """The number of the next file of evidence."""
        return 1 + max((int(path.stem) for path in self.evidence.glob("[0-9]*.jsonl")), default=0)

    def life(self, number: int) -> Path:
        """The file of evidence of one life."""
        return self.evidence / f"{number:04d}.jsonl"

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the bundle, whole or not at all."""
        write_atomic(self.folder / name, data)

    def write_json(self, name: str, value: Any) -> None:
        """Write a file of the bundle as canonical JSON."""
        self.write(name, canonical_json(value) + b"\n")

    def read(self, name: str) -> bytes:
        """A file of the bundle; raises ``EvidenceError`` where it is missing or too large."""
        path = self.folder / name
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise EvidenceError(f"the file is larger than {LARGEST_FILE >> 20} MiB", where=str(path))
            return path.read_bytes()
        except OSError as error:
            raise EvidenceError(f"the file cannot be read: {error.strerror}", where=str(path)) from None

    def read_json(self, name: str) -> Any:
        """A file of the bundle as data; raises ``EvidenceError`` where it is no strict JSON."""
        try:
            return parse_json(self.read(name), limit_bytes=LARGEST_FILE)
        except UsageError as error:
            raise EvidenceError(f"the file is no strict JSON: {error}", where=str(self.folder / name)) from None
