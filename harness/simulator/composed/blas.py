"""The operations of BLAS beside ``gemm``, put together from steps on real numbers.

Inner products of complex numbers are two of real ones, twice as long. Factors are rounded to the operands' format; one
of zero means that what it belongs to is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.complex_numbers import apart, is_complex, number_of, part_of, together
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import Shape, Signature

_DTYPES = ("float32", "float64", "complex64", "complex128")
_FLAGS = {"side": "LR", "uplo": "UL", "trans": "NTC", "diag": "NU"}

#: Numbers as their real and imaginary parts.
Parts = tuple[Array, Array]


def _flag(attributes: Mapping[str, Any], name: str, usual: str) -> str:
    value = attributes.get(name, usual)
    if not isinstance(value, str) or value not in list(_FLAGS[name]):
        raise DeviceError(INVALID_VALUE, f"{name} is {str(value)[:40]!r}, not one of {', '.join(_FLAGS[name])}")
    return value


def _check_factors(attributes: Mapping[str, Any]) -> None:
    for name in ("alpha", "beta"):
        value = attributes.get(name, 1)
        pair = value if isinstance(value, list | tuple) else [value]
        numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in pair)
        if (
            not numbers
            or len(pair) > 2
            or not pair
            or any(abs(part) >= 1 << 1024 for part in pair if part == part // 1)
        ):
            raise DeviceError(INVALID_VALUE, f"{name} is {str(value)[:40]}, not a number or a pair of parts")


def _need(condition: bool, name: str, shapes: Sequence[Shape]) -> None:
    if not condition:
        raise DeviceError(INVALID_VALUE, f"{name} of shapes {', '.join(str(tuple(shape)) for shape in shapes)}")


def _vectors(name: str, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    _check_factors(attributes)
    _need(all(len(shape) == 1 and shape == shapes[0] for shape in shapes), name, shapes)
    return tuple(shapes[0]) if name == "axpy" else ()


def _gemv_shape(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    _check_factors(attributes)
    a, x, y = shapes
    _need([len(a), len(x), len(y)] == [2, 1, 1], "gemv", shapes)
    rows, depth = a if _flag(attributes, "trans", "N") == "N" else a[::-1]
    _need(x == (depth,) and y == (rows,), "gemv", shapes)
    return tuple(y)


def _syrk_shape(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    _check_factors(attributes)
    _flag(attributes, "uplo", "U")
    a, c = shapes
    trans = _flag(attributes, "trans", "N")
    if trans == "C":
        raise DeviceError(INVALID_VALUE, "syrk takes A as stored or transposed, not its conjugate")
    _need(len(a) == 2 and c == (a[trans != "N"],) * 2, "syrk", shapes)
    return tuple(c)


def _trsm_shape(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    _check_factors(attributes)
    for name, usual in (("uplo", "U"), ("trans", "N"), ("diag", "N")):
        _flag(attributes, name, usual)
    a, b = shapes
    _need(len(a) == 2 and len(b) == 2 and a[0] == a[1], "trsm", shapes)
    _need(a[0] == b[_flag(attributes, "side", "L") == "R"], "trsm", shapes)
    return tuple(b)


def _signature(
    arity: int, shape: Any, attributes: str = "", *, norm: bool = False, only_complex: bool = False
) -> Signature:
    def types(operands: Sequence[str], results: Sequence[str]) -> bool:
        first = operands[0]
        right = part_of(first) if norm else first
        return set(operands) == {first} and first in _DTYPES[2 * only_complex :] and list(results) == [right]

    return Signature(
        arity,
        arity,
        types,
        lambda shapes, found, outs: (shape([tuple(one) for one in shapes], found),),
        frozenset(attributes.split()),
    )


def _factor(value: Any, like: Array) -> Parts:
    number = number_of(value)
    return np.full_like(like, number.real), np.full_like(like, number.imag)


def _times(units: Units, x: Parts, y: Parts, complex_: bool) -> Parts:
    """Elementwise products: four multiplications and two additions where there are two parts."""
    step = units.step
    real = step("multiply", x[0], y[0])
    if not complex_:
        return real, np.zeros_like(real)
    return (
        step("subtract", real, step("multiply", x[1], y[1])),
        step("add", step("multiply", x[0], y[1]), step("multiply", x[1], y[0])),
    )


def _scaled(units: Units, value: Any, x: Parts, complex_: bool) -> Parts:
    number = number_of(value)
    if number == 1:
        return x
    if number.imag == 0:
        by = np.full_like(x[0], number.real)
        return units.step("multiply", by, x[0]), units.step("multiply", by, x[1]) if complex_ else x[1]
    return _times(units, _factor(value, x[0]), x, complex_)


def _added(units: Units, x: Parts, y: Parts, complex_: bool, step: str = "add") -> Parts:
    return units.step(step, x[0], y[0]), units.step(step, x[1], y[1]) if complex_ else x[1]


def _product(units: Units, name: str, a: Parts, b: Parts, complex_: bool) -> Parts:
    """The product of two matrices."""
    part = a[0].dtype.name
    if not complex_:
        found = units.product(name, a[0], b[0], part)
        return found, np.zeros_like(found)
    right = np.concatenate(b)
    return (
        units.product(name, np.concatenate([a[0], -a[1]], axis=1), right, part),
        units.product(name, np.concatenate([a[1], a[0]], axis=1), right, part),
    )


def _result(found: Parts, dtype: str) -> Array:
    return together(*found, dtype) if is_complex(dtype) else found[0]


def _axpy(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    alpha, complex_ = attributes.get("alpha", 1), is_complex(results[0])
    if number_of(alpha) == 0:
        return (operands[1],)
    x, y = apart(operands[0]), apart(operands[1])
    return (_result(_added(units, _scaled(units, alpha, x, complex_), y, complex_), results[0]),)


def _dot(
    units: Units,
    operands: Sequence[Array],
    attributes: Mapping[str, Any],
    results: Sequence[str],
    *,
    conjugated: bool,
) -> Sequence[Array]:
    x, y = apart(operands[0][None]), apart(operands[1][:, None])
    left = (x[0], -x[1]) if conjugated else x
    found = _product(units, "dotc" if conjugated else "dot", left, y, is_complex(results[0]))
    return (_result((found[0][0, 0], found[1][0, 0]), results[0]),)


def _nrm2(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """The two-norm of numbers scaled by a power of two, so that no square leaves the range unnoticed."""
    values = np.concatenate(apart(operands[0])) if is_complex(operands[0].dtype.name) else operands[0]
    largest = np.asarray(units.step("max", units.step("abs", values))) if values.size else np.zeros((), values.dtype)
    if not np.isfinite(largest) or largest == 0:
        return (largest,)
    power = int(np.frexp(largest)[1])
    near = np.ldexp(values, -power).astype(values.dtype)
    square = units.product("nrm2", near[None], near[:, None], results[0])[0, 0]
    root = units.step("sqrt", np.asarray(square))
    return (np.asarray(np.ldexp(root, power)).astype(results[0]),)


def _onto(units: Units, attributes: Mapping[str, Any], product: Any, c: Parts, complex_: bool) -> Parts:
    """``alpha product + beta C``; the product is a function, not called where alpha is zero."""
    alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
    nothing = np.zeros_like(c[0])
    found = (nothing, nothing)
    if number_of(alpha) != 0:
        found = _scaled(units, alpha, product(), complex_)
    if number_of(beta) != 0:
        found = _added(units, found, _scaled(units, beta, c, complex_), complex_)
    return found


def _stored(a: Parts, trans: str) -> Parts:
    if trans == "N":
        return a
    return a[0].T, -a[1].T if trans == "C" else a[1].T


def _gemv(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    complex_ = is_complex(results[0])
    a = _stored(apart(operands[0]), attributes.get("trans", "N"))
    x, y = apart(operands[1][:, None]), apart(operands[2][:, None])
    found = _onto(units, attributes, partial(_product, units, "gemv", a, x, complex_), y, complex_)
    return (_result((found[0][:, 0], found[1][:, 0]), results[0]),)


def _syrk(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    complex_ = is_complex(results[0])
    a, c = _stored(apart(operands[0]), attributes.get("trans", "N")), apart(operands[1])
    found = _onto(units, attributes, partial(_product, units, "syrk", a, (a[0].T, a[1].T), complex_), c, complex_)
    inside = np.triu if attributes.get("uplo", "U") == "U" else np.tril
    return (np.where(inside(np.ones(operands[1].shape, np.bool_)), _result(found, results[0]), operands[1]),)


def _trsm(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """Substitution, one unknown after another: each is taken out of all equations that are left."""
    complex_, alpha = is_complex(results[0]), attributes.get("alpha", 1)
    if number_of(alpha) == 0:
        return (np.zeros_like(operands[1]),)
    right = attributes.get("side", "L") == "R"
    trans, lower = attributes.get("trans", "N"), attributes.get("uplo", "U") == "L"
    a = _stored(apart(operands[0]), trans)
    if right:
        a = a[0].T, a[1].T
    if (trans != "N") != right:
        lower = not lower
    b = apart(operands[1].T if right else operands[1])
    rest = tuple(np.array(part) for part in _scaled(units, alpha, b, complex_))
    order = range(len(a[0])) if lower else range(len(a[0]) - 1, -1, -1)
    for i in order:
        row = (rest[0][i], rest[1][i])
        if attributes.get("diag", "N") == "N":
            row = _divided(units, row, (a[0][i, i], a[1][i, i]), complex_)
        rest[0][i], rest[1][i] = row
        left = slice(i + 1, None) if lower else slice(0, i)
        column = tuple(np.broadcast_to(part[left, i, None], rest[0][left].shape) for part in a)
        unknown = tuple(np.broadcast_to(part, rest[0][left].shape) for part in row)
        taken = _times(units, column, unknown, complex_)  # type: ignore[arg-type]
        rest[0][left], rest[1][left] = _added(units, (rest[0][left], rest[1][left]), taken, complex_, "subtract")
    found = _result((rest[0], rest[1]), results[0])
    return (found.T if right else found,)


def _divided(units: Units, x: Parts, by: tuple[Any, Any], complex_: bool) -> Parts:
    """A division; of complex numbers as Smith has it (Algorithm 116, Comm. ACM 5, 1962)."""
    real, imaginary = (np.full_like(x[0], part) for part in by)
    step = units.step
    if not complex_:
        return step("divide", x[0], real), x[1]
    if abs(by[0]) >= abs(by[1]):
        ratio = step("divide", imaginary, real)
        below = step("add", real, step("multiply", imaginary, ratio))
        top = (
            step("add", x[0], step("multiply", x[1], ratio)),
            step("subtract", x[1], step("multiply", x[0], ratio)),
        )
    else:
        ratio = step("divide", real, imaginary)
        below = step("add", imaginary, step("multiply", real, ratio))
        top = (
            step("add", step("multiply", x[0], ratio), x[1]),
            step("subtract", step("multiply", x[1], ratio), x[0]),
        )
    return step("divide", top[0], below), step("divide", top[1], below)


OPERATIONS: Mapping[str, Composed] = {
    "axpy": Composed(_signature(2, partial(_vectors, "axpy"), "alpha"), _axpy),
    "dot": Composed(_signature(2, partial(_vectors, "dot")), partial(_dot, conjugated=False)),
    "dotc": Composed(_signature(2, partial(_vectors, "dotc"), only_complex=True), partial(_dot, conjugated=True)),
    "nrm2": Composed(_signature(1, partial(_vectors, "nrm2"), norm=True), _nrm2),
    "gemv": Composed(_signature(3, _gemv_shape, "alpha beta trans"), _gemv),
    "syrk": Composed(_signature(2, _syrk_shape, "alpha beta trans uplo"), _syrk),
    "trsm": Composed(_signature(2, _trsm_shape, "alpha side uplo trans diag"), _trsm),
}
