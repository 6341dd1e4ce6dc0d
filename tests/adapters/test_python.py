"""``python:FILE.py:FACTORY``: a device from a file, and what is said when it is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.adapters.python import METHODS
from harness.adapters.registry import open_device
from harness.errors import UsageError
from tests.simulator.claims import claims

PROFILE = claims()
DEVICE = """
from harness.adapters.simulated import simulated_device

def make(profile):
    device = simulated_device(profile)
    device.given = profile
    return device

class Half:
    allocate = release = write = read = copy = lambda self: None

def half(profile):
    return Half()

number = 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my device.py"
    path.write_text(DEVICE)
    return path


def test_the_factory_is_given_the_profile_and_returns_the_device(file: Path) -> None:
    device: Any = open_device(f"python:{file}:make", PROFILE)
    assert device.given is PROFILE


def test_what_a_device_needs_is_the_whole_protocol() -> None:
    memory, order = ("allocate", "release", "write", "read", "copy"), ("stream", "event", "record", "wait", "elapsed")
    assert set(METHODS) == {"describe", "supports", *memory, *order, "synchronize", "launch", "close"}


def test_a_device_that_lacks_methods_is_refused_with_the_file_and_their_names(file: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        open_device(f"python:{file}:half", PROFILE)
    assert str(refusal.value).startswith(f"{file}: what half returns is no device: it lacks describe, supports, stream")
    assert "allocate" not in str(refusal.value)


@pytest.mark.parametrize("factory", ["nothing", "number"])
def test_a_factory_that_is_no_function_is_refused_with_the_file_and_its_name(file: Path, factory: str) -> None:
    with pytest.raises(UsageError, match=f"there is no function {factory}") as refusal:
        open_device(f"python:{file}:{factory}", PROFILE)
    assert refusal.value.where == str(file)


def test_a_file_that_does_not_exist_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file") as refusal:
        open_device(f"python:{tmp_path / 'none.py'}:make", PROFILE)
    assert refusal.value.where == str(tmp_path / "none.py")


def test_a_file_that_is_no_python_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "device.txt").write_text(DEVICE)
    with pytest.raises(UsageError, match="no Python file"):
        open_device(f"python:{tmp_path / 'device.txt'}:make", PROFILE)


@pytest.mark.parametrize("name", ["python", "python:make", "python:file.py:", "python::make"])
def test_a_name_without_file_or_factory_is_refused_with_the_form_it_has(name: str) -> None:
    with pytest.raises(UsageError, match="names no file and factory") as refusal:
        open_device(name, PROFILE)
    assert "python:FILE.py:FACTORY" in str(refusal.value)
