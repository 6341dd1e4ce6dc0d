"""What is asked of conversion to and from whole numbers: an ideal device passes, and each wrong one fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.definition import definition_of, pose
from harness.suite.numeric import COMMON
from tests.oracle.families.wrong_devices import Fault, Honest, failed, ideal, last_output, zeros
from tests.suites.asking import ask, task

Array = NDArray[Any]
ROWS = [
    ("QuantizeLinear", "float32-int8"),
    ("QuantizeLinear", "float32-uint8"),
    ("QuantizeLinear", "float16-int8"),
    ("QuantizeLinear", "float16-uint8"),
    ("DequantizeLinear", "int8-float32"),
    ("DequantizeLinear", "uint8-float32"),
    ("DequantizeLinear", "int8-float16"),
    ("DequantizeLinear", "uint8-float16"),
]


def asked(operation: str, label: str) -> list[str]:
    """The words that have questions for an operation on a row of dtypes."""
    about = task(operation, label)
    inputs = {**COMMON, **definition_of(about.operation).inputs}
    return [word for word, ask_of in inputs.items() if word != "volume" and list(ask_of(about))]


@pytest.mark.parametrize(("operation", "label"), ROWS)
def test_an_ideal_device_passes(operation: str, label: str) -> None:
    for word in asked(operation, label):
        findings = ask(ideal(), task(operation, label), word)
        assert {finding.outcome for _, finding in findings} == {"pass"}, word


@pytest.mark.parametrize(("operation", "label"), ROWS[::2])
def test_zeros_fail_every_word(operation: str, label: str) -> None:
    assert not [word for word in asked(operation, label) if not failed(zeros, operation, label, word)]


@pytest.mark.parametrize(("operation", "label"), ROWS[::2])
def test_the_last_output_again_fails_every_word(operation: str, label: str) -> None:
    assert not [word for word in asked(operation, label) if not failed(last_output(), operation, label, word)]


def _quantized(
    rounding: Callable[[Array], Array] = np.rint,
    *,
    after: bool = False,
    reciprocal: bool = False,
    wraps: bool = False,
    axis: int | None = None,
) -> Fault:
    """QuantizeLinear in float32 with a rounding of its own, which may come after the zero point was added."""

    def fault(honest: Honest, operands: Sequence[Array], attributes: Mapping[str, Any], results: Any) -> list[Array]:
        x, scale = (part.astype(np.float32) for part in operands[:2])
        zero = operands[2].astype(np.float32) if len(operands) > 2 else np.float32(0)
        if scale.size > 1:
            lines = [1] * x.ndim
            given = attributes.get("axis", 1) if axis is None else axis
            if x.shape[given] != scale.size:
                return list(honest())
            lines[given] = -1
            scale, zero = scale.reshape(lines), zero.reshape(lines)
        with np.errstate(all="ignore"):
            quotient = x * (np.float32(1) / scale) if reciprocal else x / scale
            whole = rounding(quotient + zero) if after else rounding(quotient) + zero
            limits = np.iinfo(results[0])
            if wraps:
                return [np.nan_to_num(whole).astype(np.int64).astype(results[0])]
            return [np.nan_to_num(np.clip(whole, limits.min, limits.max)).astype(results[0])]

    return fault


def test_the_plain_computation_passes_as_it_should() -> None:
    for word in ("ties", "saturation", "axes", "dense"):
        assert not failed(_quantized(), "QuantizeLinear", "float32-int8", word)


@pytest.mark.parametrize("label", ["float32-int8", "float16-uint8"])
def test_rounding_half_away_from_zero_fails(label: str) -> None:
    assert failed(_quantized(lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x)), "QuantizeLinear", label, "ties")


def test_rounding_after_the_zero_point_was_added_fails() -> None:
    assert failed(_quantized(after=True), "QuantizeLinear", "float32-int8", "ties")


def test_truncation_fails() -> None:
    for word in ("dense", "selector", "ties"):
        assert failed(_quantized(np.trunc), "QuantizeLinear", "float32-uint8", word)


def test_results_that_wrap_around_fail() -> None:
    assert failed(_quantized(wraps=True), "QuantizeLinear", "float32-int8", "saturation")


def test_scales_along_the_last_axis_whichever_is_given_fail() -> None:
    assert failed(_quantized(axis=-1), "QuantizeLinear", "float32-int8", "axes")


def _zero_point_last(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> list[Array]:
    """x times the scale, less the zero point times the scale: rounded three times."""
    x, scale = operands[:2]
    if scale.size > 1 or len(operands) < 3:
        return list(honest())
    return [(x.astype(scale.dtype) * scale - operands[2].astype(scale.dtype) * scale).astype(results[0])]


@pytest.mark.parametrize("label", ["int8-float32", "uint8-float16"])
def test_a_zero_point_that_is_scaled_by_itself_fails(label: str) -> None:
    assert failed(_zero_point_last, "DequantizeLinear", label, "selector")


def test_beside_a_tie_either_neighbour_is_right_and_nan_may_become_anything() -> None:
    about = task("QuantizeLinear", "float32-int8")
    # 1 / 0.4 is 2.5 in float32, and less than that by itself: 0.4 in float32 is larger.
    x, scale, zero = np.array([1, 3, np.nan], np.float32), np.array(0.4, np.float32), np.array(0, np.int8)
    (wanted,) = pose(about, [x, scale, zero]).wanted
    assert wanted.measure == "bound"
    assert np.asarray(wanted.expected).tolist() == [2.0, 7.5, -0.5]
    assert np.asarray(wanted.bound).tolist() == [0.0, 0.5, 127.5]


def test_scales_are_cut_with_their_axis() -> None:
    about = task("QuantizeLinear", "float32-int8")
    x, scale, zero = np.ones((4, 3), np.float32), np.ones(3, np.float32), np.zeros(3, np.int8)
    cut = definition_of(about.operation).axes
    assert cut(about, [x, scale, zero], {}) == [["0", "1"], ["1"], ["1"]]
    assert cut(about, [x.T, scale, zero], {"axis": -2}) == [["0", "1"], ["0"], ["0"]]
    assert cut(about, [x, scale[:1], zero[0].reshape(())], {}) == [["0", "1"], [""], []]
