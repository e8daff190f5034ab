"""The templates that DG2, DG3 and DG4 wrap their records in (ICAO Doc 9303-10 §4.7.2 to §4.7.4, ISO/IEC 7816-11).

What a header says about its record is compared with what it should say, by name: readers go by the record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.errors import UnsupportedError

GROUP_TEMPLATE = 0x7F61
INFORMATION_TEMPLATE = 0x7F60
HEADER_TEMPLATE = 0xA1
DATA_BLOCK = 0x5F2E
EXTENSIBLE_DATA_BLOCK = 0x7F2E  # ISO/IEC 39794
MAX_TEMPLATES = 9
FORMAT_OWNER = b"\x01\x01"  # ISO/IEC JTC 1/SC 37

_TYPE, _SUBTYPE, _OWNER, _FORMAT = 0x81, 0x82, 0x87, 0x88
_SIDES = frozenset({1, 2})
_NO_INFORMATION = 0


class Modality(Enum):
    """What is recorded: the biometric type, the formats of ISO/IEC 19794, and the subtypes of a single instance.

    DG2 may leave the subtype out (no set of them); one finger or iris must be told from the other.
    """

    FACE = (0x02, (b"\x00\x08",), None)
    FINGER = (0x08, (b"\x00\x07",), frozenset(side | finger << 2 for side in _SIDES for finger in range(1, 6)))
    IRIS = (0x10, (b"\x00\x09", b"\x00\x0b"), _SIDES)

    def __init__(self, biometric_type: int, formats: tuple[bytes, ...], subtypes: frozenset[int] | None) -> None:
        self.biometric_type = biometric_type
        self.formats = formats
        self.subtypes = subtypes

    __hash__ = object.__hash__  # members are singletons; the hash of Enum is that of a name, and slow


@dataclass(frozen=True, slots=True, kw_only=True)
class BiometricTemplate:
    """One biometric information template: its header as it came, empty if there is none, and its record."""

    header: bytes = field(repr=False)
    record: bytes = field(repr=False)


def parse_templates(raw: bytes, tag: int) -> tuple[BiometricTemplate, ...]:
    """The templates of a data group, from none to nine.

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for records of ISO/IEC 39794.
    """
    only = _only_template(raw, tag)
    return _walk(raw, tag) if only is None else (only,)


# Tag and length of the group, of the template around all, their number, one of them, its header; then the record.
_OUTER = struct.Struct(">BBHHBH3sHBHBB")
_INNER = struct.Struct(">HBH")
_TWO_BYTES_OF_LENGTH = 0x82
_MAX_SIZE = 0xFFFF


def _only_template(raw: bytes, tag: int) -> BiometricTemplate | None:
    """The template of a group that holds one, where each length is written in two bytes and fills what is around it.

    Then everything stands where the size of the file and of the header put it: to compare what stands there comes to
    the same as to walk through it. None for every other group.
    """
    size = len(raw)
    if not _OUTER.size < size <= _MAX_SIZE:
        return None
    header = raw[_OUTER.size - 1]
    block = _OUTER.size + header
    record = block + _INNER.size
    if header > _MAX_SHORT_LENGTH or record > size:
        return None
    long = _TWO_BYTES_OF_LENGTH
    outer = _OUTER.pack(
        *(tag, long, size - 4),
        *(GROUP_TEMPLATE, long, size - 9, _ONE),
        *(INFORMATION_TEMPLATE, long, size - 17),
        *(HEADER_TEMPLATE, header),
    )
    if not raw.startswith(outer) or raw[block:record] != _INNER.pack(DATA_BLOCK, long, size - record):
        return None
    return BiometricTemplate(header=raw[_OUTER.size - 2 : block], record=raw[record:])


_MAX_SHORT_LENGTH = 0x7F
_ONE = der.encode_integer(1)


def _walk(raw: bytes, tag: int) -> tuple[BiometricTemplate, ...]:
    children = tlv.parse_one(raw, tag).children()
    group = tlv.find(children, GROUP_TEMPLATE)
    if group is None:
        raise TLVError(f"data object {GROUP_TEMPLATE:X} is missing in {tag:X}")
    elements = group.children()
    count = tlv.find(elements, der.INTEGER)
    if count is None:
        raise TLVError(f"data object {GROUP_TEMPLATE:X} does not tell the number of its templates")
    declared = der.decode_integer(count)
    templates = [one for one in elements if one.tag == INFORMATION_TEMPLATE]
    if declared != len(templates) or declared > MAX_TEMPLATES:
        raise MalformedDataError("a data group holds another number of templates than it says")
    return tuple(_parse_template(one) for one in templates)


def _parse_template(template: TLV) -> BiometricTemplate:
    children = template.children()
    header = tlv.find(children, HEADER_TEMPLATE)
    block = tlv.find(children, DATA_BLOCK)
    if block is None:
        if tlv.find(children, EXTENSIBLE_DATA_BLOCK) is not None:
            raise UnsupportedError("a data group holds a record of ISO/IEC 39794")
        raise MalformedDataError("a template holds no biometric data")
    return BiometricTemplate(header=b"" if header is None else header.raw, record=block.value)


def build_templates(tag: int, modality: Modality, records: Iterable[tuple[int, bytes]]) -> bytes:
    """Write a data group with one template for each subtype and record."""
    templates = [
        tlv.encode(
            INFORMATION_TEMPLATE,
            tlv.encode(HEADER_TEMPLATE, _header(modality, subtype)),
            tlv.encode(DATA_BLOCK, record),
        )
        for subtype, record in records
    ]
    group = tlv.encode(GROUP_TEMPLATE, der.encode_integer(len(templates)), *templates)
    return tlv.encode(tag, group)


def _header(modality: Modality, subtype: int) -> bytes:
    values = (
        (_TYPE, bytes((modality.biometric_type,))),
        (_SUBTYPE, bytes((subtype,))),
        (_OWNER, FORMAT_OWNER),
        (_FORMAT, modality.formats[0]),
    )
    return b"".join(tlv.encode(tag, value) for tag, value in values)


@lru_cache(maxsize=64)
def header_deviations(header: bytes, modality: Modality) -> tuple[str, ...]:
    """What a header says otherwise than the standard wants it; the headers of an issue are all the same."""
    try:
        objects = tlv.parse_one(header, HEADER_TEMPLATE).children() if header else ()
        values = {tag: tlv.find(objects, tag) for tag in (_TYPE, _SUBTYPE, _OWNER, _FORMAT)}
    except TLVError:
        return ("biometric-header-malformed",)
    return tuple(_deviations({tag: one.value for tag, one in values.items() if one is not None}, modality))


def _deviations(values: dict[int, bytes], modality: Modality) -> Iterator[str]:
    if values.get(_OWNER) != FORMAT_OWNER:
        yield "biometric-format-owner"
    if values.get(_FORMAT) not in modality.formats:
        yield "biometric-format-type"
    found = values.get(_TYPE)
    if found is not None and len(found) == 3 and found == modality.biometric_type.to_bytes(3, "big"):
        yield "biometric-type-deprecated"  # three bytes, of the first edition of the header format
    elif found is not None and found != bytes((modality.biometric_type,)):
        yield "biometric-type"
    if modality.subtypes is not None:
        subtype = values.get(_SUBTYPE, b"")
        if len(subtype) != 1 or (subtype[0] not in modality.subtypes and subtype[0] != _NO_INFORMATION):
            yield "biometric-subtype"
