"""A matrix unit that does not compute as its product claims is found out, and what was assumed of one is on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.profile.store import load_profile
from tests.acceptance.command import User, outcomes, rows, signed

_PROFILE = """\
profile: test/{name}
version: "1"
kind: accelerator
product: {{vendor: Test, name: Unit}}
sources:
  nobody: {{title: There is no such product, kind: definition}}
arithmetic:
  vector: {{status: definition, source: nobody, float16: {{support: native}}}}
  matrix:
    status: definition
    source: nobody
    one: {{a: float16, b: float16, c: float32, d: float32, shape: [16, 16, 16], {fields}}}
  serves: {{matmul/float16: one}}
{more}"""
_SUM = "model: fused, block: 16, rounding: nearest-even"
#: Units that differ in one field each from the first.
UNITS = {
    "keeps": f"{_SUM}, alignment_bits: 26, flush: none",
    "flushes": f"{_SUM}, alignment_bits: 26, flush: both",
    "truncates": f"{_SUM}, alignment_bits: 6, flush: none",
}
#: A product that declares nothing of its unit, and what its simulation takes for granted instead.
ASSUMED = """\
simulation:
  assumes:
    one: {model: fused, block: 8, alignment_bits: 21, rounding: toward-zero, flush: none, because: a test says so}
  launch_cost: 7 us
"""


def certified(user: User, claims: str, computes: str, *, met: bool) -> dict[str, str]:
    """The outcome of each test of a product that claims one unit and computes with another."""
    for name in {claims, computes}:
        (user.folder / f"{name}.yaml").write_text(_PROFILE.format(name=name, fields=UNITS[name], more=""))
    user.assay(
        "certify", f"{claims}.yaml", "--device", f"simulated:{user.folder / computes}.yaml", "--level", 1,
        "--out", "run", expect=0 if met else 1,
    )  # fmt: skip
    return outcomes(user.folder / "run")


def failing(seen: dict[str, str]) -> set[str]:
    """The tests that fail."""
    return {test for test, outcome in seen.items() if outcome == "fail"}


@pytest.mark.parametrize("name", ["keeps", "flushes"])
def test_a_unit_that_computes_as_claimed_fails_nothing(user: User, name: str) -> None:
    seen = certified(user, name, name, met=True)
    assert failing(seen) == set()
    assert seen["IF-NUM-008/matmul/float16"] == "pass"


@pytest.mark.parametrize(("claims", "computes"), [("keeps", "flushes"), ("flushes", "keeps")])
def test_subnormals_flushed_or_kept_against_the_claim_fail_the_test_of_subnormals_alone(
    user: User, claims: str, computes: str
) -> None:
    assert failing(certified(user, claims, computes, met=False)) == {"IF-NUM-008/matmul/float16"}


def test_a_unit_that_cuts_its_terms_short_fails_the_tests_of_accuracy_and_only_where_it_serves(user: User) -> None:
    wrong = failing(certified(user, "keeps", "truncates", met=False))
    assert {"IF-NUM-004/matmul/float16", "IF-NUM-005/matmul/float16"} <= wrong
    assert [test for test in wrong if "/matmul/float16" not in test] == []


def test_a_product_simulated_as_one_that_flushes_is_told_apart_by_its_products_alone(user: User) -> None:
    # The claims leave flushing open, and so subnormals must be kept; the MI250 is documented to flush them.
    user.assay("certify", "hygon/k100-ai", "--device", "simulated:amd/mi250", "--level", 1, "--out", "run", expect=1)
    seen = outcomes(user.folder / "run")
    wrong = {test for test in failing(seen) if test.startswith("IF-NUM-")}
    assert wrong == {"IF-NUM-008/matmul/float16", "IF-NUM-008/matmul/bfloat16"}
    assert seen["IF-NUM-008/matmul/float32"] == "pass"
    flushed = [row for row in rows(user.folder / "run") if row.get("test") in wrong and row.get("outcome") == "fail"]
    assert flushed
    predicate = signed(user.folder / "run")["predicate"]
    assert predicate["environment"]["device"]["facts"]["simulates"] == "amd/mi250"
    # What is said to be assumed is what this simulation assumed, not what the profile under test would have.
    assert not any("mmac" in unit for unit in predicate["assumptions"])
    assert predicate["assumptions"].items() >= load_profile("amd/mi250").assumptions.items()


def test_the_report_repeats_every_value_the_profile_assumes(user: User) -> None:
    named = "shape: [16, 16, 16]"
    text = _PROFILE.format(name="assumed", fields="", more=ASSUMED).replace(f"{named}, ", named)
    (user.folder / "assumed.yaml").write_text(text)
    user.assay("certify", "assumed.yaml", "--level", 1, "--out", "run")
    bundle = user.folder / "run"
    assumed = signed(bundle)["predicate"]["assumptions"]
    page, listed = (bundle / "report.html").read_text(encoding="utf-8"), load_profile(user.folder / "assumed.yaml")
    assert assumed.items() >= listed.assumptions.items()
    for field in (
        "model fused",
        "block 8",
        "alignment bits 21",
        "rounding toward-zero",
        "flush none",
        "a test says so",
    ):
        assert field in assumed["one"]
        assert field in page
    assert "7 us" in assumed["launch"]
    assert any(unit.startswith("vector units, ") for unit in assumed)
    assert user.json("verify", "run")["holds"]


def test_the_main_job_repeats_every_assumption_of_the_shipped_profile(k100: Path) -> None:
    assumed = signed(k100)["predicate"]["assumptions"]
    page = (k100 / "report.html").read_text(encoding="utf-8")
    shipped = load_profile("hygon/k100-ai").assumptions
    assert assumed.items() >= shipped.items()
    assert any(unit.startswith("v_mmac_") for unit in shipped)
    for unit in shipped:
        assert unit in page
