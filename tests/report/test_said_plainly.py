"""What must not be overlooked, and what no device can spoil."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge.verdict import OUTCOMES
from harness.report.html import render_html
from tests.report import material


@pytest.mark.parametrize("said", [["a", 1], "words", 7, None, {"nested": {"more": []}}])
def test_a_device_that_calls_itself_simulated_may_say_anything_of_its_arithmetic(said: Any) -> None:
    device = {"name": "d", "simulated": True, "facts": {"arithmetic": said}}
    shown = material.view_of(material.passing(), "simulation", environment={"device": device})
    assert render_html(shown)


@pytest.mark.parametrize("part", ["title", "footer"])
def test_a_simulation_says_so_in_both_languages_at_head_and_foot(part: str) -> None:
    page = render_html(material.view_of(material.passing(), "simulation")).decode()
    found = page.partition(f"<{part}>")[2].partition(f"</{part}>")[0]
    assert "模拟，非实物" in found
    assert "SIMULATED" in found


def test_the_legend_explains_every_outcome_there_is() -> None:
    page = render_html(material.view_of(material.passing())).decode()
    legend = page.partition('<ul class="legend">')[2].partition("</ul>")[0]
    assert {outcome for outcome in OUTCOMES if f'class="dot {outcome}"' in legend} == set(OUTCOMES)


def test_the_first_screen_names_the_cause_of_the_first_failure() -> None:
    page = render_html(material.view_of(material.failing())).decode()
    assert "lost-nan" in page.partition('class="verdict"')[2].partition("</section>")[0]
