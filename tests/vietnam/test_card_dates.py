"""Expiry by law, at every edge of every age."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.vietnam.card_dates import (
    CardLaw,
    ExpiryReason,
    age_of_exchange,
    birthdays,
    is_possible_expiry,
    law_in_force,
    possible_expiries,
)

DAY = timedelta(days=1)
BY_LAW, NEIGHBOUR, OTHER = ExpiryReason.BY_LAW, ExpiryReason.NEIGHBOURING_AGE, ExpiryReason.OTHER_LAW
LEAP_DAY = ExpiryReason.LEAP_DAY


def expiries(birth: date, issued: date) -> list[tuple[date | None, ExpiryReason]]:
    return [(one.expiry, one.reason) for one in possible_expiries(birth, issued)]


def test_the_laws_have_their_ages() -> None:
    assert CardLaw.LAW_2014.ages == (25, 40, 60)
    assert CardLaw.LAW_2023.ages == (14, 25, 40, 60)


@pytest.mark.parametrize(
    ("issued", "law"),
    [
        (date(2021, 3, 1), CardLaw.LAW_2014),
        (date(2024, 6, 30), CardLaw.LAW_2014),
        (date(2024, 7, 1), CardLaw.LAW_2023),
        (date(2026, 1, 1), CardLaw.LAW_2023),
    ],
)
def test_the_law_is_the_one_in_force_on_the_day_of_issue(issued: date, law: CardLaw) -> None:
    assert law_in_force(issued) is law


def test_the_dummy_card_expires_as_it_is_printed() -> None:
    assert expiries(date(1999, 1, 1), date(2023, 6, 1)) == [(date(2039, 1, 1), BY_LAW)]


EDGES = [(law, place) for law in CardLaw for place in range(len(law.ages))]


@pytest.mark.parametrize(("law", "place"), EDGES)
def test_two_years_before_an_age_decide_between_it_and_the_next(law: CardLaw, place: int) -> None:
    age, following = (*law.ages, None)[place : place + 2]
    assert age is not None
    issued = date(2023, 5, 10) if law is CardLaw.LAW_2014 else date(2025, 5, 10)
    turned = issued.replace(year=issued.year - age + 2)  # born so that the day of issue is the edge itself
    assert age_of_exchange(turned + DAY, issued, law) == age  # a day too young
    assert age_of_exchange(turned, issued, law) == following
    assert age_of_exchange(turned - DAY, issued, law) == following


@pytest.mark.parametrize("issued", [date(2022, 5, 10), date(2025, 5, 10)])
@pytest.mark.parametrize(("edge", "age", "following"), [(23, 25, 40), (38, 40, 60), (58, 60, None)])
def test_on_the_edge_and_a_day_beside_it_the_neighbouring_age_is_possible(
    issued: date, edge: int, age: int, following: int | None
) -> None:
    def ages(days: int) -> list[tuple[int | None, ExpiryReason]]:
        birth = issued.replace(year=issued.year - edge) + days * DAY
        return [(one.age, one.reason) for one in possible_expiries(birth, issued)]

    assert ages(2) == [(age, BY_LAW)]
    assert ages(1) == [(age, BY_LAW), (following, NEIGHBOUR)]
    assert ages(0) == [(following, BY_LAW), (age, NEIGHBOUR)]
    assert ages(-1) == [(following, BY_LAW), (age, NEIGHBOUR)]
    assert ages(-2) == [(following, BY_LAW)]


def test_a_child_under_twelve_has_fourteen_or_by_the_other_law_twenty_five() -> None:
    birth = date(2018, 6, 6)
    assert expiries(birth, date(2024, 8, 6)) == [(date(2032, 6, 6), BY_LAW), (date(2043, 6, 6), OTHER)]
    assert expiries(birth, date(2024, 6, 30)) == [(date(2043, 6, 6), BY_LAW), (date(2032, 6, 6), OTHER)]


def test_a_child_of_twelve_has_twenty_five_and_on_the_edge_fourteen() -> None:
    birth = date(2012, 10, 10)
    assert expiries(birth, date(2024, 10, 8)) == [(date(2026, 10, 10), BY_LAW), (date(2037, 10, 10), OTHER)]
    assert expiries(birth, date(2024, 10, 9)) == [(date(2026, 10, 10), BY_LAW), (date(2037, 10, 10), NEIGHBOUR)]
    assert expiries(birth, date(2024, 10, 10)) == [(date(2037, 10, 10), BY_LAW), (date(2026, 10, 10), NEIGHBOUR)]
    assert expiries(birth, date(2024, 10, 12)) == [(date(2037, 10, 10), BY_LAW)]


def test_a_card_issued_at_fifty_eight_or_later_is_for_life() -> None:
    assert expiries(date(1960, 3, 3), date(2022, 3, 3)) == [(None, BY_LAW)]
    assert expiries(date(1930, 3, 3), date(2025, 3, 3)) == [(None, BY_LAW)]


def test_a_birthday_on_29_february_has_two_days_in_a_common_year() -> None:
    born = date(2000, 2, 29)
    assert birthdays(born, 24) == (date(2024, 2, 29),)
    assert birthdays(born, 25) == (date(2025, 2, 28), date(2025, 3, 1))
    assert expiries(born, date(2021, 5, 5)) == [(date(2025, 2, 28), BY_LAW), (date(2025, 3, 1), LEAP_DAY)]


def test_29_february_as_the_edge_leaves_both_ages_possible() -> None:
    born = date(2000, 2, 29)  # 23 on 28 February or 1 March 2023
    assert expiries(born, date(2023, 2, 26)) == [(date(2025, 2, 28), BY_LAW), (date(2025, 3, 1), LEAP_DAY)]
    for issued in (date(2023, 2, 28), date(2023, 3, 1), date(2023, 3, 2)):
        assert expiries(born, issued) == [
            (date(2040, 2, 29), BY_LAW),
            (date(2025, 2, 28), NEIGHBOUR),
            (date(2025, 3, 1), LEAP_DAY),
        ]
    assert expiries(born, date(2023, 3, 3)) == [(date(2040, 2, 29), BY_LAW)]


@pytest.mark.parametrize(
    ("birth", "issued"),
    [(date(2024, 7, 2), date(2024, 7, 1)), (date(9990, 1, 1), date(9991, 1, 1)), (date(9996, 2, 29), date(9999, 1, 1))],
)
def test_dates_that_no_card_can_have_are_malformed(birth: date, issued: date) -> None:
    with pytest.raises(MalformedDataError):
        possible_expiries(birth, issued)
    assert not is_possible_expiry(birth, issued, None)


@given(
    st.dates(date(1900, 1, 1), date(2030, 1, 1)),
    st.integers(0, 36600),
)
def test_every_card_has_few_expiries_all_after_its_issue_and_one_by_law(birth: date, age_in_days: int) -> None:
    found = possible_expiries(birth, birth + age_in_days * DAY)
    assert 1 <= len(found) <= 4
    assert found[0].reason is BY_LAW
    assert len({one.expiry for one in found}) == len(found)
    assert all(one.expiry is None or one.expiry > birth + age_in_days * DAY for one in found)
    for asked in (None, *(birthday for age in (14, 25, 40, 60, 61) for birthday in birthdays(birth, age))):
        assert is_possible_expiry(birth, birth + age_in_days * DAY, asked) == (asked in {one.expiry for one in found})


def test_the_representation_shows_no_date_and_no_age() -> None:
    text = repr(possible_expiries(date(1999, 1, 1), date(2023, 6, 1))[0])
    assert "2039" not in text
    assert "age=" not in text
