"""Which toolkit goes with which driver: the last rule a driver reaches decides, and releases match part by part."""

from __future__ import annotations

import pytest

from harness.profile.software import DriverRule, Toolkit, version_key

#: The vendor's own table for one card, and its own test vectors below.
RULES = (
    DriverRule(driver=">=6.2.26", toolkit=("24.04", "25.04")),
    DriverRule(driver=">=6.3.8", toolkit=("25.04",)),
    DriverRule(driver=">=6.3.30", toolkit=("26.04",)),
)
TOOLKIT = Toolkit(name="DTK", driver_rules=RULES)


@pytest.mark.parametrize(
    ("driver", "release", "fits"),
    [
        ("6.2.26", "24.04", True),
        ("6.3.30", "25.04", False),
        ("6.3.30", "26.04", True),
        ("6.3.29", "25.04", True),
        ("6.3.8", "24.04", False),
        ("6.2.25", "24.04", False),
        ("6.10.0", "26.04", True),
        ("6.3.8", "25.10", False),
        ("6.3.8", "25.04.1", True),
        ("6.3.8", "25.0", False),
        ("6.3.8", "25.041", False),
        ("driver 6.3.8-rc1", "DTK-25.04", True),
        ("none", "25.04", False),
        ("6.3.8", "none", False),
    ],
)
def test_a_release_fits_the_driver_whose_rule_names_it(driver: str, release: str, fits: bool) -> None:
    assert TOOLKIT.fits(driver, release) is fits


def test_versions_are_compared_as_numbers() -> None:
    assert version_key("6.10") > version_key("6.9.99")
    assert version_key("v25.04.1") == (25, 4, 1)
    assert version_key("unknown") == ()


def test_without_rules_nothing_is_said_to_fit() -> None:
    assert Toolkit(name="DTK").releases_for("6.3.8") == ()
