"""One key for all tests of this room, and a small sealed bundle."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.attest import envelope, statement
from harness.attest.manifest import write_manifest
from harness.attest.signature import SigningKey


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """The signer."""
    return SigningKey.generate("signer")


@pytest.fixture(scope="session")
def stranger() -> SigningKey:
    """Another key, which nobody trusts."""
    return SigningKey.generate("stranger")


@pytest.fixture
def bundle(tmp_path: Path, key: SigningKey) -> Path:
    """A sealed bundle: a signed report, two files of evidence, an empty folder."""
    folder = tmp_path / "bundle"
    (folder / "evidence").mkdir(parents=True)
    (folder / "failures").mkdir()
    (folder / "plan.json").write_bytes(b'{"tests":[]}\n')
    (folder / "evidence" / "0001.jsonl").write_bytes(b'{"row":"case"}\n' * 40)
    (folder / "evidence" / "0002.jsonl").write_bytes(b'{"row":"end"}\n')
    plan = hashlib.sha256((folder / "plan.json").read_bytes()).hexdigest()
    report = statement.make_statement("self-test", {"plan.json": plan}, {"verdict": "met", "title": "检测报告"})
    (folder / "report.json").write_bytes(envelope.sign(report, statement.PAYLOAD_TYPE, key))
    write_manifest(folder, key)
    return folder
