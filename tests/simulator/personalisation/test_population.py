"""Invented people by the thousand."""

from __future__ import annotations

import pytest

from chipid.errors import ConfigurationError
from chipid.mrz.mrz import parse_mrz
from chipid.vietnam.card_dates import possible_expiries
from chipid.vietnam.provinces import PROVINCES
from simulator.personalisation.population import MAX_POPULATION, invent_people, invent_person

PEOPLE = tuple(invent_people(500, seed=b"population"))


def test_nobody_is_invented_twice() -> None:
    assert len({one.personal_number.digits for one in PEOPLE}) == len(PEOPLE)
    assert len({one.personal_number.can for one in PEOPLE}) == len(PEOPLE)
    assert len({one.full_name for one in PEOPLE}) == len(PEOPLE)


def test_the_same_seed_invents_the_same_people_in_any_order() -> None:
    assert tuple(invent_people(500, seed=b"population")) == PEOPLE
    assert invent_person(77, seed=b"population") == PEOPLE[77]
    assert invent_person(77, seed=b"another") != PEOPLE[77]


def test_their_names_are_numbers() -> None:
    assert PEOPLE[120].full_name.endswith("Số Một Hai Không")


def test_their_numbers_fit_their_birth_sex_and_province() -> None:
    for one in PEOPLE:
        assert one.personal_number.birth_year == one.birth_date.year
        assert one.personal_number.sex == one.sex
        assert one.personal_number.province_code in PROVINCES
    assert len({one.personal_number.province_code for one in PEOPLE}) > 50
    assert {one.personal_number.century for one in PEOPLE} == {1900, 2000}


def test_their_cards_end_when_the_law_says() -> None:
    for one in PEOPLE:
        assert one.expiry_date in {possible.expiry for possible in possible_expiries(one.birth_date, one.issue_date)}
    assert any(one.expiry_date is None for one in PEOPLE)


def test_their_zones_have_right_check_digits() -> None:
    for one in PEOPLE:
        assert all(digit.ok for digit in parse_mrz(one.mrz).check_digits.values())


@pytest.mark.parametrize("number", [-1, MAX_POPULATION])
def test_a_number_beyond_the_population_is_refused(number: int) -> None:
    with pytest.raises(ConfigurationError):
        invent_person(number, seed=b"")
    with pytest.raises(ConfigurationError):
        invent_people(number if number < 0 else number + 1, seed=b"")
