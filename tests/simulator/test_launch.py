"""What a launch has to look like, and what happens to one that does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.signatures import Signature
from tests.simulator.claims import claims, simulate
from tests.simulator.launching import array, elementwise, launch


@pytest.fixture
def device() -> SimulatedDevice:
    return simulate()


def refused(device: SimulatedDevice, operation: str, inputs: list[Any], outputs: list[Any], **attributes: Any) -> str:
    """The kind of error the call itself raises; nothing may be left to be raised later, or written."""
    before = {tensor.buffer: device.read(tensor.buffer, 64) for tensor in (*inputs, *outputs)}
    with pytest.raises(DeviceError) as refusal:
        device.launch(operation, inputs, outputs, attributes)
    device.synchronize()
    assert {buffer: device.read(buffer, 64) for buffer in before} == before
    return refusal.value.kind


def tensor(device: SimulatedDevice, *shape: int, dtype: str = "float32", **layout: Any) -> Tensor:
    """A tensor in a buffer of 64 bytes."""
    return Tensor(device.allocate(64), dtype, shape, **layout)


def test_an_operation_no_standard_has_is_unsupported(device: SimulatedDevice) -> None:
    assert refused(device, "frobnicate", [tensor(device, 1)], [tensor(device, 1)]) == UNSUPPORTED


def test_dtypes_an_operation_lacks_are_unsupported(device: SimulatedDevice) -> None:
    integers = tensor(device, 1, dtype="int32")
    assert refused(device, "exp", [integers], [integers]) == UNSUPPORTED
    assert refused(device, "add", [tensor(device, 1), integers], [tensor(device, 1)]) == UNSUPPORTED
    assert refused(device, "exp", [tensor(device, 1, dtype="float12")], [tensor(device, 1)]) == UNSUPPORTED


@pytest.mark.parametrize(
    ("operation", "dtypes", "supported"),
    [
        ("add", ["float16", "float16", "float16"], True),
        ("add", ["float16", "float16"], False),
        ("add", ["float16", "float32", "float32"], False),
        ("divide", ["int32", "int32", "int32"], False),
        ("where", ["bool", "int8", "int8", "int8"], True),
        ("where", ["int8", "int8", "int8", "int8"], False),
        ("less", ["bfloat16", "bfloat16", "bool"], True),
        ("argmax", ["float64", "int64"], True),
        ("matmul", ["int8", "int8", "int32"], True),
        ("matmul", ["float8_e4m3fn", "float8_e4m3fn", "float32"], True),
        ("matmul", ["float32", "float32", "float16"], False),
        ("gemm", ["float16", "float16", "float16", "float16"], True),
        ("gemm", ["int8", "int8", "int32", "int32"], False),
        ("cast", ["float8_e5m2", "bool"], True),
        ("prod", ["int8", "int64"], True),
        ("count_nonzero", ["bool", "int64"], True),
        ("count_nonzero", ["float32", "float32"], False),
        ("frobnicate", ["float32", "float32"], False),
        ("add", [], False),
    ],
)
def test_supports_answers_as_launch_would(
    device: SimulatedDevice, operation: str, dtypes: list[str], supported: bool
) -> None:
    assert device.supports(operation, dtypes) is supported


def swapped(results: int) -> Signature:
    """A signature of one or two operands of float32, a second of int64, and results of their types and shapes."""
    return Signature(
        1,
        2,
        lambda operands, outs: (
            list(operands) == ["float32", "int64"][: len(operands)] and list(outs) == ["float32"] * results
        ),
        lambda shapes, attributes, outs: [shapes[0][::-1]] * results,
        frozenset({"axis"}),
        results,
    )


@pytest.mark.parametrize(
    ("dtypes", "results", "accepted"),
    [
        (["float32", "float32"], 1, True),
        (["float32", "int64", "float32"], 1, True),
        (["float32", "int64", "float32", "float32"], 2, True),
        (["float32", "float32", "float32"], 2, True),
        (["float32", "int64", "float32"], 2, False),
        (["float32"], 1, False),
        (["float32", "int64", "int64", "float32"], 1, False),
    ],
)
def test_a_signature_can_have_operands_left_out_and_several_results(
    dtypes: list[str], results: int, accepted: bool
) -> None:
    assert swapped(results).accepts(dtypes) is accepted


def test_each_of_several_results_has_a_shape_of_its_own_to_keep_to(device: SimulatedDevice) -> None:
    given, right, wrong = (tensor(device, *shape) for shape in ((2, 3), (3, 2), (2, 3)))
    swapped(2).check("swap", [given], [right, right], {"axis": 1})
    for outputs, attributes in (([right, wrong], {}), ([right], {}), ([right] * 3, {}), ([right, right], {"axes": 1})):
        with pytest.raises(DeviceError) as refusal:
            swapped(2).check("swap", [given], outputs, attributes)
        assert refusal.value.kind == INVALID_VALUE
    with pytest.raises(DeviceError) as refusal:
        swapped(1).check("swap", [given, given, given], [right], {})
    assert refusal.value.kind == INVALID_VALUE
    assert "1 to 2" in str(refusal.value)


def test_an_accumulator_that_cannot_be_computed_with_is_unsupported() -> None:
    device = simulate(claims(accumulator="tf32"))
    assert not device.supports("sum", ["float32", "float32"])
    assert refused(device, "sum", [tensor(device, 1)], [tensor(device)]) == UNSUPPORTED


def test_the_number_of_operands_is_checked(device: SimulatedDevice) -> None:
    one = tensor(device, 1)
    assert refused(device, "add", [one], [one]) == INVALID_VALUE
    assert refused(device, "exp", [one], [one, one]) == INVALID_VALUE
    assert refused(device, "exp", [one], []) == INVALID_VALUE


@pytest.mark.parametrize(
    ("operation", "inputs", "output", "attributes"),
    [
        ("add", [(3,), (2,)], (3,), {}),
        ("add", [(2, 3), (3,)], (3,), {}),
        ("exp", [(3,)], (1,), {}),
        ("matmul", [(2, 3), (2, 3)], (2, 3), {}),
        ("matmul", [(2, 3), (3, 2)], (2, 3), {}),
        ("matmul", [(), (3,)], (), {}),
        ("matmul", [(2, 1, 2), (3, 2, 1)], (2, 1, 1), {}),
        ("vecdot", [(3,), (4,)], (), {}),
        ("gemm", [(2, 3), (3, 2), (3, 3)], (3, 3), {}),
        ("gemm", [(3,), (3,), (1,)], (1,), {}),
        ("gemm", [(1, 1), (1, 1), (1, 1)], (1, 1), {"alpha": "2"}),
        ("sum", [(2, 3)], (2, 3), {"axis": 1}),
        ("sum", [(2, 3)], (2,), {"axis": 1, "keepdims": True}),
        ("sum", [(2, 3)], (3,), {"axis": 2}),
        ("sum", [(2, 3)], (2,), {"axis": -3}),
        ("sum", [(2, 3)], (), {"axes": 1}),
        ("exp", [(3,)], (3,), {"fast": True}),
        ("max", [(0, 3)], (3,), {"axis": 0}),
        ("min", [(0,)], (), {}),
    ],
)
def test_shapes_and_attributes_are_checked(
    device: SimulatedDevice, operation: str, inputs: list[Any], output: Any, attributes: dict[str, Any]
) -> None:
    tensors = [tensor(device, *shape) for shape in inputs]
    assert refused(device, operation, tensors, [tensor(device, *output)], **attributes) == INVALID_VALUE


@pytest.mark.parametrize(
    "layout",
    [
        {"shape": (17,)},
        {"shape": (16,), "offset": 4},
        {"shape": (1,), "offset": 2},
        {"shape": (1,), "offset": -4},
        {"shape": (1,), "offset": 64},
        {"shape": (0,), "offset": 68},
        {"shape": (2,), "strides": (16,)},
        {"shape": (2,), "strides": (-1,)},
        {"shape": (2,), "strides": (2**62,)},
        {"shape": (2,), "strides": (1, 1)},
        {"shape": (2,), "strides": (0.5,)},
        {"shape": (-1,)},
        {"shape": (2**40, 2**40)},
    ],
)
def test_a_tensor_outside_its_buffer_is_an_invalid_value(device: SimulatedDevice, layout: dict[str, Any]) -> None:
    wrong = Tensor(device.allocate(64), "float32", **layout)
    right = Tensor(device.allocate(64), "float32", (1,))
    assert refused(device, "exp", [wrong], [Tensor(right.buffer, "float32", layout["shape"])]) == INVALID_VALUE
    assert refused(device, "exp", [right], [wrong]) == INVALID_VALUE


@pytest.mark.parametrize(
    ("shape", "strides"), [((2,), (0,)), ((3, 3), (1, 1)), ((2, 4), (2, 1))], ids=["repeated", "diagonal", "rows"]
)
def test_an_output_whose_elements_overlap_is_an_invalid_value(
    device: SimulatedDevice, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    out = tensor(device, *shape, strides=strides)
    assert refused(device, "exp", [tensor(device, *shape)], [out]) == INVALID_VALUE


def strided(device: SimulatedDevice, values: np.ndarray[Any, Any], strides: tuple[int, ...], offset: int) -> Tensor:
    """A view of dense values of which every stride and the offset, in elements, are given."""
    buffer = device.allocate(values.nbytes)
    device.write(buffer, values.tobytes())
    return Tensor(buffer, values.dtype.name, (2, 3), strides, offset * values.itemsize)


@pytest.mark.parametrize(
    ("strides", "offset", "expected"),
    [
        ((3, 1), 0, [[0, 1, 2], [3, 4, 5]]),
        ((1, 2), 0, [[0, 2, 4], [1, 3, 5]]),
        ((-3, -1), 5, [[5, 4, 3], [2, 1, 0]]),
        ((0, 1), 2, [[2, 3, 4], [2, 3, 4]]),
        ((0, 0), 5, [[5, 5, 5], [5, 5, 5]]),
        ((1, 1), 1, [[1, 2, 3], [2, 3, 4]]),
    ],
)
def test_inputs_are_read_where_their_strides_lead(
    device: SimulatedDevice, strides: tuple[int, ...], offset: int, expected: list[list[int]]
) -> None:
    source = strided(device, np.arange(6, dtype=np.int32), strides, offset)
    target = device.allocate(24)
    device.launch("cast", [source], [Tensor(target, "int32", (2, 3))], {})
    assert np.frombuffer(device.read(target, 24), np.int32).reshape(2, 3).tolist() == expected


def test_only_the_elements_of_an_output_are_written(device: SimulatedDevice) -> None:
    source = strided(device, np.arange(6, dtype=np.int8), (3, 1), 0)
    target = device.allocate(16)
    device.write(target, b"." * 16)
    device.launch("cast", [source], [Tensor(target, "int8", (2, 3), (-8, 2), 9)], {})
    assert device.read(target, 16) == b".\3.\4.\5...\0.\1.\2.."


def test_the_input_may_be_the_output(device: SimulatedDevice) -> None:
    buffer = device.allocate(12)
    device.write(buffer, np.arange(3, dtype=np.float32).tobytes())
    reversed_view = Tensor(buffer, "float32", (3,), (-1,), 8)
    device.launch("cast", [reversed_view], [Tensor(buffer, "float32", (3,))], {})
    assert np.frombuffer(device.read(buffer, 12), np.float32).tolist() == [2, 1, 0]


def test_a_launch_on_no_elements_writes_nothing(device: SimulatedDevice) -> None:
    assert elementwise(device, "add", array([], "float32"), array([1], "float32")).shape == (0,)
    assert launch(device, "matmul", [np.ones((2, 0)), np.ones((0, 3))], "float64", (2, 3)).tolist() == [[0] * 3] * 2


def test_a_byte_that_is_no_bool_counts_as_true(device: SimulatedDevice) -> None:
    buffer, target = device.allocate(3), device.allocate(3)
    device.write(buffer, b"\0\1\2")
    device.launch("logical_not", [Tensor(buffer, "bool", (3,))], [Tensor(target, "bool", (3,))], {})
    assert device.read(target, 3) == b"\1\0\0"


def test_a_launch_is_queued_with_its_operands_as_they_will_be(device: SimulatedDevice) -> None:
    buffer, target = device.allocate(1), device.allocate(1)
    device.write(buffer, b"\3")
    device.launch("square", [Tensor(buffer, "int8", (1,))], [Tensor(target, "int8", (1,))], {})
    device.write(buffer, b"\5")
    assert device.read(target, 1) == b"\x09"


def test_attributes_are_taken_as_they_are_at_the_call(device: SimulatedDevice) -> None:
    buffer, target = device.allocate(6), device.allocate(2)
    device.write(buffer, bytes(range(6)))
    attributes = {"axis": 1}
    device.launch("max", [Tensor(buffer, "int8", (2, 3))], [Tensor(target, "int8", (2,))], attributes)
    attributes["axis"] = 0
    assert device.read(target, 2) == b"\2\5"
