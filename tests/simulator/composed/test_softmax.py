"""Softmax of a simulated product is made of its own units' steps."""

from __future__ import annotations

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError
from harness.profile.store import load_profile
from harness.simulator.composed.softmax import OPERATIONS
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.composed.units import UnitsOf
from tests.simulator.computing import computed
from tests.simulator.launching import Array, array, launch


def softmax(conduct: UnitConduct, x: Array, name: str = "Softmax", **attributes: int) -> Array:
    return OPERATIONS[name].compute(UnitsOf(VectorUnit(conduct)), [x], attributes, [x.dtype.name])[0]


def test_every_step_is_the_units_own() -> None:
    x = array([[1.0, 2.5, -3.0, 0.25]], "float16")
    conduct = UnitConduct("float16", "toward-zero", accuracy={"exp": 4.0}, reduction_lanes=2)
    powers = computed(conduct, "exp", computed(conduct, "subtract", x, array([[2.5]], "float16"), result="float16"),
                      result="float16")  # fmt: skip
    total = computed(conduct, "sum", powers, result="float16", axis=1, keepdims=True)
    assert np.array_equal(softmax(conduct, x), computed(conduct, "divide", powers, total, result="float16"))


def test_shares_and_logarithms_along_any_axis() -> None:
    x = np.array([[1.0, 2.5, -3.0, 0.25], [0.0, 0.0, 0.0, 0.0]])
    exact = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    for name, right in (("Softmax", exact), ("LogSoftmax", np.log(exact))):
        assert np.allclose(softmax(UnitConduct(), array(x, "float32"), name), right, rtol=1e-6)
        assert np.allclose(softmax(UnitConduct(), array(x.T, "float32"), name, axis=0), right.T, rtol=1e-6)
        assert np.allclose(softmax(UnitConduct(), array(x, "float32"), name, axis=-1), right, rtol=1e-6)


def test_sixteen_bits_are_carried_out_in_float32_and_rounded_once() -> None:
    x = array([[0.0, 1.0, 1.5, -2.0]], "bfloat16")
    wide = softmax(UnitConduct(), array(x, "float32"))
    assert np.array_equal(softmax(UnitConduct(), x), array(wide, "bfloat16"))


def test_a_launch_is_checked_strictly() -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    x = array([[0.0, 1.0, 2.0]], "float32")
    for attributes in ({"axis": 2}, {"axis": -3}, {"axis": 1.0}, {"axis": True}, {"dim": 0}):
        with pytest.raises(DeviceError) as refused:
            launch(device, "Softmax", [x], "float32", x.shape, **attributes)
        assert refused.value.kind == INVALID_VALUE
    with pytest.raises(DeviceError) as refused:
        launch(device, "Softmax", [x], "float32", (3, 1))
    assert refused.value.kind == INVALID_VALUE
    with pytest.raises(DeviceError) as refused:
        launch(device, "Softmax", [x], "float16", x.shape)
    assert refused.value.kind == UNSUPPORTED
