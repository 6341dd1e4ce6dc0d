"""The rules that compare what came back with what is right; each gives one finding a case.

``Rule`` is the contract; ``Conduct`` judges the runtime chapters, the numeric rules stand in ``numeric_rules``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.device.program import Observation, Program
from harness.device.protocol import ADAPTER_LAYER, UNSUPPORTED

PASS = "pass"
FAIL = "fail"
NOT_REACHED = "not-reached"
UNSUPPORTED_OUTCOME = "unsupported"
OUTCOMES = (PASS, FAIL, NOT_REACHED, UNSUPPORTED_OUTCOME)


@dataclass(frozen=True)
class Finding:
    """What one rule found in one case.

    ``outcome`` is ``pass``, ``fail``, ``not-reached`` (the adapter answered for the layer under test) or
    ``unsupported`` (the device said it cannot do this). ``worst`` and ``limit`` are the measured figure and the most it
    may be, as hexadecimal floats or words; ``at`` is the index of the worst element; ``expected`` and ``got`` its
    values; ``cause`` a class of cause where the rule can tell; ``histogram`` how many elements were how far off.
    """

    outcome: str
    layer: str = "device"
    worst: str = ""
    limit: str = ""
    at: tuple[int, ...] | None = None
    expected: str = ""
    got: str = ""
    cause: str = ""
    detail: str = ""
    histogram: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)


class Rule(Protocol):
    """Judges what a program's steps answered."""

    @property
    def name(self) -> str:
        """The word evidence names the rule by."""

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """Compare the observations, one for each step, with what is right."""


@dataclass(frozen=True)
class Expect:
    """What one step must answer.

    ``error`` is the standard kind the step must fail with; ``None``: it must succeed. ``value`` is what it must return
    (bytes for a read); ``None``: anything. ``least`` and ``most`` bound a number.
    """

    error: str | None = None
    value: Any = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Conduct:
    """The runtime rule: every step succeeds unless said otherwise, and the named steps answer as expected.

    ``expected`` maps a step's index to its expectation. A case any of whose *named* steps, or of whose calls on streams
    and events, was answered by the adapter itself is ``not-reached``: the layer under test never had the chance.
    """

    expected: Mapping[int, Expect]
    name: str = "conduct"

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """The first step that answered otherwise fails the case."""
        layer = _layer(self.expected, program, observations)
        for index, (step, observation) in enumerate(zip(program.steps, observations, strict=True)):
            expect = self.expected.get(index, Expect())
            said = f"step {index} ({step.call})"
            if observation.error == UNSUPPORTED and expect.error != UNSUPPORTED:
                return Finding(UNSUPPORTED_OUTCOME, layer=layer, detail=f"{said}: {observation.message}")
            wrong = _compare(expect, observation)
            if wrong is not None:
                must, got = wrong
                return Finding(FAIL, layer=layer, expected=must, got=got, detail=f"{said}: {observation.message}")
        if layer == ADAPTER_LAYER:
            return Finding(NOT_REACHED, layer=layer, detail="the adapter answered, not the layer under test")
        return Finding(PASS, layer=layer)


#: Calls that make or use streams and events: a case with any of them is about them too.
_ORDERING = frozenset({"stream", "event", "record", "wait", "synchronize", "elapsed"})


def _layer(expected: Mapping[int, Expect], program: Program, observations: Sequence[Observation]) -> str:
    """The layer that answered the steps the case is about: the adapter's, if it answered any of them."""
    about = set(expected) | {index for index, step in enumerate(program.steps) if step.call in _ORDERING}
    layers = [observations[index].layer for index in sorted(about)] or [o.layer for o in observations]
    return ADAPTER_LAYER if ADAPTER_LAYER in layers else layers[-1]


def _compare(expect: Expect, observation: Observation) -> tuple[str, str] | None:
    """``(expected, got)`` where the observation is not as expected."""
    if observation.error != expect.error:
        return expect.error or "success", observation.error or "success"
    if expect.error is not None:
        return None
    value = observation.value
    if expect.value is not None and value != expect.value:
        return _show(expect.value, value), _show(value, expect.value)
    if (expect.least is not None and not value >= expect.least) or (
        expect.most is not None and not value <= expect.most
    ):
        return f"{expect.least} to {expect.most}", str(value)
    return None


def _show(value: Any, other: Any) -> str:
    """A value in short; of bytes, the first eight from where the two differ."""
    if not isinstance(value, bytes):
        return str(value)
    if not isinstance(other, bytes):
        return f"{len(value)} bytes"
    first = next((i for i, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), min(len(value), len(other)))
    return f"byte {first}: {value[first : first + 8].hex() or 'end'}"
