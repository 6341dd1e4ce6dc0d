"""``assay plan``: what a run would test."""

from __future__ import annotations

import click

from harness.cli.output import graph_option, json_option, level_option, print_json, print_table


@click.command()
@click.argument("profile")
@level_option
@graph_option
@json_option
def command(profile: str, level: int, graph: bool, as_json: bool) -> int:
    """Show the tests of PROFILE at a level, in order, and the digest of the plan.

    The same profile, level and version of Assay give the same digest on every machine. With --json, the plan itself.
    """
    from harness.interface.catalogue import load_interface
    from harness.profile.store import load_profile
    from harness.run.plan import make_plan

    plan = make_plan(load_interface(), load_profile(profile), level, graph=graph)
    if as_json:
        print_json(plan.document() | {"digest": plan.digest()})
        return 0
    required = list(plan.required())
    print_table([(test.test, test.standing, str(test.cases or ""), test.because) for test in plan.tests])
    click.echo(
        f"\nplan {plan.digest()[:8]}   {len(required)} tests required, {len(plan.tests) - len(required)} not;"
        f" {sum(test.cases for test in required)} cases"
    )
    return 0
