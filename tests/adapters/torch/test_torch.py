"""``torch:DEVICE`` as a device, on the processor: what is torch's own answer, and what the adapter's."""

from __future__ import annotations

import pytest
import torch

from harness.adapters.torch import TorchLibrary, hardware_facts, open_torch
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
from tests.adapters.conduct import ArrayLibraryConduct, refusal_of


@pytest.fixture
def device() -> Device:
    return open_torch("cpu")


class TestTorch(ArrayLibraryConduct):
    """torch, held to the common conduct."""


def test_a_name_torch_does_not_know_is_a_matter_of_usage() -> None:
    with pytest.raises(UsageError, match="'tpu9'"):
        open_torch("tpu9")


def test_a_device_that_is_not_there_is_unfit() -> None:
    with pytest.raises(DeviceUnfit, match="torch cannot use mps"):
        open_torch("mps")


def test_it_computes_with_one_thread_and_says_so(device: Device) -> None:
    facts = device.describe().facts
    assert (facts["threads"], torch.get_num_threads()) == (1, 1)
    assert facts["torch"] == torch.__version__
    assert hardware_facts(torch.device("cpu")) == {}


def test_it_says_when_subnormals_are_flushed(device: Device) -> None:
    assert device.describe().facts["flushes_subnormals"] is False
    assert torch.set_flush_denormal(True)
    try:
        assert device.describe().facts["flushes_subnormals"] is True
    finally:
        torch.set_flush_denormal(False)


def test_a_processor_has_no_streams_of_its_own(device: Device) -> None:
    assert device.describe().layers["stream"] == ADAPTER_LAYER


def test_negative_strides_are_torchs_to_refuse(device: Device) -> None:
    backwards, target = Tensor(device.allocate(3), "int8", (3,), (-1,), 2), Tensor(device.allocate(3), "int8", (3,))
    assert refusal_of(lambda: device.launch("square", [backwards], [target], {})) == (UNSUPPORTED, None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), OUT_OF_MEMORY),
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), DEVICE_LOST),
        (torch.AcceleratorError("CUDA error: invalid argument"), INVALID_VALUE),
        (NotImplementedError("\"exp_vml_cpu\" not implemented for 'Float8_e5m2'"), UNSUPPORTED),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), INVALID_VALUE),
    ],
)
def test_torchs_errors_are_translated_into_the_standard_kinds(error: Exception, kind: str) -> None:
    assert TorchLibrary(torch.device("cpu")).translate(error).kind == kind
