"""``assay verify``: whether a bundle holds."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.output import json_option, print_json


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="The public key that must have signed the bundle.")
@json_option
def command(bundle: Path, key: Path | None, as_json: bool) -> int:
    """Check BUNDLE: signatures, every file's digest, all evidence, and the verdict computed again.

    Without --key the bundle's own key only tells who signed; with --key that very key must have. Exit code: 0 all
    holds (whatever the verdict is: it is printed), 4 something does not.
    """
    from harness.attest.keys import load_public
    from harness.verification import verify_bundle

    verified = verify_bundle(bundle, load_public(key) if key else None)
    verdict = verified.verdict
    if as_json:
        print_json(
            {
                "holds": True,
                "kind": verified.statement.kind,
                "report": verified.statement.id,
                "key": verified.trust.key.keyid,
                "pinned": verified.trust.pinned,
                "level": verdict.level,
                "conclusion": verdict.conclusion,
                "counts": dict(verdict.counts),
                "cases": verdict.cases,
            }
        )
        return 0
    click.echo(f"holds        {verified.statement.kind}, report {verified.statement.id[:16]}")
    click.echo(f"verdict      level {verdict.level} {verdict.conclusion}, computed again from {verdict.cases} cases")
    by = "the key you named" if verified.trust.pinned else "a key the bundle brings itself: it vouches for nobody"
    click.echo(f"signed by    {verified.trust.key.fingerprint}, {by}")
    return 0
