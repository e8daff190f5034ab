"""Card verifiable certificates: round trips over every algorithm, then every way to be refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.keys import ECPublicKey
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.chat import CHAT, InspectionRight, Role, effective_rights, inspection_chat
from chipid.pki.cv_certificate import CVCertificate, build_cv_certificate, parse_cv_certificate, verify_cv_signature
from chipid.pki.cv_public_key import ALGORITHMS
from tests.pki.cv_builders import BOTH, BP256, EFFECTIVE, EXPIRATION, Authority
from tests.support.hostile import assert_survives

CVCA = Authority("UTCVCA00001", Role.CVCA)
DV = Authority("UTDV00001", Role.DV_DOMESTIC, number=6)
RAW = CVCA.issue(CVCA)
DV_RAW = CVCA.issue(DV)
RSA = Authority("UTRSA00001", Role.CVCA, oid=oids.ID_TA_RSA_PSS_SHA_256)
# The elements of the body by their place.
PROFILE, CAR, KEY, CHR, CHAT_, EFFECTIVE_, EXPIRATION_ = range(7)


def changed(change: Callable[[list[bytes]], None], raw: bytes = RAW) -> bytes:
    """The certificate with its body's elements changed and signed anew."""
    body = tlv.parse_one(raw, 0x7F21).children()[0]
    elements = [one.raw for one in body.children()]
    change(elements)
    new_body = tlv.encode(0x7F4E, *elements)
    return tlv.encode(0x7F21, new_body, tlv.encode(0x5F37, CVCA.sign(new_body)))


def with_element(place: int, element: bytes, raw: bytes = RAW) -> bytes:
    def change(elements: list[bytes]) -> None:
        elements[place] = element

    return changed(change, raw)


def with_key(*parts: bytes, oid: str = oids.ID_TA_ECDSA_SHA_256) -> bytes:
    return with_element(KEY, tlv.encode(0x7F49, tlv.encode(0x06, der.oid_value(oid)), *parts))


def key_parts(raw: bytes = RAW) -> dict[int, bytes]:
    key = tlv.parse_one(raw, 0x7F21).children()[0].children()[KEY]
    return {one.tag: one.value for one in key.children()}


def test_a_certificate_comes_out_as_it_was_made() -> None:
    found = parse_cv_certificate(RAW)
    assert found.raw == RAW
    assert (found.authority_reference, found.holder_reference) == ("UTCVCA00001", "UTCVCA00001")
    assert (found.effective_date, found.expiration_date) == (EFFECTIVE, EXPIRATION)
    assert (found.role, found.chat.rights, found.is_self_signed) == (Role.CVCA, b"\xc3", True)
    assert found.public_key.curve == BP256
    assert found.public_key.resolve(None) == CVCA.public
    assert tlv.encode(0x7F21, found.value) == RAW
    assert found.is_valid_on(EFFECTIVE)
    assert found.is_valid_on(EXPIRATION)
    assert not found.is_valid_on(date(2024, 1, 1))
    assert not found.is_valid_on(date(2026, 3, 5))


def test_dates_are_unpacked_digits() -> None:
    body = tlv.parse_one(RAW, 0x7F21).children()[0]
    assert body.child(0x5F25).value == bytes.fromhex("020400010002")
    assert body.child(0x5F24).value == bytes.fromhex("020600030004")


@pytest.mark.parametrize("oid", ALGORITHMS, ids=oids.name_of)
def test_every_algorithm_signs_and_verifies(oid: str) -> None:
    curve = CURVES["secp521r1"] if oid == oids.ID_TA_ECDSA_SHA_512 else BP256
    root = Authority("UTCVCA00001", Role.CVCA, oid=oid, curve=curve)
    holder = Authority("UTDV00001", Role.DV_DOMESTIC, oid=oid, number=9, curve=curve)
    key = verify_cv_signature(parse_cv_certificate(root.issue(root)), root.public)
    assert key == root.public
    certificate = parse_cv_certificate(root.issue(holder))
    assert certificate.public_key.curve is None
    assert verify_cv_signature(certificate, key) == holder.public
    flipped = replace(certificate, signature=certificate.signature[:-1] + bytes((certificate.signature[-1] ^ 1,)))
    with pytest.raises(SignatureError):
        verify_cv_signature(flipped, key)


@pytest.mark.parametrize("name", ["secp192r1", "secp224r1", "secp256r1", "brainpoolP384r1", "brainpoolP512r1"])
def test_domain_parameters_of_every_curve_survive_the_round_trip(name: str) -> None:
    root = Authority("UTCVCA00001", Role.CVCA, curve=CURVES[name])
    assert parse_cv_certificate(root.issue(root)).public_key.curve == CURVES[name]


def test_coefficients_of_full_length_and_a_missing_cofactor_are_read() -> None:
    root = Authority("UTCVCA00001", Role.CVCA, curve=CURVES["secp521r1"])
    parts = key_parts(root.issue(root))
    parts[0x83] = parts[0x83].rjust(66, b"\x00")
    del parts[0x06], parts[0x87]
    found = parse_cv_certificate(with_key(*(tlv.encode(tag, value) for tag, value in parts.items())))
    assert found.public_key.curve == CURVES["secp521r1"]


@pytest.mark.parametrize("cut", [1, 32])
def test_a_signature_of_a_wrong_length_is_wrong(cut: int) -> None:
    certificate = parse_cv_certificate(RAW)
    with pytest.raises(SignatureError):
        verify_cv_signature(replace(certificate, signature=certificate.signature[:-cut]), CVCA.public)
    with pytest.raises(SignatureError):
        verify_cv_signature(replace(certificate, signature=bytes(64)), CVCA.public)


def test_a_key_of_another_kind_does_not_verify() -> None:
    with pytest.raises(SignatureError):
        verify_cv_signature(parse_cv_certificate(RAW), RSA.public)
    with pytest.raises(SignatureError):
        verify_cv_signature(parse_cv_certificate(RSA.issue(RSA)), CVCA.public)


def test_a_point_without_a_curve_or_off_the_inherited_one_has_no_key() -> None:
    certificate = parse_cv_certificate(DV_RAW)
    with pytest.raises(MalformedDataError):
        certificate.public_key.resolve(None)
    with pytest.raises(MalformedDataError):
        certificate.public_key.resolve(RSA.public)
    other = Authority("UTCVCA00001", Role.CVCA, curve=CURVES["secp256r1"])
    with pytest.raises(MalformedDataError):
        certificate.public_key.resolve(other.public)


CHANGES: dict[str, bytes] = {
    "no body": tlv.encode(0x7F21, tlv.encode(0x5F37, b"\x01")),
    "no signature": tlv.encode(0x7F21, parse_cv_certificate(RAW).body),
    "an empty signature": tlv.encode(0x7F21, parse_cv_certificate(RAW).body, tlv.encode(0x5F37)),
    "another tag": b"\x7f\x20" + RAW[2:],
    "another body tag": tlv.encode(0x7F21, b"\x7f\x4f" + parse_cv_certificate(RAW).value[2:]),
    "a byte behind": RAW + b"\x00",
    "an unknown profile": with_element(PROFILE, bytes.fromhex("5F290101")),
    "no profile": changed(lambda elements: elements.__delitem__(PROFILE)),
    "no authority": changed(lambda elements: elements.__delitem__(CAR)),
    "no key": changed(lambda elements: elements.__delitem__(KEY)),
    "no holder": changed(lambda elements: elements.__delitem__(CHR)),
    "no rights (J_6)": changed(lambda elements: elements.__delitem__(CHAT_)),
    "no effective date (J_7)": changed(lambda elements: elements.__delitem__(EFFECTIVE_)),
    "no expiration date (J_8)": changed(lambda elements: elements.__delitem__(EXPIRATION_)),
    "out of order": changed(lambda elements: elements.reverse()),
    "a repeated element": changed(lambda elements: elements.insert(1, elements[1])),
    "an unknown element": changed(lambda elements: elements.append(tlv.encode(0x66, b""))),
    "a long length field": with_element(CAR, b"\x42\x81\x0b" + b"UTCVCA00001"),
    "a long authority (J_27)": with_element(CAR, tlv.encode(0x42, b"UTCVCA" + b"0" * 11)),
    "no digits in a date (J_9)": with_element(EFFECTIVE_, tlv.encode(0x5F25, b"240102")),
    "a date of packed digits": with_element(EFFECTIVE_, tlv.encode(0x5F25, bytes.fromhex("240102"))),
    "no such month (J_19)": with_element(EFFECTIVE_, tlv.encode(0x5F25, bytes.fromhex("020401030001"))),
    "no such day (J_20)": with_element(EXPIRATION_, tlv.encode(0x5F24, bytes.fromhex("020500020209"))),
    "expired before effective (J_21)": with_element(EXPIRATION_, tlv.encode(0x5F24, bytes.fromhex("020400010001"))),
    "an empty role": with_element(CHAT_, tlv.encode(0x7F4C)),
    "rights of two bytes": with_element(CHAT_, CHAT(oid=oids.ID_IS, rights=b"\xc3\x00").encode()),
    "rights without role": with_element(CHAT_, tlv.encode(0x7F4C, tlv.encode(0x53, b"\xc3"))),
    "a key without identifier (J_37)": with_element(KEY, tlv.encode(0x7F49, tlv.encode(0x86, b"\x04"))),
    "a key without point (J_38)": with_key(),
    "an incomplete domain": with_key(tlv.encode(0x81, b"\x05"), tlv.encode(0x86, b"\x04")),
    "an unknown object in the key (J_41)": with_key(tlv.encode(0x86, b"\x04"), tlv.encode(0x88, b"")),
    "a key without exponent (J_40)": with_key(tlv.encode(0x81, b"\x01" * 256), oid=oids.ID_TA_RSA_PSS_SHA_256),
    "a modulus with a leading zero": with_key(
        tlv.encode(0x81, b"\x00" + b"\x01" * 256), tlv.encode(0x82, b"\x03"), oid=oids.ID_TA_RSA_PSS_SHA_256
    ),
    "an even modulus": with_key(
        tlv.encode(0x81, b"\x02" * 256), tlv.encode(0x82, b"\x03"), oid=oids.ID_TA_RSA_PSS_SHA_256
    ),
    "an exponent of one": with_key(
        tlv.encode(0x81, b"\x01" * 256), tlv.encode(0x82, b"\x01"), oid=oids.ID_TA_RSA_PSS_SHA_256
    ),
}


@pytest.mark.parametrize("raw", CHANGES.values(), ids=CHANGES)
def test_a_certificate_that_departs_from_its_form_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_cv_certificate(raw)


UNSUPPORTED = {
    "an unknown role (J_23)": with_element(CHAT_, CHAT(oid=oids.ID_TA, rights=b"\xc3").encode()),
    "an unknown algorithm (J_24)": with_key(tlv.encode(0x86, b"\x04"), oid=oids.ID_CA_ECDH),
    "a short RSA key": with_key(
        tlv.encode(0x81, b"\x01" * 32), tlv.encode(0x82, b"\x03"), oid=oids.ID_TA_RSA_PSS_SHA_256
    ),
    "a generator of somebody's choice": with_key(
        *(
            tlv.encode(tag, b"\x04" + bytes(64) if tag == 0x84 else value)
            for tag, value in key_parts().items()
            if tag != 0x06
        )
    ),
}


@pytest.mark.parametrize("raw", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_is_not_known_is_unsupported(raw: bytes) -> None:
    with pytest.raises(UnsupportedError):
        parse_cv_certificate(raw)


@pytest.mark.parametrize("raw", [RAW, DV_RAW], ids=["CVCA", "DV"])
def test_damaged_certificates_raise_only_errors_of_the_toolkit(raw: bytes) -> None:
    assert_survives(parse_cv_certificate, raw)


def test_no_damage_leaves_the_signature_right() -> None:
    for place in range(len(DV_RAW)):
        damaged = DV_RAW[:place] + bytes((DV_RAW[place] ^ 1,)) + DV_RAW[place + 1 :]
        with pytest.raises(ToolkitError):
            verify_cv_signature(parse_cv_certificate(damaged), CVCA.public)


def test_what_has_no_encoding_is_refused_when_written() -> None:
    def build(reference: str = "UTCVCA00001", effective: date = EFFECTIVE) -> bytes:
        return build_cv_certificate(
            authority_reference=reference,
            public_key=CVCA.public,
            holder_reference="UTCVCA00001",
            chat=CVCA.chat,
            effective_date=effective,
            expiration_date=EXPIRATION,
            sign=CVCA.sign,
        )

    assert parse_cv_certificate(build()).role is Role.CVCA
    for day in (date(1999, 12, 31), date(2100, 1, 1)):
        with pytest.raises(MalformedDataError):
            build(effective=day)
    with pytest.raises(MalformedDataError):
        build(reference="UTĐ00001")


def test_extensions_are_kept_undecoded() -> None:
    extension = tlv.encode(0x73, tlv.encode(0x06, der.oid_value(oids.ID_AUXILIARY_DATA)), tlv.encode(0x80, b"\x01"))
    raw = changed(lambda elements: elements.append(tlv.encode(0x65, extension)))
    found: CVCertificate = parse_cv_certificate(raw)
    assert found.extensions == (extension,)
    verify_cv_signature(found, CVCA.public)


def test_rights_are_read_for_inspection_systems_only_and_joined_by_and() -> None:
    both, finger = inspection_chat(Role.CVCA, BOTH), inspection_chat(Role.TERMINAL, [InspectionRight.READ_DG3])
    assert both.allows(InspectionRight.READ_DG4)
    assert not finger.allows(InspectionRight.READ_DG4)
    joined = effective_rights([both, inspection_chat(Role.DV_FOREIGN, BOTH), finger])
    assert (joined.role, joined.rights) == (Role.TERMINAL, b"\x01")
    other = CHAT(oid=oids.ID_ST, rights=b"\xc3")
    assert not other.allows(InspectionRight.READ_DG3)
    for mixture in ([], [both, other]):
        with pytest.raises(MalformedDataError):
            effective_rights(mixture)
    assert [role for role in Role if role.is_document_verifier] == [Role.DV_FOREIGN, Role.DV_DOMESTIC]


def test_no_key_shows_in_a_repr() -> None:
    key = parse_cv_certificate(RAW).public_key.resolve(None).key
    assert isinstance(key, ECPublicKey)
    assert str(key.point.x) not in repr(parse_cv_certificate(RAW))
