"""Creation, movement, indexing, sorting and scans on a simulated product: by its units, and checked strictly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.profile.store import load_profile
from harness.simulator.composed import creation, indexing, movement, scans, sorting
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.composed.units import UnitsOf
from tests.simulator.launching import Array, array, launch

OPERATIONS = {
    **creation.OPERATIONS,
    **movement.OPERATIONS,
    **indexing.OPERATIONS,
    **sorting.OPERATIONS,
    **scans.OPERATIONS,
}


def computed(
    name: str, operands: Sequence[Array], results: Sequence[str], conduct: UnitConduct | None = None, **attributes: Any
) -> Sequence[Array]:
    return OPERATIONS[name].compute(UnitsOf(VectorUnit(conduct)), operands, attributes, results)


def test_a_scan_keeps_its_sums_in_the_accumulator_and_rounds_at_the_end() -> None:
    x = array(np.full(4096, 1.0), "float16")
    assert computed("cumulative_sum", [x], ["float16"], axis=0)[0][-1] == 4096
    narrow = UnitConduct(accumulator="float16")
    assert computed("cumulative_sum", [x], ["float16"], narrow, axis=0)[0][-1] == 2048


def test_a_scan_rounds_as_the_unit_does() -> None:
    x = np.array([1.0, 2.0**-24, 2.0**-24], np.float32)
    assert computed("cumulative_sum", [x], ["float32"])[0].tolist() == [1.0, 1.0, 1.0]
    up = computed("cumulative_sum", [x], ["float32"], UnitConduct(rounding="toward-positive"))[0]
    assert up.tolist() == [1.0, 1.0 + 2.0**-23, 1.0 + 2.0**-22]


def test_integers_are_summed_in_the_type_of_the_result() -> None:
    x = np.array([2**31 - 1, 2**31 - 1], np.int32)
    assert computed("cumulative_sum", [x], ["int64"])[0].tolist() == [2**31 - 1, 2**32 - 2]
    axis = np.array(0)
    assert computed("CumSum", [np.array([3, 4], np.int32), axis], ["int32"], reverse=1)[0].tolist() == [7, 4]
    assert computed("CumSum", [np.array([3, 4], np.int32), axis], ["int32"], exclusive=1)[0].tolist() == [0, 3]


def test_what_only_moves_is_neither_rounded_nor_flushed() -> None:
    tiny = np.array([2.0**-149, -0.0, -(2.0**-140)], np.float32)
    flushing = UnitConduct(flush_inputs=True, flush_outputs=True)
    for name, attributes in (("flip", {}), ("roll", {"shift": 1}), ("reshape", {"shape": [3]})):
        found = computed(name, [tiny], ["float32"], flushing, **attributes)[0]
        assert sorted(found.view(np.uint32).tolist()) == sorted(tiny.view(np.uint32).tolist())
    found = computed("full", [], ["float32"], flushing, shape=[2], fill_value=2.0**-149)[0]
    assert found.tolist() == [2.0**-149] * 2


def test_scattered_sums_are_rounded_after_every_update() -> None:
    operands = [array([2048.0], "float16"), np.array([[0], [0]]), array([1.0, 1.0], "float16")]
    assert computed("ScatterND", operands, ["float16"], reduction="add")[0].tolist() == [2048.0]
    assert computed("ScatterND", operands, ["float16"])[0].tolist() == [1.0]


def test_lines_are_rounded_once_to_the_result() -> None:
    found = computed("arange", [], ["bfloat16"], start=0, stop=300, step=1)[0]
    assert np.array_equal(found, array(np.arange(300.0), "bfloat16"))
    found = computed("linspace", [], ["float32"], start=0.0, stop=1.0, num=4)[0]
    assert found[[0, -1]].tolist() == [0.0, 1.0]


def test_the_largest_come_first_and_equal_ones_in_the_order_of_their_indices() -> None:
    x = np.array([[1, 3, 3, 2, 3]], np.int32)
    values, indices = computed("TopK", [x, np.array([4])], ["int32", "int64"])
    assert values.tolist() == [[3, 3, 3, 2]]
    assert indices.tolist() == [[1, 2, 4, 3]]
    values, indices = computed("TopK", [x, np.array([2])], ["int32", "int64"], largest=0)
    assert indices.tolist() == [[0, 3]]


REFUSED: list[tuple[str, list[tuple[int, ...]], tuple[int, ...], dict[str, Any]]] = [
    ("full", [], (2,), {"shape": [2]}),
    ("full", [], (2,), {"shape": [2], "fill_value": "one"}),
    ("full", [], (2,), {"shape": [3], "fill_value": 1}),
    ("zeros", [], (2,), {"shape": 2}),
    ("zeros", [], (2,), {"shape": [-2]}),
    ("ones", [(2,)], (2,), {"shape": [2]}),
    ("eye", [], (2, 2), {"n_rows": 2.0}),
    ("arange", [], (2,), {"start": 0, "stop": 3, "step": 1}),
    ("arange", [], (0,), {"start": 0, "stop": 3, "step": 0}),
    ("arange", [], (0,), {"stop": float("inf")}),
    ("linspace", [], (2,), {"start": 0, "stop": 1, "num": 2, "endpoint": 1}),
    ("concat", [(2,), (2,)], (4,), {}),
    ("concat", [(2, 2), (2, 2), (2, 3)], (6, 2), {}),
    ("concat", [(2,), (2,), (2,)], (6,), {"axis": 1}),
    ("stack", [(2,), (2,), (3,)], (3, 2), {}),
    ("permute_dims", [(2, 3)], (2, 3), {"axes": [0, 0]}),
    ("flip", [(2, 3)], (2, 3), {"axis": [0, -2]}),
    ("flip", [(2, 3)], (2, 3), {"axis": 2}),
    ("roll", [(2, 3)], (2, 3), {"shift": [1, 2]}),
    ("roll", [(2, 3)], (2, 3), {"shift": [1, 2], "axis": 0}),
    ("roll", [(2, 3)], (2, 3), {}),
    ("tile", [(2,)], (4,), {"repetitions": [2.0]}),
    ("repeat", [(2,)], (4,), {"repeats": True}),
    ("reshape", [(2, 3)], (2, 2), {"shape": [2, 2]}),
    ("reshape", [(2, 3)], (2, 3), {"shape": [-1, -1]}),
    ("broadcast_to", [(2, 3)], (2, 4), {"shape": [2, 4]}),
    ("broadcast_to", [(2, 3)], (3,), {"shape": [3]}),
    ("tril", [(3,)], (3,), {}),
    ("triu", [(3, 3)], (3, 3), {"k": 0.5}),
    ("sort", [(3,)], (3,), {"axis": 1}),
    ("sort", [(3,)], (3,), {"descending": 1}),
    ("cumulative_sum", [(2, 3)], (2, 3), {}),
    ("cumulative_sum", [(3,)], (3,), {"include_initial": True}),
]


@pytest.mark.parametrize(("operation", "shapes", "out", "attributes"), REFUSED)
def test_a_malformed_launch_is_an_invalid_value(
    operation: str, shapes: list[tuple[int, ...]], out: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    tensors = [Tensor(None, "float32", shape) for shape in (*shapes, out)]
    with pytest.raises(DeviceError) as refused:
        OPERATIONS[operation].signature.check(operation, tensors[:-1], tensors[-1:], attributes)
    assert refused.value.kind == INVALID_VALUE


@pytest.mark.parametrize(
    ("operation", "operands", "out", "attributes"),
    [
        ("take", [np.ones(3, np.float32), np.array([3])], (1,), {}),
        ("take", [np.ones((3, 2), np.float32), np.array([0])], (1, 2), {}),
        ("take_along_axis", [np.ones((3, 2), np.float32), np.array([[0]])], (1, 1), {}),
        ("Gather", [np.ones(3, np.float32), np.array([-4])], (1,), {}),
        ("ScatterND", [np.ones(3, np.float32), np.array([[3]]), np.ones(1, np.float32)], (3,), {}),
        ("ScatterND", [np.ones(3, np.float32), np.array([[0]]), np.ones(2, np.float32)], (3,), {}),
        ("ScatterND", [np.ones(3, np.float32), np.array([[0]]), np.ones(1, np.float32)], (3,), {"reduction": "mul"}),
        ("CumSum", [np.ones(3, np.float32), np.array(1)], (3,), {}),
        ("CumSum", [np.ones(3, np.float32), np.array([0])], (3,), {}),
        ("CumSum", [np.ones(3, np.float32), np.array(0)], (3,), {"reverse": 2}),
    ],
)
def test_an_index_outside_or_of_the_wrong_shape_is_an_invalid_value(
    operation: str, operands: list[Array], out: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    with pytest.raises(DeviceError) as refused:
        launch(device, operation, operands, "float32", out, **attributes)
    assert refused.value.kind == INVALID_VALUE


def test_other_dtypes_than_the_operation_s_are_unsupported() -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    assert device.supports("take", ["float32", "int64", "float32"])
    assert not device.supports("take", ["float32", "int32", "float32"])
    assert not device.supports("argsort", ["float32", "int32"])
    assert not device.supports("linspace", ["int32"])
    with pytest.raises(DeviceError) as refused:
        launch(device, "sort", [np.ones(3, np.float32)], "float16", (3,))
    assert refused.value.kind == UNSUPPORTED
