"""Every operation of the interface, by the input classes its requirements name.

What is asked stands with each family of operations and with the classes every family has; here stands only which
chapters are about operations, so that a new operation needs no new test.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.suite import numeric
from harness.suite.case import Case, Subject
from harness.suite.suites import tests


@tests(
    *("IF-NUM-*", "IF-ELE-*", "IF-FUN-*", "IF-ACT-*", "IF-CRE-*", "IF-MAN-*", "IF-IDX-*", "IF-RED-*", "IF-LIN-*"),
    *("IF-CON-*", "IF-NRM-*", "IF-ATT-*", "IF-QNT-*", "IF-CNV-*", "IF-BLA-*", "IF-FFT-*"),
)
def operations(subject: Subject) -> Iterator[Case]:
    """The questions of the requirement's input class, asked of one operation on one row of its dtypes."""
    yield from numeric.cases(subject)
