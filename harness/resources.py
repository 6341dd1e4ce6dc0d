"""Where the data of Assay is: beside the package in a checkout, inside it in a wheel. Only this file knows."""

from __future__ import annotations

from pathlib import Path

from harness.errors import InternalError

_PACKAGE = Path(__file__).resolve().parent


def profiles_folder() -> Path:
    """The profiles that come with Assay, one ``VENDOR/PRODUCT.yaml`` each."""
    return _data("profiles")


def suites_folder() -> Path:
    """The suites, ``FOLDER/test_*.py``."""
    return _data("suites")


def reports_folder() -> Path:
    """Templates, styles and words of the reports."""
    return _data("reports")


def chapters_folder() -> Path:
    """The chapters of the unified interface specification."""
    return _PACKAGE / "interface" / "chapters"


def _data(name: str) -> Path:
    """A folder of data: in a wheel it stands inside the package, where nothing beside the package could shadow it."""
    for folder in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise InternalError(
        f"the folder {name!r} is neither in the package nor beside it",
        where=str(_PACKAGE),
        remedy="install assay-harness again",
    )
