"""What a table of spellings says of an operation is what the adapter does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from harness.adapters import numpy_operations
from harness.adapters.library import LibraryDevice
from harness.adapters.numpy import NumpyLibrary
from harness.adapters.spelling import Example, Spelling
from harness.adapters.synchronous import SynchronousStreams
from harness.device.protocol import ADAPTER_LAYER, INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.interface.catalogue import load_interface
from tests.simulator.launching import Array, array

INTERFACE = load_interface()

Compute = Callable[[Any, Sequence[Any], Mapping[str, Any], Sequence[Any]], Sequence[Any]]


def device_of(**spellings: Spelling) -> LibraryDevice:
    """numpy with these operations only."""

    class Few(NumpyLibrary):
        operations = spellings

    return LibraryDevice(Few(), SynchronousStreams())


def spelling(compute: Compute, inputs: int, outputs: int, **how: Any) -> Spelling:
    """A spelling whose example has vectors of length one."""
    return Spelling(compute, Example(((1,),) * inputs, ((1,),) * outputs), **how)


def launched(
    device: LibraryDevice, operation: str, inputs: Sequence[Array], outputs: Sequence[Array], **attributes: Any
) -> list[Array]:
    """What stands in outputs, that hold these values before, after a launch."""
    tensors = []
    for values in (*inputs, *outputs):
        buffer = device.allocate(values.nbytes)
        device.write(buffer, values.tobytes())
        tensors.append(Tensor(buffer, values.dtype.name, values.shape))
    device.launch(operation, tensors[: len(inputs)], tensors[len(inputs) :], attributes)
    return contents(device, tensors[len(inputs) :])


def contents(device: LibraryDevice, tensors: Sequence[Tensor]) -> list[Array]:
    """The elements of dense tensors."""
    found = []
    for tensor in tensors:
        out = np.empty(tensor.shape, tensor.dtype)
        found.append(np.frombuffer(device.read(tensor.buffer, out.nbytes), out.dtype).reshape(out.shape))
    return found


def kind_of(call: Callable[[], object]) -> tuple[str, str | None]:
    """The kind of a refusal and the layer it comes from."""
    with pytest.raises(DeviceError) as refusal:
        call()
    return refusal.value.kind, refusal.value.layer


X = array([7, -8, 9], "float32")


def test_each_of_several_results_goes_to_an_output_of_its_own() -> None:
    device = device_of(split=spelling(lambda xp, x, a, r: (xp.abs(x[0]), xp.signbit(x[0])), 1, 2))
    size, sign = launched(device, "split", [X], [np.zeros(3, np.float32), np.zeros(3, np.bool_)])
    assert (size.tolist(), sign.tolist()) == ([7, 8, 9], [False, True, False])
    assert device.supports("split", ["float32", "float32", "bool"])
    assert not device.supports("split", ["float32", "float32"])
    assert kind_of(lambda: launched(device, "split", [X], [X])) == (INVALID_VALUE, ADAPTER_LAYER)


def test_no_output_is_written_where_one_of_them_does_not_fit() -> None:
    device = device_of(split=spelling(lambda xp, x, a, r: (x[0], x[0]), 1, 2))
    buffers = [device.allocate(12) for _ in range(2)]
    device.write(buffers[0], X.tobytes())
    device.write(buffers[1], b"." * 12)
    source, first = (Tensor(buffer, "float32", (3,)) for buffer in buffers)
    for second in (Tensor(device.allocate(8), "float32", (2,)), Tensor(device.allocate(12), "int32", (3,))):
        kind_of(lambda to=second: device.launch("split", [source], [first, to], {}))  # type: ignore[misc]
        assert device.read(buffers[1], 12) == b"." * 12


def test_operands_may_be_left_out_down_to_the_least() -> None:
    device = device_of(total=spelling(lambda xp, x, a, r: (sum(x[1:], x[0]),), 3, 1, least=1))
    out = np.zeros(3, np.float32)
    for count in (1, 2, 3):
        assert launched(device, "total", [X] * count, [out])[0].tolist() == (count * X).tolist()
        assert device.supports("total", ["float32"] * (count + 1))
    for count in (0, 4):
        assert kind_of(lambda n=count: launched(device, "total", [X] * n, [out])) == (  # type: ignore[misc]
            INVALID_VALUE,
            ADAPTER_LAYER,
        )
        assert not device.supports("total", ["float32"] * (count + 1))


def test_results_of_another_dtype_are_rounded_only_where_the_spelling_says_so() -> None:
    widens: Compute = lambda xp, x, a, r: (x[0].astype("float64") / 3,)  # noqa: E731
    device = device_of(third=spelling(widens, 1, 1), rounded=spelling(widens, 1, 1, converts=True))
    out = np.zeros(3, np.float32)
    assert kind_of(lambda: launched(device, "third", [X], [out]))[0] == UNSUPPORTED
    assert not device.supports("third", ["float32", "float32"])
    found = launched(device, "rounded", [X], [out])[0]
    assert found.tobytes() == (X.astype(np.float64) / 3).astype(np.float32).tobytes()


def test_results_fill_a_larger_output_only_where_the_spelling_says_so() -> None:
    same: Compute = lambda xp, x, a, r: (x[0],)  # noqa: E731
    device = device_of(kept=spelling(same, 1, 1), stretched=spelling(same, 1, 1, stretches=True))
    out = np.zeros((2, 3), np.float32)
    assert kind_of(lambda: launched(device, "kept", [X], [out])) == (INVALID_VALUE, ADAPTER_LAYER)
    assert launched(device, "stretched", [X], [out])[0].tolist() == [X.tolist()] * 2
    for wrong in ((3, 2), (2,), ()):
        assert kind_of(lambda s=wrong: launched(device, "stretched", [X], [np.zeros(s, np.float32)])) == (  # type: ignore[misc]
            INVALID_VALUE,
            ADAPTER_LAYER,
        )


def test_the_dtypes_of_results_and_the_attributes_are_told_to_the_spelling() -> None:
    told: list[Any] = []

    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        told.append((dict(attributes), list(results)))
        return (inputs[0].astype(results[0]),)

    device = device_of(told=Spelling(compute, Example(((1,),), ((1,),), {"axis": 0})))
    launched(device, "told", [X], [np.zeros(3, np.int32)], axis=-1)
    assert device.supports("told", ["float32", "float16"])
    assert told == [({"axis": -1}, [np.int32]), ({"axis": 0}, [np.float16])]


def test_without_a_least_all_operands_are_needed() -> None:
    assert spelling(lambda xp, x, a, r: x, 2, 1).arity == (2, 2)
    assert spelling(lambda xp, x, a, r: x, 3, 1, least=1).arity == (1, 3)


@pytest.mark.parametrize("operation", sorted(set(numpy_operations.OPERATIONS) & set(INTERFACE.operations)))
def test_an_operation_is_spelled_as_the_interface_has_it(operation: str) -> None:
    found, asked = numpy_operations.OPERATIONS[operation], INTERFACE.operations[operation]
    assert found.arity[1] <= asked.arity
    assert found.arity[0] >= asked.least or found.arity[0] == 0
    assert len(found.example.outputs) == len(asked.types[0].outs)
    assert set(found.example.attributes) <= set(asked.attributes)


def test_the_mean_of_nothing_is_nan_without_a_word() -> None:
    device = LibraryDevice(NumpyLibrary(), SynchronousStreams())
    (found,) = launched(device, "mean", [np.zeros((2, 0), np.float32)], [np.zeros(2, np.float32)], axis=1)
    assert np.isnan(found).all()
    (counted,) = launched(device, "count_nonzero", [X], [np.zeros((), np.int64)])
    assert counted == 3
