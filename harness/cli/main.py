"""The command ``assay``: finds the verb, and turns every error into one message and one exit code."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

import harness
from harness.errors import AssayError, Interrupted

#: Every verb, the module it stands in, and what it is for. Modules are imported only when their verb is used.
VERBS = {
    "certify": "Test a device against its profile and leave a signed bundle: the main job.",
    "plan": "Show what a run would test, without running it.",
    "verify": "Check a bundle: signatures, evidence, and the verdict computed again.",
    "replay": "Run one recorded case again and compare it bit for bit.",
    "report": "Render a bundle's report again.",
    "profile": "List, show or check profiles.",
    "requirements": "List the requirements of the interface.",
    "devices": "List the kinds of device that can be tested here.",
    "key": "Show the local signing key.",
}

EXIT_CODES = """\b
Exit codes: 0 met (or: holds)   1 not met   2 usage or profile error   3 incomplete
            4 signature or evidence invalid   5 device unfit   70 internal   130 interrupted"""


class _Verbs(click.Group):
    """A group whose verbs are imported when they are called, so that help and errors are quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"harness.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            raise click.UsageError(f"no such verb: {args[0]}. The verbs are {', '.join(VERBS)}.", ctx) from None


@click.command(cls=_Verbs, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(harness.__version__, prog_name="assay")
def assay() -> None:
    """Assay certifies that hardware and software fit each other.

    It loads a product's profile, tests a device (or one simulated from the profile) against the unified interface
    specification, and leaves a signed report that anyone can verify.

    \b
    assay certify reference/ieee                       simulated from its profile
    assay certify reference/ieee --device torch:cuda:0 a card, through torch
    assay verify runs/ieee-20261124-1502               anyone, anywhere
    """  # noqa: D301  click takes the backspace for a paragraph that is not to be wrapped


def main() -> None:
    """Run the command and leave with its exit code."""
    try:
        code = assay.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = Interrupted.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 141
    except AssayError as error:
        click.echo(f"assay: {error}", err=True)
        code = error.exit_code
    except Exception as error:  # noqa: BLE001  the last net: an internal error has an exit code of its own
        _report_internal(error)
        code = 70
    sys.exit(code)


def _report_internal(error: Exception) -> None:
    import traceback

    traceback.print_exception(error)
    click.echo(f"assay: internal error: {error}\n  to do: report it with the lines above", err=True)
