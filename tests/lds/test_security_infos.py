import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.ciphers import CipherSuite
from apdu.errors import MalformedDataError
from chipid.asn1 import der, oids
from chipid.lds.protocols import KeyAgreement, PACEMapping
from chipid.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    EFDIRInfo,
    PACEDomainParameterInfo,
    PACEInfo,
    SecurityInfo,
    SecurityInfosDeviation,
    TerminalAuthenticationInfo,
    UnknownSecurityInfo,
    build_security_infos,
    parse_security_infos,
)
from tests.support.hostile import assert_survives

ALGORITHM = der.encode_sequence(der.encode_oid(oids.STANDARDIZED_DOMAIN_PARAMETERS), der.encode_integer(13))
SPKI = der.encode_sequence(ALGORITHM, der.encode_bit_string(b"\x04" + bytes(64)))
PACE_GM = PACEInfo(oid=oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, parameter_id=13)

INFOS: list[SecurityInfo] = [
    PACE_GM,
    PACEInfo(oid=oids.ID_PACE_DH_IM_3DES_CBC_CBC),
    PACEDomainParameterInfo(oid=oids.ID_PACE_ECDH_GM, algorithm=ALGORITHM, parameter_id=70),
    ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_AES_CBC_CMAC_256, version=2, key_id=0x41),
    ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=SPKI, key_id=0x41),
    TerminalAuthenticationInfo(version=2),
    TerminalAuthenticationInfo(cvca_fid=0x011C),
    TerminalAuthenticationInfo(cvca_fid=0x011C, cvca_sfi=0x1C),
    ActiveAuthenticationInfo(signature_algorithm=oids.ECDSA_PLAIN_SHA256),
    EFDIRInfo(ef_dir=bytes.fromhex("61094F07A0000002471001")),
    UnknownSecurityInfo(oid=oids.ID_CI, raw=der.encode_sequence(der.encode_oid(oids.ID_CI), der.encode_null())),
]


def set_of(*entries: bytes) -> bytes:
    return tlv.encode(der.SET, *entries)


def test_all_kinds_of_entries_are_read_as_they_were_written() -> None:
    found = parse_security_infos(build_security_infos(INFOS))
    assert {info.encode() for info in found.infos} == {info.encode() for info in INFOS}
    assert set(found.infos) == set(INFOS)
    assert found.entries == tuple(info.encode() for info in found.infos)
    assert found.deviations == ()
    assert set(found.pace) == set(INFOS[:2])
    assert found.pace_domain_parameters == (INFOS[2],)
    assert found.chip_authentication == (INFOS[3],)
    assert found.chip_authentication_keys == (INFOS[4],)
    assert set(found.terminal_authentication) == set(INFOS[5:8])
    assert found.active_authentication == (INFOS[8],)
    assert found.ef_dir == (INFOS[9],)
    assert found.unknown == (INFOS[10],)


def test_an_entry_tells_its_protocol() -> None:
    protocol = PACE_GM.protocol
    assert (protocol.mapping, protocol.agreement, protocol.suite) == (
        PACEMapping.GENERIC,
        KeyAgreement.ECDH,
        CipherSuite.AES_128,
    )
    assert ChipAuthenticationInfo(oid=oids.ID_CA_DH_3DES_CBC_CBC).protocol.suite is CipherSuite.TDES


def test_a_repeated_entry_is_kept_and_reported() -> None:
    found = parse_security_infos(set_of(PACE_GM.encode(), PACE_GM.encode()))
    assert found.pace == (PACE_GM, PACE_GM)
    assert found.deviations == (SecurityInfosDeviation.DUPLICATE_ENTRY,)


@pytest.mark.parametrize(
    "info",
    [
        PACEInfo(oid=oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, version=1),
        ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_3DES_CBC_CBC, version=4),
        TerminalAuthenticationInfo(version=0),
        ActiveAuthenticationInfo(version=2, signature_algorithm=oids.ECDSA_PLAIN_SHA256),
    ],
)
def test_an_unexpected_version_is_kept_and_reported(info: SecurityInfo) -> None:
    found = parse_security_infos(set_of(info.encode()))
    assert found.infos == (info,)
    assert found.deviations == (SecurityInfosDeviation.UNEXPECTED_VERSION,)


@pytest.mark.parametrize(
    "parts",
    [
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128,),
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, der.encode_null()),
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, der.encode_integer(-2)),
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, der.encode_integer(2**65)),
        (oids.ID_PACE_ECDH_GM, der.encode_integer(1)),
        (oids.ID_PK_ECDH, der.encode_octet_string(b"\x04")),
        (oids.ICAO_AA_PROTOCOL_OBJECT, der.encode_integer(1)),
        (oids.ID_TA, der.encode_integer(1), der.encode_sequence(der.encode_octet_string(b"\x01"))),
        (oids.ID_TA, der.encode_integer(1), der.encode_null(), der.encode_null()),
        (oids.ICAO_EF_DIR, der.encode_null()),
    ],
)
def test_a_malformed_entry_does_not_hide_its_neighbours(parts: tuple[str, *tuple[bytes, ...]]) -> None:
    raw = der.encode_sequence(der.encode_oid(parts[0]), *parts[1:])
    found = parse_security_infos(set_of(raw, PACE_GM.encode()))
    assert found.pace == (PACE_GM,)
    assert found.unknown == (UnknownSecurityInfo(oid=parts[0], raw=raw),)
    assert found.deviations == (SecurityInfosDeviation.MALFORMED_ENTRY,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PACE_GM.encode(),
        set_of(PACE_GM.encode()) + b"\x00",
        set_of(der.encode_integer(1)),
        set_of(der.encode_sequence()),
        set_of(der.encode_sequence(der.encode_integer(1))),
        set_of(*[PACE_GM.encode()] * 129),
    ],
)
def test_what_is_no_set_of_security_infos_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_security_infos(data)


def test_damaged_sets_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_security_infos, build_security_infos(INFOS))


@given(st.binary(max_size=80))
def test_random_content_raises_only_errors_of_the_toolkit(data: bytes) -> None:
    assert_survives(parse_security_infos, set_of(data), step=16)
