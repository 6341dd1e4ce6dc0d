"""What travels to the far side of a place must run there: on Python 3.8, with next to nothing installed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harness

HOUSE = Path(harness.__file__).parent
TRAVELS = [
    "errors.py",
    "device/protocol.py",
    "device/dtypes.py",
    "device/extent.py",
    "adapters/array_operations.py",
    "adapters/handles.py",
    "adapters/library.py",
    "adapters/memory.py",
    "adapters/numpy.py",
    "adapters/numpy_operations.py",
    "adapters/python.py",
    "adapters/registry.py",
    "adapters/spelling.py",
    "adapters/synchronous.py",
    "adapters/torch.py",
    "adapters/torch_operations.py",
    "adapters/torch_streams.py",
    *sorted(
        str(file.relative_to(HOUSE))
        for folder in ("compositions", "torch_functions")
        for file in (HOUSE / "adapters" / folder).glob("*.py")
        if file.name != "__init__.py"
    ),
]


@pytest.mark.parametrize("file", TRAVELS)
def test_its_syntax_is_that_of_python_3_8(file: str) -> None:
    source = (HOUSE / file).read_text()
    ast.parse(source, file, feature_version=(3, 8))
    assert "from __future__ import annotations" in source


def test_opening_numpy_loads_nothing_of_the_near_side() -> None:
    code = (
        "import sys; from harness.adapters.registry import open_from_source; open_from_source('numpy', '', '', {})\n"
        "print(*sorted(n for n in sys.modules if n.startswith(('harness.', 'pydantic', 'yaml', 'click', 'torch'))))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    expected = "adapters adapters.array_operations adapters.compositions adapters.handles adapters.library "
    expected += "adapters.memory adapters.numpy adapters.numpy_operations adapters.registry adapters.spelling "
    expected += "adapters.synchronous "
    expected += "device device.dtypes device.extent device.naming device.protocol errors"
    composed = [name for name in loaded if name.startswith("harness.adapters.compositions.")]
    assert [name for name in loaded if name not in composed] == [f"harness.{name}" for name in expected.split()]
