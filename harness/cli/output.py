"""What all verbs print with: results on standard output, as text or JSON; progress and errors on standard error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

#: The option every verb has.
json_option: Callable[[_F], _F] = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

#: The level of a run.
level_option: Callable[[_F], _F] = click.option(
    "--level", type=click.IntRange(1, 3), default=2, show_default=True, help="The level to test: 1, 2 or 3."
)

#: Whether ONNX's node cases are asked as well.
graph_option: Callable[[_F], _F] = click.option(
    "--graph", is_flag=True, help="Ask ONNX's own node cases as well; needs the package onnx."
)


def print_json(value: Any) -> None:
    """Print a result for machines: one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows in aligned columns, the last one as long as it is."""
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())
