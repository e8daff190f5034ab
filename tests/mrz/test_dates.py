from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.mrz.dates import PartialDate, expiry_date, partial_date, resolve_birth_date, resolve_expiry_date
from chipid.mrz.mrz import MRZFields, build_td1, build_td3, parse_mrz

TODAY = date(2025, 6, 15)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("990101", (1999, 1, 1)),
        ("250615", (2025, 6, 15)),
        ("250616", (1925, 6, 16)),
        ("260101", (1926, 1, 1)),
        ("000229", (2000, 2, 29)),
        ("25<<<<", (2025, None, None)),
        ("2507<<", (1925, 7, None)),
        ("99<<<<", (1999, None, None)),
        ("<<0101", (None, 1, 1)),
        ("<<<<<<", (None, None, None)),
    ],
)
def test_a_date_of_birth_is_the_latest_that_is_not_in_the_future(text: str, resolved: tuple[int | None, ...]) -> None:
    found = resolve_birth_date(text, reference=TODAY)
    assert (found.year, found.month, found.day) == resolved


@pytest.mark.parametrize(
    ("text", "resolved"),
    [("390101", date(2039, 1, 1)), ("740101", date(2074, 1, 1)), ("750101", date(1975, 1, 1))],
)
def test_a_date_of_expiry_is_the_one_close_to_the_reference(text: str, resolved: date) -> None:
    assert resolve_expiry_date(text, reference=TODAY) == resolved


@pytest.mark.parametrize("text", ["", "9901011", "991301", "990230", "99010A", "9<0101", "<9<9<9", "９９0101"])
def test_what_is_no_date_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDataError):
        resolve_birth_date(text, reference=TODAY)
    with pytest.raises(MalformedDataError):
        resolve_expiry_date(text, reference=TODAY)


@pytest.mark.parametrize("text", ["<<<<<<", "39<<<<", "3901<<"])
def test_an_incomplete_date_of_expiry_is_malformed_and_not_never(text: str) -> None:
    with pytest.raises(MalformedDataError):
        resolve_expiry_date(text, reference=TODAY)


def fields(**changed: str) -> MRZFields:
    values = {
        "document_code": "ID",
        "issuer": "VNM",
        "nationality": "VNM",
        "document_number": "099000001",
        "birth_date": "600101",
        "expiry_date": "991231",
        "sex": "F",
        "primary_name": "Tran",
    }
    return MRZFields(**{**values, **changed})


def test_the_last_day_of_99_means_no_expiry_on_a_vietnamese_card_alone() -> None:
    assert expiry_date(parse_mrz(build_td1(fields())), reference=TODAY) is None
    foreign = parse_mrz(build_td1(fields(issuer="UTO")))
    assert expiry_date(foreign, reference=TODAY) == date(1999, 12, 31)
    passport = parse_mrz(build_td3(fields(document_code="P")))
    assert expiry_date(passport, reference=TODAY) == date(1999, 12, 31)
    dated = parse_mrz(build_td1(fields(expiry_date="390101")))
    assert expiry_date(dated, reference=TODAY) == date(2039, 1, 1)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_birth_within_a_century_before_the_reference_is_found_again(birth: date, reference: date) -> None:
    if not 0 <= (reference - birth).days < 36500:
        return
    assert resolve_birth_date(birth.strftime("%y%m%d"), reference=reference).complete == birth


@given(st.dates(date(1980, 1, 1), date(2060, 1, 1)))
def test_an_expiry_within_forty_years_of_the_reference_is_found_again(expiry: date) -> None:
    reference = date(2020, 3, 1)
    assert resolve_expiry_date(expiry.strftime("%y%m%d"), reference=reference) == expiry


def test_partial_dates_agree_where_both_know() -> None:
    whole = partial_date(1999, 1, 1)
    assert whole.agrees_with(PartialDate(year=1999, month=None, day=None))
    assert PartialDate(year=None, month=None, day=None).agrees_with(whole)
    assert not whole.agrees_with(PartialDate(year=1998, month=None, day=None))
    assert partial_date(1999, None, 31).complete is None
    with pytest.raises(MalformedDataError):
        partial_date(0, 1, 1)
