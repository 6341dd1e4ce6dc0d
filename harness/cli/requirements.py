"""``assay requirements``: the interface, sentence by sentence."""

from __future__ import annotations

from dataclasses import asdict

import click

from harness.cli.output import json_option, print_json


@click.command()
@click.argument("pattern", required=False, default="")
@click.option("--level", type=click.IntRange(1, 3), help="Only requirements of this level.")
@click.option("--zh", is_flag=True, help="Only the Chinese sentences.")
@click.option("--en", is_flag=True, help="Only the English sentences.")
@json_option
def command(pattern: str, level: int | None, zh: bool, en: bool, as_json: bool) -> int:
    """List the requirements of the interface; PATTERN narrows them by id, chapter or operation (IF-MEM, matmul)."""
    from harness.interface.catalogue import load_interface

    interface = load_interface()
    wanted = [
        requirement
        for requirement in interface.requirements
        if (level is None or requirement.level == level)
        and (
            pattern.lower() in f"{requirement.id} {requirement.chapter}".lower()
            or pattern in {operation.name for operation in interface.operations_of(requirement)}
        )
    ]
    if as_json:
        print_json([asdict(requirement) for requirement in wanted])
        return 0
    for requirement in wanted:
        click.echo(f"{requirement.id}  level {requirement.level}  {requirement.chapter}")
        if zh or not en:
            click.echo(f"  {requirement.text.zh}")
        if en or not zh:
            click.echo(f"  {requirement.text.en}")
        click.echo(f"  {requirement.source}\n")
    click.echo(f"interface {interface.version}: {len(wanted)} of {len(interface.requirements)} requirements")
    return 0
