"""Operations that the interface has from ONNX itself: their attributes pass through as they are.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled, same
from harness.adapters.onnxruntime_models.values import element_type

_OWN = (
    "Erf Sigmoid Gelu Relu CumSum Gather ScatterND TopK MatMul Gemm Conv MaxPool AveragePool Softmax LogSoftmax "
    "LayerNormalization RMSNormalization MatMulInteger DequantizeLinear Attention RotaryEmbedding"
)


def _cast(launch: Launch) -> Node:
    return Node("Cast", launch.inputs, {"to": element_type(launch.results[0])})


def _quantize(launch: Launch) -> Node:
    """A launch says by its result which type a zero point that is left out would have had."""
    attributes = dict(launch.attributes)
    if len(launch.inputs) == 2:
        attributes["output_dtype"] = element_type(launch.results[0])
    return Node("QuantizeLinear", launch.inputs, attributes)


TABLE: Mapping[str, Spelled] = {
    **{name: same(name) for name in _OWN.split()},
    "AttentionWithCache": same("Attention"),
    "QuantizeLinear": _quantize,
    "cast": _cast,
}
