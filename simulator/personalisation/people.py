"""Invented citizens: whom the simulated cards are made out to. None of them exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from apdu.errors import MalformedDataError
from chipid.errors import ConfigurationError
from chipid.lds.dg13 import CitizenDetails
from chipid.mrz.mrz import MRZFields, build_td1
from chipid.toml_table import Table
from chipid.vietnam.card_mrz import optional_data
from chipid.vietnam.personal_number import PersonalNumber, parse_personal_number
from simulator.packaged import load_packaged

FILES = ("people.toml", "citizens.toml")
NO_EXPIRY_TEXT = "Không thời hạn"
NO_EXPIRY_MRZ = "991231"
SEXES = {"M": "Nam", "F": "Nữ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a card says about its holder. ``expiry_date`` of None is a card for life; ``sex`` is ``M`` or ``F``."""

    key: str
    personal_number: PersonalNumber = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    nationality: str = field(repr=False)
    ethnicity: str = field(repr=False)
    religion: str = field(repr=False)
    origin: str = field(repr=False)
    residence: str = field(repr=False)
    marks: str = field(repr=False)
    issue_date: date = field(repr=False)
    expiry_date: date | None = field(repr=False)
    father: str | None = field(default=None, repr=False)
    mother: str | None = field(default=None, repr=False)
    spouse: str | None = field(default=None, repr=False)
    old_number: str | None = field(default=None, repr=False)
    chip_extra_id: str | None = field(default=None, repr=False)

    @property
    def mrz(self) -> str:
        """The TD1 zone of the card, 90 characters without line breaks."""
        surname, _, given_names = self.full_name.partition(" ")
        expiry = NO_EXPIRY_MRZ if self.expiry_date is None else f"{self.expiry_date:%y%m%d}"
        return build_td1(
            MRZFields(
                document_code="ID",
                issuer="VNM",
                nationality="VNM",
                document_number=self.personal_number.document_number,
                birth_date=f"{self.birth_date:%y%m%d}",
                expiry_date=expiry,
                sex=self.sex,
                primary_name=surname,
                secondary_name=given_names,
                optional_data=optional_data(self.personal_number),
            )
        )

    @property
    def details(self) -> CitizenDetails:
        """The texts of DG13."""
        return CitizenDetails(
            personal_number=self.personal_number.digits,
            full_name=self.full_name,
            birth_date=_printed(self.birth_date),
            sex=SEXES[self.sex],
            nationality=self.nationality,
            ethnicity=self.ethnicity,
            religion=self.religion,
            place_of_origin=self.origin,
            residence=self.residence,
            identifying_marks=self.marks,
            issue_date=_printed(self.issue_date),
            expiry_date=NO_EXPIRY_TEXT if self.expiry_date is None else _printed(self.expiry_date),
            father=self.father,
            mother=self.mother,
            spouse=self.spouse,
            old_number=self.old_number,
            chip_extra_id=self.chip_extra_id,
        )


@cache
def load_people() -> dict[str, Person]:
    """The people of :data:`FILES` by their key. Raises :class:`ConfigurationError`."""
    people: dict[str, Person] = {}
    for name in FILES:
        people |= read_people(load_packaged(name, package=__package__))
    return people


def find_person(key: str) -> Person:
    """The named person of that key; raises :class:`ConfigurationError` with those that exist."""
    people = load_people()
    if key not in people:
        raise ConfigurationError(f"there is no person {key!r}; there are {', '.join(people)}")
    return people[key]


def read_people(file: Table) -> dict[str, Person]:
    """The people of an open file. Raises :class:`ConfigurationError` naming file and key."""
    people = file.read_named("person", _read_person, name="key")
    file.close()
    return people


def _read_person(table: Table) -> Person:
    key, digits = table.text("key"), table.text("personal_number")
    try:
        number = parse_personal_number(digits)
    except MalformedDataError as error:
        raise table.error("personal_number", "twelve digits are expected") from error
    person = Person(
        key=key,
        personal_number=number,
        full_name=table.text("full_name"),
        birth_date=table.day("birth_date"),
        sex=table.choice("sex", {"M": "M", "F": "F"}),
        nationality=table.text("nationality"),
        ethnicity=table.text("ethnicity"),
        religion=table.text("religion"),
        origin=table.text("origin"),
        residence=table.text("residence"),
        marks=table.text("marks"),
        issue_date=table.day("issue_date"),
        expiry_date=table.optional_day("expiry_date"),
        father=table.optional_text("father"),
        mother=table.optional_text("mother"),
        spouse=table.optional_text("spouse"),
        old_number=table.optional_text("old_number"),
        chip_extra_id=table.optional_text("chip_extra_id"),
    )
    if number.birth_year != person.birth_date.year or number.sex != person.sex:
        raise table.error("personal_number", "it does not fit the year of birth and the sex")
    return person


def _printed(day: date) -> str:
    return f"{day:%d/%m/%Y}"
