"""Sums and extrema along an axis, in trees and in blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from harness.simulator.conversion import is_float, widen
from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Fold, Machine, filled, wide


def terms_of(values: Array, attributes: Attributes) -> Array:
    """What is to be reduced, along the first axis."""
    axis = attributes.get("axis")
    return values.reshape(-1) if axis is None else np.moveaxis(values, axis, 0)


def placed(found: Array, values: Array, attributes: Attributes) -> Array:
    """A reduction's result in the shape it is asked in."""
    axis = attributes.get("axis")
    if not attributes.get("keepdims", False):
        return found
    return found.reshape((1,) * values.ndim) if axis is None else np.expand_dims(found, axis)


def halves(step: str, machine: Machine, terms: Array) -> Array:
    """The second half is joined to the first until one term is left."""
    while len(terms) > 1:
        half = (len(terms) + 1) // 2
        joined = machine.step(step, terms[: len(terms) - half], terms[half:])
        terms = np.concatenate([joined, terms[len(terms) - half : half]])
    return np.asarray(terms[0])


def neighbours(step: str, machine: Machine, terms: Array) -> Array:
    """Each term is joined to the one beside it until one is left."""
    while len(terms) > 1:
        pairs = len(terms) // 2
        joined = machine.step(step, terms[: 2 * pairs : 2], terms[1 : 2 * pairs : 2])
        terms = np.concatenate([joined, terms[2 * pairs :]])
    return np.asarray(terms[0])


def blocks(length: int, machine: Machine, terms: Array) -> Array:
    """Blocks one by one, as the units add, and then what came of them."""
    whole = len(terms) // length * length
    parts = terms[:whole].reshape(-1, length, *terms.shape[1:])
    found = machine.plain("sum", parts, axis=1) if whole else terms[:0]
    if whole < len(terms):
        found = np.concatenate([found, machine.plain("sum", terms[whole:], axis=0)[None]])
    return machine.plain("sum", found, axis=0)


def _sum(
    fold: Fold, mean: bool, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    values = operands[0]
    terms = terms_of(values, attributes)
    if not is_float(values.dtype) or not values.size:
        return (machine.plain("mean" if mean else "sum", values, result=results[0], **attributes),)
    found = fold(machine, wide(machine, terms))
    if mean:
        found = machine.step("divide", found, filled(len(terms), found))
    return (placed(machine.step("cast", found, result=results[0]), values, attributes),)


def sums(fold: Fold) -> Mapping[str, Algorithm]:
    """Sums and means that are added up in a way of their own."""
    return {"sum": partial(_sum, fold, False), "mean": partial(_sum, fold, True)}


def _extremum(
    step: str, fold: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    values = operands[0]
    found = {"halves": halves, "neighbours": neighbours}[fold](step, machine, terms_of(values, attributes))
    return (placed(np.asarray(found), values, attributes),)


def _place(
    largest: bool, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """The place of an extremum by a tree that keeps the earlier of two alike, and a NaN above all."""
    values = operands[0]
    terms = widen(terms_of(values, attributes))
    places = np.broadcast_to(np.arange(len(terms)).reshape(-1, *(1,) * (terms.ndim - 1)), terms.shape)
    while len(terms) > 1:
        half = (len(terms) + 1) // 2
        a, b, i, j = terms[: len(terms) - half], terms[half:], places[: len(terms) - half], places[half:]
        no_number, none_before = np.isnan(b), np.isnan(a)
        before = (b > a if largest else b < a) | (no_number & ~none_before)
        alike = (a == b) | (no_number & none_before)
        other = before | (alike & (j < i))
        terms = np.concatenate([np.where(other, b, a), terms[len(terms) - half : half]])
        places = np.concatenate([np.where(other, j, i), places[len(places) - half : half]])
    return (placed(np.asarray(places[0]), values, attributes),)


def extrema(fold: str) -> Mapping[str, Algorithm]:
    """Extrema and their places, found in trees."""
    return {
        "max": partial(_extremum, "maximum", fold),
        "min": partial(_extremum, "minimum", fold),
        "argmax": partial(_place, True),
        "argmin": partial(_place, False),
    }
