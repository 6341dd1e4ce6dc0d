"""Subnormal operands cost what they are only where they may be flushed."""

from __future__ import annotations

import numpy as np

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.flushing import held_to_for

PLAIN = Arithmetic("float32", 2.0**-24, 2.0**-126, 2.0**-11, 2.0**-14)


def test_a_subnormal_operand_that_may_be_flushed_is_off_by_the_smallest_normal_number_of_its_type() -> None:
    operands = [np.array([2.0**-15, 1.0], np.float16)]
    assert held_to_for(PLAIN, operands, flushes=True).eta == 2.0**-14
    assert held_to_for(PLAIN, operands, flushes=False) is PLAIN


def test_zeros_and_normal_numbers_cost_nothing() -> None:
    assert held_to_for(PLAIN, [np.array([0.0, -0.0, 1.0, np.inf, np.nan], np.float16)], flushes=True) is PLAIN
