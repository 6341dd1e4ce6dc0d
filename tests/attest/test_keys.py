"""A local key is made once, is its owner's alone, and is refused once others may read it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.attest.keys import LOCAL, keys_folder, list_keys, load_private, load_public, local_key
from harness.attest.signature import SigningKey
from harness.errors import UsageError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of Assay in which no key was made yet."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def mode(path: Path) -> int:
    """The permission bits of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_follows_assay_home_then_xdg_then_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "x"))
    monkeypatch.setenv("HOME", str(tmp_path / "h"))
    assert keys_folder() == tmp_path / "a" / "keys"
    monkeypatch.delenv("ASSAY_HOME")
    assert keys_folder() == tmp_path / "x" / "assay" / "keys"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert keys_folder() == tmp_path / "h" / ".local" / "share" / "assay" / "keys"


def test_a_relative_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", "here")
    with pytest.raises(UsageError, match="absolute"):
        keys_folder()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_the_first_use_makes_a_key_for_its_owner_alone_whatever_the_umask(home: Path, umask: int) -> None:
    home.mkdir()
    before = os.umask(umask)
    try:
        made = local_key()
    finally:
        os.umask(before)
    assert made.name == LOCAL
    assert mode(home / "keys") & 0o077 == 0
    assert mode(home / "keys" / "local.pem") == 0o600
    assert os.listdir(home / "keys") == ["local.pem"]


def test_the_next_use_finds_the_same_key(home: Path) -> None:
    assert local_key().keyid == local_key().keyid


def test_the_file_is_pkcs8_that_openssl_reads(home: Path) -> None:
    made = local_key()
    path = home / "keys" / "local.pem"
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    said = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], capture_output=True, check=True)
    assert said.stdout == made.public_pem


def test_processes_that_come_at_once_get_one_key(home: Path) -> None:
    command = [sys.executable, "-c", "from harness.attest.keys import local_key; print(local_key().keyid)"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert said == {local_key().keyid + "\n"}
    assert os.listdir(home / "keys") == ["local.pem"]


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_key_others_may_use_is_refused_with_the_remedy(home: Path, bits: int) -> None:
    local_key()
    path = home / "keys" / "local.pem"
    path.chmod(bits)
    with pytest.raises(UsageError, match="others may use") as caught:
        local_key()
    assert f"chmod 600 {path}" in str(caught.value)


@pytest.mark.parametrize("bits", [0o755, 0o770, 0o702])
def test_a_folder_others_may_enter_is_refused_with_the_remedy(home: Path, bits: int) -> None:
    local_key()
    (home / "keys").chmod(bits)
    with pytest.raises(UsageError, match="chmod 700"):
        local_key()


def test_a_linked_private_key_is_refused(home: Path, tmp_path: Path) -> None:
    local_key()
    (tmp_path / "link.pem").symlink_to(home / "keys" / "local.pem")
    with pytest.raises(UsageError, match="link"):
        load_private(tmp_path / "link.pem")


def test_a_link_to_nowhere_is_not_replaced(home: Path) -> None:
    (home / "keys").mkdir(mode=0o700, parents=True)
    (home / "keys" / "local.pem").symlink_to(home / "nowhere")
    with pytest.raises(UsageError, match="cannot be read"):
        local_key()


def test_a_damaged_key_is_not_replaced(home: Path) -> None:
    local_key()
    path = home / "keys" / "local.pem"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(UsageError, match="not a private key"):
        local_key()
    assert path.read_bytes() == b"-----BEGIN PRIVATE KEY-----\n"


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="cannot be made"):
        local_key()


def test_the_list_is_by_name(home: Path) -> None:
    assert list_keys() == []
    local_key()
    other = SigningKey.generate("bench")
    path = home / "keys" / "bench.pem"
    path.touch(mode=0o600)
    path.write_bytes(other.private_pem())
    assert [(key.name, key.keyid) for key in list_keys()] == [("bench", other.keyid), ("local", local_key().keyid)]


def test_a_local_key_stays_one_however_it_is_named(home: Path, key: SigningKey, tmp_path: Path) -> None:
    made = local_key()
    assert (made.local, made.path) == (True, home / "keys" / "local.pem")
    assert load_private(home / "keys" / "local.pem").local
    assert load_private(home / "keys" / ".." / "keys" / "local.pem").local
    other = tmp_path / "centre.pem"
    other.touch(mode=0o600)
    other.write_bytes(key.private_pem())
    assert (load_private(other).local, load_private(other).name) == (False, "centre")


def test_a_key_may_be_kept_elsewhere(home: Path, tmp_path: Path) -> None:
    assert local_key(tmp_path / "elsewhere").path == tmp_path / "elsewhere" / "local.pem"
    assert not home.exists()


def test_a_key_of_another_user_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = local_key()
    assert made.path is not None
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UsageError, match="another user"):
        load_private(made.path)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASSAY_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)  # a user the system does not know, as containers have them
    with pytest.raises(UsageError, match="set ASSAY_HOME"):
        keys_folder()


def test_a_public_key_is_read_from_its_file(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "key.pub"
    path.write_bytes(key.public_pem)
    assert load_public(path).keyid == key.keyid


def test_a_private_key_is_no_public_one(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "key.pub"
    path.write_bytes(key.private_pem())
    with pytest.raises(UsageError, match="not a public key"):
        load_public(path)
