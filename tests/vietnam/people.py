"""The invented citizens of the simulator, and what their cards carry, written without its code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from chipid.lds.dg13 import CitizenDetails
from chipid.mrz.mrz import MRZFields, build_td1
from chipid.vietnam.card_mrz import optional_data
from chipid.vietnam.personal_number import PersonalNumber, parse_personal_number

AS_OF = date(2025, 6, 1)
FILE = files("simulator.personalisation").joinpath("citizens.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """One entry of the file; ``expiry_date`` of None is a card for life."""

    key: str
    personal_number: str
    full_name: str
    birth_date: date
    sex: str
    nationality: str
    ethnicity: str
    religion: str
    origin: str
    residence: str
    marks: str
    issue_date: date
    expiry_date: date | None = None
    father: str | None = None
    mother: str | None = None
    spouse: str | None = None
    old_number: str | None = None

    @property
    def number(self) -> PersonalNumber:
        return parse_personal_number(self.personal_number)

    @property
    def age(self) -> int:
        had_birthday = (AS_OF.month, AS_OF.day) >= (self.birth_date.month, self.birth_date.day)
        return AS_OF.year - self.birth_date.year - (not had_birthday)

    @property
    def word_for_sex(self) -> str:
        return {"M": "Nam", "F": "Nữ"}[self.sex]

    @property
    def details(self) -> CitizenDetails:
        return CitizenDetails(
            personal_number=self.personal_number,
            full_name=self.full_name,
            birth_date=f"{self.birth_date:%d/%m/%Y}",
            sex=self.word_for_sex,
            nationality=self.nationality,
            ethnicity=self.ethnicity,
            religion=self.religion,
            place_of_origin=self.origin,
            residence=self.residence,
            identifying_marks=self.marks,
            issue_date=f"{self.issue_date:%d/%m/%Y}",
            expiry_date="Không thời hạn" if self.expiry_date is None else f"{self.expiry_date:%d/%m/%Y}",
            father=self.father,
            mother=self.mother,
            spouse=self.spouse,
            old_number=self.old_number,
        )

    @property
    def mrz(self) -> str:
        surname, _, given_names = self.full_name.partition(" ")
        return build_td1(
            MRZFields(
                document_code="ID",
                issuer="VNM",
                nationality="VNM",
                document_number=self.number.document_number,
                birth_date=f"{self.birth_date:%y%m%d}",
                expiry_date="991231" if self.expiry_date is None else f"{self.expiry_date:%y%m%d}",
                sex=self.sex,
                primary_name=surname,
                secondary_name=given_names,
                optional_data=optional_data(self.number),
            )
        )

    @property
    def qr(self) -> str:
        fields = (
            self.personal_number,
            self.old_number or "",
            self.full_name,
            f"{self.birth_date:%d%m%Y}",
            self.word_for_sex,
            self.residence,
            f"{self.issue_date:%d%m%Y}",
        )
        return "|".join(fields)


@cache
def citizens() -> tuple[Citizen, ...]:
    """All of them."""
    return tuple(Citizen(**entry) for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["person"])
