"""A statement says what kind of run it is about where it cannot be overlooked, and has one spelling."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any, cast

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from harness.attest.statement import KINDS, PREDICATE_TYPES, Kind, make_statement, parse_statement
from harness.errors import EvidenceError, InternalError

SUBJECTS = {"plan.json": hashlib.sha256(b"plan").hexdigest(), "a": hashlib.sha256(b"a").hexdigest()}
PREDICATE = {"verdict": "met", "level": 2, "zh": "检测报告", "numbers": [1, 0.5, None, True]}
GOOD = make_statement("simulation", SUBJECTS, PREDICATE)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def respell(**changes: Any) -> bytes:
    """The good statement with fields changed, in canonical spelling."""
    return rfc8785.dumps(json.loads(GOOD) | changes)


def test_it_is_an_in_toto_statement() -> None:
    """in-toto Attestation Framework, Statement v1: the four fields and their shapes."""
    assert json.loads(GOOD) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": SUBJECTS[name]}} for name in ("a", "plan.json")],
        "predicateType": "urn:assay:simulation:1",
        "predicate": PREDICATE,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back_with_its_id(kind: Kind) -> None:
    data = make_statement(kind, SUBJECTS, PREDICATE)
    found = parse_statement(data)
    assert (found.kind, found.subjects, found.predicate) == (kind, SUBJECTS, PREDICATE)
    assert found.id == hashlib.sha256(data).hexdigest()


def test_no_two_kinds_share_a_type() -> None:
    assert len(set(PREDICATE_TYPES.values())) == len(KINDS) == 3


@given(
    predicate=st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=8).filter("kind".__ne__), JSON, max_size=5
    ),
    subjects=st.dictionaries(NAMES, st.binary(max_size=4).map(lambda b: hashlib.sha256(b).hexdigest()), min_size=1),
)
def test_the_bytes_are_those_of_rfc_8785(predicate: dict[str, Any], subjects: dict[str, str]) -> None:
    data = make_statement("self-test", subjects, predicate)
    assert rfc8785.dumps(json.loads(data, parse_int=float)) == data  # RFC 8785 spells floats and integers alike
    found = parse_statement(data)
    assert found.subjects == subjects
    assert found.predicate == predicate


def test_the_order_in_which_things_were_given_does_not_matter() -> None:
    for order in itertools.permutations(PREDICATE):
        again = make_statement(
            "simulation", dict(reversed(SUBJECTS.items())), {name: PREDICATE[name] for name in order}
        )
        assert again == GOOD


def test_a_simulation_cannot_be_called_a_certification_in_its_predicate() -> None:
    with pytest.raises(InternalError, match="kind"):
        make_statement("simulation", SUBJECTS, {"kind": "certification"})
    with pytest.raises(EvidenceError, match="kind"):
        parse_statement(respell(predicate={"kind": "certification"}))


@pytest.mark.parametrize(
    ("subjects", "predicate"),
    [
        ({}, {}),
        ({"": "0" * 64}, {}),
        ({"a": "0" * 63}, {}),
        ({"a": "A" * 64}, {}),
        ({"a": "sha256:" + "0" * 64}, {}),
        ({"a": "0" * 64 + "\n"}, {}),
        ({"a": "0" * 64}, {"x": float("nan")}),
        ({"a": "0" * 64}, {"x": 2**53}),
        ({"a": "0" * 64}, {"x": "\ud800"}),
        ({"a": "0" * 64}, {"x": b"bytes"}),
    ],
)
def test_what_no_reader_takes_is_not_stated(subjects: dict[str, str], predicate: dict[str, Any]) -> None:
    with pytest.raises(InternalError):
        make_statement("self-test", subjects, predicate)


def test_an_unknown_kind_is_not_stated() -> None:
    with pytest.raises(InternalError, match="unknown"):
        make_statement(cast("Kind", "certificate"), SUBJECTS, {})


def test_whatever_differs_from_what_is_written_is_refused() -> None:
    subject = json.loads(GOOD)["subject"]
    bad = [
        b"",
        b"{}",
        b"[]",
        GOOD + b"\n",
        json.dumps(json.loads(GOOD)).encode(),
        respell(_type="https://in-toto.io/Statement/v0.1"),
        respell(extra="field"),
        respell(predicateType="urn:assay:simulation:2"),
        respell(predicateType="https://example.org/other"),
        respell(predicate=[]),
        respell(subject=[]),
        respell(subject=list(reversed(subject))),
        respell(subject=[subject[0], subject[0]]),
        respell(subject=[subject[0] | {"uri": "x"}]),
        respell(subject=[{"name": "a", "digest": {"sha1": "0" * 40}}]),
        respell(subject=[{"name": "a", "digest": {"sha256": "0" * 64, "sha512": "0" * 128}}]),
        respell(subject=["a"]),
        GOOD.replace(b'"level":2', b'"level":2.0'),
        GOOD.replace(b'"level":2', b'"level":1,"level":2'),
        GOOD.replace(b'"level":2', b'"level":-0'),
        GOOD.replace(b'"level":2', b'"level":' + b"[" * 200 + b"]" * 200),
    ]
    for data in bad:
        with pytest.raises(EvidenceError, match=r"report\.json: "):
            parse_statement(data, name="report.json")


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_politely(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_statement(data)
