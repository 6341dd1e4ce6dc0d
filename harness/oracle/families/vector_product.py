"""Products of BLAS with vectors: inner products, the two-norm, matrix times vector, matrix times its own transpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.blas import norm_bound, of_both_parts, product_bound
from harness.oracle.definition import Definition
from harness.oracle.families.vector_product_inputs import INPUTS
from harness.oracle.families.vector_product_operands import ON_VECTORS, axes, draw, empty, rough, size, sweep
from harness.oracle.families.vector_update import rounded_wanted
from harness.oracle.formats import round_to
from harness.oracle.inputs import parts
from harness.oracle.launch import Layout
from harness.oracle.problem import Array, Wanted, within
from harness.oracle.reference import blas
from harness.oracle.task import Task


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """What the operation gives; under ``exact`` every bit of it, but of a norm, whose scaling may round."""
    if task.name == "nrm2":
        return (_norm(task, operands[0]),)
    asked, shape = _as_product(task, operands, attributes)
    dtype = task.types.out
    if exact:
        found = rounded_wanted(dtype, blas.plainly(*asked))
        wanted = found if found.bound is not None else within(dtype, _wide(found.expected), np.zeros(1))
        expected, bound = wanted.expected, np.broadcast_to(np.asarray(wanted.bound), wanted.expected.shape)
        plain = found.bound is None
    else:
        sums = blas.sums(*asked)
        expected, plain = sums.value, False
        of_parts = np.concatenate([expected.real, expected.imag]) if sums.complex_ else expected
        scaled = task.name not in ON_VECTORS
        bound = product_bound(task.held_to, sums.magnitude, sums.counted, of_parts, scaled=scaled)
        bound = of_both_parts(bound, sums.complex_)
    if task.name == "syrk":
        outside = ~_triangle(len(operands[1]), attributes)
        expected = np.where(outside, _wide(operands[1]), expected)
        bound = np.where(outside, 0.0, bound)
    if plain:
        return (Wanted(dtype, expected.astype(numpy_dtype(dtype)).reshape(shape)),)
    return (within(dtype, expected.reshape(shape), np.asarray(bound).reshape(shape)),)


def _triangle(rows: int, attributes: Mapping[str, Any]) -> Array:
    whole = np.ones((rows, rows), np.bool_)
    return np.triu(whole) if attributes.get("uplo", "U") == "U" else np.tril(whole)


def _wide(values: Array) -> Array:
    return values.astype(np.complex128 if np.iscomplexobj(values) else np.float64)


def _as_product(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]
) -> tuple[tuple[complex, Array, Array, complex, Array], tuple[int, ...]]:
    """An operation as ``alpha A B + beta C``, and the shape of its result."""
    if task.name in ON_VECTORS:
        x, y = operands
        left = np.conj(x) if task.name == "dotc" else x
        return (1.0, left[None], y[:, None], 0.0, np.zeros((1, 1), x.dtype)), ()
    alpha, beta = (parts.number_of(attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    a = {"N": operands[0], "T": operands[0].T, "C": np.conj(operands[0].T)}[attributes.get("trans", "N")]
    if task.name == "syrk":
        return (alpha, a, a.T, beta, operands[1]), operands[1].shape
    return (alpha, a, operands[1][:, None], beta, operands[2][:, None]), operands[2].shape


def _norm(task: Task, x: Array) -> Wanted:
    values = np.concatenate([x.real, x.imag]) if np.iscomplexobj(x) else x
    dtype = task.types.out
    if not np.isfinite(values).all():
        found = np.nan if np.isnan(values).any() else np.inf
        return within(dtype, np.array(found), np.array(0.0))
    value = blas.norm(x)
    # What no rounding brings back below the largest number is infinite; inputs stay away from where it is undecided.
    if np.isinf(round_to(np.array(value), dtype)):
        value = np.inf
    return within(dtype, np.array(value), np.array(norm_bound(task.held_to, int((values != 0).sum()), value)))


def _layouts(task: Task) -> tuple[Layout, ...]:
    if task.name in ON_VECTORS:
        return ("strided", "offset", "broadcast")
    return ("strided", "transposed", "offset", "broadcast")


DEFINITION = Definition(
    size=size,
    draw=draw,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: task.name != "nrm2",
    inputs=INPUTS,
    rough=rough,
    empty=empty,
    layouts=_layouts,
    axes=axes,
)
