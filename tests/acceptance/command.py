"""The command as a user runs it: in a process of its own, from a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ASSAY = [sys.executable, "-m", "harness"]
FAULTY = Path(__file__).with_name("faulty_devices.py")
#: A profile that claims nothing, for tests that need a run and not a large one.
SMALL = str(Path(__file__).with_name("small.yaml"))


def faulty(factory: str) -> str:
    """The name of one of the faulty devices."""
    return f"python:{FAULTY}:{factory}"


@dataclass(frozen=True)
class User:
    """Someone with a folder to work in and a key of their own."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"ASSAY_HOME": str(self.folder / "home"), "COLUMNS": "120"} | dict(self.extra)

    def assay(
        self, *arguments: object, expect: int | None = 0, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run the command; its exit code must be ``expect``, unless that is ``None``."""
        done = subprocess.run(
            [*ASSAY, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if expect is not None:
            said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            assert done.returncode == expect, f"exit code {done.returncode}, not {expect}\n{said}"
        return done

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start the command without waiting for it."""
        return subprocess.Popen(
            [*ASSAY, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *arguments: object, expect: int | None = 0) -> Any:
        """Run the command and read its standard output as one JSON document."""
        return json.loads(self.assay(*arguments, "--json", expect=expect).stdout)


def rows(bundle: Path) -> list[dict[str, Any]]:
    """Every row of a bundle's evidence, in file order."""
    return [
        json.loads(line)
        for path in sorted((bundle / "evidence").glob("*.jsonl"))
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]


def outcomes(bundle: Path) -> dict[str, str]:
    """The signed outcome of every test, by its id."""
    return {test["test"]: test["outcome"] for test in signed(bundle)["predicate"]["verdict"]["tests"]}


def signed(bundle: Path) -> dict[str, Any]:
    """The statement a bundle's report signs."""
    import base64

    envelope = json.loads((bundle / "report.json").read_bytes())
    statement: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))
    return statement


def children(process: int) -> list[int]:
    """All live descendants of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(after[1]) == process and after[0] != "Z":
            child = int(path.parent.name)
            found += [child, *children(child)]
    return found


def gone(process: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return stat.rsplit(")", 1)[1].split()[0] in "ZX"


def wait_until(what: Any, seconds: float = 10.0) -> bool:
    """Whether ``what()`` came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.01)
    return bool(what())
