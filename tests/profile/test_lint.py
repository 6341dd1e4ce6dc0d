"""The linter says what a sound profile could say better, with the line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ProfileError
from harness.profile.lint import lint

WEAK = """\
profile: acme/one
version: "1.0"
kind: accelerator
product: {vendor: Acme, name: One}
sources:
  code: {title: acme/tools, kind: vendor code}
  press: {title: a magazine, kind: secondary}
  idle: {title: never named, kind: secondary}
identity:
  pci: [{vendor: "1234", device: "00ff"}]
execution:
  lanes: {value: 64, status: vendor, source: code, conflicts: [{value: 32, source: press}]}
  cores: {value: 4, status: secondary, source: press}
arithmetic:
  vector:
    float32: {support: native, accumulator: float32, status: vendor, source: code}
  matrix:
    mm: {a: float16, b: float16, c: float32, d: float32, shape: [1, 1, 1], status: vendor, source: code}
    mi: {a: int8, b: int8, c: int32, d: int32, shape: [1, 1, 1], status: vendor, source: code}
software: {runtime: ONE}
quirks:
  - {id: q, when: now, symptom: {en: bad}, status: vendor, source: code}
"""


def test_each_weakness_has_its_remark(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(WEAK)
    remarks = lint(path)
    assert [(remark.line, remark.field, remark.what) for remark in remarks] == [
        (4, "product", "has no vendor_zh"),
        (8, "sources.idle", "is used by no claim"),
        (10, "identity.pci", "names no source"),
        (12, "execution.lanes", "is disputed: 32"),
        (13, "execution.cores", "rests on secondary sources alone"),
        (16, "arithmetic.vector.float32", "does not declare rounding, flush_inputs, flush_outputs"),
        (18, "arithmetic.matrix.mm", "does not declare rounding, flush_inputs, flush_outputs"),
        (18, "arithmetic.matrix.mm", "multiplies float16 in a way that is neither declared nor assumed"),
        (20, "software.runtime", "names no source"),
        (22, "quirks.0.symptom", "has no zh"),
    ]
    assert all(remark.remedy for remark in remarks)


def test_a_complete_profile_leaves_nothing_to_say() -> None:
    assert lint("reference/ieee") == []


def test_what_is_no_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("profile: 1\n")
    with pytest.raises(ProfileError):
        lint(tmp_path / "one.yaml")
