"""A bundle's own key identifies; only a key the verifier names vouches."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.attest.manifest import check_manifest, write_manifest
from harness.attest.signature import SigningKey
from harness.attest.trust import trust_in
from harness.errors import EvidenceError


def test_the_bundles_own_key_is_not_pinned(bundle: Path, key: SigningKey) -> None:
    trust = trust_in(bundle)
    assert (trust.key.keyid, trust.pinned) == (key.keyid, False)
    assert check_manifest(bundle, trust.keys)


def test_a_named_key_is_pinned(bundle: Path, key: SigningKey) -> None:
    trust = trust_in(bundle, key.public)
    assert (trust.key.keyid, trust.pinned) == (key.keyid, True)


def test_a_bundle_sealed_anew_by_somebody_else_fails_the_pinned_key(
    bundle: Path, key: SigningKey, stranger: SigningKey
) -> None:
    write_manifest(bundle, stranger)
    assert trust_in(bundle).key.keyid == stranger.keyid
    with pytest.raises(EvidenceError, match=rf"signed by the key {stranger.fingerprint}"):
        trust_in(bundle, key.public)


def test_a_bundle_without_a_readable_key_does_not_hold(bundle: Path) -> None:
    (bundle / "key.pub").write_bytes(b"nothing")
    with pytest.raises(EvidenceError, match="no readable public key"):
        trust_in(bundle)
    (bundle / "key.pub").unlink()
    with pytest.raises(EvidenceError, match="no readable public key"):
        trust_in(bundle)
