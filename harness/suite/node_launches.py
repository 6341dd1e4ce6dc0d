"""How a node of ONNX is launched: which operation of the interface it is, with which operands and attributes.

Operations of ONNX's own name are launched as they are. Those of the array API are other names for the same: what
ONNX hands over as an operand (axes, shapes, repetitions) is an attribute there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from harness.oracle.problem import Array


class NoLaunch(Exception):
    """A node that cannot be launched here; the message is the reason."""


@dataclass(frozen=True)
class Node:
    """One node case: its operator, operands and attributes, and the results ONNX gives with its tolerance.

    Operands and results that the node leaves out are ``None``.
    """

    name: str
    operator: str
    operands: tuple[Array | None, ...]
    attributes: Mapping[str, Any]
    results: tuple[Array | None, ...]
    rtol: float
    atol: float


@dataclass(frozen=True)
class Launch:
    """A launch of one of our operations, and the results that ONNX gives for it."""

    operation: str
    operands: tuple[Array, ...]
    attributes: Mapping[str, Any]
    results: tuple[Array, ...]


#: What an attribute is where a node says nothing; a node that says so says nothing either. Only attributes that the
#: interface has not are named.
_USUAL: Mapping[str, Any] = {
    "allowzero": 0,
    "block_size": 0,
    "detect_negative": 1,
    "detect_positive": 1,
    "fmod": 0,
    "left_window_size": -1,
    "noop_with_empty_axes": 0,
    "output_dtype": 0,
    "precision": 0,
    "right_window_size": -1,
    "round_mode": "up",
    "select_last_index": 0,
    "stash_type": 1,
}

#: Attributes about results that are not asked: of MaxPool its indices, of Attention its scores.
_OF_OTHER_RESULTS = frozenset({"storage_order", "qk_matmul_output_mode"})

#: Attributes that are yes or no here.
_FLAGS = frozenset({"transA", "transB"})


def _said(node: Node, *taken: str) -> dict[str, Any]:
    """What a node's attributes say beyond what is usual, but for those that are taken care of otherwise."""
    return {
        name: bool(value) if name in _FLAGS else value
        for name, value in node.attributes.items()
        if name not in _OF_OTHER_RESULTS and name not in taken and not (name in _USUAL and value == _USUAL[name])
    }


def _operands(node: Node) -> tuple[Array, ...]:
    """The operands, of which only the last ones may be left out."""
    given = list(node.operands)
    while given and given[-1] is None:
        given.pop()
    present = tuple(operand for operand in given if operand is not None)
    if len(present) != len(given):
        raise NoLaunch("an operand left out that is not the last")
    return present


def _results(node: Node) -> tuple[Array, ...]:
    """The results up to the first that the node leaves out."""
    found: list[Array] = []
    for result in node.results:
        if result is None:
            break
        found.append(result)
    return tuple(found)


def _same(operation: str, node: Node) -> Launch:
    """The node as it is."""
    return Launch(operation, _operands(node), _said(node), _results(node))


def _indexed(operation: str, node: Node) -> Launch:
    """The node as it is; indices are int64 here, and its second operand holds some."""
    first, second, *rest = _operands(node)
    return Launch(operation, (first, second.astype(np.int64), *rest), _said(node), _results(node))


def _reduced(operation: str, node: Node) -> Launch:
    """A reduction: its axes are an operand, and axes of length one stay unless it says otherwise."""
    x, *more = _operands(node)
    axes = [int(axis) for axis in more[0].reshape(-1)] if more else []
    if not axes and node.attributes.get("noop_with_empty_axes", 0):
        raise NoLaunch("no axes, by which nothing is meant to be reduced")
    if x.size == 0 and operation in ("max", "min"):
        raise NoLaunch("an extremum of no elements")
    whole = not axes or len({axis % x.ndim for axis in axes}) == x.ndim
    if len(axes) > 1 and not whole:
        raise NoLaunch("several axes reduced together")
    attributes = {"axis": None if whole else axes[0], "keepdims": bool(node.attributes.get("keepdims", 1))}
    return Launch(operation, (x,), attributes | _said(node, "keepdims"), _results(node))


def _chosen(operation: str, node: Node) -> Launch:
    """An index of an extremum, along the first axis unless the node names another."""
    attributes = {"axis": node.attributes.get("axis", 0), "keepdims": bool(node.attributes.get("keepdims", 1))}
    return Launch(operation, _operands(node), attributes | _said(node, "axis", "keepdims"), _results(node))


def _along(operation: str, node: Node) -> Launch:
    """Elements taken along an axis, the first unless the node names another."""
    launch = _indexed(operation, node)
    return Launch(operation, launch.operands, {"axis": 0} | dict(launch.attributes), launch.results)


def _cached(node: Node) -> Launch:
    """Attention, which has past keys and values or none."""
    operands = _operands(node)
    name = "AttentionWithCache" if len(operands) > 4 else "Attention"
    return Launch(name, operands, _said(node), _results(node))


def _shifted(node: Node) -> Launch:
    name = {"LEFT": "bitwise_left_shift", "RIGHT": "bitwise_right_shift"}[node.attributes["direction"]]
    return Launch(name, _operands(node), _said(node, "direction"), _results(node))


def _permuted(node: Node) -> Launch:
    (x,) = _operands(node)
    axes = list(node.attributes.get("perm", reversed(range(x.ndim))))
    return Launch("permute_dims", (x,), {"axes": axes}, _results(node))


def _shaped(operation: str, node: Node) -> Launch:
    """A change of shape, to the shape of the result."""
    results = _results(node)
    return Launch(operation, _operands(node)[:1], {"shape": list(results[0].shape)}, results)


def _tiled(node: Node) -> Launch:
    x, repeats = _operands(node)
    return Launch("tile", (x,), {"repetitions": [int(count) for count in repeats]}, _results(node))


def _triangle(node: Node) -> Launch:
    x, *diagonal = _operands(node)
    attributes = {"k": int(diagonal[0]) if diagonal else 0}
    return Launch("triu" if node.attributes.get("upper", 1) else "tril", (x,), attributes, _results(node))


def _filled(node: Node) -> Launch:
    results, value = _results(node), node.attributes.get("value")
    number = 0.0 if value is None else value.reshape(-1)[0].item()
    if number == 0:
        raise NoLaunch("nothing but zeros, which any memory may hold")
    return Launch("full", (), {"shape": list(results[0].shape), "fill_value": number}, results)


def _ranged(node: Node) -> Launch:
    start, stop, step = (operand.item() for operand in _operands(node))
    return Launch("arange", (), {"start": start, "stop": stop, "step": step}, _results(node))


def _eye(node: Node) -> Launch:
    results = _results(node)
    rows, columns = results[0].shape
    return Launch("eye", (), {"n_rows": rows, "n_cols": columns, "k": node.attributes.get("k", 0)}, results)


def _cast(node: Node) -> Launch:
    results = _results(node)
    if results[0].dtype.name.startswith("float8") and node.attributes.get("saturate", 1):
        raise NoLaunch("a conversion that saturates")
    return Launch("cast", _operands(node), _said(node, "to", "saturate"), results)


def _scattered(node: Node) -> Launch:
    if node.attributes.get("reduction", "none") not in ("none", "add"):
        raise NoLaunch("a reduction other than a sum")
    return _same("ScatterND", node)


#: Operators that are launched as they are: those of ONNX's own name, and others by the name they have here.
_AS_THEY_ARE = {
    **{
        name: name
        for name in (
            *("Erf", "Sigmoid", "Gelu", "Relu", "MatMul", "Gemm", "Conv", "MaxPool", "AveragePool", "Softmax"),
            *("LogSoftmax", "LayerNormalization", "RMSNormalization", "MatMulInteger", "QuantizeLinear"),
            *("DequantizeLinear", "RotaryEmbedding", "TopK"),
        )
    },
    **{
        name: name.lower()
        for name in ("Sqrt", "Reciprocal", "Abs", "Sign", "Floor", "Ceil", "Round", "Clip", "Where", "Equal", "Less")
    },
    **{name: name.lower() for name in ("Greater", "IsNaN", "IsInf", "Exp", "Log", "Sin", "Cos", "Tan", "Asin", "Acos")},
    **{name: name.lower() for name in ("Atan", "Sinh", "Cosh", "Tanh", "Asinh", "Acosh", "Atanh", "Pow", "Concat")},
    "Add": "add",
    "Sum": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
    "Mod": "remainder",
    "Neg": "negative",
    "Max": "maximum",
    "Min": "minimum",
    "LessOrEqual": "less_equal",
    "GreaterOrEqual": "greater_equal",
    "And": "logical_and",
    "Or": "logical_or",
    "Xor": "logical_xor",
    "Not": "logical_not",
    "BitwiseAnd": "bitwise_and",
    "BitwiseOr": "bitwise_or",
    "BitwiseXor": "bitwise_xor",
    "BitwiseNot": "bitwise_invert",
}

_REDUCTIONS = {"Sum": "sum", "Mean": "mean", "Prod": "prod", "Max": "max", "Min": "min"}

#: How each operator is launched, by its name.
LAUNCHES: Mapping[str, Callable[[Node], Launch]] = {
    **{name: partial(_same, operation) for name, operation in _AS_THEY_ARE.items()},
    **{f"Reduce{name}": partial(_reduced, operation) for name, operation in _REDUCTIONS.items()},
    "ArgMax": partial(_chosen, "argmax"),
    "ArgMin": partial(_chosen, "argmin"),
    "CumSum": partial(_indexed, "CumSum"),
    "Gather": partial(_indexed, "Gather"),
    "GatherElements": partial(_along, "take_along_axis"),
    "Attention": _cached,
    "BitShift": _shifted,
    "Transpose": _permuted,
    "Reshape": partial(_shaped, "reshape"),
    "Expand": partial(_shaped, "broadcast_to"),
    "Tile": _tiled,
    "Trilu": _triangle,
    "ConstantOfShape": _filled,
    "Range": _ranged,
    "EyeLike": _eye,
    "Cast": _cast,
    "ScatterND": _scattered,
}
