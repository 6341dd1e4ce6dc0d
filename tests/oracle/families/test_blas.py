"""BLAS and transforms: an honest device passes every class of inputs, and each class fails the devices it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from harness.oracle.inputs.launches import INPUTS
from tests.oracle.families.wrong_devices import Fault, device, failed, ideal, last_output, short_operands, zeros
from tests.suites.asking import ask, task

ROWS = [
    (operation.name, types.label)
    for operation in load_interface().operations.values()
    if operation.chapter in ("blas", "transforms")
    for types in operation.types
    if types.label in ("float32", "complex64")
]
WIDE = [("axpy", "complex128"), ("dot", "float64"), ("nrm2", "float64"), ("trsm", "float64"), ("rfft", "float64")]


def words(operation: str) -> list[str]:
    return [*definition_of(load_interface().operations[operation]).inputs, *INPUTS]


@pytest.mark.parametrize(("operation", "label"), [*ROWS, *WIDE])
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_last_output_does_not(operation: str, label: str) -> None:
    about, honest, nothing, stuck = task(operation, label), ideal(), device(zeros), device(last_output())
    for word in words(operation):
        if word in ("shapes", "volume"):
            continue
        found = ask(honest, about, word)
        assert [name for name, finding in found if finding.outcome != "pass"] == [], word
        if found:
            assert any(finding.outcome == "fail" for _, finding in ask(nothing, about, word)), word
            assert any(finding.outcome == "fail" for _, finding in ask(stuck, about, word)), word


@pytest.mark.parametrize("operation", ["axpy", "dot", "gemv", "syrk", "trsm"])
@pytest.mark.parametrize("word", ["selector", "dense"])
def test_operands_cut_to_fewer_bits_are_found(operation: str, word: str) -> None:
    assert failed(short_operands, operation, "float32", word) > 0
    assert failed(short_operands, operation, "float64", word) > 0


@pytest.mark.parametrize("operation", ["fft", "ifft", "irfft"])
@pytest.mark.parametrize("word", ["dense", "every-length", "selector", "sparse"])
def test_transforms_of_operands_of_fewer_bits_are_found(operation: str, word: str) -> None:
    assert failed(short_operands, operation, "complex64", word) > 0


def changes(**changed: Any) -> Fault:
    """A device that takes an attribute for another, whatever is said."""
    return lambda honest, operands, attributes, results: honest(**changed)


def computing(compute: Any) -> Fault:
    """A device that computes otherwise, from the operands and attributes alone."""
    return lambda honest, operands, attributes, results: [
        np.asarray(compute(operands, attributes)).astype(results[0]).reshape(honest()[0].shape)
    ]


def reading_factors(operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    """gemv with both factors multiplied, zero or not."""
    a = operands[0] if attributes["trans"] == "N" else operands[0].T
    return attributes["alpha"] * (a @ operands[1]) + attributes["beta"] * operands[2]


def whole_square(operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    """syrk of both triangles."""
    a = operands[0] if attributes["trans"] == "N" else operands[0].T
    return attributes["alpha"] * (a @ a.T) + attributes["beta"] * operands[1]


def plain_norm(operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    """The root of a plain sum of squares."""
    return np.sqrt(np.sum(operands[0] * operands[0]))


def divided_by_the_diagonal(honest: Any, operands: Any, attributes: Any, results: Any) -> Any:
    """trsm that reads a unit diagonal."""
    return honest(diag="N")


def other_triangle_added(honest: Any, operands: Any, attributes: Any, results: Any) -> Any:
    """trsm that multiplies with the other triangle as well, by zero."""
    return [found + 0 * operands[0].sum() for found in honest()]


def without_last(honest: Any, operands: Any, attributes: Any, results: Any) -> Any:
    """Of a transform, the last number of each row taken for zero."""
    kept = np.array(operands[0])
    kept[..., -1] = 0
    return honest([kept])


@pytest.mark.parametrize(
    ("operation", "label", "word", "fault"),
    [
        ("axpy", "float32", "alpha-zero", computing(lambda x, given: given["alpha"] * x[0] + x[1])),
        ("dotc", "complex64", "integer-exact", lambda honest, x, given, results: [np.asarray(x[0] @ x[1])]),
        ("dotc", "complex64", "integer-exact", lambda honest, x, given, results: [np.conj(honest()[0])]),
        ("nrm2", "float32", "range", computing(plain_norm)),
        ("nrm2", "float64", "range", computing(plain_norm)),
        ("gemv", "float32", "beta-zero", computing(reading_factors)),
        ("gemv", "float32", "alpha-zero", computing(reading_factors)),
        (
            "gemv",
            "complex64",
            "flags",
            lambda honest, x, given, results: honest(trans=given["trans"].replace("C", "T")),
        ),
        ("syrk", "float32", "other-triangle", computing(whole_square)),
        ("syrk", "float32", "beta-zero", computing(whole_square)),
        ("syrk", "float32", "flags", changes(uplo="U")),
        ("trsm", "float32", "unit-diagonal", divided_by_the_diagonal),
        ("trsm", "float32", "other-triangle", other_triangle_added),
        (
            "trsm",
            "complex64",
            "flags",
            lambda honest, x, given, results: honest(trans=given["trans"].replace("C", "T")),
        ),
        ("trsm", "float32", "flags", changes(uplo="L")),
        ("fft", "complex64", "norms", changes(norm="backward")),
        ("ifft", "complex64", "norms", changes(norm="backward")),
        ("fft", "complex64", "every-length", without_last),
        ("fft", "complex64", "known-answers", without_last),
        ("fft", "complex64", "every-length", lambda honest, x, given, results: [np.conj(found) for found in honest()]),
    ],
)
def test_each_class_finds_the_fault_it_is_there_for(operation: str, label: str, word: str, fault: Fault) -> None:
    assert failed(fault, operation, label, word) > 0
