"""The exported JSON Schema is up to date, explains every field, and agrees with the reader on what it can express."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from harness.device import dtypes
from harness.documents import read_yaml
from harness.profile.conduct import DTYPES
from harness.profile.schema import SCHEMA_FILE, profile_schema, schema_text
from harness.profile.store import list_profiles, load_profile

VALIDATOR = jsonschema.Draft202012Validator(profile_schema())


def test_the_exported_file_is_up_to_date() -> None:
    assert SCHEMA_FILE.read_bytes() == schema_text(), "run `python -m harness.profile.schema`"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(profile_schema())


@pytest.mark.parametrize("name", list_profiles())
def test_every_profile_that_comes_along_satisfies_it(name: str) -> None:
    profile = load_profile(name)
    assert [error.message for error in VALIDATOR.iter_errors(profile.document())] == []
    first = profile.source_bytes.decode().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../harness/profile/profile-v1.schema.json"


LEAST: dict[str, Any] = {
    "profile": "acme/one",
    "version": "1.0",
    "kind": "accelerator",
    "product": {"vendor": "Acme", "name": "One"},
    "sources": {},
}


@pytest.mark.parametrize(
    "part",
    [
        {"version": 1.0},
        {"profile": "one"},
        {"kind": "toaster"},
        {"executoin": {}},
        {"product": {"vendor": "Acme"}},
        {"memory": {"device": {"capacity": "64"}}},
        {"memory": {"device": {"capacity": {"value": "64 Gib"}}}},
        {"execution": {"lanes": 0}},
        {"execution": {"lanes": "many"}},
        {"arithmetic": {"vector": {"flaot32": {"support": "native"}}}},
        {"arithmetic": {"vector": {"float32": {"support": "yes"}}}},
        {"arithmetic": {"matrix": {"mm": {"a": "half", "b": "int8", "c": "int32", "d": "int32", "shape": [1, 1, 1]}}}},
        {"arithmetic": {"matrix": {"mm": {"a": "int8", "b": "int8", "c": "int32", "d": "int32", "shape": [1, 1]}}}},
        {"rates": {"float16": "1 GB/s"}},
    ],
)  # fmt: skip
def test_an_editor_marks_what_the_reader_refuses(part: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(LEAST)
    assert not VALIDATOR.is_valid(LEAST | part)


@pytest.mark.parametrize(
    "lanes", [64, "unknown", {"value": 64, "status": "vendor", "source": "code"}, {"status": "unknown"}]
)
def test_a_claim_may_be_written_in_full_or_in_short(lanes: object) -> None:
    assert VALIDATOR.is_valid(LEAST | {"execution": {"lanes": lanes}})


DEFINITIONS = profile_schema()["$defs"]


def _fields(schema: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            for key, value in properties.items():
                block = DEFINITIONS.get(str(value.get("$ref")).removeprefix("#/$defs/"), {})
                yield f"{schema.get('title', name)}.{key}", block | value
        for key, value in schema.items():
            yield from _fields(value, key)
    elif isinstance(schema, list):
        for item in schema:
            yield from _fields(item, name)


#: The two languages of a sentence need no explanation.
PLAIN = ("Named.en", "Named.zh")


def test_every_field_is_explained() -> None:
    unexplained = {name for name, field in _fields(profile_schema()) if not field.get("description")}
    assert unexplained <= set(PLAIN)


def test_dtypes_have_the_names_the_device_knows_them_by() -> None:
    for name in DTYPES:
        assert dtypes.numpy_dtype(name).name == name


def test_the_schema_has_no_lists_of_its_own_that_yaml_could_not_write() -> None:
    assert read_yaml(schema_text(), "schema").data["title"] == profile_schema()["title"]
