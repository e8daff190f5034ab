"""The last day of validity, in all the ways in which a card may state it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chipid.evidence.evidence import Evidence
from chipid.lds.dg1 import build_dg1
from chipid.lds.dg13 import CitizenDetails, build_dg13
from chipid.lds.files import FileId
from chipid.mrz.mrz import MRZFields, build_td1
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge

EXPIRED = (Result.FAILED, Reason.DOCUMENT_EXPIRED)
VALID = (Result.PASSED, Reason.VERIFIED)
FOR_LIFE = (Result.PASSED, Reason.NO_EXPIRY)
UNREADABLE = (Result.INDETERMINATE, Reason.DATE_UNREADABLE)
HANOI = timezone(timedelta(hours=7))


def expiry(evidence: Evidence, now: datetime) -> tuple[Result, Reason]:
    return outcome(readings.judged(evidence, now=now), Check.DOCUMENT_EXPIRY)


def details_only(expiry_date: str | None) -> Evidence:
    """A reading of DG13 alone."""
    details = build_dg13(CitizenDetails(sex="Nam", expiry_date=expiry_date))
    return forge.with_file(forge.without_file(forge.genuine(), FileId.DG1), FileId.DG13, details)


def zone_with(expiry_date: str, issuer: str = "VNM") -> Evidence:
    zone = MRZFields(
        document_code="ID",
        issuer=issuer,
        nationality=issuer,
        document_number="099000001",
        birth_date="990101",
        expiry_date=expiry_date,
        sex="M",
        primary_name="NGUYEN",
        secondary_name="VAN A",
    )
    return forge.with_file(forge.genuine(), FileId.DG1, build_dg1(build_td1(zone)))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2039, 1, 1, 0, 0, tzinfo=UTC), VALID),
        (datetime(2039, 1, 1, 23, 59, 59, tzinfo=UTC), VALID),
        (datetime(2039, 1, 2, 0, 0, tzinfo=UTC), EXPIRED),
        (datetime(2039, 1, 1, 23, 59, tzinfo=HANOI), VALID),
        (datetime(2039, 1, 2, 0, 1, tzinfo=HANOI), EXPIRED),  # still 1 January in UTC
    ],
)
def test_a_card_is_valid_through_the_whole_of_its_last_day_at_the_desk(
    now: datetime, expected: tuple[Result, Reason]
) -> None:
    assert expiry(forge.genuine(), now) == expected


def test_an_expired_card_is_rejected() -> None:
    report = readings.judged(forge.genuine(), now=datetime(2039, 1, 2, tzinfo=UTC))
    assert report.verdict is Verdict.REJECTED
    assert readings.failures(report) == {("document-expiry", "DG1")}


@pytest.mark.parametrize("year", [2025, 2099, 2100, 2149])
def test_a_card_for_life_does_not_expire(year: int) -> None:
    assert expiry(zone_with("991231"), datetime(year, 12, 31, tzinfo=UTC)) == FOR_LIFE


def test_the_date_of_cards_for_life_is_a_date_on_documents_of_another_state() -> None:
    assert expiry(zone_with("991231", issuer="UTO"), readings.NOW) == EXPIRED


@pytest.mark.parametrize("stated", ["990230", "39<<<<", "<<<<<<", "000000"])
def test_a_date_that_cannot_be_read_is_not_never(stated: str) -> None:
    assert expiry(zone_with(stated), readings.NOW) == UNREADABLE


@pytest.mark.parametrize(
    ("stated", "now", "expected"),
    [
        ("01/01/2039", datetime(2039, 1, 1, 12, tzinfo=UTC), VALID),
        ("01/01/2039", datetime(2039, 1, 2, tzinfo=UTC), EXPIRED),
        ("31/12/9999", datetime(2025, 1, 1, tzinfo=UTC), VALID),
        ("Không thời hạn", datetime(2100, 1, 1, tzinfo=UTC), FOR_LIFE),
        ("30/02/2039", datetime(2025, 1, 1, tzinfo=UTC), UNREADABLE),
        ("never", datetime(2025, 1, 1, tzinfo=UTC), UNREADABLE),
        (None, datetime(2025, 1, 1, tzinfo=UTC), (Result.INDETERMINATE, Reason.GROUP_NOT_READ)),
    ],
)
def test_dg13_states_it_where_dg1_was_not_read(
    stated: str | None, now: datetime, expected: tuple[Result, Reason]
) -> None:
    assert expiry(details_only(stated), now) == expected


def test_without_both_groups_nobody_knows() -> None:
    evidence = forge.without_file(forge.genuine(), FileId.DG1, FileId.DG13)
    report = readings.judged(evidence)
    assert outcome(report, Check.DOCUMENT_EXPIRY) == (Result.INDETERMINATE, Reason.GROUP_NOT_READ)
    assert report.verdict is Verdict.UNDECIDED


def test_the_zone_decides_where_both_groups_were_read() -> None:
    evidence = forge.with_file(
        forge.genuine(), FileId.DG13, build_dg13(CitizenDetails(sex="Nam", expiry_date="Không thời hạn"))
    )
    assert expiry(evidence, datetime(2039, 1, 2, tzinfo=UTC)) == EXPIRED
