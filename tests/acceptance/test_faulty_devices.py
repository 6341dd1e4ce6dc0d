"""Devices that are wrong in a known way are found out, and never take a run with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.command import User, faulty, outcomes, rows

#: Operations whose result is the same at every launch of a shape: zero, or nothing that a stale output is not.
CONSTANT_OPERATIONS = frozenset({"zeros", "ones", "full", "eye", "arange", "linspace"})
#: Requirements that ask nothing of a launch, or launches whose results may all be zero or alike.
ASKS_LITTLE = frozenset({"IF-NUM-015", "IF-NUM-006"})


def numeric_tests(bundle: Path) -> list[str]:
    """The required tests that have an operation as their subject, but for those that cannot tell."""
    plan = json.loads((bundle / "plan.json").read_bytes())
    return [
        test["test"]
        for test in plan["tests"]
        if test["standing"] == "required"
        and test["operation"]
        and test["operation"] not in CONSTANT_OPERATIONS
        and test["requirement"] not in ASKS_LITTLE
    ]


def test_a_device_that_returns_zeros_fails_every_numeric_test(zeros: Path) -> None:
    seen = outcomes(zeros)
    assert [test for test in numeric_tests(zeros) if seen[test] != "fail"] == []


def test_a_device_that_returns_its_previous_output_fails_every_numeric_test(keeper: User) -> None:
    keeper.assay("certify", "reference/ieee", "--device", faulty("stale"), "--level", 1, "--out", "stale", expect=1)
    seen = outcomes(keeper.folder / "stale")
    assert [test for test in numeric_tests(keeper.folder / "stale") if seen[test] != "fail"] == []


def test_an_operation_that_kills_and_one_that_hangs_lose_their_tests_and_nothing_else(user: User) -> None:
    broken = ("--device", faulty("broken"), "--deadline", 1, "--level", 1)
    user.assay("certify", "reference/ieee", *broken, "--out", "run", expect=3)
    seen = outcomes(user.folder / "run")
    required = {test: outcome for test, outcome in seen.items() if outcome not in ("not-claimed", "not-applicable")}
    lost = {test for test, outcome in required.items() if outcome != "pass"}
    assert lost == {test for test in required if test.split("/")[1:2] in (["exp"], ["tanh"])}
    assert {seen[test] for test in lost} == {"incomplete"}
    why = [row["why"] for row in rows(user.folder / "run") if row["row"] == "lost"]
    assert sum("SIGSEGV" in reason for reason in why) == 3
    assert sum("deadline" in reason for reason in why) == 3
    assert user.json("verify", "run")["conclusion"] == "incomplete"


def test_a_library_that_flushes_subnormals_in_its_process_is_found_out(keeper: User) -> None:
    # Level 1 of numpy itself is the control: whatever else numpy may fail, keeping subnormals it passes.
    for device, out in ((faulty("fast_math"), "fast"), ("numpy", "control")):
        keeper.assay("certify", "reference/ieee", "--device", device, "--level", 1, "--out", out, expect=None)
    fast, control = outcomes(keeper.folder / "fast"), outcomes(keeper.folder / "control")
    worse = {test for test in fast if fast[test] == "fail" and control[test] == "pass"}
    assert any(test.startswith("IF-NUM-") and "/multiply/float32" in test for test in worse)
    environment = json.loads((keeper.folder / "fast" / "environment.json").read_bytes())
    assert environment["device"]["process"]["flushes_subnormals"]


@pytest.mark.parametrize("problem", ["missing.py:make", "{file}:no_such_factory"])
def test_a_device_that_cannot_be_opened_ends_the_command_before_anything_is_made(user: User, problem: str) -> None:
    from tests.acceptance.command import FAULTY

    done = user.assay(
        "certify", "reference/ieee", "--device", f"python:{problem.format(file=FAULTY)}", "--out", "run", expect=None
    )
    assert done.returncode in (2, 5)
    assert "cannot be opened" in done.stderr
    assert not (user.folder / "run").exists()
