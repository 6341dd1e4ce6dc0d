"""The limits of a run: how long anything may take, and how often it may go wrong, before it is given up."""

from __future__ import annotations

#: Seconds one case may take before its device counts as hung.
DEADLINE = 10.0
#: Seconds one test may take before it is cut off.
TEST_CAP = 120.0
#: Seconds of silence, beyond a test's cap, after which a child counts as hung: opening a device may take long.
SILENCE = 180.0
#: Deaths of the device in one operation (or one requirement on the runtime) after which it is quarantined.
DEATHS_BEFORE_QUARANTINE = 3
#: Deaths of the device in a row, with no test decided between them, that end the run.
DEATHS_IN_A_ROW = 12
#: Lives in a row that neither decide nor lose anything, that end the run.
IDLE_LIVES = 2
#: Failing cases whose arrays are kept.
KEPT_FAILURES = 64
