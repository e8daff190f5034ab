"""Distinguished names (RFC 5280 §4.1.2.4, ICAO Doc 9303-12 §7.1.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der, oids

MAX_NAME_BYTES: Final = 4096  # the longest in the German list of 588 certificates has 213
MAX_ATTRIBUTES: Final = 64
MAX_REMEMBERED_BYTES: Final = 1024

_LABELS: Final[Mapping[str, str]] = {
    oids.COUNTRY_NAME: "C",
    oids.STATE_OR_PROVINCE_NAME: "ST",
    oids.LOCALITY_NAME: "L",
    oids.ORGANIZATION_NAME: "O",
    oids.ORGANIZATIONAL_UNIT_NAME: "OU",
    oids.COMMON_NAME: "CN",
    oids.SERIAL_NUMBER_NAME: "serialNumber",
}

# UTF8, Numeric, Printable, Teletex (read as Latin 1, as everybody does), IA5, Visible, Universal, BMP.
_ENCODINGS: Final[Mapping[int, str]] = {
    0x0C: "utf-8",
    0x12: "latin-1",
    0x13: "latin-1",
    0x14: "latin-1",
    0x16: "latin-1",
    0x1A: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name as it came, and its attributes as (object identifier, text)."""

    raw: bytes = field(repr=False)
    attributes: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return ", ".join(f"{_LABELS.get(oid, oid)}={_printable(text)}" for oid, text in self.attributes)

    @property
    def country(self) -> str:
        """The country code in upper case, empty if there is none."""
        return next((text.strip().upper() for oid, text in self.attributes if oid == oids.COUNTRY_NAME), "")

    @property
    def canonical(self) -> tuple[tuple[str, str], ...]:
        """What two names have in common that match."""
        return _canonical(self.attributes)

    def matches(self, other: Name) -> bool:
        """Compare as people mean it: order, letter case, spaces and text types do not count.

        States write the name of one CSCA in different ways. A match only orders a search; a signature decides.
        """
        return self.raw == other.raw or self.canonical == other.canonical


def parse_name(data: bytes) -> Name:
    """Read a Name; raises :class:`MalformedDataError`. The last ones are remembered: issuers are few."""
    if len(data) > MAX_NAME_BYTES:
        raise MalformedDataError(f"a name of {len(data)} bytes")
    return _remembered(data) if len(data) <= MAX_REMEMBERED_BYTES else _parse(data)


def _parse(data: bytes) -> Name:
    attributes = [
        _parse_attribute(attribute)
        for relative_name in der.parse_sequence(data)
        for attribute in der.expect(relative_name, der.SET).children()
    ]
    if len(attributes) > MAX_ATTRIBUTES:
        raise MalformedDataError(f"a name has {len(attributes)} attributes")
    return Name(raw=data, attributes=tuple(attributes))


_remembered = lru_cache(maxsize=512)(_parse)


def _parse_attribute(attribute: TLV) -> tuple[str, str]:
    parts = der.expect(attribute, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("an attribute of a name does not have two elements")
    return der.oid_of(parts[0]), decode_text(parts[1])


def decode_text(found: TLV) -> str:
    """A text of any of the string types; bytes that do not fit the type become replacement characters."""
    encoding = _ENCODINGS.get(found.tag)
    if encoding is None:
        raise MalformedDataError(f"data object {found.tag:X} is no text")
    return found.value.decode(encoding, errors="replace")


@lru_cache(maxsize=512)
def _canonical(attributes: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((oid, " ".join(text.casefold().split())) for oid, text in attributes))


def _printable(text: str) -> str:
    """Without control characters and runs of blanks: a name goes to terminals and logs, and must not look like more.

    A comma within it is escaped (RFC 4514 §2.4), so that one attribute cannot be taken for several.
    """
    one_line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return " ".join(one_line.split()).replace("\\", "\\\\").replace(",", "\\,")
