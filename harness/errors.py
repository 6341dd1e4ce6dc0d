"""Every error a user can meet: what went wrong, where, and what to do next.

Each class knows the exit code of the command that ends with it. Code raises the most specific class; the command line
prints ``str(error)`` and leaves with ``error.exit_code``.
"""

from __future__ import annotations


class AssayError(Exception):
    """Something the user should know about, with a place and a remedy.

    ``what`` is one sentence; ``where`` is a file, ``FILE:LINE`` or another place; ``remedy`` says what to do next.
    """

    exit_code = 70

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  to do: {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class UsageError(AssayError):
    """The command or a call was given something it cannot take."""

    exit_code = 2


class DocumentError(UsageError):
    """A file (profile, chapter, waiver) cannot be read as what it should be.

    ``problems`` holds one line per problem, each beginning ``FILE:LINE: ``; the message joins them.
    """

    def __init__(self, problems: list[str], *, remedy: str | None = None) -> None:
        super().__init__("\n".join(problems), remedy=remedy)
        self.problems = problems


class ProfileError(DocumentError):
    """A profile is malformed or claims something that makes no sense."""


class IncompleteRun(AssayError):
    """A run ended before every required test was decided."""

    exit_code = 3


class EvidenceError(AssayError):
    """A bundle's signature, digests or evidence do not hold."""

    exit_code = 4


class DeviceUnfit(AssayError):
    """The device cannot be opened or is in no state to be tested."""

    exit_code = 5


class InternalError(AssayError):
    """A fault of Assay itself."""


class Interrupted(AssayError):
    """The user stopped the command; the bundle can be resumed."""

    exit_code = 130
