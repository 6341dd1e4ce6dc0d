"""Devices by name."""

from __future__ import annotations

import importlib.util
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from harness.adapters import registry
from harness.adapters.library import LibraryDevice
from harness.adapters.registry import DeviceName, list_adapters, open_device, open_from_source, parse_device_name
from harness.errors import DeviceUnfit, UsageError
from harness.simulator.runtime import SimulatedDevice
from tests.simulator.claims import claims

PROFILE = claims()


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("simulated", DeviceName("simulated", "", "worker")),
        ("simulated:hygon/k100-ai", DeviceName("simulated", "hygon/k100-ai", "worker")),
        ("torch:cuda:0@worker", DeviceName("torch", "cuda:0", "worker")),
        ("python:/home/me@home/device.py:make", DeviceName("python", "/home/me@home/device.py:make", "worker")),
        ("numpy@qemu:Dhyana", DeviceName("numpy", "", "qemu:Dhyana")),
        ("torch:npu:0@ssh:me@lab", DeviceName("torch", "npu:0", "ssh:me@lab")),
        ("numpy@exec:docker exec -i dtk python3", DeviceName("numpy", "", "exec:docker exec -i dtk python3")),
        ("python:a@workers.py:make@worker", DeviceName("python", "a@workers.py:make", "worker")),
    ],
)
def test_a_name_is_an_adapter_its_arguments_and_a_place(name: str, parsed: DeviceName) -> None:
    assert parse_device_name(name) == parsed


@pytest.mark.parametrize("name", ["", ":x", "@worker"])
def test_a_name_without_an_adapter_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="names no device"):
        parse_device_name(name)


def test_an_unknown_adapter_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as refusal:
        open_device("cupid:0", PROFILE)
    assert "'cupid'" in str(refusal.value)
    assert all(name in str(refusal.value) for name in ("simulated", "numpy", "torch", "python"))


def test_adapters_open_their_devices() -> None:
    assert isinstance(open_device("simulated", PROFILE), SimulatedDevice)
    assert isinstance(open_device("numpy@worker", PROFILE), LibraryDevice)


def test_numpy_takes_no_arguments() -> None:
    with pytest.raises(UsageError, match="'cuda:0'"):
        open_device("numpy:cuda:0", PROFILE)


def test_a_profile_is_read_only_by_the_adapters_that_use_it() -> None:
    assert isinstance(open_from_source("numpy", "this: is: no profile", "broken.yaml", {}), LibraryDevice)
    with pytest.raises(UsageError, match=r"broken\.yaml:1"):
        open_from_source("simulated", "this: is: no profile", "broken.yaml", {})


def test_a_missing_library_is_said_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(DeviceUnfit) as refusal:
        open_device("torch:cuda:0", PROFILE)
    assert "torch, array_api_compat" in str(refusal.value)
    assert "pip install torch" in str(refusal.value)
    listed = {adapter.name: adapter for adapter in list_adapters()}
    assert not listed["torch:DEVICE"].available
    assert "pip install torch" in listed["torch:DEVICE"].install
    assert listed["python:FILE.py:FACTORY"].available


def test_what_can_be_opened_here_is_listed_with_nothing_to_install() -> None:
    listed = {adapter.name: adapter for adapter in list_adapters()}
    assert listed["numpy"].available
    assert listed["numpy"].install == ""


def opened(arguments: str, profile: object) -> tuple[str, object]:
    """What a vendor's package would register; it shows what it was given."""
    return arguments, profile


def registering(name: str) -> Any:
    """``entry_points`` of a machine where one package registers ``opened`` under a name."""
    points = EntryPoints([EntryPoint(name, f"{__name__}:opened", registry.ENTRY_POINTS)])
    return lambda group: points.select(group=group)


def test_a_package_can_register_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", registering("acme"))
    device: Any = open_device("acme:0:1", PROFILE)
    assert device == ("0:1", PROFILE)
    assert any(adapter.name == "acme" for adapter in list_adapters())


def test_a_package_cannot_take_the_name_of_an_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", registering("simulated"))
    assert isinstance(open_device("simulated", PROFILE), SimulatedDevice)
