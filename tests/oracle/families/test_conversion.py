"""Conversions: an honest device passes every class, each class fails what it is for; both ways of OFP8 are right."""

from __future__ import annotations

import numpy as np
import pytest

from harness.device.dtypes import numpy_dtype
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of, pose
from harness.oracle.inputs.launches import INPUTS
from harness.oracle.rules import FAIL, PASS
from harness.oracle.task import Task
from tests.oracle.families import faulty_rows as faulty
from tests.suites.asking import ask, task
from tests.suites.broken_devices import IgnoresStrides, LeavesLastOut, Remembers
from tests.suites.plain_device import PlainDevice

LABELS = [types.label for types in load_interface().operations["cast"].types]
EIGHT_BITS = ("float8_e4m3fn", "float8_e5m2")
each_label = pytest.mark.parametrize("label", LABELS)


def words_of(about: Task) -> list[str]:
    """The words that have questions for a row of dtypes."""
    own = definition_of(about.operation).inputs
    return [word for word in (*own, *INPUTS) if word in INPUTS or any(own[word](about))]


def outcomes(device: PlainDevice, label: str, word: str) -> set[str]:
    """What became of the questions of a word."""
    return {finding.outcome for _, finding in ask(device, task("cast", label), word)}


@each_label
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_first_output_fails_every_class(label: str) -> None:
    for word in words_of(task("cast", label)):
        assert outcomes(PlainDevice(), label, word) == {PASS}, word
        assert FAIL in outcomes(faulty.GivesZeros(), label, word), word
        assert FAIL in outcomes(Remembers(), label, word), word


@each_label
def test_elements_left_out_and_strides_ignored_fail(label: str) -> None:
    assert FAIL in outcomes(IgnoresStrides(), label, "layouts")
    for word in ("guards", "integer-exact", "selector"):
        assert FAIL in outcomes(LeavesLastOut(), label, word), word


@each_label
def test_conversions_to_eight_bits_may_saturate(label: str) -> None:
    for word in words_of(task("cast", label)):
        assert outcomes(faulty.SaturatesInEightBits(), label, word) == {PASS}, word


FAULTS = [
    ("float32-float16", faulty.Truncates, "narrowing boundaries selector"),
    ("float32-bfloat16", faulty.Truncates, "narrowing selector"),
    ("float16-bfloat16", faulty.Truncates, "narrowing exhaustive-16"),
    ("float64-float32", faulty.Truncates, "narrowing selector"),
    ("float16-float8_e4m3fn", faulty.Truncates, "narrowing exhaustive-16 selector subnormals"),
    ("bfloat16-float8_e5m2", faulty.Truncates, "narrowing exhaustive-16 selector"),
    ("float32-float16", faulty.Saturates, "boundaries specials nan-payloads"),
    ("float32-int32", faulty.RoundsIntegers, "integral-parts selector"),
    ("float16-int32", faulty.RoundsIntegers, "integral-parts exhaustive-16"),
    ("int32-float32", faulty.Truncates, "integers"),
    ("float32-float8_e4m3fn", faulty.GoesByWayOfFloat16, "narrowing"),
    ("float16-float32", faulty.LosesNan, "specials nan-payloads exhaustive-16"),
    ("float32-float8_e5m2", faulty.LosesNan, "specials nan-payloads"),
    ("float32-float16", faulty.Flushes, "subnormals narrowing"),
    ("bfloat16-float16", faulty.Flushes, "subnormals exhaustive-16"),
    ("float32-float8_e4m3fn", faulty.Flushes, "subnormals narrowing"),
    ("float8_e4m3fn-float32", faulty.TakesTheHighestExponentForInfinity, "exhaustive-8 widening"),
    ("float8_e4m3fn-bfloat16", faulty.TakesTheHighestExponentForInfinity, "exhaustive-8"),
]


@pytest.mark.parametrize(("label", "device", "words"), FAULTS)
def test_each_fault_fails_the_classes_it_shows_in(label: str, device: type[PlainDevice], words: str) -> None:
    for word in words.split():
        assert FAIL in outcomes(device(), label, word), word


# ------------------------------------------------------------------------------------------ the right answer, by itself


def converted(label: str, *values: float, profile: str = "reference/ieee") -> tuple[list[float], list[float]]:
    """What values must become, and what they may become as well."""
    about = task("cast", label, profile)
    (wanted,) = pose(about, (np.array(values).astype(numpy_dtype(about.dtype)),)).wanted
    assert wanted.measure == "bitwise"
    other = wanted.expected if wanted.other is None else wanted.other
    return wanted.expected.astype(np.float64).tolist(), other.astype(np.float64).tolist()


def test_what_is_too_large_for_eight_bits_may_be_the_largest_number_or_what_the_format_has_beyond() -> None:
    # 464 is half way between 448 and the 480 that E4M3 lacks, and goes to the even one.
    right, other = converted("float32-float8_e4m3fn", 448, 464, 464.001, -1e9, np.inf, np.nan, 1)
    assert np.array_equal(right, [448, 448, np.nan, np.nan, np.nan, np.nan, 1], equal_nan=True)
    assert np.array_equal(other, [448, 448, 448, -448, 448, np.nan, 1], equal_nan=True)
    # In E5M2 the number half way to the next power of two goes there, which is infinity.
    right, other = converted("float32-float8_e5m2", 57344, 61439, 61440, -1e9, -np.inf, np.nan)
    assert np.array_equal(right, [57344, 57344, np.inf, -np.inf, -np.inf, np.nan], equal_nan=True)
    assert np.array_equal(other, [57344, 57344, 57344, -57344, -57344, np.nan], equal_nan=True)


def test_wider_types_have_one_answer_only() -> None:
    right, other = converted("float32-float16", 65504, 65519, 65520, -np.inf)
    assert right == other == [65504, 65504, np.inf, -np.inf]
    right, other = converted("float32-int32", 2.75, -2.75, 2147483520)
    assert right == other == [2, -2, 2147483520]


@pytest.mark.parametrize("dtype", EIGHT_BITS)
def test_the_values_of_eight_bits_are_those_of_their_encoding(dtype: str) -> None:
    """OCP OFP8 1.0: sign, exponent and fraction; E4M3 with bias 7 and no infinity, E5M2 with bias 15."""
    about = task("cast", f"{dtype}-float32")
    words = np.arange(256, dtype=np.uint8)
    (wanted,) = pose(about, (words.view(numpy_dtype(dtype)),)).wanted
    fraction, bias = (3, 7) if dtype == "float8_e4m3fn" else (2, 15)
    for word, value in zip(words.tolist(), wanted.expected.tolist(), strict=True):
        sign, field, rest = (
            -1 if word >> 7 else 1,
            word >> fraction & (1 << 7 - fraction) - 1,
            word & (1 << fraction) - 1,
        )
        top = field == (1 << 7 - fraction) - 1
        if top and (dtype == "float8_e5m2" or rest == (1 << fraction) - 1):
            assert value == sign * np.inf if rest == 0 else np.isnan(value)
        else:
            scale = 2.0 ** (max(field, 1) - bias - fraction)
            assert value == sign * (rest + ((1 << fraction) if field else 0)) * scale


def test_smaller_operands_are_solved_anew() -> None:
    for label in LABELS:
        about = task("cast", label)
        values = np.arange(6).reshape(2, 3).astype(numpy_dtype(about.dtype))
        for kept in (values[:1], values[:, 1:], np.zeros_like(values)):
            assert pose(about, (kept,)).wanted[0].expected.shape == kept.shape
