"""DG13 of the Vietnamese chip ID card: the citizen's details with diacritics (national format in ICAO's DG13).

No public law gives the layout; it is known from cards. So entries are found by their number and never by their place,
every entry is optional, several forms are read, and what was unusual is said in ``deviations``::

    6D { SEQUENCE { [INTEGER version], [OID], SET { SEQUENCE { INTEGER number, value … } … } } }
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import NamedTuple

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from apdu.tlv import TLV
from chipid.asn1 import der

TAG = 0x6D
OID_UTF8 = "1.0.10646.1.0.8"
MAX_ENTRIES = 64
MAX_DEPTH = 4
MAX_NUMBER = 0xFFFF

_STRING_CODECS = {0x0C: "utf-8", 0x12: "utf-8", 0x13: "utf-8", 0x16: "utf-8", 0x1A: "utf-8", 0x1E: "utf-16-be"}
_PRINTABLE_ENTRIES = frozenset({1, 3, 11, 15, 16})


class DG13Number(IntEnum):
    """What an entry holds."""

    PERSONAL_NUMBER = 1
    FULL_NAME = 2
    BIRTH_DATE = 3
    SEX = 4
    NATIONALITY = 5
    ETHNICITY = 6
    RELIGION = 7
    PLACE_OF_ORIGIN = 8
    RESIDENCE = 9
    IDENTIFYING_MARKS = 10
    ISSUE_DATE = 11
    EXPIRY_DATE = 12
    PARENTS = 13
    SPOUSE = 14
    OLD_NUMBER = 15
    CHIP_EXTRA_ID = 16


class DG13Deviation(Enum):
    """What is unusual about a file that could be read."""

    NO_VERSION = "no-version"
    NO_OID = "no-oid"
    REPEATED_ENTRY = "repeated-entry"
    UNKNOWN_ENTRY = "unknown-entry"
    UNREADABLE_ENTRY = "unreadable-entry"
    PARENTS_IN_ONE_SEQUENCE = "parents-in-one-sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenDetails:
    """The texts of the card; None where the entry is absent or empty. Dates are texts, mostly ``dd/MM/yyyy``.

    ``place_of_origin`` is the place of birth registration on cards of 2024. ``chip_extra_id`` has no known meaning:
    it is opaque and links readings of one card, so it is never shown by default.
    """

    personal_number: str | None = field(default=None, repr=False)
    full_name: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    nationality: str | None = field(default=None, repr=False)
    ethnicity: str | None = field(default=None, repr=False)
    religion: str | None = field(default=None, repr=False)
    place_of_origin: str | None = field(default=None, repr=False)
    residence: str | None = field(default=None, repr=False)
    identifying_marks: str | None = field(default=None, repr=False)
    issue_date: str | None = field(default=None, repr=False)
    expiry_date: str | None = field(default=None, repr=False)
    father: str | None = field(default=None, repr=False)
    mother: str | None = field(default=None, repr=False)
    spouse: str | None = field(default=None, repr=False)
    old_number: str | None = field(default=None, repr=False)
    chip_extra_id: str | None = field(default=None, repr=False)


class DG13Entry(NamedTuple):
    """One entry as it came; ``texts`` are its strings in normal form C, None for an empty place among them."""

    number: int
    raw: bytes
    texts: tuple[str | None, ...]

    def __repr__(self) -> str:
        return f"DG13Entry(number={self.number})"  # the rest is somebody's


@dataclass(frozen=True, slots=True, kw_only=True)
class DG13(CitizenDetails):
    """``entries`` keeps every entry in the order of the card, the unknown ones included."""

    raw: bytes = field(repr=False)
    version: int | None
    oid: str | None
    entries: tuple[DG13Entry, ...]
    deviations: tuple[DG13Deviation, ...]

    @property
    def unknown(self) -> tuple[DG13Entry, ...]:
        return tuple(entry for entry in self.entries if entry.number not in _KNOWN)


_KNOWN = frozenset(DG13Number)


def parse_dg13(raw: bytes) -> DG13:
    """Read DG13. Raises :class:`MalformedDataError` children if there is no such structure.

    A known entry whose text cannot be read counts as absent and as a deviation; of a repeated entry the first counts.
    """
    parts = list(tlv.parse_one(raw, TAG).children())
    if len(parts) == 1 and parts[0].tag == der.SEQUENCE:
        parts = list(parts[0].children())
    deviations: set[DG13Deviation] = set()
    version = _take_version(parts)
    if version is None:
        deviations.add(DG13Deviation.NO_VERSION)
    oid = der.oid_of(parts.pop(0)) if parts and parts[0].tag == der.OBJECT_IDENTIFIER else None
    if oid is None:
        deviations.add(DG13Deviation.NO_OID)
    if len(parts) == 1 and _holds_entries(parts[0]):
        parts = list(parts[0].children())
    if len(parts) > MAX_ENTRIES:
        raise MalformedDataError(f"DG13 has more than {MAX_ENTRIES} entries")
    first: dict[int, DG13Entry] = {}
    entries = tuple(_parse_entry(part, deviations) for part in parts)
    for entry in entries:
        if first.setdefault(entry.number, entry) is not entry:
            deviations.add(DG13Deviation.REPEATED_ENTRY)
        if entry.number not in _KNOWN:
            deviations.add(DG13Deviation.UNKNOWN_ENTRY)

    def text(number: DG13Number, place: int = 0) -> str | None:
        entry = first.get(number)
        return entry.texts[place] if entry is not None and place < len(entry.texts) else None

    return DG13(
        raw=raw,
        version=version,
        oid=oid,
        entries=entries,
        deviations=tuple(one for one in DG13Deviation if one in deviations),
        personal_number=text(DG13Number.PERSONAL_NUMBER),
        full_name=text(DG13Number.FULL_NAME),
        birth_date=text(DG13Number.BIRTH_DATE),
        sex=text(DG13Number.SEX),
        nationality=text(DG13Number.NATIONALITY),
        ethnicity=text(DG13Number.ETHNICITY),
        religion=text(DG13Number.RELIGION),
        place_of_origin=text(DG13Number.PLACE_OF_ORIGIN),
        residence=text(DG13Number.RESIDENCE),
        identifying_marks=text(DG13Number.IDENTIFYING_MARKS),
        issue_date=text(DG13Number.ISSUE_DATE),
        expiry_date=text(DG13Number.EXPIRY_DATE),
        father=text(DG13Number.PARENTS, 0),
        mother=text(DG13Number.PARENTS, 1),
        spouse=text(DG13Number.SPOUSE),
        old_number=text(DG13Number.OLD_NUMBER),
        chip_extra_id=text(DG13Number.CHIP_EXTRA_ID),
    )


def _holds_entries(part: TLV) -> bool:
    """True for the SET around the entries, or a SEQUENCE in its place; an entry itself begins with its number."""
    return part.tag == der.SET or (part.tag == der.SEQUENCE and part.value[:1] == bytes((der.SEQUENCE,)))


def _take_version(parts: list[TLV]) -> int | None:
    if not parts or parts[0].tag != der.INTEGER:
        return None
    return der.decode_small(parts.pop(0), MAX_NUMBER)


def _parse_entry(part: TLV, deviations: set[DG13Deviation]) -> DG13Entry:
    children = der.expect(part, der.SEQUENCE).children()
    if not children:
        raise TLVError("an entry of DG13 is empty")
    number, values = der.decode_small(children[0], MAX_NUMBER), children[1:]
    texts: list[str | None] = []
    try:
        for value in values:
            texts += _flatten(value, 1)
    except MalformedDataError:
        texts = []
        deviations.add(DG13Deviation.UNREADABLE_ENTRY)
    if number == DG13Number.PARENTS and len(values) == 1 and len(texts) > 1:
        deviations.add(DG13Deviation.PARENTS_IN_ONE_SEQUENCE)
    return DG13Entry(number=number, raw=part.raw, texts=tuple(texts))


def _flatten(value: TLV, depth: int) -> list[str | None]:
    """The strings below ``value`` in their order; an empty template or string keeps its place as None.

    Otherwise a father who is not named would make the mother the father.
    """
    if depth > MAX_DEPTH:
        raise TLVError("an entry of DG13 is nested too deep")
    codec = _STRING_CODECS.get(value.tag)
    if codec is not None:
        try:
            text = value.value.decode(codec)
        except UnicodeDecodeError as error:
            raise MalformedDataError("an entry of DG13 holds text in another encoding") from error
        return [unicodedata.normalize("NFC", text) if text.strip() else None]
    if value.tag in (der.SEQUENCE, der.SET):
        return [text for child in value.children() for text in _flatten(child, depth + 1)] or [None]
    if value.tag == der.NULL:
        return [None]
    raise TLVError(f"an entry of DG13 holds data object {value.tag:X}")


def build_dg13(details: CitizenDetails, *, header: bool = True, parents_in_one_sequence: bool = False) -> bytes:
    """Write DG13 in the form that cards use: entries ascending, absent ones left out, an unnamed parent as ``30 00``.

    ``header`` writes version and OID; the other form of the parents exists for tests of readers.
    """
    single = (
        details.personal_number,
        details.full_name,
        details.birth_date,
        details.sex,
        details.nationality,
        details.ethnicity,
        details.religion,
        details.place_of_origin,
        details.residence,
        details.identifying_marks,
        details.issue_date,
        details.expiry_date,
    )
    entries = [_entry(number, _string(number, text)) for number, text in enumerate(single, start=1) if text is not None]
    if details.father is not None or details.mother is not None:
        entries.append(_parents((details.father, details.mother), in_one=parents_in_one_sequence))
    if details.spouse is not None:
        entries.append(_entry(14, der.encode_sequence(_string(14, details.spouse))))
    for number, text in ((15, details.old_number), (16, details.chip_extra_id)):
        if text is not None:
            entries.append(_entry(number, _string(number, text)))
    head = (der.encode_integer(1), der.encode_oid(OID_UTF8)) if header else ()
    # Not der.encode_set: cards keep the entries in the order of their numbers.
    return tlv.encode(TAG, der.encode_sequence(*head, tlv.encode(der.SET, *entries)))


def _parents(names: Sequence[str | None], *, in_one: bool) -> bytes:
    strings = [b"" if name is None else _string(13, name) for name in names]
    if in_one:
        return _entry(13, der.encode_sequence(*(string or der.encode_sequence() for string in strings)))
    return _entry(13, *(der.encode_sequence(string) for string in strings))


def _entry(number: int, *values: bytes) -> bytes:
    return der.encode_sequence(der.encode_integer(number), *values)


def _string(number: int, text: str) -> bytes:
    tag = der.PRINTABLE_STRING if number in _PRINTABLE_ENTRIES else der.UTF8_STRING
    return tlv.encode(tag, text.encode("utf-8"))
