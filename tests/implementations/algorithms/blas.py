"""Other ways to norms, to triangular systems and to products of a matrix and a vector."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from harness.simulator.composed.complex_numbers import apart, is_complex, number_of, together
from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled

Parts = tuple[Array, Array]


def _scaled_norm(machine: Machine, values: Array) -> Array:
    """A running scale and a running sum of squares over it, as the reference BLAS long had it."""
    step, zero = machine.step, np.zeros((), values.dtype)
    scale, squares = zero, filled(1, zero)
    for value in values:
        size = step("abs", np.asarray(value))
        if size == 0:
            continue
        if scale < size:
            ratio = step("divide", scale, size)
            squares = step("add", filled(1, zero), step("multiply", squares, step("square", ratio)))
            scale = size
        else:
            squares = step("add", squares, step("square", step("divide", size, scale)))
    return step("multiply", scale, step("sqrt", squares))


def _three_sums(machine: Machine, values: Array) -> Array:
    """Sums for small, middle and large numbers, each scaled into range (Blue, 1978)."""
    step, form = machine.step, np.finfo(values.dtype)
    low = 2.0 ** math.ceil((form.minexp - 1) / 2)
    high = 2.0 ** math.floor((form.maxexp - form.nmant - 1) / 2)
    up, down = 2.0 ** -math.floor((form.minexp - form.nmant - 1) / 2), 2.0 ** -math.ceil((form.maxexp + form.nmant) / 2)
    sizes = step("abs", values)
    groups = [(sizes > high, down), (sizes < low, up), ((sizes >= low) & (sizes <= high), 1.0)]
    sums = []
    for chosen, factor in groups:
        held = step("multiply", sizes[chosen], filled(factor, sizes[chosen]))
        sums.append(step("sum", step("square", held), axis=0))
    large, small, middle = sums
    if large > 0:
        root, factor = step("sqrt", step("add", large, step("multiply", middle, filled(down * down, middle)))), down
    elif middle == 0:
        root, factor = step("sqrt", small), up
    else:
        root, factor = step("sqrt", step("add", middle, step("divide", small, filled(up * up, small)))), 1.0
    return step("divide", np.asarray(root), filled(factor, root))


def _divided_by_largest(machine: Machine, values: Array) -> Array:
    """Squares of quotients by the largest."""
    step = machine.step
    largest = np.asarray(step("max", step("abs", values), axis=0))
    if largest == 0:
        return largest
    quotients = step("divide", values, np.broadcast_to(largest, values.shape))
    return step("multiply", largest, step("sqrt", np.asarray(step("sum", step("square", quotients), axis=0))))


NORMS = {"a running scale": _scaled_norm, "three sums": _three_sums, "quotients by the largest": _divided_by_largest}


def _norm(
    way: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    values = np.concatenate(apart(operands[0])) if is_complex(operands[0].dtype.name) else operands[0]
    if not values.size:
        return (np.zeros((), values.dtype),)
    if np.isnan(values).any():
        return (np.asarray(np.nan, values.dtype),)
    if np.isinf(values).any():
        return (np.asarray(np.inf, values.dtype),)
    return (np.asarray(NORMS[way](machine, values), values.dtype),)


def norms(way: str) -> Mapping[str, Algorithm]:
    """The two-norm in one of the ways of ``NORMS``."""
    return {"nrm2": partial(_norm, way)}


def _times(machine: Machine, x: Parts, y: Parts, *, complex_: bool) -> Parts:
    step, shape = machine.step, np.broadcast_shapes(x[0].shape, y[0].shape)
    a, b, c, d = (np.broadcast_to(part, shape) for part in (*x, *y))
    real = step("multiply", a, c)
    if not complex_:
        return real, np.zeros_like(real)
    return (
        step("subtract", real, step("multiply", b, d)),
        step("add", step("multiply", a, d), step("multiply", b, c)),
    )


def _less(machine: Machine, x: Parts, y: Parts) -> Parts:
    return machine.step("subtract", x[0], y[0]), machine.step("subtract", x[1], y[1])


def _product(machine: Machine, a: Parts, b: Parts, *, complex_: bool) -> Parts:
    part = a[0].dtype.name
    if not complex_:
        found = machine.product("trsm", a[0], b[0], part)
        return found, np.zeros_like(found)
    right = np.concatenate(b)
    return (
        machine.product("trsm", np.concatenate([a[0], -a[1]], axis=1), right, part),
        machine.product("trsm", np.concatenate([a[1], a[0]], axis=1), right, part),
    )


def _over(machine: Machine, x: Parts, by: Parts, *, complex_: bool) -> Parts:
    """Numbers over one number; of complex ones, by its parts over the larger of them (Smith, 1962)."""
    step, real, imaginary = machine.step, filled(float(by[0]), x[0]), filled(float(by[1]), x[0])
    if not complex_:
        return step("divide", x[0], real), x[1]
    if abs(by[0]) < abs(by[1]):
        # Both turned by a quarter: (x / -i) over (by / -i).
        return _over(machine, (x[1], -x[0]), (by[1], -by[0]), complex_=True)
    ratio = step("divide", imaginary, real)
    below = step("add", real, step("multiply", imaginary, ratio))
    return (
        step("divide", step("add", x[0], step("multiply", x[1], ratio)), below),
        step("divide", step("subtract", x[1], step("multiply", x[0], ratio)), below),
    )


def _solve(
    length: int, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """Blocks of unknowns one after another: what is known is taken out of a block as a product of matrices."""
    complex_, alpha = is_complex(results[0]), number_of(attributes.get("alpha", 1))
    if alpha == 0:
        return (np.zeros_like(operands[1]),)
    right, trans = attributes.get("side", "L") == "R", attributes.get("trans", "N")
    lower = (attributes.get("uplo", "U") == "L") != ((trans != "N") != right)
    stored = operands[0] if trans == "N" else operands[0].T if trans == "T" else operands[0].conj().T
    a = apart(stored.T if right else stored)
    b = apart(operands[1].T if right else operands[1])
    if alpha.imag:
        b = _times(machine, (filled(alpha.real, b[0]), filled(alpha.imag, b[0])), b, complex_=True)
    elif alpha != 1:
        b = _by_real(machine, filled(alpha.real, b[0]), b, complex_=complex_)
    found = np.array(b[0]), np.array(b[1])
    count, unit = len(a[0]), attributes.get("diag", "N") == "U"
    starts = range(0, count, length)
    for start in starts if lower else reversed(starts):
        rows = slice(start, min(start + length, count))
        known = slice(0, start) if lower else slice(rows.stop, count)
        block = found[0][rows], found[1][rows]
        if a[0][rows, known].size:
            taken = _product(
                machine, (a[0][rows, known], a[1][rows, known]), (found[0][known], found[1][known]), complex_=complex_
            )
            block = _less(machine, block, taken)
        found[0][rows], found[1][rows] = _within(
            machine, (a[0][rows, rows], a[1][rows, rows]), block, lower=lower, unit=unit, complex_=complex_
        )
    result = together(*found, results[0]) if complex_ else found[0]
    return (result.T if right else result,)


def _by_real(machine: Machine, factor: Array, x: Parts, *, complex_: bool) -> Parts:
    return machine.step("multiply", factor, x[0]), machine.step("multiply", factor, x[1]) if complex_ else x[1]


def _within(machine: Machine, a: Parts, b: Parts, *, lower: bool, unit: bool, complex_: bool) -> Parts:
    """The unknowns of one block, each by an inner product with those before it."""
    found = np.array(b[0]), np.array(b[1])
    count = len(a[0])
    for i in range(count) if lower else range(count - 1, -1, -1):
        row = found[0][i], found[1][i]
        for j in range(i) if lower else range(count - 1, i, -1):
            taken = _times(machine, (a[0][i, j], a[1][i, j]), (found[0][j], found[1][j]), complex_=complex_)
            row = _less(machine, row, taken)
        if not unit:
            row = _over(machine, row, (a[0][i, i], a[1][i, i]), complex_=complex_)
        found[0][i], found[1][i] = row
    return found


def solvers(length: int) -> Mapping[str, Algorithm]:
    """Triangular systems, so many unknowns at a time."""
    return {"trsm": partial(_solve, length)}
