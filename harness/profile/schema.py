"""The profile format as JSON Schema, so that an editor explains and checks every field while it is typed.

``python -m harness.profile.schema`` writes the file that profiles name in their first line.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from harness.documents import write_atomic
from harness.profile.declaration import Declaration

#: The exported schema.
SCHEMA_FILE = Path(__file__).with_name("profile-v1.schema.json")


def profile_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12); a file that satisfies it can still break a rule that crosses fields."""
    schema = _as_written(Declaration.model_json_schema())
    for long, short in _short_names(schema["$defs"]).items():
        schema = _renamed(schema, long, short)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Assay hardware profile, version 1",
    }


def _as_written(schema: Any) -> Any:
    """The schema of files instead of objects: a field that is absent in an object has no line, not the value null."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    kept = {key: _as_written(value) for key, value in schema.items() if key not in ("anyOf", "default")}
    if len(options) == 1:
        return {**kept, **_as_written(options[0])}
    return {**kept, **({"anyOf": _as_written(options)} if options else {})}


def _short_names(definitions: dict[str, Any]) -> dict[str, str]:
    """``claim-size`` and the like, for what pydantic calls by the whole of its type."""
    found = {}
    for name, definition in definitions.items():
        kind = re.search(r"(Claim|Conflict)_", name)
        if kind:
            value = (definition.get("anyOf") or [definition])[0]["properties"]["value"]
            what = value["type"] if value["title"] == "Value" else value["title"].lower()
            found[name] = f"{kind[1].lower()}-{what}"
    return found


def _renamed(schema: Any, old: str, new: str) -> Any:
    if isinstance(schema, list):
        return [_renamed(item, old, new) for item in schema]
    if not isinstance(schema, dict):
        return f"#/$defs/{new}" if schema == f"#/$defs/{old}" else schema
    return {new if key == old else key: _renamed(value, old, new) for key, value in schema.items()}


def schema_text() -> bytes:
    """The schema as the exported file holds it."""
    return json.dumps(profile_schema(), indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


if __name__ == "__main__":
    write_atomic(SCHEMA_FILE, schema_text())
