"""``python:FILE.py:FACTORY``: a device written in Python by whoever makes it; ``FACTORY(profile)`` returns it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.device.protocol import Device
from harness.errors import UsageError

#: What every device has, in the order of the protocol.
METHODS = tuple(name for name, value in vars(Device).items() if callable(value) and not name.startswith("_"))


def open_python(arguments: str, profile: Any, settings: object = None) -> Device:
    """The device a factory in a file returns.

    Raises ``UsageError`` that names the file and what is wrong with it; what the file itself raises goes through.
    """
    file, _, factory = arguments.rpartition(":")
    if not file or not factory:
        raise UsageError(
            f"python:{arguments} names no file and factory", remedy="name the device python:FILE.py:FACTORY"
        )
    make = getattr(_load(Path(file)), factory, None)
    if not callable(make):
        raise UsageError(f"there is no function {factory}", where=file, remedy=f"define {factory}(profile) there")
    device: Device = make(profile)
    missing = [name for name in METHODS if not callable(getattr(device, name, None))]
    if missing:
        raise UsageError(
            f"what {factory} returns is no device: it lacks {', '.join(missing)}",
            where=file,
            remedy="write the methods of harness.device.protocol.Device",
        )
    return device


def _load(file: Path) -> ModuleType:
    """The module in a file, under a name of its own."""
    if not file.is_file():
        raise UsageError("there is no such file", where=str(file), remedy="name the device python:FILE.py:FACTORY")
    spec = importlib.util.spec_from_file_location(f"assay_device_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UsageError("this is no Python file", where=str(file), remedy="its name has to end in .py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
