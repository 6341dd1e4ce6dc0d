"""Whatever is killed, whenever: no orphan, no case lost or doubled, and the verdict of an undisturbed run.

Twenty random moments for each victim are the whole test; ``ASSAY_KILLS`` sets another number, a slice by default.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import SMALL, User, children, faulty, gone, outcomes, rows, wait_until

KILLS = int(os.environ.get("ASSAY_KILLS", "1"))
RUN = ("certify", SMALL, "--device", faulty("slow"), "--level", 1, "--out", "run")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the same run, left in peace."""
    user = User(tmp_path_factory.mktemp("undisturbed"))
    user.assay(*RUN)
    return user.folder / "run"


def decided(bundle: Path) -> list[tuple[int, str, str]]:
    """Every case that counts: number, name and outcome, from the rows that an end row follows."""
    found: list[tuple[int, str, str]] = []
    for path in sorted((bundle / "evidence").glob("*.jsonl")):
        waiting: list[tuple[int, str, str]] = []
        for row in rows_of(path):
            if row["row"] == "case":
                waiting.append((row["seq"], row["case"], row["outcome"]))
            elif row["row"] == "end":
                found += waiting[len(waiting) - row["cases"] :]
                waiting = []
    return sorted(found)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of one file; one that a kill cut off is none."""
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def victim_of(command: subprocess.Popen[str], who: str) -> int | None:
    """The process to kill: the command itself, its child (pytest) or the child's worker."""
    if who == "command":
        return command.pid
    family = children(command.pid)
    wanted = "harness.device.far" if who == "worker" else "harness.run.plugin"
    for process in family:
        try:
            line = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if wanted in line:
            return process
    return None


@pytest.mark.parametrize("who", ["child", "worker", "command"])
@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_goes_on_as_if_nothing_had_been(user: User, undisturbed: Path, who: str, number: int) -> None:
    moment = random.Random(f"{who}/{number}").random()
    total = sum(row["row"] == "end" for row in rows(undisturbed))
    bundle = user.folder / "run"
    command = user.start(*RUN)
    assert wait_until(lambda: command.poll() is not None or (bundle.exists() and _ended(bundle) >= moment * total), 120)
    family = children(command.pid)
    victim = victim_of(command, who)
    if victim is not None:
        os.kill(victim, signal.SIGKILL)
    command.communicate(timeout=180)
    assert wait_until(lambda: all(gone(process) for process in family)), "an orphan is left"
    if who == "command" and command.returncode == -signal.SIGKILL:
        user.assay(*RUN, "--resume")
    assert outcomes(bundle) == outcomes(undisturbed)
    assert decided(bundle) == decided(undisturbed)
    assert max(Counter(case[0] for case in decided(bundle)).values()) == 1
    user.assay("verify", "run")


def _ended(bundle: Path) -> int:
    return sum(path.read_bytes().count(b'{"row":"end"') for path in (bundle / "evidence").glob("*.jsonl"))
