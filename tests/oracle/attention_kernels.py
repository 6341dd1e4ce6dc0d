"""Attention the way kernels compute it, step by step in a short format: legal algorithms and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.formats import round_to

Array = NDArray[np.float64]
Round = Callable[[Array], Array]


def nearest(values: Array) -> Array:
    """Numbers rounded to the nearest of float32."""
    return np.asarray(values, np.float32).astype(np.float64)


def toward_zero(values: Array) -> Array:
    """Numbers cut off to float32."""
    near = np.asarray(values, np.float32)
    over = np.abs(near.astype(np.float64)) > np.abs(values)
    return np.where(over, np.nextafter(near, np.float32(0)), near).astype(np.float64)


def to_short(dtype: str, *, cut: bool = False) -> Round:
    """Numbers rounded to a 16-bit format, or cut off to it."""

    def rounded(values: Array) -> Array:
        near = round_to(values, dtype)
        if cut:
            toward = (near.view(np.uint16) - (np.abs(near.astype(np.float64)) > np.abs(values))).view(near.dtype)
            near = np.where(near == 0, near, toward).astype(near.dtype)
        return near.astype(np.float64)

    return rounded


def to_tf32(values: Array) -> Array:
    """Numbers rounded to 11 bits."""
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.rint(mantissa * 2048) / 2048, exponent))


def as_it_is(values: Array) -> Array:
    """No rounding."""
    return values


@dataclass(frozen=True)
class Kernel:
    """One way to compute attention of Q (S, E), K (T, E) and V (T, D), every step rounded by ``step``.

    ``block`` keys are taken at a time with a running maximum; of ``parts`` each has its own, merged by their
    log-sum-exp. ``powers_of_two`` fuses the scale with log2 e. ``off`` is how many units in the last place its
    exponential is off, up and down in turn. ``weight`` rounds weights before they meet their values, ``operand``
    operands, ``score`` scores, ``total`` the sums over keys after every term.
    """

    step: Round = nearest
    block: int = 1 << 20
    parts: int = 1
    backwards: bool = False
    powers_of_two: bool = False
    by_roots: bool = False
    off: float = 0.0
    divided_first: bool = False
    weight: Round = as_it_is
    operand: Round = as_it_is
    score: Round = as_it_is
    total: Round = as_it_is
    rescales: bool = True

    def attend(self, q: Array, k: Array, v: Array, scale: float) -> Array:
        """The result (S, D)."""
        q, k, v = self.operand(q), self.operand(k), self.operand(v)
        if self.backwards:
            k, v = k[::-1], v[::-1]
        scores = self.score(self._scores(q, k, scale))
        pieces = np.array_split(np.arange(len(k)), self.parts)
        left = scale if self.powers_of_two else 1.0
        found = [self._online(scores[:, piece], v[piece], left) for piece in pieces if len(piece)]
        if len(found) == 1:
            return found[0][0]
        r = self.step
        logs = [r(r(top * left) + r(np.log(total))) for _, top, total in found]
        most = np.max(logs, axis=0)
        whole = sum_of([self._exp(r(log - most)) for log in logs], r)
        log_whole = r(most + r(np.log(whole)))
        return sum_of([r(self._exp(r(log - log_whole)) * part[0]) for log, part in zip(logs, found, strict=True)], r)

    def _scores(self, q: Array, k: Array, scale: float) -> Array:
        r = self.step
        if self.by_roots:
            root = r(np.sqrt(r(np.asarray(scale))))
            q, k, scale = r(q * root), r(k * root), 1.0
        products = sum_of([r(q[:, None, i] * k[None, :, i]) for i in range(q.shape[1])], r)
        return products if self.powers_of_two else r(products * r(np.asarray(scale)))

    def _exp(self, values: Array) -> Array:
        found = self.step(np.exp(np.maximum(values, -700)))
        signs = np.where(np.arange(found.size).reshape(found.shape) % 2, 1, -1)
        return np.asarray(found + self.off * signs * np.spacing(found.astype(np.float32)) * (values != 0))

    def _power(self, scores: Array, top: Array, scale: float) -> Array:
        r = self.step
        if not self.powers_of_two:
            return self._exp(r(scores - top))
        factor = r(np.asarray(scale * np.log2(np.e)))
        return self._exp(r(scores * factor - r(top * factor)) * np.log(2))

    def _online(self, scores: Array, v: Array, scale: float) -> tuple[Array, Array, Array]:
        r = self.step
        top = np.full((len(scores), 1), -np.inf)
        total, out = np.zeros((len(scores), 1)), np.zeros((len(scores), v.shape[1]))
        for start in range(0, len(v), self.block):
            part, values = scores[:, start : start + self.block], v[start : start + self.block]
            higher = np.maximum(top, part.max(axis=1, keepdims=True))
            if start and self.rescales:
                again = self._power(top, higher, scale)
                total, out = r(total * again), r(out * again)
            top = higher
            powers = self._power(part, top, scale)
            total = sum_of([total, *(powers[:, i : i + 1] for i in range(len(values)))], r)
            if self.divided_first:
                powers = r(powers / total)
            powers = self.weight(powers)
            for i in range(len(values)):
                out = self.total(r(out + r(powers[:, i : i + 1] * values[i])))
        return (out if self.divided_first else r(out / total)), top, total


def sum_of(terms: list[Any], step: Round) -> Array:
    """A sum, one term after another."""
    total = np.asarray(terms[0])
    for term in terms[1:]:
        total = step(total + term)
    return total
