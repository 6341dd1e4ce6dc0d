"""Another implementation of DSSE, securesystemslib, verifies what Assay signs and refuses what was changed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from tests.acceptance.command import SMALL, User


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    user = User(tmp_path_factory.mktemp("peer"))
    user.assay("certify", SMALL, "--level", 1, "--out", "run")
    return user.folder / "run"


def key_of(bundle: Path, keyid: str) -> SSlibKey:
    """The bundle's key as the other implementation has it."""
    return SSlibKey.from_crypto(load_pem_public_key((bundle / "key.pub").read_bytes()), keyid)


@pytest.mark.parametrize("name", ["report.json", "manifest.json"])
def test_what_assay_signs_verifies_elsewhere(bundle: Path, name: str) -> None:
    fields = json.loads((bundle / name).read_bytes())
    keyid = fields["signatures"][0]["keyid"]
    accepted = Envelope.from_dict(fields).verify([key_of(bundle, keyid)], threshold=1)
    assert set(accepted) == {keyid}


@pytest.mark.parametrize("name", ["report.json", "manifest.json"])
def test_what_was_changed_is_refused_elsewhere_too(bundle: Path, name: str) -> None:
    fields = json.loads((bundle / name).read_bytes())
    keyid = fields["signatures"][0]["keyid"]
    payload = bytearray(base64.b64decode(fields["payload"]))
    payload[100] ^= 1
    fields["payload"] = base64.b64encode(payload).decode()
    with pytest.raises(VerificationError):
        Envelope.from_dict(fields).verify([key_of(bundle, keyid)], threshold=1)


def test_the_statement_is_of_in_toto(bundle: Path) -> None:
    statement = json.loads(Envelope.from_dict(json.loads((bundle / "report.json").read_bytes())).payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert all(set(subject["digest"]) == {"sha256"} for subject in statement["subject"])
