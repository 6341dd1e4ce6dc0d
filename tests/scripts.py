"""Failures that never were, for programs that show them: a plain launch, of which another result is expected."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from harness.interface.catalogue import load_interface
from harness.interface.operation import Operation
from harness.oracle.definition import plain
from harness.oracle.draw import Draw
from harness.oracle.problem import Problem
from harness.oracle.rules import Finding
from harness.oracle.task import Task
from harness.profile.store import load_profile
from harness.run.explain import Explanation, LaunchTold, Smallest, TensorTold

#: Runs every program of a folder without Assay: what each printed, or raised, stands in a file beside it.
_DRIVER = """
import contextlib, io, pathlib, sys
sys.modules["harness"] = None
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(path.read_text(), path.name, "exec"), {})
        except Exception as error:
            print("raised", repr(error))
    path.with_suffix(".txt").write_text(said.getvalue())
"""


def failure(operation: Operation, row: int = 0, **changes: object) -> Smallest:
    """A failure of the plain launch of an operation on one of its rows of dtypes."""
    about = Task(operation, operation.types[row], load_profile("reference/ieee"))
    return failure_of(plain(about, Draw("0", "script", operation.name)))


def failure_of(problem: Problem) -> Smallest:
    """A failure of a problem, of which nothing is told but its operation and cause."""
    nothing = TensorTold("", (), "dense", ())
    launch = LaunchTold(problem.task.name, problem.attributes, ())
    told = Explanation((launch,), 0, nothing, nothing, None, "", "", "wrong-function", "nothing explains it")
    return Smallest((problem,), Finding("fail"), told)


def run_all(folder: Path) -> dict[str, str]:
    """What every program of a folder prints where Assay cannot be imported, by its name."""
    subprocess.run([sys.executable, "-I", "-W", "ignore", "-c", _DRIVER, str(folder)], check=True, timeout=300)
    return {path.stem: path.read_text() for path in folder.glob("*.txt")}


def operations_of(table: object) -> Iterator[Operation]:
    """The operations of the interface that an adapter's table has."""
    for name, operation in load_interface().operations.items():
        if name in table:  # type: ignore[operator]
            yield operation


def numbers(line: str, word: str) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """The numbers that a program printed behind a word."""
    first, *rest = line.split()
    assert first == word
    return np.array([complex(e) if "j" in e else float.fromhex(e) for e in rest], np.complex128)


def check(said: str, expected: object, result: str) -> None:
    """What a program printed is what is expected, and a result near it (every plain launch is nearly right)."""
    first, second = said.splitlines()
    right = np.asarray(expected).reshape(-1)[:256].astype(np.complex128)
    np.testing.assert_array_equal(numbers(first, "expected"), right)
    rough = 0.05 if result in ("float16", "bfloat16", "float8_e4m3fn", "float8_e5m2") else 1e-4
    np.testing.assert_allclose(numbers(second, "got"), right, rtol=rough, atol=rough)
