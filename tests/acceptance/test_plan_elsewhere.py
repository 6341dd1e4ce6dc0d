"""The plan is the same everywhere: under other processors' models, another hash seed, another locale and time zone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.acceptance.command import User

PROFILES = ("hygon/k100-ai", "reference/ieee")


@pytest.fixture(scope="module")
def qemu(tmp_path_factory: pytest.TempPathFactory) -> str:
    """QEMU's user mode: the machine's own, or Debian's package unpacked for this test (no rights needed)."""
    found = shutil.which("qemu-x86_64") or shutil.which("qemu-x86_64-static")
    if found is not None:
        return found
    folder = tmp_path_factory.mktemp("qemu")
    if os.geteuid() == 0:
        subprocess.run(["apt-get", "-qq", "update"], check=True, capture_output=True)
    subprocess.run(["apt-get", "-qq", "download", "qemu-user-static"], cwd=folder, check=True, capture_output=True)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg", "-x", package, folder], check=True)
    return str(folder / "usr" / "bin" / "qemu-x86_64-static")


def digest(
    user: User, profile: str, before: list[str], level: int = 2, environment: Mapping[str, str] | None = None
) -> str:
    plan = [os.path.realpath(sys.executable), "-m", "harness", "plan", profile, "--level", str(level), "--json"]
    done = subprocess.run(
        [*before, *plan],
        cwd=user.folder,
        env=user.environment
        | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        | dict(environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: str = json.loads(done.stdout)["digest"]
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_has_the_same_digest_on_other_processors(user: User, qemu: str, profile: str) -> None:
    here = digest(user, profile, [], level=1)
    assert digest(user, profile, [qemu, "-cpu", "Dhyana"], level=1) == here
    assert digest(user, profile, [qemu, "-cpu", "Haswell"], level=1) == here


@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_has_the_digest_written_down_on_the_machine_that_measured_it(user: User, profile: str) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "measurements.md").read_text()
    assert digest(user, profile, []) in page


@pytest.mark.parametrize("environment", [{"PYTHONHASHSEED": "12345"}, {"LC_ALL": "C", "TZ": "Asia/Shanghai"}])
def test_a_plan_does_not_depend_on_the_environment(user: User, environment: dict[str, str]) -> None:
    assert digest(user, PROFILES[0], [], environment=environment) == digest(user, PROFILES[0], [])
