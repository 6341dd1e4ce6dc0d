"""A failing run tells the smallest failure it found, its likely cause, and how to see it again."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.command import SMALL, User, faulty, wait_until

ASKED = ("certify", SMALL, "--device", faulty("loses_tails"), "--level", 1, "--out", "run")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> tuple[User, subprocess.CompletedProcess[str]]:
    user = User(tmp_path_factory.mktemp("failed"))
    return user, user.assay(*ASKED, expect=1)


def explained(folder: Path) -> dict[int, dict[str, object]]:
    """The explanations of a bundle by the number of their case."""
    return {int(path.stem): json.loads(path.read_text()) for path in (folder / "failures").glob("*.json")}


def test_the_terminal_tells_cause_and_smallest_failure(
    failed: tuple[User, subprocess.CompletedProcess[str]],
) -> None:
    _, done = failed
    said = re.sub(r"\s+", " ", done.stdout)
    assert "tail-tile: right where a length is a multiple of 16, wrong where it is one more" in said
    assert re.search(r"smallest add\(float32 \([1, ]+\) \[\S+\], float32 \([1, ]+\) \[\S+\]\)", said)
    assert re.search(r"got float32 \([1, ]+\) \[0x0\.0p\+0\]", said)
    assert "assay replay run" in said


def test_the_report_tells_it_too(failed: tuple[User, subprocess.CompletedProcess[str]]) -> None:
    user, _ = failed
    page = (user.folder / "run" / "report.html").read_text()
    assert "smallest failure found" in page
    assert "所找到的最小失败" in page
    assert "tail-tile: right where a length is a multiple of 16" in page


def test_the_report_has_time_by_family_and_says_that_nothing_is_missing(
    failed: tuple[User, subprocess.CompletedProcess[str]],
) -> None:
    user, _ = failed
    page = (user.folder / "run" / "report.html").read_text()
    for family in ("inner-product", "elementwise-exact", "sum", "extremum"):
        assert re.search(rf'<td class="id">{family}</td><td class="n">[\d  ]+</td>', page), family
    assert "Every operation was asked every input class that the level demands." in page
    assert 'class="gap"' not in page


def test_explanations_are_signed(failed: tuple[User, subprocess.CompletedProcess[str]]) -> None:
    user, _ = failed
    user.assay("verify", "run", expect=None)
    seq = min(explained(user.folder / "run"))
    name = f"failures/{seq}.json"
    envelope = json.loads((user.folder / "run" / "manifest.json").read_text())
    assert name in base64.b64decode(envelope["payload"]).decode()
    path = user.folder / "run" / name
    before = path.read_bytes()
    path.write_bytes(before.replace(b"tail-tile", b"something"))
    try:
        assert name in user.assay("verify", "run", expect=4).stderr
    finally:
        path.write_bytes(before)


def test_replay_shows_the_same_smallest_failure(failed: tuple[User, subprocess.CompletedProcess[str]]) -> None:
    user, _ = failed
    seq, told = min(explained(user.folder / "run").items())
    done = user.assay("replay", "run", seq)
    assert "the smallest failure found" in done.stdout
    assert str(told["because"]) in done.stdout
    again = json.loads(user.assay("replay", "run", seq, "--json").stdout)
    assert again["smallest"] == told


def test_a_device_that_is_no_library_has_no_program_without_assay(
    failed: tuple[User, subprocess.CompletedProcess[str]],
) -> None:
    user, done = failed
    assert "--script" not in done.stdout
    refused = user.assay("replay", "run", min(explained(user.folder / "run")), "--script", expect=2)
    assert "no library that could be used without Assay" in refused.stderr


def test_a_run_interrupted_while_it_explains_goes_on_from_there(user: User) -> None:
    command = user.start(*ASKED)
    failures = user.folder / "run" / "failures"
    assert wait_until(lambda: command.poll() is not None or any(failures.glob("*.json")), 240)
    os.kill(command.pid, signal.SIGINT)
    _, errors = command.communicate(timeout=30)
    assert command.returncode == 130, errors
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert not (user.folder / "run" / "manifest.json").exists()
    lives = sorted((user.folder / "run" / "evidence").glob("*.jsonl"))
    user.assay(*ASKED, "--resume", expect=1)
    assert sorted((user.folder / "run" / "evidence").glob("*.jsonl")) == lives
    user.assay("verify", "run", expect=None)
    assert explained(user.folder / "run")
