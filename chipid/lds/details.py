"""What DG11 and DG12 share: a tag list, optional data objects, texts and dates (ICAO Doc 9303-10 §4.7.11, §4.7.12)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.mrz.dates import PartialDate, partial_date

TAG_LIST = 0x5C
CONTENT_TEMPLATE = 0xA0  # holds repeated objects behind their number

_UNKNOWN_YEARS = ("0000", "<<<<")
_UNKNOWN_PARTS = ("00", "<<")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownObject:
    """A data object that is not read here; ``raw`` is the whole object."""

    tag: int
    raw: bytes = field(repr=False)


class DetailObjects:
    """The data objects of one such file, looked up by tag.

    Raises :class:`MalformedDataError` children for a broken structure and for a repeated object that is asked for.
    The tag list and the number of repeated objects are not believed: chips get both wrong.
    """

    def __init__(self, raw: bytes, tag: int) -> None:
        self._objects = tlv.parse_one(raw, tag).children()
        templates = [one.children() for one in self._objects if one.tag == CONTENT_TEMPLATE]
        self._repeated = tuple(one for template in templates for one in template if one.tag != der.INTEGER)

    def data(self, tag: int) -> bytes | None:
        """The value of an object, None if it is absent or empty."""
        found = tlv.find(self._objects, tag)
        return (found.value or None) if found is not None else None

    def text(self, tag: int) -> str | None:
        value = self.data(tag)
        return None if value is None else decode_text(value)

    def date(self, tag: int) -> PartialDate | None:
        value = self.data(tag)
        return None if value is None else decode_date(value)

    def texts(self, tag: int) -> tuple[str, ...]:
        """The repeated texts of ``tag``, whether they stand in their template or beside it."""
        return tuple(decode_text(one.value) for one in (*self._repeated, *self._objects) if one.tag == tag)

    def unknown(self, known: Iterable[int]) -> tuple[UnknownObject, ...]:
        """All other objects, those of the template included."""
        names = {TAG_LIST, CONTENT_TEMPLATE, *known}
        others: list[TLV] = [one for one in (*self._objects, *self._repeated) if one.tag not in names]
        return tuple(UnknownObject(tag=one.tag, raw=one.raw) for one in others)


def decode_text(value: bytes) -> str:
    """UTF-8 in normal form C. Raises :class:`MalformedDataError`."""
    try:
        return unicodedata.normalize("NFC", value.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedDataError("a text is not UTF-8") from error


def decode_digits(value: bytes, count: int) -> str:
    """``count`` digits (or fillers) in ASCII, or packed two a byte as many chips do."""
    packed = value.hex() if 2 * len(value) == count else ""
    digits = packed or value.decode("ascii", errors="replace")
    if len(digits) != count or not set(digits) <= set("0123456789<"):
        raise MalformedDataError(f"a field does not hold {count} digits")
    return digits


def decode_date(value: bytes) -> PartialDate:
    """``YYYYMMDD`` with zeros for unknown parts. Raises :class:`MalformedDataError`."""
    digits = decode_digits(value, 8)
    try:
        year = None if digits[:4] in _UNKNOWN_YEARS else int(digits[:4])
        month, day = (None if part in _UNKNOWN_PARTS else int(part) for part in (digits[4:6], digits[6:]))
    except ValueError as error:
        raise MalformedDataError("a date is filled in part") from error
    return partial_date(year, month, day)


def encode_date(value: PartialDate) -> bytes:
    """``YYYYMMDD`` in ASCII, zeros for unknown parts."""
    return f"{value.year or 0:04}{value.month or 0:02}{value.day or 0:02}".encode("ascii")


def build_details(
    tag: int, objects: Sequence[tuple[int, bytes | None]], repeated: Sequence[tuple[int, bytes]]
) -> bytes:
    """Write the file: tag list, objects in the order given (None is left out), repeated objects in their template."""
    present = [(name, value) for name, value in objects if value is not None]
    names = [name for name, _ in present] + list(dict.fromkeys(name for name, _ in repeated))
    body = [tlv.encode(name, value) for name, value in present]
    if repeated:
        if len(repeated) > 0xFF:
            raise TLVError("more than 255 repeated objects")
        items = (tlv.encode(name, value) for name, value in repeated)
        body.append(tlv.encode(CONTENT_TEMPLATE, tlv.encode(der.INTEGER, bytes((len(repeated),))), *items))
    return tlv.encode(tag, tlv.encode(TAG_LIST, *(tlv.encode_tag(name) for name in names)), *body)


def encode_text(text: str | None) -> bytes | None:
    return None if text is None else unicodedata.normalize("NFC", text).encode("utf-8")
