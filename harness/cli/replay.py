"""``assay replay``: one recorded case again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.output import json_option, print_json, print_table
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.replay import Replayed
    from harness.run.explain import Smallest


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("seq", type=int)
@click.option("--device", help="Another device than the one the case ran on.")
@click.option("--script", is_flag=True, help="Print a program that shows the failure without Assay.")
@json_option
def command(bundle: Path, seq: int, device: str | None, script: bool, as_json: bool) -> int:
    """Run case SEQ of BUNDLE again and hold it against its row: inputs, outputs and outcome, bit for bit.

    A failing numeric case is then made small on the device: the shortest shapes and the fewest non-zero elements that
    still fail, with the likely cause. With --script a program of at most 40 lines is printed instead, which shows that
    failure with the library under test alone.

    Exit code: 0 reproduced, 1 not.
    """
    from harness.replay import replay
    from harness.run.bundle import Bundle

    replayed = replay(Bundle(bundle), seq, device)
    then, now = replayed.then, replayed.now
    if script:
        return _print_script(replayed)
    if as_json:
        said = {"reproduced": replayed.reproduced, "alone": replayed.alone, "then": vars(then), "now": vars(now)}
        smallest = replayed.smallest
        print_json(said | {"smallest": smallest and smallest.explanation.document()})
        return 0 if replayed.reproduced else 1
    click.echo(f"{then.test}   {then.case}   seed {then.seed}")
    click.echo(f"  {replayed.subject.requirement.text.en}\n  {replayed.subject.requirement.text.zh}\n")
    names = ("outcome", "cause", "worst", "limit", "at", "expected", "got", "detail", "inputs", "output")
    print_table(
        [
            ("", "then", "now"),
            *((name, _show(getattr(then, name)), _show(getattr(now, name))) for name in names),
        ]
    )
    if replayed.smallest is not None:
        _print_smallest(replayed.smallest)
    click.echo(f"\n{_conclusion(replayed.reproduced, replayed.alone)}")
    return 0 if replayed.reproduced else 1


def _print_smallest(smallest: Smallest) -> None:
    from harness.report.smallest import smallest_of

    told = smallest_of(smallest.explanation.document())
    click.echo("\nthe smallest failure found")
    for launch in told.launches:
        click.echo(f"  {launch}")
    click.echo(f"  expected {told.expected}\n  got      {told.got}\n  cause    {told.cause}: {told.because}")


def _print_script(replayed: Replayed) -> int:
    from harness.script import script_of

    if replayed.smallest is None:
        raise UsageError(
            "there is no failure to show: the case is none of a launch, or it passes now",
            remedy="leave --script out to see what the case gives now",
        )
    click.echo(script_of(replayed.device, replayed.smallest), nl=False)
    return 0


def _show(value: object) -> str:
    if value is None:
        return ""
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _conclusion(reproduced: bool, alone: bool) -> str:
    if not reproduced:
        return "NOT REPRODUCED: the device answers otherwise now than it did then"
    if alone:
        return "reproduced, bit for bit"
    return "reproduced, but only after the cases before it: the device keeps something from one launch to the next"
