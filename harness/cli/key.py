"""``assay key``: the local signing key."""

from __future__ import annotations

import click

from harness.cli.output import json_option, print_json


@click.group()
def command() -> None:
    """Show the local key that signs reports, made at first use."""


@command.command()
@click.option("--pem", is_flag=True, help="Print the public key itself, to give to those who verify.")
@json_option
def show(pem: bool, as_json: bool) -> int:
    """Show the local key's id, fingerprint and place."""
    from harness.attest.keys import local_key

    key = local_key()
    if pem:
        click.echo(key.public_pem.decode(), nl=False)
    elif as_json:
        print_json({"keyid": key.keyid, "fingerprint": key.fingerprint, "path": str(key.path), "local": True})
    else:
        click.echo(f"{key.fingerprint}  {key.path}\n  a local key: it tells runs of this user apart; no centre's")
    return 0
