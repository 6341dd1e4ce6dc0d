"""Functions of each element by itself that are one node of ONNX, by the node's name.

Not here, since ONNX has no such operator: floor_divide, trunc, copysign, nextafter, not_equal, isfinite, signbit,
expm1, log1p, log2, log10, atan2, hypot, logaddexp; and clip, whose bounds are one number for all elements there. This
file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled, same
from harness.device.protocol import UNSUPPORTED, DeviceError

#: The interface's name, and that of ONNX.
_NODES: Mapping[str, str] = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "sqrt": "Sqrt",
    "reciprocal": "Reciprocal",
    "positive": "Identity",
    "negative": "Neg",
    "abs": "Abs",
    "sign": "Sign",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "maximum": "Max",
    "minimum": "Min",
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
}
#: Operators on bits; ONNX has those on truth values under other names.
_BITWISE: Mapping[str, tuple[str, str]] = {
    "bitwise_and": ("BitwiseAnd", "And"),
    "bitwise_or": ("BitwiseOr", "Or"),
    "bitwise_xor": ("BitwiseXor", "Xor"),
    "bitwise_invert": ("BitwiseNot", "Not"),
}


def _bitwise(bits: str, truth: str) -> Spelled:
    def node(launch: Launch) -> Node:
        return Node(truth if launch.inputs[0].dtype.name == "bool" else bits, launch.inputs)

    return node


def _remainder(launch: Launch) -> Node:
    if launch.inputs[0].dtype.kind not in "iu":
        raise DeviceError(UNSUPPORTED, "of real numbers Mod has C's fmod only, whose sign is the dividend's")
    return Node("Mod", launch.inputs)


def _square(launch: Launch) -> Node:
    """ONNX has no square: the product of the operand with itself."""
    return Node("Mul", [launch.inputs[0], launch.inputs[0]])


TABLE: Mapping[str, Spelled] = {
    **{name: same(operator) for name, operator in _NODES.items()},
    **{name: _bitwise(*operators) for name, operators in _BITWISE.items()},
    "remainder": _remainder,
    "square": _square,
    "bitwise_left_shift": same("BitShift", direction="LEFT"),
    "bitwise_right_shift": same("BitShift", direction="RIGHT"),
}
