"""A bundle is as it was signed, or the first file that is not is named."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from harness.attest import manifest
from harness.attest.envelope import sign
from harness.attest.manifest import FORMAT, PAYLOAD_TYPE, check_manifest, write_manifest
from harness.attest.signature import SigningKey
from harness.errors import EvidenceError
from tests.attest.changes import CHANGES

FILES = ["evidence/0001.jsonl", "evidence/0002.jsonl", "key.pub", "plan.json", "report.json"]


def test_every_file_is_listed_with_size_and_digest(bundle: Path, key: SigningKey) -> None:
    found = check_manifest(bundle, key.public)
    assert [file.path for file in found] == FILES
    for file in found:
        data = (bundle / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_signers_key_is_in_the_bundle(bundle: Path, key: SigningKey) -> None:
    assert (bundle / "key.pub").read_bytes() == key.public_pem


def test_another_key_does_not_count(bundle: Path, stranger: SigningKey) -> None:
    with pytest.raises(EvidenceError, match="signed by the key"):
        check_manifest(bundle, stranger.public)


def test_a_moved_bundle_still_holds(bundle: Path, key: SigningKey, tmp_path: Path) -> None:
    moved = shutil.copytree(bundle, tmp_path / "elsewhere")
    assert check_manifest(moved, key.public) == check_manifest(bundle, key.public)


def test_a_bundle_can_be_sealed_again(bundle: Path, key: SigningKey) -> None:
    (bundle / "added.txt").write_bytes(b"later")
    write_manifest(bundle, key)
    assert [file.path for file in check_manifest(bundle, key.public)] == ["added.txt", *FILES]


def test_a_thousand_flips_anywhere_in_a_bundle_are_found(bundle: Path, key: SigningKey) -> None:
    draw = random.Random(20261124)
    paths = [bundle / name for name in [*FILES, "manifest.json"]]
    for _ in range(1000):
        path = draw.choice(paths)
        good = path.read_bytes()
        bit = draw.randrange(8 * len(good))
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(EvidenceError, match=path.name):
            check_manifest(bundle, key.public)
        path.write_bytes(good)
    check_manifest(bundle, key.public)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_not_as_signed_is_named(change: Callable[[Path], str], bundle: Path, key: SigningKey) -> None:
    said = change(bundle)
    with pytest.raises(EvidenceError) as caught:
        check_manifest(bundle, key.public)
    assert said in str(caught.value)
    assert "to do:" in str(caught.value)


def test_a_link_is_not_sealed(bundle: Path, key: SigningKey) -> None:
    (bundle / "more.txt").symlink_to(bundle / "plan.json")
    with pytest.raises(EvidenceError, match=r"more\.txt: it is neither"):
        write_manifest(bundle, key)


def test_too_many_entries_are_refused(bundle: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MOST_ENTRIES", 7)  # the eight that are there: five files, two folders, the manifest
    with pytest.raises(EvidenceError, match="more than 7"):
        check_manifest(bundle, key.public)


def test_too_deep_a_folder_is_refused(bundle: Path, key: SigningKey) -> None:
    (bundle / "/".join("d" * 9)).mkdir(parents=True)
    with pytest.raises(EvidenceError, match="deeper than"):
        write_manifest(bundle, key)


ZERO = {"path": "a", "sha256": "0" * 64, "size": 0}


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {},
        {"format": FORMAT, "files": []},
        {"format": "other", "files": [], "folders": []},
        {"format": FORMAT, "files": [], "folders": [], "extra": 0},
        {"format": FORMAT, "files": {}, "folders": []},
        {"format": FORMAT, "files": ["a"], "folders": []},
        {"format": FORMAT, "files": [ZERO | {"size": True}], "folders": []},
        {"format": FORMAT, "files": [ZERO | {"size": "0"}], "folders": []},
        {"format": FORMAT, "files": [ZERO | {"path": ["a"]}], "folders": []},
        {"format": FORMAT, "files": [ZERO | {"mode": 0}], "folders": []},
        {"format": FORMAT, "files": [ZERO, ZERO], "folders": []},
        {"format": FORMAT, "files": [ZERO], "folders": ["a"]},
        {"format": FORMAT, "files": [], "folders": [0]},
        {"format": FORMAT, "files": [], "folders": [[]]},
        {"format": FORMAT, "files": [], "folders": ["a", "a"]},
        {"format": FORMAT, "files": [ZERO | {"path": "../../etc/hostname"}], "folders": []},
    ],
)
def test_a_hostile_manifest_with_a_good_signature_is_refused(payload: Any, bundle: Path, key: SigningKey) -> None:
    (bundle / "manifest.json").write_bytes(sign(rfc8785.dumps(payload), PAYLOAD_TYPE, key))
    with pytest.raises(EvidenceError):
        check_manifest(bundle, key.public)


def test_the_list_is_canonical_json(bundle: Path) -> None:
    stock = manifest.take_stock(bundle)
    files = [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in stock.files]
    folders = ["evidence", "failures"]
    expected: Any = {"format": "urn:assay:manifest:1", "files": files, "folders": folders}
    assert stock.payload() == rfc8785.dumps(expected)


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path: Path, key: SigningKey) -> None:
    with pytest.raises(EvidenceError, match="no readable manifest"):
        check_manifest(tmp_path / "nowhere", key.public)
    with pytest.raises(EvidenceError, match="cannot be read"):
        manifest.take_stock(tmp_path / "nowhere")


def test_a_payload_that_is_no_json_is_no_manifest(bundle: Path, key: SigningKey) -> None:
    (bundle / "manifest.json").write_bytes(sign(b"plain text", PAYLOAD_TYPE, key))
    with pytest.raises(EvidenceError, match="holds no manifest"):
        check_manifest(bundle, key.public)


def test_a_file_that_became_a_link_while_it_was_read_is_not_followed(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"not of the bundle")
    (bundle / "late").symlink_to(tmp_path / "outside")
    with pytest.raises(EvidenceError, match=r"late: the file cannot be read"):
        manifest._hash(bundle, "late")
