"""A signature has one accepted spelling, and its scheme is that of the key."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from harness.attest.signature import ORDER, PublicKey, SigningKey
from harness.errors import UsageError

MESSAGE = b"a message"


def test_the_order_is_that_of_the_curve(tmp_path: Path) -> None:
    """The other implementation of P-256 at hand names the same n."""
    said = subprocess.run(
        ["openssl", "ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-text", "-noout"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    digits = said.split("Order:")[1].split("Cofactor")[0]
    assert int("".join(digits.replace(":", "").split()), 16) == ORDER


def test_signs_with_the_smaller_s_only(key: SigningKey) -> None:
    for _ in range(40):
        _, s = decode_dss_signature(key.sign(MESSAGE))
        assert 1 <= s <= ORDER // 2


def test_refuses_the_second_signature_that_ecdsa_allows(key: SigningKey) -> None:
    r, s = decode_dss_signature(key.sign(MESSAGE))
    twin = encode_dss_signature(r, ORDER - s)
    key.public.key.verify(twin, MESSAGE, ec.ECDSA(hashes.SHA256()))  # ECDSA alone takes it
    assert not key.public.verifies(twin, MESSAGE)


def test_refuses_what_is_not_the_one_der(key: SigningKey) -> None:
    good = key.sign(MESSAGE)
    assert key.public.verifies(good, MESSAGE)
    long_form = good[:1] + b"\x81" + good[1:]
    for bad in (b"", good + b"\0", good[:-1], long_form, b"\x30\x00", encode_dss_signature(0, 0)):
        assert not key.public.verifies(bad, MESSAGE)


def test_a_signature_holds_for_one_message_and_one_key(key: SigningKey, stranger: SigningKey) -> None:
    signature = key.sign(MESSAGE)
    assert not key.public.verifies(signature, MESSAGE + b" ")
    assert not stranger.public.verifies(signature, MESSAGE)


def test_openssl_agrees_in_both_directions(key: SigningKey, tmp_path: Path) -> None:
    public, private, message, signature = (tmp_path / name for name in ("key.pub", "key.pem", "message", "signature"))
    public.write_bytes(key.public_pem)
    private.write_bytes(key.private_pem())
    message.write_bytes(MESSAGE)
    signature.write_bytes(key.sign(MESSAGE))
    check: list[str | Path] = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, message]
    assert subprocess.run(check, capture_output=True, text=True, check=True).stdout == "Verified OK\n"

    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", private, message], capture_output=True, check=True)
    r, s = decode_dss_signature(made.stdout)
    assert key.public.verifies(encode_dss_signature(r, min(s, ORDER - s)), MESSAGE)


def test_the_key_is_named_by_the_digest_of_its_der(key: SigningKey, tmp_path: Path) -> None:
    public = tmp_path / "key.pub"
    public.write_bytes(key.public_pem)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", public, "-outform", "DER"], capture_output=True, check=True
    ).stdout
    assert key.keyid == key.public.keyid == hashlib.sha256(der).hexdigest()
    assert key.fingerprint.replace(":", "") == key.keyid[:16]


def test_a_public_key_comes_back_from_its_pem(key: SigningKey) -> None:
    assert PublicKey.from_pem(key.public_pem, "key.pub").keyid == key.keyid


def test_a_private_key_comes_back_from_its_pem(key: SigningKey) -> None:
    assert SigningKey.from_pem(key.private_pem(), Path("key.pem")).keyid == key.keyid


def test_every_single_bit_of_a_public_key_file_counts(key: SigningKey) -> None:
    """A flip gives no key, or another key; never the same one in other bytes."""
    good = key.public_pem
    for bit in range(8 * len(good)):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            found = PublicKey.from_pem(bytes(flipped), "key.pub").keyid
        except UsageError:
            continue
        assert found != key.keyid


def test_refuses_another_spelling_of_the_same_key(key: SigningKey) -> None:
    pem = key.public_pem
    for bad in (b"text\n" + pem, pem + b"\n", pem.replace(b"\n", b"\r\n"), pem * 2, b"", compressed(key.public)):
        with pytest.raises(UsageError, match=r"key\.pub: it is"):
            PublicKey.from_pem(bad, "key.pub")


def compressed(key: PublicKey) -> bytes:
    """The same key in PEM with its point in the shorter form of SEC 1, section 2.3.3."""
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    point = key.key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(head + point) + b"-----END PUBLIC KEY-----\n"
    assert serialization.load_pem_public_key(pem) == key.key
    return pem


@pytest.mark.parametrize("other", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()])
def test_refuses_keys_of_another_scheme(other: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(UsageError, match="P-256"):
        PublicKey.from_pem(public, "key.pub")
    with pytest.raises(UsageError, match="P-256"):
        SigningKey.from_pem(private, Path("key.pem"))


def test_refuses_an_encrypted_private_key(key: SigningKey) -> None:
    locked = key.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )
    with pytest.raises(UsageError, match="unencrypted"):
        SigningKey.from_pem(locked, Path("key.pem"))
