"""Which keys count when a bundle is verified.

A bundle brings its own public key. That key identifies: all files come from one holder and none was altered since. It
does not vouch: anybody can make a key. Only a key that the verifier got by another way and names vouches for its owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.attest.keys import load_public
from harness.attest.signature import PublicKey
from harness.errors import EvidenceError, UsageError
from harness.run.bundle import KEY


@dataclass(frozen=True)
class Trust:
    """The key a bundle's signatures are held to; ``pinned`` when the verifier named it, else it is the bundle's own."""

    key: PublicKey
    pinned: bool

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The keys that count, to be given to ``open_envelope`` and ``check_manifest``."""
        return (self.key,)


def trust_in(folder: Path, pinned: PublicKey | None = None) -> Trust:
    """Whom to hold a bundle to: the owner of the ``pinned`` key, else the bundle's own key.

    Raises ``EvidenceError`` where the bundle's key is missing, is no public key, or is another than the pinned one.
    """
    path = folder / KEY
    try:
        own = load_public(path)
    except UsageError as error:
        raise EvidenceError(
            f"the bundle has no readable public key: {error.what}",
            where=str(path),
            remedy="name the folder of a finished run; if it is one, take it again from whoever signed it",
        ) from error
    if pinned is not None and pinned.keyid != own.keyid:
        raise EvidenceError(
            f"the bundle is signed by the key {own.fingerprint}, not by the key that was named, {pinned.fingerprint}",
            where=str(path),
            remedy="ask the one you expect for the key, and do not rely on this bundle until they match",
        )
    return Trust(own, pinned=pinned is not None)
