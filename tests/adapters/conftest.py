"""Where a library is not installed its adapter cannot be tested; the session ``adapters`` of nox installs them all."""

from __future__ import annotations

import importlib.util

#: The folder of tests of each adapter, and what it needs.
NEEDS = {"torch": ["torch"], "onnxruntime": ["onnx", "onnxruntime"]}

collect_ignore = [
    folder for folder, modules in NEEDS.items() if not all(importlib.util.find_spec(module) for module in modules)
]
