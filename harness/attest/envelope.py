"""The envelope around what is signed: DSSE v1.0.2, held to one spelling so that no bit of it can change unnoticed.

An envelope is the RFC 8785 form of ``{payload, payloadType, signatures: [{keyid, sig}]}`` and one newline. DSSE allows
several signatures and leaves ``keyid`` free; here there is exactly one, and ``keyid`` is the name of its key, because
what no check covers can be altered. Whoever wants to add a signature makes a statement about the first one's payload.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from harness.attest.signature import PublicKey, SigningKey
from harness.canonical import canonical_json, parse_json
from harness.errors import DocumentError, EvidenceError

#: The largest envelope that is read.
LARGEST_ENVELOPE = 64 << 20

_LIMIT_DEPTH = 4


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths (DSSE v1.0.2, "Signature Definition", PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, payload_type: str, key: SigningKey) -> bytes:
    """The envelope of a payload, as the bytes of a file."""
    signature = key.sign(pre_authentication_encoding(payload_type, payload))
    return _spell(payload, payload_type, key.keyid, signature)


def open_envelope(
    data: bytes, trusted: PublicKey | Iterable[PublicKey], payload_type: str, *, name: str = "envelope"
) -> bytes:
    """The payload of an envelope that one of the ``trusted`` keys signed; raises ``EvidenceError``.

    Refused: any byte that is not as ``sign`` would write it, another payload type, another key, a signature that does
    not hold. ``name`` is the file, for messages.
    """
    signers = {key.keyid: key for key in ([trusted] if isinstance(trusted, PublicKey) else trusted)}
    payload, kind, keyid, signature = _read(data, name)
    if kind != payload_type:
        raise _refused(name, f"it holds {kind[:120]!r} where {payload_type!r} belongs")
    signer = signers.get(keyid)
    if signer is None:
        raise EvidenceError(
            f"it is signed by the key {keyid[:64]!r}, not by {' or '.join(sorted(signers)) or 'any key that counts'}",
            where=name,
            remedy="check which key you expect; get it from its owner, not from the bundle",
        )
    if not signer.verifies(signature, pre_authentication_encoding(kind, payload)):
        raise _refused(name, "its signature does not hold")
    return payload


def _spell(payload: bytes, payload_type: str, keyid: str, signature: bytes) -> bytes:
    fields = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}],
    }
    return canonical_json(fields) + b"\n"


def _read(data: bytes, name: str) -> tuple[bytes, str, str, bytes]:
    """The parts of an envelope whose spelling is right: payload, its type, key id, signature. Nothing is verified."""
    try:
        fields = parse_json(data, limit_bytes=LARGEST_ENVELOPE, limit_depth=_LIMIT_DEPTH, name=name)
    except DocumentError as error:
        raise EvidenceError(f"it is no envelope: {error.what}", where=name, remedy=_ORIGINAL) from error
    match fields:
        case {
            "payload": str(payload),
            "payloadType": str(kind),
            "signatures": [{"keyid": str(keyid), "sig": str(signature)}],
        }:
            found = _decode(payload, name), kind, keyid, _decode(signature, name)
        case _:
            raise _refused(name, "it is no envelope with a payload, its type and exactly one signature")
    if _spell(*found) != data:
        raise _refused(name, "it is spelled in another way than it was signed")
    return found


def _decode(text: str, name: str) -> bytes:
    """Base64 as RFC 4648 section 4 has it; the spare bits of its last digit are looked at in ``_read``."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(name, "it holds something that is not base64") from error


def _refused(name: str, what: str) -> EvidenceError:
    return EvidenceError(what, where=name, remedy=_ORIGINAL)


_ORIGINAL = "the file was altered or damaged: take the original, and do not rely on this one"
