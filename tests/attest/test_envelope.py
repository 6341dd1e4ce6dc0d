"""An envelope opens to the signed payload, or not at all: no bit of it can change unnoticed."""

from __future__ import annotations

import base64
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from harness.attest.envelope import open_envelope, pre_authentication_encoding, sign
from harness.attest.signature import SigningKey
from harness.errors import EvidenceError

TYPE = "application/vnd.example+json"
SIGNER = SigningKey.generate("signer")
GOOD = sign(b'{"answer":42}', TYPE, SIGNER)


def respell(**changes: Any) -> bytes:
    """The good envelope with fields changed, in canonical spelling."""
    return rfc8785.dumps(json.loads(GOOD) | changes) + b"\n"


def test_the_encoding_is_that_of_the_standard() -> None:
    """The example of DSSE v1.0.2, protocol.md."""
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_lengths_are_in_bytes() -> None:
    assert pre_authentication_encoding("é", "模拟".encode()) == b"DSSEv1 2 \xc3\xa9 6 \xe6\xa8\xa1\xe6\x8b\x9f"


@given(payload=st.binary(max_size=300), kind=st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_was_signed_comes_out(payload: bytes, kind: str) -> None:
    assert open_envelope(sign(payload, kind, SIGNER), SIGNER.public, kind) == payload


def test_it_is_canonical_json_and_one_newline() -> None:
    assert rfc8785.dumps(json.loads(GOOD)) + b"\n" == GOOD


def test_every_single_bit_counts() -> None:
    for bit in range(8 * len(GOOD)):
        flipped = bytearray(GOOD)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            open_envelope(bytes(flipped), SIGNER.public, TYPE)


def test_a_thousand_flips_of_a_large_envelope_are_found() -> None:
    draw = random.Random(20261124)
    large = sign(draw.randbytes(20_001), TYPE, SIGNER)
    for bit in draw.sample(range(8 * len(large)), 1000):
        flipped = bytearray(large)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            open_envelope(bytes(flipped), SIGNER.public, TYPE)


@given(at=st.integers(0, len(GOOD)), more=st.binary(min_size=1, max_size=8))
def test_nothing_can_be_put_in(at: int, more: bytes) -> None:
    with pytest.raises(EvidenceError):
        open_envelope(GOOD[:at] + more + GOOD[at:], SIGNER.public, TYPE)


@given(start=st.integers(0, len(GOOD) - 1), length=st.integers(1, 16))
def test_nothing_can_be_taken_out(start: int, length: int) -> None:
    with pytest.raises(EvidenceError):
        open_envelope(GOOD[:start] + GOOD[start + length :], SIGNER.public, TYPE)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_politely(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        open_envelope(data, SIGNER.public, TYPE)


def test_another_spelling_of_the_same_values_is_refused() -> None:
    fields = json.loads(GOOD)
    spellings = [
        GOOD.rstrip(b"\n"),
        GOOD + b"\n",
        json.dumps(fields).encode() + b"\n",
        json.dumps(fields, indent=1).encode(),
        GOOD.replace(b"/vnd", b"\\/vnd"),
        GOOD.replace(b"payload", b"p\\u0061yload"),
        b"\xef\xbb\xbf" + GOOD,
    ]
    for spelling in spellings:
        assert spelling != GOOD
        with pytest.raises(EvidenceError):
            open_envelope(spelling, SIGNER.public, TYPE)


def test_spare_bits_of_base64_are_refused() -> None:
    """RFC 4648 section 3.5: the unused bits of the last digit may be anything to a lax reader."""
    payload = sign(b"1234", TYPE, SIGNER)
    assert base64.b64encode(b"1234") == b"MTIzNA=="
    assert base64.b64decode(b"MTIzNB==") == b"1234"
    with pytest.raises(EvidenceError, match="spelled"):
        open_envelope(payload.replace(b"MTIzNA==", b"MTIzNB=="), SIGNER.public, TYPE)


@pytest.mark.parametrize("text", ["MTIz\n", " MTIz", "MTI", "MTIz====", "MT-_", "МТІz", "MTIzNA=", "=MTI"])
def test_what_is_not_strict_base64_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        open_envelope(respell(payload=text), SIGNER.public, TYPE)


def test_fields_of_another_shape_are_refused() -> None:
    signature = json.loads(GOOD)["signatures"][0]
    shapes: list[bytes] = [
        respell(extra=1),
        respell(payload=1),
        respell(payloadType=None),
        respell(signatures=[]),
        respell(signatures=[signature, signature]),
        respell(signatures={"0": signature}),
        respell(signatures=[signature | {"alg": "none"}]),
        respell(signatures=[{"sig": signature["sig"]}]),
        respell(signatures=[[[[[[[]]]]]]]),
        b"[]\n",
        b'"payload"\n',
        b"null\n",
        b'{"payload":"","payload":"","payloadType":"","signatures":[]}\n',
        b"[" * 100_000,
    ]
    for shape in shapes:
        with pytest.raises(EvidenceError):
            open_envelope(shape, SIGNER.public, TYPE)


def test_the_type_is_compared_exactly() -> None:
    for other in (TYPE.upper(), TYPE + " ", "", "application/vnd.in-toto+json"):
        with pytest.raises(EvidenceError, match="belongs"):
            open_envelope(GOOD, SIGNER.public, other)


def test_a_payload_cannot_be_passed_off_as_another_type() -> None:
    with pytest.raises(EvidenceError, match="does not hold"):
        open_envelope(respell(payloadType="text/plain"), SIGNER.public, "text/plain")


def test_only_trusted_keys_count(stranger: SigningKey) -> None:
    with pytest.raises(EvidenceError, match=r"report\.json: it is signed by the key") as caught:
        open_envelope(sign(b"1", TYPE, stranger), SIGNER.public, TYPE, name="report.json")
    assert "to do:" in str(caught.value)
    with pytest.raises(EvidenceError, match="any key that counts"):
        open_envelope(GOOD, [], TYPE)
    assert open_envelope(GOOD, [stranger.public, SIGNER.public], TYPE) == b'{"answer":42}'


def test_a_keyid_that_lies_does_not_help(stranger: SigningKey) -> None:
    forged = json.loads(sign(b"1", TYPE, stranger))
    forged["signatures"][0]["keyid"] = SIGNER.keyid
    with pytest.raises(EvidenceError, match="does not hold"):
        open_envelope(rfc8785.dumps(forged) + b"\n", SIGNER.public, TYPE)


def test_an_oversized_envelope_is_refused_unread() -> None:
    with pytest.raises(EvidenceError, match="bytes; at most"):
        open_envelope(b" " * ((64 << 20) + 1), SIGNER.public, TYPE)


def test_openssl_takes_it(tmp_path: Path) -> None:
    fields = json.loads(GOOD)
    payload = base64.b64decode(fields["payload"])
    (tmp_path / "pae").write_bytes(f"DSSEv1 {len(TYPE)} {TYPE} {len(payload)} ".encode() + payload)
    (tmp_path / "sig").write_bytes(base64.b64decode(fields["signatures"][0]["sig"]))
    (tmp_path / "key.pub").write_bytes(SIGNER.public_pem)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pub", "-signature", "sig", "pae"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout == "Verified OK\n"
