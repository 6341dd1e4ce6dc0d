"""Nodes of ONNX as launches: what ONNX hands over as an operand or means by default, said as the interface says it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.suite.node_launches import Launch, Node, NoLaunch
from harness.suite.nodes import launch_of

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def launched(operator: str, *operands: Any, results: Any = (X,), **attributes: Any) -> Launch:
    """A node with these operands and attributes as a launch."""
    return launch_of(Node("test_node", operator, operands, attributes, tuple(results), 1e-3, 1e-7))


def why_not(operator: str, *operands: Any, results: Any = (X,), **attributes: Any) -> str:
    """Why a node has no launch."""
    with pytest.raises(NoLaunch) as refusal:
        launched(operator, *operands, results=results, **attributes)
    return str(refusal.value)


def ints(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("operator", "operation"),
    [("Add", "add"), ("Div", "divide"), ("Max", "maximum"), ("Mod", "remainder"), ("MatMul", "MatMul"), ("Pow", "pow")],
)
def test_an_operator_is_the_operation_that_computes_the_same(operator: str, operation: str) -> None:
    found = launched(operator, X, X)
    assert (found.operation, len(found.operands), found.attributes) == (operation, 2, {})


def test_axes_of_a_reduction_are_an_attribute_and_stay_as_ones_by_default() -> None:
    found = launched("ReduceSum", X, ints(1))
    assert found.operation == "sum"
    assert len(found.operands) == 1
    assert found.attributes == {"axis": 1, "keepdims": True}


@pytest.mark.parametrize("axes", [(), (ints(),), (ints(0, 1, 2),), (ints(-1, 0, 1),)])
def test_no_axes_and_all_axes_are_one_reduction_of_everything(axes: tuple[Any, ...]) -> None:
    assert launched("ReduceMax", X, *axes, keepdims=0).attributes == {"axis": None, "keepdims": False}


def test_what_a_reduction_here_cannot_say_is_left_out() -> None:
    assert "several axes" in why_not("ReduceSum", X, ints(0, 1))
    assert "no axes" in why_not("ReduceSum", X, ints(), noop_with_empty_axes=1)
    assert "no elements" in why_not("ReduceMax", X[:0])


def test_an_index_of_an_extremum_is_along_the_first_axis_by_default() -> None:
    index = np.zeros((1, 3, 4), np.int64)
    assert launched("ArgMax", X, results=[index]).attributes == {"axis": 0, "keepdims": True}
    assert launched("ArgMax", X, results=[index], select_last_index=0).attributes == {"axis": 0, "keepdims": True}
    assert "select_last_index" in why_not("ArgMax", X, results=[index], select_last_index=1)


def test_a_transposition_without_axes_reverses_them() -> None:
    assert launched("Transpose", X).attributes == {"axes": [2, 1, 0]}
    assert launched("Transpose", X, perm=[0, 2, 1]).attributes == {"axes": [0, 2, 1]}


def test_a_shape_with_zeros_and_minus_one_is_that_of_the_result() -> None:
    found = launched("Reshape", X, ints(0, -1), results=[X.reshape(2, 12)])
    assert (found.operation, found.attributes) == ("reshape", {"shape": [2, 12]})
    assert len(found.operands) == 1


def test_repetitions_diagonals_and_ends_of_ranges_are_attributes() -> None:
    whole = np.arange(6).reshape(2, 3)
    assert launched("Tile", X, ints(1, 2, 1)).attributes == {"repetitions": [1, 2, 1]}
    assert launched("Trilu", whole, results=[whole]).operation == "triu"
    lower = launched("Trilu", whole, np.array(-1), upper=0, results=[whole])
    assert (lower.operation, lower.attributes) == ("tril", {"k": -1})
    ends = [np.float32(1), np.float32(5), np.float32(2)]
    ranged = launched("Range", *map(np.asarray, ends))
    assert (ranged.operands, ranged.attributes) == ((), {"start": 1.0, "stop": 5.0, "step": 2.0})


def test_a_filling_has_the_shape_of_the_result_and_zeros_show_nothing() -> None:
    filled = launched("ConstantOfShape", ints(2, 3, 4), value=np.array([1], np.float32))
    assert filled.attributes == {"shape": [2, 3, 4], "fill_value": 1.0}
    assert "zeros" in why_not("ConstantOfShape", ints(2, 3, 4))


def test_indices_are_int64_here() -> None:
    found = launched("Gather", X, np.array([0, 1], np.int32), axis=1)
    assert found.operands[1].dtype == np.int64
    assert launched("GatherElements", X, ints(0)).attributes == {"axis": 0}


def test_a_shift_is_named_by_its_direction() -> None:
    left = np.array([1, 2], np.int32)
    assert launched("BitShift", left, left, direction="LEFT", results=[left]).operation == "bitwise_left_shift"
    assert launched("BitShift", left, left, direction="RIGHT", results=[left]).operation == "bitwise_right_shift"


def test_an_attribute_that_says_what_is_usual_says_nothing() -> None:
    assert launched("Mod", X, X, fmod=0).attributes == {}
    assert "fmod" in why_not("Mod", X, X, fmod=1)


def test_flags_are_truth_values() -> None:
    a = np.ones((2, 2), np.float32)
    assert launched("Gemm", a, a, transA=1, results=[a]).attributes == {"transA": True}


def test_trailing_operands_may_be_left_out_and_no_others() -> None:
    row = np.ones(4, np.float32)
    assert len(launched("LayerNormalization", X, row, None).operands) == 2
    assert "left out" in why_not("Clip", X, None, np.float32(1))
    assert "number of operands" in why_not("Max", X)


def test_results_from_the_first_that_is_left_out_on_are_not_asked() -> None:
    found = launched("MaxPool", X, kernel_shape=[2], storage_order=1, results=[X, None, X])
    assert len(found.results) == 1
    assert found.attributes == {"kernel_shape": [2]}


def test_types_without_a_row_and_unknown_operators_are_left_out() -> None:
    assert "dtypes" in why_not("Add", X.astype(np.uint16), X.astype(np.uint16), results=[X.astype(np.uint16)])
    assert "dtypes" in why_not("Pow", X, X.astype(np.int64))
    assert "no such operation" in why_not("Einsum", X)


def test_a_conversion_that_saturates_is_another_one() -> None:
    import ml_dtypes

    eight = X.astype(ml_dtypes.float8_e4m3fn)
    assert launched("Cast", X, to=17, saturate=0, results=[eight]).operation == "cast"
    assert "saturates" in why_not("Cast", X, to=17, results=[eight])
    assert launched("Cast", X, to=10, results=[X.astype(np.float16)]).attributes == {}


def test_only_a_sum_is_scattered() -> None:
    assert launched("ScatterND", X, ints(0).reshape(1, 1), X[:1], reduction="add").attributes == {"reduction": "add"}
    assert "other than a sum" in why_not("ScatterND", X, ints(0).reshape(1, 1), X[:1], reduction="mul")


def test_attention_with_past_keys_is_the_operation_that_has_them() -> None:
    q = np.ones((1, 1, 2, 4), np.float32)
    assert launched("Attention", q, q, q, results=[q]).operation == "Attention"
    mask = np.ones((2, 4), np.bool_)
    assert launched("Attention", q, q, q, mask, q, q, results=[q, q, q]).operation == "AttentionWithCache"
