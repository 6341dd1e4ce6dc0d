"""Malformed and hostile profiles through the command: exit code 2 with file and line, in two seconds and 200 MB."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.acceptance.command import ASSAY, User
from tests.profile.test_malformed import REFUSED

#: Every second of the unit tests' table: what one refuses, all refuse alike.
CHOSEN = sorted(REFUSED)[::2]


#: A small process that runs a command and says how long it took and how much memory it had at most: a process is
#: charged with the memory of the one it was forked from, and the one that runs tests is large.
MEASURE = """
import resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
seconds = time.monotonic() - begin
print(code, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
"""


def refused(user: User, profile: str) -> tuple[int, str, float, float]:
    """Certify a profile: exit code, standard error, seconds, and peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *ASSAY, "certify", profile],
        cwd=user.folder,
        env=user.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    code, seconds, memory = done.stdout.split()
    return int(code), done.stderr, float(seconds), float(memory)


def assert_refused(user: User, profile: str, place: str) -> None:
    code, errors, seconds, memory = refused(user, profile)
    assert code == 2, errors
    assert place in errors
    assert "to do: " in errors
    assert "Traceback" not in errors
    assert seconds < 2
    assert memory < 200


@pytest.mark.parametrize("name", CHOSEN)
def test_a_profile_that_makes_no_sense_ends_the_command(user: User, name: str) -> None:
    text, line, _ = REFUSED[name]
    (user.folder / "p.yaml").write_text(text, encoding="utf-8")
    assert_refused(user, "p.yaml", f"p.yaml:{line}: ")


def test_fifty_megabytes_end_the_command_at_once(user: User) -> None:
    with (user.folder / "large.yaml").open("wb") as file:
        for _ in range(50):
            file.write(b"a: [1, 2, 3]\n" * 80_000)
    assert_refused(user, "large.yaml", "large.yaml:1: ")


def test_an_alias_bomb_ends_the_command(user: User) -> None:
    levels = "\n".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]" for n in range(9))
    (user.folder / "bomb.yaml").write_text(f"a: &a [x, x, x]\n{levels}\n")
    assert_refused(user, "bomb.yaml", "bomb.yaml:1: ")


@pytest.mark.parametrize("name", ["../../etc/passwd", "hygon/../hygon/k100-ai", "/etc/passwd"])
def test_a_name_never_leads_out_of_the_profiles(user: User, name: str) -> None:
    code, errors, _, _ = refused(user, name)
    assert code == 2
    assert "is no profile" in errors
