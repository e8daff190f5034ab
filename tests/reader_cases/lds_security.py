"""LDS_F, G, I, J and K: DG14, EF.CVCA, DG15, EF.CardSecurity, EF.ATR/INFO."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.keys import encode_domain_parameters
from chipid.lds.dg14 import TAG, parse_dg14
from chipid.lds.ef_atr_info import CARD_CAPABILITIES
from chipid.lds.ef_cvca import build_ef_cvca
from chipid.lds.files import FileId
from chipid.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PACEDomainParameterInfo,
    PACEInfo,
    SecurityInfo,
    UnknownSecurityInfo,
)
from simulator.file_system import DedicatedFile, FileSystem
from simulator.personalisation.terminal_pki import CVCA_REFERENCE
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.damage import inspect_file, inspect_group, relengthened, retagged
from tests.reader_cases.documents import mrz_key
from tests.reader_cases.eac import issue_eac, plan_of
from tests.reader_cases.inspection import inspect
from tests.reader_cases.iso_pace_mapping import mapping_document

NO_SUCH_FILE = "group-hash/group-malformed"
MALFORMED = "group-format/group-malformed"
REFUSED = "group-format/deviation-refused"
DIFFER = "chip-authentication-mapping/security-infos-differ"
NO_PUBLIC_KEY = "0.4.0.127.0.7.2.2.1.3"  # nothing stands behind id-PK-ECDH
EXPLICIT = 33  # of parameters that the document writes out, and does not use


# Cases LDS_F, with DG14


def inspect_info(encoded: bytes) -> Outcome:
    """Inspect a document whose DG14 has another encoding in place of the info of Chip Authentication."""

    def rewrite(raw: bytes) -> bytes:
        infos = parse_dg14(raw).security_infos.infos
        entries = (encoded if isinstance(one, ChipAuthenticationInfo) else one.encode() for one in infos)
        return tlv.encode(TAG, der.encode_set(*entries))

    return inspect_group(14, rewrite)


@reader_case("LDS_F_01", Demand.FAIL, found=NO_SUCH_FILE, stated=True)
def dg14_under_another_tag() -> Outcome:
    """Tag 6F instead of 6E."""
    return inspect_group(14, lambda raw: retagged(raw, 0x6F))


@reader_case("LDS_F_02", Demand.FAIL, found=MALFORMED, stated=True)
def dg14_length_too_small() -> Outcome:
    """Length of tag 6E too small."""
    return inspect_group(14, lambda raw: relengthened(raw, -1))


@reader_case("LDS_F_03", Demand.FAIL, found="group-hash/file-unreadable", stated=True)
def dg14_length_too_big() -> Outcome:
    """Length of tag 6E too big."""
    return inspect_group(14, lambda raw: relengthened(raw, 1))


@reader_case("LDS_F_04", Demand.FAIL, found=REFUSED, stated=True)
def unknown_public_key() -> Outcome:
    """The key of Chip Authentication under an identifier that is not allowed."""
    known, unknown = der.encode_oid(oids.ID_PK_ECDH), der.encode_oid(NO_PUBLIC_KEY)
    return inspect_group(14, lambda raw: raw.replace(known, unknown))


@reader_case("LDS_F_05", Demand.FAIL, found=MALFORMED, stated=True)
def no_identifier() -> Outcome:
    """An info of Chip Authentication without its identifier."""
    return inspect_info(der.encode_sequence(der.encode_integer(1)))


@reader_case("LDS_F_06", Demand.FAIL, found=REFUSED, stated=True)
def unknown_version() -> Outcome:
    """Version 16 in the info of Chip Authentication."""
    oid = der.encode_oid(oids.ID_CA_ECDH_AES_CBC_CMAC_128)
    return inspect_info(der.encode_sequence(oid, der.encode_integer(0x10)))


@reader_case("LDS_F_07", Demand.FAIL, found=REFUSED, stated=True)
def no_version() -> Outcome:
    """No version in the info of Chip Authentication."""
    return inspect_info(der.encode_sequence(der.encode_oid(oids.ID_CA_ECDH_AES_CBC_CMAC_128)))


# Cases LDS_G, with EF.CVCA


def inspect_references(content: bytes) -> Outcome:
    """Inspect a document with fingers and irises that has this EF.CVCA instead of writing its own."""
    document = issue_eac({})
    (application,) = document.chip.files.applications
    files = (
        replace(one, content=content, live=None) if one.fid == FileId.CVCA.fid else one for one in application.files
    )
    changed = DedicatedFile(aid=application.aid, files=files, rule=application.rule)
    system = FileSystem(master_file=document.chip.files.master_file, applications=(changed,))
    return inspect(document.with_chip(files=system), mrz_key(), plan=plan_of(document))


@reader_case("LDS_G_01", Demand.FAIL, found=REFUSED, stated=True)
def reference_under_another_tag() -> Outcome:
    """The first reference under tag 00 instead of 42."""
    return inspect_references(retagged(build_ef_cvca(CVCA_REFERENCE), 0x00))


@reader_case("LDS_G_02", Demand.FAIL, found=REFUSED, stated=True)
def no_references() -> Outcome:
    """Zeros instead of references."""
    return inspect_references(bytes(36))


# Cases LDS_I, with DG15


@reader_case("LDS_I_01", Demand.FAIL, found=NO_SUCH_FILE, stated=True)
def dg15_under_another_tag() -> Outcome:
    """Tag 70 instead of 6F."""
    return inspect_group(15, lambda raw: retagged(raw, 0x70))


@reader_case("LDS_I_02", Demand.FAIL, found=MALFORMED, stated=True)
def dg15_length_too_small() -> Outcome:
    """Length of tag 6F too small."""
    return inspect_group(15, lambda raw: relengthened(raw, -1))


@reader_case("LDS_I_03", Demand.FAIL, found="group-hash/file-unreadable", stated=True)
def dg15_length_too_big() -> Outcome:
    """Length of tag 6F too big."""
    return inspect_group(15, lambda raw: relengthened(raw, 1))


# Cases LDS_J, with EF.CardSecurity


def inspect_card_security(change: Callable[[Iterable[SecurityInfo]], Iterable[SecurityInfo]]) -> Outcome:
    """Inspect a document that proves itself within PACE and whose issuer signs other infos in EF.CardSecurity."""
    return inspect(mapping_document(card_security=change))


def parameters_of(curve: str) -> PACEDomainParameterInfo:
    """Domain parameters of PACE, written out."""
    algorithm = encode_domain_parameters(CURVES[curve])
    return PACEDomainParameterInfo(oid=oids.ID_PACE_ECDH_CAM, algorithm=algorithm, parameter_id=EXPLICIT)


@reader_case("LDS_J_01", Demand.PASS, stated=True)
def more_infos() -> Outcome:
    """More infos in EF.CardSecurity than in EF.CardAccess."""
    more = PACEInfo(oid=oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_256, parameter_id=16)
    return inspect_card_security(lambda infos: [*infos, more])


@reader_case("LDS_J_02", Demand.FAIL, found=DIFFER, stated=True)
def fewer_infos() -> Outcome:
    """An info of EF.CardAccess is missing in EF.CardSecurity."""

    def without_first_pace(infos: Iterable[SecurityInfo]) -> list[SecurityInfo]:
        every = list(infos)
        first = next(one for one in every if isinstance(one, PACEInfo))
        return [one for one in every if one is not first]

    return inspect_card_security(without_first_pace)


@reader_case("LDS_J_03", Demand.FAIL, found=DIFFER, stated=True)
def other_infos() -> Outcome:
    """Other domain parameters in EF.CardSecurity than in EF.CardAccess."""
    right, other = parameters_of("brainpoolP256r1"), parameters_of("brainpoolP384r1")

    def added(one: PACEDomainParameterInfo) -> Callable[[Iterable[SecurityInfo]], list[SecurityInfo]]:
        return lambda infos: [info for info in infos if not isinstance(info, PACEDomainParameterInfo)] + [one]

    same = mapping_document(signed=added(right), unsigned=added(right), card_security=added(right))
    assert inspect(same).is_pass
    return inspect(mapping_document(signed=added(right), unsigned=added(right), card_security=added(other)))


@reader_case("LDS_J_04", Demand.FAIL, found="chip-authentication-mapping/key-not-vouched", stated=True)
def key_without_identifier() -> Outcome:
    """The key of the mapping in EF.CardSecurity without its identifier of a protocol."""

    def bare(infos: Iterable[SecurityInfo]) -> list[SecurityInfo]:
        return [
            UnknownSecurityInfo(oid="", raw=der.encode_sequence(one.spki))
            if isinstance(one, ChipAuthenticationPublicKeyInfo)
            else one
            for one in infos
        ]

    return inspect_card_security(bare)


# Cases LDS_K, with EF.ATR/INFO


def inspect_buffers(text: str) -> Outcome:
    """Inspect a document whose EF.ATR/INFO announces the sizes of its buffers, and tells them so."""
    capabilities = tlv.encode(CARD_CAPABILITIES, bytes.fromhex("9401E0"))
    return inspect_file(FileId.ATR_INFO, lambda _: capabilities + bytes.fromhex(text))


@reader_case("LDS_K_01", Demand.PASS, stated=True)
def sizes_of_two_bytes() -> Outcome:
    """Sizes of two bytes."""
    return inspect_buffers("7F6608 02020780 02020780")


@reader_case("LDS_K_02", Demand.PASS, stated=True)
def sizes_of_three_bytes() -> Outcome:
    """Sizes of three bytes."""
    return inspect_buffers("7F660A 0203010000 0203010000")


@reader_case("LDS_K_03", Demand.FAIL, found=REFUSED, stated=True)
def one_size() -> Outcome:
    """The size of commands alone."""
    return inspect_buffers("7F6604 02020780")


@reader_case("LDS_K_04", Demand.FAIL, found=REFUSED, stated=True)
def sizes_under_another_tag() -> Outcome:
    """Tag 7F65 instead of 7F66."""
    return inspect_buffers("7F6508 02020780 02020780")
