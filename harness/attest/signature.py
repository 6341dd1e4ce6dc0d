"""The one signature scheme in use: ECDSA on P-256 with SHA-256, in a form that leaves one spelling for a signature.

The scheme belongs to the key. Nothing that is being verified can choose another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from harness.errors import UsageError

_SCHEME = ec.ECDSA(hashes.SHA256())

#: The order n of the group of P-256: FIPS 186-5 with SP 800-186, section 3.2.1.3.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class PublicKey:
    """A key that can check signatures."""

    key: ec.EllipticCurvePublicKey

    @classmethod
    def from_pem(cls, pem: bytes, where: str) -> PublicKey:
        """The P-256 key of a PEM file; raises ``UsageError`` unless every byte is as it would be written again.

        ``where`` is the file, for messages.
        """
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError("it is not a public key in PEM", where=where, remedy=_REWRITE) from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise UsageError("it is not a key on the curve P-256", where=where, remedy="name a P-256 public key")
        found = cls(key)
        if found.pem != pem:
            raise UsageError("it is a public key in another spelling of PEM", where=where, remedy=_REWRITE)
        return found

    @cached_property
    def pem(self) -> bytes:
        """The key as a PEM file of a SubjectPublicKeyInfo (RFC 5280, RFC 7468)."""
        return self.key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def keyid(self) -> str:
        """The key's name: SHA-256 of its DER SubjectPublicKeyInfo, in hexadecimal."""
        der = self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    @property
    def fingerprint(self) -> str:
        """The first 8 bytes of the key's name, for people to recognise: ``3f:9a:…``; never to decide by."""
        return ":".join(self.keyid[at : at + 2] for at in range(0, 16, 2))

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this is the signature's one accepted spelling and it holds for the message.

        With (r, s) also (r, n - s) satisfies ECDSA, and some readers take lax DER: only s <= n/2 in DER counts.
        """
        try:
            r, s = decode_dss_signature(signature)
            if s > ORDER // 2 or encode_dss_signature(r, s) != signature:
                return False
            self.key.verify(signature, message, _SCHEME)
        except (ValueError, InvalidSignature):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A key that can sign.

    ``name`` is what its owner calls it and ``path`` its file, where it has one. ``local`` says that it is one of the
    user's own, made here, and no centre's.
    """

    name: str
    key: ec.EllipticCurvePrivateKey
    path: Path | None = None
    local: bool = False

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """A new key from the system's random source."""
        return cls(name, ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes, path: Path, *, local: bool = False) -> SigningKey:
        """The P-256 key of an unencrypted PEM file, named after it; raises ``UsageError``."""
        where = str(path)
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UsageError(
                "it is not a private key in unencrypted PEM",
                where=where,
                remedy="restore the file, or move it away to have a new key made",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise UsageError(
                "it is not a key on the curve P-256", where=where, remedy="move it away to have a new key made"
            )
        return cls(path.stem, key, path, local)

    @cached_property
    def public(self) -> PublicKey:
        """The half that may be given away."""
        return PublicKey(self.key.public_key())

    @property
    def keyid(self) -> str:
        """The key's name in envelopes, that of its public half."""
        return self.public.keyid

    @property
    def fingerprint(self) -> str:
        """The short form of ``keyid``, for people."""
        return self.public.fingerprint

    @property
    def public_pem(self) -> bytes:
        """The public half as a PEM file."""
        return self.public.pem

    def private_pem(self) -> bytes:
        """The key as an unencrypted PEM file of PKCS #8 (RFC 5958): whoever reads it can sign."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, DER with the smaller of the two values s."""
        r, s = decode_dss_signature(self.key.sign(message, _SCHEME))
        return encode_dss_signature(r, min(s, ORDER - s))


_REWRITE = "write it with: openssl pkey -pubin -in FILE -out FILE.pub"
