"""Faulty kernels along rows: reductions, scans, normalisation, softmax, attention, transforms, orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.simulator.conversion import Array
from tests.suites.kernels.fault import Kernel, Launch, cut, rounded


def _axis(launch: Launch) -> int | None:
    axis = launch.attributes.get("axis")
    return None if axis is None else int(axis)


def _in_half(launch: Launch) -> Array:
    """A sum kept in float16, one term after another."""
    axis = _axis(launch)
    values = launch.operands[0].reshape(-1) if axis is None else np.moveaxis(launch.operands[0], axis, 0)
    total = np.zeros(values.shape[1:], np.float16)
    for term in values:
        total = (total + term).astype(np.float16)
    return total.reshape(launch.right.shape)


def _without_nan(values: Array, places: Sequence[int]) -> Array:
    """NaN at these places of a row overlooked."""
    changed = np.array(values)
    for place in places:
        if changed.ndim and changed.shape[-1] > place:
            changed[..., place] = np.where(np.isnan(changed[..., place]), -np.inf, changed[..., place])
    return changed


def _last_of_ties(launch: Launch) -> Array:
    values, axis = launch.operands[0], _axis(launch)
    if axis is None or np.isnan(values.astype(np.float64)).any():
        return launch.right
    last = values.shape[axis] - 1 - np.flip(values, axis).argmax(axis=axis)
    return np.asarray(last).reshape(launch.right.shape)


def _wrong_axis(launch: Launch) -> Array:
    axis, values = _axis(launch), launch.operands[0]
    if axis is None or axis >= 0 or values.ndim < 3:
        return launch.right
    return np.resize(launch.again(values, axis=(axis - 1) % values.ndim), launch.right.shape)


def _counter(launch: Launch) -> Array:
    """The terms past a whole number of 65,536 left out."""
    values = launch.operands[0]
    many = values.shape[-1] // 65536 * 65536 if values.ndim else 0
    return launch.again(values[..., :many]) if many and values.shape[-1] > many else launch.right


def _rounded_before_dividing(launch: Launch) -> Array:
    values, axis = launch.operands[0], _axis(launch)
    count = values.size if axis is None else values.shape[axis]
    return launch.narrow(launch.of("sum", values, **launch.attributes).astype(np.float64) / count)


def _one_pass(launch: Launch) -> Array:
    """The mean of squares less the square of the mean, in float32."""
    values, axis = launch.operands[0], _axis(launch)
    count = values.size if axis is None else values.shape[axis]
    given = {"axis": axis, "keepdims": launch.attributes.get("keepdims", False)}
    mean, square = (launch.of("mean", x, **given) for x in (values, values * values))
    left = count - launch.attributes.get("correction", 0.0)
    return np.asarray(np.maximum(square - mean * mean, 0) * np.float32(count / left if left > 0 else np.nan))


def _layer_norm(launch: Launch, *, one_pass: bool = True, outside: bool = False) -> Array:
    """Layer normalisation with its variance in one pass, or epsilon beside the root."""
    x, scale, *bias = launch.operands
    axes = tuple(range(int(launch.attributes.get("axis", -1)) % x.ndim, x.ndim))
    epsilon, wide = np.float32(launch.attributes.get("epsilon", 1e-5)), x.astype(np.float32)
    mean = wide.mean(axis=axes, keepdims=True, dtype=np.float32)
    square = (wide * wide).mean(axis=axes, keepdims=True, dtype=np.float32)
    centred = np.square(wide - mean).mean(axis=axes, keepdims=True, dtype=np.float32)
    variance = np.maximum(square - mean * mean, 0) if one_pass else centred
    root = np.sqrt(variance) + epsilon if outside else np.sqrt(variance + epsilon)
    return np.asarray((wide - mean) / root * scale + (bias[0] if bias else 0))


def _softmax(launch: Launch, *, shifted: bool, narrow: str = "float32") -> Array:
    """A softmax whose powers are taken as they come, or of a narrower type."""
    x, axis = launch.operands[0].astype(np.float32), int(launch.attributes.get("axis", -1))
    powers = np.exp(x - x.max(axis=axis, keepdims=True) if shifted else x)
    powers = rounded(powers, narrow)
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True, dtype=np.float32))


def _tail_of_rows(launch: Launch, block: int) -> Array:
    """What stands past the last whole block of a row left out of the sum."""
    x = launch.operands[0]
    along_rows = int(launch.attributes.get("axis", -1)) in (-1, x.ndim - 1)
    if x.shape[-1] <= block or x.shape[-1] % block == 0 or not along_rows:
        return launch.right
    wide = x.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers[..., : x.shape[-1] // block * block].sum(axis=-1, keepdims=True))


def _carry_lost(launch: Launch) -> Array:
    """A scan in blocks of 64 that forgets what all blocks but the one before came to."""
    axis = int(launch.attributes.get("axis") or 0)
    if launch.right.shape[axis] <= 128 or launch.attributes.get("include_initial"):
        return launch.right
    found = np.moveaxis(np.array(launch.right), axis, 0)
    found[128:] -= found[63]
    return np.moveaxis(found, 0, axis)


def _short_scores(launch: Launch) -> Array:
    """Queries and keys cut to eight bits."""
    q, k, *others = launch.operands
    return launch.again(cut(q, 8), cut(k, 8), *others)


def _scale_forgotten(launch: Launch) -> Array:
    return launch.right if "scale" in launch.attributes else launch.again(*launch.operands, scale=1.0)


def _causal_off_by_one(launch: Launch) -> Array:
    """A causal mask that hides a query's own key."""
    if not launch.attributes.get("is_causal") or launch.operands[0].ndim != 4:
        return launch.right
    q, k, v, *mask = launch.operands
    hidden = np.tril(np.ones((q.shape[2], k.shape[2]), np.bool_), -1)
    hidden[0, 0] = True
    return launch.again(q, k, v, hidden & mask[0] if mask else hidden, is_causal=0)


def _unstable(launch: Launch) -> Array:
    """An argsort that puts equal elements in the opposite order."""
    x, axis = launch.operands[0], int(launch.attributes.get("axis", -1))
    if x.dtype.kind not in "fi" or launch.attributes.get("descending"):
        return launch.right
    back = np.flip(x, axis)
    return x.shape[axis] - 1 - np.argsort(back, axis=axis, kind="stable") if x.size else launch.right


def _twiddles(launch: Launch) -> Array:
    """A transform whose factors are of 11 bits."""
    x, axis = launch.operands[0].astype(np.complex128), int(launch.attributes.get("axis", -1))
    size = x.shape[axis]
    factors = np.exp(-2j * np.pi * (np.arange(size)[:, None] * np.arange(size) % size) / size)
    factors = cut(np.ascontiguousarray(factors.real), 11) + 1j * cut(np.ascontiguousarray(factors.imag), 11)
    found = np.moveaxis(np.moveaxis(x, axis, -1) @ factors, -1, axis)
    plain = launch.attributes.get("norm", "backward") == "backward" and size == launch.attributes.get("n", size)
    return found if plain and found.shape == launch.right.shape else launch.right


def _padding_counted(launch: Launch) -> Array:
    return launch.again(*launch.operands, count_include_pad=1)


KERNELS = (
    Kernel("kept in float16", "sum", "float16", _in_half, ("integer-exact", "dense")),
    Kernel("memory not cleared", "sum", "float32",
           lambda x: x.right + x.right.dtype.type(2.0**-100), ("zeros",)),
    Kernel("terms of 8 bits", "sum", "float32", lambda x: x.again(cut(x.operands[0], 8)), ("selector", "dense")),
    Kernel("negative axes misread", "sum", "float32", _wrong_axis, ("axes",)),
    Kernel("counter of 16 bits", "sum", "float32", _counter, ("long",), long=True),
    Kernel("rounded before dividing", "mean", "float16", _rounded_before_dividing, ("means",)),
    Kernel("one pass", "var", "float32", _one_pass, ("cancellation",)),
    Kernel("one pass", "std", "float32", lambda x: np.sqrt(_one_pass(x)), ("cancellation",)),
    Kernel("NaN overlooked at 64 and 129", "max", "float32",
           lambda x: x.again(_without_nan(x.operands[0], (64, 129))), ("nan-positions", "specials")),
    Kernel("NaN overlooked at the end", "argmax", "float32",
           lambda x: x.again(_without_nan(x.operands[0], (129,))), ("nan-positions",)),
    Kernel("extremum from the lowest number", "max", "float32",
           lambda x: np.maximum(x.right, np.finfo(np.float32).min), ("members",)),
    Kernel("last of ties", "argmax", "float32", _last_of_ties, ("ties",)),
    Kernel("places of 16 bits", "argmax", "float32",
           lambda x: x.right.astype(np.int16).astype(np.int64), ("known-answers",)),
    Kernel("only one block looked at", "any", "bool",
           lambda x: x.again(x.operands[0][..., :64]) if x.operands[0].ndim else x.right, ("deciding",)),
    Kernel("carry lost", "cumulative_sum", "float32", _carry_lost, ("shapes",)),
    Kernel("as powers come", "Softmax", "float32", lambda x: _softmax(x, shifted=False), ("large-logits",)),
    Kernel("powers in bfloat16", "Softmax", "float32",
           lambda x: _softmax(x, shifted=True, narrow="bfloat16"), ("dense",)),
    Kernel("rounded to float16", "Softmax", "float32", lambda x: rounded(x.right, "float16"), ("dense",)),
    Kernel("tail of a row left out", "Softmax", "float32", lambda x: _tail_of_rows(x, 256), ("shapes",)),
    Kernel("logarithm of the softmax", "LogSoftmax", "float32",
           lambda x: np.log(x.of("Softmax", *x.operands, **x.attributes)), ("overflow", "sparse")),
    Kernel("one pass", "LayerNormalization", "float32", _layer_norm, ("cancellation",)),
    Kernel("epsilon beside the root", "LayerNormalization", "float32",
           lambda x: _layer_norm(x, one_pass=False, outside=True), ("epsilons",)),
    Kernel("rounded to float16", "LayerNormalization", "float32", lambda x: rounded(x.right, "float16"), ("dense",)),
    Kernel("rounded to float16", "RMSNormalization", "float32", lambda x: rounded(x.right, "float16"), ("dense",)),
    Kernel("scores of 8 bits", "Attention", "float32", _short_scores, ("dense",)),
    Kernel("scale forgotten", "Attention", "float32", _scale_forgotten, ("dense",)),
    Kernel("causal mask off by one", "Attention", "float32", _causal_off_by_one, ("causal",)),
    Kernel("rounded to bfloat16", "Attention", "float16",
           lambda x: rounded(x.right, "bfloat16"), ("dense", "selector")),
    Kernel("unstable", "argsort", "float32", _unstable, ("ties",)),
    Kernel("ascending whatever is asked", "sort", "float32", lambda x: x.again(descending=False), ("orders",)),
    Kernel("factors of 11 bits", "fft", "complex64", _twiddles, ("dense",)),
    Kernel("last coefficient lost", "rfft", "float32",
           lambda x: np.concatenate([x.right[..., :-1], np.zeros_like(x.right[..., -1:])], -1), ("dense",)),
    Kernel("padding counted", "AveragePool", "float32", _padding_counted, ("pads",)),
    Kernel("padding taken for zeros", "MaxPool", "float32",
           lambda x: np.maximum(x.right, 0) if any(x.attributes.get("pads", [])) else x.right, ("padding-values",)),
)  # fmt: skip
