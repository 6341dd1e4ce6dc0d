"""A report's view of a finished bundle, made again from what the bundle holds."""

from __future__ import annotations

from pathlib import Path

from harness.errors import EvidenceError
from harness.interface.catalogue import load_interface
from harness.profile.store import parse_profile
from harness.report.view import ReportMaterial, ReportView, make_view
from harness.run.bundle import ENVIRONMENT, PROFILE, Bundle
from harness.run.evidence import read_evidence
from harness.run.failures import read_explanations
from harness.run.plan import make_plan
from harness.verification import verify_bundle


def view_of(folder: Path) -> ReportView:
    """What the report of a bundle shows; raises ``EvidenceError`` where the bundle does not hold."""
    verified = verify_bundle(folder)
    bundle = Bundle(folder)
    request = bundle.begun()
    if request is None:
        raise EvidenceError("it does not say what was asked", where=str(folder))
    profile = parse_profile(bundle.read(PROFILE), request.profile)
    interface = load_interface()
    environment = bundle.read_json(ENVIRONMENT)
    return make_view(
        ReportMaterial(
            plan=make_plan(interface, profile, request.level, graph=request.graph),
            verdict=verified.verdict,
            evidence=read_evidence(bundle.evidence),
            interface=interface,
            profile=profile,
            environment=environment,
            report_id=verified.statement.id,
            key_fingerprint=verified.trust.key.fingerprint,
            key_kind=environment["run"]["key"],
            kind=verified.statement.kind,
            bundle=str(folder),
            explanations=read_explanations(bundle),
        )
    )
