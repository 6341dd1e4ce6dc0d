"""What a run on a real library must show, whatever the library is."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.command import User, outcomes, rows, signed

#: Failing cases that are replayed, spread over all failing tests.
REPLAYED = 4


def assert_run_on_a_library(user: User, device: str) -> Path:
    """Certify ``reference/ieee`` at level 1 on a library; every failure must come again bit for bit."""
    done = user.assay("certify", "reference/ieee", "--device", device, "--level", 1, "--out", "run", expect=None)
    bundle = user.folder / "run"
    assert done.returncode in (0, 1, 3), done.stderr
    assert user.json("verify", "run")["kind"] == "self-test"
    assert signed(bundle)["predicateType"].endswith("self-test:1")
    seen = outcomes(bundle)
    assert sum(outcome == "pass" for outcome in seen.values()) > 500
    assert (done.returncode == 1) == ("fail" in seen.values())
    failing = {row["test"]: row["seq"] for row in rows(bundle) if row["row"] == "case" and row["outcome"] == "fail"}
    assert set(failing) <= {test for test, outcome in seen.items() if outcome == "fail"}
    chosen = list(failing.values())[:: max(1, len(failing) // REPLAYED)]
    for seq in chosen:
        assert user.json("replay", "run", seq)["reproduced"], seq
    return bundle
