"""Exact elementwise operations: an honest device passes every class, and each class fails the faults it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from harness.oracle.inputs.launches import INPUTS
from harness.simulator.conversion import Array
from tests.oracle.families import wrong_devices as devices
from tests.suites.asking import ask, task

ASKED = (
    *(("add", "float32"), ("divide", "float16"), ("remainder", "bfloat16"), ("floor_divide", "float32")),
    *(("sqrt", "float64"), ("round", "float16"), ("abs", "bfloat16"), ("clip", "int8"), ("clip", "float32")),
    *(("nextafter", "float32"), ("nextafter", "float16"), ("copysign", "bfloat16"), ("where", "float16")),
    *(("multiply", "int32"), ("maximum", "float32"), ("positive", "int8"), ("less", "int32"), ("equal", "bfloat16")),
    *(("isnan", "float32"), ("signbit", "float16"), ("logical_xor", "bool"), ("bitwise_right_shift", "int8")),
    *(("bitwise_left_shift", "int32"),),
)


def words(operation: str) -> list[str]:
    """The input classes that requirements ask of an operation."""
    interface = load_interface()
    found = interface.operations[operation]
    own = {**INPUTS, **definition_of(found).inputs}
    asked = [r.inputs for r in interface.requirements if found in interface.operations_of(r) and r.inputs in own]
    return [word for word in dict.fromkeys(asked) if word and not word.endswith("-32")]


@pytest.mark.parametrize(("operation", "label"), ASKED)
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_last_output_does_not(operation: str, label: str) -> None:
    for word in words(operation):
        findings = ask(devices.ideal(), task(operation, label), word)
        assert [(word, name, finding) for name, finding in findings if finding.outcome != "pass"] == []
        if findings:
            assert devices.failed(devices.zeros, operation, label, word), word
            assert devices.failed(devices.last_output(), operation, label, word), word


@pytest.mark.parametrize(
    "operation", ["add", "multiply", "clip", "sqrt", "remainder", "copysign", "where", "nextafter"]
)
@pytest.mark.parametrize("label", ["float32", "float64"])
def test_operands_of_fewer_bits_fail(operation: str, label: str) -> None:
    assert devices.failed(devices.short_operands, operation, label, "selector")


def instead(compute: Callable[..., Array]) -> devices.Fault:
    """A device that computes every launch in a way of its own."""

    def fault(honest: devices.Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
        with np.errstate(all="ignore"):
            wide = [o if o.dtype.kind in "biu" else o.astype(np.float64) for o in operands]
            return [np.asarray(compute(*wide)).astype(found.dtype) for found in honest()]

    return fault


def _half_away(x: Array) -> Array:
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def _step_by_a_factor(x: Array, y: Array) -> Array:
    return np.where(x == y, y, x * (1 + np.where((y > x) == (x > 0), 1, -1) * 2.0**-23))


@pytest.mark.parametrize(
    ("operation", "label", "word", "compute"),
    [
        ("maximum", "float32", "extrema-of-nan", np.fmax),
        ("maximum", "float32", "specials", lambda x, y: np.where(x > y, x, y)),
        ("clip", "float16", "extrema-of-nan", lambda x, a, b: np.fmin(np.fmax(x, a), b)),
        ("round", "float32", "ties", _half_away),
        ("round", "bfloat16", "signed-zeros", lambda x: np.rint(x) + 0.0),
        ("negative", "float32", "signed-zeros", lambda x: 0.0 - x),
        ("copysign", "float32", "signed-zeros", lambda x, y: np.where(y < 0, -np.abs(x), np.abs(x))),
        ("remainder", "float32", "integer-exact", np.fmod),
        ("remainder", "int8", "integer-exact", np.fmod),
        ("floor_divide", "int32", "integer-exact", lambda x, y: np.trunc(x / y)),
        ("floor_divide", "float16", "integer-exact", lambda x, y: np.trunc(x / y)),
        ("multiply", "int32", "integer-extremes", lambda x, y: x.astype(np.float32) * y.astype(np.float32)),
        ("bitwise_right_shift", "int32", "bit-patterns", lambda x, y: x.astype(np.uint32) >> y.astype(np.uint32)),
        ("not_equal", "float32", "comparisons", lambda x, y: (x < y) | (x > y)),
        ("less_equal", "float32", "comparisons", lambda x, y: ~(x > y)),
        ("nextafter", "float32", "neighbours", _step_by_a_factor),
        ("add", "float32", "overflow", lambda x, y: np.clip(x + y, -(2.0**127), 2.0**127)),
        ("add", "float32", "subnormals", lambda x, y: np.where(np.abs(x + y) < 2.0**-126, 0, x + y)),
        ("add", "float32", "broadcasting", lambda x, y: np.broadcast_to((x + y).reshape(-1)[:1], (x + y).shape)),
        ("divide", "float32", "selector", lambda x, y: x * (1.0 / y).astype(np.float32).astype(np.float64)),
        ("reciprocal", "float16", "exhaustive-16", lambda x: np.where(x == 3, 0.3335, 1 / x)),
        ("add", "float32", "special-values", lambda x, y: np.nan_to_num(x + y)),
    ],
)
def test_a_fault_fails_the_class_that_is_there_for_it(
    operation: str, label: str, word: str, compute: Callable[..., Array]
) -> None:
    assert devices.failed(instead(compute), operation, label, word)
