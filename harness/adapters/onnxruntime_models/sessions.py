"""Models of one node, and the sessions that run them on one provider.

One model serves every shape of its operands' ranks, so that sessions can be kept. This file travels to the far side of
a place: onnx and onnxruntime only, Python 3.8 or later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import onnxruntime
from onnx import AttributeProto, defs, helper

from harness.adapters.onnxruntime_models.node import Node, Tensor
from harness.adapters.onnxruntime_models.values import array_of, element_type, value_of
from harness.device.protocol import UNSUPPORTED, DeviceError

#: The provider that onnxruntime falls back to.
CPU = "CPUExecutionProvider"

#: How many sessions are kept: each holds the memory it once computed in.
_KEPT = 256

#: What onnxruntime says at a model that it has no kernel for, or no kernel on the provider.
_LACKING = ("NOT_IMPLEMENTED", "Type Error", "TypeInferenceError", "fallback to CPU EP has been explicitly disabled")


class Sessions:
    """Runs nodes on one execution provider, and nowhere else: what the provider does not take is refused."""

    def __init__(self, provider: str, opset: int) -> None:
        self._provider = provider
        self._opset = opset
        self._sessions: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def run(self, node: Node, outputs: Sequence[Any]) -> Sequence[Any]:
        """The outputs of a node, of these dtypes.

        Raises ``DeviceError`` (unsupported) where onnxruntime has no such node for these types or would run it on
        another provider; whatever else it raises goes through.
        """
        session = self._session(node, outputs)
        feeds = {f"i{number}": value_of(operand) for number, operand in enumerate(node.operands)}
        found = session.run_with_ort_values(None, feeds)
        return [array_of(value, dtype) for value, dtype in zip(found, outputs)]

    def _session(self, node: Node, outputs: Sequence[Any]) -> Any:
        attributes = _typed(node, self._opset)
        types = [(operand.dtype.name, operand.ndim) for operand in node.operands]
        # By their spelling: 0.0 and -0.0 are equal, and are not the same attribute.
        key = (node.operator, *types, "to", *(dtype.name for dtype in outputs), repr(sorted(attributes.items())))
        if key not in self._sessions:
            self._sessions[key] = self._open(node, attributes, outputs)
            if len(self._sessions) > _KEPT:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(key)
        return self._sessions[key]

    def _open(self, node: Node, attributes: Mapping[str, Any], outputs: Sequence[Any]) -> Any:
        model = model_of(node, attributes, outputs, self._opset)
        try:
            return open_session(model, self._provider)
        except Exception as error:
            if any(words in str(error) for words in _LACKING):
                raise DeviceError(UNSUPPORTED, str(error)) from error
            raise


def model_of(node: Node, attributes: Mapping[str, Any], outputs: Sequence[Any], opset: int) -> bytes:
    """A model of one node, as ONNX's file; the lengths of axes are left open."""
    given = [
        helper.make_tensor_value_info(
            f"i{number}", element_type(operand.dtype), [f"i{number}_{axis}" for axis in range(operand.ndim)]
        )
        for number, operand in enumerate(node.operands)
    ]
    found = [
        helper.make_tensor_value_info(f"o{number}", element_type(dtype), None) for number, dtype in enumerate(outputs)
    ]
    made = helper.make_node(node.operator, [i.name for i in given], [o.name for o in found], **attributes)
    graph = helper.make_graph([made], "launch", given, found)
    operators = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=operators, ir_version=helper.find_min_ir_version_for(operators))
    return bytes(model.SerializeToString())


def session_options() -> Any:
    """What every session is told: to run the model as it is, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return options


def open_session(model: bytes, provider: str) -> Any:
    """A session that runs a model on this provider alone; what it does not take is not left to the processor."""
    options = session_options()
    if provider != CPU:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return onnxruntime.InferenceSession(model, options, [provider], enable_fallback=0)


def _typed(node: Node, opset: int) -> Mapping[str, Any]:
    """Attributes in the types that ONNX gives them, so that a whole number may stand for a real one."""
    known = defs.get_schema(node.operator, opset).attributes
    return {name: _attribute(known[name].type if name in known else None, v) for name, v in node.attributes.items()}


def _attribute(kind: Any, value: Any) -> Any:
    if isinstance(value, Tensor):
        return helper.make_tensor("value", element_type(value.dtype), [1], value.data, raw=True)
    if isinstance(value, (bool, int)):
        return float(value) if kind is not None and kind.value == AttributeProto.FLOAT else int(value)
    return value
