"""What is asked of attention and of the rotation: honest devices pass, each wrong one fails where it must."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from harness.oracle.inputs.launches import INPUTS
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.runtime import SimulatedDevice
from tests.suites.asking import ask, task

Array = NDArray[Any]
Results = list[Array]
#: What a wrong device makes of the operands, and of the right results.
Before = Callable[[list[Array], dict[str, Any]], None]
After = Callable[[Sequence[Array], Results], Results]

_OPERATIONS = ("Attention", "AttentionWithCache", "RotaryEmbedding")
_ROWS = ("float32", "bfloat16", "float16-bias")
#: Words that only the operation with a cache is asked.
_OF_THE_CACHE = {"cache", "causal-with-past"}


class Wrong(ProfileArithmetic):
    """A device that changes operands before it computes, or results afterwards."""

    def __init__(self, before: Before | None = None, after: After | None = None) -> None:
        super().__init__(load_profile("reference/ieee"))
        self._before, self._after = before, after

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        operands, given = [array.copy() for array in inputs], dict(attributes)
        if self._before is not None:
            self._before(operands, given)
        found = list(super().compute(operation, operands, given, results))
        return found if self._after is None else self._after(inputs, found)


def outcomes(arithmetic: ProfileArithmetic, operation: str, label: str, word: str) -> set[str]:
    """The outcomes of every question of a word."""
    device = SimulatedDevice(load_profile("reference/ieee"), arithmetic)
    return {finding.outcome for _, finding in ask(device, task(operation, label), word)}


def rows() -> list[tuple[str, str, str]]:
    """Every operation, row of dtypes and word; one short type of each kind of mask will do."""
    found = []
    for name in _OPERATIONS:
        operation = load_interface().operations[name]
        words = [word for word in definition_of(operation).inputs if name != "Attention" or word not in _OF_THE_CACHE]
        found += [
            (name, types.label, word) for types in operation.types if types.label in _ROWS for word in [*words, *INPUTS]
        ]
    return found


def quick(found: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """All but the sweeps of shapes, which take long."""
    return [row for row in found if row[2] != "shapes"]


@pytest.mark.parametrize(("operation", "label", "word"), rows())
def test_an_honest_device_passes(operation: str, label: str, word: str) -> None:
    assert outcomes(Wrong(), operation, label, word) == {"pass"}


@pytest.mark.parametrize(("operation", "label", "word"), quick(rows()))
def test_a_device_that_returns_zeros_fails(operation: str, label: str, word: str) -> None:
    zeros = Wrong(after=lambda inputs, found: [np.zeros_like(array) for array in found])
    assert "fail" in outcomes(zeros, operation, label, word)


@pytest.mark.parametrize(("operation", "label", "word"), quick(rows()))
def test_a_device_that_returns_its_last_output_fails(operation: str, label: str, word: str) -> None:
    kept: dict[Any, Results] = {}

    def last(inputs: Sequence[Array], found: Results) -> Results:
        key = tuple(array.shape for array in found)
        before = kept.get(key, found)
        kept[key] = found
        return before

    assert "fail" in outcomes(Wrong(after=last), operation, label, word)


def cut(values: Array, bits: int) -> Array:
    """Numbers rounded to a few bits."""
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(values.astype(np.float64))
        short = np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)
        return np.where(np.isfinite(values), short, values).astype(values.dtype)


def operand_of(bits: int, *which: int) -> Before:
    """Operands rounded to a few bits."""

    def change(operands: list[Array], attributes: dict[str, Any]) -> None:
        for number in which:
            operands[number] = cut(operands[number], bits)

    return change


def without(name: str) -> Before:
    """An attribute that is not looked at."""

    def change(operands: list[Array], attributes: dict[str, Any]) -> None:
        attributes.pop(name, None)

    return change


def mask_all_seen(operands: list[Array], attributes: dict[str, Any]) -> None:
    operands[3:4] = [np.ones_like(m) if m.dtype == np.bool_ else np.zeros_like(m) for m in operands[3:4]]


def mask_of_first_head(operands: list[Array], attributes: dict[str, Any]) -> None:
    if len(operands) > 3 and operands[3].ndim == 4:
        operands[3] = np.ascontiguousarray(np.broadcast_to(operands[3][:, :1], operands[3].shape))


def mask_of_large_numbers(operands: list[Array], attributes: dict[str, Any]) -> None:
    if len(operands) > 3 and operands[3].dtype != np.bool_:
        operands[3] = np.where(np.isneginf(operands[3]), -100.0, operands[3]).astype(operands[3].dtype)


def first_heads_of_keys(operands: list[Array], attributes: dict[str, Any]) -> None:
    for number in (1, 2):
        if operands[number].ndim == 4:
            operands[number] = np.roll(operands[number], 1, axis=1)


def last_key_lost(operands: list[Array], attributes: dict[str, Any]) -> None:
    operands[1], operands[2] = operands[1].copy(), operands[2].copy()
    operands[2][..., -1, :] = 0


def no_number_is_zero(inputs: Sequence[Array], found: Results) -> Results:
    return [np.nan_to_num(found[0], nan=0.0, posinf=0.0, neginf=0.0), *found[1:]]


def last_query_unwritten(inputs: Sequence[Array], found: Results) -> Results:
    result = found[0].copy()
    if result.ndim == 4:
        result[:, :, -1] = 0
    return [result, *found[1:]]


def hidden_rows_are_nan(inputs: Sequence[Array], found: Results) -> Results:
    result = found[0].copy()
    result[(result == 0).all(axis=-1)] = np.nan
    return [result, *found[1:]]


def past_in_the_wrong_place(inputs: Sequence[Array], found: Results) -> Results:
    return [found[0], np.roll(found[1], 1, axis=2), found[2]]


def causal_one_too_far(operands: list[Array], attributes: dict[str, Any]) -> None:
    if attributes.pop("is_causal", 0):
        shape = operands[0].shape[2], operands[1].shape[2] + (operands[4].shape[2] if len(operands) > 4 else 0)
        seen = np.tri(*shape, 1, dtype=np.bool_)
        operands[3:4] = [seen if operands[3:] == [] or operands[3].dtype == np.bool_ else np.where(seen, 0, -np.inf)]


WRONG: Mapping[str, tuple[Wrong, str, tuple[str, ...]]] = {
    "Q and K of 11 bits": (Wrong(operand_of(11, 0, 1)), "float32", ("dense", "cancellation", "sparse")),
    "V of 11 bits": (Wrong(operand_of(11, 2)), "float32", ("dense", "selector", "scaling", "known-answers")),
    "Q and K of 8 bits": (Wrong(operand_of(8, 0, 1)), "float16", ("dense", "cancellation")),
    "V of 8 bits": (Wrong(operand_of(8, 2)), "float16", ("dense", "selector", "scaling")),
    "masks not looked at": (Wrong(mask_all_seen), "float32", ("masks", "masked-rows", "selector", "metamorphic")),
    "masks of the first head": (Wrong(mask_of_first_head), "float32", ("masks",)),
    "a large number for minus infinity": (Wrong(mask_of_large_numbers), "float32-bias", ("masked-rows",)),
    "scales not looked at": (Wrong(without("scale")), "float32", ("scale",)),
    "caps not looked at": (Wrong(without("softcap")), "bfloat16", ("softcap",)),
    "causality not looked at": (Wrong(without("is_causal")), "float32", ("causal",)),
    "causality one key too far": (Wrong(causal_one_too_far), "float32", ("causal",)),
    "heads of keys exchanged": (Wrong(first_heads_of_keys), "float32", ("grouped",)),
    "the last key lost": (Wrong(last_key_lost), "bfloat16", ("dense", "blocks", "grouped", "known-answers")),
    "NaN and infinity made zero": (Wrong(after=no_number_is_zero), "float16", ("specials",)),
    "the last query unwritten": (Wrong(after=last_query_unwritten), "float32", ("guards", "grouped", "state")),
    "NaN for queries without keys": (Wrong(after=hidden_rows_are_nan), "float32", ("masked-rows",)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_attention_fails_where_it_must(name: str) -> None:
    arithmetic, label, words = WRONG[name]
    assert [word for word in words if "fail" not in outcomes(arithmetic, "Attention", label, word)] == []


WRONG_WITH_CACHE: Mapping[str, tuple[Wrong, tuple[str, ...]]] = {
    "the past in the wrong place": (Wrong(after=past_in_the_wrong_place), ("cache", "dense", "shapes")),
    "causality from the first key": (Wrong(causal_one_too_far), ("causal-with-past", "causal")),
}


@pytest.mark.parametrize("name", WRONG_WITH_CACHE)
def test_a_wrong_cache_fails_where_it_must(name: str) -> None:
    arithmetic, words = WRONG_WITH_CACHE[name]
    for word in words:
        assert "fail" in outcomes(arithmetic, "AttentionWithCache", "float16", word), word


def first_position_for_all(operands: list[Array], attributes: dict[str, Any]) -> None:
    if len(operands) > 3:
        operands[3] = np.ascontiguousarray(np.broadcast_to(operands[3][:1], operands[3].shape))


def sine_reversed(operands: list[Array], attributes: dict[str, Any]) -> None:
    operands[2] = -operands[2]


def rounded_before_the_sum(inputs: Sequence[Array], found: Results) -> Results:
    return [cut(found[0], 10 if found[0].dtype == np.float16 else 22)]


def last_channels_zero(inputs: Sequence[Array], found: Results) -> Results:
    result = found[0].copy()
    result[..., -1] = 0
    return [result]


WRONG_ROTATIONS: Mapping[str, tuple[Wrong, str, tuple[str, ...]]] = {
    "positions of the first batch": (Wrong(first_position_for_all), "float32", ("positions", "dense", "selector")),
    "interleaving not looked at": (Wrong(without("interleaved")), "float16", ("pairing", "partial", "metamorphic")),
    "the sine reversed": (Wrong(sine_reversed), "bfloat16", ("selector", "integer-exact", "dense", "known-answers")),
    "two bits lost": (Wrong(after=rounded_before_the_sum), "float32", ("dense", "integer-exact", "selector")),
    "one bit lost": (Wrong(after=rounded_before_the_sum), "float16", ("dense", "selector", "partial")),
    "operands of 11 bits": (Wrong(operand_of(11, 0)), "float32", ("dense", "cancellation", "selector", "scaling")),
    "caches of 8 bits": (Wrong(operand_of(8, 1, 2)), "float16", ("dense", "cancellation", "known-answers")),
    "the last channel zero": (Wrong(after=last_channels_zero), "float32", ("partial", "packed", "guards", "state")),
    "NaN and infinity made zero": (Wrong(after=no_number_is_zero), "float32", ("specials", "overflow")),
}


@pytest.mark.parametrize("name", WRONG_ROTATIONS)
def test_a_wrong_rotation_fails_where_it_must(name: str) -> None:
    arithmetic, label, words = WRONG_ROTATIONS[name]
    assert [word for word in words if "fail" not in outcomes(arithmetic, "RotaryEmbedding", label, word)] == []
