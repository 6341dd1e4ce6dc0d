"""Sealing a bundle: the signed statement, its renderings, and the signed list of everything in the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.attest.envelope import sign
from harness.attest.keys import SigningKey
from harness.attest.manifest import write_manifest
from harness.attest.statement import PAYLOAD_TYPE, Kind, make_statement
from harness.interface.catalogue import Interface
from harness.judge.verdict import Verdict
from harness.profile.model import Profile
from harness.report.html import render_html
from harness.report.junit import render_junit
from harness.report.view import ReportMaterial, ReportView, make_view
from harness.run.bundle import ENVIRONMENT, HTML, JUNIT, PLAN, PROFILE, REPORT, RUN, Bundle
from harness.run.failures import read_explanations
from harness.run.plan import Plan
from harness.run.rows import Evidence

#: What a report says it does not cover, whatever its verdict.
NOT_COVERED = ("models", "several cards", "endurance", "judged performance")
#: What it says so of where the run did not ask for it.
NOT_ASKED = "ONNX node cases"


@dataclass(frozen=True)
class Sealed:
    """What was signed: the kind of the statement, its report id, and the view all renderings were made from."""

    kind: Kind
    report_id: str
    view: ReportView


def seal(
    bundle: Bundle,
    interface: Interface,
    profile: Profile,
    plan: Plan,
    evidence: Evidence,
    environment: Mapping[str, Any],
    verdict: Verdict,
    key: SigningKey,
) -> Sealed:
    """Sign the verdict and the digests of all it rests on, render the report, and sign the list of all files."""
    kind = kind_of(environment, interface, verdict, key)
    payload = make_statement(kind, components(bundle), predicate(interface, profile, plan, environment, verdict))
    report_id = hashlib.sha256(payload).hexdigest()
    view = make_view(
        ReportMaterial(
            plan=plan,
            verdict=verdict,
            evidence=evidence,
            interface=interface,
            profile=profile,
            environment=dict(environment),
            report_id=report_id,
            key_fingerprint=key.fingerprint,
            key_kind=environment["run"]["key"],
            kind=kind,
            bundle=_as_typed(bundle.folder),
            explanations=read_explanations(bundle),
        )
    )
    bundle.write(REPORT, sign(payload, PAYLOAD_TYPE, key))
    bundle.write(HTML, render_html(view))
    bundle.write(JUNIT, render_junit(view))
    write_manifest(bundle.folder, key)
    return Sealed(kind, report_id, view)


def kind_of(environment: Mapping[str, Any], interface: Interface, verdict: Verdict, key: SigningKey) -> Kind:
    """What a run may call itself.

    A simulation is always that. A certification is one only if the device's identity was shown and a key other than
    the local one signs; anything else is a self-test.
    """
    if environment["device"]["simulated"]:
        return "simulation"
    identity = [o for o in verdict.tests if o.required and o.requirement in interface.identity]
    shown = bool(identity) and all(outcome.outcome == "pass" for outcome in identity)
    return "certification" if shown and not key.local else "self-test"


def predicate(
    interface: Interface, profile: Profile, plan: Plan, environment: Mapping[str, Any], verdict: Verdict
) -> dict[str, Any]:
    """The statement's own part: the verdict, what it is about, and under which conditions it holds."""
    device = environment["device"]
    return {
        "interface": {"version": interface.version, "digest": interface.digest},
        "profile": {"id": profile.id, "version": profile.version, "digest": profile.digest},
        "plan": plan.digest(),
        "level": plan.level,
        "verdict": verdict.document(),
        "environment": dict(environment),
        # What the simulation says it took for granted: a profile may assume more than it follows yet.
        "assumptions": device["facts"].get("arithmetic", {}) if device["simulated"] else {},
        "detection": None,
        "notCovered": [*NOT_COVERED, *([] if plan.graph else [NOT_ASKED])],
    }


def components(bundle: Bundle) -> dict[str, str]:
    """The SHA-256 of every file the verdict rests on, by its name in the bundle."""
    names = [RUN, PROFILE, PLAN, ENVIRONMENT]
    paths = [bundle.folder / name for name in names] + sorted(bundle.evidence.glob("*.jsonl"))
    return {path.relative_to(bundle.folder).as_posix(): _sha256(path) for path in paths}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_typed(folder: Path) -> str:
    """The folder as a user in the current one would type it."""
    try:
        return folder.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(folder)
