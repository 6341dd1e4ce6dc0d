"""The main job, end to end, as the README's first command runs it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.acceptance.command import SMALL, User, rows, signed


def test_a_simulated_product_meets_its_level_and_says_that_it_was_simulated(
    keeper: User, main_job: subprocess.CompletedProcess[str], k100: Path
) -> None:
    assert "LEVEL 2 MET" in main_job.stdout
    assert "SIMULATED" in main_job.stdout
    assert "模拟" in main_job.stdout
    assert str(k100.relative_to(keeper.folder) / "report.html") in main_job.stdout
    assert "\x1b[" not in main_job.stdout + main_job.stderr


def test_the_bundle_holds_and_anyone_can_compute_its_verdict_again(keeper: User, k100: Path) -> None:
    verified = keeper.json("verify", k100)
    assert verified["holds"]
    assert verified["kind"] == "simulation"
    assert verified["conclusion"] == "met"
    assert verified["cases"] == sum(row["row"] == "case" for row in rows(k100))


def test_a_simulation_can_be_told_from_a_certificate_by_its_type_alone(k100: Path) -> None:
    assert "simulation" in signed(k100)["predicateType"]


def test_every_required_test_of_the_plan_has_its_end_row(k100: Path) -> None:
    plan = json.loads((k100 / "plan.json").read_bytes())
    required = {test["test"]: test["cases"] for test in plan["tests"] if test["standing"] == "required"}
    assert {row["test"]: row["cases"] for row in rows(k100) if row["row"] == "end"} == required
    assert len(required) > 300


def test_sequence_numbers_name_each_case_of_the_plan_once(k100: Path) -> None:
    plan = json.loads((k100 / "plan.json").read_bytes())
    numbers = [row["seq"] for row in rows(k100) if row["row"] == "case"]
    assert sorted(numbers) == list(range(sum(test["cases"] for test in plan["tests"])))


def test_the_report_is_one_file_in_both_languages_without_a_script(k100: Path) -> None:
    page = (k100 / "report.html").read_text()
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "模拟，非实物" in page
    assert "IF-MEM-003" in page


def test_the_junit_file_has_one_case_for_each_planned_test(k100: Path) -> None:
    plan = json.loads((k100 / "plan.json").read_bytes())
    cases = list(ET.parse(k100 / "report.xml").getroot().iter("testcase"))
    assert len(cases) == len(plan["tests"])


def test_the_same_seed_gives_the_same_evidence(keeper: User) -> None:
    for out, jobs in (("once", 1), ("again", 2)):
        keeper.assay("certify", SMALL, "--level", 1, "--out", out, "--jobs", jobs)
    fields = ("seq", "test", "case", "outcome", "worst", "inputs", "output", "seed")

    def shown(bundle: Path) -> list[tuple[object, ...]]:
        return sorted(tuple(row.get(f) for f in fields) for row in rows(bundle) if row["row"] == "case")

    assert shown(keeper.folder / "again") == shown(keeper.folder / "once")


def test_a_processor_cannot_be_simulated_yet_and_the_message_says_so(user: User) -> None:
    done = user.assay("certify", "hygon/c86-7285", expect=2)
    assert "QEMU" in done.stderr
    assert not (user.folder / "runs").exists()


def test_a_recorded_case_is_replayed_bit_for_bit(keeper: User, k100: Path) -> None:
    for seq in (0, 777):
        assert keeper.json("replay", k100, seq)["reproduced"]


def test_a_report_can_be_printed_again(keeper: User, k100: Path) -> None:
    assert "LEVEL 2 MET" in keeper.assay("report", k100).stdout
    assert keeper.assay("report", k100, "--format", "html").stdout == (k100 / "report.html").read_text()


def test_the_bundle_is_checked_with_public_tools_alone(keeper: User, k100: Path) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "verify.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```bash\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    report = keeper.json("verify", k100)["report"]
    command = ["bash", "-c", script, "verify", str(k100)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 0, said.stderr
    assert report in said.stdout
    copy = keeper.folder / "tampered"
    shutil.copytree(k100, copy)
    page_of_copy = copy / "report.html"
    page_of_copy.write_bytes(page_of_copy.read_bytes().replace(b"SIMULATED", b"HARDWARE!", 1))
    command[-1] = str(copy)
    assert subprocess.run(command, capture_output=True, check=False, timeout=120).returncode != 0
