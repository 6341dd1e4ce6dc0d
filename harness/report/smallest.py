"""The smallest failure found for a case, as lines a reader takes in at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.notation import printable

#: Adapters of libraries that a failure can be shown with alone.
SCRIPTED = ("numpy", "torch")
#: Elements of a tensor that a report shows; the explanation in the bundle has more.
_SHOWN = 16


@dataclass(frozen=True)
class Smallest:
    """The launches of the smallest failure, what was expected and got, the cause and what speaks for it."""

    launches: tuple[str, ...]
    expected: str
    got: str
    cause: str
    because: str


def smallest_of(said: Mapping[str, Any]) -> Smallest:
    """An explanation as it stands in a bundle, told in lines; whatever is not as it should be is shown as it is."""
    launches = said.get("launches")
    return Smallest(
        tuple(map(_launch, launches if isinstance(launches, list | tuple) else [])),
        _tensor(said.get("expected")),
        _tensor(said.get("got")),
        printable(str(said.get("cause", ""))),
        printable(str(said.get("because", ""))),
    )


def _launch(said: Any) -> str:
    if not isinstance(said, Mapping):
        return printable(str(said)[:200])
    operands = said.get("operands")
    told = ", ".join(map(_tensor, operands if isinstance(operands, list | tuple) else []))
    given = said.get("attributes")
    attributes = "".join(f", {name}={value}" for name, value in given.items()) if isinstance(given, Mapping) else ""
    return printable(f"{said.get('operation')}({told}{attributes})"[:2000])


def _tensor(said: Any) -> str:
    if not isinstance(said, Mapping):
        return printable(str(said)[:200])
    elements = said.get("elements")
    shown = [str(element)[:80] for element in elements[:_SHOWN]] if isinstance(elements, list | tuple) else []
    more = " ..." if isinstance(elements, list | tuple) and len(elements) > _SHOWN else ""
    layout = "" if said.get("layout") == "dense" else f" {said.get('layout')}"
    values = f" [{' '.join(shown)}{more}]" if shown else ""
    shape = said.get("shape")
    told = tuple(shape) if isinstance(shape, list) else shape
    return printable(f"{said.get('dtype')} {told}{layout}{values}")
