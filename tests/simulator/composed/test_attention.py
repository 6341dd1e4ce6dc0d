"""Attention and rotation on the simulated device: their definitions, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor
from harness.profile.store import load_profile
from harness.simulator.runtime import SimulatedDevice

Array = NDArray[Any]
Shape = tuple[int, ...]


def launched(
    operation: str,
    operands: Sequence[Array],
    shapes: Sequence[Shape],
    attributes: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> list[Array]:
    """The results of a launch on operands, in the first operand's dtype."""
    device = SimulatedDevice(load_profile("reference/ieee"))
    inputs = []
    for array in operands:
        buffer = device.allocate(max(array.nbytes, 8))
        device.write(buffer, array.tobytes())
        inputs.append(Tensor(buffer, array.dtype.name, array.shape))
    kind = numpy_dtype(dtype or operands[0].dtype.name)
    targets = [device.allocate(math.prod(shape) * kind.itemsize + 8) for shape in shapes]
    outputs = [Tensor(target, kind.name, shape) for target, shape in zip(targets, shapes, strict=True)]
    device.launch(operation, inputs, outputs, dict(attributes or {}))
    device.synchronize()
    found = [
        device.read(target, math.prod(shape) * kind.itemsize) for target, shape in zip(targets, shapes, strict=True)
    ]
    return [np.frombuffer(data, kind).reshape(shape) for data, shape in zip(found, shapes, strict=True)]


def ones(*shape: int, dtype: str = "float32") -> Array:
    return np.ones(shape, numpy_dtype(dtype))


def test_two_keys_are_weighted_by_the_exponential_of_their_distance() -> None:
    q, k = ones(1, 1, 1, 1), np.array([1.0, 3.0], np.float32).reshape(1, 1, 2, 1)
    v = np.array([0.0, 1.0], np.float32).reshape(1, 1, 2, 1)
    (found,) = launched("Attention", [q, k, v], [(1, 1, 1, 1)])
    assert found.item() == pytest.approx(1 / (1 + math.exp(-2)), rel=1e-6)


def test_each_weight_of_16_bit_operands_is_rounded_to_their_type() -> None:
    q, k = ones(1, 1, 1, 1, dtype="bfloat16"), np.array([0.0, 1.0]).astype(numpy_dtype("bfloat16")).reshape(1, 1, 2, 1)
    v = np.array([128.0, 0.0]).astype(numpy_dtype("bfloat16")).reshape(1, 1, 2, 1)
    (found,) = launched("Attention", [q, k, v], [(1, 1, 1, 1)])
    weight = np.float32(np.asarray(np.exp(np.float32(-1))).astype(numpy_dtype("bfloat16")))
    expected = np.asarray(weight * 128 / (1 + np.exp(np.float32(-1)))).astype(numpy_dtype("bfloat16"))
    assert found.item() == expected


def test_the_cache_is_the_past_followed_by_what_is_new() -> None:
    k, past = 2 * ones(1, 2, 1, 3), ones(1, 2, 2, 3)
    v, past_v = 4 * ones(1, 2, 1, 2), 3 * ones(1, 2, 2, 2)
    operands = [ones(1, 2, 1, 3), k, v, np.ones((1, 3), np.bool_), past, past_v]
    _, keys, values = launched("AttentionWithCache", operands, [(1, 2, 1, 2), (1, 2, 3, 3), (1, 2, 3, 2)])
    assert keys[0, 1, :, 0].tolist() == [1, 1, 2]
    assert values[0, 1, :, 0].tolist() == [3, 3, 4]


def test_a_quarter_turn_exchanges_the_two_of_a_pair() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0], np.float32).reshape(1, 1, 1, 4)
    cos, sin = np.zeros((1, 2), np.float32), ones(1, 2)
    first = np.zeros((1, 1), np.int64)
    (halves,) = launched("RotaryEmbedding", [x, cos, sin, first], [(1, 1, 1, 4)])
    (neighbours,) = launched("RotaryEmbedding", [x, cos, sin, first], [(1, 1, 1, 4)], {"interleaved": 1})
    assert halves.ravel().tolist() == [-3, -4, 1, 2]
    assert neighbours.ravel().tolist() == [-2, 1, -4, 3]


_Q, _K, _V = (2, 4, 3, 6), (2, 2, 5, 6), (2, 2, 5, 7)
_Y = (2, 4, 3, 7)


@pytest.mark.parametrize(
    ("shapes", "out", "attributes"),
    [
        ((_Q, _K, (2, 2, 4, 7)), _Y, {}),
        ((_Q, (2, 2, 5, 5), _V), _Y, {}),
        ((_Q, (1, 2, 5, 6), (1, 2, 5, 7)), _Y, {}),
        (((2, 5, 3, 6), _K, _V), (2, 5, 3, 7), {}),
        ((_Q, _K, _V, (2, 4)), _Y, {}),
        ((_Q, _K, _V), (2, 4, 3, 6), {}),
        ((_Q, _K, _V), _Y, {"is_causal": 2}),
        ((_Q, _K, _V), _Y, {"scale": "large"}),
        ((_Q, _K, _V), _Y, {"softcap": -1.0}),
        ((_Q, _K, _V), _Y, {"softmax_precision": 10}),
        ((_Q, _K, _V), _Y, {"heads": 4}),
        (((2, 3, 24), (2, 5, 12), (2, 5, 14)), (2, 3, 28), {}),
        (((2, 3, 24), (2, 5, 12), (2, 5, 14)), (2, 3, 28), {"q_num_heads": 5, "kv_num_heads": 2}),
        (((3, 24), (5, 12), (5, 14)), (3, 28), {"q_num_heads": 4, "kv_num_heads": 2}),
    ],
)
def test_operands_that_do_not_go_together_are_refused(
    shapes: Sequence[Shape], out: Shape, attributes: Mapping[str, Any]
) -> None:
    with pytest.raises(DeviceError) as refused:
        launched("Attention", [ones(*shape) for shape in shapes], [out], attributes)
    assert refused.value.kind == INVALID_VALUE


@pytest.mark.parametrize("past", [((2, 2, 3, 6), (2, 2, 4, 7)), ((2, 4, 3, 6), (2, 4, 3, 7)), ((2, 3, 6), (2, 3, 7))])
def test_a_past_of_another_shape_is_refused(past: tuple[Shape, Shape]) -> None:
    operands = [ones(*_Q), ones(*_K), ones(*_V), np.ones((3, 8), np.bool_), *(ones(*shape) for shape in past)]
    with pytest.raises(DeviceError) as refused:
        launched("AttentionWithCache", operands, [_Y, (2, 2, 8, 6), (2, 2, 8, 7)])
    assert refused.value.kind == INVALID_VALUE


def test_operands_of_several_types_are_not_supported() -> None:
    with pytest.raises(DeviceError) as refused:
        launched("Attention", [ones(*_Q), ones(*_K, dtype="float16"), ones(*_V)], [_Y])
    assert refused.value.kind == UNSUPPORTED


@pytest.mark.parametrize(
    ("shapes", "attributes"),
    [
        (((1, 1, 2, 5), (1, 2, 2), (1, 2, 2)), {}),
        (((1, 1, 2, 4), (1, 2, 2), (1, 2, 1)), {}),
        (((1, 1, 2, 4), (1, 3, 2), (1, 3, 2)), {}),
        (((1, 1, 2, 4), (2, 2), (2, 2)), {}),
        (((1, 2, 8), (1, 2, 2), (1, 2, 2)), {}),
        (((1, 2, 8), (1, 2, 2), (1, 2, 2)), {"num_heads": 3}),
        (((1, 1, 2, 4), (1, 2, 3), (1, 2, 3)), {"rotary_embedding_dim": 6}),
        (((1, 1, 2, 4), (1, 2, 2), (1, 2, 2)), {"interleaved": 2}),
    ],
)
def test_rotations_of_operands_that_do_not_go_together_are_refused(
    shapes: Sequence[Shape], attributes: Mapping[str, Any]
) -> None:
    with pytest.raises(DeviceError) as refused:
        launched("RotaryEmbedding", [ones(*shape) for shape in shapes], [shapes[0]], attributes)
    assert refused.value.kind == INVALID_VALUE


@pytest.mark.parametrize("position", [-1, 3])
def test_a_position_outside_the_caches_is_refused(position: int) -> None:
    operands = [ones(1, 1, 1, 4), ones(3, 2), ones(3, 2), np.array([[position]])]
    with pytest.raises(DeviceError) as refused:
        launched("RotaryEmbedding", operands, [(1, 1, 1, 4)])
    assert refused.value.kind == INVALID_VALUE
