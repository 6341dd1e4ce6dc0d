"""Side by side with the rules of others: ours catches every faulty kernel, and alarms on no correct one.

Here stands a slice; ``benchmarks/rules.py`` judges all of them and prints how often each rule was right.
"""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from harness.oracle.draw import Draw
from tests.suites.other_rules import RULES, TORCH, Tolerances, normal
from tests.suites.side_by_side import OURS, Candidate, caught, correct, fails_ours, faulty

SEED = 1
FAULTY = Random(SEED).sample([kernel for kernel in faulty() if not kernel.long], 16)
CORRECT = range(6)


def name_of(kernel: Candidate) -> str:
    return f"{kernel.operation}/{kernel.label}-{kernel.name}"


@pytest.mark.parametrize("kernel", FAULTY, ids=name_of)
def test_ours_tells_a_faulty_kernel_from_an_honest_one(kernel: Candidate) -> None:
    assert OURS in caught(kernel)


@pytest.mark.parametrize("number", CORRECT)
def test_ours_alarms_on_no_correct_implementation(number: int) -> None:
    assert [(name_of(c), found) for c in correct(SEED, number, 8) if (found := fails_ours(c))] == []


def test_there_are_more_faulty_kernels_than_were_measured_at_first() -> None:
    assert len({(kernel.operation, kernel.label, kernel.name) for kernel in faulty()}) == len(faulty()) >= 47


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_formula_of_others_is_atol_plus_rtol_times_the_expected_value(dtype: str) -> None:
    rtol, atol = TORCH[dtype]
    torch = RULES[0]
    right = np.array([0.0, 1.0, -1024.0]).astype(dtype)
    within = (right.astype(np.float64) + 0.9 * (atol + rtol * np.abs(right.astype(np.float64)))).astype(dtype)
    beyond = (right.astype(np.float64) + 1.5 * (atol + rtol * np.abs(right.astype(np.float64)))).astype(dtype)
    assert torch.agrees(within, right)
    assert not torch.agrees(beyond, right)


def test_a_rule_of_others_takes_no_nan_for_right_and_an_infinity_only_for_itself() -> None:
    rule = Tolerances("loose", {None: (1e-2, 1e-2)})
    one, inf, nan = (np.array([value], np.float32) for value in (1, np.inf, np.nan))
    assert rule.agrees(inf, inf)
    others = ((nan, nan), (nan, one), (one, nan), (inf, one), (one, inf))
    assert not any(rule.agrees(got, right) for got, right in others)


def test_drawn_numbers_are_spread_as_normal_ones_are() -> None:
    values = normal(Draw("0", "others", "normal"), (20000,))
    assert abs(values.mean()) < 0.03
    assert abs(values.std() - 1) < 0.02
    assert 0.66 < (np.abs(values) < 1).mean() < 0.70
