"""Operands of the products with vectors: their sizes and shapes, flags and factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.oracle.definition import Size
from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.problem import Array
from harness.oracle.task import Task

#: Operations on vectors alone, whose result is one number.
ON_VECTORS = ("dot", "dotc", "nrm2")
TRANSPOSES = {"gemv": ("N", "T", "C"), "syrk": ("N", "T")}


def size(task: Task) -> Size:
    """The length of vectors, or (rows, depth)."""
    return (37,) if task.name in ON_VECTORS else (7, 11)


def sweep(task: Task, length: int) -> Sequence[Size]:
    """A vector of the length, or a matrix with either dimension of it."""
    return [(length,)] if task.name in ON_VECTORS else [(length, 3), (4, length)]


def empty(task: Task) -> Sequence[Size]:
    """Nothing to add up; a matrix without rows or columns times a vector is left out: BLAS then returns at once."""
    return {"gemv": [], "syrk": [(5, 0)]}.get(task.name, [(0,)])


def flags(task: Task, source: Draw) -> dict[str, Any]:
    """Flags of an operation, drawn."""
    found = {"trans": source.choice(list(TRANSPOSES[task.name]))} if task.name in TRANSPOSES else {}
    return found | ({"uplo": source.choice(["U", "L"])} if task.name == "syrk" else {})


def shapes(task: Task, size: Size, flags: Mapping[str, Any]) -> list[tuple[int, ...]]:
    """The shapes of the operands: of gemv A, x and y, of syrk A and C."""
    if task.name in ON_VECTORS:
        return [size] * (1 if task.name == "nrm2" else 2)
    rows, depth = size
    stored = size if flags.get("trans", "N") == "N" else size[::-1]
    return [stored, (depth,), (rows,)] if task.name == "gemv" else [stored, (rows, rows)]


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """What can be cut at once: terms, and rows with what they are added to."""
    if task.name in ON_VECTORS:
        return [["k"]] * len(operands)
    stored = ["m", "k"] if attributes.get("trans", "N") == "N" else ["k", "m"]
    return [stored, ["k"], ["m"]] if task.name == "gemv" else [stored, ["m", "m"]]


def draw(task: Task, source: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Whole numbers other than zero."""
    chosen = flags(task, source)
    operands = [parts.nonzero(source, task.dtype, shape, 15) for shape in shapes(task, size, chosen)]
    return operands, chosen | factors(task, source, 9)


def rough(task: Task, source: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Numbers of full precision."""
    return dense(task, source, size, "centred")


def dense(task: Task, source: Draw, size: Size, kind: str) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Numbers of full precision, around zero or from one to two."""
    chosen = flags(task, source)
    operands = [parts.dense(source, task.dtype, shape, kind) for shape in shapes(task, size, chosen)]
    return operands, chosen | factors(task, source, None)


def factors(task: Task, source: Draw, most: int | None) -> dict[str, Any]:
    """Alpha and beta of an operation that has them."""
    if task.name in ON_VECTORS:
        return {}
    return {name: parts.factor(source, task.dtype, most) for name in ("alpha", "beta")}


def reaches_infinity(task: Task) -> bool:
    """Whether a result beyond the largest number is infinite: not where rounding is declared to be directed.

    Rounded towards zero, such a result is the largest number (IEEE 754-2019, 7.4).
    """
    return task.declared.rounding in (None, "nearest-even", "nearest-away")


def real(task: Task, value: float) -> Any:
    """A real factor as an attribute."""
    return [value, 0.0] if parts.is_complex(task.dtype) else value
