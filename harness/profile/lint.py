"""What a profile could say better: nothing here is wrong, and each remark says what would make it stronger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.profile.arithmetic import InstructionRow, declared_arithmetic, formats_of
from harness.profile.claim import Claim, statements
from harness.profile.conduct import DTYPES, Conduct
from harness.profile.model import Profile
from harness.profile.store import load_profile

_Found = tuple[tuple[str | int, ...], str, str]


@dataclass(frozen=True, order=True)
class Remark:
    """One remark: the line of the file, the field, what is to be said about it, and what to do."""

    line: int
    field: str
    what: str
    remedy: str


def lint(path: str | Path) -> list[Remark]:
    """Every remark on a profile, by line; raises ``ProfileError`` where the file is not a profile at all."""
    profile = load_profile(path)
    found = [remark for rule in RULES for remark in rule(profile)]
    return sorted(
        Remark(profile.source.line(place), ".".join(map(str, place)), what, remedy) for place, what, remedy in found
    )


def undeclared(profile: Profile) -> Iterator[_Found]:
    """Fields of the arithmetic that nothing is declared about."""
    units: dict[tuple[str, ...], Conduct] = {
        ("arithmetic", "vector", dtype): unit for dtype, unit in profile.vector.items() if unit.claimed
    } | {("arithmetic", "matrix", name): row for name, row in profile.declared.arithmetic.matrix.rows.items()}
    for place, conduct in units.items():
        dtype = next(iter(formats_of(conduct.a))) if isinstance(conduct, InstructionRow) else place[-1]
        missing = declared_arithmetic(place[-1], dtype, conduct, ()).undeclared
        if missing:
            yield (
                place,
                f"does not declare {', '.join(missing)}",
                "declare what is known; what is not is judged by the weakest legal arithmetic",
            )
    for name, row in profile.declared.arithmetic.matrix.rows.items():
        rounds = any(DTYPES.get(format_) != "integer" for format_ in formats_of(row.a))
        if rounds and row.model is None and name not in profile.assumed:
            what = f"multiplies {' and '.join(formats_of(row.a))} in a way that is neither declared nor assumed"
            remedy = "add it to `simulation.assumes` for a simulation to compute with it"
            yield ("arithmetic", "matrix", name), what, remedy


def unsettled(profile: Profile) -> Iterator[_Found]:
    """Claims that are disputed, unknown, or known from second hand only."""
    for said in statements(profile.declared):
        if isinstance(said.model, Claim) and said.model.conflicts:
            others = ", ".join(str(conflict.value) for conflict in said.model.conflicts)
            yield said.path, f"is disputed: {others}", "measure it, or find the vendor's own statement"
        elif said.model.says_something and said.status == "secondary":
            yield said.path, "rests on secondary sources alone", "find the vendor's own statement, or measure it"


def unsourced(profile: Profile) -> Iterator[_Found]:
    """Names that a machine recognises the product by and that nobody is named for; sources that nobody uses."""
    used: set[str] = set()
    for said in statements(profile.declared):
        used.update(said.source)
        if isinstance(said.model, Claim):
            used.update(name for conflict in said.model.conflicts for name in conflict.source)
    for place in (("identity", "pci"), ("software", "runtime"), ("software", "torch")):
        block = getattr(profile.declared, place[0])
        if getattr(block, place[1]) and not block.source and not getattr(getattr(block, place[1]), "source", None):
            yield place, "names no source", f"add `source` to it or to `{place[0]}`"
    for name in profile.declared.sources:
        if name not in used:
            yield ("sources", name), "is used by no claim", "delete it, or name it where it is used"


def untranslated(profile: Profile) -> Iterator[_Found]:
    """Names and sentences that a Chinese report has to show in English."""
    if profile.product.vendor_zh is None:
        yield ("product",), "has no vendor_zh", "add the vendor's Chinese name"
    for index, quirk in enumerate(profile.declared.quirks):
        if quirk.symptom.zh is None:
            yield ("quirks", index, "symptom"), "has no zh", "add the sentence in Chinese"


#: Every rule of the linter, in the order in which it is asked.
RULES: tuple[Callable[[Profile], Iterator[_Found]], ...] = (undeclared, unsettled, unsourced, untranslated)
