"""Verification: whether a bundle is what was signed, whole, and whether its verdict follows from its evidence.

Nothing in the bundle is believed: the plan and all cases are enumerated again from the profile and the interface, and
the verdict is computed again from the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.attest.envelope import open_envelope
from harness.attest.keys import PublicKey
from harness.attest.manifest import check_manifest
from harness.attest.statement import PAYLOAD_TYPE, Statement, parse_statement
from harness.attest.trust import Trust, trust_in
from harness.canonical import canonical_json
from harness.errors import EvidenceError, UsageError
from harness.interface.catalogue import load_interface
from harness.judge.verdict import Verdict, judge
from harness.profile.store import parse_profile
from harness.run.bundle import ENVIRONMENT, MANIFEST, PLAN, PROFILE, REPORT, Bundle
from harness.run.evidence import read_evidence
from harness.run.plan import make_plan
from harness.run.structure import check_structure
from harness.run.undeclared import undeclared_fields
from harness.sealing import components, predicate


@dataclass(frozen=True)
class Verified:
    """A bundle that holds: its statement, its verdict as computed again, and whose signature it was held to."""

    statement: Statement
    verdict: Verdict
    trust: Trust


def verify(path: str | Path, key: PublicKey | None = None) -> Verdict:
    """Check a bundle and return its verdict, computed again; raises ``EvidenceError`` where anything does not hold.

    ``key`` is the key that must have signed.
    """
    return verify_bundle(Path(path), key).verdict


def verify_bundle(folder: Path, pinned: PublicKey | None = None) -> Verified:
    """Check signatures and digests, enumerate plan and cases again, and compute the verdict again.

    ``pinned`` is the key that must have signed; without it the bundle's own key identifies its signer but vouches for
    nobody.
    """
    bundle = Bundle(folder)
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=str(folder), remedy="name the folder of a run")
    if not bundle.sealed:
        raise EvidenceError(
            "the run was never finished and signed",
            where=str(folder / MANIFEST),
            remedy="finish it: the same assay certify command with --resume",
        )
    trust = trust_in(folder, pinned)
    check_manifest(folder, trust.keys)
    payload = open_envelope(bundle.read(REPORT), trust.keys, PAYLOAD_TYPE, name=str(folder / REPORT))
    statement = parse_statement(payload, name=str(folder / REPORT))
    return Verified(statement, _compute_again(bundle, statement), trust)


def _compute_again(bundle: Bundle, statement: Statement) -> Verdict:
    """The verdict from the evidence, once everything the statement says of its components has been found to hold."""
    if components(bundle) != statement.subjects:
        raise EvidenceError("the files are not those the report was signed over", where=str(bundle.folder))
    request = bundle.begun()
    if request is None:
        raise EvidenceError("it does not say what was asked", where=str(bundle.folder))
    profile = parse_profile(bundle.read(PROFILE), request.profile)
    interface = load_interface()
    plan = make_plan(interface, profile, request.level, graph=request.graph)
    if canonical_json(plan.document()) + b"\n" != bundle.read(PLAN):
        raise EvidenceError(
            "the plan is not the one this version of Assay makes from the profile and the interface",
            where=str(bundle.folder / PLAN),
            remedy=f"verify with the version that made it, {request.harness}",
        )
    evidence = read_evidence(bundle.evidence)
    check_structure(plan, interface, profile, evidence)
    environment: dict[str, Any] = bundle.read_json(ENVIRONMENT)
    if (statement.kind == "simulation") != bool(environment["device"]["simulated"]):
        tested = "a simulation" if environment["device"]["simulated"] else "hardware"
        raise EvidenceError(
            f"a run on {tested} is signed as a {statement.kind}",
            where=str(bundle.folder / REPORT),
            remedy="do not rely on this report",
        )
    verdict = judge(plan, evidence, environment, undeclared=undeclared_fields(plan, interface, profile))
    if canonical_json(predicate(interface, profile, plan, environment, verdict)) != canonical_json(statement.predicate):
        raise EvidenceError(
            "the signed verdict does not follow from the evidence",
            where=str(bundle.folder / REPORT),
            remedy="do not rely on this report",
        )
    return verdict
