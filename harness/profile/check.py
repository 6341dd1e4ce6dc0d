"""What must hold between the parts of a profile: named sources are listed, named units exist, words mean something."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator

from harness.documents import Document
from harness.profile.arithmetic import Instruction, formats_of, instructions_of
from harness.profile.claim import SUPPORT, Claim, Stated, Statement, statements
from harness.profile.coherence import contradictions
from harness.profile.conduct import DTYPES, FORMATS, Conduct, Summation, VectorConduct
from harness.profile.declaration import Declaration, refusal

Problem = tuple[tuple[str | int, ...], str]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}", re.ASCII)
#: Names of instructions, also with PTX's kind::f8f6f4, and with places for the words of A's and B's formats.
_INSTRUCTION = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.:-]|\{[ab]\}){0,119}", re.ASCII)


def check(declaration: Declaration, document: Document) -> None:
    """Raise ``ProfileError`` with every problem, where there is any."""
    problems = [problem for rule in RULES for problem in rule(declaration)]
    if problems:
        raise refusal(document, problems)


def evidence(declaration: Declaration) -> Iterator[Problem]:
    """Every claim has a status and a source, its own or its block's, and the source can support the status."""
    for said in statements(declaration):
        if said.model.says_something:
            if said.status is None:
                yield said.path, "does not say how it is known: add `status`, here or to a block around it"
            if not said.source:
                yield said.path, "does not say who claims it: add `source`, here or to a block around it"
        yield from _sources(declaration, said)


def _sources(declaration: Declaration, said: Statement) -> Iterator[Problem]:
    yield from _listed(declaration, said.path, said.model.source or ())
    if isinstance(said.model, Claim):
        for index, conflict in enumerate(said.model.conflicts):
            yield from _listed(declaration, (*said.path, "conflicts", index), conflict.source)
    kinds = SUPPORT.get(said.status or "")
    known = [declaration.sources[name].kind for name in said.source if name in declaration.sources]
    if said.model.says_something and kinds and known and not set(known) & set(kinds):
        yield (
            said.path,
            (
                f"has the status {said.status!r}, but rests on {' and '.join(sorted(set(known)))}; "
                f"that status needs a source that is {' or '.join(kinds)}"
            ),
        )


def _listed(declaration: Declaration, path: tuple[str | int, ...], names: Iterable[str]) -> Iterator[Problem]:
    for name in names:
        if name not in declaration.sources:
            yield path, f"names the source {name!r}, which is not under `sources`{_near(name, declaration.sources)}"


def names(declaration: Declaration) -> Iterator[Problem]:
    """Keys that people choose are plain words."""
    for name in declaration.sources:
        if not _NAME.fullmatch(name):
            yield ("sources", name), "is no name: use letters, digits, and . _ - within it"
    ids = [quirk.id for quirk in declaration.quirks]
    for index, quirk in enumerate(ids):
        if quirk in ids[:index]:
            yield ("quirks", index), f"has the id {quirk!r}, as another quirk has"


def instructions(declaration: Declaration) -> Iterator[Problem]:
    """Every instruction has a name of its own, with places for the words of formats where a row lists those."""
    of_pattern: dict[str, str] = {}
    for pattern, row in declaration.arithmetic.matrix.rows.items():
        path = ("arithmetic", "matrix", pattern)
        if not _INSTRUCTION.fullmatch(pattern):
            yield path, "is no name of an instruction: use letters, digits, and . : _ - within it"
        for operand in "ab":
            if (f"{{{operand}}}" in pattern) != isinstance(getattr(row, operand), dict):
                yield path, f"needs {{{operand}}} in its name where `{operand}` lists formats by words, and only there"
        for instruction in instructions_of(pattern, row):
            if of_pattern.setdefault(instruction.name, pattern) != pattern:
                yield path, f"stands for {instruction.name}, as {of_pattern[instruction.name]} does"


def formats(declaration: Declaration) -> Iterator[Problem]:
    """Every dtype and format is one that exists."""
    arithmetic = declaration.arithmetic
    for dtype in arithmetic.vector.units:
        if dtype not in DTYPES:
            yield ("arithmetic", "vector", dtype), f"is no dtype{_near(dtype, DTYPES)}"
    for name, row in arithmetic.matrix.rows.items():
        for operand in "abcd":
            for format_ in formats_of(getattr(row, operand)):
                if format_ not in FORMATS:
                    place = ("arithmetic", "matrix", name, operand)
                    yield place, f"is {format_!r}, which is no format{_near(format_, FORMATS)}"
    for path, conduct in _conducts(declaration):
        if conduct.accumulator is not None and conduct.accumulator not in FORMATS:
            found = conduct.accumulator
            yield (*path, "accumulator"), f"is {found!r}, which is no format{_near(found, FORMATS)}"


def rates(declaration: Declaration) -> Iterator[Problem]:
    """Every rate is one of a format, of all units or of one kind of them."""
    for key in declaration.rates.model_extra or {}:
        unit, _, format_ = key.rpartition("/")
        if unit not in ("", "vector", "matrix") or format_ not in FORMATS:
            yield ("rates", key), f"is no format, nor vector/FORMAT or matrix/FORMAT{_near(format_, FORMATS)}"


def _conducts(declaration: Declaration) -> Iterator[tuple[tuple[str, ...], Conduct]]:
    for dtype, unit in declaration.arithmetic.vector.units.items():
        yield ("arithmetic", "vector", dtype), unit
    for name, row in declaration.arithmetic.matrix.rows.items():
        yield ("arithmetic", "matrix", name), row
    for name, assumption in declaration.simulation.assumes.items():
        yield ("simulation", "assumes", name), assumption


def service(declaration: Declaration) -> Iterator[Problem]:
    """What `serves` says is served by something that exists and takes that dtype."""
    arithmetic = declaration.arithmetic
    instructions = arithmetic.matrix.instructions
    for key, unit in arithmetic.serves.items():
        path = ("arithmetic", "serves", key)
        operation, _, dtype = key.rpartition("/")
        if not operation or dtype not in FORMATS:
            yield path, f"is not OPERATION/DTYPE{_near(dtype, FORMATS)}"
        elif unit == "vector":
            if dtype not in arithmetic.vector.units:
                yield path, f"is served by the vector units, about which nothing is said for {dtype}"
        elif unit not in instructions:
            yield path, f"names the instruction {unit!r}, which is not under `matrix`{_near(unit, instructions)}"
        elif not _takes(instructions[unit], dtype):
            yield path, f"is served by {unit}, whose operands are {instructions[unit].a} and {instructions[unit].b}"
        elif instructions[unit].row.scale_format is not None:
            yield path, f"is served by {unit}, whose operands need scales, which no operation has"


def _takes(instruction: Instruction, dtype: str) -> bool:
    """Whether operands of this dtype can go into an instruction: as they are, or shortened to tf32 or xf32."""
    return {instruction.a, instruction.b} <= {dtype, *(["tf32", "xf32"] if dtype == "float32" else [])}


def assumptions(declaration: Declaration) -> Iterator[Problem]:
    """What is assumed is about a unit that exists, and about something that is not declared already."""
    arithmetic = declaration.arithmetic
    for name, assumption in declaration.simulation.assumes.items():
        path = ("simulation", "assumes", name)
        declared: Conduct | None = arithmetic.matrix.rows.get(name)
        known = Summation if declared is not None else VectorConduct
        if declared is None and name != "vector":
            unit, _, dtype = name.rpartition("/")
            declared = arithmetic.vector.units.get(dtype) if unit == "vector" else None
            if declared is None:
                yield path, f"assumes something about {name!r}, which is neither an instruction nor vector/DTYPE here"
        for field in assumption.model_fields_set - {"because", *Stated.model_fields}:
            if field not in known.model_fields:
                other = "matrix instructions" if known is VectorConduct else "the vector units"
                yield (*path, field), f"is about {other}; this is none"
            if getattr(declared, field, None) is not None:
                yield (*path, field), "is declared under `arithmetic` already: delete the assumption"


def summations(declaration: Declaration) -> Iterator[Problem]:
    """What is declared and assumed of one instruction can be true together."""
    assumes = declaration.simulation.assumes
    for name, row in declaration.arithmetic.matrix.rows.items():
        for field, what in contradictions(row, assumes.get(name)):
            declared = field in row.model_fields_set
            place = ("arithmetic", "matrix", name) if declared else ("simulation", "assumes", name)
            yield (*place, field), what


def drivers(declaration: Declaration) -> Iterator[Problem]:
    """Rules for drivers stand in ascending order, so that the last one reached is the one meant."""
    toolkit = declaration.software.toolkit
    floors = [rule.floor for rule in toolkit.driver_rules] if toolkit else []
    for index in range(1, len(floors)):
        if floors[index] <= floors[index - 1]:
            path = ("software", "toolkit", "driver_rules", index)
            yield path, "begins no later than the rule before it: order the rules by driver"


RULES: tuple[Callable[[Declaration], Iterator[Problem]], ...] = (
    evidence,
    names,
    instructions,
    formats,
    rates,
    service,
    assumptions,
    summations,
    drivers,
)


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
