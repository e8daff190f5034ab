"""Twenty invented citizens go through every form of the card without loss."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from chipid.lds.dg13 import CitizenDetails, build_dg13, parse_dg13
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import MRZFormat, parse_mrz
from chipid.mrz.name_comparison import NameReason, compare_name
from chipid.mrz.ocr import correct_mrz
from chipid.vietnam.card_dates import possible_expiries
from chipid.vietnam.card_mrz import read_card_number
from chipid.vietnam.key_candidates import KeyReason, key_candidates_from_qr
from chipid.vietnam.provinces import PROVINCES
from chipid.vietnam.qr import parse_card_qr
from tests.support.vectors import load
from tests.vietnam.people import AS_OF, Citizen, citizens

each_citizen = pytest.mark.parametrize("citizen", citizens(), ids=lambda one: one.key)
DETAILS = CitizenDetails.__slots__


def test_there_are_twenty_of_both_sexes_two_centuries_and_many_provinces() -> None:
    people = citizens()
    assert len(people) == len({one.key for one in people}) == len({one.personal_number for one in people}) == 20
    assert {one.sex for one in people} == {"M", "F"}
    assert {one.number.century for one in people} == {1900, 2000}
    assert len({one.number.province for one in people}) > 15
    assert any(one.number.province_code not in PROVINCES for one in people)


def test_they_have_the_ages_at_which_rules_change() -> None:
    assert {5, 13, 24, 39, 59, 61} <= {one.age for one in citizens()}


def test_their_names_have_every_vietnamese_letter() -> None:
    written = "".join(one.full_name for one in citizens())
    letters = {entry["char"] for entry in load("mrz_transliteration")["vietnamese"]}
    assert letters <= set(unicodedata.normalize("NFC", written).upper())


@each_citizen
def test_the_number_tells_the_year_of_birth_and_the_sex(citizen: Citizen) -> None:
    assert (citizen.number.birth_year, citizen.number.sex) == (citizen.birth_date.year, citizen.sex)


@each_citizen
def test_the_card_is_valid_and_expires_by_law(citizen: Citizen) -> None:
    assert citizen.expiry_date == possible_expiries(citizen.birth_date, citizen.issue_date)[0].expiry
    assert citizen.issue_date <= AS_OF <= (citizen.expiry_date or date.max)


@each_citizen
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("in_one", [True, False])
def test_dg13_is_read_back_without_loss(citizen: Citizen, header: bool, in_one: bool) -> None:
    found = parse_dg13(build_dg13(citizen.details, header=header, parents_in_one_sequence=in_one))
    assert [getattr(found, name) for name in DETAILS] == [getattr(citizen.details, name) for name in DETAILS]


@each_citizen
def test_the_zone_carries_the_number_and_the_name(citizen: Citizen) -> None:
    zone = parse_mrz(citizen.mrz)
    assert all(digit.ok for digit in zone.check_digits.values())
    assert read_card_number(zone).personal_number == citizen.number
    assert read_card_number(zone).matches_document_number
    for form in ("NFC", "NFD"):
        compared = compare_name(unicodedata.normalize(form, citizen.full_name), MRZFormat.TD1.cut(zone.text, "names"))
        assert compared.reason in (NameReason.SAME, NameReason.TRUNCATED)


@each_citizen
def test_a_name_agrees_with_no_other_zone(citizen: Citizen) -> None:
    for other in citizens():
        if other is not citizen:
            field = MRZFormat.TD1.cut(other.mrz, "names")
            assert compare_name(citizen.full_name, field).reason is NameReason.DIFFERENT


@each_citizen
def test_the_qr_code_is_read_back_and_opens_the_card(citizen: Citizen) -> None:
    qr = parse_card_qr(citizen.qr + "\r\n")
    assert (qr.personal_number, qr.old_number, qr.full_name) == (citizen.number, citizen.old_number, citizen.full_name)
    assert (qr.birth_date.complete, qr.issue_date) == (citizen.birth_date, citizen.issue_date)
    assert (qr.sex, qr.residence, qr.deviations) == (citizen.sex, citizen.residence, ())
    candidates = key_candidates_from_qr(qr)
    assert candidates[0].key == AccessKey.from_can(citizen.personal_number[6:])
    assert candidates[1].key == AccessKey.from_mrz(parse_mrz(citizen.mrz))
    assert candidates[1].reason in (KeyReason.EXPIRY_BY_LAW, KeyReason.NO_EXPIRY)


@each_citizen
def test_the_zone_read_with_letters_for_digits_is_corrected(citizen: Citizen) -> None:
    printed = citizen.mrz
    read = printed[:5] + printed[5:60].translate(str.maketrans("01258", "OIZSB")) + printed[60:]
    read = read[:37] + printed[37] + read[38:45] + printed[45:48] + read[48:]  # sex and nationality are letters
    corrected = correct_mrz(read)
    assert corrected.mrz.text == printed
    assert corrected.wrong_digits == ()
