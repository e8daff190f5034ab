"""Cases of what the files hold: LDS_A to LDS_K of the ICAO standard.

A case reads its file anew and looks at one thing; whatever the parsers of the library refuse is a deviation too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from apdu import instructions, tlv
from apdu.tlv import TLV
from chipid.asn1 import oids
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.terminal import ConformanceTerminal
from chipid.crypto.keys import DHPublicKey
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg1 import parse_dg1
from chipid.lds.dg2 import parse_dg2
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.ef_card_security import parse_card_security
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.lds.protocols import PACEMapping
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import MRZ
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import SignedData, verify_signed_data

Check = Callable[[bytes, ConformanceTerminal], bool]
LDS_VERSIONS: Final = (b"0107", b"0108")
UNICODE_VERSION: Final = b"040000"
MANDATORY: Final = (FileId.SOD, FileId.DG1, FileId.DG2)
FACE_FORMATS: Final = (b"\x00\x08", b"\x00\x2a")


def _is_tag(tag: int, content: bytes, _: ConformanceTerminal) -> bool:
    return content[:1] == bytes((tag,))


def _is_whole(content: bytes, _: ConformanceTerminal) -> bool:
    """The length of the file is the one it says, in its shortest form."""
    found = tlv.parse_one(content)
    return found.raw == tlv.encode(found.tag, found.value)


# EF.COM


def _versions(tag: int, allowed: tuple[bytes, ...], content: bytes, _: ConformanceTerminal) -> bool:
    return tlv.parse_one(content, 0x60).child(tag).value in allowed


def _lists_what_is_there(content: bytes, terminal: ConformanceTerminal) -> bool:
    listed = {FileId.data_group(number) for number in parse_ef_com(content).data_groups}
    there = {file for file in DATA_GROUPS if terminal.secure(instructions.select_ef(file.fid)).sw != 0x6A82}
    return listed == there


# DG1


def _zone(check: Callable[[MRZ], bool]) -> Check:
    return lambda content, _: check(parse_dg1(content).mrz)


def _has_zone(content: bytes, _: ConformanceTerminal) -> bool:
    return len(tlv.parse_one(content, 0x61).child(0x5F1F).value) in (72, 88, 90)


def _digit(name: str) -> Callable[[MRZ], bool]:
    return lambda mrz: name not in mrz.check_digits or mrz.check_digits[name].ok


def _is_printed_zone(content: bytes, terminal: ConformanceTerminal) -> bool:
    if terminal.chip.mrz is None:
        raise NotApplicableError("the printed zone is not known")
    return AccessKey.from_mrz(parse_dg1(content).mrz).secret == terminal.chip.mrz.secret


_ZONE: Final[tuple[tuple[str, Callable[[MRZ], bool]], ...]] = (
    ("document code", lambda mrz: re.fullmatch("[A-Z]{1,2}", mrz.document_code) is not None),
    ("issuing state", lambda mrz: re.fullmatch("[A-Z]{1,3}", mrz.issuer) is not None),
    ("name", lambda mrz: bool(mrz.primary_name)),
    ("document number and its check digit", _digit("document_number")),
    ("nationality", lambda mrz: re.fullmatch("[A-Z]{1,3}", mrz.nationality) is not None),
    ("date of birth and its check digit", _digit("birth_date")),
    ("sex", lambda mrz: mrz.sex in ("M", "F", "<")),
    ("date of expiry and its check digit", _digit("expiry_date")),
    ("optional data and its check digit", _digit("optional_data")),
    ("composite check digit", _digit("composite")),
)


# DG2


def _group(content: bytes) -> TLV:
    return tlv.parse_one(content, 0x75).child(0x7F61)


def _instances(content: bytes) -> list[TLV]:
    return [one for one in _group(content).children() if one.tag == 0x7F60]


def _counts_instances(content: bytes, _: ConformanceTerminal) -> bool:
    return _group(content).child(0x02).value == bytes((len(_instances(content)),))


def _all_instances(check: Callable[[TLV], bool]) -> Check:
    return lambda content, _: bool(_instances(content)) and all(check(one) for one in _instances(content))


def _header(instance: TLV, tag: int) -> bytes:
    return instance.child(0xA1).child(tag).value


def _record(check: Callable[[bytes], bool]) -> Check:
    """A check of ISO/IEC 19794-5 records; other formats have other cases."""

    def run(content: bytes, _: ConformanceTerminal) -> bool:
        if any(_header(one, 0x88) != FACE_FORMATS[0] for one in _instances(content)):
            raise NotApplicableError("the face is not in a record of ISO/IEC 19794-5")
        return check(content)

    return run


def _has_images(content: bytes) -> bool:
    return all(one.images for one in parse_dg2(content).templates)


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


def _terminal_authentication(infos: SecurityInfos, _: ConformanceTerminal) -> bool:
    if not infos.terminal_authentication:
        raise NotApplicableError("the chip has no Terminal Authentication")
    return all(one.version in (1, 2) for one in infos.terminal_authentication)


_DG14: Final[tuple[tuple[str, Callable[[SecurityInfos, ConformanceTerminal], bool]], ...]] = (
    ("SecurityInfos", lambda infos, _: bool(infos.infos) and not infos.deviations),
    ("ChipAuthenticationPublicKeyInfo", _keys_are_sound),
    ("ChipAuthenticationInfo", _infos_have_keys),
    ("the entries of EF.CardAccess", _repeats_card_access),
    ("TerminalAuthenticationInfo", _terminal_authentication),
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
    (
        "SignedData",
        lambda content, _: _is_signed(parse_card_security(content).signed_data, oids.ID_SECURITY_OBJECT),
    ),
    ("certificate and signature", lambda content, _: _has_signer(parse_card_security(content).signed_data)),
)


def _case(case_id: str, file: FileId, what: str, check: Check) -> Case:
    return Case(id=case_id, purpose=f"{file.label}: {what}", script=_script(file, check))


def _script(file: FileId, check: Check) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        if file is FileId.CARD_SECURITY:
            terminal.pace()
        elif file is not FileId.CARD_ACCESS:
            terminal.open()
        content = terminal.file(file)
        if not content and file in MANDATORY:
            raise DeviationError("a file that every chip has cannot be read")
        if not content:
            raise NotApplicableError("the file is not there, or closed to this terminal")
        if not check(content, terminal):
            raise DeviationError("the file does not hold what it must")

    return run


def _numbered(family: str, file: FileId, first: int, checks: tuple[tuple[str, Check], ...]) -> Iterator[Case]:
    for number, (what, check) in enumerate(checks, start=first):
        yield _case(f"{family}_{number}", file, what, check)


def _cases() -> Iterator[Case]:
    for family, file in (
        ("LDS_A", FileId.COM),
        ("LDS_B", FileId.DG1),
        ("LDS_C", FileId.DG2),
        ("LDS_D", FileId.SOD),
        ("LDS_E", FileId.DG14),
        ("LDS_J", FileId.DG15),
    ):
        yield _case(f"{family}_1", file, "tag", partial(_is_tag, file.tag or 0))
        yield _case(f"{family}_2", file, "length", _is_whole)
    yield _case("LDS_A_3", FileId.COM, "LDS version", partial(_versions, 0x5F01, LDS_VERSIONS))
    yield _case("LDS_A_4", FileId.COM, "Unicode version", partial(_versions, 0x5F36, (UNICODE_VERSION,)))
    yield _case("LDS_A_5", FileId.COM, "the list is that of the data groups", _lists_what_is_there)
    yield _case("LDS_B_3", FileId.DG1, "size of the zone", _has_zone)
    yield from _numbered("LDS_B", FileId.DG1, 4, tuple((what, _zone(check)) for what, check in _ZONE))
    yield _case("LDS_B_14", FileId.DG1, "the zone is the printed one", _is_printed_zone)
    yield _case("LDS_C_3", FileId.DG2, "group template", lambda content, _: bool(_group(content).value))
    yield _case("LDS_C_4", FileId.DG2, "number of instances", _counts_instances)
    yield _case("LDS_C_5", FileId.DG2, "instances", lambda content, _: bool(_instances(content)))
    yield _case("LDS_C_6", FileId.DG2, "header template", _all_instances(lambda one: bool(one.child(0xA1).value)))
    yield _case("LDS_C_7", FileId.DG2, "owner", _all_instances(lambda one: _header(one, 0x87) == b"\x01\x01"))
    yield _case("LDS_C_8", FileId.DG2, "format", _all_instances(lambda one: _header(one, 0x88) in FACE_FORMATS))
    yield _case(
        "LDS_C_9",
        FileId.DG2,
        "record",
        _record(lambda content: all(one.child(0x5F2E).value for one in _instances(content))),
    )
    yield _case("LDS_C_10", FileId.DG2, "record header and images", _record(_has_images))
    yield from _numbered("LDS_D", FileId.SOD, 3, tuple((what, _sod(check)) for what, check in _SOD))
    yield from _numbered("LDS_E", FileId.DG14, 3, tuple((what, _infos(check)) for what, check in _DG14))
    yield from _numbered(
        "LDS_I", FileId.CARD_ACCESS, 1, tuple((what, _card_access(check)) for what, check in _CARD_ACCESS)
    )
    yield _case("LDS_J_3", FileId.DG15, "public key", lambda content, _: parse_dg15(content).public_key.bits >= 160)
    yield from _numbered("LDS_K", FileId.CARD_SECURITY, 1, _CARD_SECURITY)
    yield _case("B32 LDS_F_1", FileId.CVCA, "references", lambda content, _: bool(parse_ef_cvca(content).references))


CASES: Final = tuple(_cases())
