"""The pytest plugin: one item for each test of the plan, run by the engine.

Under the command a supervisor sends the tests of one life on standard input (``--assay-order``). By hand,
``pytest suites/ --profile=VENDOR/PRODUCT -k softmax`` makes its own plan and keeps no evidence.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.device.far import die_with
from harness.device.near import Worker, WorkerDied
from harness.errors import AssayError, DeviceUnfit, UsageError
from harness.interface.catalogue import load_interface
from harness.profile.model import Profile
from harness.profile.store import load_profile, parse_profile
from harness.run.bundle import FAILURES, PROFILE, Bundle
from harness.run.engine import Engine, Record, TestCut
from harness.run.evidence import Recorder
from harness.run.health import check_health
from harness.run.keeper import FailureKeeper
from harness.run.limits import DEADLINE, TEST_CAP
from harness.run.order import CANNOT_WRITE, DEVICE_DIED, UNFIT, WORKER_KILLED, Order, PulseRecord
from harness.run.plan import Plan, PlannedTest, make_plan, subjects
from harness.run.rows import CaseRow, LostRow
from harness.suite.case import Cases, Subject
from harness.suite.suites import load_suites, requirements_tested

_LIFE = pytest.StashKey["Life"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add Assay's options to pytest."""
    group = parser.getgroup("assay")
    group.addoption("--profile", help="the profile under test: an id such as reference/ieee, or a file")
    group.addoption("--device", default="simulated", help="the device under test (default: simulated)")
    group.addoption("--level", type=int, default=2, choices=(1, 2, 3), help="the level (default: 2)")
    group.addoption("--graph", action="store_true", help="ask ONNX's node cases as well")
    group.addoption("--seed", default="0", help="the run's seed (default: 0)")
    group.addoption("--assay-order", action="store_true", help="take the tests of one life from standard input")


@dataclass
class Life:
    """All that the items of one pytest run share."""

    profile: Profile
    plan: Plan
    device: str
    seed: str
    attempts: dict[str, int]
    record: Record
    deadline: float = DEADLINE
    cap: float = TEST_CAP
    keeper: FailureKeeper | None = None
    pulse: PulseRecord | None = None
    _engine: Engine | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.planned = self.plan.by_name()
        known = subjects(load_interface(), self.profile, self.plan.level, graph=self.plan.graph)
        self.subjects = {subject.test: subject for subject in known}

    def engine(self) -> Engine:
        """The engine, its worker started when the first test needs it."""
        if self._engine is None:
            worker = Worker(self.device, self.profile.source_bytes, self.profile.id, deadline=self.deadline)
            check_health(worker)
            self._engine = Engine(worker, self.record, self.seed, self.cap)
            if self.keeper is not None:
                self._engine.keep = self.keeper
            if self.pulse is not None:
                self._engine.pulse = self.pulse.beat
        return self._engine

    def forget_worker(self) -> None:
        """Let a dead worker go; the next test starts another."""
        self._engine = None

    def close(self) -> None:
        """Close the device and the file of evidence."""
        if self._engine is not None:
            self._engine.worker.close()
        if isinstance(self.record, Recorder):
            # A disk that was full has been reported by the test that met it.
            with contextlib.suppress(UsageError, OSError):
                self.record.close()


class InMemory:
    """A record for runs by hand: nothing is kept."""

    def case(self, row: CaseRow) -> None:
        """Forget a case."""

    def end(self, test: str, attempt: int, near_ms: float) -> None:
        """Forget that a test ended."""

    def lost(self, row: LostRow) -> None:
        """Forget a loss: it is raised as well."""


def pytest_configure(config: pytest.Config) -> None:
    """Take the order, or make a plan by hand."""
    if config.getoption("assay_order"):
        config.stash[_LIFE] = _ordered_life()
    elif config.getoption("profile"):
        try:
            config.stash[_LIFE] = _life_by_hand(config)
        except AssayError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what the life holds."""
    life = config.stash.get(_LIFE, None)
    if life is not None:
        life.close()


def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> Any:
    """One item for each planned test of a suite's function."""
    requirements = requirements_tested(obj)
    if not requirements or not isinstance(collector, pytest.Module):
        return None
    life = collector.config.stash.get(_LIFE, None)
    if life is None:
        raise pytest.UsageError("the suites need --profile=VENDOR/PRODUCT")
    return [
        AssayItem.from_parent(collector, name=test, life=life, planned=life.planned[test], cases=obj)
        for test in life.attempts
        if load_suites()[life.planned[test].requirement].requirement in requirements
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the tests in the order the life was given, not by file."""
    life = config.stash.get(_LIFE, None)
    if life is not None:
        place = {test: number for number, test in enumerate(life.attempts)}
        items.sort(key=lambda item: place.get(item.name, len(place)))


class CasesFailed(Exception):
    """A test has failing cases."""

    def __init__(self, rows: list[CaseRow]) -> None:
        super().__init__(f"{len(rows)} cases fail")
        self.rows = rows


class AssayItem(pytest.Item):
    """One test of the plan as a pytest item."""

    def __init__(self, *, life: Life, planned: PlannedTest, cases: Cases, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._life = life
        self._planned = planned
        self._cases = cases
        self.keywords.update({planned.requirement: True, planned.operation or "runtime": True})

    @property
    def subject(self) -> Subject:
        """What the test is about."""
        return self._life.subjects[self.name]

    def runtest(self) -> None:
        """Run all cases; a death of the device under a supervisor ends this life."""
        life = self._life
        try:
            rows = life.engine().run_test(
                self.subject, self._cases(self.subject), self._planned.first, life.attempts[self.name]
            )
        except WorkerDied as death:
            life.forget_worker()
            if self.config.getoption("assay_order"):
                pytest.exit(death.why, DEVICE_DIED if death.of_the_device else WORKER_KILLED)
            raise
        except (UsageError, DeviceUnfit) as error:
            if self.config.getoption("assay_order"):
                pytest.exit(str(error), UNFIT if isinstance(error, DeviceUnfit) else CANNOT_WRITE)
            raise
        except TestCut:
            life.engine().worker.close()
            life.forget_worker()
            raise
        if rows:
            raise CasesFailed(rows)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The failing cases, a line each."""
        error = excinfo.value
        if isinstance(error, CasesFailed):
            return "\n".join(_lines(error.rows))
        if isinstance(error, WorkerDied | TestCut | AssayError):
            return str(error)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says the item stands."""
        return self.path, None, self.name


def _lines(rows: list[CaseRow]) -> Iterator[str]:
    for row in rows[:10]:
        compared = f": expected {row.expected}, got {row.got}" if row.expected or row.got else ""
        at = f" at {list(row.at)}" if row.at is not None else ""
        yield f"{row.case}: {row.outcome}{compared}{at} {row.detail}".rstrip()
    if len(rows) > 10:
        yield f"... and {len(rows) - 10} more cases"


def _ordered_life() -> Life:
    with os.fdopen(os.dup(0), "rb") as source:
        order = Order.from_json(source.read())
    die_with(order.parent)
    bundle = Bundle(Path(order.bundle))
    request = bundle.begun()
    if request is None:
        raise UsageError("the folder holds no run", where=order.bundle)
    profile = parse_profile(bundle.read(PROFILE), request.profile)
    plan = make_plan(load_interface(), profile, request.level, graph=request.graph)
    if plan.digest() != request.plan:
        raise UsageError("this version of Assay makes another plan than the one in the bundle", where=order.bundle)
    return Life(
        profile,
        plan,
        request.device,
        request.seed,
        dict(order.tests),
        Recorder(bundle.life(order.life)),
        request.deadline,
        request.cap,
        FailureKeeper(bundle.folder / FAILURES, order.keep),
        PulseRecord(Path(order.pulse)),
    )


def _life_by_hand(config: pytest.Config) -> Life:
    profile = load_profile(config.getoption("profile"))
    plan = make_plan(load_interface(), profile, config.getoption("level"), graph=config.getoption("graph"))
    attempts = {test.test: 1 for test in plan.required()}
    return Life(profile, plan, config.getoption("device"), config.getoption("seed"), attempts, InMemory())
