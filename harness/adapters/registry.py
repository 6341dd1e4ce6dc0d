"""Devices by name: ``ADAPTER[:ARGUMENTS][@PLACE]``, the adapters there are, and how to open one."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Optional

from harness.device.naming import split_place
from harness.errors import DeviceUnfit, UsageError

if TYPE_CHECKING:
    from harness.device.protocol import Device
    from harness.profile.model import Profile

#: The group of entry points under which a vendor's package registers ``NAME = module:open``, where
#: ``open(arguments, profile)`` returns a ``Device``.
ENTRY_POINTS = "assay.devices"


@dataclass(frozen=True)
class DeviceName:
    """A device's name taken apart: which adapter, what it is told, and the place the device lives in."""

    adapter: str
    arguments: str
    place: str = "worker"


@dataclass(frozen=True)
class AdapterInfo:
    """One kind of device: how it is named, what it tests, whether it can be opened here, and else what to install."""

    name: str
    tests: str
    available: bool
    install: str = ""


@dataclass(frozen=True)
class _Adapter:
    """How an adapter is opened: ``module:function``, the modules it needs, and the command that installs them."""

    usage: str
    tests: str
    opener: str
    needs: tuple[str, ...] = ()
    install: str = ""
    reads_profile: bool = False


_ADAPTERS = {
    "simulated": _Adapter(
        "simulated[:PROFILE]",
        "no hardware: a device computed from a profile",
        "harness.adapters.simulated:open_simulated",
        ("harness.simulator",),
        "a simulated device lives where Assay is installed: leave its place out, or name @worker",
        reads_profile=True,
    ),
    "numpy": _Adapter(
        "numpy",
        "the installed numpy on this processor",
        "harness.adapters.numpy:open_numpy",
        ("numpy", "array_api_compat"),
        "pip install numpy array-api-compat ml-dtypes",
    ),
    "torch": _Adapter(
        "torch:DEVICE",
        "the installed torch on one of its devices",
        "harness.adapters.torch:open_torch",
        ("torch", "array_api_compat"),
        "pip install torch array-api-compat",
    ),
    "onnxruntime": _Adapter(
        "onnxruntime:PROVIDER",
        "the installed onnxruntime on one of its execution providers",
        "harness.adapters.onnxruntime:open_onnxruntime",
        ("onnx", "onnxruntime", "array_api_compat"),
        "pip install onnx onnxruntime array-api-compat ml-dtypes",
    ),
    "python": _Adapter(
        "python:FILE.py:FACTORY",
        "the device that FACTORY(profile) in FILE.py returns",
        "harness.adapters.python:open_python",
        reads_profile=True,
    ),
}


def parse_device_name(name: str) -> DeviceName:
    """A name taken apart at its first place; raises ``UsageError`` where it names no adapter."""
    device, place = split_place(name)
    adapter, _, arguments = device.partition(":")
    if not adapter:
        raise UsageError(f"{name!r} names no device", remedy="`assay devices` lists the kinds there are")
    return DeviceName(adapter, arguments, place)


def list_adapters() -> list[AdapterInfo]:
    """Every kind of device, Assay's own first, then those that installed packages register."""
    own = [
        AdapterInfo(
            adapter.usage,
            adapter.tests,
            not missing,
            f"missing {', '.join(missing)}: {adapter.install}" if missing else "",
        )
        for adapter in _ADAPTERS.values()
        for missing in [_missing(adapter)]
    ]
    return own + [
        AdapterInfo(name, f"registered by {point.value}", True) for name, point in sorted(_registered().items())
    ]


def open_device(name: str, profile: Profile) -> Device:
    """Open a device by name in this process; whoever wants it in its place starts a worker there first.

    Raises ``UsageError`` for a name that means nothing, ``DeviceUnfit`` where a library is missing or the device
    refuses.
    """
    return _open(name, lambda: profile, {})


def open_from_source(name: str, profile: str, profile_name: str, settings: Mapping[str, Any]) -> Device:
    """Open a device by name, for a profile given as the text of its file; it is read only if the adapter wants it.

    ``settings`` is what adapters are told beside their arguments, by adapter. Where Assay itself is not installed, only
    its far side, an adapter that wants the profile gets ``None``.
    """

    def read() -> Optional[Profile]:
        if importlib.util.find_spec("harness.profile") is None:
            return None
        from harness.profile.store import parse_profile

        return parse_profile(profile.encode("utf-8"), profile_name)

    return _open(name, read, settings)


def _open(name: str, profile: Callable[[], Optional[Profile]], settings: Mapping[str, Any]) -> Device:
    parsed = parse_device_name(name)
    adapter = _ADAPTERS.get(parsed.adapter)
    if adapter is None:
        point = _registered().get(parsed.adapter)
        if point is None:
            known = ", ".join([*_ADAPTERS, *sorted(_registered())])
            raise UsageError(f"there is no kind of device {parsed.adapter!r}", remedy=f"one of these: {known}")
        registered: Device = point.load()(parsed.arguments, profile())
        return registered
    missing = _missing(adapter)
    if missing:
        raise DeviceUnfit(f"the device {name} needs {', '.join(missing)}", remedy=adapter.install)
    module, function = adapter.opener.split(":")
    opener: Any = getattr(importlib.import_module(module), function)
    device: Device = opener(parsed.arguments, profile() if adapter.reads_profile else None, settings)
    return device


def _missing(adapter: _Adapter) -> list[str]:
    """The modules an adapter needs and does not find, without loading any."""
    return [module for module in adapter.needs if importlib.util.find_spec(module) is None]


def _registered() -> dict[str, EntryPoint]:
    """Adapters of other packages by name; none of them can take the name of one of Assay's own."""
    if sys.version_info >= (3, 10):
        points = entry_points(group=ENTRY_POINTS)
    else:
        points = entry_points().get(ENTRY_POINTS, ())
    return {point.name: point for point in points if point.name not in _ADAPTERS}
