"""``onnxruntime:PROVIDER`` as a device: who answers, what is refused, and that nothing is computed elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from harness.adapters.onnxruntime import OnnxRuntimeLibrary, open_onnxruntime
from harness.adapters.registry import open_device
from harness.device.protocol import (
    ADAPTER_LAYER,
    DEVICE_LOST,
    INVALID_VALUE,
    OUT_OF_MEMORY,
    UNSUPPORTED,
    Device,
    Tensor,
)
from harness.errors import DeviceUnfit, UsageError
from harness.interface.catalogue import load_interface
from tests.adapters.conduct import refusal_of
from tests.simulator.claims import claims
from tests.simulator.launching import array, elementwise, launch

CPU, REMOTE = "CPUExecutionProvider", "AzureExecutionProvider"


@pytest.fixture(scope="module")
def device() -> Device:
    return open_device(f"onnxruntime:{CPU}", claims())


def test_it_says_what_computes_and_how(device: Device) -> None:
    facts = device.describe().facts
    assert (facts["onnxruntime"], facts["onnx"]) == (onnxruntime.__version__, onnx.__version__)
    assert (facts["provider"], facts["opset"], facts["threads"]) == (CPU, 23, 1)
    assert facts["available_providers"] == onnxruntime.get_available_providers()


def test_only_launches_are_onnxruntimes_own_answer(device: Device) -> None:
    layers = dict(device.describe().layers)
    assert layers.pop("*") == "onnxruntime"
    memory_and_order = "allocate release write read copy stream event record wait elapsed synchronize close"
    assert layers == dict.fromkeys(memory_and_order.split(), ADAPTER_LAYER)


def test_a_provider_onnxruntime_does_not_know_is_a_matter_of_usage() -> None:
    for name in ("", "cpu", "CpuExecutionProvider"):
        with pytest.raises(UsageError, match=CPU):
            open_onnxruntime(name)


def test_a_provider_this_build_lacks_is_unfit_and_never_replaced_by_the_processor() -> None:
    lacking = next(p for p in onnxruntime.get_all_providers() if p not in onnxruntime.get_available_providers())
    with pytest.raises(DeviceUnfit, match=f"built without {lacking}"):
        open_onnxruntime(lacking)


def test_a_provider_that_does_not_start_is_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = next(p for p in onnxruntime.get_all_providers() if p not in onnxruntime.get_available_providers())
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [lacking, CPU])
    with pytest.raises(DeviceUnfit, match=f"cannot start {lacking}"), pytest.warns(UserWarning, match=lacking):
        open_onnxruntime(lacking)


@pytest.mark.skipif(REMOTE not in onnxruntime.get_available_providers(), reason="a build without remote models")
def test_what_another_provider_does_not_take_is_unsupported_and_not_left_to_the_processor() -> None:
    """The provider of remote models takes no node of the standard; without it the processor would compute them all."""
    remote = open_onnxruntime(REMOTE)
    for operation in load_interface().operations.values():
        types = operation.types[0]
        assert not remote.supports(operation.name, (*types.inputs, *types.outs))
    x = array([1, 2], "float32")
    assert refusal_of(lambda: launch(remote, "add", [x, x], "float32", (2,))) == (UNSUPPORTED, None)


def test_a_type_without_a_kernel_is_unsupported(device: Device) -> None:
    x = array([1, 2], "bfloat16")
    assert not device.supports("add", ["bfloat16"] * 3)
    assert refusal_of(lambda: launch(device, "add", [x, x], "bfloat16", (2,))) == (UNSUPPORTED, None)


def test_a_result_of_another_dtype_is_not_converted_in_silence(device: Device) -> None:
    x = array([1, 2], "float32")
    assert refusal_of(lambda: launch(device, "add", [x, x], "float16", (2,))) == (UNSUPPORTED, None)
    assert refusal_of(lambda: launch(device, "sum", [array([1, 2], "int32")], "int64", ())) == (UNSUPPORTED, None)


def test_shapes_that_do_not_fit_are_onnxruntimes_to_refuse(device: Device) -> None:
    three, four = array([1, 2, 3], "float32"), array([1, 2, 3, 4], "float32")
    for operation, out in (("add", (3,)), ("vecdot", ()), ("matmul", ())):
        call = lambda op=operation, shape=out: launch(device, op, [three, four], "float32", shape)  # noqa: E731
        assert refusal_of(call) == (INVALID_VALUE, None)


def test_an_operation_or_a_dtype_it_has_no_word_for_is_unsupported(device: Device) -> None:
    one = Tensor(device.allocate(16), "float32", (1,))
    assert refusal_of(lambda: device.launch("__class__", [one], [one], {})) == (UNSUPPORTED, ADAPTER_LAYER)
    odd = Tensor(one.buffer, "int4", (1,))
    assert refusal_of(lambda: device.launch("positive", [odd], [odd], {}))[0] == UNSUPPORTED


def test_views_are_read_as_they_lie_and_only_the_elements_of_the_output_are_written(device: Device) -> None:
    source, target = device.allocate(5), device.allocate(5)
    device.write(source, bytes([1, 9, 2, 9, 3]))
    device.write(target, b".....")
    backwards = Tensor(source, "int8", (3,), (-2,), 4)
    device.launch("positive", [backwards], [Tensor(target, "int8", (3,), (2,))], {})
    assert device.read(target, 5) == b"\3.\2.\1"


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float16"])
def test_types_that_numpy_lacks_go_in_and_come_out_bit_for_bit(device: Device, dtype: str) -> None:
    values = array([0.0, -0.0, 1.5, -2.0, 0.0078125], dtype)
    same = elementwise(device, "positive", values)
    assert same.tobytes() == values.tobytes()
    assert elementwise(device, "cast", values, dtype="float32").tolist() == [0, 0, 1.5, -2, 0.0078125]
    back = elementwise(device, "cast", array([1.5, -2], "float32"), dtype=dtype)
    assert back.tobytes() == array([1.5, -2], dtype).tobytes()
    empty = elementwise(device, "positive", values[:0])
    assert (empty.dtype, empty.shape) == (values.dtype, (0,))


def test_attributes_that_differ_in_the_sign_of_zero_are_not_the_same_model(device: Device) -> None:
    x = array(np.ones((1, 1)), "float32")
    signs = [
        np.signbit(launch(device, "Gemm", [x, x], "float32", (1, 1), alpha=alpha)).tolist() for alpha in (0.0, -0.0)
    ]
    assert signs == [[[False]], [[True]]]


def test_sessions_are_kept_and_their_number_is_bounded(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.adapters.onnxruntime_models import sessions

    opened: list[bytes] = []
    original = sessions.open_session

    def counted(model: bytes, provider: str) -> Any:
        opened.append(model)
        return original(model, provider)

    monkeypatch.setattr(sessions, "open_session", counted)
    monkeypatch.setattr(sessions, "_KEPT", 2)
    device = open_onnxruntime(CPU)
    for length in (1, 2, 3):
        elementwise(device, "exp", array(np.ones(length), "float32"))
    assert len(opened) == 1
    for operation in ("sqrt", "exp", "abs", "exp"):  # the one asked last is kept
        elementwise(device, operation, array([1], "float32"))
    assert len(opened) == 3
    elementwise(device, "sqrt", array([1], "float32"))
    assert len(opened) == 4


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), OUT_OF_MEMORY),
        (RuntimeError("std::bad_alloc"), OUT_OF_MEMORY),
        (RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory"), OUT_OF_MEMORY),
        (RuntimeError("[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation"), UNSUPPORTED),
        (RuntimeError("[ONNXRuntimeError] : 16 : DEVICE_RESET : gone"), DEVICE_LOST),
        (RuntimeError("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions"), INVALID_VALUE),
    ],
)
def test_its_errors_are_translated_into_the_standard_kinds(error: Exception, kind: str) -> None:
    assert OnnxRuntimeLibrary(CPU, 23, {}).translate(error).kind == kind
