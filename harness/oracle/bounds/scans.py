"""The bound of a scan: every place is a sum of its own terms, in any order."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.sums import sum_bound
from harness.oracle.reference.scans import Prefixes


def scan_bound(to: Arithmetic, prefixes: Prefixes) -> NDArray[Any]:
    """The error of each place: ``(n - 1) u sum|x|`` of its n terms that are not zero, and the rounding of the output.

    It holds for scans one element after another, in blocks, and in trees, since these only add: each term goes through
    at most n - 1 additions that round (Rump, BIT 52, 2012). One that subtracts, such as an exclusive sum found from an
    inclusive one, is not covered.
    """
    return sum_bound(to, prefixes.magnitude, prefixes.terms, prefixes.total, divided=False)
