"""The wheel alone: installed offline from a folder of wheels, into an empty environment, outside any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done


def test_the_main_job_runs_from_the_wheel(tmp_path: Path) -> None:
    wheels, empty = tmp_path / "wheels", tmp_path / "empty"
    run(sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", wheels, ROOT, cwd=tmp_path)
    run(sys.executable, "-m", "venv", empty, cwd=tmp_path)
    offline = ("--no-index", "--find-links", wheels)
    # A pip that is told to look nowhere else: an index named in the environment or a configuration file is ignored.
    run(
        empty / "bin" / "python",
        *("-m", "pip", "--isolated", "install", "-q", *offline, "assay-harness"),
        cwd=tmp_path,
        PIP_CONFIG_FILE=os.devnull,
    )
    outside = tmp_path / "outside"
    outside.mkdir()
    assay, home = empty / "bin" / "assay", {"ASSAY_HOME": str(tmp_path / "home")}
    done = run(assay, "certify", "hygon/k100-ai", "--level", "1", "--out", "run", cwd=outside, **home)
    assert "LEVEL 1 MET" in done.stdout
    assert "holds" in run(assay, "verify", "run", cwd=outside, **home).stdout
    assert "hygon/k100-ai" in run(assay, "profile", "list", cwd=outside, **home).stdout
