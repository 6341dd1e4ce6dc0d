"""JUnit XML, for systems that read nothing else."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from harness.report.view import ReportView, TestView

#: Characters XML 1.0 cannot hold (section 2.2).
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ERRORS = ("incomplete", "flaky", "not-reached")
_SKIPPED = ("not-claimed", "not-applicable", "waived")


def render_junit(view: ReportView) -> bytes:
    """One test case for every planned test, with the report's id and kind as properties."""
    suite = ET.Element(
        "testsuite",
        name=_clean(f"assay {view.profile} level {view.level}"),
        tests=str(len(view.tests)),
        failures=str(sum(test.outcome == "fail" for test in view.tests)),
        errors=str(sum(test.outcome in _ERRORS for test in view.tests)),
        skipped=str(sum(test.outcome in _SKIPPED for test in view.tests)),
        timestamp=view.begin,
    )
    properties = ET.SubElement(suite, "properties")
    facts = {"kind": view.kind, "report": view.report_id, "conclusion": view.conclusion, "device": view.device}
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    said = {failure.test: failure for failure in reversed(view.failures)}
    for test in view.tests:
        case = ET.SubElement(
            suite, "testcase", classname=test.chapter, name=_clean(test.test), time=f"{test.seconds:.6f}"
        )
        _say(case, test, said[test.test].replay if test.test in said else "")
    page: bytes = ET.tostring(suite, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + page + b"\n"


def _say(case: ET.Element, test: TestView, replay: str) -> None:
    message = _clean(test.because or test.outcome)
    if test.outcome == "fail":
        ET.SubElement(case, "failure", message=message).text = _clean(replay)
    elif test.outcome in _ERRORS:
        ET.SubElement(case, "error", type=test.outcome, message=message)
    elif test.outcome in _SKIPPED:
        ET.SubElement(case, "skipped", message=f"{test.outcome}: {message}")


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
