"""A claim has a value, a status and a source; it takes from its block what it does not say itself."""

from __future__ import annotations

import pytest

from harness.documents import read_yaml
from harness.profile.claim import Statement, statements
from harness.profile.declaration import read_declaration

TEXT = b"""\
profile: acme/one
version: "1.0"
kind: accelerator
product: {vendor: Acme, name: One}
sources:
  code: {title: acme/tools, kind: vendor code}
  run: {title: a lab, kind: third-party measurement}
execution:
  status: vendor
  source: code
  lanes: 64
  compute_units: {value: 10, conflicts: [{value: 12, source: run}]}
  cores: unknown
  threads: {status: conflict, conflicts: [{value: 1, source: code}, {value: 2, source: run}]}
  threads_per_block:
    source: run
    status: measured
    limit: 1024
    default_bound: {value: 256, source: [code, run]}
"""


@pytest.fixture(scope="module")
def said() -> dict[tuple[str | int, ...], Statement]:
    return {found.path: found for found in statements(read_declaration(read_yaml(TEXT)))}


@pytest.mark.parametrize(
    ("path", "status", "source"),
    [
        (("execution", "lanes"), "vendor", ("code",)),
        (("execution", "compute_units"), "vendor", ("code",)),
        (("execution", "threads_per_block", "limit"), "measured", ("run",)),
        (("execution", "threads_per_block", "default_bound"), "measured", ("code", "run")),
    ],
)
def test_status_and_source_come_from_the_nearest_block_that_states_them(
    said: dict[tuple[str | int, ...], Statement], path: tuple[str, ...], status: str, source: tuple[str, ...]
) -> None:
    assert (said[path].status, said[path].source) == (status, source)


def test_conflicts_are_kept_and_decide_nothing(said: dict[tuple[str | int, ...], Statement]) -> None:
    units = said["execution", "compute_units"].model.model_dump()
    assert units["value"] == 10
    assert [(other["value"], other["source"]) for other in units["conflicts"]] == [(12, ("run",))]
    assert not said["execution", "threads"].model.says_something


def test_unknown_is_no_value(said: dict[tuple[str | int, ...], Statement]) -> None:
    assert said["execution", "cores"].status == "unknown"
    assert not said["execution", "cores"].model.says_something
    assert said["execution", "lanes"].model.says_something
