"""Every check of the project. ``nox`` runs those that must hold before a change is merged; ``nox -l`` lists all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["tests", "suites", "typing", "lint", "imports", "acceptance", "adapters", "peers"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

PROJECT = nox.project.load_toml("pyproject.toml")

#: The release of torch whose adapter is tested.
TORCH = "torch==2.13.0"

#: Other implementations of matrix units and of number formats.
NUMERIC_PEERS = ("mmasim==2.1.1", "gfloat==0.5.2")

#: Other implementations of operations, in the releases whose deviations are known.
ONNX = ("onnx==1.23.2", "onnxruntime==1.32.0")
RUNTIME_PEERS = (*ONNX, "jax[cpu]==0.10.2")


def install(session: nox.Session, *groups: str, extras: tuple[str, ...] = ()) -> None:
    """Put Assay, as an editable install, and groups of pyproject.toml into the session's environment."""
    session.install(*extras, "-e", ".", *nox.project.dependency_groups(PROJECT, *groups))


def need(session: nox.Session, *commands: str) -> None:
    """Install Debian's packages of public tools that a bare machine lacks; each is named like its command."""
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        session.run(*as_root, "apt-get", "-qq", "update", external=True)
        session.run(*as_root, "apt-get", "-qq", "install", "-y", *missing, external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Unit tests, each room by itself, with the share of branches they reach."""
    install(session, "test")
    need(session, "jq", "openssl")
    session.run("coverage", "erase")
    elsewhere = ("acceptance", "adapters/torch", "adapters/onnxruntime", "peers", "suites", "implementations")
    ignored = [f"--ignore=tests/{folder}" for folder in elsewhere]
    session.run("coverage", "run", "-m", "pytest", "-n", "2", *ignored, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def suites(session: nox.Session) -> None:
    """The suites themselves: every fault is found in every operation, and no correct implementation is accused."""
    install(session, "test")
    session.run("python", "-m", "pytest", "-n", "2", "tests/suites", "tests/implementations", *session.posargs)


@nox.session
def typing(session: nox.Session) -> None:
    """Types, strictly, of package, suites and tests."""
    install(session, "dev")
    session.run("mypy", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style; every exception has its reason in pyproject.toml."""
    session.install(*nox.project.dependency_groups(PROJECT, "style"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def imports(session: nox.Session) -> None:
    """Arrows between rooms point downward, and every requirement has one suite and can be read."""
    install(session, "test", "check")
    session.run("lint-imports", "--no-cache")
    session.run("python", "-m", "pytest", "tests/project", *session.posargs)


@nox.session
def acceptance(session: nox.Session) -> None:
    """Whole runs of the command, as users run it: verdicts, faulty devices, kills, tampering."""
    install(session, "test")
    need(session, "jq", "openssl")
    session.run(
        *("python", "-m", "pytest", "-n", "2", "--dist", "worksteal", "tests/acceptance"),
        *("--ignore=tests/acceptance/torch", *session.posargs),
    )


@nox.session
def adapters(session: nox.Session) -> None:
    """The adapters of torch, unit by unit and in whole runs, and of onnxruntime, on their CPU devices."""
    install(session, "test", extras=(TORCH, *ONNX))
    folders = ("tests/adapters/torch", "tests/adapters/onnxruntime", "tests/acceptance/torch")
    session.run("python", "-m", "pytest", "-n", "2", "--dist", "worksteal", *folders, *session.posargs)


@nox.session
def whole(session: nox.Session) -> None:
    """What others run a slice of: kills, flipped bits, made-up units, changed fields, faults of every operation."""
    install(session, "test")
    chosen = (
        "tests/acceptance/test_kills.py",
        "tests/acceptance/test_tampering.py",
        "tests/simulator/test_matrix_any_fields.py",
        "tests/suites/test_every_operation.py",
    )
    counts = {"ASSAY_KILLS": "20", "ASSAY_BITS": "1000", "ASSAY_UNITS": "3000", "ASSAY_FAULTY": "all"}
    session.run("python", "-m", "pytest", *chosen, *session.posargs, env=counts)
    session.run("python", "benchmarks/mutation.py")


@nox.session
def implementations(session: nox.Session) -> None:
    """Correct implementations, 300 unless a number is given, each asked its share of all tests: none may fail."""
    install(session, "test")
    count, *rest = session.posargs or ["300"]
    session.run("python", "-m", "tests.implementations", "--count", count, *rest)


@nox.session
def rules(session: nox.Session) -> None:
    """How often our rules and those of others are right, on the same faulty kernels and the same correct ones."""
    install(session, "test")
    session.run("python", "benchmarks/rules.py", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Other implementations: some read or compute the same, and what is known to be wrong with others is found."""
    tools = ("securesystemslib[crypto]>=1.2", "pytest-xdist>=3.6")
    install(session, "test", extras=(TORCH, *tools, *NUMERIC_PEERS, *RUNTIME_PEERS))
    need(session, "g++")
    session.run("python", "-m", "pytest", "-n", "2", "tests/peers", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel has its profiles, suites and reports inside, and the command finds them there."""
    session.install("build")
    folder = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--outdir", str(folder), ".", silent=True)
    newest = max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime)
    session.install("--force-reinstall", "--quiet", str(newest))
    session.chdir(folder)
    session.run("assay", "profile", "list")
    session.run("assay", "requirements")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """What a case, a frame, a verdict and a multiply-add cost on this machine."""
    install(session, "test", extras=(TORCH, *NUMERIC_PEERS))
    need(session, "g++")
    for script in sorted(Path("benchmarks").glob("*.py")):
        session.run("python", str(script), *session.posargs)
