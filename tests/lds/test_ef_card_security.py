from dataclasses import replace

import pytest

from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.errors import SignatureError
from chipid.lds.ef_card_security import build_card_security_content, parse_card_security
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo, PACEInfo
from chipid.pki.cms import verify_embedded_signer
from tests.pki.builders import (
    Signer,
    build_certificate,
    build_signed_attributes,
    build_signed_data,
    issuer_and_serial,
)
from tests.support.hostile import assert_survives
from tests.support.vectors import example

CSCA, DS = Signer(11), Signer(12, "Example DS")
CURVE = CURVES["brainpoolP256r1"]
KEY = ECPublicKey(curve=CURVE, point=CURVE.generator, explicit=True)
INFOS = (
    PACEInfo(oid=oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_128, parameter_id=13),
    ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=encode_public_key(KEY), key_id=13),
)


def card_security(content: bytes, content_type: str = oids.ID_SECURITY_OBJECT) -> bytes:
    attributes = build_signed_attributes(content, content_type=content_type)
    return build_signed_data(
        content,
        DS.sign(attributes),
        certificates=[build_certificate(DS, CSCA, extensions=[])],
        sid=issuer_and_serial(CSCA),
        attributes=attributes,
        content_type=content_type,
    )


RAW = card_security(build_card_security_content(INFOS))


def test_the_signed_infos_come_out_and_the_signature_verifies_like_that_of_the_sod() -> None:
    file = parse_card_security(RAW)
    assert file.raw == RAW
    assert file.security_infos.pace == INFOS[:1]
    assert file.security_infos.chip_authentication_keys == INFOS[1:]
    assert file.security_infos.chip_authentication_keys[0].public_key == KEY
    verify_embedded_signer(file.signed_data)
    with pytest.raises(SignatureError):
        verify_embedded_signer(replace(file.signed_data, econtent=file.signed_data.econtent + b"\x00"))


def test_the_key_info_of_appendix_i1_with_standardized_parameters_is_read_from_the_signed_set() -> None:
    vector = example("9303-11_I1_pace_cam_ecdh_bp256_aes128")
    entry = bytes.fromhex(vector["ChipAuthenticationPublicKeyInfo"])
    file = parse_card_security(card_security(b"\x31" + bytes((len(entry),)) + entry))
    (info,) = file.security_infos.chip_authentication_keys
    assert info.key_id is None or info.key_id == 13
    assert isinstance(info.public_key, ECPublicKey)
    assert f"{info.public_key.point.x:064X}{info.public_key.point.y:064X}" == vector["PK_IC_static"]


def test_another_content_or_no_envelope_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        parse_card_security(card_security(build_card_security_content(INFOS), oids.ICAO_LDS_SECURITY_OBJECT))
    for raw in (b"", b"\x30\x00", RAW + b"\x00", build_card_security_content(INFOS), card_security(b"\x30\x00")):
        with pytest.raises(MalformedDataError):
            parse_card_security(raw)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_card_security, RAW, step=2)
