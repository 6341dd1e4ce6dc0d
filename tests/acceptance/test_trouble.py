"""What goes wrong around a run: clear errors, and nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.command import ASSAY, SMALL, User, children, faulty, gone, outcomes, wait_until

SLOW = ("certify", SMALL, "--device", faulty("slow"), "--level", 1, "--out", "run")


def under_way(user: User) -> subprocess.Popen[str]:
    """A run that has decided something."""
    command = user.start(*SLOW)
    evidence = user.folder / "run" / "evidence"
    wait_until(lambda: command.poll() is not None or any(path.stat().st_size for path in evidence.glob("*")), 60)
    assert command.poll() is None, command.communicate()
    return command


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_says_how_to_go_on_and_does(user: User, sent: signal.Signals) -> None:
    command = under_way(user)
    family = children(command.pid)
    command.send_signal(sent)
    _, errors = command.communicate(timeout=30)
    assert command.returncode == 130
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert wait_until(lambda: all(map(gone, family)))
    # The advice is a command line: what it says is what is typed.
    advice = next(line for line in errors.splitlines() if "--resume" in line).split("assay ", 1)[1]
    user.assay(*advice.split())
    user.assay("verify", "run")


def test_two_runs_into_one_folder_do_not_mix(user: User) -> None:
    command = under_way(user)
    second = user.assay(*SLOW, "--resume", expect=2)
    assert "another run is writing" in second.stderr
    command.communicate(timeout=120)
    assert command.returncode == 0


def test_a_finished_run_is_not_run_over(user: User) -> None:
    user.assay(*SLOW)
    before = outcomes(user.folder / "run")
    for more in ([], ["--resume"]):
        assert "--out" in user.assay(*SLOW, *more, expect=2).stderr
    assert outcomes(user.folder / "run") == before


def test_another_run_is_not_resumed_in_its_place(user: User) -> None:
    command = under_way(user)
    command.kill()
    command.communicate()
    other = user.assay(*SLOW, "--seed", "other", "--resume", expect=2)
    assert "seed" in other.stderr
    assert "--resume" in user.assay(*SLOW, expect=2).stderr


def test_a_folder_that_cannot_be_made_is_named(user: User) -> None:
    (user.folder / "file").write_text("in the way")
    done = user.assay("certify", "reference/ieee", "--out", "file/run", expect=2)
    assert str(user.folder / "file" / "run") in done.stderr
    assert "--out" in done.stderr


SMALL_DISK = """
set -eu
mount -t tmpfs -o size=1600k tmpfs disk
set +e
product=$1
shift
"$@" certify "$product" --level 1 --out disk/run
echo "first ended with $?"
set -e
mount -o remount,size=200m disk
"$@" certify "$product" --level 1 --out disk/run --resume
"$@" verify disk/run
"""


def test_a_full_disk_loses_nothing(user: User) -> None:
    (user.folder / "disk").mkdir()
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh", SMALL, *ASSAY],
        cwd=user.folder,
        env=user.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "first ended with 2" in done.stdout, done.stderr
    assert "No space left on device" in done.stderr
    assert "--resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert "holds" in done.stdout


@pytest.mark.parametrize(
    "hostile",
    [
        {"PYTEST_ADDOPTS": "-k nothing", "PYTHONOPTIMIZE": "2"},
        {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin", "PYTHONWARNINGS": "error"},
    ],
)
def test_a_hostile_environment_changes_nothing(user: User, hostile: dict[str, str]) -> None:
    User(user.folder, hostile).assay("certify", SMALL, "--level", 1, "--out", "run")


def test_modules_lying_in_the_current_folder_are_not_imported(user: User) -> None:
    for name in ("numpy.py", "pytest.py", "conftest.py", "sitecustomize.py"):
        (user.folder / name).write_text("raise SystemExit('imported from the current folder')\n")
    (user.folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    console = Path(ASSAY[0]).with_name("assay")
    done = subprocess.run(
        [console, "certify", SMALL, "--level", "1", "--out", "run"],
        cwd=user.folder,
        env=user.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["certify", "hygon/k100ai"], "hygon/k100-ai"),
        (["certify", "hygon/k100-ai", "--device", "cuda"], "numpy"),
        (["certify", "hygon/k100-ai", "--device", "numpy@qemu:-x"], "@qemu:Dhyana"),
        (["certify", "hygon/k100-ai", "--resume"], "--out"),
        (["verify", "no-such-folder"], "no-such-folder"),
        (["replay", "no-such-folder", "1"], "no-such-folder"),
        (["certfy"], "certify"),
        (["certify", "hygon/k100-ai", "--level", "4"], "--level"),
    ],
)
def test_a_mistake_in_the_command_is_named_with_what_to_do(user: User, arguments: list[str], said: str) -> None:
    done = user.assay(*arguments, expect=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unfinished_bundle_does_not_verify(user: User) -> None:
    command = under_way(user)
    command.kill()
    command.communicate()
    assert "never finished" in user.assay("verify", "run", expect=4).stderr


def test_results_go_to_standard_output_and_progress_to_standard_error(user: User) -> None:
    shown = user.json("certify", SMALL, "--level", 1, "--out", "run")
    assert shown["conclusion"] == "met"
    assert os.path.exists(user.folder / "run" / "report.html")
