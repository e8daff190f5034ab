"""What master lists and deviation lists have in common: content in a CMS envelope (ICAO Doc 9303-12 §8, §9)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.pki.cms import SignedData, parse_signed_data

MAX_SIGNER_CERTIFICATES: Final = 8  # a list comes with its signer's certificate, its CSCA's, perhaps links
MAX_SIGNER_CERTIFICATES_BYTES: Final = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """A list in its envelope. Reading it verifies nothing."""

    signed: SignedData = field(repr=False)

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
