"""The script in docs/verify.md checks a bundle with public tools alone, and finds what was altered."""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.attest import envelope, statement
from harness.attest.manifest import write_manifest
from harness.attest.signature import SigningKey
from tests.attest.changes import CHANGES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verify.md"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's script, as a reader would save it."""
    (found,) = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    path = tmp_path_factory.mktemp("page") / "verify.sh"
    path.write_text(found, encoding="utf-8")
    return path


def verify(script: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run(["bash", script, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_a_good_bundle_holds(script: Path, bundle: Path, key: SigningKey) -> None:
    said = verify(script, bundle)
    assert said.returncode == 0, said.stderr
    payload = b64decode(json.loads((bundle / "report.json").read_bytes())["payload"])
    assert said.stdout.splitlines() == [
        f"report  {hashlib.sha256(payload).hexdigest()}",
        "kind    urn:assay:self-test:1",
        f"key     {key.keyid} (the bundle's own)",
        "files   5, each as it was signed",
    ]


def test_a_large_report_holds_too(script: Path, bundle: Path, key: SigningKey) -> None:
    """Long lines of base64 are where tools differ."""
    predicate = {"noise": random.Random(1).randbytes(300_000).hex()}
    report = statement.make_statement("simulation", {"a": "0" * 64}, predicate)
    (bundle / "report.json").write_bytes(envelope.sign(report, statement.PAYLOAD_TYPE, key))
    write_manifest(bundle, key)
    said = verify(script, bundle)
    assert said.returncode == 0, said.stderr
    assert f"report  {hashlib.sha256(report).hexdigest()}\nkind    urn:assay:simulation:1\n" in said.stdout


def test_a_named_key_is_held_to(script: Path, bundle: Path, key: SigningKey, stranger: SigningKey) -> None:
    named = bundle.parent / "named.pub"
    named.write_bytes(key.public_pem)
    said = verify(script, bundle, named)
    assert (said.returncode, "(the one you named)" in said.stdout) == (0, True)
    named.write_bytes(stranger.public_pem)
    assert verify(script, bundle, named).returncode == 4


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_assay_refuses_the_script_refuses(change: Callable[[Path], str], script: Path, bundle: Path) -> None:
    change(bundle)
    said = verify(script, bundle)
    assert said.returncode != 0
    assert said.stdout == ""


@pytest.mark.parametrize("name", ["evidence/0001.jsonl", "key.pub", "plan.json", "report.json", "manifest.json"])
def test_flips_are_found_in_every_file(name: str, script: Path, bundle: Path) -> None:
    path, draw = bundle / name, random.Random(name)
    good = path.read_bytes()
    for bit in draw.sample(range(8 * len(good)), 4):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        assert verify(script, bundle).returncode != 0
    path.write_bytes(good)
    assert verify(script, bundle).returncode == 0


def test_a_report_signed_by_somebody_else_is_refused(script: Path, bundle: Path, stranger: SigningKey) -> None:
    path = bundle / "report.json"
    payload = b64decode(json.loads(path.read_bytes())["payload"])
    path.write_bytes(envelope.sign(payload, statement.PAYLOAD_TYPE, stranger))
    said = verify(script, bundle)
    assert (said.returncode, "another key" in said.stderr) == (4, True)
