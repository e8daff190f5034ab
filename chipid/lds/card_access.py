"""EF.CardAccess: what the chip tells before any access control (ICAO Doc 9303-10 §3.11.3, 9303-11 §9.2.11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import TLVError
from chipid.asn1 import der
from chipid.lds.security_infos import SecurityInfo, SecurityInfos, build_security_infos, parse_security_infos


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAccess:
    """The file as it came, its set, and what stands behind the set.

    QUIRK card-access-trailing-bytes: chips pad the file, mostly with zeros; what follows the set is kept, not read.
    """

    raw: bytes = field(repr=False)
    security_infos: SecurityInfos
    trailing: bytes = field(default=b"", repr=False)

    @property
    def is_padding_only(self) -> bool:
        """True if nothing but zeros follows the set."""
        return not self.trailing.strip(b"\x00")


def parse_card_access(raw: bytes) -> CardAccess:
    """Read EF.CardAccess. Raises :class:`MalformedDataError` children."""
    found, end = tlv.parse_first(raw)
    if found.tag != der.SET:
        raise TLVError(f"EF.CardAccess begins with {found.tag:X}")
    return CardAccess(raw=raw, security_infos=parse_security_infos(found.raw), trailing=raw[end:])


def build_card_access(infos: Iterable[SecurityInfo]) -> bytes:
    """Write EF.CardAccess in DER."""
    return build_security_infos(infos)
