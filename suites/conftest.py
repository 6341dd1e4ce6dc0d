"""Lets ``pytest suites/ --profile=VENDOR/PRODUCT`` work by hand, wherever the suites lie."""

pytest_plugins = ["harness.run.plugin"]
