"""``assay profile``: what vendors claim."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.output import json_option, print_json, print_table


@click.group()
def command() -> None:
    """List, show or check profiles."""


@command.command("list")
@json_option
def list_command(as_json: bool) -> int:
    """List the profiles that come with Assay."""
    from harness.profile.store import list_profiles, load_profile

    profiles = [load_profile(name) for name in list_profiles()]
    if as_json:
        print_json([{"profile": p.id, "version": p.version, "kind": p.kind} for p in profiles])
        return 0
    print_table([(p.id, p.version, p.kind, f"{p.product.vendor} {p.product.name}") for p in profiles])
    return 0


@command.command()
@click.argument("profile")
@json_option
def show(profile: str, as_json: bool) -> int:
    """Show PROFILE: its claims, each with status and source, as they stand in its file."""
    from harness.profile.store import load_profile

    loaded = load_profile(profile)
    if as_json:
        print_json(loaded.document())
    else:
        click.echo(loaded.source_bytes.decode("utf-8"), nl=False)
    return 0


@command.command()
@click.argument("profile")
@json_option
def lint(profile: str, as_json: bool) -> int:
    """Check PROFILE (an id or a file): errors end with 2; remarks say what it leaves open, and what to do."""
    from harness.profile.lint import lint as remarks_on
    from harness.profile.store import profile_path

    path = profile_path(profile)
    remarks = remarks_on(Path(path))
    if as_json:
        print_json([vars(remark) for remark in remarks])
        return 0
    for remark in remarks:
        click.echo(f"{path}:{remark.line}: {remark.what}\n  to do: {remark.remedy}")
    click.echo(f"{path}: no errors, {len(remarks)} remarks")
    return 0
