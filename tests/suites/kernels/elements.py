"""Faulty kernels of single elements: arithmetic, functions, conversions, elements moved and looked up."""

from __future__ import annotations

import numpy as np

from harness.simulator.conversion import Array
from tests.suites.kernels.fault import Kernel, Launch, cut, rounded


def _flushed(launch: Launch) -> Array:
    small = np.abs(launch.right) < np.finfo(launch.right.dtype).smallest_normal
    return np.where(small, np.copysign(launch.right.dtype.type(0), launch.right), launch.right)


def _one_pattern(launch: Launch) -> Array:
    """One value out of all comes out a few steps too large."""
    hit = launch.operands[0].view("u2") == 0x3A5C
    words = np.array(launch.right).view("u2")
    return np.where(hit, words + 8, words).astype(np.uint16).view(launch.right.dtype)


def _saturated(launch: Launch) -> Array:
    finite = np.all([np.isfinite(operand.astype(np.float64)) for operand in launch.operands], axis=0)
    most = np.finfo(launch.right.dtype).max
    return np.where(np.isinf(launch.right) & finite, np.copysign(most, launch.right), launch.right)


def _half_away(launch: Launch) -> Array:
    """A conversion to float16 that rounds halves away from zero."""
    up = np.nextafter(launch.right, np.copysign(np.float16(np.inf), launch.right))
    middle = (launch.right.astype(np.float64) + up.astype(np.float64)) / 2
    return np.where(np.isfinite(up) & (launch.wide == middle), up, launch.right)


def _narrow_nan(launch: Launch) -> Array:
    """bfloat16 by adding half a unit to the bits and cutting them, without a thought for NaN."""
    bits = launch.operands[0].view(np.uint32)
    kept = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return kept.astype(np.uint16).view(launch.right.dtype)


def _cut_to_bfloat16(launch: Launch) -> Array:
    """bfloat16 by cutting the bits."""
    bits = (launch.operands[0].view(np.uint32) >> np.uint32(16)).astype(np.uint16).view(launch.right.dtype)
    return np.where(np.isnan(launch.wide), launch.right, bits)


def _reduced_angle(launch: Launch) -> Array:
    """A sine whose argument is reduced by a float32 quotient."""
    x = launch.operands[0]
    turns = np.rint(x / np.float32(2 * np.pi))
    return np.where(np.isfinite(x), np.sin((x - turns * np.float32(2 * np.pi)).astype(np.float64)), launch.right)


def _tanh_gelu(launch: Launch) -> Array:
    """GELU by the hyperbolic tangent, whatever is asked."""
    x = launch.wide
    return launch.narrow(0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))


def _repeated(launch: Launch) -> Array:
    """Operands repeated element by element until they fill the output."""
    return launch.again(*[np.resize(operand, launch.right.shape) for operand in launch.operands])


def _through_float32(launch: Launch) -> Array:
    return launch.again(*[operand.astype(np.float32).astype(np.int64).astype(np.int32) for operand in launch.operands])


def _quantized_away(launch: Launch) -> Array:
    """Quotients half way between two whole numbers rounded away from zero."""
    x, scale, *point = launch.operands
    if scale.size > 1:
        return launch.right
    quotient = x.astype(np.float64) / scale.astype(np.float64).reshape(())
    if not np.isfinite(quotient).all():
        return launch.right
    away = np.copysign(np.floor(np.abs(quotient) + 0.5), quotient)
    return np.clip(away + (point[0].astype(np.int64).reshape(()) if point else 0), -128, 127)


def _wrapped(launch: Launch) -> Array:
    """Quotients out of range wrapped around."""
    x, scale, *point = launch.operands
    if scale.size > 1:
        return launch.right
    quotient = np.rint(x.astype(np.float64) / scale.astype(np.float64).reshape(()))
    whole = np.where(np.isfinite(quotient), quotient, 0) % 2.0**32
    return (whole.astype(np.int64) + (point[0].astype(np.int64).reshape(()) if point else 0)).astype(np.int8)


def _clamped(launch: Launch) -> Array:
    """Negative indices taken for the first place."""
    data, indices = launch.operands
    return launch.again(data, np.maximum(indices, 0))


def _short_indices(launch: Launch) -> Array:
    """Indices kept in 16 bits."""
    data, indices = launch.operands
    axis = launch.attributes.get("axis") or 0
    return launch.again(data, indices.astype(np.int16).astype(indices.dtype) % max(data.shape[axis], 1))


def _past_the_end(launch: Launch) -> Array:
    """Nothing done past the 65,536th element."""
    found = np.array(launch.right).reshape(-1)
    found[1 << 16 :] = 0
    return found.reshape(launch.right.shape)


def _by_bfloat16(launch: Launch) -> Array:
    """Elements moved through bfloat16."""
    return launch.again(*[rounded(x, "bfloat16") if x.dtype.kind == "f" else x for x in launch.operands])


def _without_sign(launch: Launch) -> Array:
    return np.where(launch.right == 0, np.float32(0), launch.right)


KERNELS = (
    Kernel("subnormals flushed", "multiply", "float32", _flushed, ("subnormals",)),
    Kernel("saturating", "add", "float32", _saturated, ("overflow",)),
    Kernel("stretched by repetition", "add", "float32", _repeated, ("broadcasting",)),
    Kernel("rounded to float16", "add", "float32", lambda x: rounded(x.right, "float16"), ("selector",)),
    Kernel("rounded to float16", "Relu", "float32", lambda x: rounded(x.right, "float16"), ("domain",)),
    Kernel("integers through float32", "add", "int32", _through_float32, ("integer-extremes",)),
    Kernel("by the reciprocal", "divide", "float32",
           lambda x: x.operands[0] * (np.float32(1) / x.operands[1]), ("selector",)),
    Kernel("root by its reciprocal", "sqrt", "float32",
           lambda x: np.where(x.operands[0] > 0, x.operands[0] * (np.float32(1) / np.sqrt(x.operands[0])), x.right),
           ("selector",)),
    Kernel("one value wrong", "sqrt", "float16", _one_pattern, ("exhaustive-16",)),
    Kernel("maximum of the other operand", "maximum", "float32", lambda x: np.fmax(*x.operands), ("specials",)),
    Kernel("not less", "greater_equal", "float32", lambda x: ~x.of("less", *x.operands), ("comparisons",)),
    Kernel("compared in 11 bits", "less", "float32",
           lambda x: x.again(*[cut(o, 11) for o in x.operands]), ("selector",)),
    Kernel("halves rounded up", "round", "float32", lambda x: np.floor(x.wide + 0.5), ("ties",)),
    Kernel("by subtraction", "negative", "float32", lambda x: np.float32(0) - x.operands[0], ("signed-zeros",)),
    Kernel("sign of zero lost", "trunc", "float32", _without_sign, ("signed-zeros",)),
    Kernel("xor as or", "logical_xor", "bool", lambda x: x.of("logical_or", *x.operands), ("truth-tables",)),
    Kernel("inverted as truth values", "bitwise_invert", "int8", lambda x: x.operands[0] == 0, ("bit-patterns",)),
    Kernel("fast exponential", "exp", "float32",
           lambda x: x.narrow(np.exp(x.wide) * (1 + x.wide * 2.0**-26)), ("domain",)),
    Kernel("exponential of minus infinity", "exp", "float32",
           lambda x: np.where(x.wide == -np.inf, np.nan, x.right), ("specials",)),
    Kernel("one value wrong", "tanh", "float16", _one_pattern, ("exhaustive-16",)),
    Kernel("weak range reduction", "sin", "float32", _reduced_angle, ("range-reduction",)),
    Kernel("in bfloat16", "tanh", "float32", lambda x: rounded(x.right, "bfloat16"), ("domain",)),
    Kernel("by the hyperbolic tangent", "Gelu", "float32", _tanh_gelu, ("domain",)),
    Kernel("in float16", "Gelu", "float32", lambda x: rounded(x.right, "float16"), ("domain",)),
    Kernel("halves away from zero", "cast", "float32-float16", _half_away, ("narrowing",)),
    Kernel("saturating", "cast", "float32-float16", _saturated, ("boundaries",)),
    Kernel("bits cut", "cast", "float32-bfloat16", _cut_to_bfloat16, ("narrowing",)),
    Kernel("NaN rounded like a number", "cast", "float32-bfloat16", _narrow_nan, ("nan-payloads",)),
    Kernel("integers rounded", "cast", "float32-int32", lambda x: np.rint(x.wide), ("integral-parts",)),
    Kernel("halves away from zero", "QuantizeLinear", "float32-int8", _quantized_away, ("ties",)),
    Kernel("wrapped around", "QuantizeLinear", "float32-int8", _wrapped, ("saturation",)),
    Kernel("elements past 65,536 lost", "add", "float32", _past_the_end, ("volume",), long=True),
    Kernel("indices of 16 bits", "take", "float32", _short_indices, ("indices",)),
    Kernel("negative indices clamped", "take", "float32", _clamped, ("negative-indices",)),
    Kernel("through bfloat16", "concat", "float32", _by_bfloat16, ("selector",)),
    Kernel("elements of one value", "eye", "float32", lambda x: np.ones_like(x.right), ("contents",)),
)  # fmt: skip
