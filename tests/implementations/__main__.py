"""Ask correct implementations, and print a table of them with how many tests each was asked and failed."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.implementations.asked import Alarm, alarms, every_test, tests_of
from tests.implementations.drawing import implementation


@dataclass(frozen=True)
class Outcome:
    """What came of one implementation."""

    number: int
    words: str
    asked: tuple[str, ...]
    alarms: tuple[Alarm, ...]
    seconds: float


def outcome(seed: int, number: int) -> Outcome:
    """Draw an implementation and ask it its share of the tests."""
    began = time.process_time()
    made = implementation(seed, number)
    asked: list[str] = []
    found: list[Alarm] = []
    for test in tests_of(seed, made):
        asked.append(f"{test.operation.name}[{test.types.label}]")
        found += alarms(test, made)
    return Outcome(number, "; ".join(made.words), tuple(asked), tuple(found), time.process_time() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask as many as wanted; 1 where one of them failed a test."""
    parser = argparse.ArgumentParser(prog="python -m tests.implementations", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many implementations (300)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (0)")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    given = parser.parse_args(arguments)
    numbers = range(given.first, given.first + given.count)
    asked: Counter[str] = Counter()
    failed: list[Alarm] = []
    print(f"seed {given.seed}\nnumber  tests  alarms  seconds  what it is")
    with ProcessPoolExecutor(given.jobs) as pool:
        for one in pool.map(partial(outcome, given.seed), numbers):
            asked.update(one.asked)
            failed += one.alarms
            figures = f"{one.number:6}  {len(one.asked):5}  {len(one.alarms):6}  {one.seconds:7.1f}"
            print(f"{figures}  {one.words}", flush=True)
            for alarm in one.alarms:
                print(f"    ALARM {alarm.test} {alarm.case}: {alarm.found}", flush=True)
    rows = Counter({f"{test.operation.name}[{test.types.label}]": 0 for test in every_test()})
    least = min(asked[row] for row in rows)
    print(f"{len(numbers)} implementations, {asked.total()} tests; {len(rows)} operations and dtypes, each asked")
    print(f"{least} times or more; {len(failed)} alarms from {len({one.implementation for one in failed})} of them.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
