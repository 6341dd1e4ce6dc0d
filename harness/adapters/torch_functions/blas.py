"""BLAS by the functions torch has for it; a factor of zero means that its operands are not read.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import torch

from harness.adapters.compositions.blas import OPERATIONS as COMPOSED
from harness.adapters.compositions.blas import factor
from harness.adapters.spelling import Spelling

Operands = Sequence[Any]
Attributes = Mapping[str, Any]


def _axpy(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    x, y = inputs
    alpha = factor(attributes, "alpha")
    return (y if alpha == 0 else torch.add(y, x, alpha=alpha),)


def _dot(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    return (torch.dot(*inputs),)


def _dotc(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    return (torch.vdot(*inputs),)


def _nrm2(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    return (torch.linalg.vector_norm(inputs[0]),)


def _turned(a: Any, trans: str) -> Any:
    return {"N": a, "T": a.mT, "C": a.mH}[trans]


def _gemv(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    a, x, y = inputs
    alpha, beta = factor(attributes, "alpha"), factor(attributes, "beta")
    if alpha == 0:
        return (beta * y if beta != 0 else torch.zeros_like(y),)
    return (torch.addmv(y, _turned(a, attributes.get("trans", "N")), x, alpha=alpha, beta=beta),)


def _syrk(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    a, c = inputs
    alpha, beta = factor(attributes, "alpha"), factor(attributes, "beta")
    a = _turned(a, attributes.get("trans", "N"))
    if alpha == 0:
        found = beta * c if beta != 0 else torch.zeros_like(c)
    else:
        found = torch.addmm(c, a, a.mT, alpha=alpha, beta=beta)
    inside = torch.tril if attributes.get("uplo", "U") == "L" else torch.triu
    return (torch.where(inside(torch.ones_like(c, dtype=torch.bool)), found, c),)


def _trsm(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    a, b = inputs
    alpha = factor(attributes, "alpha")
    if alpha == 0:
        return (torch.zeros_like(b),)
    trans = attributes.get("trans", "N")
    found = torch.linalg.solve_triangular(
        _turned(a, trans),
        alpha * b,
        upper=(attributes.get("uplo", "U") == "U") == (trans == "N"),
        left=attributes.get("side", "L") == "L",
        unitriangular=attributes.get("diag", "N") == "U",
    )
    return (found,)


_COMPUTED = {"axpy": _axpy, "dot": _dot, "dotc": _dotc, "nrm2": _nrm2, "gemv": _gemv, "syrk": _syrk, "trsm": _trsm}

OPERATIONS: Mapping[str, Spelling] = {
    name: Spelling(compute, COMPOSED[name].example) for name, compute in _COMPUTED.items()
}
