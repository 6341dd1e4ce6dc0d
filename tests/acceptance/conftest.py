"""What acceptance tests share: users with folders of their own, and one finished bundle of each kind."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.command import User, faulty


@pytest.fixture(scope="session", autouse=True)
def hears_interrupts() -> None:
    """A shell makes what it puts into the background deaf to SIGINT; the commands tested here would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def user(tmp_path: Path) -> User:
    """Someone who has never run the command."""
    return User(tmp_path)


@pytest.fixture(scope="session")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> User:
    """Someone who keeps finished bundles for all tests to look at; nobody changes them in place."""
    return User(tmp_path_factory.mktemp("keeper"))


@pytest.fixture(scope="session")
def main_job(keeper: User) -> subprocess.CompletedProcess[str]:
    """The main job as the README types it, with what it printed."""
    return keeper.assay("certify", "hygon/k100-ai")


@pytest.fixture(scope="session")
def k100(keeper: User, main_job: subprocess.CompletedProcess[str]) -> Path:
    """The bundle of the main job, which went into a folder of Assay's own choosing."""
    (bundle,) = (keeper.folder / "runs").iterdir()
    return bundle


@pytest.fixture(scope="session")
def zeros(keeper: User) -> Path:
    """The bundle of a device that returns zeros."""
    keeper.assay("certify", "reference/ieee", "--device", faulty("zeros"), "--level", 1, "--out", "zeros", expect=1)
    return keeper.folder / "zeros"
