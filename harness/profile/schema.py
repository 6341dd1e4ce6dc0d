"""The profile format as JSON Schema, so that an editor explains and checks every field while it is typed.

``python -m harness.profile.schema`` writes the file that profiles name in their first line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.documents import write_atomic
from harness.profile.declaration import Declaration

#: The exported schema.
SCHEMA_FILE = Path(__file__).with_name("profile-v1.schema.json")


def profile_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12); a file that satisfies it can still break a rule that crosses fields."""
    schema = Declaration.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Assay hardware profile, version 1",
    }


def schema_text() -> bytes:
    """The schema as the exported file holds it."""
    return json.dumps(profile_schema(), indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


if __name__ == "__main__":
    write_atomic(SCHEMA_FILE, schema_text())
