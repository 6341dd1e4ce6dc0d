"""Compiled code is kept on disk where it can be, is never stale, and is not needed to compute."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from harness.simulator.matrix import kernels
from harness.simulator.matrix.compiled import kernel, part
from harness.simulator.matrix_unit import matrix_unit

ROOT = Path(__file__).parents[2]

#: One product in a process of its own, and what became of the compiled code.
_PROGRAM = """
import json
import numpy as np
from harness.simulator.matrix import kernels
from harness.simulator.matrix_unit import matrix_unit

unit = matrix_unit("nvidia/a100", "mma.m8n8k4.f64.f64.f64.f64")
found = unit.multiply(np.ones((2, 3)), np.ones((3, 2)), np.full((2, 2), 0.5))
stats = kernels.chain.stats
print(json.dumps([found.tolist(), sum(stats.cache_misses.values()), sum(stats.cache_hits.values())]))
"""
PRODUCT = [[3.5, 3.5], [3.5, 3.5]]


def run(package: Path, **environment: str) -> tuple[Any, int, int]:
    """The product, how often code was compiled, and how often it was found instead."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=package,
        env={**_surroundings(), "PYTHONPATH": str(package), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, misses, hits = json.loads(done.stdout)
    return found, misses, hits


def _surroundings() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "XDG_"))}


def kept(folder: Path) -> list[Path]:
    """The files in which compiled code is kept below a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix in (".nbi", ".nbc"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package that may be changed."""
    for name in ("harness", "profiles"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def test_compiled_code_is_kept_for_the_next_process_until_a_part_of_it_changes(package: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    assert run(package, NUMBA_CACHE_DIR=str(place)) == (PRODUCT, 1, 0)
    first = kept(place)
    assert first
    assert run(package, NUMBA_CACHE_DIR=str(place)) == (PRODUCT, 0, 1)
    assert kept(place) == first
    changed = package / "harness" / "simulator" / "matrix" / "accumulators.py"
    changed.write_text(changed.read_text() + "\n# another text\n")
    assert run(package, NUMBA_CACHE_DIR=str(place)) == (PRODUCT, 1, 0)
    assert set(kept(place)) > set(first)


def test_where_nothing_can_be_kept_it_still_computes(package: Path, tmp_path: Path) -> None:
    obstacle = tmp_path / "file"
    obstacle.write_text("a file has no folders in it")
    beside = package / "harness" / "simulator" / "matrix" / "__pycache__"
    beside.write_text("nor has this one")
    nowhere = str(obstacle / "below")
    assert run(package, NUMBA_CACHE_DIR=nowhere, HOME=nowhere, XDG_CACHE_HOME=nowhere) == (PRODUCT, 1, 0)
    assert kept(tmp_path) == []


def without_a_file(name: str, text: str) -> Any:
    """A function whose text is in no file, so that nothing compiled from it can be kept."""
    (code,) = (each for each in compile(text, "<nowhere>", "exec").co_consts if hasattr(each, "co_name"))
    return FunctionType(code, {}, name)


def test_a_kernel_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    twice = kernel(without_a_file("twice", "def twice(x):\n    return 2 * x\n"))
    assert twice(21) == 42
    assert twice.signatures


def test_the_name_of_a_kernel_tells_versions_of_its_parts_apart() -> None:
    name, digest = kernels.chain.__qualname__.split("-")
    assert name == "chain"
    assert len(bytes.fromhex(digest)) == 6
    assert {each.__qualname__.split("-")[1] for each in (kernels.chain, kernels.add, kernels.narrow)} == {digest}


def test_a_part_computes_as_the_python_it_is_written_in() -> None:
    half = part(without_a_file("half", "def half(x):\n    return x // 2\n"))
    assert half(7) == half.py_func(7) == 3


def test_what_adds_products_exists_in_compiled_code_alone() -> None:
    with pytest.raises(TypeError, match="compiled code alone"):
        kernels.add_products(None, None, None)


def test_a_unit_made_twice_compiles_once() -> None:
    def once() -> int:
        unit = matrix_unit("nvidia/a100", "mma.m8n8k4.f64.f64.f64.f64")
        unit.multiply(np.ones((2, 3)), np.ones((3, 2)), np.zeros((2, 2)))
        chain: Any = kernels.chain
        return len(chain.signatures)

    assert once() == once()
