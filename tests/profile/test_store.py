"""Profiles are found by id among those that come with Assay, or by path; a file stands where its id says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ProfileError
from harness.profile import store
from harness.profile.store import list_profiles, load_profile, profile_path
from harness.resources import profiles_folder

LEAST = """\
profile: {id}
version: "1.0"
kind: accelerator
product: {{vendor: Acme, name: One}}
sources: {{}}
"""


@pytest.mark.parametrize("name", list_profiles())
def test_every_profile_that_comes_along_is_sound_and_bears_its_own_id(name: str) -> None:
    profile = load_profile(name)
    assert profile.id == name
    assert profile.source_bytes == (profiles_folder() / f"{name}.yaml").read_bytes()


def test_there_are_products_and_a_reference() -> None:
    kinds = {load_profile(name).kind for name in list_profiles()}
    assert kinds == {"accelerator", "processor"}
    assert "reference/ieee" in list_profiles()


def test_a_near_miss_is_answered_with_what_was_meant() -> None:
    with pytest.raises(ProfileError, match="did you mean hygon/k100-ai"):
        load_profile("hygon/k100_ai")
    with pytest.raises(ProfileError, match="did you mean hygon/k100-ai"):
        load_profile("Hygon/K100-AI")


def test_a_profile_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "anything.yaml"
    path.write_text(LEAST.format(id="acme/one"))
    assert load_profile(path).id == "acme/one"
    assert load_profile(str(path)).id == "acme/one"
    with pytest.raises(ProfileError, match=r"none.yaml: cannot be read"):
        load_profile(tmp_path / "none.yaml")


def test_an_id_has_its_file() -> None:
    assert profile_path("reference/ieee") == profiles_folder() / "reference" / "ieee.yaml"
    assert profile_path("own.yaml") == Path("own.yaml")


def test_a_profile_in_the_place_of_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "profiles_folder", lambda: tmp_path)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "one.yaml").write_text("# Acme\n" + LEAST.format(id="acme/two"))
    (tmp_path / "acme" / "Not An Id.yaml").write_text("")
    assert list_profiles() == ["acme/one"]
    with pytest.raises(ProfileError, match=r"one.yaml:2: profile is 'acme/two', but stands in the place of 'acme/one'"):
        load_profile("acme/one")
