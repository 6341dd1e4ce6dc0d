"""The numeric chapters as they stand, read by themselves."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import yaml

from harness.interface.catalogue import INDEX, Interface, read_interface
from harness.resources import chapters_folder

#: The chapters about the runtime, which have no operations.
RUNTIME = frozenset({"device", "memory", "streams_and_events", "exchange"})


@lru_cache(maxsize=1)
def numeric_interface() -> Interface:
    """An interface of the numeric chapters alone, with the families of the whole one."""
    index = yaml.safe_load((chapters_folder() / INDEX).read_text(encoding="utf-8"))
    chapters = [name for name in index["chapters"] if name not in RUNTIME]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / INDEX).write_text(yaml.safe_dump(index | {"chapters": chapters}), encoding="utf-8")
        for chapter in chapters:
            (folder / f"{chapter}.yaml").write_bytes((chapters_folder() / f"{chapter}.yaml").read_bytes())
        return read_interface(folder)
