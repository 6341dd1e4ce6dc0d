"""``assay replay``: one recorded case again."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.output import json_option, print_json, print_table


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("seq", type=int)
@click.option("--device", help="Another device than the one the case ran on.")
@json_option
def command(bundle: Path, seq: int, device: str | None, as_json: bool) -> int:
    """Run case SEQ of BUNDLE again and hold it against its row: inputs, outputs and outcome, bit for bit.

    Exit code: 0 reproduced, 1 not.
    """
    from harness.replay import replay
    from harness.run.bundle import Bundle

    replayed = replay(Bundle(bundle), seq, device)
    then, now = replayed.then, replayed.now
    if as_json:
        print_json({"reproduced": replayed.reproduced, "alone": replayed.alone, "then": vars(then), "now": vars(now)})
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
    click.echo(f"\n{_conclusion(replayed.reproduced, replayed.alone)}")
    return 0 if replayed.reproduced else 1


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
