"""MatMulInteger, the scaled product and both conversions as a simulated product computes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic

Array = NDArray[Any]


def array(values: Any, dtype: str) -> Array:
    """Values in a dtype."""
    return np.array(values, np.float64).astype(numpy_dtype(dtype))


def computed(operation: str, *operands: Array, result: str, **attributes: Any) -> Array:
    """What the reference profile's units make of operands; the launch is checked first."""
    units = ProfileArithmetic(load_profile("reference/ieee"))
    signature = units.signature(operation)
    tensors = [Tensor(0, operand.dtype.name, operand.shape, None, 0) for operand in operands]
    (out,) = signature.shapes([operand.shape for operand in operands], attributes, [()])
    signature.check(operation, tensors, [Tensor(0, result, tuple(out), None, 0)], attributes)
    (found,) = units.compute(operation, operands, attributes, [result])
    assert found.dtype == numpy_dtype(result)
    return found


def test_the_standards_example_of_matmulinteger() -> None:
    # ONNX operator specification, MatMulInteger, its example.
    a = array([[11, 7, 3], [10, 6, 2], [9, 5, 1], [8, 4, 0]], "uint8")
    b = array([[1, 4], [2, 5], [3, 6]], "uint8")
    found = computed("MatMulInteger", a, b, array([12], "uint8"), array([0], "uint8"), result="int32")
    assert found.tolist() == [[-38, -83], [-44, -98], [-50, -113], [-56, -128]]


def test_zero_points_belong_to_rows_of_a_and_columns_of_b() -> None:
    a, b = array([[1, 2], [3, 4]], "int8"), array([[5, 6], [7, 8]], "int8")
    found = computed("MatMulInteger", a, b, array([1, -1], "int8"), array([2, 0], "int8"), result="int32")
    left, right = [[0, 1], [4, 5]], [[3, 6], [5, 8]]
    assert found.tolist() == (np.array(left) @ np.array(right)).tolist()
    stacked = computed("MatMulInteger", np.stack([a, a]), b, array([[[1], [-1]], [[0], [0]]], "int8"), result="int32")
    assert stacked.tolist() == [(np.array(left) @ b.astype(int)).tolist(), (a.astype(int) @ b.astype(int)).tolist()]


def test_vectors_and_mixed_signs() -> None:
    a, b = array([200, 100], "uint8"), array([-100, 3], "int8")
    assert computed("MatMulInteger", a, b, result="int32").tolist() == -20000 + 300
    assert computed("MatMulInteger", a, b, array(100, "uint8"), result="int32").tolist() == -10000


def test_a_scaled_product_is_scaled_line_by_line() -> None:
    a, b = array([[1, 2], [3, 4]], "float8_e4m3fn"), array([[5, 6], [7, 8]], "float8_e4m3fn")
    one = computed("scaled_mm", a, b, array(2, "float32"), array(0.5, "float32"), result="bfloat16")
    assert one.astype(float).tolist() == [[19, 22], [43, 50]]
    lines = array([[2], [1]], "float32"), array([[1, 0.5]], "float32")
    assert computed("scaled_mm", a, b, *lines, result="float32").tolist() == [[38, 22], [43, 25]]


def test_the_standards_example_of_quantizelinear() -> None:
    # ONNX operator specification, QuantizeLinear, its first example.
    x = array([0, 2, 3, 1000, -254, -1000], "float32")
    found = computed("QuantizeLinear", x, array(2, "float32"), array(128, "uint8"), result="uint8")
    assert found.tolist() == [128, 129, 130, 255, 1, 0]


def test_without_a_zero_point_it_is_zero() -> None:
    x = array([0.5, 1.5, -3, 300], "float16")
    assert computed("QuantizeLinear", x, array(1, "float16"), result="int8").tolist() == [0, 2, -3, 127]


def test_the_standards_example_along_an_axis() -> None:
    # ONNX operator specification, QuantizeLinear, its example of an axis, shortened.
    x = array([[[-162, 10], [-100, 232]], [[-20, -50], [0, 0]]], "float32")
    parameters = array([2, 4], "float32"), array([84, 24], "uint8")
    found = computed("QuantizeLinear", x, *parameters, result="uint8", axis=1)
    assert found.tolist() == [[[3, 89], [0, 82]], [[74, 59], [24, 24]]]
    assert computed("QuantizeLinear", x, *parameters, result="uint8", axis=-2).tolist() == found.tolist()


def test_the_standards_example_of_dequantizelinear() -> None:
    # ONNX operator specification, DequantizeLinear, its first example.
    x = array([0, 3, 128, 255], "uint8")
    found = computed("DequantizeLinear", x, array(2, "float32"), array(128, "uint8"), result="float32")
    assert found.tolist() == [-256, -250, 0, 254]
    assert computed("DequantizeLinear", x, array(0.5, "float16"), result="float16").tolist() == [0, 1.5, 64, 127.5]


def refused(operation: str, *operands: Array, result: str, **attributes: Any) -> str:
    """The kind of error a launch is refused with."""
    with pytest.raises(DeviceError) as error:
        computed(operation, *operands, result=result, **attributes)
    return error.value.kind


def test_parameters_that_do_not_fit_are_invalid() -> None:
    a, b, x = array(np.ones((2, 3)), "int8"), array(np.ones((3, 2)), "int8"), array(np.ones((2, 3)), "float32")
    assert refused("MatMulInteger", a, b, array([1, 2, 3], "int8"), result="int32") == INVALID_VALUE
    assert refused("QuantizeLinear", x, array([1, 2], "float32"), result="uint8") == INVALID_VALUE
    assert refused("QuantizeLinear", x, array([1, 2, 3], "float32"), result="uint8", axis=2) == INVALID_VALUE
    assert refused("QuantizeLinear", x, array([1, 2, 3], "float32"), array(0, "uint8"), result="uint8") == INVALID_VALUE
    short = array(np.ones((2, 3)), "float8_e4m3fn"), array(np.ones((3, 2)), "float8_e4m3fn")
    scales = array([[1], [1]], "float32"), array([[1, 1, 1]], "float32")
    assert refused("scaled_mm", *short, *scales, result="float32") == INVALID_VALUE


def test_other_dtypes_are_unsupported() -> None:
    x, scale = array([1], "float32"), array(1, "float32")
    assert refused("QuantizeLinear", x, scale, array(0, "uint8"), result="int8") == UNSUPPORTED
    assert refused("DequantizeLinear", array([1], "int8"), scale, result="float16") == UNSUPPORTED
    one = array([[1]], "int8")
    assert refused("MatMulInteger", one, one, result="int64") == UNSUPPORTED
