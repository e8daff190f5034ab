"""The invented people."""

from __future__ import annotations

import pytest

from chipid.errors import ConfigurationError
from chipid.mrz.mrz import parse_mrz
from chipid.toml_table import parse_table
from chipid.vietnam.card_mrz import read_card_number
from simulator.packaged import load_packaged
from simulator.personalisation.people import Person, load_people, read_people

PEOPLE = list(load_people().values())
CITIZENS = read_people(load_packaged("citizens.toml", package="simulator.personalisation"))


def test_twenty_citizens_stand_beside_the_eight_of_the_examples_and_no_number_is_used_twice() -> None:
    assert len(CITIZENS) == 20
    assert len(PEOPLE) == 28
    assert len({one.personal_number.digits for one in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda one: one.key)
def test_names_and_numbers_are_visibly_invented(person: Person) -> None:
    is_placeholder = len(person.full_name.split()[-1]) == 1
    assert is_placeholder or person.key in CITIZENS
    assert person.personal_number.can.startswith("0000")


@pytest.mark.parametrize("person", PEOPLE, ids=lambda one: one.key)
def test_the_zone_has_right_check_digits_and_the_national_number(person: Person) -> None:
    mrz = parse_mrz(person.mrz)
    assert all(digit.ok for digit in mrz.check_digits.values())
    number = read_card_number(mrz)
    assert number.personal_number == person.personal_number
    assert number.check_digit.ok
    assert number.matches_document_number


def test_the_first_zone_is_the_documented_one() -> None:
    lines = parse_mrz(load_people()["nguyen-van-a"].mrz).lines
    assert lines == (
        "IDVNM0990000017001099000001<<8",
        "9901018M3901016VNM<<<<<<<<<<<4",
        "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<",
    )


def test_a_card_for_life_prints_no_expiry() -> None:
    person = load_people()["le-van-c"]
    assert person.expiry_date is None
    assert parse_mrz(person.mrz).expiry_date == "991231"
    assert person.details.expiry_date == "Không thời hạn"


def test_people_print_no_personal_data() -> None:
    assert all(repr(one) == f"Person(key={one.key!r})" for one in PEOPLE)


GOOD = """
[[person]]
key = "x"
personal_number = "001099000009"
full_name = "Nguyễn Văn X"
birth_date = 1999-01-01
sex = "M"
nationality = "Việt Nam"
ethnicity = "Kinh"
religion = "Không"
origin = "A"
residence = "B"
marks = "C"
issue_date = 2023-06-01
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('key = "x"', "", r"test.toml line 2: person\[1\].key: this key is missing"),
        ('sex = "M"', 'sex = "X"', r"person\[1\].sex: one of M, F is expected"),
        ('sex = "M"', 'sex = "F"', r"person\[1\].personal_number: it does not fit"),
        ("1999-01-01", '"1999-01-01"', r"person\[1\].birth_date: a date"),
        ("1999-01-01", "1999-01-01T00:00:00", r"person\[1\].birth_date: a date"),
        ("001099000009", "12", r"person\[1\].personal_number: twelve digits"),
        ('marks = "C"', 'marks = "C"\nage = 5', r"person\[1\].age: this key is unknown"),
        ("[[person]]", "[[people]]", r"test.toml line 2: people: this key is unknown"),
        ("[[person]]", "person = [1]\n[x]", r"person: an array of tables"),
        ("[[person]]", "[[person", r"test.toml: "),
        ('origin = "A"', "origin = 5", r"person\[1\].origin: a text is expected"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(old: str, new: str, complaint: str) -> None:
    assert list(read_people(parse_table(GOOD, "test.toml"))) == ["x"]
    with pytest.raises(ConfigurationError, match=complaint):
        read_people(parse_table(GOOD.replace(old, new, 1), "test.toml"))


def test_a_key_may_be_used_once() -> None:
    with pytest.raises(ConfigurationError, match="used twice"):
        read_people(parse_table(GOOD + GOOD, "test.toml"))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"nobody\.toml"):
        load_packaged("nobody.toml", package="simulator.personalisation")
