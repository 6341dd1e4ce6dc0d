"""MatMul, Gemm and gemm of batches as a simulated product computes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic

Array = NDArray[Any]
BATCHED = ("gemm_batched", "gemm_strided_batched")


def computed(operation: str, *operands: Any, dtype: str = "float32", result: str = "", **attributes: Any) -> Array:
    """What the reference profile's units make of operands given as lists."""
    arrays = [np.array(operand, np.float64).astype(numpy_dtype(dtype)) for operand in operands]
    units = ProfileArithmetic(load_profile("reference/ieee"))
    checked(operation, [array.shape for array in arrays], dtype, result or dtype, attributes, units)
    (found,) = units.compute(operation, arrays, attributes, [result or dtype])
    return found


def checked(
    operation: str,
    shapes: Sequence[tuple[int, ...]],
    dtype: str,
    result: str,
    attributes: dict[str, Any],
    units: ProfileArithmetic | None = None,
) -> tuple[int, ...]:
    """The shape of the result, if the signature takes the launch."""
    signature = (units or ProfileArithmetic(load_profile("reference/ieee"))).signature(operation)
    (out,) = signature.shapes(shapes, attributes, [()])
    tensors = [Tensor(0, dtype, shape, None, 0) for shape in shapes[:2]]
    tensors += [Tensor(0, result, shape, None, 0) for shape in shapes[2:]]
    signature.check(operation, tensors, [Tensor(0, result, tuple(out), None, 0)], attributes)
    return tuple(out)


def test_matmul_is_the_schoolbooks_with_stacks_and_vectors() -> None:
    a, b = [[1, 2], [3, 4]], [[5, 6], [7, 8]]
    assert computed("MatMul", a, b).tolist() == [[19, 22], [43, 50]]
    assert computed("MatMul", [a, b], b).tolist() == [[[19, 22], [43, 50]], [[67, 78], [91, 106]]]
    assert computed("MatMul", [1, 2], b).tolist() == [19, 22]
    assert computed("MatMul", a, [5, 7]).tolist() == [19, 43]


def test_gemm_adds_beta_c_to_alpha_times_the_product() -> None:
    a, b = [[1, 2], [3, 4]], [[5, 6], [7, 8]]
    assert computed("Gemm", a, b).tolist() == [[19, 22], [43, 50]]
    assert computed("Gemm", a, b, [10, 20], alpha=2, beta=-1).tolist() == [[28, 24], [76, 80]]
    assert computed("Gemm", a, b, [[10], [20]]).tolist() == [[29, 32], [63, 70]]
    assert computed("Gemm", a, b, 1).tolist() == [[20, 23], [44, 51]]
    assert computed("Gemm", a, b, transA=1).tolist() == [[26, 30], [38, 44]]
    assert computed("Gemm", a, b, transB=1).tolist() == [[17, 23], [39, 53]]


@pytest.mark.parametrize("operation", BATCHED)
def test_each_matrix_of_a_batch_is_multiplied_with_its_own(operation: str) -> None:
    a, b, c = [[[1, 2]], [[3, 4]]], [[[5], [6]], [[7], [8]]], [[[1]], [[2]]]
    assert computed(operation, a, b, c, alpha=2.0, beta=3.0).tolist() == [[[37]], [[112]]]
    assert computed(operation, a, a, c, beta=0.0, transpose_b=True).tolist() == [[[5]], [[25]]]


@pytest.mark.parametrize("operation", BATCHED)
def test_blas_does_not_read_what_a_factor_of_zero_drops(operation: str) -> None:
    bad = [[[np.nan]]]
    assert computed(operation, [[[2]]], [[[3]]], bad, beta=0.0).tolist() == [[[6]]]
    assert computed(operation, bad, bad, [[[3]]], alpha=0.0, beta=2.0).tolist() == [[[6]]]


def test_short_operands_are_rounded_once_at_the_end() -> None:
    # 2048 + 1 + 1 in float16 one after another stays 2048.
    found = computed("Gemm", [[2048, 1, 1]], [[1], [1], [1]], dtype="float16")
    assert found.dtype == np.float16
    assert found.tolist() == [[2050]]
    assert computed("gemm_batched", [[[2049]]], [[[3]]], [[[0]]], dtype="bfloat16", result="float32").tolist() == [
        [[6144]]
    ]


@pytest.mark.parametrize(
    ("operation", "shapes", "attributes"),
    [
        ("MatMul", [(2, 3), (4, 2)], {}),
        ("MatMul", [(), (2,)], {}),
        ("Gemm", [(2, 3), (3, 4), (2,)], {}),
        ("Gemm", [(2, 3), (3, 4), (1, 2, 4)], {}),
        ("Gemm", [(2, 3), (3, 4)], {"transA": 2}),
        ("Gemm", [(2, 3), (3, 4)], {"alpha": "1"}),
        ("Gemm", [(1, 2, 3), (1, 3, 4)], {}),
        ("gemm_batched", [(2, 2, 3), (1, 3, 4), (2, 2, 4)], {}),
        ("gemm_batched", [(2, 2, 3), (2, 3, 4), (2, 4)], {}),
        ("gemm_strided_batched", [(2, 3), (3, 4), (2, 4)], {}),
    ],
)
def test_what_does_not_fit_is_an_invalid_value(operation: str, shapes: Any, attributes: dict[str, Any]) -> None:
    with pytest.raises(DeviceError) as error:
        checked(operation, shapes, "float32", "float32", attributes)
    assert error.value.kind == INVALID_VALUE


@pytest.mark.parametrize(("dtype", "result"), [("float32", "float16"), ("int8", "int32"), ("float16", "bfloat16")])
def test_other_dtypes_are_unsupported(dtype: str, result: str) -> None:
    with pytest.raises(DeviceError) as error:
        checked("MatMul", [(2, 3), (3, 2)], dtype, result, {})
    assert error.value.kind == UNSUPPORTED
