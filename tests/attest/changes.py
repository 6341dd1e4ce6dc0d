"""What can be done to a sealed bundle by hand: each function does one thing and returns what the message must say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def remove(bundle: Path) -> str:
    """A file of evidence is gone."""
    (bundle / "evidence" / "0002.jsonl").unlink()
    return "evidence/0002.jsonl: it is missing"


def empty(bundle: Path) -> str:
    """A file of evidence is empty."""
    os.truncate(bundle / "evidence" / "0001.jsonl", 0)
    return "evidence/0001.jsonl: it was changed"


def add(bundle: Path) -> str:
    """A file is there that was not signed."""
    (bundle / "evidence" / "0003.jsonl").touch()
    return "evidence/0003.jsonl: it was added"


def add_hidden(bundle: Path) -> str:
    """So is one that a listing does not show."""
    (bundle / ".hidden").touch()
    return ".hidden: it was added"


def add_folder(bundle: Path) -> str:
    """An empty folder is something too."""
    (bundle / "evidence" / "more").mkdir()
    return "evidence/more: it was added"


def remove_folder(bundle: Path) -> str:
    """The empty folder that was signed is gone."""
    (bundle / "failures").rmdir()
    return "failures: it is missing"


def file_for_folder(bundle: Path) -> str:
    """A file has taken the name of a folder."""
    (bundle / "failures").rmdir()
    (bundle / "failures").touch()
    return "failures: it is missing"


def swap(bundle: Path) -> str:
    """Two files have changed places."""
    one, two = bundle / "evidence" / "0001.jsonl", bundle / "evidence" / "0002.jsonl"
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)
    return "evidence/0001.jsonl: it was changed"


def link(bundle: Path) -> str:
    """A link with the right content behind it is not the file."""
    path = bundle / "plan.json"
    path.rename(bundle.parent / "plan.json")
    path.symlink_to(bundle.parent / "plan.json")
    return "plan.json: it is neither"


def link_manifest(bundle: Path) -> str:
    """Not even for the manifest."""
    path = bundle / "manifest.json"
    path.rename(bundle.parent / "manifest.json")
    path.symlink_to(bundle.parent / "manifest.json")
    return "manifest.json: it is neither"


def link_folder(bundle: Path) -> str:
    """Nor for a folder."""
    shutil.move(bundle / "evidence", bundle.parent / "evidence")
    (bundle / "evidence").symlink_to(bundle.parent / "evidence")
    return "evidence: it is neither"


def pipe(bundle: Path) -> str:
    """A pipe would be waited for."""
    (bundle / "plan.json").unlink()
    os.mkfifo(bundle / "plan.json")
    return "plan.json: it is neither"


def odd_name(bundle: Path) -> str:
    """A name that a terminal or a shell could take for something else."""
    (bundle / "plan\n.json").touch()
    return "no file of a bundle has such a name"


def no_manifest(bundle: Path) -> str:
    """The list itself is gone."""
    (bundle / "manifest.json").unlink()
    return "no readable manifest"


CHANGES: list[Callable[[Path], str]] = [
    remove,
    empty,
    add,
    add_hidden,
    add_folder,
    remove_folder,
    file_for_folder,
    swap,
    link,
    link_manifest,
    link_folder,
    pipe,
    odd_name,
    no_manifest,
]
