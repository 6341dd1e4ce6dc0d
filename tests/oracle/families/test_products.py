"""What is asked of products: an ideal device passes it all, and each wrong one fails where it must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import definition_of, pose
from harness.oracle.draw import Draw
from harness.oracle.inputs.product_sides import names_of
from harness.suite.numeric import COMMON, write
from tests.oracle.families import wrong_devices
from tests.oracle.families.wrong_devices import Fault, Honest, device, ideal, last_output
from tests.suites.asking import ask, judged, task

Array = NDArray[Any]

#: Words whose questions are as long as they are cheap to ask once.
LONG = {"largest", "huge", "volume", "shapes", "many-batches"}
ROWS = [
    ("matmul", "float32"),
    ("matmul", "int8"),
    ("matmul", "float64"),
    ("vecdot", "bfloat16"),
    ("gemm", "float16-float32"),
    ("Gemm", "float16"),
    ("MatMul", "float32"),
    ("gemm_strided_batched", "float32"),
    ("MatMulInteger", "uint8-int8"),
    ("scaled_mm", "float8_e5m2-bfloat16"),
]


def asked(operation: str, label: str) -> list[str]:
    """The words that have questions for an operation on a row of dtypes, but for the long ones."""
    about = task(operation, label)
    inputs = {**COMMON, **definition_of(about.operation).inputs}
    return [word for word, ask_of in inputs.items() if word not in LONG and list(ask_of(about))]


def failed(fault: Fault, operation: str, label: str, word: str) -> bool:
    """Whether a device with a fault fails any question of a word."""
    about, wrong = task(operation, label), device(fault)
    questions = definition_of(about.operation).inputs.get(word) or COMMON[word]
    return any(
        judged(wrong, write(question, Draw("0", word, question.name))).outcome == "fail"
        for question in questions(about)
    )


@pytest.mark.parametrize(("operation", "label"), [*ROWS, ("gemm_batched", "bfloat16-float32"), ("vecdot", "float64")])
def test_an_ideal_device_passes(operation: str, label: str) -> None:
    for word in asked(operation, label):
        findings = ask(ideal(), task(operation, label), word)
        assert {finding.outcome for _, finding in findings} == {"pass"}, word


@pytest.mark.parametrize("word", ["huge", "shapes", "many-batches"])
def test_an_ideal_device_passes_what_is_long(word: str) -> None:
    assert {finding.outcome for _, finding in ask(ideal(), task("matmul", "bfloat16"), word)} == {"pass"}


@pytest.mark.parametrize("profile", ["nvidia/h100", "hygon/bw1000", "amd/mi100"])
@pytest.mark.parametrize("word", ["dense", "subnormals", "zeros", "scaling"])
def test_a_device_that_computes_as_its_profile_declares_passes(profile: str, word: str) -> None:
    from harness.profile.store import load_profile
    from harness.simulator.runtime import SimulatedDevice

    device = SimulatedDevice(load_profile(profile))
    for operation, label in (("gemm", "float16"), ("MatMul", "float32")):
        findings = ask(device, task(operation, label, profile), word)
        assert {finding.outcome for _, finding in findings} == {"pass"}


@pytest.mark.parametrize(("operation", "label"), ROWS)
def test_zeros_fail_every_word(operation: str, label: str) -> None:
    assert not [word for word in asked(operation, label) if not failed(wrong_devices.zeros, operation, label, word)]


@pytest.mark.parametrize(("operation", "label"), ROWS)
def test_the_last_output_again_fails_every_word(operation: str, label: str) -> None:
    assert not [word for word in asked(operation, label) if not failed(last_output(), operation, label, word)]


def _last_column_missing(honest: Honest, operands: Any, attributes: Any, results: Any) -> Sequence[Array]:
    found = honest()[0].copy()
    if found.ndim:
        found[..., -1:] = 0
    return [found]


@pytest.mark.parametrize(("operation", "label"), ROWS)
def test_a_column_that_is_left_out_fails_every_word(operation: str, label: str) -> None:
    assert not [word for word in asked(operation, label) if not failed(_last_column_missing, operation, label, word)]


def _shorter(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Operands as the next narrower format has them."""
    bits = {"float64": 24, "float32": 11, "float16": 8, "bfloat16": 7}[operands[0].dtype.name]
    cut = []
    for operand in operands:
        with np.errstate(all="ignore"):
            fraction, exponent = np.frexp(operand.astype(np.float64))
            cut.append(np.ldexp(np.rint(np.ldexp(fraction, bits)), exponent - bits).astype(operand.dtype))
    return honest(cut)


@pytest.mark.parametrize("word", ["selector", "sparse", "scaling", "dense", "cancellation", "known-answers"])
@pytest.mark.parametrize(
    ("operation", "label"),
    [("matmul", "float32"), ("vecdot", "float64"), ("Gemm", "float16"), ("gemm_batched", "bfloat16")],
)
def test_operands_of_the_next_narrower_format_fail(operation: str, label: str, word: str) -> None:
    assert failed(_shorter, operation, label, word)


def _accumulated_in(dtype: str) -> Fault:
    """Sums that are rounded to a short format at every step."""

    def fault(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
        a, b = (operand.astype(np.float64) for operand in operands[:2])
        total = np.zeros((*a.shape[:-1], b.shape[-1]))
        with np.errstate(all="ignore"):
            for k in range(a.shape[-1]):
                step = total + a[..., :, k, None] * b[..., None, k, :]
                total = step.astype(numpy_dtype(dtype)).astype(np.float64)
        return [total.astype(numpy_dtype(results[0]))]

    return fault


@pytest.mark.parametrize("word", ["dense", "integer-exact", "cancellation"])
@pytest.mark.parametrize("label", ["float16", "bfloat16"])
def test_a_sum_kept_in_a_16_bit_format_fails(label: str, word: str) -> None:
    assert failed(_accumulated_in(label), "MatMul", label, word)


def _fixed_point(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Operands in fixed point of 32 bits, scaled by the largest of each matrix."""
    with np.errstate(all="ignore"):
        largest = [np.abs(operand).max(initial=1e-30) for operand in operands[:2]]
        whole = [
            np.rint(operand.astype(np.float64) / most * 2.0**31)
            for operand, most in zip(operands[:2], largest, strict=True)
        ]
        found = np.matmul(*whole) * (float(largest[0]) * 2.0**-31) * (float(largest[1]) * 2.0**-31)
        return [found.astype(np.float32)]


def test_a_product_in_fixed_point_fails_where_scales_differ_alone() -> None:
    assert not failed(_fixed_point, "MatMul", "float32", "cancellation")
    assert failed(_fixed_point, "MatMul", "float32", "scaling")


def _strassen(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """One step of Strassen's algorithm in float32, where the lengths are even."""
    a, b = operands[:2]
    if a.ndim != 2 or a.shape[0] % 2 or a.shape[1] % 2 or b.shape[1] % 2:
        return honest()
    (p, q), (r, s) = (np.split(half, 2, axis=1) for half in np.split(a, 2, axis=0))
    (e, f), (g, h) = (np.split(half, 2, axis=1) for half in np.split(b, 2, axis=0))
    one, two, three = (p + s) @ (e + h), (r + s) @ e, p @ (f - h)
    four, five, six, seven = s @ (g - e), (p + q) @ h, (r - p) @ (e + f), (q - s) @ (g + h)
    top = np.concatenate([one + four - five + seven, three + five], axis=1)
    return [np.concatenate([top, np.concatenate([two + four, one - two + three + six], axis=1)], axis=0)]


def test_strassens_algorithm_fails_where_zeros_meet_numbers() -> None:
    assert failed(_strassen, "MatMul", "float32", "sparse")


def _changed(**given: Any) -> Fault:
    return lambda honest, operands, attributes, results: honest(**given)


def test_each_factor_and_flag_that_is_dropped_fails_its_word() -> None:
    assert failed(_changed(alpha=1.0), "Gemm", "float32", "scaled")
    assert failed(_changed(beta=1.0), "Gemm", "float32", "scaled")
    assert failed(_changed(beta=1.0), "gemm_batched", "float32", "beta-zero")
    assert failed(_changed(alpha=1.0), "gemm_batched", "float32", "alpha-zero")


def _factors_of_float32(honest: Honest, operands: Any, attributes: Mapping[str, Any], results: Any) -> Sequence[Array]:
    return honest(**{name: float(np.float32(attributes[name])) for name in ("alpha", "beta") if name in attributes})


def test_factors_held_in_float32_as_onnx_has_them_pass_beside_operands_of_float64() -> None:
    assert not failed(_factors_of_float32, "Gemm", "float64", "scaled")


def _flags_swapped(honest: Honest, operands: Any, attributes: Mapping[str, Any], results: Any) -> Sequence[Array]:
    found = {"transA": attributes.get("transB", False), "transB": attributes.get("transA", False)}
    a, b = operands[:2]
    shapes = (a.shape[::-1] if found["transA"] else a.shape, b.shape[::-1] if found["transB"] else b.shape)
    return honest(**found) if shapes[0][1] == shapes[1][0] else honest()


def test_flags_that_are_swapped_fail_on_square_matrices() -> None:
    assert failed(_flags_swapped, "Gemm", "float32", "transposes")


def _bias_along_rows(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    if len(operands) > 2 and operands[2].ndim == 1 and operands[2].size > 1:
        rows = honest(operands[:2])[0].shape[0]
        return honest([*operands[:2], np.resize(operands[2], (rows, 1))])
    return honest()


def test_a_bias_along_the_wrong_axis_fails() -> None:
    assert failed(_bias_along_rows, "Gemm", "float32", "broadcast-c")


def _without_zero_point(which: int) -> Fault:
    def fault(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
        return honest([np.zeros_like(part) if index == which else part for index, part in enumerate(operands)])

    return fault


@pytest.mark.parametrize("which", [2, 3])
def test_a_zero_point_that_is_dropped_fails(which: int) -> None:
    assert failed(_without_zero_point(which), "MatMulInteger", "int8", "zero-points")


def _first_scale(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    return honest([*operands[:2], *(np.full_like(part, part.flat[0]) for part in operands[2:])])


def test_the_first_rows_scale_for_all_fails() -> None:
    assert failed(_first_scale, "scaled_mm", "float8_e4m3fn-float32", "scales")


def test_any_operands_have_an_answer() -> None:
    # A search for the smallest operands that fail cuts and zeroes them at will.
    about = task("matmul", "float64")
    a, b = np.array([[1.0, np.inf], [-0.0, 5e-324]]), np.array([[0.0, 1e308], [2.0, np.nan]])
    for exact in (False, True):
        (wanted,) = pose(about, [a, b], exact=exact).wanted
        assert np.array_equal(wanted.expected, [[np.inf, np.nan], [1e-323, np.nan]], equal_nan=True)
    for rows in range(3):
        (wanted,) = pose(about, [a[:rows], b]).wanted
        assert wanted.expected.shape == (rows, 2)


def test_the_sign_of_a_zero_is_left_open_where_every_product_is_minus_zero() -> None:
    about, left = task("matmul", "float32"), np.array([[-0.0, 1]], np.float32)
    (wanted,) = pose(about, [left, np.array([[2.0], [-0.0]], np.float32)], exact=True).wanted
    assert wanted.measure == "bound"
    assert wanted.bound is not None
    assert not wanted.bound.any()
    (wanted,) = pose(about, [left, np.array([[2.0], [0.0]], np.float32)], exact=True).wanted
    assert wanted.measure == "bitwise"
    assert not np.signbit(wanted.expected).any()


def test_axes_are_cut_together() -> None:
    # A failure is made small by leaving out parts of axes that operands share.
    assert names_of([(4, 3), (3, 5), (5,)]) == [["M", "K"], ["K", "N"], ["N"]]
    assert names_of([(3, 4), (5, 3), (4, 1)], [True, True]) == [["K", "M"], ["N", "K"], ["M", ""]]
    assert names_of([(2, 1, 4, 3), (7, 3, 5)]) == [["2", "", "M", "K"], ["1", "K", "N"]]
    assert names_of([(3,), (3, 5)]) == [["K"], ["K", "N"]]
    for operation, label in ROWS:
        about = task(operation, label)
        definition = definition_of(about.operation)
        operands, attributes = definition.draw(about, Draw("0", "axes", operation), definition.size(about))
        names = definition.axes(about, operands, attributes)
        assert [len(axes) for axes in names] == [operand.ndim for operand in operands]
        for name in {name for axes in names for name in axes} - {""}:
            cut = [_cut(operand, axes, name) for operand, axes in zip(operands, names, strict=True)]
            assert pose(about, cut, attributes, exact=True).wanted


def _cut(operand: Array, axes: Sequence[str], name: str) -> Array:
    for place, own in enumerate(axes):
        operand = operand.take([0], axis=place) if own == name else operand
    return operand
