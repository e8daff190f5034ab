"""Reading and writing the machine readable zone of TD1, TD2 and TD3 documents.

ICAO Doc 9303-3 §4, 9303-4 §4.2 (TD3), 9303-5 §4.2 (TD1), 9303-6 §4.2 (TD2). A wrong check digit is a result,
not an error: the zone is kept as it came, and whoever judges it looks at :attr:`MRZ.check_digits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from operator import itemgetter

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError
from chipid.mrz.check_digits import (
    FILLER,
    CheckDigit,
    check_alphabet,
    check_digit,
    compare,
    digit_values,
    weigh,
)
from chipid.mrz.names import format_name, split_name

NUMBER_LENGTH = 9

# Where each field stands in the zone without its line breaks: first and last position, counted from 1.
_TD1_PLACES = {
    "document_code": (1, 2),
    "issuer": (3, 5),
    "document_number": (6, 14),
    "document_number_digit": (15, 15),
    "optional_data": (16, 30),
    "birth_date": (31, 36),
    "birth_date_digit": (37, 37),
    "sex": (38, 38),
    "expiry_date": (39, 44),
    "expiry_date_digit": (45, 45),
    "nationality": (46, 48),
    "optional_data_2": (49, 59),
    "composite_digit": (60, 60),
    "names": (61, 90),
}
_TD2_PLACES = {
    "document_code": (1, 2),
    "issuer": (3, 5),
    "names": (6, 36),
    "document_number": (37, 45),
    "document_number_digit": (46, 46),
    "nationality": (47, 49),
    "birth_date": (50, 55),
    "birth_date_digit": (56, 56),
    "sex": (57, 57),
    "expiry_date": (58, 63),
    "expiry_date_digit": (64, 64),
    "optional_data": (65, 71),
    "composite_digit": (72, 72),
}
_TD3_PLACES = {
    "document_code": (1, 2),
    "issuer": (3, 5),
    "names": (6, 44),
    "document_number": (45, 53),
    "document_number_digit": (54, 54),
    "nationality": (55, 57),
    "birth_date": (58, 63),
    "birth_date_digit": (64, 64),
    "sex": (65, 65),
    "expiry_date": (66, 71),
    "expiry_date_digit": (72, 72),
    "optional_data": (73, 86),
    "optional_data_digit": (87, 87),
    "composite_digit": (88, 88),
}


class MRZFormat(Enum):
    """The size of a document: lines, characters a line, the places of its fields, what the composite covers."""

    TD1 = (3, 30, _TD1_PLACES, ((6, 37), (39, 45), (49, 59)))
    TD2 = (2, 36, _TD2_PLACES, ((37, 46), (50, 56), (58, 71)))
    TD3 = (2, 44, _TD3_PLACES, ((45, 54), (58, 64), (66, 87)))

    def __init__(
        self,
        line_count: int,
        line_length: int,
        places: Mapping[str, tuple[int, int]],
        composite: tuple[tuple[int, int], ...],
    ) -> None:
        self.line_count = line_count
        self.line_length = line_length
        self.places = places
        self.composite = composite
        self._slices = {name: slice(first - 1, last) for name, (first, last) in places.items()}
        self._cut_all = itemgetter(*self._slices.values())
        # Every check digit in this order: the field that it is of, where it stands, and how to cut what it covers.
        self.digits: tuple[tuple[str, int, Callable[[bytes], bytes]], ...] = (
            *(
                (name, places[f"{name}_digit"][0] - 1, itemgetter(self._slices[name]))
                for name in ("document_number", "birth_date", "expiry_date", "optional_data")
                if f"{name}_digit" in places
            ),
            ("composite", places["composite_digit"][0] - 1, self._cut_composite),
        )

    @property
    def length(self) -> int:
        """Characters of the whole zone."""
        return self.line_count * self.line_length

    def cut(self, text: str, name: str) -> str:
        """The characters of the field ``name``, fillers included; empty if this format lacks the field."""
        return text[self._slices.get(name, _NOTHING)]

    def cut_all(self, text: str) -> dict[str, str]:
        """The characters of every field by its name, fillers included."""
        return dict(zip(self._slices, self._cut_all(text), strict=True))

    def width(self, name: str) -> int:
        first, last = self.places.get(name, (1, 0))
        return last - first + 1

    def composite_text(self, text: str) -> str:
        """What the composite check digit is computed over."""
        return "".join(text[first - 1 : last] for first, last in self.composite)

    def _cut_composite(self, values: bytes) -> bytes:
        return b"".join([values[first - 1 : last] for first, last in self.composite])


@dataclass(frozen=True, slots=True, kw_only=True)
class MRZFields:
    """The contents of a zone, free of fillers, check digits and widths.

    Dates are ``YYMMDD`` as printed, with ``<`` for unknown parts. ``sex`` is ``M``, ``F`` or ``<``. A document
    number may be longer than nine characters in TD1 and TD2.
    """

    document_code: str
    issuer: str
    nationality: str
    document_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    expiry_date: str = field(repr=False)
    sex: str = field(repr=False)
    primary_name: str = field(repr=False)
    secondary_name: str = field(default="", repr=False)
    optional_data: str = field(default="", repr=False)
    optional_data_2: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MRZ(MRZFields):
    """A parsed zone; ``text`` is the zone as it came, without line breaks.

    ``document_number`` is the whole number. ``optional_data`` is what follows it there, trailing fillers removed.
    """

    format: MRZFormat
    text: str = field(repr=False)

    @property
    def lines(self) -> tuple[str, ...]:
        edges = range(0, self.format.length + 1, self.format.line_length)
        return tuple(self.text[start:end] for start, end in pairwise(edges))

    @property
    def check_digits(self) -> dict[str, CheckDigit]:
        """Every check digit of the zone by the name of its field; ``composite`` is the last one."""
        form, text = self.format, self.text
        values = digit_values(text)
        weighed = [(name, weigh(cut(values)), text[place]) for name, place, cut in form.digits]
        digits = {name: CheckDigit(expected, found, expected == found) for name, expected, found in weighed}
        unusual = [name for name in _MAY_BE_FILLERS if name in digits and digits[name].found == FILLER]
        if unusual:
            fields = form.cut_all(text)
            long_number = _split_long_number(form, fields)
            if long_number is not None:
                digits["document_number"] = compare(long_number.number, long_number.digit)
            if "optional_data" in unusual:
                digits["optional_data"] = compare(fields["optional_data"], FILLER, filler_if_empty=True)
        return digits

    @property
    def wrong_digits(self) -> tuple[str, ...]:
        """The fields whose check digit is not what it must be, named as in :attr:`check_digits`."""
        text, values = self.text, digit_values(self.text)
        for _, place, cut in self.format.digits:
            if weigh(cut(values)) != text[place]:
                return tuple(name for name, digit in self.check_digits.items() if not digit.ok)
        return ()


_NOTHING = slice(0)
_BY_LENGTH = {form.length: form for form in MRZFormat}
_MAY_BE_FILLERS = ("document_number", "optional_data")  # the digits of these


def parse_mrz(text: str) -> MRZ:
    """Read a zone with or without line breaks; the format follows from its length.

    Raises :class:`MalformedDataError` for another length or a foreign character, :class:`UnsupportedError` for
    a visa. Wrong check digits do not raise.
    """
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    zone = parse_zone("".join(lines))
    if len(lines) not in (1, zone.format.line_count):
        raise MalformedDataError(f"a machine readable zone of {len(lines)} lines is neither TD1, TD2 nor TD3")
    if len(lines) > 1 and {len(line) for line in lines} != {zone.format.line_length}:
        raise MalformedDataError("the lines of the machine readable zone differ in length")
    return zone


def parse_zone(text: str) -> MRZ:
    """Read a zone whose lines stand one behind the other, as in DG1; raises as :func:`parse_mrz`."""
    check_alphabet(text, "the machine readable zone")
    form = _BY_LENGTH.get(len(text))
    if form is None:
        raise MalformedDataError(f"a machine readable zone of {len(text)} characters is neither TD1, TD2 nor TD3")
    if text[0] == "V":
        raise UnsupportedError("the machine readable zone of a visa is not read")
    return _parse(form, text)


def _parse(form: MRZFormat, text: str) -> MRZ:
    fields = form.cut_all(text)
    number, optional = fields["document_number"], fields["optional_data"]
    long_number = _split_long_number(form, fields)
    if long_number is not None:
        number, optional = long_number.number, long_number.optional_data
    primary, secondary = split_name(fields["names"])
    return MRZ(
        format=form,
        text=text,
        document_code=fields["document_code"].rstrip(FILLER),
        issuer=fields["issuer"].rstrip(FILLER),
        nationality=fields["nationality"].rstrip(FILLER),
        document_number=number.rstrip(FILLER),
        birth_date=fields["birth_date"],
        expiry_date=fields["expiry_date"],
        sex=fields["sex"],
        primary_name=primary,
        secondary_name=secondary,
        optional_data=optional.rstrip(FILLER),
        optional_data_2=fields.get("optional_data_2", "").rstrip(FILLER),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _LongNumber:
    number: str = field(repr=False)
    digit: str = field(repr=False)
    optional_data: str = field(repr=False)


def _split_long_number(form: MRZFormat, fields: Mapping[str, str]) -> _LongNumber | None:
    """A number of more than nine characters goes on in the optional data (9303-5 §4.2.2, 9303-6 §4.2.2, note j).

    The digit's place holds ``<`` then; the rest of the number, its digit and one ``<`` open the optional data.
    """
    if form is MRZFormat.TD3 or fields["document_number_digit"] != FILLER:
        return None
    first = fields["document_number"]
    rest, _, optional = fields["optional_data"].partition(FILLER)
    if first.endswith(FILLER) or len(rest) < 2 or not rest[-1].isdigit():
        return None
    return _LongNumber(number=first + rest[:-1], digit=rest[-1], optional_data=optional)


def build_td1(fields: MRZFields) -> str:
    """Write a TD1 zone: 90 characters without line breaks (ICAO Doc 9303-5 §4.2).

    Names are transliterated. Raises :class:`MalformedDataError` if a field does not fit.
    """
    return _build(MRZFormat.TD1, fields)


def build_td2(fields: MRZFields) -> str:
    """Write a TD2 zone: 72 characters without line breaks (ICAO Doc 9303-6 §4.2); see :func:`build_td1`."""
    return _build(MRZFormat.TD2, fields)


def build_td3(fields: MRZFields) -> str:
    """Write a TD3 zone: 88 characters without line breaks (ICAO Doc 9303-4 §4.2); see :func:`build_td1`."""
    return _build(MRZFormat.TD3, fields)


def _build(form: MRZFormat, fields: MRZFields) -> str:
    number, digit, optional = fields.document_number, check_digit(fields.document_number), fields.optional_data
    if len(number) > NUMBER_LENGTH and form is not MRZFormat.TD3:
        optional = f"{number[NUMBER_LENGTH:]}{digit}{FILLER}{optional}"
        number, digit = number[:NUMBER_LENGTH], FILLER
    values = {
        "document_code": fields.document_code,
        "issuer": fields.issuer,
        "nationality": fields.nationality,
        "document_number": number,
        "document_number_digit": digit,
        "birth_date": fields.birth_date,
        "birth_date_digit": check_digit(fields.birth_date),
        "sex": fields.sex,
        "expiry_date": fields.expiry_date,
        "expiry_date_digit": check_digit(fields.expiry_date),
        "names": format_name(fields.primary_name, fields.secondary_name, form.width("names")),
        "optional_data": optional,
        "optional_data_digit": check_digit(optional) if optional else FILLER,
        "optional_data_2": fields.optional_data_2,
        "composite_digit": FILLER,
    }
    if fields.optional_data_2 and "optional_data_2" not in form.places:
        raise MalformedDataError(f"{form.name} has no second field of optional data")
    # The places are ascending, so the zone is the concatenation of its fields.
    text = "".join(_fit(form, name, values[name]) for name in form.places)
    zone = {**values, "composite_digit": check_digit(form.composite_text(text))}
    return "".join(_fit(form, name, zone[name]) for name in form.places)


def _fit(form: MRZFormat, name: str, value: str) -> str:
    check_alphabet(value, f"the field {name}")
    if len(value) > form.width(name):
        raise MalformedDataError(f"the field {name} does not fit into {form.name}")
    return value.ljust(form.width(name), FILLER)
