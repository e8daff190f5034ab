"""CSCA master lists: what one state says are the CSCA certificates of all states (ICAO Doc 9303-12 §8).

Reading a list trusts nothing in it: who signed it, and whether that one may, is for :mod:`chipid.trust` to decide.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import der, oids
from chipid.pki.certificate import MAX_CERTIFICATE_BYTES
from chipid.pki.cms import SignedData, parse_signed_data

MAX_MASTER_LIST_BYTES: Final = 1 << 22  # four times the largest list of today
MAX_LIST_CERTIFICATES: Final = 4096
MAX_SIGNER_CERTIFICATES: Final = 8  # a list comes with its signer's certificate, its CSCA's, perhaps links
MAX_SIGNER_CERTIFICATES_BYTES: Final = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterList:
    """A signed list; ``certificates`` are in DER as they came and in that order, undecoded."""

    signed: SignedData = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)

    @property
    def raw(self) -> bytes:
        return self.signed.raw

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the list in hexadecimal."""
        return hashlib.sha256(self.signed.raw).hexdigest()

    @property
    def signing_time(self) -> datetime | None:
        """When its first signer says to have signed it."""
        return self.signed.signer.signing_time


def parse_master_list(data: bytes) -> MasterList:
    """Read a CscaMasterList in its CMS envelope; raises :class:`MalformedDataError`. No signature is verified."""
    signed = parse_signed_list(data, content_type=oids.ICAO_CSCA_MASTER_LIST, max_bytes=MAX_MASTER_LIST_BYTES)
    elements = der.parse_sequence(signed.econtent)
    if len(elements) != 2 or der.decode_integer(elements[0]) != 0:
        raise MalformedDataError("a master list is not version 0 and a set of certificates")
    return MasterList(signed=signed, certificates=_split(der.expect(elements[1], der.SET).value))


def parse_signed_list(data: bytes, *, content_type: str, max_bytes: int) -> SignedData:
    """Read the CMS envelope of a list of that content type, with few and small certificates beside it."""
    signed = parse_signed_data(data, max_bytes=max_bytes)
    if signed.content_type != content_type:
        found, wanted = oids.name_of(signed.content_type), oids.name_of(content_type)
        raise MalformedDataError(f"the signed content is {found}, not {wanted}")
    embedded = signed.certificates
    if len(embedded) > MAX_SIGNER_CERTIFICATES or sum(map(len, embedded)) > MAX_SIGNER_CERTIFICATES_BYTES:
        raise MalformedDataError(f"{len(embedded)} certificates come with the signature of a list")
    return signed


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
