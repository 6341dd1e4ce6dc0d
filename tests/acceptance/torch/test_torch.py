"""A run on torch's CPU device: what it fails is reported as failed, and comes again."""

from __future__ import annotations

import json

from tests.acceptance.command import User, outcomes
from tests.acceptance.libraries import assert_run_on_a_library


def test_torch_is_certified_as_it_is(user: User) -> None:
    bundle = assert_run_on_a_library(user, "torch:cpu")
    assert outcomes(bundle)["IF-NUM-008/multiply/float32"] == "pass"
    facts = json.loads((bundle / "environment.json").read_bytes())["device"]["facts"]
    assert any("torch" in key or "torch" in str(value) for key, value in facts.items())


def test_torch_told_to_flush_subnormals_is_found_out(user: User) -> None:
    (user.folder / "flushing.py").write_text(
        "import torch\n"
        "from harness.adapters.registry import open_device\n"
        "def make(profile):\n"
        "    device = open_device('torch:cpu', profile)\n"
        "    assert torch.set_flush_denormal(True)\n"
        "    return device\n"
    )
    device = f"python:{user.folder / 'flushing.py'}:make"
    user.assay("certify", "reference/ieee", "--device", device, "--level", 1, "--out", "run", expect=1)
    assert outcomes(user.folder / "run")["IF-NUM-008/multiply/float32"] == "fail"
