"""Cases of what the files of security hold: LDS_D to LDS_K of the ICAO standard, LDS_F of BSI TR-03105-3.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import instructions, tlv
from chipid.asn1 import der, oids
from chipid.conformance.case import Case, DeviationError, NotApplicableError
from chipid.conformance.content import Check, content_case, is_framed, numbered_cases, outer_cases
from chipid.conformance.terminal import ConformanceTerminal
from chipid.crypto.keys import DHPublicKey
from chipid.crypto.signatures import SignatureScheme, signature_algorithm_by_oid
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.ef_card_security import parse_card_security
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import FileId
from chipid.lds.protocols import PACEMapping
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import SignedData, verify_signed_data

SHORTEST_KEY: Final = 160  # bits of a curve, the weakest that Doc 9303 ever had for Active Authentication

# EF.SOD and EF.CardSecurity


def _is_signed(signed: SignedData, content_type: str) -> bool:
    return signed.version == 3 and signed.content_type == content_type and len(signed.signers) == 1


def _has_signer(signed: SignedData) -> bool:
    """The certificate of the signer is inside, and its key has signed the content."""
    if len(signed.certificates) != 1:
        raise DeviationError(f"{len(signed.certificates)} certificates are in the envelope")
    verify_signed_data(signed, parse_certificate(signed.certificates[0]))
    return signed.signer.attributes is not None


def _sod(check: Callable[[bytes], bool]) -> Check:
    return lambda content, _: check(content)


_SOD: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    ("SignedData", lambda content: bool(parse_sod(content).signed_data.econtent)),
    (
        "version and content type",
        lambda content: _is_signed(parse_sod(content).signed_data, oids.ICAO_LDS_SECURITY_OBJECT),
    ),
    ("SignerInfo", lambda content: bool(parse_sod(content).signed_data.signer.signature)),
    ("LDSSecurityObject", lambda content: len(parse_sod(content).data_group_hashes) >= 2),
    ("certificate and signature", lambda content: _has_signer(parse_sod(content).signed_data)),
)


# SecurityInfos


def _infos(check: Callable[[SecurityInfos, ConformanceTerminal], bool]) -> Check:
    return lambda content, terminal: check(parse_dg14(content).security_infos, terminal)


def _repeats_card_access(infos: SecurityInfos, terminal: ConformanceTerminal) -> bool:
    if terminal.chip.card_access is None:
        raise NotApplicableError("the chip has no EF.CardAccess")
    return set(terminal.chip.card_access.entries) <= set(infos.entries)


def _keys_are_sound(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    if not infos.chip_authentication_keys:
        raise NotApplicableError("the chip has no key of Chip Authentication")
    return all(
        not isinstance(one.public_key, DHPublicKey) or one.oid == oids.ID_PK_DH
        for one in infos.chip_authentication_keys
    )


def _infos_have_keys(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    keys = {one.key_id for one in infos.chip_authentication_keys}
    if not infos.chip_authentication:
        raise NotApplicableError("the chip announces no Chip Authentication")
    return all(one.version == 1 and one.key_id in keys for one in infos.chip_authentication)


def _active_authentication(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    if not infos.active_authentication:
        raise NotApplicableError("DG14 does not name an algorithm of Active Authentication")
    algorithms = (signature_algorithm_by_oid(one.signature_algorithm) for one in infos.active_authentication)
    return all(one.version == 1 for one in infos.active_authentication) and all(
        one.scheme is SignatureScheme.ECDSA_PLAIN for one in algorithms
    )


def _mapping_has_chip_authentication(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    """Chip Authentication Mapping comes with Chip Authentication, so that both bind the same chip."""
    if all(one.protocol.mapping is not PACEMapping.CHIP_AUTHENTICATION for one in infos.pace):
        raise NotApplicableError("the chip has no Chip Authentication Mapping")
    return bool(infos.chip_authentication and infos.chip_authentication_keys)


def _terminal_authentication(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    if not infos.terminal_authentication:
        raise NotApplicableError("the chip has no Terminal Authentication")
    return all(one.version in (1, 2) for one in infos.terminal_authentication)


def _cvca_file(infos: SecurityInfos, terminal: ConformanceTerminal) -> bool:
    """The file that is named is there; without a name it has the one that belongs to EF.CVCA."""
    named = [one for one in infos.terminal_authentication if one.cvca_fid is not None]
    if not named:
        raise NotApplicableError("no file of references is named")
    return all(terminal.secure(instructions.select_ef(one.cvca_fid or 0)).sw.is_ok for one in named)


_DG14: Final[tuple[tuple[str, Callable[[SecurityInfos, ConformanceTerminal], bool]], ...]] = (
    ("SecurityInfos", lambda infos, _: bool(infos.infos) and not infos.deviations),
    ("ChipAuthenticationPublicKeyInfo", _keys_are_sound),
    ("ChipAuthenticationInfo", _infos_have_keys),
    ("the entries of EF.CardAccess", _repeats_card_access),
    ("ActiveAuthenticationInfo", _active_authentication),
    ("Chip Authentication beside its mapping", _mapping_has_chip_authentication),
    ("TerminalAuthenticationInfo", _terminal_authentication),
    ("file of TerminalAuthenticationInfo", _cvca_file),
)


def _pace_infos(infos: SecurityInfos) -> bool:
    return bool(infos.pace) and all(one.version == 2 and 0 <= (one.parameter_id or 0) <= 0xFF for one in infos.pace)


def _own_parameters(infos: SecurityInfos) -> bool:
    """Identifiers up to 31 are for standardized parameters, all others for own ones that are written out."""
    own = {one.parameter_id for one in infos.pace_domain_parameters}
    named = {one.parameter_id for one in infos.pace if one.parameter_id is not None and one.parameter_id > 31}
    return named <= own and all(one is None or one > 31 for one in own)


def _mappings(infos: SecurityInfos) -> bool:
    """A chip with Chip Authentication Mapping has another mapping too."""
    return {one.protocol.mapping for one in infos.pace} != {PACEMapping.CHIP_AUTHENTICATION}


_CARD_ACCESS: Final[tuple[tuple[str, Callable[[SecurityInfos], bool]], ...]] = (
    ("SecurityInfos", lambda infos: bool(infos.infos) and not infos.deviations),
    ("PACEInfo", _pace_infos),
    ("PACEDomainParameterInfo", _own_parameters),
    ("Chip Authentication Mapping is not alone", _mappings),
)


def _card_access(check: Callable[[SecurityInfos], bool]) -> Check:
    return lambda content, _: check(parse_card_access(content).security_infos)


def _card_security(check: Callable[[SecurityInfos, ConformanceTerminal], bool]) -> Check:
    return lambda content, terminal: check(parse_card_security(content).security_infos, terminal)


def _mapping_keys(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    """The key of Chip Authentication Mapping has the identifier of its parameters."""
    keys = {one.key_id for one in infos.chip_authentication_keys}
    cam = (one for one in infos.pace if one.protocol.mapping is PACEMapping.CHIP_AUTHENTICATION)
    return all(one.parameter_id in keys for one in cam)


_CARD_SECURITY: Final[tuple[tuple[str, Check], ...]] = (
    ("SecurityInfos", _card_security(lambda infos, _: bool(infos.infos) and not infos.deviations)),
    ("key of Chip Authentication", _card_security(_keys_are_sound)),
    ("the entries of EF.CardAccess", _card_security(_repeats_card_access)),
    ("the key has the identifier of its parameters", _card_security(_mapping_keys)),
    ("SignedData", lambda content, _: bool(parse_card_security(content).signed_data.econtent)),
    (
        "version and content type",
        lambda content, _: _is_signed(parse_card_security(content).signed_data, oids.ID_SECURITY_OBJECT),
    ),
    ("SignerInfo", lambda content, _: bool(parse_card_security(content).signed_data.signer.signature)),
    ("certificate and signature", lambda content, _: _has_signer(parse_card_security(content).signed_data)),
)


# DG15


def _is_der(content: bytes, _: ConformanceTerminal) -> bool:
    (spki,) = tlv.parse_one(content, FileId.DG15.tag).children()
    return [one.tag for one in spki.children()] == [der.SEQUENCE, der.BIT_STRING]


def _is_known_algorithm(content: bytes, _: ConformanceTerminal) -> bool:
    (spki,) = tlv.parse_one(content, FileId.DG15.tag).children()
    algorithm = spki.children()[0].children()[0]
    return der.oid_of(algorithm) in (oids.RSA_ENCRYPTION, oids.EC_PUBLIC_KEY)


_DG15: Final[tuple[tuple[str, Check], ...]] = (
    ("SubjectPublicKeyInfo", _is_der),
    ("algorithm of the key", _is_known_algorithm),
    ("public key", lambda content, _: parse_dg15(content).public_key.bits >= SHORTEST_KEY),
)


def _cases() -> Iterator[Case]:
    for family, file in (("LDS_D", FileId.SOD), ("LDS_J", FileId.DG15)):
        yield from outer_cases(family, file)
    yield content_case("LDS_E_1", FileId.DG14, "tag and length", is_framed(FileId.DG14))
    yield from numbered_cases("LDS_D", FileId.SOD, 3, tuple((what, _sod(check)) for what, check in _SOD))
    yield from numbered_cases("LDS_E", FileId.DG14, 2, tuple((what, _infos(check)) for what, check in _DG14))
    yield from numbered_cases(
        "LDS_I", FileId.CARD_ACCESS, 1, tuple((what, _card_access(check)) for what, check in _CARD_ACCESS)
    )
    yield from numbered_cases("LDS_J", FileId.DG15, 3, _DG15)
    yield from numbered_cases("LDS_K", FileId.CARD_SECURITY, 1, _CARD_SECURITY)
    yield content_case(
        "B32 LDS_F_1", FileId.CVCA, "references", lambda content, _: bool(parse_ef_cvca(content).references)
    )


CASES: Final = tuple(_cases())
