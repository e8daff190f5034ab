"""EF.CardSecurity: the security infos of the master file, signed (ICAO Doc 9303-10 §3.11.4, 9303-11 §9.2.11).

Parsing proves nothing: the signature and its chain are for Passive Authentication, as those of EF.SOD are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.lds.security_infos import SecurityInfo, SecurityInfos, build_security_infos, parse_security_infos
from chipid.pki.cms import SignedData, parse_signed_data

CONTENT_TYPE = oids.ID_SECURITY_OBJECT
MAX_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSecurity:
    """The file, which is a CMS envelope without a tag of its own, and the set that is signed in it."""

    raw: bytes = field(repr=False)
    signed_data: SignedData
    security_infos: SecurityInfos


def parse_card_security(raw: bytes) -> CardSecurity:
    """Read EF.CardSecurity. Raises :class:`MalformedDataError` children."""
    signed = parse_signed_data(raw, max_bytes=MAX_BYTES)
    if signed.content_type != CONTENT_TYPE:
        raise MalformedDataError("EF.CardSecurity signs something else than security infos")
    return CardSecurity(raw=raw, signed_data=signed, security_infos=parse_security_infos(signed.econtent))


def build_card_security_content(infos: Iterable[SecurityInfo]) -> bytes:
    """Write what is to be signed as content of type id-SecurityObject; the envelope around it is the whole file."""
    return build_security_infos(infos)
