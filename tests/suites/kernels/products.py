"""Faulty matrix products, convolutions and solvers."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.simulator.conversion import Array
from tests.suites.kernels.fault import Kernel, Launch, cut, rounded

_DEEP = ((64, 4096, 64),)


def _kept_in(launch: Launch, bits: int) -> Array:
    """A product whose sum keeps so many bits after every term."""
    a, b = (operand.astype(np.float64) for operand in launch.operands[:2])
    if a.ndim < 2 or b.ndim < 2:
        return launch.right
    total = np.zeros(launch.right.shape)
    for k in range(a.shape[-1]):
        total = cut(total + a[..., :, k, None] * b[..., k, None, :], bits)
    return launch.narrow(total)


def _split(launch: Launch, between: str, parts: int = 4) -> Array:
    """A product split along K, its partial results put down in a narrower type."""
    a, b = launch.operands
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] < parts:
        return launch.right
    total = np.zeros(launch.right.shape, np.float32)
    for left, right in zip(np.array_split(a, parts, 1), np.array_split(b, parts, 0), strict=True):
        total = total + rounded(launch.of("matmul", left, right, result="float32"), between)
    return launch.narrow(total)


def _alpha_past_a_tile(launch: Launch) -> Array:
    whole = launch.again(alpha=1.0)
    return np.where(np.arange(len(whole))[:, None] >= 64, whole, launch.right)


def _read_anyway(launch: Launch, factor: str) -> Array:
    """What a factor of zero should leave unread, times that factor."""
    if launch.attributes.get(factor, 1.0) != 0:
        return launch.right
    a, b, c = launch.operands
    touched = c if factor == "beta" else a.sum() + b.sum()
    return np.asarray(launch.right + touched * launch.right.dtype.type(0))


def _flag_ignored(launch: Launch) -> Array:
    a, b, c = launch.operands
    if not launch.attributes.get("transpose_b"):
        return launch.right
    return launch.again(a, b.reshape(b.shape[::-1]), c, transpose_b=False)


def _strassen(launch: Launch) -> Array:
    """One step of Strassen's seven products, of matrices with even sides."""
    a, b = launch.operands
    if a.ndim != 2 or b.ndim != 2 or a.shape[0] < 2 or a.shape[1] < 2 or b.shape[1] < 2:
        return launch.right
    m, k, n = a.shape[0] // 2 * 2, a.shape[1] // 2 * 2, b.shape[1] // 2 * 2
    left, right = (x.astype(np.float32) for x in (a[:m, :k], b[:k, :n]))
    (a11, a12), (a21, a22) = (np.split(half, 2, 1) for half in np.split(left, 2, 0))
    (b11, b12), (b21, b22) = (np.split(half, 2, 1) for half in np.split(right, 2, 0))
    m1, m2, m3 = (a11 + a22) @ (b11 + b22), (a21 + a22) @ b11, a11 @ (b12 - b22)
    m4, m5 = a22 @ (b21 - b11), (a11 + a12) @ b22
    m6, m7 = (a21 - a11) @ (b11 + b12), (a12 - a22) @ (b21 + b22)
    found = np.array(launch.right)
    inner = np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])
    found[:m, :n] = inner + a[:m, k:] @ b[k:, :n]
    return found


def _tail(values: Array, block: int, axis: int = -1) -> Array:
    """The part past the last whole block along an axis left at zero."""
    if not values.ndim or values.shape[axis] <= block:
        return values
    moved = np.array(np.moveaxis(values, axis, 0))
    moved[moved.shape[0] // block * block :] = 0
    return np.moveaxis(moved, 0, axis)


def _past(launch: Launch, limit: int) -> Array:
    """Rows and columns past a limit left at zero, as by an index of too few bits."""
    found = np.array(launch.right)
    for axis in range(found.ndim):
        if found.shape[axis] > limit:
            np.moveaxis(found, axis, 0)[limit:] = 0
    return found


def _terms_past(launch: Launch, limit: int) -> Array:
    """Terms of the inner dimension past a limit left out."""
    a, b = launch.operands
    if b.ndim != 2 or b.shape[0] <= limit:
        return launch.right
    return launch.again(a[..., :limit], b[:limit])


def _first_matrix(launch: Launch) -> Array:
    a, b = launch.operands
    return launch.again(a, np.broadcast_to(b[:1], b.shape)) if b.ndim > 2 else launch.right


def _started(launch: Launch) -> Array:
    """Products added onto memory that was not cleared."""
    return np.asarray(launch.right + launch.right.dtype.type(2.0**-100))


def _from_the_last(state: dict[str, Array], launch: Launch) -> Array:
    """Split products added onto what the launch before left in the workspace."""
    before = state.get("last")
    state["last"] = launch.right
    same = before is not None and before.shape == launch.right.shape and launch.right.ndim > 1
    return launch.right + before if same and before is not None else launch.right


def _by_rows(launch: Launch) -> Array:
    """Another split of the inner dimension for few rows."""
    a, b = launch.operands
    if a.ndim != 2 or b.ndim != 2 or a.shape[0] <= 4 or a.shape[1] < 2:
        return launch.right
    half = a.shape[1] // 2
    return launch.again(a[:, :half], b[:half]) + launch.again(a[:, half:], b[half:])


def _deep(launch: Launch, depth: int) -> Array:
    """Operands of 11 bits from a depth on, where another kernel is chosen."""
    a, b = launch.operands[:2]
    depth_here = a.shape[0] if launch.attributes.get("transpose_a") else a.shape[-1]
    return launch.again(cut(a, 11), cut(b, 11), *launch.operands[2:]) if depth_here >= depth else launch.right


def _winograd(launch: Launch) -> Array:
    """F(2, 3) along the last axis of a convolution by three, stride one, in one group."""
    x, w, *bias = launch.operands
    given = launch.attributes
    ones = [value for name in ("strides", "dilations") for value in given.get(name, [])]
    plain = given.get("group", 1) == 1 and set(ones) <= {1} and not any(given.get("pads", []))
    if x.ndim != 4 or w.shape[2:] != (3, 3) or not plain or given.get("auto_pad", "NOTSET") != "NOTSET":
        return launch.right
    to = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)
    into = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], np.float32)
    back = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], np.float32)
    found = np.array(launch.right)
    filters = np.einsum("ai,ocij,bj->ocab", to, w.astype(np.float32), to, dtype=np.float32)
    for row in range(0, found.shape[2] - 1, 2):
        for column in range(0, found.shape[3] - 1, 2):
            patch = x[:, :, row : row + 4, column : column + 4].astype(np.float32)
            spread = np.einsum("ai,ncij,bj->ncab", into, patch, into, dtype=np.float32)
            product = np.einsum("ocab,ncab->noab", filters, spread, dtype=np.float32)
            tile = np.einsum("ai,noij,bj->noab", back, product, back, dtype=np.float32)
            found[:, :, row : row + 2, column : column + 2] = tile + (bias[0][:, None, None] if bias else 0)
    return found


def _other_triangle(launch: Launch) -> Array:
    """The triangle that must not be read, taken into account."""
    a = launch.operands[0]
    upper = launch.attributes.get("uplo", "U") in ("U", "u", "upper", True)
    strict = np.tril(a, -1) if upper else np.triu(a, 1)
    return np.asarray(launch.right + (strict.sum(dtype=a.dtype) * a.dtype.type(0)).astype(launch.right.dtype))


def _wrap16(launch: Launch) -> Array:
    """Sums of products kept in 16 bits."""
    return launch.right.astype(np.int16).astype(np.int32)


def remembering(wrong: Any) -> Any:
    """A fault that keeps something from launch to launch."""
    state: dict[str, Array] = {}
    return lambda launch: wrong(state, launch)


KERNELS = (
    Kernel("operands of 11 bits", "matmul", "float32", lambda x: x.again(*[cut(o, 11) for o in x.operands]),
           ("selector", "dense", "sparse")),
    Kernel("left operand of 11 bits", "matmul", "float32",
           lambda x: x.again(cut(x.operands[0], 11), x.operands[1]), ("selector",)),
    Kernel("right operand of 11 bits", "gemm", "float32",
           lambda x: x.again(x.operands[0], cut(x.operands[1], 11), x.operands[2]), ("selector",)),
    Kernel("operands of 11 bits from K = 1024 on", "gemm", "float32", lambda x: _deep(x, 1024), ("sparse",), _DEEP),
    Kernel("operands of 8 bits", "MatMul", "float16", lambda x: x.again(*[cut(o, 8) for o in x.operands]),
           ("selector", "dense")),
    Kernel("accumulator of float16", "matmul", "float16", lambda x: _kept_in(x, 11), ("integer-exact", "dense")),
    Kernel("accumulator of bfloat16", "matmul", "bfloat16", lambda x: _kept_in(x, 8), ("integer-exact", "dense")),
    Kernel("accumulator of 14 bits", "matmul", "float16-float32",
           lambda x: _kept_in(x, 14), ("integer-exact", "dense")),
    Kernel("partial results in bfloat16", "matmul", "float32", lambda x: _split(x, "bfloat16"), ("dense",)),
    Kernel("partial results in float16", "matmul", "float16-float32", lambda x: _split(x, "float16"), ("dense",)),
    Kernel("workspace not cleared", "matmul", "float32", remembering(_from_the_last), ("state",)),
    Kernel("memory not cleared", "matmul", "float32", _started, ("zeros",)),
    Kernel("alpha lost past a tile", "gemm", "float32", _alpha_past_a_tile, ("scaled",)),
    Kernel("C read with beta zero", "gemm", "float32", lambda x: _read_anyway(x, "beta"), ("beta-zero",)),
    Kernel("A and B read with alpha zero", "gemm", "float32", lambda x: _read_anyway(x, "alpha"), ("alpha-zero",)),
    Kernel("transpose of B ignored", "gemm", "float32", _flag_ignored, ("transposes",)),
    Kernel("Strassen", "matmul", "float32", _strassen, ("sparse", "selector")),
    Kernel("last tile of 8 columns lost", "matmul", "float32", lambda x: _tail(x.right, 8), ("shapes",)),
    Kernel("last tile of 128 rows lost", "MatMul", "float16",
           lambda x: _tail(x.right, 128, -2) if x.right.ndim > 1 else x.right, ("shapes",)),
    Kernel("rows past 65,536 lost", "matmul", "float32", lambda x: _past(x, 1 << 16), ("huge",), long=True),
    Kernel("rows past 2^21 lost", "matmul", "float32", lambda x: _past(x, 1 << 21), ("largest",), long=True),
    Kernel("terms past 16,000 lost", "matmul", "float32", lambda x: _terms_past(x, 16000), ("skinny",), long=True),
    Kernel("matrices past 65,535 lost", "matmul", "float32",
           lambda x: _past(x, 65535) if x.right.ndim > 2 else x.right, ("many-batches",), long=True),
    Kernel("one matrix for all of a batch", "matmul", "float32", _first_matrix, ("batches",)),
    Kernel("another order for few rows", "matmul", "float32", _by_rows, ("batch-invariance",)),
    Kernel("infinities saturated", "matmul", "float32",
           lambda x: np.clip(x.right, np.finfo(np.float32).min, np.finfo(np.float32).max), ("overflow",)),
    Kernel("results flushed", "vecdot", "float32",
           lambda x: np.where(np.abs(x.right) < np.finfo(np.float32).smallest_normal, 0, x.right), ("subnormals",)),
    Kernel("sums in 16 bits", "MatMulInteger", "int8", _wrap16, ("integer-exact",)),
    Kernel("Winograd", "Conv", "float32", _winograd, ("complementary-zeros",)),
    Kernel("dilations ignored", "Conv", "float32",
           lambda x: np.resize(x.again(dilations=[1] * (x.operands[0].ndim - 2)), x.right.shape), ("dilations",)),
    Kernel("accumulator of float16", "Conv", "float16",
           lambda x: rounded(x.again(*[cut(o, 8) for o in x.operands]), "float16"), ("selector", "dense")),
    Kernel("other triangle read", "trsm", "float32", _other_triangle, ("other-triangle",)),
    Kernel("not scaled before squaring", "nrm2", "float32",
           lambda x: np.sqrt(np.square(x.operands[0]).sum(dtype=np.float32)), ("overflow",)),
    Kernel("not conjugated", "dotc", "complex64",
           lambda x: (x.operands[0].astype(np.complex128) * x.operands[1]).sum(), ("dense",)),
)  # fmt: skip
