"""The optional data of a Vietnamese TD1 zone: the personal number, ``<<``, and a check digit of the number.

The digit is a national habit outside ICAO Doc 9303-5, so a wrong one is a result and no error.
"""

from __future__ import annotations

from dataclasses import dataclass

from apdu.errors import MalformedDataError
from chipid.mrz.check_digits import FILLER, CheckDigit, check_digit, compare
from chipid.mrz.mrz import MRZ, MRZFormat
from chipid.vietnam.personal_number import LENGTH, PersonalNumber, parse_personal_number

OPTIONAL_LENGTH = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNumber:
    """The personal number of a zone, its check digit, and whether the document number is its end."""

    personal_number: PersonalNumber
    check_digit: CheckDigit
    matches_document_number: bool


def is_vietnamese_card(mrz: MRZ) -> bool:
    """True for a TD1 identity document issued by Viet Nam."""
    return mrz.format is MRZFormat.TD1 and mrz.issuer == "VNM" and mrz.document_code.startswith("I")


def read_card_number(mrz: MRZ) -> CardNumber:
    """The personal number in the optional data of a Vietnamese card. Raises :class:`MalformedDataError`."""
    if not is_vietnamese_card(mrz):
        raise MalformedDataError("personal number: this is not the zone of a Vietnamese card")
    optional = mrz.optional_data.ljust(OPTIONAL_LENGTH, FILLER)
    number = parse_personal_number(optional[:LENGTH])
    return CardNumber(
        personal_number=number,
        check_digit=compare(number.digits, optional[-1]),
        matches_document_number=number.document_number == mrz.document_number,
    )


def optional_data(number: PersonalNumber) -> str:
    """What a card carries in its optional data."""
    return f"{number.digits}{FILLER}{FILLER}{check_digit(number.digits)}"
