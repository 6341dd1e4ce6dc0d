"""Normalisations: an honest device passes every class of inputs, and each class fails the devices it is there for."""

from __future__ import annotations

import pytest

from harness.oracle.definition import definition_of_family
from harness.oracle.inputs.launches import INPUTS
from harness.oracle.rules import FAIL, PASS
from tests.oracle.families import row_devices as devices
from tests.suites.asking import ask, task
from tests.suites.broken_devices import IgnoresStrides, LeavesLastOut

OPERATIONS = ("LayerNormalization", "RMSNormalization")
DTYPES = ("float32", "float16", "bfloat16", "float64")
OWN = tuple(definition_of_family("normalization").inputs)


class StridesIgnored(IgnoresStrides, devices.RowDevice):
    """An honest device that takes every operand for dense."""


class LastLeftOut(LeavesLastOut, devices.RowDevice):
    """An honest device that leaves the last element unwritten."""


def outcomes(device: devices.RowDevice, operation: str, label: str, word: str) -> set[str]:
    return {finding.outcome for _, finding in ask(device, task(operation, label), word)}


@pytest.mark.parametrize(
    ("label", "word"),
    [*((label, word) for word in OWN for label in DTYPES), *((label, word) for word in INPUTS for label in DTYPES[:2])],
)
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_last_output_does_not(label: str, word: str) -> None:
    for operation in OPERATIONS:
        if (operation, word) == ("RMSNormalization", "without-bias"):
            continue
        assert outcomes(devices.RowDevice(), operation, label, word) == {PASS}
        assert FAIL in outcomes(devices.GivesZeros(), operation, label, word)
        assert FAIL in outcomes(devices.GivesTheLastOutput(), operation, label, word)


@pytest.mark.parametrize("word", sorted({*OWN, "layouts", "state"} - {"without-bias", "long"}))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_epsilon_of_float32_beside_operands_of_float64_passes(operation: str, word: str) -> None:
    assert outcomes(devices.HoldsAttributesInFloat32(), operation, "float64", word) == {PASS}


@pytest.mark.parametrize("label", DTYPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operands_of_fewer_bits_fail(operation: str, label: str) -> None:
    for word in ("dense", "sparse", "metamorphic"):
        assert FAIL in outcomes(devices.TakesShorterOperands(), operation, label, word)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (devices.HasItsOwnEpsilon, ["epsilons"]),
        (devices.TakesTheLastAxis, ["axes"]),
        (StridesIgnored, ["layouts"]),
        (LastLeftOut, ["guards", "dense", "axes"]),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_fault_fails_the_classes_it_shows_in(
    operation: str, fault: type[devices.RowDevice], words: list[str]
) -> None:
    for word in words:
        assert FAIL in outcomes(fault(), operation, "float32", word), word


def test_a_bias_that_is_kept_fails() -> None:
    assert FAIL in outcomes(devices.KeepsTheBias(), "LayerNormalization", "float32", "without-bias")


def test_variance_in_one_pass_fails_where_the_mean_is_large() -> None:
    findings = ask(devices.TakesOnePass(), task("LayerNormalization", "float32"), "cancellation")
    assert {finding.outcome for _, finding in findings} == {FAIL}
