"""CSCA master lists: what one state says are the CSCA certificates of all states (ICAO Doc 9303-12 §8).

Reading a list trusts nothing in it: who signed it, and whether that one may, is for :mod:`chipid.trust` to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import der, oids
from chipid.pki.certificate import MAX_CERTIFICATE_BYTES
from chipid.pki.signed_list import SignedList, parse_signed_list

MAX_MASTER_LIST_BYTES: Final = 1 << 22  # four times the largest list of today
MAX_LIST_CERTIFICATES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterList(SignedList):
    """A signed list; ``certificates`` are in DER as they came and in that order, undecoded."""

    certificates: tuple[bytes, ...] = field(repr=False)


def parse_master_list(data: bytes) -> MasterList:
    """Read a CscaMasterList in its CMS envelope; raises :class:`MalformedDataError`. No signature is verified."""
    signed = parse_signed_list(data, content_type=oids.ICAO_CSCA_MASTER_LIST, max_bytes=MAX_MASTER_LIST_BYTES)
    elements = der.parse_sequence(signed.econtent)
    if len(elements) != 2 or der.decode_integer(elements[0]) != 0:
        raise MalformedDataError("a master list is not version 0 and a set of certificates")
    return MasterList(signed=signed, certificates=_split(der.expect(elements[1], der.SET).value))


def _split(data: bytes) -> tuple[bytes, ...]:
    """The certificates one after the other, each copied once."""
    found: list[bytes] = []
    offset = 0
    while offset < len(data):
        tag, header, length = tlv.read_header(data, offset)
        end = offset + header + length
        if tag != der.SEQUENCE or end > len(data) or header + length > MAX_CERTIFICATE_BYTES:
            raise MalformedDataError("a master list holds something else than certificates")
        if len(found) == MAX_LIST_CERTIFICATES:
            raise MalformedDataError(f"a master list holds more than {MAX_LIST_CERTIFICATES} certificates")
        found.append(data[offset:end])
        offset = end
    return tuple(found)
