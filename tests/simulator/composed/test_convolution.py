"""Conv and the pools of a simulated product are made of its own units' steps, and launches are checked strictly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError
from harness.profile.store import load_profile
from harness.simulator.composed import convolution, pooling
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.composed.units import UnitsOf
from tests.simulator.computing import computed
from tests.simulator.launching import Array, array, launch

OPERATIONS = {**convolution.OPERATIONS, **pooling.OPERATIONS}


def compute(conduct: UnitConduct, name: str, *operands: Array, **attributes: Any) -> Array:
    units = UnitsOf(VectorUnit(conduct))
    return OPERATIONS[name].compute(units, operands, attributes, [operands[0].dtype.name])[0]


def test_a_convolution_is_a_product_of_windows_and_kernels_in_the_units_own_order() -> None:
    conduct = UnitConduct("float16", "toward-zero", reduction_lanes=2, multiply_add="separate")
    x, w = array([[[0.1, 0.7, -0.3, 1.3, 2.9]]], "float16"), array([[[0.9, -1.7, 0.2]]], "float16")
    rows = np.stack([x[0, 0, i : i + 3] for i in range(3)])
    right = computed(conduct, "matmul", rows, w[0].T, result="float16")
    assert np.array_equal(compute(conduct, "Conv", x, w)[0], right.T)
    bias = array([0.3], "float16")
    assert np.array_equal(
        compute(conduct, "Conv", x, w, bias)[0], computed(conduct, "add", right.T, bias, result="float16")
    )


def test_an_average_is_a_sum_divided_by_the_number_of_its_elements() -> None:
    conduct = UnitConduct("float16", "toward-zero", reduction_lanes=2)
    x = array([[[0.1, 0.7, -0.3, 1.3]]], "float16")
    total = computed(conduct, "sum", array([[0, 0.1, 0.7], [0.1, 0.7, -0.3]], "float16"), result="float16", axis=1)
    for counted, number in ((0, 2), (1, 3)):
        right = computed(conduct, "divide", total, array([number, 3], "float16"), result="float16")
        got = compute(conduct, "AveragePool", x, kernel_shape=[3], pads=[1, 0], count_include_pad=counted)
        assert np.array_equal(got[0, 0, :2], right)


def test_sixteen_bits_are_carried_out_in_float32_and_rounded_once() -> None:
    x = array(np.arange(24).reshape(1, 2, 3, 4) / 7, "bfloat16")
    wide = compute(UnitConduct(), "AveragePool", array(x, "float32"), kernel_shape=[3, 3])
    assert np.array_equal(compute(UnitConduct(), "AveragePool", x, kernel_shape=[3, 3]), array(wide, "bfloat16"))


@pytest.mark.parametrize(
    "attributes",
    [
        {"group": 2},
        {"group": 0},
        {"group": 1.0},
        {"strides": [1]},
        {"strides": [0, 1]},
        {"strides": 1},
        {"dilations": [1, 0]},
        {"dilations": [4, 4]},
        {"pads": [1, 1]},
        {"pads": [-1, 0, 0, 0]},
        {"auto_pad": "SAME"},
        {"auto_pad": "VALID", "pads": [1, 0, 0, 0]},
        {"kernel_shape": [3, 2]},
        {"padding": [1, 1]},
    ],
)
def test_a_convolution_that_is_none_is_refused(attributes: dict[str, Any]) -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    x, w = np.ones((1, 3, 4, 4), np.float32), np.ones((2, 3, 3, 3), np.float32)
    with pytest.raises(DeviceError) as refused:
        launch(device, "Conv", [x, w], "float32", (1, 2, 2, 2), **attributes)
    assert refused.value.kind == INVALID_VALUE


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({}, (1, 1, 3)),
        ({"kernel_shape": [2, 2]}, (1, 1, 3)),
        ({"kernel_shape": [5]}, (1, 1, 1)),
        ({"kernel_shape": [2]}, (1, 1, 4)),
        ({"kernel_shape": [2], "ceil_mode": 2}, (1, 1, 3)),
        ({"kernel_shape": [2], "pads": [2, 0]}, (1, 1, 5)),
        ({"kernel_shape": [2], "pads": [0, 2]}, (1, 1, 5)),
    ],
)
@pytest.mark.parametrize("operation", ["MaxPool", "AveragePool"])
def test_a_pool_that_is_none_or_has_windows_of_pads_alone_is_refused(
    operation: str, attributes: dict[str, Any], shape: tuple[int, ...]
) -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    with pytest.raises(DeviceError) as refused:
        launch(device, operation, [np.ones((1, 1, 4), np.float32)], "float32", shape, **attributes)
    assert refused.value.kind == INVALID_VALUE


def test_only_a_maximum_takes_integers() -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    x = np.array([[[-128, -3, -127]]], np.int8)
    got = launch(device, "MaxPool", [x], "int8", (1, 1, 4), kernel_shape=[2], pads=[1, 1])
    assert got.tolist() == [[[-128, -3, -3, -127]]]
    with pytest.raises(DeviceError) as refused:
        launch(device, "AveragePool", [x], "int8", (1, 1, 2), kernel_shape=[2])
    assert refused.value.kind == UNSUPPORTED
