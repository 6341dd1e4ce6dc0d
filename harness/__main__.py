"""``python -m harness`` is the command ``assay``."""

from harness.cli.main import main

main()
