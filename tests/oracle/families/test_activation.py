"""Activations: an honest device passes every class, and each class fails the devices it is there for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from harness.simulator.conversion import Array
from tests.oracle.families import wrong_devices as devices
from tests.oracle.families.test_elementwise import instead, words
from tests.suites.asking import ask, task

ASKED = (
    *(("Erf", "float32"), ("Erf", "float64"), ("Sigmoid", "float16"), ("Sigmoid", "float64"), ("Gelu", "bfloat16")),
    *(("Gelu", "float32"), ("Gelu", "float64"), ("Relu", "float32"), ("Relu", "int8")),
)
_ERF = np.vectorize(math.erf, otypes=[np.float64])


@pytest.mark.parametrize(("operation", "label"), ASKED)
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_last_output_does_not(operation: str, label: str) -> None:
    for word in words(operation):
        findings = ask(devices.ideal(), task(operation, label), word)
        assert [(word, name, finding) for name, finding in findings if finding.outcome != "pass"] == []
        if findings:
            assert devices.failed(devices.zeros, operation, label, word), word
            assert devices.failed(devices.last_output(), operation, label, word), word


def in_sixteen_bits(
    honest: devices.Honest, operands: Sequence[Array], attributes: Any, results: Any
) -> Sequence[Array]:
    """The formula of a sigmoid with every step rounded to the operand's type."""
    x = operands[0]
    one = x.dtype.type(1)
    return [np.asarray(one / (one + np.exp(-x)))]


@pytest.mark.parametrize(
    ("operation", "label", "word", "fault"),
    [
        ("Erf", "float32", "domain", devices.short_operands),
        ("Sigmoid", "float32", "domain", devices.short_operands),
        ("Gelu", "float32", "domain", devices.short_operands),
        ("Relu", "float32", "domain", devices.short_operands),
        ("Sigmoid", "float16", "exhaustive-16", in_sixteen_bits),
        ("Erf", "float32", "domain", instead(lambda x: np.tanh(x * (1.1283791671 + 0.1009107 * x * x)))),
        ("Sigmoid", "float32", "saturation", instead(lambda x: np.exp(x) / (1 + np.exp(x)))),
        ("Sigmoid", "float32", "domain", instead(lambda x: 0.5 * (1 + np.tanh(x / 2).astype(np.float32)))),
        ("Gelu", "float32", "domain", instead(lambda x: x / (1 + np.exp(-1.702 * x)))),
        ("Gelu", "float32", "domain", lambda honest, *_: honest(approximate="tanh")),
        ("Gelu", "float16", "exhaustive-16", lambda honest, *_: honest(approximate="none")),
        ("Gelu", "float32", "specials", instead(lambda x: np.nan_to_num(0.5 * x * (1 + _ERF(x / math.sqrt(2)))))),
        ("Relu", "bfloat16", "specials", instead(lambda x: np.minimum(np.maximum(x, 0), 6))),
    ],
)
def test_a_fault_fails_the_class_that_is_there_for_it(
    operation: str, label: str, word: str, fault: Callable[..., Sequence[Array]]
) -> None:
    assert devices.failed(fault, operation, label, word)
