"""The data folders are found beside the package, or inside it where it was installed from a wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness import resources

PACKAGE = Path(harness.__file__).parent


def test_in_a_checkout_the_folders_stand_beside_the_package() -> None:
    assert resources.profiles_folder() == PACKAGE.parent / "profiles"
    assert resources.suites_folder() == PACKAGE.parent / "suites"
    assert resources.reports_folder() == PACKAGE.parent / "reports"


def test_chapters_belong_to_the_package() -> None:
    assert resources.chapters_folder() == PACKAGE / "interface" / "chapters"


def _asked(root: Path) -> subprocess.CompletedProcess[str]:
    """What a copy of the package under ``root`` says about its profiles."""
    program = "import harness.resources as r; print(r.profiles_folder())"
    command = [sys.executable, "-S", "-c", program]
    return subprocess.run(command, env={"PYTHONPATH": str(root)}, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The least of the package that can be asked, as it would lie in ``site-packages``."""
    (tmp_path / "harness").mkdir()
    for name in ("__init__.py", "errors.py", "resources.py"):
        shutil.copy(PACKAGE / name, tmp_path / "harness" / name)
    return tmp_path


def test_in_a_wheel_the_folders_stand_in_the_package_and_win_over_strangers(installed: Path) -> None:
    (installed / "harness" / "data" / "profiles").mkdir(parents=True)
    (installed / "profiles").mkdir()
    assert _asked(installed).stdout.strip() == str(installed / "harness" / "data" / "profiles")


def test_a_broken_installation_says_so(installed: Path) -> None:
    said = _asked(installed)
    assert said.returncode != 0
    assert "neither in the package nor beside it" in said.stderr
