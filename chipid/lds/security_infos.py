"""SecurityInfos: which protocols a chip offers, and with which keys (ICAO Doc 9303-11 §9.2, BSI TR-03110-3 §A.1.1).

The content of EF.CardAccess, of DG14 and of the object signed in EF.CardSecurity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.crypto.keys import PublicKey, load_public_key
from chipid.lds.protocols import (
    CHIP_AUTHENTICATION_KEYS,
    CHIP_AUTHENTICATION_PROTOCOLS,
    PACE_DOMAINS,
    PACE_PROTOCOLS,
    ChipAuthenticationProtocol,
    PACEProtocol,
    chip_authentication_protocol,
    pace_protocol,
)

MAX_INFOS = 128
MAX_REMEMBERED_BYTES = 8192
MAX_SMALL_INTEGER = 2**64 - 1


class SecurityInfosDeviation(Enum):
    """How a set departs from the standard without being unreadable."""

    DUPLICATE_ENTRY = "duplicate-entry"
    MALFORMED_ENTRY = "malformed-entry"
    UNEXPECTED_VERSION = "unexpected-version"


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEInfo:
    """One way to run PACE (§9.2.1). ``parameter_id`` names a standardized or an own domain parameter set."""

    oid: str
    version: int = 2
    parameter_id: int | None = None

    @property
    def protocol(self) -> PACEProtocol:
        return pace_protocol(self.oid)

    def encode(self) -> bytes:
        return _encode(self.oid, der.encode_integer(self.version), _optional_integer(self.parameter_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEDomainParameterInfo:
    """Explicit domain parameters for PACE (§9.2.2); ``algorithm`` is the AlgorithmIdentifier as it came."""

    oid: str
    algorithm: bytes
    parameter_id: int | None = None

    def encode(self) -> bytes:
        return _encode(self.oid, self.algorithm, _optional_integer(self.parameter_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationInfo:
    """One way to run Chip Authentication (§9.2.5)."""

    oid: str
    version: int = 1
    key_id: int | None = None

    @property
    def protocol(self) -> ChipAuthenticationProtocol:
        return chip_authentication_protocol(self.oid)

    def encode(self) -> bytes:
        return _encode(self.oid, der.encode_integer(self.version), _optional_integer(self.key_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationPublicKeyInfo:
    """A static key of the chip (§9.2.6); ``spki`` is the SubjectPublicKeyInfo as it came."""

    oid: str
    spki: bytes
    key_id: int | None = None

    @property
    def public_key(self) -> PublicKey:
        """The key itself. Raises :class:`ToolkitError` children if it is malformed or of an unknown kind."""
        return load_public_key(self.spki)

    def encode(self) -> bytes:
        return _encode(self.oid, self.spki, _optional_integer(self.key_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAuthenticationInfo:
    """The chip asks for Terminal Authentication (§9.2.8); the file of EF.CVCA only in documents of the EU."""

    oid: str = oids.ID_TA
    version: int = 1
    cvca_fid: int | None = None
    cvca_sfi: int | None = None

    def encode(self) -> bytes:
        file_id = b""
        if self.cvca_fid is not None:
            sfi = b"" if self.cvca_sfi is None else der.encode_octet_string(bytes((self.cvca_sfi,)))
            file_id = der.encode_sequence(der.encode_octet_string(self.cvca_fid.to_bytes(2, "big")), sfi)
        return _encode(self.oid, der.encode_integer(self.version), file_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAuthenticationInfo:
    """The signature algorithm of Active Authentication with an elliptic curve key (§9.2.4)."""

    oid: str = oids.ICAO_AA_PROTOCOL_OBJECT
    version: int = 1
    signature_algorithm: str

    def encode(self) -> bytes:
        return _encode(self.oid, der.encode_integer(self.version), der.encode_oid(self.signature_algorithm))


@dataclass(frozen=True, slots=True, kw_only=True)
class EFDIRInfo:
    """A signed copy of EF.DIR (§9.2.10)."""

    oid: str = oids.ICAO_EF_DIR
    ef_dir: bytes

    def encode(self) -> bytes:
        return _encode(self.oid, der.encode_octet_string(self.ef_dir))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSecurityInfo:
    """An entry of a protocol that is not read here, or a malformed one; kept as it came."""

    oid: str
    raw: bytes = field(repr=False)

    def encode(self) -> bytes:
        return self.raw


SecurityInfo = (
    PACEInfo
    | PACEDomainParameterInfo
    | ChipAuthenticationInfo
    | ChipAuthenticationPublicKeyInfo
    | TerminalAuthenticationInfo
    | ActiveAuthenticationInfo
    | EFDIRInfo
    | UnknownSecurityInfo
)
_Info = TypeVar("_Info", bound=SecurityInfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityInfos:
    """A parsed set. ``infos`` and ``entries`` (the same ones as raw DER) keep the order of the card."""

    raw: bytes = field(repr=False)
    entries: tuple[bytes, ...] = field(repr=False)
    infos: tuple[SecurityInfo, ...]
    deviations: tuple[SecurityInfosDeviation, ...] = ()

    @property
    def pace(self) -> tuple[PACEInfo, ...]:
        return self._of_type(PACEInfo)

    @property
    def pace_domain_parameters(self) -> tuple[PACEDomainParameterInfo, ...]:
        return self._of_type(PACEDomainParameterInfo)

    @property
    def pace_offer(self) -> tuple[PACEInfo | PACEDomainParameterInfo, ...]:
        """All that EF.CardAccess decides about PACE, which is what the signed copies are compared with (§9.2.11)."""
        return (*self.pace, *self.pace_domain_parameters)

    @property
    def chip_authentication(self) -> tuple[ChipAuthenticationInfo, ...]:
        return self._of_type(ChipAuthenticationInfo)

    @property
    def chip_authentication_keys(self) -> tuple[ChipAuthenticationPublicKeyInfo, ...]:
        return self._of_type(ChipAuthenticationPublicKeyInfo)

    @property
    def terminal_authentication(self) -> tuple[TerminalAuthenticationInfo, ...]:
        return self._of_type(TerminalAuthenticationInfo)

    @property
    def active_authentication(self) -> tuple[ActiveAuthenticationInfo, ...]:
        return self._of_type(ActiveAuthenticationInfo)

    @property
    def ef_dir(self) -> tuple[EFDIRInfo, ...]:
        return self._of_type(EFDIRInfo)

    @property
    def unknown(self) -> tuple[UnknownSecurityInfo, ...]:
        return self._of_type(UnknownSecurityInfo)

    def _of_type(self, kind: type[_Info]) -> tuple[_Info, ...]:
        return tuple(info for info in self.infos if isinstance(info, kind))


def parse_security_infos(encoded: bytes) -> SecurityInfos:
    """Read a SET OF SecurityInfo that fills ``encoded``.

    Entries of unknown protocols are kept and otherwise ignored, as §9.2 asks. A known entry that is malformed becomes
    an unknown one, so that one bad entry does not hide the protocols beside it; it is reported in ``deviations``
    like repeated entries and unexpected versions. Raises :class:`MalformedDataError` if there is no such set.
    The last ones are remembered: the cards of an issue share EF.CardAccess.
    """
    return _remembered(encoded) if len(encoded) <= MAX_REMEMBERED_BYTES else _parse(encoded)


def _parse(encoded: bytes) -> SecurityInfos:
    elements = tlv.parse_one(encoded, der.SET).children()
    if len(elements) > MAX_INFOS:
        raise MalformedDataError(f"more than {MAX_INFOS} security infos")
    infos: list[SecurityInfo] = []
    deviations: set[SecurityInfosDeviation] = set()
    for element in elements:
        info, is_malformed = _parse_info(element)
        infos.append(info)
        if is_malformed:
            deviations.add(SecurityInfosDeviation.MALFORMED_ENTRY)
        if getattr(info, "version", None) not in _VERSIONS.get(type(info), (None,)):
            deviations.add(SecurityInfosDeviation.UNEXPECTED_VERSION)
    entries = tuple(element.raw for element in elements)
    if len(set(entries)) < len(entries):
        deviations.add(SecurityInfosDeviation.DUPLICATE_ENTRY)
    in_order = tuple(one for one in SecurityInfosDeviation if one in deviations)
    return SecurityInfos(raw=encoded, entries=entries, infos=tuple(infos), deviations=in_order)


_remembered = lru_cache(maxsize=32)(_parse)


def build_security_infos(infos: Iterable[SecurityInfo]) -> bytes:
    """Write the set in DER: the entries in ascending order of their encoding."""
    return der.encode_set(*(info.encode() for info in infos))


def _parse_info(element: TLV) -> tuple[SecurityInfo, bool]:
    """One entry, and whether it is a known one that could not be read."""
    parts = der.expect(element, der.SEQUENCE).children()
    if not parts:
        raise TLVError("a security info is empty")
    oid = der.oid_of(parts[0])
    unknown = UnknownSecurityInfo(oid=oid, raw=element.raw)
    if oid not in _PARSERS:
        return unknown, False
    try:
        return _PARSERS[oid](oid, parts[1:]), False
    except MalformedDataError:
        return unknown, True


def _pace_info(oid: str, parts: Sequence[TLV]) -> PACEInfo:
    required, optional = _two(parts)
    return PACEInfo(oid=oid, version=_small(required), parameter_id=_small_or_none(optional))


def _pace_domain_parameter_info(oid: str, parts: Sequence[TLV]) -> PACEDomainParameterInfo:
    required, optional = _two(parts)
    algorithm = der.expect(required, der.SEQUENCE).raw
    return PACEDomainParameterInfo(oid=oid, algorithm=algorithm, parameter_id=_small_or_none(optional))


def _chip_authentication_info(oid: str, parts: Sequence[TLV]) -> ChipAuthenticationInfo:
    required, optional = _two(parts)
    return ChipAuthenticationInfo(oid=oid, version=_small(required), key_id=_small_or_none(optional))


def _chip_authentication_key_info(oid: str, parts: Sequence[TLV]) -> ChipAuthenticationPublicKeyInfo:
    required, optional = _two(parts)
    spki = der.expect(required, der.SEQUENCE).raw
    return ChipAuthenticationPublicKeyInfo(oid=oid, spki=spki, key_id=_small_or_none(optional))


def _terminal_authentication_info(oid: str, parts: Sequence[TLV]) -> TerminalAuthenticationInfo:
    required, optional = _two(parts)
    fid = sfi = None
    if optional is not None:
        fid_object, sfi_object = _two(der.expect(optional, der.SEQUENCE).children())
        fid = _unsigned(fid_object, 2)
        sfi = None if sfi_object is None else _unsigned(sfi_object, 1)
    return TerminalAuthenticationInfo(oid=oid, version=_small(required), cvca_fid=fid, cvca_sfi=sfi)


def _active_authentication_info(oid: str, parts: Sequence[TLV]) -> ActiveAuthenticationInfo:
    required, optional = _two(parts)
    if optional is None:
        raise TLVError("an ActiveAuthenticationInfo names no signature algorithm")
    return ActiveAuthenticationInfo(oid=oid, version=_small(required), signature_algorithm=der.oid_of(optional))


def _ef_dir_info(oid: str, parts: Sequence[TLV]) -> EFDIRInfo:
    required, _ = _two(parts)
    return EFDIRInfo(oid=oid, ef_dir=der.decode_octet_string(required))


_PARSERS: dict[str, Callable[[str, Sequence[TLV]], SecurityInfo]] = {
    **dict.fromkeys(PACE_PROTOCOLS, _pace_info),
    **dict.fromkeys(PACE_DOMAINS, _pace_domain_parameter_info),
    **dict.fromkeys(CHIP_AUTHENTICATION_PROTOCOLS, _chip_authentication_info),
    **dict.fromkeys(CHIP_AUTHENTICATION_KEYS, _chip_authentication_key_info),
    oids.ID_TA: _terminal_authentication_info,
    oids.ICAO_AA_PROTOCOL_OBJECT: _active_authentication_info,
    oids.ICAO_EF_DIR: _ef_dir_info,
}

# Versions of ICAO Doc 9303-11 §9.2 and of BSI TR-03110-3.
_VERSIONS: dict[type[SecurityInfo], tuple[int, ...]] = {
    PACEInfo: (2,),
    ChipAuthenticationInfo: (1, 2, 3),
    TerminalAuthenticationInfo: (1, 2),
    ActiveAuthenticationInfo: (1,),
}


def _two(parts: Sequence[TLV]) -> tuple[TLV, TLV | None]:
    """The required and the optional data of an entry."""
    if not 1 <= len(parts) <= 2:
        raise TLVError(f"{len(parts)} elements where one or two belong")
    return parts[0], parts[1] if len(parts) == 2 else None


def _small(found: TLV) -> int:
    return der.decode_small(found, MAX_SMALL_INTEGER)


def _small_or_none(found: TLV | None) -> int | None:
    return None if found is None else _small(found)


def _unsigned(found: TLV, length: int) -> int:
    value = der.decode_octet_string(found)
    if len(value) != length:
        raise TLVError(f"a file identifier of {len(value)} bytes where {length} belong")
    return int.from_bytes(value, "big")


def _encode(oid: str, *parts: bytes) -> bytes:
    return der.encode_sequence(der.encode_oid(oid), *parts)


def _optional_integer(number: int | None) -> bytes:
    return b"" if number is None else der.encode_integer(number)
