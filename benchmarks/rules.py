"""How often each rule is right: the same faulty kernels and the same correct ones, judged by others' rules and by ours.

Others draw operands as if normally distributed, dense and of usual sizes, three times for each shape, and compare with
one tolerance for a dtype: torch.testing.assert_close with its defaults, ONNX node tests with a relative 1e-3,
KernelBench with 1e-2. A rule catches a faulty kernel if it alarms on that and not on an honest one. Ours asks the input
classes of the interface. Kernels that fail only in launches far larger than is usual are not tried with the others.

``rules.py [IMPLEMENTATIONS [SEED]]`` prints the table. It fails where ours misses a fault or alarms on a correct one.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.suites.other_rules import RULES
from tests.suites.side_by_side import OURS, caught, correct, fails_ours, faulty, verdicts

NAMES = (*(rule.name for rule in RULES), OURS)
#: A correct implementation is tried on one in so many of the operations.
SHARE = 3


def main() -> int:
    """Judge all faulty kernels and as many correct implementations as wanted."""
    implementations, seed = (int(word) for word in (*sys.argv[1:3], *("48", "1")[len(sys.argv[1:3]) :]))
    told: Counter[str] = Counter()
    missed = []
    kernels = faulty()
    print(f"{'faulty kernel':64}" + "".join(f"{name:>13}" for name in NAMES))
    for kernel in kernels:
        found = caught(kernel)
        told.update(found)
        marks = "".join(f"{'caught' if name in found else '-':>13}" for name in NAMES)
        print(f"{f'{kernel.operation} {kernel.label}: {kernel.name}':64}{marks}", flush=True)
        if OURS not in found:
            missed.append(kernel)
    alarmed: Counter[str] = Counter()
    false = []
    for number in range(implementations):
        found = set()
        for candidate in correct(seed, number, SHARE):
            found |= verdicts(candidate)
            if OURS in found:
                false.append((number, candidate, fails_ours(candidate)))
        alarmed.update(found)
    print(f"\n{'rule':16}{f'caught of {len(kernels)}':>18}{f'false alarms of {implementations}':>22}")
    for name in NAMES:
        print(f"{name:16}{told[name]:>18}{alarmed[name]:>22}")
    for number, candidate, what in false:
        print(f"false alarm: {number} ({candidate.name}) on {candidate.operation} {candidate.label}: {what}")
    return 1 if missed or false else 0


if __name__ == "__main__":
    sys.exit(main())
