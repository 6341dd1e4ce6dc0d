"""onnxruntime as a device: every launch is a model of one node, run on the processor.

Its operations are those the interface has from ONNX, with the attributes of the launch as they are, and those of the
array API that ONNX has under another name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from harness.adapters.library import LibraryDevice
from harness.adapters.numpy import NumpyLibrary
from harness.adapters.numpy_operations import OPERATIONS
from harness.adapters.spelling import Spelling
from harness.adapters.synchronous import SynchronousStreams
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError

#: The set of operators that models name, and the version of the file that onnxruntime still reads.
OPSET, FILE = 23, 11

#: Operations of the array API that are one node of ONNX, by the node's name.
NODES: Mapping[str, str] = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "sqrt": "Sqrt",
    "reciprocal": "Reciprocal",
    "negative": "Neg",
    "abs": "Abs",
    "sign": "Sign",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "maximum": "Max",
    "minimum": "Min",
    "clip": "Clip",
    "where": "Where",
    "equal": "Equal",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "isnan": "IsNaN",
    "isinf": "IsInf",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_xor": "Xor",
    "logical_not": "Not",
    "exp": "Exp",
    "log": "Log",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "asin": "Asin",
    "acos": "Acos",
    "atan": "Atan",
    "sinh": "Sinh",
    "cosh": "Cosh",
    "tanh": "Tanh",
    "asinh": "Asinh",
    "acosh": "Acosh",
    "atanh": "Atanh",
    "pow": "Pow",
    "matmul": "MatMul",
}
#: Reductions, whose axes are an operand there.
REDUCTIONS: Mapping[str, str] = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "prod": "ReduceProd",
    "max": "ReduceMax",
    "min": "ReduceMin",
}

Arrays = Sequence[Any]


def open_onnxruntime(profile: object = None) -> LibraryDevice:
    """onnxruntime on this processor."""
    return LibraryDevice(OnnxRuntime(), SynchronousStreams())


class OnnxRuntime(NumpyLibrary):
    """Buffers are numpy's, and onnxruntime computes."""

    name = "onnxruntime"

    @property
    def operations(self) -> Mapping[str, Spelling]:  # type: ignore[override]
        """Nodes of one name here and there, those of another name, and reductions."""
        return _OPERATIONS

    def facts(self) -> dict[str, Any]:
        """The releases."""
        return {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}

    def translate(self, error: Exception) -> DeviceError:
        """A node or a type that it has no kernel for is unsupported."""
        if "NOT_IMPLEMENTED" in str(error) or "INVALID_GRAPH" in str(error) or "bfloat16" in str(error):
            return DeviceError(UNSUPPORTED, str(error))
        return DeviceError(INVALID_VALUE, str(error))


def _node(node: str, xp: Any, inputs: Arrays, attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    types = tuple(np.dtype(result) for result in results)
    if node == "QuantizeLinear" and len(inputs) == 2:  # a launch says by its output what is left out here
        attributes = {**attributes, "output_dtype": helper.np_dtype_to_tensor_dtype(types[0])}
    return _run(node, inputs, types, attributes)


def _reduce(node: str, xp: Any, inputs: Arrays, attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    axis = attributes.get("axis")
    axes = range(inputs[0].ndim) if axis is None else np.atleast_1d(axis)
    operands = [inputs[0], np.array(axes, np.int64)]
    return _run(node, operands, (inputs[0].dtype,), {"keepdims": int(attributes.get("keepdims", False))})


def _run(node: str, operands: Arrays, results: Sequence[Any], attributes: Mapping[str, Any]) -> Sequence[Any]:
    given = tuple(sorted((name, tuple(v) if isinstance(v, list) else v) for name, v in attributes.items()))
    ranks = tuple((operand.dtype, operand.ndim) for operand in operands)
    session = _session(node, ranks, tuple(results), given)
    named = {
        f"i{number}": np.ascontiguousarray(operand).reshape(operand.shape) for number, operand in enumerate(operands)
    }
    found: Sequence[Any] = session.run(None, named)
    return found


@cache
def _session(node: str, operands: Sequence[Any], results: Sequence[Any], attributes: Sequence[Any]) -> Any:
    """A model of one node; axes have no lengths, so that one model serves all shapes of a rank."""

    def named(letter: str, number: int, dtype: Any, rank: int | None) -> Any:
        lengths = None if rank is None else [f"{letter}{number}_{axis}" for axis in range(rank)]
        return helper.make_tensor_value_info(f"{letter}{number}", helper.np_dtype_to_tensor_dtype(dtype), lengths)

    inputs = [named("i", number, *operand) for number, operand in enumerate(operands)]
    outputs = [named("o", number, dtype, None) for number, dtype in enumerate(results)]
    kept = {name: list(value) if isinstance(value, tuple) else value for name, value in attributes}
    made = helper.make_node(node, [i.name for i in inputs], [o.name for o in outputs], **kept)
    graph = helper.make_graph([made], "launch", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FILE)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def _spelled() -> Mapping[str, Spelling]:
    """The examples, to try them on, are those that numpy is tried on."""
    same = {name: name for name in OPERATIONS if name[0].isupper()}
    computes = {
        **{name: partial(_node, node) for name, node in {**same, **NODES}.items()},
        **{name: partial(_reduce, node) for name, node in REDUCTIONS.items()},
    }
    return {
        name: Spelling(compute, OPERATIONS[name].example, OPERATIONS[name].least, stretches=OPERATIONS[name].stretches)
        for name, compute in computes.items()
    }


_OPERATIONS = _spelled()
