"""A run on numpy itself: what it fails is reported as failed, and comes again."""

from __future__ import annotations

from tests.acceptance.command import User, outcomes
from tests.acceptance.libraries import assert_run_on_a_library


def test_numpy_is_certified_as_it_is(user: User) -> None:
    seen = outcomes(assert_run_on_a_library(user, "numpy"))
    # numpy has no streams: whatever its adapter answers for it is not numpy's own.
    assert seen["IF-STR-003"] == "not-reached"
    assert seen["IF-NUM-008/multiply/float32"] == "pass"
