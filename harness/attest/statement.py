"""What is claimed about a run: an in-toto Statement v1 whose predicate type says what kind of run it was.

A reader skips fields it does not know. So the kind is never a field that could be skipped: a certification, a
self-test and a simulation are three predicate types, and a simulation cannot be read as a certification.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from harness.canonical import canonical_json, parse_json
from harness.errors import DocumentError, EvidenceError, InternalError

#: certification: on hardware whose identity was tested; self-test: on hardware; simulation: computed from a profile.
Kind = Literal["certification", "self-test", "simulation"]

KINDS: tuple[Kind, ...] = get_args(Kind)

#: The media type of a statement, to be named in its envelope (in-toto Attestation Framework v1).
PAYLOAD_TYPE = "application/vnd.in-toto+json"

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

#: A name, not an address: nothing is served there. The number is the major version of the predicate's schema.
PREDICATE_TYPES: Mapping[Kind, str] = {kind: f"urn:assay:{kind}:1" for kind in KINDS}

#: The largest statement that is read.
LARGEST_STATEMENT = 48 << 20

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Statement:
    """A statement that was read.

    ``subjects`` are what it is about, each name with its SHA-256; ``predicate`` is what is said of them; ``id`` is the
    SHA-256 of the statement's bytes. A report goes by that id, never by one of a signature.
    """

    kind: Kind
    subjects: Mapping[str, str]
    predicate: Mapping[str, Any]
    id: str


def make_statement(kind: Kind, subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> bytes:
    """The statement's bytes: canonical JSON, to be signed as they are.

    ``subjects`` are names with their SHA-256 in hexadecimal. Raises ``InternalError`` for what ``parse_statement``
    would refuse: no subject, a digest of another form, a predicate that has a ``kind`` of its own.
    """
    data = _spell(kind, subjects, predicate)
    try:
        parse_statement(data)
    except EvidenceError as error:
        raise InternalError(f"this cannot be stated: {error.what}") from error
    return data


def parse_statement(data: bytes, *, name: str = "statement") -> Statement:
    """Read the payload of a report's envelope; raises ``EvidenceError`` for whatever ``make_statement`` does not write.

    ``name`` is the file, for messages.
    """
    try:
        fields = parse_json(data, limit_bytes=LARGEST_STATEMENT, name=name)
    except DocumentError as error:
        raise _refused(name, error.what) from error
    match fields:
        case {"predicateType": str(predicate_type), "subject": list(listed), "predicate": dict(predicate)}:
            kind = _kind(predicate_type, name)
            subjects = dict(_subject(entry, name) for entry in listed)
        case _:
            raise _refused(name, "it lacks subject, predicateType or predicate")
    if not subjects:
        raise _refused(name, "it is about nothing: it has no subject")
    if "kind" in predicate:
        raise _refused(name, "its predicate names a kind, which only the predicate type may do")
    if _spell(kind, subjects, predicate) != data:
        raise _refused(name, "it is not spelled as RFC 8785 has it, or its type, order or fields are others")
    return Statement(kind, subjects, predicate, hashlib.sha256(data).hexdigest())


def _spell(kind: Kind, subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> bytes:
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": name, "digest": {"sha256": subjects[name]}} for name in sorted(subjects)],
            "predicateType": PREDICATE_TYPES.get(kind, kind),
            "predicate": dict(predicate),
        }
    )


def _kind(predicate_type: str, name: str) -> Kind:
    for kind, known in PREDICATE_TYPES.items():
        if known == predicate_type:
            return kind
    raise EvidenceError(
        f"the predicate type {predicate_type[:120]!r} is unknown to this version of Assay",
        where=name,
        remedy="verify it with the version that made it",
    )


def _subject(entry: Any, name: str) -> tuple[str, str]:
    match entry:
        case {"name": str(subject), "digest": {"sha256": str(digest)}} if subject and _SHA256.fullmatch(digest):
            return subject, digest
    raise _refused(name, "one of its subjects has no name or no SHA-256 in lower-case hexadecimal")


def _refused(name: str, what: str) -> EvidenceError:
    return EvidenceError(f"it is no statement of Assay: {what}", where=name, remedy="take the original report")
