"""The tolerances that the comparison of rules calls torch's are those of the torch that is installed."""

from __future__ import annotations

from typing import Any

import torch
import torch.testing._comparison as comparison

from tests.suites.other_rules import TORCH


def test_torch_judges_by_the_same_table() -> None:
    tolerances: Any = comparison.default_tolerances
    for dtype, tolerance in TORCH.items():
        assert tolerances(getattr(torch, str(dtype))) == tolerance
