"""What README.md says can be typed, and means what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from harness import errors
from harness.cli.main import assay

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TYPED = re.findall(r"^\$ (.+)$", README, re.MULTILINE)


def parsed(context: click.Context, arguments: list[str]) -> Iterator[str]:
    """Parse a command and the verbs below it as click would, without running any; yields the verbs."""
    if isinstance(context.command, click.Group) and arguments:
        name, command, rest = context.command.resolve_command(context, list(arguments))
        assert name is not None
        assert command is not None
        yield name
        group = isinstance(command, click.Group)
        below = click.Context(command, parent=context) if group else command.make_context(name, list(rest), context)
        yield from parsed(below, rest)


@pytest.mark.parametrize("line", [line for line in TYPED if line.startswith("assay ")])
def test_every_command_in_it_parses(line: str) -> None:
    assert list(parsed(click.Context(assay), shlex.split(line)[1:]))


def test_the_first_command_certifies_and_the_second_tests_everything() -> None:
    assert TYPED[0].endswith(".venv/bin/pip install . && .venv/bin/assay certify hygon/k100-ai")
    assert TYPED[1].endswith(".venv/bin/pip install nox && .venv/bin/nox")


def test_every_file_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_its_exit_codes_are_those_of_the_errors() -> None:
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    raised = {kind.exit_code for kind in kinds if issubclass(kind, errors.AssayError)}
    assert table == raised | {0, 1}  # 0 and 1 are verdicts, no errors


def test_its_python_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - it is ours, and users will run it
    assert names["d"].tolist() == [[5.0, 5.0]] * 3
