"""What a case costs by phase: writing it out (inputs and reference), the device, judging, recording; in one process.

Then the same plan through the command, worker and frames and all, for the whole cost of a case.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from harness.adapters.simulated import simulated_device
from harness.certification import Ask, certify_run
from harness.device.far import execute
from harness.device.near import Answer
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.interface.catalogue import load_interface
from harness.profile.store import load_profile
from harness.run.engine import make_row, write_out
from harness.run.evidence import Recorder
from harness.run.plan import make_plan, subjects
from harness.suite.suites import load_suites


def by_phase(name: str, level: int) -> tuple[dict[str, float], int]:
    """Seconds of each phase over all cases of a plan, and how many cases there were."""
    profile, interface = load_profile(name), load_interface()
    plan = make_plan(interface, profile, level)
    planned, device = plan.by_name(), simulated_device(profile)
    spent = dict.fromkeys(_PHASES, 0.0)
    cases = 0
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder) / "0001.jsonl")
        for subject in subjects(interface, profile, level):
            test = planned[subject.test]
            if test.standing != "required":
                continue
            suite = load_suites()[test.requirement]
            written = write_out(test.test, suite.cases(subject), "0", test.first)
            while True:
                times = [time.perf_counter()]
                item = next(written, None)
                if item is None:
                    break
                times.append(time.perf_counter())
                memory = bytearray(aligned(space_needed(item.trial.program)))
                steps, _ = pack(item.trial.program, memory, 0)
                answers = execute(device, steps, memory)
                observations = unpack(steps, answers, memory, {"*": "simulator"})
                times.append(time.perf_counter())
                finding = item.trial.rule.judge(item.trial.program, observations)
                times.append(time.perf_counter())
                recorder.case(make_row(test.test, item, 1, Answer(tuple(observations), 0.0), finding, ""))
                times.append(time.perf_counter())
                for phase, (begin, end) in zip(_PHASES, pairwise(times), strict=True):
                    spent[phase] += end - begin
                cases += 1
            recorder.end(test.test, 1, 0.0)
        recorder.close()
    return spent, cases


_PHASES = ("inputs and reference", "device", "judging", "row, digests and recorder")


def main() -> None:
    """Print microseconds a case, by phase and in all."""
    name, level = [*sys.argv[1:], "hygon/k100-ai"][0], 2
    spent, cases = by_phase(name, level)
    print(f"{name}, level {level}: {cases} cases, microseconds a case")
    for phase in _PHASES:
        print(f"  {phase:<28}{spent[phase] * 1e6 / cases:8.1f}")
    print(f"  {'sum, in one process':<28}{sum(spent.values()) * 1e6 / cases:8.1f}")
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        certify_run(Ask(name, level=level, out=Path(folder) / "run"))
        seconds = time.perf_counter() - begin
    print(f"  {'whole command':<28}{seconds * 1e6 / cases:8.1f}   ({seconds:.1f} s)")


if __name__ == "__main__":
    main()
