"""What every array library must do as a device, and who must be seen to have answered; shared by their tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.device.protocol import (
    ADAPTER_LAYER,
    INVALID_HANDLE,
    INVALID_VALUE,
    OUT_OF_MEMORY,
    UNSUPPORTED,
    Device,
    DeviceError,
    Tensor,
)
from tests.simulator.launching import array, elementwise, launch


def refusal_of(call: Callable[[], object]) -> tuple[str, str | None]:
    """The kind of a refusal and the layer that is said to have found it."""
    with pytest.raises(DeviceError) as refusal:
        call()
    return refusal.value.kind, refusal.value.layer


class ArrayLibraryConduct:
    """The common part; a subclass gives the fixture ``device``."""

    def test_bytes_go_in_and_out_and_across(self, device: Device) -> None:
        buffer, other = device.allocate(8), device.allocate(4)
        device.write(buffer, b"abcdefgh")
        device.write(buffer, b"")
        device.copy(other, buffer, 3, 1, 2)
        device.copy(buffer, buffer, 6, 2, 0)
        assert (device.read(buffer, 8), device.read(other, 3, 1)) == (b"ababcdef", b"cde")
        assert device.read(device.allocate(0), 0) == b""

    def test_the_library_itself_refuses_what_it_cannot_allocate(self, device: Device) -> None:
        for size in (2**46, 2**62, 2**63, 2**64):
            assert refusal_of(lambda size=size: device.allocate(size)) == (OUT_OF_MEMORY, None)  # type: ignore[misc]
        assert refusal_of(lambda: device.allocate(-1)) == (INVALID_VALUE, None)

    def test_bounds_of_buffers_are_the_adapters_answer(self, device: Device) -> None:
        buffer, other = device.allocate(8), device.allocate(8)
        for call in (
            lambda: device.read(buffer, 9),
            lambda: device.read(buffer, 1, -1),
            lambda: device.write(buffer, b"12", 7),
            lambda: device.copy(buffer, other, 2, 7, 0),
            lambda: device.copy(buffer, other, 2, 0, 7),
        ):
            assert refusal_of(call) == (INVALID_VALUE, ADAPTER_LAYER)

    def test_handles_are_the_adapters_answer_and_never_given_out_twice(self, device: Device) -> None:
        released, event = device.allocate(4), device.event()
        device.release(released)
        assert device.allocate(4) != released
        for call in (
            lambda: device.release(released),
            lambda: device.read(released, 1),
            lambda: device.read(None, 0),
            lambda: device.synchronize(event),
            lambda: device.record(released),
            lambda: device.launch("exp", [Tensor(released, "float32", (1,))], [Tensor(released, "float32", (1,))], {}),
        ):
            assert refusal_of(call) == (INVALID_HANDLE, ADAPTER_LAYER)

    def test_elapsed_is_time_between_recordings(self, device: Device) -> None:
        start, end, never, stream = device.event(), device.event(), device.event(), device.stream()
        device.record(start)
        device.wait(stream, start)
        device.wait(stream, never)
        device.record(end, stream)
        device.synchronize()
        assert 0 <= device.elapsed(start, end) < 10_000
        assert refusal_of(lambda: device.elapsed(start, never))[0] == INVALID_VALUE

    def test_views_outside_a_buffer_are_refused_before_the_library_sees_them(self, device: Device) -> None:
        inside, buffer = Tensor(device.allocate(16), "float32", (4,)), device.allocate(16)
        for layout in ({"offset": 4}, {"offset": -4}, {"strides": (2,)}, {"strides": (-1,)}, {"strides": (2**61,)}):
            outside = Tensor(buffer, "float32", (4,), **layout)
            kinds = [
                refusal_of(lambda t=outside: device.launch("exp", [t], [inside], {})),  # type: ignore[misc]
                refusal_of(lambda t=outside: device.launch("exp", [inside], [t], {})),  # type: ignore[misc]
            ]
            assert kinds == [(INVALID_VALUE, ADAPTER_LAYER)] * 2
        unaligned = Tensor(buffer, "float32", (1,), None, 2)
        assert refusal_of(lambda: device.launch("exp", [unaligned], [inside], {})) == (INVALID_VALUE, ADAPTER_LAYER)

    def test_the_library_itself_refuses_shapes_that_do_not_fit(self, device: Device) -> None:
        three, four = (Tensor(device.allocate(16), "float32", (n,)) for n in (3, 4))
        for operation in ("add", "vecdot"):
            assert refusal_of(lambda op=operation: device.launch(op, [three, four], [three], {})) == (  # type: ignore[misc]
                INVALID_VALUE,
                None,
            )
        assert refusal_of(lambda: device.launch("sum", [four], [four], {})) == (INVALID_VALUE, ADAPTER_LAYER)

    def test_an_unknown_operation_or_dtype_is_unsupported(self, device: Device) -> None:
        one = Tensor(device.allocate(16), "float32", (1,))
        assert refusal_of(lambda: device.launch("__class__", [one], [one], {})) == (UNSUPPORTED, ADAPTER_LAYER)
        odd = Tensor(one.buffer, "float12", (1,))
        assert refusal_of(lambda: device.launch("exp", [odd], [one], {}))[0] == UNSUPPORTED
        assert not device.supports("frobnicate", ["float32", "float32"])
        assert not device.supports("exp", ["float12", "float12"])

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
    def test_it_supports_what_it_can_launch(self, device: Device, dtype: str) -> None:
        assert device.supports("add", [dtype] * 3)
        assert device.supports("less", [dtype, dtype, "bool"])
        assert device.supports("matmul", [dtype] * 3)
        assert device.supports("gemm", [dtype] * 4)
        assert device.supports("argmax", [dtype, "int64"])
        assert not device.supports("exp", [dtype, "bool"])

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int32"])
    def test_operations_that_are_exact_give_exact_results(self, device: Device, dtype: str) -> None:
        x, y = array([[1, 2, 3], [4, 5, 6]], dtype), array([1, 0, 2], dtype)
        found: dict[str, Any] = {
            "subtract": elementwise(device, "subtract", x, y),
            "where": elementwise(device, "where", np.array([[True], [False]]), x, y),
            "greater": elementwise(device, "greater", x, y, dtype="bool"),
            "sum": launch(device, "sum", [x], dtype, (2,), axis=1),
            "max": launch(device, "max", [x], dtype, (1, 3), axis=0, keepdims=True),
            "argmin": launch(device, "argmin", [x], "int64", ()),
            "matmul": launch(device, "matmul", [x, y[:, None]], dtype, (2, 1)),
            "cast": elementwise(device, "cast", x, dtype="float64"),
        }
        expected = {
            "subtract": [[0, 2, 1], [3, 5, 4]],
            "where": [[1, 2, 3], [1, 0, 2]],
            "greater": [[False, True, True], [True, True, True]],
            "sum": [6, 15],
            "max": [[4, 5, 6]],
            "argmin": 0,
            "matmul": [[7], [16]],
            "cast": [[1, 2, 3], [4, 5, 6]],
        }
        assert {name: values.tolist() for name, values in found.items()} == expected

    @pytest.mark.parametrize("dtype", ["float16", "float32"])
    def test_gemm_is_alpha_a_b_plus_beta_c_and_a_factor_of_zero_reads_nothing(self, device: Device, dtype: str) -> None:
        a, b = array([[1, 2], [3, 4], [5, 6]], dtype), array([[1, 0], [1, 1], [0, 1]], dtype)
        c, nan = array([[1, 1], [1, 1]], dtype), array(np.full((3, 2), np.nan), dtype)
        options = {"alpha": 2.0, "beta": 3.0, "transpose_a": True, "transpose_b": False}
        assert launch(device, "gemm", [a, b, c], dtype, (2, 2), **options).tolist() == [[11, 19], [15, 23]]
        unread = {**options, "beta": 0.0}
        assert launch(device, "gemm", [a, b, nan[:2]], dtype, (2, 2), **unread).tolist() == [[8, 16], [12, 20]]
        unread = {**options, "alpha": 0.0}
        assert launch(device, "gemm", [nan, nan, c], dtype, (2, 2), **unread).tolist() == [[3, 3], [3, 3]]

    def test_products_of_short_operands_are_widened_to_the_result(self, device: Device) -> None:
        x = array([[100, 100]], "int8")
        assert launch(device, "matmul", [x, x.T.copy()], "int32", (1, 1)).tolist() == [[20000]]
        assert launch(device, "sum", [x], "int32", ()).tolist() == 200

    def test_a_result_of_another_dtype_is_not_converted_in_silence(self, device: Device) -> None:
        x = array([1, 2], "float32")
        assert refusal_of(lambda: launch(device, "add", [x, x], "float16", (2,))) == (UNSUPPORTED, None)

    def test_only_the_elements_of_a_strided_output_are_written(self, device: Device) -> None:
        source, target = device.allocate(2), device.allocate(5)
        device.write(source, b"\1\2")
        device.write(target, b".....")
        device.launch("square", [Tensor(source, "int8", (2,))], [Tensor(target, "int8", (2,), (2,), 1)], {})
        assert device.read(target, 5) == b".\1.\4."
        overlapping = Tensor(target, "int8", (2,), (0,))
        call = lambda: device.launch("square", [Tensor(source, "int8", (2,))], [overlapping], {})  # noqa: E731
        assert refusal_of(call) == (INVALID_VALUE, ADAPTER_LAYER)

    def test_operands_too_few_or_too_many_are_the_adapters_answer_and_change_nothing(self, device: Device) -> None:
        buffers = [device.allocate(4) for _ in range(4)]
        for buffer in buffers:
            device.write(buffer, b"\1\2\3\4")
        tensors = [Tensor(buffer, "int8", (4,)) for buffer in buffers]
        for operation, count in (("add", 1), ("add", 3), ("square", 0), ("square", 2), ("where", 2), ("sum", 2)):
            call = lambda n=count, op=operation: device.launch(op, tensors[:n], tensors[3:], {})  # noqa: E731
            assert refusal_of(call) == (INVALID_VALUE, ADAPTER_LAYER)
            assert not device.supports(operation, ["int8"] * (count + 1))
        assert [device.read(buffer, 4) for buffer in buffers] == [b"\1\2\3\4"] * 4

    def test_other_names_of_a_dtype_are_not_known(self, device: Device) -> None:
        x = Tensor(device.allocate(8), "float", (1,))
        assert not device.supports("square", ["float", "float"])
        assert refusal_of(lambda: device.launch("square", [x], [x], {}))[0] == UNSUPPORTED

    def test_infinities_and_nan_are_results_like_others(self, device: Device) -> None:
        found = elementwise(device, "divide", array([1, 0, -1], "float32"), array([0, 0, 0], "float32"))
        assert np.isinf(found).tolist() == [True, False, True]
        assert np.isnan(found[1])

    def test_it_says_who_answers(self, device: Device) -> None:
        description = device.describe()
        assert not description.simulated
        assert description.layers["*"] == description.name
        assert description.layers["release"] == ADAPTER_LAYER

    def test_closing_forgets_every_buffer(self, device: Device) -> None:
        buffer = device.allocate(1)
        device.close()
        assert refusal_of(lambda: device.read(buffer, 1)) == (INVALID_HANDLE, ADAPTER_LAYER)
