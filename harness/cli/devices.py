"""``assay devices``: what can be tested from here."""

from __future__ import annotations

from dataclasses import asdict

import click

from harness.cli.output import json_option, print_json, print_table


@click.command()
@json_option
def command(as_json: bool) -> int:
    """List the kinds of device, and what is missing for those that cannot be opened here."""
    from harness.adapters.registry import list_adapters

    adapters = list_adapters()
    if as_json:
        print_json([asdict(adapter) for adapter in adapters])
        return 0
    print_table([(a.name, "ready" if a.available else "missing", a.tests, a.install) for a in adapters])
    click.echo("\nA device is named ADAPTER[@PLACE]; @worker, a process of its own on this machine, is the default.")
    return 0
