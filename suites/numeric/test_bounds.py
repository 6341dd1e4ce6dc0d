"""Conduct of results that may be off by a little: functions by their units in the last place, sums by their bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.oracle.dense import cancelling, dense
from harness.oracle.draw import Draw
from harness.oracle.numbers import full_mantissa
from harness.oracle.problem import Problem, measure
from harness.oracle.range import domain_of, representable
from harness.suite.case import Case, Subject
from harness.suite.problems import numeric, pairs
from harness.suite.suites import tests

_DEPTHS = (1, 2, 4, 33, 128, 257, 1030)


@tests("IF-NUM-003")
def functions_within_their_domain(subject: Subject) -> Iterator[Case]:
    """Points of every size over the domain, with its two ends."""
    operation, types = numeric(subject)
    if operation.family != "elementwise-function":
        return

    def points(draw: Draw) -> list[Problem]:
        low, high = domain_of(operation, types.inputs[0])
        reach = int(np.frexp(max(abs(low), abs(high)))[1]) - 1
        values = np.abs(full_mantissa(draw, types.inputs[0], (2050,), (-14, reach))).astype(np.float64)
        values = values * (draw.signs(2050) if low < 0 < high else np.sign(high))
        values[:2] = low, high
        return [measure(operation, types, representable(operation, types, np.clip(values, low, high)))]

    for number in range(3):
        yield from pairs(f"domain-{number}", "ulp", points)


@tests("IF-NUM-004")
def dense_operands(subject: Subject) -> Iterator[Case]:
    """Operands of full precision, around zero and from one to two, at depths from 1 to 1030."""
    operation, types = numeric(subject)
    if types.out not in ("float32", "float16", "bfloat16", "float64"):
        return
    for depth in _DEPTHS:
        for kind in ("centred", "one-to-two"):
            yield from pairs(
                f"{kind}-{depth}",
                "bound",
                lambda draw, n, k: [dense(operation, types, subject.profile, draw, (7, n, 5), k)],
                depth,
                kind,
            )


@tests("IF-NUM-005")
def cancellation(subject: Subject) -> Iterator[Case]:
    """Terms that cancel but for one: what is left must be right to within the bound of all of them."""
    operation, types = numeric(subject)
    if types.out not in ("float32", "float16", "bfloat16", "float64"):
        return
    for half in (1, 16, 64):
        yield from pairs(
            f"pairs-{half}",
            "bound",
            lambda draw, n: [cancelling(operation, types, subject.profile, draw, n)],
            half,
        )
