"""Assay certifies that hardware and software fit each other.

The public names are loaded when first used, so that the far side of a device (which carries only
``harness.device`` and one adapter) never imports more than it needs.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "load_profile": "harness.profile.store",
    "open_device": "harness.adapters.registry",
    "simulated_device": "harness.adapters.simulated",
    "matrix_unit": "harness.simulator.matrix_unit",
    "certify": "harness.certification",
    "verify": "harness.verification",
    "Device": "harness.device.protocol",
    "Tensor": "harness.device.protocol",
    "DeviceError": "harness.device.protocol",
}

__all__ = ["__version__", *sorted(_PUBLIC)]  # noqa: PLE0604  the names are strings; the linter cannot see it


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
