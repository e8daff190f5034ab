"""Which keys are tried, in which order, and why."""

from __future__ import annotations

from datetime import date

import pytest

from chipid.errors import AccessKeyError
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.vietnam.card_dates import CardLaw
from chipid.vietnam.key_candidates import KeyCandidate, KeyReason, key_candidates, key_candidates_from_qr
from chipid.vietnam.personal_number import parse_personal_number
from chipid.vietnam.qr import parse_card_qr

NUMBER = parse_personal_number("001099000001")
QR = "001099000001|012345678|Nguyễn Văn A|{birth}|Nam|Số 1, Phường B, Quận D, Hà Nội|{issued}"


def candidates(birth: str, issued: str) -> tuple[KeyCandidate, ...]:
    return key_candidates_from_qr(parse_card_qr(QR.format(birth=birth, issued=issued)))


def reasons(found: tuple[KeyCandidate, ...]) -> list[KeyReason]:
    return [one.reason for one in found]


def test_the_qr_code_of_the_dummy_gives_its_can_and_the_key_of_its_zone() -> None:
    can, zone = candidates("01011999", "01062023")
    assert can == KeyCandidate(key=AccessKey.from_can("000001"), reason=KeyReason.CAN)
    assert zone.key.secret == b"099000001799010183901016"
    assert (zone.key.kind, zone.reason, zone.law) == (AccessKeyKind.MRZ, KeyReason.EXPIRY_BY_LAW, CardLaw.LAW_2014)


def test_a_number_alone_gives_its_can() -> None:
    assert reasons(key_candidates(NUMBER)) == [KeyReason.CAN]
    assert reasons(key_candidates(NUMBER, birth_date=date(1999, 1, 1))) == [KeyReason.CAN]


def test_a_card_for_life_has_the_date_that_stands_for_none() -> None:
    can, zone = candidates("03031960", "03032022")
    assert can.reason is KeyReason.CAN
    assert zone == KeyCandidate(
        key=AccessKey.from_mrz_fields("099000001", "600303", "991231"), reason=KeyReason.NO_EXPIRY, law=CardLaw.LAW_2014
    )


def test_on_the_edge_the_neighbouring_age_comes_after_the_law() -> None:
    found = candidates("10051967", "10052025")
    assert reasons(found) == [KeyReason.CAN, KeyReason.NO_EXPIRY, KeyReason.NEIGHBOURING_AGE]
    assert [one.key.secret[17:23] for one in found[1:]] == [b"991231", b"270510"]


def test_29_february_gives_a_key_for_each_day() -> None:
    found = candidates("29022000", "05052021")
    assert reasons(found) == [KeyReason.CAN, KeyReason.EXPIRY_BY_LAW, KeyReason.LEAP_DAY]
    assert [one.key.secret[17:23] for one in found[1:]] == [b"250228", b"250301"]


def test_a_child_has_the_other_law_last() -> None:
    found = candidates("06062018", "06082024")
    assert reasons(found) == [KeyReason.CAN, KeyReason.EXPIRY_BY_LAW, KeyReason.OTHER_LAW]
    assert [one.law for one in found] == [None, CardLaw.LAW_2023, CardLaw.LAW_2014]


def test_an_incomplete_date_of_birth_leaves_the_can() -> None:
    assert reasons(candidates("1960", "03032022")) == [KeyReason.CAN]


def test_an_issue_before_the_birth_is_no_key() -> None:
    with pytest.raises(AccessKeyError):
        key_candidates(NUMBER, birth_date=date(2024, 1, 2), issue_date=date(2024, 1, 1))


def test_the_representation_shows_no_digit_of_the_key() -> None:
    text = repr(candidates("01011999", "01062023"))
    assert "000001" not in text
    assert "990101" not in text
