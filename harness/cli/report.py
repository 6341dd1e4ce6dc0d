"""``assay report``: a bundle's report again, in another form."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.output import print_json


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "html", "junit", "json"]),
    default="terminal",
    show_default=True,
    help="The form to print.",
)
def command(bundle: Path, form: str) -> int:
    """Print the report of BUNDLE, after checking that the bundle holds.

    html and junit print the files that were signed with the bundle; terminal and json are made again from it.
    """
    from harness.reporting import view_of
    from harness.run.bundle import HTML, JUNIT, Bundle

    view = view_of(bundle)
    if form in ("html", "junit"):
        sys.stdout.buffer.write(Bundle(bundle).read(HTML if form == "html" else JUNIT))
    elif form == "json":
        from harness.report.terminal import summary_document

        print_json(summary_document(view))
    else:
        from rich.console import Console

        from harness.report.terminal import print_summary

        print_summary(view, Console(highlight=False, soft_wrap=True))
    return 0
