"""Whatever is changed in a finished bundle, verification ends with 4 and says which file."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from harness.attest.keys import load_private, local_key
from harness.attest.manifest import write_manifest
from harness.canonical import canonical_json
from harness.errors import AssayError, EvidenceError
from harness.verification import verify, verify_bundle
from tests.acceptance.command import SMALL, User, faulty

BITS = int(os.environ.get("ASSAY_BITS", "150"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished bundle of a device that fails, so that it has kept arrays too."""
    user = User(tmp_path_factory.mktemp("small"))
    user.assay("certify", SMALL, "--device", faulty("zeros"), "--level", 1, "--out", "run", expect=1)
    user.assay("verify", "run")
    return user.folder / "run"


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    shutil.copytree(small, tmp_path / "run")
    return tmp_path / "run"


def files_of(bundle: Path) -> list[Path]:
    """Every file of a bundle."""
    return sorted(path for path in bundle.rglob("*") if path.is_file())


def exit_code(bundle: Path) -> int:
    """What ``assay verify`` would end with."""
    try:
        verify(bundle)
    except AssayError as error:
        return error.exit_code
    return 0


def test_a_bundle_that_nobody_touched_holds(copy: Path) -> None:
    assert exit_code(copy) == 0


def test_any_bit_of_any_file_is_missed(copy: Path) -> None:
    draw = random.Random(20261124)
    files = files_of(copy)
    assert {path.name for path in files} >= {"report.json", "manifest.json", "report.html", "report.xml", "key.pub"}
    for number in range(BITS):
        # Every file in turn, so that the small ones are hit as often as the large.
        path = files[number % len(files)] if number < 6 * len(files) else draw.choice(files)
        whole = path.read_bytes()
        bit = draw.randrange(8 * len(whole))
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert exit_code(copy) == 4, f"bit {bit} of {path.name} was not missed"
        path.write_bytes(whole)
    assert exit_code(copy) == 0


def evidence_of(bundle: Path) -> Path:
    """The first file of evidence."""
    return min((bundle / "evidence").glob("*.jsonl"))


def drop_a_row(bundle: Path) -> None:
    lines = evidence_of(bundle).read_bytes().splitlines(keepends=True)
    evidence_of(bundle).write_bytes(b"".join(lines[:10] + lines[11:]))


def swap_two_rows(bundle: Path) -> None:
    lines = evidence_of(bundle).read_bytes().splitlines(keepends=True)
    lines[3], lines[4] = lines[4], lines[3]
    evidence_of(bundle).write_bytes(b"".join(lines))


def drop_failing_rows(bundle: Path) -> None:
    """Drop every failing row and write the end rows anew, so that each file is consistent in itself."""
    for path in (bundle / "evidence").glob("*.jsonl"):
        kept: list[bytes] = []
        mine: list[bytes] = []
        for line in path.read_bytes().splitlines(keepends=True):
            row = json.loads(line)
            if row["row"] == "case" and row["outcome"] != "fail":
                mine.append(line)
            elif row["row"] == "end":
                row |= {"cases": len(mine), "digest": f"sha256:{sha256(b''.join(mine)).hexdigest()}"}
                kept += [*mine, json.dumps(row, separators=(",", ":")).encode() + b"\n"]
                mine = []
        path.write_bytes(b"".join(kept))


def add_a_file(bundle: Path) -> None:
    (bundle / "evidence" / "9999.jsonl").write_bytes(b"")


def remove_a_file(bundle: Path) -> None:
    (bundle / "report.xml").unlink()


def add_a_folder(bundle: Path) -> None:
    (bundle / "extra").mkdir()


CHANGES: list[Callable[[Path], None]] = [
    drop_a_row,
    swap_two_rows,
    drop_failing_rows,
    add_a_file,
    remove_a_file,
    add_a_folder,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_not_signed_is_found(copy: Path, change: Callable[[Path], None]) -> None:
    change(copy)
    assert exit_code(copy) == 4


def signing_key(small: Path) -> Any:
    """The key that signed the bundle: the attacker has it."""
    (path,) = (small.parent / "home").rglob("*.pem")
    return load_private(path)


@pytest.mark.parametrize("change", [drop_a_row, swap_two_rows, drop_failing_rows])
def test_a_change_of_evidence_is_found_even_when_its_owner_signs_it_again(
    copy: Path, small: Path, change: Callable[[Path], None]
) -> None:
    change(copy)
    sign_again(copy, signing_key(small), lambda statement: None)
    with pytest.raises(EvidenceError):
        verify(copy)


def edit_the_verdict(statement: dict[str, Any]) -> None:
    statement["predicate"]["verdict"]["conclusion"] = "met"
    for test in statement["predicate"]["verdict"]["tests"]:
        test["outcome"] = "pass"


def test_an_edited_verdict_is_found_even_when_its_owner_signs_it_again(copy: Path, small: Path) -> None:
    sign_again(copy, signing_key(small), edit_the_verdict)
    with pytest.raises(EvidenceError, match="does not follow"):
        verify(copy)


def test_a_simulation_signed_as_a_certification_is_found(copy: Path, small: Path) -> None:
    import harness.attest.statement as statements

    def claim(statement: dict[str, Any]) -> None:
        statement["predicateType"] = statements.PREDICATE_TYPES["certification"]

    sign_again(copy, signing_key(small), claim)
    with pytest.raises(EvidenceError):
        verify(copy)


def test_an_edited_verdict_whose_digests_are_made_anew_but_not_signed_is_found(copy: Path) -> None:
    import base64

    envelope = json.loads((copy / "report.json").read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    edit_the_verdict(statement)
    envelope["payload"] = base64.b64encode(canonical_json(statement)).decode()
    edited = canonical_json(envelope)
    manifest = json.loads((copy / "manifest.json").read_bytes())
    listing = base64.b64decode(manifest["payload"]).decode()
    before = sha256((copy / "report.json").read_bytes()).hexdigest()
    assert before in listing
    listing = listing.replace(before, sha256(edited).hexdigest())
    manifest["payload"] = base64.b64encode(listing.encode()).decode()
    (copy / "report.json").write_bytes(edited)
    (copy / "manifest.json").write_bytes(canonical_json(manifest))
    assert exit_code(copy) == 4


def test_a_bundle_signed_by_another_key_is_not_what_a_pinned_key_signed(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not by"):
        verify_bundle(copy, local_key(tmp_path / "stranger").public)


def sign_again(bundle: Path, key: Any, edit: Callable[[dict[str, Any]], None]) -> None:
    """What somebody who has the key can do: new digests, a new statement, a new manifest."""
    import base64

    from harness.attest.envelope import sign
    from harness.attest.statement import PAYLOAD_TYPE

    envelope = json.loads((bundle / "report.json").read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    for subject in statement["subject"]:
        subject["digest"]["sha256"] = sha256((bundle / subject["name"]).read_bytes()).hexdigest()
    edit(statement)
    (bundle / "report.json").write_bytes(sign(canonical_json(statement), PAYLOAD_TYPE, key))
    (bundle / "manifest.json").unlink()
    write_manifest(bundle, key)
