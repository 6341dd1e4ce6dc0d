"""``--graph``: ONNX's node cases are asked where the package onnx is, and nowhere passed over in silence."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.certification import Ask, certify_run
from harness.cli.main import assay
from harness.errors import UsageError
from harness.run.bundle import Request
from harness.suite import nodes
from harness.suite.nodes import listed
from tests.report.material import passing, view_of


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the package, whatever this one has."""
    for name in ("onnx", "onnx.helper", "onnx.numpy_helper", "onnx.backend.test.case.node"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(nodes, "nodes", nodes.nodes.__wrapped__)


@pytest.mark.usefixtures("no_package")
def test_without_the_package_a_run_ends_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="need the package onnx") as refusal:
        certify_run(Ask("reference/ieee", level=2, out=tmp_path / "run", graph=True))
    assert refusal.value.exit_code == 2
    assert f"onnx=={listed().release}" in str(refusal.value)
    assert not (tmp_path / "run").exists()


def plan(*options: str) -> Any:
    result = CliRunner().invoke(assay, ["plan", "reference/ieee", "--json", *options], standalone_mode=False)
    assert result.exception is None
    return json.loads(result.stdout)


@pytest.mark.usefixtures("no_package")
def test_a_plan_is_the_same_without_the_package() -> None:
    tests = [test for test in plan("--graph")["tests"] if test["chapter"] == "graph"]
    assert sum(test["cases"] for test in tests) > 400
    assert not [test for test in plan()["tests"] if test["chapter"] == "graph"]


def request(onnx: str = "") -> Request:
    return Request("a/b", "simulated", 2, "0", 1, 10.0, 120.0, "0" * 64, "0.1", "", onnx=onnx)


def test_a_run_goes_on_only_with_the_release_it_began_with() -> None:
    assert request("1.23.2").same_run(request("1.23.2")) == []
    assert request("1.23.2").same_run(request("1.24.0")) == ["onnx"]
    assert request("1.23.2").graph
    assert not request().graph


def test_a_report_says_that_node_cases_were_not_asked() -> None:
    view = view_of(passing())
    assert "nodes" in view.uncovered
    (requirement,) = next(chapter for chapter in view.chapters if chapter.id == "graph").requirements
    assert requirement.outcome == "not-asked"
