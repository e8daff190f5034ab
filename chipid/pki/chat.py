"""Certificate Holder Authorization Template: role and rights of a terminal (ICAO Doc 9303-12 §7.2.2.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.errors import UnsupportedError

TAG: Final = 0x7F4C
_OID: Final = 0x06
_RIGHTS: Final = 0x53

# Inspection systems, authentication terminals, signature terminals: bytes of their discretionary data.
_LENGTHS: Final = {oids.ID_IS: 1, oids.ID_AT: 5, oids.ID_ST: 1}


class Role(Enum):
    """The two highest bits of the rights."""

    TERMINAL = 0
    DV_FOREIGN = 1
    DV_DOMESTIC = 2
    CVCA = 3

    @property
    def is_document_verifier(self) -> bool:
        return self in (Role.DV_DOMESTIC, Role.DV_FOREIGN)


class InspectionRight(Enum):
    """The rights of an inspection system by their bits (BSI TR-03110-3 Table C.6)."""

    READ_DG3 = 0x01
    READ_DG4 = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class CHAT:
    """``oid`` names the kind of terminal, ``rights`` holds role and rights as they came."""

    oid: str
    rights: bytes

    @property
    def role(self) -> Role:
        return Role(self.rights[0] >> 6)

    def allows(self, right: InspectionRight) -> bool:
        """True for an inspection system with this right; other terminals have other tables."""
        return self.oid == oids.ID_IS and bool(self.rights[-1] & right.value)

    def encode(self) -> bytes:
        return tlv.encode(TAG, tlv.encode(_OID, der.oid_value(self.oid)), tlv.encode(_RIGHTS, self.rights))


def parse_chat(found: TLV) -> CHAT:
    """Read a template. Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for an unknown role."""
    if found.tag != TAG:
        raise MalformedDataError(f"an authorization template has tag {found.tag:X}")
    elements = found.children()
    if [one.tag for one in elements] != [_OID, _RIGHTS]:
        raise MalformedDataError("an authorization template does not consist of role and rights")
    oid = der.decode_oid(elements[0].value)
    rights = elements[1].value
    if oid not in _LENGTHS:
        raise UnsupportedError(f"{oids.name_of(oid)} is no kind of terminal that is supported")
    if len(rights) != _LENGTHS[oid]:
        raise MalformedDataError(f"the rights of {oids.name_of(oid)} have {len(rights)} bytes")
    return CHAT(oid=oid, rights=rights)


def inspection_chat(role: Role, rights: Iterable[InspectionRight] = ()) -> CHAT:
    """The template of an inspection system, or of an authority over such."""
    bits = role.value << 6
    for right in rights:
        bits |= right.value
    return CHAT(oid=oids.ID_IS, rights=bytes((bits,)))


def effective_rights(chain: Iterable[CHAT]) -> CHAT:
    """What the last holder of a chain may do: the bits that all templates have (ICAO Doc 9303-11 §7.1.4.3.6).

    Raises :class:`MalformedDataError` for an empty chain and for templates of different kinds of terminals.
    """
    templates = tuple(chain)
    if len({one.oid for one in templates}) != 1:
        raise MalformedDataError("a chain of certificates is empty or mixes kinds of terminals")
    bits = (1 << 8 * len(templates[0].rights)) - 1
    for one in templates:
        bits &= int.from_bytes(one.rights, "big")
    return CHAT(oid=templates[0].oid, rights=bits.to_bytes(len(templates[0].rights), "big"))
