"""Files of the ICAO Public Key Directory in LDIF (RFC 2849; ICAO Doc 9303-12 §10).

Read as a stream, one entry at a time, so that memory does not grow with the file. Values that are given as a URL are
never followed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Final

from apdu.errors import MalformedDataError

MAX_LINE_BYTES: Final = 6 << 20  # a master list of 4 MiB in Base64
MAX_CONTINUATIONS: Final = 1 << 17  # of one value: that list in lines of 64 characters
MAX_ENTRY_BYTES: Final = 8 << 20
MAX_ENTRY_VALUES: Final = 1024
MAX_ENTRIES: Final = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LDIFEntry:
    """One entry: its distinguished name, ``changetype`` if it is a change, and all values in their order.

    The names of attributes are in lower case and without options such as ``;binary``.
    """

    dn: str
    change: str | None
    values: tuple[tuple[str, bytes], ...] = field(repr=False)


class PKDKind(StrEnum):
    """What an object of the directory is."""

    CERTIFICATE = "certificate"
    CRL = "crl"
    MASTER_LIST = "master-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class PKDObject:
    """One object in DER, and the entry it stands in."""

    kind: PKDKind
    dn: str
    data: bytes = field(repr=False)


# The directory has renamed its attributes over the years.
_KINDS: Final[Mapping[str, PKDKind]] = {
    "usercertificate": PKDKind.CERTIFICATE,
    "cacertificate": PKDKind.CERTIFICATE,
    "certificaterevocationlist": PKDKind.CRL,
    "pkdmasterlistcontent": PKDKind.MASTER_LIST,
    "cscamasterlistdata": PKDKind.MASTER_LIST,
}
_CHANGES_THAT_BRING: Final = (None, "add")


def read_pkd(stream: BinaryIO) -> Iterator[PKDObject]:
    """The certificates, CRLs and master lists of an LDIF file.

    Entries that take something away or change it bring nothing: trust is removed by its owner, not by a download.
    Raises as :func:`read_ldif`.
    """
    for entry in read_ldif(stream):
        if entry.change not in _CHANGES_THAT_BRING:
            continue
        for name, value in entry.values:
            kind = _KINDS.get(name)
            if kind is not None and value:
                yield PKDObject(kind=kind, dn=entry.dn, data=_as_der(value))


def read_ldif(stream: BinaryIO) -> Iterator[LDIFEntry]:
    """The entries of an LDIF file; raises :class:`MalformedDataError` with the number of the line."""
    values: list[tuple[str, bytes]] = []
    size = entries = 0
    for number, line in _logical_lines(stream):
        if line:
            attribute = _parse_line(line, number)
            if attribute is None or (not values and attribute[0] == "version"):
                continue
            values.append(attribute)
            size += len(attribute[1])
            if size > MAX_ENTRY_BYTES or len(values) > MAX_ENTRY_VALUES:
                raise MalformedDataError(f"line {number}: the entry is too large")
        elif values:
            entries += 1
            if entries > MAX_ENTRIES:
                raise MalformedDataError(f"more than {MAX_ENTRIES} entries")
            yield _make_entry(values, number)
            values, size = [], 0


def _make_entry(values: list[tuple[str, bytes]], number: int) -> LDIFEntry:
    if values[0][0] != "dn":
        raise MalformedDataError(f"the entry before line {number} does not begin with its name")
    change = next((value for name, value in values if name == "changetype"), None)
    return LDIFEntry(
        dn=values[0][1].decode("utf-8", errors="replace"),
        change=None if change is None else change.decode("ascii", errors="replace").strip().lower(),
        values=tuple(values[1:]),
    )


def _logical_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with their continuations joined (RFC 2849 note 2), without comments; an empty one ends an entry.

    The number is that of the first line. An empty line is added at the end of the file.
    """
    pending, pending_number, is_comment = bytearray(), 0, False
    number = continuations = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        text = line.rstrip(b"\r\n")
        continuations = continuations + 1 if text.startswith(b" ") else 0
        if len(pending) + len(text) > MAX_LINE_BYTES or continuations > MAX_CONTINUATIONS:
            raise MalformedDataError(f"line {number} is too long")
        if text.startswith(b" "):
            if not pending_number and not is_comment:
                raise MalformedDataError(f"line {number} continues nothing")
            if not is_comment:
                pending += text[1:]
            continue
        if pending_number:
            yield pending_number, bytes(pending)
        is_comment = text.startswith(b"#")
        pending, pending_number = bytearray(b"" if is_comment else text), 0 if is_comment or not text else number
        if not text:
            yield number, b""
    if pending_number:
        yield pending_number, bytes(pending)
    yield number + 1, b""


def _parse_line(line: bytes, number: int) -> tuple[str, bytes] | None:
    """Name and value, None for a value that stands elsewhere and for the dash between changes."""
    description, colon, rest = line.partition(b":")
    if line == b"-":
        return None
    name = description.partition(b";")[0].strip().decode("ascii", errors="replace").lower()
    if not colon or not name:
        raise MalformedDataError(f"line {number} is no attribute")
    if rest.startswith(b"<"):
        return None
    if not rest.startswith(b":"):
        return name, rest.lstrip(b" ")
    try:
        return name, base64.b64decode(rest[1:].strip(), validate=True)
    except binascii.Error as error:
        raise MalformedDataError(f"line {number} is not Base64") from error


def _as_der(value: bytes) -> bytes:
    """Some tools write Base64 with one colon, as if it were text."""
    if not value.startswith(b"MI"):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise MalformedDataError("a certificate, CRL or list in Base64 is damaged") from error
