"""The program that shows a failure on torch without Assay, for every operation its adapter has."""

from __future__ import annotations

from pathlib import Path

from harness.adapters.torch_operations import OPERATIONS
from harness.errors import UsageError
from harness.oracle.problem import Problem
from harness.script import MOST_LINES, script_of
from tests.scripts import check, failure, operations_of, run_all

#: Put together from so much that no short program could hold it.
TOO_LONG = {"AveragePool"}


def test_every_operation_of_the_torch_adapter_has_a_program_that_runs_without_assay(tmp_path: Path) -> None:
    wanted: dict[str, Problem] = {}
    for operation in operations_of(OPERATIONS):
        found = failure(operation)
        try:
            program = script_of("torch:cpu", found)
        except UsageError:
            assert operation.name in TOO_LONG
            continue
        assert program.count("\n") <= MOST_LINES
        assert "harness" not in program
        (tmp_path / f"{operation.name}.py").write_text(program)
        wanted[operation.name] = found.launches[0]
    said = run_all(tmp_path)
    for name, problem in wanted.items():
        check(said[name], problem.wanted[0].expected, problem.wanted[0].dtype)
