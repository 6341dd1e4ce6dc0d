"""The verbs, in this process, over one small finished run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.certification import Ask, certify, certify_run
from harness.cli import main as command_line
from harness.cli.main import VERBS, assay
from harness.errors import EvidenceError, UsageError
from harness.reporting import view_of
from harness.verification import verify

PROFILE = """\
profile: test/small
version: "1"
kind: accelerator
product: {vendor: Test, name: Small}
sources:
  paper: {title: A test, kind: definition}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with keys of its own."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def bundle(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run at level 1 of a product that claims nothing but what is required."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "small.yaml").write_text(PROFILE, encoding="utf-8")
    certified = certify_run(Ask(folder / "small.yaml", level=1, out=folder / "run", jobs=2))
    assert certified.verdict.conclusion == "met"
    return folder / "run"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(assay, [str(argument) for argument in arguments], standalone_mode=False)


def printed(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


def test_every_verb_has_help_that_says_what_it_is_for() -> None:
    for verb in VERBS:
        result = CliRunner().invoke(assay, [verb, "--help"])
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_verify_says_what_holds(bundle: Path) -> None:
    assert printed("verify", bundle)["holds"]
    said = run("verify", bundle).stdout
    assert "level 1 met" in said
    assert "vouches for nobody" in said


def test_a_pinned_key_must_have_signed(bundle: Path, tmp_path: Path) -> None:
    assert printed("verify", bundle, "--key", bundle / "key.pub")["pinned"]


def test_a_case_is_replayed(bundle: Path) -> None:
    assert printed("replay", bundle, 5)["reproduced"]
    assert "bit for bit" in run("replay", bundle, 5).stdout


def test_a_case_is_replayed_on_another_device_and_told_apart(bundle: Path) -> None:
    plan = json.loads((bundle / "plan.json").read_bytes())
    seq = next(test["first"] for test in plan["tests"] if test["test"] == "IF-MEM-006")
    result = run("replay", bundle, seq, "--device", "numpy")
    assert result.return_value == 1
    assert "NOT REPRODUCED" in result.stdout


def test_a_case_that_does_not_exist_is_named(bundle: Path) -> None:
    assert isinstance(run("replay", bundle, 10**9).exception, UsageError)


@pytest.mark.parametrize("form", ["terminal", "html", "junit", "json"])
def test_a_report_is_printed_again(bundle: Path, form: str) -> None:
    result = run("report", bundle, "--format", form)
    assert result.exception is None
    assert {"terminal": "LEVEL 1 MET", "html": "<!doctype html>", "junit": "<testsuite", "json": '"bundle"'}[
        form
    ] in result.stdout


def test_the_view_made_again_is_the_one_that_was_signed(bundle: Path) -> None:
    from harness.report.html import render_html

    again = render_html(view_of(bundle)).replace(str(bundle).encode(), b"")
    assert again == (bundle / "report.html").read_bytes().replace(str(bundle).encode(), b"")


def test_plans_are_shown(home: Path) -> None:
    document = printed("plan", "reference/ieee", "--level", 1)
    assert len(document["digest"]) == 64
    assert all(test["level"] == 1 for test in document["tests"])
    assert f"plan {document['digest'][:8]}" in run("plan", "reference/ieee", "--level", 1).stdout


def test_profiles_are_listed_shown_and_checked() -> None:
    assert {"profile": "hygon/k100-ai", "kind": "accelerator"}.items() <= {
        key: value
        for entry in printed("profile", "list")
        if entry["profile"] == "hygon/k100-ai"
        for key, value in entry.items()
    }.items()
    assert "hygon/k100-ai" in run("profile", "list").stdout
    assert run("profile", "show", "reference/ieee").stdout.startswith("#")
    assert printed("profile", "show", "reference/ieee")["profile"] == "reference/ieee"
    assert printed("profile", "lint", "reference/ieee") == []
    assert "remarks" in run("profile", "lint", "hygon/k100-ai").stdout


def test_requirements_are_listed_by_id_chapter_and_operation() -> None:
    assert [r["id"] for r in printed("requirements", "IF-MEM-003")] == ["IF-MEM-003"]
    assert "IF-LIN-003" in {r["id"] for r in printed("requirements", "gemm")}
    assert all(r["level"] == 2 for r in printed("requirements", "--level", 2))
    assert "内存" in run("requirements", "memory", "--zh").stdout
    assert "内存" not in run("requirements", "IF-MEM-001", "--en").stdout


def test_devices_and_keys_are_listed(home: Path) -> None:
    assert {"simulated[:PROFILE]", "numpy"} <= {device["name"] for device in printed("devices")}
    assert "ready" in run("devices").stdout
    assert printed("key", "show")["local"]
    assert run("key", "show", "--pem").stdout.startswith("-----BEGIN PUBLIC KEY-----")
    assert "no centre's" in run("key", "show").stdout


def test_a_finished_run_is_not_run_over(bundle: Path) -> None:
    result = run("certify", bundle.parent / "small.yaml", "--level", 1, "--out", bundle)
    assert isinstance(result.exception, UsageError)
    assert "finished" in str(result.exception)


def test_resuming_needs_a_folder() -> None:
    assert "--out" in CliRunner().invoke(assay, ["certify", "reference/ieee", "--resume"]).output


def test_the_public_calls_give_verdicts(bundle: Path, tmp_path: Path) -> None:
    assert verify(bundle).met
    verdict = certify(bundle.parent / "small.yaml", level=1, out=tmp_path / "again")
    assert verdict.met
    (tmp_path / "again" / "report.html").write_text("changed")
    with pytest.raises(EvidenceError):
        verify(tmp_path / "again")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["certify", "no/such"], 2, "no/such"),
        (["nonsense"], 2, "certify"),
        (["verify", "/no/such/folder"], 2, "folder"),
        (["--version"], 0, "assay"),
    ],
)
def test_the_command_ends_with_the_code_of_its_error(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["assay", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert (ended.value.code or 0) == code
    streams = capsys.readouterr()
    assert said in streams.out + streams.err


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("a fault"), 70)])
def test_what_nobody_foresaw_has_a_code_too(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(command_line.assay, "main", fail)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == code
    if code == 70:
        assert "a fault" in capsys.readouterr().err
