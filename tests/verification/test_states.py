"""Codes of States in the MRZ and in certificates."""

from __future__ import annotations

import pytest

from chipid.verification.states import certificate_countries


@pytest.mark.parametrize(
    ("mrz_code", "countries"),
    [
        ("VNM", {"VN"}),
        ("D", {"DE"}),
        ("DEU", {"DE"}),
        ("GBD", {"GB"}),
        ("RKS", {"KS", "XK"}),
        ("EUE", {"EU"}),
        ("UNO", {"UN"}),
        ("CHN", {"CN", "HK", "MO"}),
        ("HKG", {"CN", "HK"}),
        ("GRL", {"GL", "DK"}),
        ("TWN", {"TW"}),
    ],
)
def test_a_code_of_the_zone_has_its_codes_of_certificates(mrz_code: str, countries: set[str]) -> None:
    assert certificate_countries(mrz_code) == countries


@pytest.mark.parametrize("mrz_code", ["", "UTO", "XOM", "vnm", "VN", "D<<"])
def test_an_unknown_code_has_none(mrz_code: str) -> None:
    assert certificate_countries(mrz_code) == frozenset()
