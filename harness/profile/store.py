"""Profiles as files: by id among those that come with Assay, or by path."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from harness.documents import Document, read_yaml
from harness.errors import DocumentError, ProfileError
from harness.profile.check import check
from harness.profile.declaration import PROFILE_ID, read_declaration, refusal
from harness.profile.model import Profile
from harness.resources import profiles_folder

#: A profile is read no further than this.
LIMIT_BYTES = 1 << 20


def load_profile(id_or_path: str | Path) -> Profile:
    """The profile with an id (``VENDOR/PRODUCT``), or in a file: a ``Path``, or a string that ends in ``.yaml``.

    Raises ``ProfileError`` with every problem of the file, or with the ids that come near an unknown one.
    """
    return _load_file(profile_path(id_or_path))


def profile_path(id_or_path: str | Path) -> Path:
    """The file of a profile named by id or path, whether or not it can be read; raises ``ProfileError``."""
    if isinstance(id_or_path, str) and not id_or_path.endswith((".yaml", ".yml")):
        return _file_of(id_or_path)
    return Path(id_or_path)


def parse_profile(source: bytes, name: str) -> Profile:
    """The profile a file's bytes hold; ``name`` is what messages call the file. Raises ``ProfileError``."""
    return _profile(_document(source, name))


def list_profiles() -> list[str]:
    """The ids of the profiles that come with Assay."""
    folder = profiles_folder()
    found = (path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/*.yaml"))
    return sorted(name for name in found if re.fullmatch(PROFILE_ID, name))


def _file_of(name: str) -> Path:
    """The file of an id. Only what ``list_profiles`` lists is ever opened, so no id can lead out of its folder."""
    known = list_profiles()
    if name in known:
        return profiles_folder() / f"{name}.yaml"
    near = difflib.get_close_matches(name.lower(), known, 3, 0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ProfileError(
        [f"{name[:120]!r} is no profile{meant}"],
        remedy="`assay profile list` shows the ids; a profile of your own is named by its path, FILE.yaml",
    )


def _load_file(path: Path) -> Profile:
    document = _document(path, str(path))
    profile = _profile(document)
    folder = profiles_folder()
    if path.resolve().is_relative_to(folder):
        expected = path.resolve().relative_to(folder).with_suffix("").as_posix()
        if profile.id != expected:
            raise refusal(document, [(("profile",), f"is {profile.id!r}, but stands in the place of {expected!r}")])
    return profile


def _document(source: Path | bytes, name: str) -> Document:
    try:
        return read_yaml(source, name, limit_bytes=LIMIT_BYTES)
    except DocumentError as error:
        raise ProfileError(error.problems, remedy=error.remedy) from error


def _profile(document: Document) -> Profile:
    declaration = read_declaration(document)
    check(declaration, document)
    return Profile(declaration, document, declaration.profile, document.digest)
