"""ONNX's node cases: one node each, with its attributes and operands, as the ``onnx`` package comes with them.

Which of them are asked stands in a list beside their suite, so that a plan is the same with the package and without
it. The list is made by ``python -m harness.suite.nodes`` from the release of the package that it names; what a case
holds comes from the package here, and what must come of it from this house.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from harness.documents import read_yaml, write_atomic
from harness.errors import UsageError
from harness.interface.catalogue import load_interface
from harness.interface.operation import Operation, Types
from harness.oracle.definition import pose
from harness.oracle.numeric_rules import same_bits
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task
from harness.resources import suites_folder
from harness.suite.node_launches import LAUNCHES, Launch, Node, NoLaunch


@dataclass(frozen=True)
class Listed:
    """The node cases that are asked, by operation and row of dtypes, and why the others are not.

    ``asked`` maps operation and label to names; ``left_out`` maps a reason to names; ``others`` are the operators of
    the package that the interface has not.
    """

    release: str
    asked: Mapping[str, Mapping[str, tuple[str, ...]]]
    left_out: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...]

    def names(self) -> tuple[str, ...]:
        """The names of all that are asked, in the order of the list."""
        return tuple(name for rows in self.asked.values() for names in rows.values() for name in names)


def list_file() -> Path:
    """Where the list stands."""
    return suites_folder() / "graph" / "nodes.yaml"


@cache
def listed() -> Listed:
    """The list as it stands."""
    said: dict[str, Any] = read_yaml(list_file()).data
    return Listed(
        said["onnx"],
        {name: {label: tuple(names) for label, names in rows.items()} for name, rows in said["asked"].items()},
        {reason: tuple(names) for reason, names in said["left-out"].items()},
        tuple(said["others"]),
    )


def case_name(node: str) -> str:
    """How a node's case is called: ``test_conv_with_strides`` is ``conv-with-strides``."""
    return node.removeprefix("test_").replace("_", "-").lower()


def release_here() -> str:
    """The release of the package on this machine; raises ``UsageError`` where there is none."""
    return str(_package("onnx").__version__)


@cache
def nodes() -> Mapping[str, Node]:
    """Every node case of the package by its name; raises ``UsageError`` where the package is missing.

    Operators that are expanded into others have a second case that asks the same; it is left aside.
    """
    cases = _package("onnx.backend.test.case.node")
    helper, arrays = _package("onnx.helper"), _package("onnx.numpy_helper")
    with warnings.catch_warnings():
        # What the package says of its own contents, such as that a cast overflows, is meant.
        warnings.simplefilter("ignore")
        found = [_read(case, helper, arrays) for case in cases.collect_testcases() if "_expanded" not in case.name]
    return {node.name: node for node in found}


def check_package() -> None:
    """Make sure that every node case of the list can be asked here; raises ``UsageError`` where one cannot."""
    here = nodes()
    for name, rows in listed().asked.items():
        for label, names in rows.items():
            for node in names:
                if node not in here or _placed(here[node]) != (name, label):
                    raise UsageError(
                        f"onnx {release_here()} has no case {node} of {name} on {label}, as {listed().release} has",
                        remedy=remedy(),
                    )


def launch_of(node: Node) -> Launch:
    """A node as a launch of ours; raises ``NoLaunch`` with the reason where there is none."""
    if node.operator not in LAUNCHES:
        raise NoLaunch("the interface has no such operation")
    launch = LAUNCHES[node.operator](node)
    operation = load_interface().operations[launch.operation]
    unknown = sorted(set(launch.attributes) - set(operation.attributes))
    if unknown:
        raise NoLaunch(f"the attribute {unknown[0]}, which the interface has not")
    row_of(operation, launch)
    return launch


def problems_of(task: Task, node: str) -> list[Problem]:
    """A node case as problems: ONNX's operands and attributes, our expected value and bound.

    Before the case itself the same node is asked with the elements of an operand in reverse: whoever returns the last
    output again fails the case.
    """
    launch = launch_of(nodes()[node])
    operands = list(launch.operands)
    for number, operand in enumerate(operands):
        if not same_bits(np.flip(operand), operand).all():
            reverse = [*operands[:number], np.flip(operand).copy(), *operands[number + 1 :]]
            return [pose(task, reverse, launch.attributes), pose(task, operands, launch.attributes)]
    return [pose(task, operands, launch.attributes)]


def row_of(operation: Operation, launch: Launch) -> Types:
    """The row of dtypes that a launch is one of; raises ``NoLaunch`` where there is none."""
    inputs = tuple(operand.dtype.name for operand in launch.operands)
    outs = tuple(out.dtype.name for out in launch.results)
    if not operation.least <= len(inputs) <= operation.arity:
        raise NoLaunch("a number of operands that the interface has not")
    for types in operation.types:
        if types.inputs[: len(inputs)] == inputs and types.outs == outs[: len(types.outs)]:
            return types
    raise NoLaunch("dtypes that the interface has not")


def make_list() -> Mapping[str, Any]:
    """The list of the package on this machine, as plain data."""
    asked: dict[str, dict[str, list[str]]] = {}
    left_out: dict[str, list[str]] = {}
    others: set[str] = set()
    for node in nodes().values():
        if node.operator not in LAUNCHES:
            others.add(node.operator)
            continue
        try:
            launch = launch_of(node)
        except NoLaunch as none:
            left_out.setdefault(str(none), []).append(node.name)
            continue
        types = row_of(load_interface().operations[launch.operation], launch)
        asked.setdefault(launch.operation, {}).setdefault(types.label, []).append(node.name)
    ordered = {name: asked[name] for name in load_interface().operations if name in asked}
    return {
        "onnx": release_here(),
        "asked": ordered,
        "left-out": dict(sorted(left_out.items())),
        "others": sorted(others),
    }


def _placed(node: Node) -> tuple[str, str] | None:
    try:
        launch = launch_of(node)
    except NoLaunch:
        return None
    return launch.operation, row_of(load_interface().operations[launch.operation], launch).label


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError("ONNX's node cases need the package onnx", remedy=remedy()) from None


def remedy(release: str | None = None) -> str:
    """How to get the node cases of a release, or of the one the list was made from."""
    return f"install it beside Assay: pip install 'onnx=={release or listed().release}'"


def _read(case: Any, helper: Any, arrays: Any) -> Node:
    """A case as it is asked."""
    (node,) = case.model.graph.node
    given, wanted = case.data_sets[0]
    operands = [_array(value, arrays) for value in given]
    results = [_array(value, arrays) for value in wanted]
    attributes = {each.name: _attribute(helper.get_attribute_value(each), arrays) for each in node.attribute}
    return Node(
        case.name,
        node.op_type,
        tuple(_placed_among(node.input, operands)),
        attributes,
        tuple(_placed_among(node.output, results)),
        float(case.rtol),
        float(case.atol),
    )


def _placed_among(names: Sequence[str], arrays: Sequence[Array]) -> Iterator[Array | None]:
    """The arrays at their places; nothing where a name is empty, which is how a node leaves one out."""
    present = iter(arrays)
    for name in names:
        yield next(present) if name else None


def _array(value: Any, arrays: Any) -> Array:
    """A tensor; of what is none, such as a sequence, an object, which no row of dtypes has."""
    if hasattr(value, "data_type"):
        value = arrays.to_array(value)
    return np.asarray(value if isinstance(value, np.ndarray | np.generic) else None)


def _attribute(value: Any, arrays: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return arrays.to_array(value) if hasattr(value, "data_type") else value


def main() -> None:
    """Write the list anew."""
    import yaml

    head = "# ONNX's node cases: which are asked, by operation and dtype, and why others are not.\n"
    head += "# Made by `python -m harness.suite.nodes` from the release of onnx below.\n"
    text = yaml.safe_dump(make_list(), sort_keys=False, width=120, allow_unicode=True)
    write_atomic(list_file(), (head + text).encode())


if __name__ == "__main__":
    main()
