"""Inner products: matmul and vecdot of the array API, MatMul and Gemm of ONNX, gemm of BLAS, in batches too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.matrix_products import factors_of, matrix_product_bound
from harness.oracle.definition import Definition, Size, aligned_axes
from harness.oracle.draw import Draw
from harness.oracle.formats import is_float, round_to
from harness.oracle.inputs import gemm
from harness.oracle.inputs.matrix_products import classes
from harness.oracle.inputs.product_sides import Beside, Operands, Spelling, names_of, swapped
from harness.oracle.inputs.product_values import fractions, whole
from harness.oracle.problem import Array, Wanted, exactly, within
from harness.oracle.reference.flushing import flush
from harness.oracle.reference.matrix_products import Known, Product, evaluate, whole_product
from harness.oracle.task import Task


@dataclass(frozen=True)
class Form:
    """How an operation spells alpha A B + beta C.

    ``added`` says whether it takes C, ``stack`` whether matrices come in stacks of the same length, ``flags`` what the
    attributes are called that transpose A and B, ``unread`` whether a factor of zero leaves its operands unread.
    """

    pairwise: bool = False
    added: bool = False
    stack: bool = False
    flags: tuple[str, str] = ("transpose_a", "transpose_b")
    unread: bool = True


#: Every operation of the family.
FORMS: Mapping[str, Form] = {
    "matmul": Form(),
    "MatMul": Form(),
    "vecdot": Form(pairwise=True),
    "gemm": Form(added=True),
    "Gemm": Form(added=True, flags=("transA", "transB"), unread=False),
    "gemm_batched": Form(added=True, stack=True),
    "gemm_strided_batched": Form(added=True, stack=True),
}
#: How many matrices a stack has.
_STACK = 3


def form_of(task: Task) -> Form:
    """How the task's operation is spelled."""
    return FORMS[task.name]


def spell(task: Task, draw: Draw, left: Array, right: Array, beside: Beside) -> Operands:
    """Operands and attributes of a launch on two sides."""
    form = form_of(task)
    if not form.added:
        return [left, right if form.pairwise else swapped(right)], {}
    shape = (*left.shape[:-1], right.shape[-2])
    operands, dtype = [left, swapped(right)], task.types.inputs[2]
    if beside == "nothing":
        if task.operation.least == 2:
            return operands, {}
        return [*operands, np.ones(shape, numpy_dtype(dtype))], {"beta": 0.0}
    if beside == "dense":
        return [*operands, fractions(draw, dtype, shape, "centred")], {}
    return [*operands, whole(draw, dtype, shape, 50)], {"alpha": 2.0, "beta": -1.0}


SPELLING = Spelling(spell, lambda task: form_of(task).pairwise, lambda task: _STACK if form_of(task).stack else 0)


def as_product(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> tuple[Product, tuple[int, ...]]:
    """A launch as stacks of matrices in float64, and the shape of its result."""
    form, flushed = form_of(task), bool(task.declared.flush_inputs)
    numbers = [flush(operand) if flushed else operand for operand in operands]
    with np.errstate(invalid="ignore"):  # of signalling NaN
        a, b, *rest = (number.astype(np.float64) for number in numbers)
    if form.pairwise:
        shape = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
        return Product(a[..., None, :], b[..., :, None]), shape
    if not form.added:
        left, right = a if a.ndim > 1 else a[None, :], b if b.ndim > 1 else b[:, None]
        product = Product(left, right)
        stack = product.shape[:-2]
        rows, columns = product.shape[-2:]
        return product, (*stack, *((rows,) if a.ndim > 1 else ()), *((columns,) if b.ndim > 1 else ()))
    a = swapped(a) if attributes.get(form.flags[0]) else a
    b = swapped(b) if attributes.get(form.flags[1]) else b
    alpha, beta = float(attributes.get("alpha", 1.0)), float(attributes.get("beta", 1.0))
    product = Product(a, b, rest[0] if rest else None, alpha, beta)
    return product, product.shape


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Each element as it must be: every bit where operands make it exact or are integers, else within its bound."""
    product, shape = as_product(task, operands, attributes)
    dtype = task.types.out
    if not is_float(dtype):
        return (exactly(dtype, whole_product(product.a, product.b).reshape(shape).astype(numpy_dtype(dtype))),)
    known = evaluate(product, exactly=not exact and dtype == "float64")
    if exact:
        return (rounded_once(task, known, shape),)
    added = product.beta if product.c is not None else 0.0
    bound = matrix_product_bound(
        task.held_to, known.magnitude, known.terms, known.value, factors_of(product.alpha, added)
    )
    return (within(dtype, finite_or_not(known.value, dtype).reshape(shape), bound.reshape(shape)),)


def rounded_once(task: Task, known: Known, shape: tuple[int, ...]) -> Wanted:
    """An exact value, rounded once and flushed as declared; zeros that may have either sign are left that freedom."""
    dtype = task.types.out
    expected = round_to(known.value, dtype).reshape(shape)
    left_open = known.open_sign.reshape(shape)
    if task.declared.flush_outputs:
        kept, expected = expected, flush(expected)
        left_open = left_open | (kept != expected)
    if task.declared.flush_inputs:
        left_open = left_open | (expected == 0)
    if not left_open.any():
        return exactly(dtype, expected)
    return within(dtype, expected.astype(np.float64), np.zeros(shape))


def finite_or_not(values: Array, dtype: str) -> Array:
    """Values in float64, infinite where they are too large for a dtype."""
    rounded = round_to(values, dtype).astype(np.float64)
    return np.where(np.isinf(rounded), rounded, values)


def _size(task: Task) -> Size:
    return (7, 33, 1) if form_of(task).pairwise else (7, 33, 5)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return spell(task, draw, *SPELLING.wholes(task, draw, size), "whole")


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return spell(task, draw, *SPELLING.dense(task, draw, size), "dense")


def sweep(task: Task, length: int) -> Sequence[Size]:
    """A length as M, as K and as N, and as that of a stack."""
    if form_of(task).pairwise:
        return (length, 5, 1), (5, length, 1)
    sizes: list[Size] = [(length, 3, 5), (5, length, 3), (5, 3, length)]
    return [*sizes, (2, 3, 2, length)] if form_of(task).stack else sizes


def empty(task: Task) -> Sequence[Size]:
    """No rows, no depth, no columns."""
    sizes = ((0, 3, 5), (4, 0, 5), (4, 3, 0))
    return sizes[:2] if form_of(task).pairwise else sizes


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """M, K and N by their names, and those of stacks."""
    form = form_of(task)
    if form.pairwise:
        return aligned_axes(task, operands, attributes)
    return names_of([operand.shape for operand in operands], [bool(attributes.get(flag)) for flag in form.flags])


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs={**classes(SPELLING), **gemm.inputs(SPELLING, FORMS)},
    rough=_rough,
    empty=empty,
    axes=axes,
)
