"""Operations as one node each, asked what the interface asks: right, but for what onnxruntime is known to do.

What is wrong in the larger operations of ONNX itself is listed among the peers.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.adapters.onnxruntime import open_onnxruntime
from harness.adapters.onnxruntime_models.operations import OPERATIONS
from harness.device.protocol import UNSUPPORTED
from harness.interface.catalogue import load_interface
from tests.adapters.conduct import refusal_of
from tests.simulator.launching import array, launch
from tests.suites.asking import ask, task, words

DEVICE = open_onnxruntime("CPUExecutionProvider")

#: One row of dtypes of operations of every table, with the classes that it fails and why.
ROWS: Mapping[str, frozenset[str]] = {
    "add/float32": frozenset(),
    "remainder/int32": frozenset(),
    "square/float16": frozenset(),
    "positive/bfloat16": frozenset(),
    "bitwise_and/bool": frozenset(),
    "bitwise_xor/int8": frozenset(),
    "where/float32": frozenset({"special-values"}),  # a minus zero that is chosen comes out as plus zero
    "sum/float64": frozenset(),
    "prod/float32": frozenset(),
    "mean/float32": frozenset({"empty", "shapes"}),  # the mean of nothing is zero
    "argmax/int32": frozenset(),
    "argmax/float32": frozenset({"specials", "nan-positions"}),  # a NaN is passed over
    "any/bool": frozenset({"empty", "shapes"}),  # of nothing it is refused
    "all/bool": frozenset({"empty", "shapes"}),
    "cumulative_sum/float32": frozenset({"arguments"}),  # no sum of nothing before the first
    "full/bfloat16": frozenset(),
    "zeros/bool": frozenset(),
    "eye/int64": frozenset(),
    "arange/float32": frozenset(),
    "concat/int8": frozenset(),
    "permute_dims/bfloat16": frozenset(),
    "flip/float16": frozenset(),
    "tile/float32": frozenset(),
    "reshape/bool": frozenset(),
    "broadcast_to/float64": frozenset(),
    "tril/float32": frozenset(),
    "triu/int64": frozenset(),
    "take/float16": frozenset(),
    "take_along_axis/float32": frozenset(),
    "sort/int32": frozenset(),
    "argsort/int64": frozenset(),
    "vecdot/float32": frozenset(),
    "gemm/float32": frozenset({"alpha-zero"}),  # ONNX reads what is multiplied with zero
    "dot/float64": frozenset(),
    "gemv/float32": frozenset({"alpha-zero"}),
    "nrm2/float64": frozenset({"range", "selector", "overflow", "subnormals"}),  # squares leave the range
    "cast/float32-bfloat16": frozenset(),
    "cast/float8_e5m2-float32": frozenset(),
    "cast/float32-int32": frozenset(),
}
#: What takes long, and asks these nodes nothing new.
NOT_ASKED = frozenset({"long", "huge", "largest", "skinny", "many-batches", "exhaustive-16", "volume"})


@pytest.mark.parametrize("row", ROWS)
def test_every_class_passes_but_those_that_onnxruntime_is_known_to_fail(row: str) -> None:
    about = task(*row.split("/"))
    failed = {
        word
        for word in words(about)
        if word not in NOT_ASKED and any(finding.outcome != "pass" for _, finding in ask(DEVICE, about, word))
    }
    assert failed == ROWS[row]


def test_what_is_spelled_here_is_an_operation_of_the_interface() -> None:
    assert OPERATIONS.keys() <= load_interface().operations.keys()


@pytest.mark.parametrize(
    ("operation", "attributes", "shape"),
    [
        ("cumulative_sum", {"include_initial": True}, (3,)),
        ("fft", {"norm": "ortho"}, (2,)),
        ("fft", {"norm": "forward"}, (2,)),
    ],
)
def test_an_attribute_onnx_has_no_word_for_is_unsupported(
    operation: str, attributes: dict[str, object], shape: tuple[int, ...]
) -> None:
    dtype = "complex64" if operation == "fft" else "float32"
    call = lambda: launch(DEVICE, operation, [array([1, 2], dtype)], dtype, shape, **attributes)  # noqa: E731
    assert refusal_of(call)[0] == UNSUPPORTED


def test_the_remainder_of_real_numbers_is_no_node_of_onnx() -> None:
    """ONNX has C's fmod for them, -7 fmod 2 = -1, where the interface's remainder is 1."""
    assert not DEVICE.supports("remainder", ["float32"] * 3)
    call = lambda: launch(DEVICE, "remainder", [array([-7], "float32"), array([2], "float32")], "float32", (1,))  # noqa: E731
    assert refusal_of(call)[0] == UNSUPPORTED


def test_complex_numbers_are_known_to_transforms_alone() -> None:
    for operation, operands in (("gemv", 3), ("dot", 2), ("nrm2", 1)):
        assert not DEVICE.supports(operation, ["complex64"] * operands + ["float32" if operands == 1 else "complex64"])
    one = array([1], "complex64")
    call = lambda: launch(DEVICE, "gemv", [one.reshape(1, 1), one, one], "complex64", (1,), alpha=[1.0, 2.0])  # noqa: E731
    assert refusal_of(call)[0] == UNSUPPORTED
    assert DEVICE.supports("fft", ["complex64", "complex64"])
    forward = launch(DEVICE, "rfft", [array([1, 2, 3, 4], "float32")], "complex64", (3,))
    assert forward == pytest.approx([10, -2 + 2j, -2], rel=1e-6)
    assert launch(DEVICE, "ifft", [array([4, 0, 0, 0], "complex64")], "complex64", (4,)) == pytest.approx([1, 1, 1, 1])
    assert launch(DEVICE, "irfft", [array([4, 0, 0], "complex64")], "float32", (4,)) == pytest.approx([1, 1, 1, 1])
