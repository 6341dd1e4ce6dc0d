"""The way of one run, from a profile to a signed bundle: one function that reads top to bottom."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import harness
from harness.attest.keys import SigningKey, local_key
from harness.device.near import Worker, WorkerDied
from harness.errors import AssayError, UsageError
from harness.interface.catalogue import Interface, load_interface
from harness.judge.verdict import Verdict, judge
from harness.profile.model import Profile
from harness.profile.store import load_profile
from harness.run.bundle import ENVIRONMENT, Bundle, Request
from harness.run.evidence import read_evidence
from harness.run.failures import explain_failures
from harness.run.limits import DEADLINE, SILENCE, TEST_CAP
from harness.run.measure import measure
from harness.run.plan import Plan, make_plan
from harness.run.supervisor import Ending, supervise
from harness.run.undeclared import undeclared_fields
from harness.sealing import Sealed, seal
from harness.suite.nodes import check_package, release_here


@dataclass(frozen=True)
class Ask:
    """What a user asks for: everything ``assay certify`` can be told.

    ``graph`` asks ONNX's node cases as well, which need the package onnx;
    ``out`` is the bundle's folder (default: a new one under ``runs/``); ``seed`` any word; ``deadline`` and ``cap`` the
    most seconds a case and a test may take; ``resume`` goes on with a run that was stopped; ``key`` signs in place of
    the local key.
    """

    profile: str | Path
    device: str = "simulated"
    level: int = 2
    out: Path | None = None
    seed: str = "0"
    jobs: int = 1
    deadline: float = DEADLINE
    cap: float = TEST_CAP
    resume: bool = False
    key: SigningKey | None = None
    graph: bool = False


@dataclass(frozen=True)
class Certified:
    """A finished run: its verdict, where its bundle is, and what was signed."""

    verdict: Verdict
    bundle: Bundle
    sealed: Sealed
    ending: Ending


#: Called with the plan before the first test; what it returns is called again and again while the run goes on.
Watcher = Callable[[Plan, Bundle, Mapping[str, Any]], Callable[[], None]]


def certify(profile: str | Path, device: str = "simulated", level: int = 2, out: Path | None = None) -> Verdict:
    """Test a device against its profile and leave a signed bundle in ``out``; the verdict is returned.

    Raises ``UsageError`` (a profile or device that cannot be), ``DeviceUnfit``, or ``KeyboardInterrupt`` (the bundle
    can then be resumed).
    """
    return certify_run(Ask(profile, device, level, out)).verdict


def certify_run(ask: Ask, watcher: Watcher = lambda plan, bundle, facts: lambda: None) -> Certified:
    """Do what ``ask`` says; ``watcher`` is told how far it is."""
    profile = load_profile(ask.profile)
    interface = load_interface()
    if ask.graph:
        check_package()
    plan = make_plan(interface, profile, ask.level, graph=ask.graph)
    bundle = Bundle((ask.out or _new_folder(profile)).absolute())
    key = ask.key or local_key()
    facts = device_facts(ask, profile)
    bundle.create()
    with bundle.lock():
        request = _begin(bundle, ask, profile, plan)
        ending = supervise(bundle, plan, request.jobs, SILENCE + request.cap, watcher(plan, bundle, facts))
        evidence = read_evidence(bundle.evidence)
        explain_failures(bundle, plan, interface, profile, request, evidence)
        bundle.write_json(ENVIRONMENT, _environment(request, facts, ending, key, _seen(request, interface, profile)))
        # Read back, so that all that follows rests on what is in the bundle and nothing else.
        environment = bundle.read_json(ENVIRONMENT)
        verdict = judge(plan, evidence, environment, undeclared=undeclared_fields(plan, interface, profile))
        sealed = seal(bundle, interface, profile, plan, evidence, environment, verdict, key)
    return Certified(verdict, bundle, sealed, ending)


def device_facts(ask: Ask, profile: Profile) -> dict[str, Any]:
    """Open the device once, in its worker, and take down what it says of itself.

    Raises ``UsageError`` or ``DeviceUnfit`` before a folder is made or anything runs.
    """
    with Worker(ask.device, profile.source_bytes, profile.id, deadline=ask.deadline) as worker:
        return worker.facts


def _seen(request: Request, interface: Interface, profile: Profile) -> list[dict[str, Any]]:
    """What the device is seen to reach, for information; nothing where it cannot be opened any more."""
    try:
        with Worker(request.device, profile.source_bytes, profile.id, deadline=request.deadline) as worker:
            return [seen.document() for seen in measure(worker, interface, profile)]
    except (AssayError, WorkerDied):
        return []


def _begin(bundle: Bundle, ask: Ask, profile: Profile, plan: Plan) -> Request:
    """Write down the request of a new run, or find that of the one to go on with."""
    request = Request(
        profile=profile.id,
        device=ask.device,
        level=ask.level,
        seed=ask.seed,
        jobs=ask.jobs,
        deadline=ask.deadline,
        cap=ask.cap,
        plan=plan.digest(),
        harness=harness.__version__,
        begin=_now(),
        onnx=release_here() if ask.graph else "",
    )
    begun = bundle.begun()
    if begun is None:
        if any(bundle.evidence.iterdir()):
            raise UsageError("the folder holds evidence of no known run", where=str(bundle.folder), remedy=_ANOTHER)
        bundle.begin(request, profile.source_bytes, plan.document())
        return request
    if bundle.sealed:
        raise UsageError("the run in this folder is finished and signed", where=str(bundle.folder), remedy=_ANOTHER)
    if not ask.resume:
        raise UsageError(
            "the folder holds a run that was not finished",
            where=str(bundle.folder),
            remedy="add --resume to go on with it, or name another folder with --out",
        )
    differences = begun.same_run(request)
    if differences:
        raise UsageError(
            f"the run in this folder is another one: its {', '.join(differences)} differ",
            where=str(bundle.folder),
            remedy=_ANOTHER,
        )
    bundle.tidy()
    return begun


_ANOTHER = "name another folder with --out"


def _new_folder(profile: Profile) -> Path:
    """A folder under ``runs/`` that does not exist yet, named after the product and the minute."""
    base = Path("runs") / f"{profile.id.split('/')[-1]}-{datetime.now(UTC):%Y%m%d-%H%M}"
    candidates = [base, *(base.with_name(f"{base.name}-{number}") for number in range(2, 1000))]
    return next(folder for folder in candidates if not folder.exists())


def _environment(
    request: Request, facts: Mapping[str, Any], ending: Ending, key: SigningKey, seen: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What was measured of host and device, with when the run began and ended."""
    return {
        "profile": request.profile,
        "device": dict(facts),
        "host": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
        },
        "run": {
            "begin": request.begin,
            "end": _now(),
            "seed": request.seed,
            "device": request.device,
            "jobs": request.jobs,
            "stopped": ending.why,
            "key": "local" if key.local else "centre",
        },
        "harness": {"version": harness.__version__, **({"onnx": request.onnx} if request.graph else {})},
        "seen": list(seen),
    }


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
