"""Which fields of a matrix unit the directed vectors can tell: every unit that is shipped, every field one step off.

For each change: how many units have it, for how many some vector gives other bits, and for how many none can, with the
reason. Prints the table of docs/measurements.md; fails where a change goes unseen without a reason, or against one.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulator.definition import Parameters, dot, shipped
from tests.simulator.directed import directed, likely_first
from tests.simulator.dot_vectors import Vector
from tests.simulator.mutants import mutants, why_no_effect


def bits(unit: Parameters, vector: Vector) -> int | str:
    """D of one vector."""
    return dot(unit, vector.a, vector.b, vector.c, vector.scales_a, vector.scales_b)


def search(unit: Parameters) -> dict[str, Vector | None]:
    """For each change of a unit, the first vector that shows it, of all there are."""
    vectors = directed(unit)
    known: dict[int, int | str] = {}
    found: dict[str, Vector | None] = {}
    for change, mutant in mutants(unit).items():
        field = change.split(maxsplit=1)[0]
        found[change] = None
        for i in likely_first(vectors, field):
            if i not in known:
                known[i] = bits(unit, vectors[i])
            if bits(mutant, vectors[i]) != known[i]:
                found[change] = vectors[i]
                break
    return found


def main() -> int:
    """Search all units, or those whose profile and instruction contain one of the words that are given."""
    wanted = sys.argv[1:]
    seen: Counter[str] = Counter()
    without: dict[str, Counter[str]] = defaultdict(Counter)
    wrong, units, changes = [], 0, 0
    for unit, names in shipped().items():
        if wanted and not any(word in " ".join(names) for word in wanted):
            continue
        units += 1
        for change, vector in search(unit).items():
            changes += 1
            reason = why_no_effect(unit, change)
            if (vector is None) != (reason is not None):
                wrong.append(f"{' '.join(names)}: {change}: {reason or 'unseen'}")
            elif reason is not None:
                without[change][reason] += 1
            else:
                seen[change] += 1
    print(f"{units} units, {changes} changes\n")
    print("| change | seen | no effect |\n| --- | --- | --- |")
    for change in sorted({*seen, *without}):
        reasons = "; ".join(f"{count}: {reason}" for reason, count in without[change].items())
        print(f"| {change} | {seen[change]} | {reasons} |")
    print("".join(f"\nWRONG {each}" for each in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
