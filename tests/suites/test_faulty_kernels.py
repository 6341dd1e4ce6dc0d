"""Each faulty kernel fails the input classes that are there for it."""

from __future__ import annotations

import pytest

from harness.oracle.rules import FAIL
from tests.suites.asking import ask, task
from tests.suites.kernels import KERNELS
from tests.suites.kernels.fault import Kernel

#: Those that show only in launches of hundreds of mebibytes are for benchmarks/rules.py.
TRIED = [kernel for kernel in KERNELS if "largest" not in kernel.words]


@pytest.mark.parametrize("kernel", TRIED, ids=lambda kernel: f"{kernel.operation}/{kernel.label}-{kernel.name}")
def test_a_faulty_kernel_fails_the_classes_it_goes_against(kernel: Kernel) -> None:
    for word in kernel.words:
        found = [finding for _, finding in ask(kernel.device(), task(kernel.operation, kernel.label), word)]
        assert FAIL in {finding.outcome for finding in found}, word
        assert "error" not in {finding.cause for finding in found}
