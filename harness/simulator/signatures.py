"""What the units of the simulated device launch by themselves: operands, dtypes, attributes and shapes, as a table.

Operations and their semantics are those of the Python array API (2024.12); ``gemm`` is that of BLAS. The table knows
what a launch has to look like; what it computes stands in ``arithmetic``. Operations that are put together from these
stand in ``composed``, each with its own signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError, Tensor

Shape = tuple[int, ...]

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
NARROW_FLOATS = frozenset({"float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"})
INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
BOOL = frozenset({"bool"})
NUMBERS = FLOATS | INTEGERS
ALL = NUMBERS | NARROW_FLOATS | BOOL

#: A rule for dtypes of an operation with one result.
Type = Callable[[Sequence[str], str], bool]
#: A rule for dtypes: whether a launch with these operands and these results is one of the operation's.
Types = Callable[[Sequence[str], Sequence[str]], bool]
#: A rule for shapes: the results' shapes, from the operands', the attributes, and the shapes of the outputs given.
#: Raises ``DeviceError`` (invalid value) for operands that do not go together.
Shapes = Callable[[Sequence[Shape], Mapping[str, Any], Sequence[Shape]], Sequence[Shape]]


@dataclass(frozen=True)
class Signature:
    """What a launch of one operation looks like: from ``least`` to ``arity`` operands, and ``results``."""

    least: int
    arity: int
    types: Types
    shapes: Shapes
    attributes: frozenset[str] = frozenset()
    results: int = 1

    def accepts(self, dtypes: Sequence[str]) -> bool:
        """Whether a launch can have these dtypes, inputs first."""
        operands = len(dtypes) - self.results
        return self.least <= operands <= self.arity and self.types(dtypes[:operands], dtypes[operands:])

    def check(
        self, name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], attributes: Mapping[str, Any]
    ) -> None:
        """Raise ``DeviceError``: invalid value for what is malformed, unsupported for dtypes the operation lacks."""
        if not self.least <= len(inputs) <= self.arity or len(outputs) != self.results:
            takes = f"{self.least}" if self.least == self.arity else f"{self.least} to {self.arity}"
            raise DeviceError(
                INVALID_VALUE,
                f"{name} takes {takes} inputs and {self.results} outputs, not {len(inputs)} and {len(outputs)}",
            )
        unknown = set(attributes) - self.attributes
        if unknown:
            raise DeviceError(INVALID_VALUE, f"{name} has no attribute {', '.join(sorted(map(str, unknown)))}")
        dtypes, results = [tensor.dtype for tensor in inputs], [tensor.dtype for tensor in outputs]
        if not self.types(dtypes, results):
            raise DeviceError(UNSUPPORTED, f"{name} of {', '.join(dtypes)} to {', '.join(results)}")
        given = [tuple(tensor.shape) for tensor in outputs]
        for shape, out in zip(self.shapes([tensor.shape for tensor in inputs], attributes, given), given, strict=True):
            if tuple(shape) != out:
                raise DeviceError(INVALID_VALUE, f"the result of {name} has shape {tuple(shape)}, the output {out}")


def find(operation: str) -> Signature:
    """An operation's signature; raises ``DeviceError`` (unsupported) for one this device does not know."""
    signature = SIGNATURES.get(operation)
    if signature is None:
        raise DeviceError(UNSUPPORTED, f"no operation {operation!r}")
    return signature


def axis_of(attributes: Mapping[str, Any], rank: int) -> int | None:
    """A reduction's axis, counted from the front; ``None`` for all axes. Raises ``DeviceError`` (invalid value)."""
    axis = attributes.get("axis")
    if axis is None:
        return None
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise DeviceError(INVALID_VALUE, f"axis {axis!r} of a tensor of rank {rank}")
    return axis % rank


def _same(accepted: frozenset[str]) -> Type:
    return lambda operands, result: result in accepted and all(dtype == result for dtype in operands)


def _to(accepted: frozenset[str], target: str) -> Type:
    return lambda operands, result: result == target and operands[0] in accepted and len(set(operands)) == 1


def _where(operands: Sequence[str], result: str) -> bool:
    return operands[0] == "bool" and operands[1] == operands[2] == result and result in NUMBERS | BOOL


def _accumulated(operands: Sequence[str], result: str) -> bool:
    """Sums and products: floats keep their dtype or widen to float32 or float64, integers go to any integer dtype."""
    first = operands[0]
    if first in INTEGERS:
        return result in INTEGERS
    return first in FLOATS and (result == first or (result in ("float32", "float64") and first != "float64"))


def _inner_product(operands: Sequence[str], result: str) -> bool:
    if operands[0] != operands[1]:
        return False
    if operands[0] in NARROW_FLOATS:
        return result in ("float16", "bfloat16", "float32")
    return _accumulated(operands, result)


def _scaled(operands: Sequence[str], result: str) -> bool:
    """An inner product of floats onto a C of the result's dtype; alpha and beta are no factors for integers."""
    return operands[0] not in INTEGERS and operands[2] == result and _inner_product(operands[:2], result)


def _cast(operands: Sequence[str], result: str) -> bool:
    return operands[0] in ALL and result in ALL


def _elementwise(shapes: Sequence[Shape], attributes: Mapping[str, Any], out: Shape) -> Shape:
    """Every operand broadcasts to the output's shape."""
    for shape in shapes:
        if shape != out and (
            len(shape) > len(out) or any(a not in (b, 1) for a, b in zip(reversed(shape), reversed(out), strict=False))
        ):
            raise DeviceError(INVALID_VALUE, f"shape {shape} does not broadcast to {out}")
    return tuple(out)


def _reduced(shapes: Sequence[Shape], attributes: Mapping[str, Any], out: Shape) -> Shape:
    axis = axis_of(attributes, len(shapes[0]))
    axes = range(len(shapes[0])) if axis is None else (axis,)
    if attributes.get("keepdims", False):
        return tuple(1 if i in axes else n for i, n in enumerate(shapes[0]))
    return tuple(n for i, n in enumerate(shapes[0]) if i not in axes)


def _extremum(shapes: Sequence[Shape], attributes: Mapping[str, Any], out: Shape) -> Shape:
    """As any reduction, but of at least one element: there is no extremum of none."""
    axis = axis_of(attributes, len(shapes[0]))
    if 0 in (shapes[0] if axis is None else shapes[0][axis : axis + 1]):
        raise DeviceError(INVALID_VALUE, f"no extremum over no elements, shape {shapes[0]}")
    return _reduced(shapes, attributes, out)


def _matmul(shapes: Sequence[Shape], attributes: Mapping[str, Any], out: Shape) -> Shape:
    """As the array API has it: vectors at either end stand for a row or a column, leading axes broadcast."""
    a, b = shapes
    if not a or not b:
        raise DeviceError(INVALID_VALUE, f"matmul takes no scalars, shapes {a} and {b}")
    rows, depth = (a[-2:-1], a[-1]) if len(a) > 1 else ((), a[0])
    columns, depth_b = (b[-1:], b[-2]) if len(b) > 1 else ((), b[0])
    if depth != depth_b:
        raise DeviceError(INVALID_VALUE, f"inner lengths {depth} and {depth_b} differ")
    return (*_broadcast(a[:-2], b[:-2]), *rows, *columns)


def _vecdot(shapes: Sequence[Shape], attributes: Mapping[str, Any], out: Shape) -> Shape:
    a, b = shapes
    if not a or not b or a[-1] != b[-1]:
        raise DeviceError(INVALID_VALUE, f"last lengths of {a} and {b} differ")
    return _broadcast(a[:-1], b[:-1])


def _gemm(shapes: Sequence[Shape], attributes: Mapping[str, Any], out: Shape) -> Shape:
    if any(len(shape) != 2 for shape in shapes):
        raise DeviceError(INVALID_VALUE, f"gemm takes matrices, not shapes {shapes}")
    a = shapes[0][::-1] if attributes.get("transpose_a", False) else shapes[0]
    b = shapes[1][::-1] if attributes.get("transpose_b", False) else shapes[1]
    if a[1] != b[0] or tuple(shapes[2]) != (a[0], b[1]):
        raise DeviceError(INVALID_VALUE, f"gemm of {a} and {b} onto {shapes[2]}")
    for name in ("alpha", "beta"):
        value = attributes.get(name, 1)
        if not isinstance(value, int | float) or (isinstance(value, int) and abs(value) >= 1 << 1024):
            raise DeviceError(INVALID_VALUE, f"{name} is {str(value)[:40]}, not a number of float64's range")
    return a[0], b[1]


def _broadcast(a: Shape, b: Shape) -> Shape:
    """The common shape of two, as the array API broadcasts."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    shorter = (1,) * (len(longer) - len(shorter)) + tuple(shorter)
    for m, n in zip(longer, shorter, strict=True):
        if m != n and 1 not in (m, n):
            raise DeviceError(INVALID_VALUE, f"shapes {a} and {b} do not broadcast")
    return tuple(n if m == 1 else m for m, n in zip(longer, shorter, strict=True))


_REDUCTION = frozenset({"axis", "keepdims"})
_GEMM = frozenset({"alpha", "beta", "transpose_a", "transpose_b"})


def _rows(
    names: str,
    arity: int,
    types: Type,
    shapes: Callable[[Sequence[Shape], Mapping[str, Any], Shape], Shape],
    attributes: frozenset[str] = frozenset(),
) -> dict[str, Signature]:
    """Operations of one result and no operand that can be left out."""
    signature = Signature(
        arity,
        arity,
        lambda operands, results: types(operands, results[0]),
        lambda found, given, outs: (shapes(found, given, outs[0]),),
        attributes,
    )
    return dict.fromkeys(names.split(), signature)


SIGNATURES: dict[str, Signature] = (
    _rows("add subtract multiply maximum minimum remainder floor_divide", 2, _same(NUMBERS), _elementwise)
    | _rows("divide copysign nextafter pow atan2 hypot logaddexp", 2, _same(FLOATS), _elementwise)
    | _rows("sqrt reciprocal exp expm1 log log1p log2 log10", 1, _same(FLOATS), _elementwise)
    | _rows("sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh", 1, _same(FLOATS), _elementwise)
    | _rows("square positive negative abs sign floor ceil trunc round", 1, _same(NUMBERS), _elementwise)
    | _rows("clip", 3, _same(NUMBERS), _elementwise)
    | _rows("where", 3, _where, _elementwise)
    | _rows("equal not_equal", 2, _to(NUMBERS | BOOL, "bool"), _elementwise)
    | _rows("less less_equal greater greater_equal", 2, _to(NUMBERS, "bool"), _elementwise)
    | _rows("isnan isinf isfinite", 1, _to(NUMBERS, "bool"), _elementwise)
    | _rows("signbit", 1, _to(FLOATS, "bool"), _elementwise)
    | _rows("logical_and logical_or logical_xor", 2, _same(BOOL), _elementwise)
    | _rows("logical_not", 1, _same(BOOL), _elementwise)
    | _rows("bitwise_and bitwise_or bitwise_xor", 2, _same(INTEGERS | BOOL), _elementwise)
    | _rows("bitwise_left_shift bitwise_right_shift", 2, _same(INTEGERS), _elementwise)
    | _rows("bitwise_invert", 1, _same(INTEGERS | BOOL), _elementwise)
    | _rows("cast", 1, _cast, _elementwise)
    | _rows("sum prod", 1, _accumulated, _reduced, _REDUCTION)
    | _rows("mean", 1, _same(FLOATS), _reduced, _REDUCTION)
    | _rows("max min", 1, _same(NUMBERS), _extremum, _REDUCTION)
    | _rows("argmax argmin", 1, _to(NUMBERS, "int64"), _extremum, _REDUCTION)
    | _rows("any all", 1, _to(NUMBERS | BOOL, "bool"), _reduced, _REDUCTION)
    | _rows("count_nonzero", 1, _to(NUMBERS | BOOL, "int64"), _reduced, _REDUCTION)
    | _rows("matmul", 2, _inner_product, _matmul)
    | _rows("vecdot", 2, _inner_product, _vecdot)
    | _rows("gemm", 3, _scaled, _gemm, _GEMM)
)
