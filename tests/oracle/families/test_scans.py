"""Running sums are asked nothing that their standards leave open."""

from __future__ import annotations

import numpy as np

from harness.oracle.definition import definition_of
from harness.oracle.draw import Draw
from tests.suites.asking import task


def test_no_sum_of_negative_zeros_is_asked_whose_sign_is_open() -> None:
    about = task("CumSum", "float32")
    for question in definition_of(about.operation).inputs["metamorphic"](about):
        for seed in range(40):
            for problem in question.make(Draw(str(seed), "scan", question.name)):
                values = problem.operands[0]
                assert not (np.signbit(values) & (values == 0)).any()
