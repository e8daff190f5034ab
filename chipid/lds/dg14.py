"""DG14: security options of the chip, signed through EF.SOD (ICAO Doc 9303-10 §4.7.14, 9303-11 §9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apdu import tlv
from chipid.lds.security_infos import SecurityInfo, SecurityInfos, build_security_infos, parse_security_infos

TAG = 0x6E


@dataclass(frozen=True, slots=True, kw_only=True)
class DG14:
    raw: bytes = field(repr=False)
    security_infos: SecurityInfos

    @property
    def deviations(self) -> tuple[str, ...]:
        """How the set departs from its standard, by name."""
        infos = self.security_infos
        names = tuple(f"security-infos-{one.value}" for one in infos.deviations)
        lacks_key = infos.chip_authentication and not infos.chip_authentication_keys
        return (*names, "chip-authentication-key-missing") if lacks_key else names


def parse_dg14(raw: bytes) -> DG14:
    """Read DG14. Raises :class:`MalformedDataError` children."""
    return DG14(raw=raw, security_infos=parse_security_infos(tlv.parse_one(raw, TAG).value))


def build_dg14(infos: Iterable[SecurityInfo]) -> bytes:
    """Write DG14 in DER."""
    return tlv.encode(TAG, build_security_infos(infos))
