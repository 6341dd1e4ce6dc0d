"""``assay certify``: the main job."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from harness.cli.output import graph_option, json_option, level_option, print_json
from harness.errors import Interrupted
from harness.run.limits import DEADLINE, TEST_CAP


@click.command()
@click.argument("profile")
@click.option("--device", default="simulated", show_default=True, help="The device under test; see `assay devices`.")
@level_option
@graph_option
@click.option("--out", type=click.Path(path_type=Path), help="The bundle's folder (default: a new one under runs/).")
@click.option("--seed", default="0", show_default=True, help="The run's seed: any word. Inputs follow from it alone.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Tests run side by side.")
@click.option(
    "--deadline", type=click.FloatRange(0.1), default=DEADLINE, show_default=True, help="Seconds one case may take."
)
@click.option("--cap", type=click.FloatRange(1), default=TEST_CAP, show_default=True, help="Seconds one test may take.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out that was stopped.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign with this private key (default: the local key).")
@json_option
def command(as_json: bool, key: Path | None, **asked: Any) -> int:
    """Test a device against PROFILE and leave a signed bundle.

    PROFILE is an id such as reference/ieee (see `assay profile list`) or a file. The device runs in a process of its
    own: what kills or hangs it loses one case, not the run. A run that is stopped (Ctrl-C, a full disk, a power cut)
    goes on with --resume; no decided test is run twice.

    Exit code: 0 level met, 1 not met, 3 incomplete, 2 usage or profile error, 5 device unfit, 130 interrupted.
    """
    from rich.console import Console

    from harness.attest.keys import load_private
    from harness.certification import Ask, certify_run
    from harness.report.terminal import print_summary, summary_document

    if asked["resume"] and asked["out"] is None:
        raise click.UsageError("--resume needs --out FOLDER: the run to go on with.")
    signal.signal(signal.SIGTERM, _interrupt)
    ask = Ask(**asked, key=load_private(key) if key else None)
    with ExitStack() as stack:
        watcher = _Watcher(stack)
        try:
            certified = certify_run(ask, watcher)
        except KeyboardInterrupt:
            stack.close()
            raise Interrupted("interrupted; nothing decided is lost", remedy=watcher.how_to_resume(ask)) from None
    if as_json:
        print_json(summary_document(certified.sealed.view))
    else:
        print_summary(certified.sealed.view, Console(highlight=False, soft_wrap=True))
    if certified.ending.why:
        click.echo(f"assay: the run was stopped: {certified.ending.why}\n{certified.ending.last_words}", err=True)
    return certified.verdict.exit_code


def _interrupt(*_: object) -> None:
    """Being asked to end is the same as Ctrl-C: children are killed, and the bundle can be resumed."""
    raise KeyboardInterrupt


class _Watcher:
    """Shows how far the run is, on standard error."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._folder: Path | None = None

    def __call__(self, plan: Any, bundle: Any, facts: Mapping[str, Any]) -> Callable[[], None]:
        from rich.console import Console

        from harness.report.terminal import Progress
        from harness.run.tail import Tail

        self._folder = bundle.folder
        tail = Tail(bundle.evidence, plan)
        progress = self._stack.enter_context(Progress(plan, Console(stderr=True, highlight=False)))

        def watch() -> None:
            tail.look()
            progress.update(tail.decided, tail.cases, tail.failures)

        return watch

    def how_to_resume(self, ask: Any) -> str:
        """The command that goes on with this run."""
        device = "" if ask.device == "simulated" else f" --device {ask.device}"
        seed = "" if ask.seed == "0" else f" --seed {ask.seed}"
        graph = " --graph" if ask.graph else ""
        return f"assay certify {ask.profile}{device} --level {ask.level}{graph}{seed} --out {self._folder} --resume"
