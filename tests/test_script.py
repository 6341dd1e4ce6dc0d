"""The program that shows a failure without Assay: short, of its own, and right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.adapters.numpy_operations import OPERATIONS
from harness.errors import UsageError
from harness.interface.catalogue import load_interface
from harness.oracle.definition import pose
from harness.oracle.launch import Layout
from harness.oracle.problem import Problem
from harness.report.smallest import SCRIPTED
from harness.script import _LIBRARIES, MOST_LINES, script_of
from tests.scripts import check, failure, failure_of, operations_of, run_all
from tests.suites.asking import task

#: Put together by the adapter from so much that no short program could hold it.
TOO_LONG = {"Conv", "MaxPool", "AveragePool"}
ADD = load_interface().operations["add"]


def test_every_operation_of_the_numpy_adapter_has_a_program_that_runs_without_assay(tmp_path: Path) -> None:
    wanted: dict[str, Problem] = {}
    for operation in operations_of(OPERATIONS):
        for row in {0, len(operation.types) - 1}:
            found = failure(operation, row)
            name = f"{operation.name}-{operation.types[row].label}"
            try:
                program = script_of("numpy", found)
            except UsageError:
                assert operation.name in TOO_LONG | {"AttentionWithCache"}
                continue
            assert program.count("\n") <= MOST_LINES
            assert "harness" not in program
            (tmp_path / f"{name}.py").write_text(program)
            wanted[name] = found.launches[0]
    said = run_all(tmp_path)
    assert said.keys() == wanted.keys()
    for name, problem in wanted.items():
        check(said[name], problem.wanted[0].expected, problem.wanted[0].dtype)


def test_a_program_runs_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(script_of("numpy", failure(ADD)))
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True, timeout=60)
    expected = failure(ADD).launches[0].wanted[0].expected
    check(done.stdout, expected, "float32")


def test_a_program_begins_with_what_it_shows() -> None:
    assert script_of("numpy", failure(ADD)).startswith("'add on numpy: wrong-function, nothing explains it.'\n")


@pytest.mark.parametrize("layout", ["dense", "offset", "strided", "reversed", "transposed", "broadcast"])
def test_operands_lie_as_they_lay(tmp_path: Path, layout: Layout) -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    x = np.broadcast_to(x[:1], x.shape).copy() if layout == "broadcast" else x
    posed = pose(task("negative", "float32"), (x,), exact=True)
    problem = Problem(posed.task, posed.operands, posed.wanted, exact=True, layouts=(layout,))
    program = script_of("numpy", failure_of(problem))
    (tmp_path / "one.py").write_text(program + "print('strides', [s // 4 for s in inputs[0].strides])\n")
    *said, strides = run_all(tmp_path)["one"].splitlines()
    check("\n".join(said), -x, "float32")
    lie = {"strided": [8, 2], "reversed": [4, -1], "transposed": [1, 3], "broadcast": [0, 1]}
    assert strides == f"strides {lie.get(layout, [4, 1])}"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-0x0.0p+0", "0x1.0000000000000p-149"])
def test_special_numbers_come_through(tmp_path: Path, value: str) -> None:
    x = np.array([float.fromhex(value)], np.float32)
    (tmp_path / "one.py").write_text(script_of("numpy", failure_of(pose(task("positive", "float32"), (x,)))))
    shown = float(x[0]).hex()
    assert run_all(tmp_path)["one"].split() == ["expected", shown, "got", shown]


@pytest.mark.parametrize("device", ["simulated", "ssh:card", "python:a.py:b"])
def test_what_is_no_library_has_no_program(device: str) -> None:
    with pytest.raises(UsageError, match="no library"):
        script_of(device, failure(ADD))


def test_a_failure_of_many_elements_has_no_program() -> None:
    x = np.ones(5000, np.float32)
    with pytest.raises(UsageError, match="too many elements"):
        script_of("numpy", failure_of(pose(task("negative", "float32"), (x,))))


def test_reports_name_the_libraries_that_have_programs() -> None:
    assert set(SCRIPTED) == set(_LIBRARIES)
