"""Certificates: published ones against other readers, then one departure at a time, then hostile bytes."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import x509 as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError, ToolkitError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate, parse_certificate, verify_issued_by
from chipid.pki.cms import parse_signed_data
from chipid.pki.extensions import KeyUsage
from chipid.pki.path import is_self_signed
from tests.pki.builders import (
    MASTER_LIST,
    NOT_AFTER,
    NOT_BEFORE,
    Signer,
    build_certificate,
    extension,
    issuing_rights,
    key_identifiers,
    name_der,
    published_certificates,
    reference_sod,
    rsa_key,
    sign_with_rsa,
)

CSCA = Signer(11)
DOCUMENT_SIGNER = Signer(22, "Example DS")
PUBLISHED = published_certificates()


def _compare_with_the_reference_reader(certificate: Certificate) -> None:
    other: Any = reference.Certificate.load(certificate.raw, strict=True)
    body = other["tbs_certificate"]
    assert certificate.tbs == body.dump()
    assert certificate.spki == body["subject_public_key_info"].dump()
    assert certificate.signature == other["signature_value"].native
    assert certificate.serial == other.serial_number
    assert (certificate.subject_name.raw, certificate.issuer_name.raw) == (other.subject.dump(), other.issuer.dump())
    assert (certificate.not_before, certificate.not_after) == (other.not_valid_before, other.not_valid_after)
    assert (certificate.ski, certificate.aki) == (other.key_identifier, other.authority_key_identifier)
    assert certificate.fingerprint == other.sha256.hex()
    usage = other.key_usage_value
    assert {str(flag.name).lower() for flag in certificate.key_usage or KeyUsage(0)} == (
        usage.native if usage else set()
    )
    constraints = other.basic_constraints_value
    if constraints is not None and "malformed-extension" not in certificate.deviations:
        assert certificate.basic_constraints is not None
        assert certificate.basic_constraints.is_issuer == constraints["ca"].native
        assert certificate.basic_constraints.path_length == constraints["path_len_constraint"].native


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_certificates_are_read_like_another_reader_does_and_verify(name: str) -> None:
    certificate = parse_certificate(PUBLISHED[name])
    _compare_with_the_reference_reader(certificate)
    verify_issued_by(certificate, certificate)


def test_the_vietnamese_csca_is_read_in_full() -> None:
    certificate = parse_certificate(PUBLISHED["VN_CSCA_epassport_2022"])
    key = certificate.public_key
    assert isinstance(key, ECPublicKey)
    assert (key.curve.name, key.explicit) == ("brainpoolP512r1", True)
    assert certificate.subject == (
        "C=VN, O=Vietnam Government Information Security Commission, CN=CSCA ePassport Vietnam"
    )
    assert (certificate.country, certificate.issuer) == ("VN", certificate.subject)
    assert certificate.key_usage == KeyUsage.KEY_CERT_SIGN | KeyUsage.CRL_SIGN
    period = certificate.private_key_usage_period
    assert period is not None
    assert period.includes(datetime(2027, 7, 1, 1, 37, 7, tzinfo=UTC))
    assert not period.includes(datetime(2027, 7, 1, 1, 37, 8, tzinfo=UTC))
    assert certificate.deviations == ("explicit-ec-parameters",)


@pytest.mark.skipif(not MASTER_LIST.exists(), reason="the German master list is not there")
def test_every_certificate_of_the_german_master_list_is_read_and_its_key_loads() -> None:
    signed = parse_signed_data(MASTER_LIST.read_bytes())
    certificates = [parse_certificate(one.raw) for one in der.parse_sequence(signed.econtent)[1].children()]
    assert len(certificates) == 588
    for certificate in certificates:
        _compare_with_the_reference_reader(certificate)
        assert certificate.public_key.bits >= 256
        assert "key-unusable" not in certificate.deviations
        assert "signature-algorithm-unusable" not in certificate.deviations
        assert not certificate.unread_extensions
        assert not certificate.damaged_extensions
    assert sum(is_self_signed(certificate) for certificate in certificates) == 375


def test_the_signer_in_the_reference_sod_is_read() -> None:
    (raw,) = parse_signed_data(reference_sod()).certificates
    certificate = parse_certificate(raw)
    _compare_with_the_reference_reader(certificate)
    assert certificate.key_usage == KeyUsage.DIGITAL_SIGNATURE


def test_all_fields_of_a_plain_certificate_are_read_and_nothing_is_remarked() -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA))
    assert certificate.deviations == ()
    assert (certificate.serial, certificate.not_before, certificate.not_after) == (7, NOT_BEFORE, NOT_AFTER)
    assert (certificate.ski, certificate.aki) == (DOCUMENT_SIGNER.ski, CSCA.ski)
    assert (certificate.subject, certificate.issuer) == ("C=UT, CN=Example DS", "C=UT, CN=Example CSCA")
    assert certificate.basic_constraints is not None
    assert (certificate.basic_constraints.is_issuer, certificate.basic_constraints.path_length) == (True, 0)
    assert [one.critical for one in certificate.extensions] == [False, False, True, True]
    assert (certificate.private_key_usage_period, certificate.document_types) == (None, None)


def test_validity_includes_both_ends() -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA))
    assert certificate.is_valid_at(NOT_BEFORE)
    assert certificate.is_valid_at(NOT_AFTER)
    assert not certificate.is_valid_at(NOT_BEFORE.replace(second=0))
    assert not certificate.is_valid_at(NOT_AFTER.replace(second=59))


def test_further_extensions_are_read() -> None:
    types = der.encode_sequence(der.encode_integer(0), der.encode_set(tlv.encode(0x13, b"ID"), tlv.encode(0x13, b"P")))
    period = der.encode_sequence(tlv.encode(0x80, b"20240101000000Z"), tlv.encode(0x81, b"20240401000000Z"))
    usage = der.encode_sequence(der.encode_oid(oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY))
    extensions = [
        *key_identifiers(DOCUMENT_SIGNER, CSCA),
        extension(oids.ICAO_DOCUMENT_TYPE_LIST, types),
        extension(oids.PRIVATE_KEY_USAGE_PERIOD, period),
        extension(oids.EXTENDED_KEY_USAGE, usage),
        extension("1.2.3.4", b"private"),
    ]
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, extensions=extensions))
    assert certificate.document_types == ("P", "ID")
    assert certificate.extended_key_usage == (oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY,)
    assert certificate.private_key_usage_period is not None
    assert certificate.private_key_usage_period.not_after == datetime(2024, 4, 1, tzinfo=UTC)
    assert certificate.deviations == ()


def _explicit(signer: Signer) -> bytes:
    numbers = signer.private.public_key().public_numbers()
    curve = CURVES["secp256r1"]
    point = type(curve.generator)(numbers.x, numbers.y)
    return encode_public_key(ECPublicKey(curve=curve, point=point, explicit=True))


def _rsa_spki(exponent: int, modulus: int | None = None) -> bytes:
    modulus = modulus or rsa_key().public_key().public_numbers().n
    key = der.encode_sequence(der.encode_integer(modulus), der.encode_integer(exponent))
    algorithm = encode_algorithm_identifier(oids.RSA_ENCRYPTION, der.encode_null())
    return der.encode_sequence(algorithm, der.encode_bit_string(key))


def _pss(hash_oid: str, mask_oid: str, salt_length: int) -> bytes:
    """RSASSA-PSS-params (RFC 4055 §3.1)."""
    mask = encode_algorithm_identifier(oids.MGF1, encode_algorithm_identifier(mask_oid))
    fields = (encode_algorithm_identifier(hash_oid), mask, der.encode_integer(salt_length))
    parameters = der.encode_sequence(*(tlv.encode(0xA0 + number, one) for number, one in enumerate(fields)))
    return encode_algorithm_identifier(oids.RSASSA_PSS, parameters)


_NULL_ECDSA = encode_algorithm_identifier(oids.ECDSA_WITH_SHA256, der.encode_null())


@pytest.mark.parametrize(
    ("changes", "deviation"),
    [
        ({"spki": _explicit(DOCUMENT_SIGNER)}, "explicit-ec-parameters"),
        ({"algorithm": _NULL_ECDSA}, "ecdsa-null-parameters"),
        ({"outer_algorithm": _NULL_ECDSA}, "signature-algorithms-differ"),
        ({"algorithm": encode_algorithm_identifier(oids.ECDSA_WITH_SHA1)}, "sha1-signature"),
        ({"algorithm": encode_algorithm_identifier("1.2.3.4")}, "signature-algorithm-unusable"),
        ({"serial": der.encode_integer(-5)}, "negative-serial"),
        ({"serial": der.encode_integer(0)}, "zero-serial"),
        ({"serial": tlv.encode(2, b"\x00\x07")}, "padded-serial"),
        ({"serial": tlv.encode(2, b"\x01" * 21)}, "long-serial"),
        ({"version": b""}, "version-not-3"),
        ({"subject": name_der("Example DS", "XO")}, "countries-differ"),
        ({"spki": _rsa_spki(3)}, "rsa-small-exponent"),
        ({"spki": _rsa_spki(107_903)}, "rsa-large-exponent"),
        ({"spki": _rsa_spki(65_537, 2**6143 + 1)}, "rsa-large-key"),
        ({"algorithm": _pss(oids.SHA256, oids.SHA256, 20)}, "pss-parameters"),
        ({"algorithm": _pss(oids.SHA256, oids.SHA1, 32)}, "pss-parameters"),
        (
            {"spki": der.encode_sequence(encode_algorithm_identifier("1.2.3.4"), der.encode_bit_string(b"k"))},
            "key-unusable",
        ),
        (
            {"validity": der.encode_sequence(tlv.encode(0x17, b"2401020304Z"), tlv.encode(0x17, b"340102030405Z"))},
            "time-format",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_departure_from_the_profile_is_tolerated_and_named(changes: dict[str, Any], deviation: str) -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, **changes))
    assert deviation in certificate.deviations


def test_the_usual_parameters_of_pss_and_keys_are_no_deviation() -> None:
    pss = _pss(oids.SHA256, oids.SHA256, 32)
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, algorithm=pss, spki=_rsa_spki(65_537)))
    assert not {"pss-parameters", "rsa-large-key", "rsa-large-exponent"} & set(certificate.deviations)


@pytest.mark.parametrize(
    ("extensions", "deviation"),
    [
        ([], "aki-missing"),
        ([], "ski-missing"),
        ([extension(oids.KEY_USAGE, b"\x03\x01\x07")], "malformed-extension"),
        ([extension(oids.BASIC_CONSTRAINTS, der.encode_sequence(der.encode_integer(0)))], "pathlen-without-ca"),
        ([extension("1.2.3.4", b"", critical=True)], "unknown-critical-extension"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_departure_in_the_extensions_is_tolerated_and_named(extensions: list[bytes], deviation: str) -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, extensions=extensions))
    assert deviation in certificate.deviations


DAMAGED = {
    oids.KEY_USAGE: "0304010400" + "00",  # three bytes of bits
    oids.EXTENDED_KEY_USAGE: "30020600",
    oids.BASIC_CONSTRAINTS: "30090101ff020100020100",
    oids.PRIVATE_KEY_USAGE_PERIOD: "3000",
    oids.ICAO_DOCUMENT_TYPE_LIST: "3000",
    oids.SUBJECT_KEY_IDENTIFIER: "0500",
    oids.AUTHORITY_KEY_IDENTIFIER: "0500",
}
FOR_WHAT = {oids.KEY_USAGE, oids.EXTENDED_KEY_USAGE, oids.BASIC_CONSTRAINTS}


@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize("oid", DAMAGED, ids=oids.name_of)
def test_a_damaged_extension_is_told_from_an_absent_one(oid: str, critical: bool) -> None:
    damaged = extension(oid, bytes.fromhex(DAMAGED[oid]), critical=critical)
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, extensions=[damaged]))
    assert certificate.damaged_extensions == {oid}
    assert "malformed-extension" in certificate.deviations
    assert certificate.unread_extensions == ((oid,) if critical or oid in FOR_WHAT else ())


def test_critical_extensions_that_are_not_known_are_unread() -> None:
    names = extension(oids.NAME_CONSTRAINTS, der.encode_sequence(), critical=True)
    others = [extension(oids.POLICY_MAPPINGS, b""), extension(oids.CERTIFICATE_POLICIES, b"", critical=True)]
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, extensions=[names, *others]))
    assert certificate.unread_extensions == (oids.NAME_CONSTRAINTS,)
    assert certificate.damaged_extensions == frozenset()
    assert parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA)).unread_extensions == ()


def test_a_certificate_without_extensions_is_read() -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, extensions=[], subject=CSCA.name))
    assert certificate.extensions == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": tlv.encode(2)},
        {"serial": tlv.encode(2, b"\x01" * 41)},
        {"serial": b""},
        {"issuer": der.encode_sequence(b"\x02\x01\x01")},
        {"validity": der.encode_sequence()},
        {"validity": der.encode_sequence(tlv.encode(0x17, b"9"), tlv.encode(0x17, b"9"))},
        {"spki": b"\x02\x01\x01"},
        {"extensions": tlv.encode(0xA4)},
        {"extensions": tlv.encode(0xA3, der.encode_sequence(*issuing_rights(), *issuing_rights()))},
        {"extensions": tlv.encode(0xA3, der.encode_sequence(der.encode_sequence(der.encode_oid("1.2.3"))))},
        {"outer_algorithm": der.encode_sequence()},
    ],
)
def test_what_is_no_certificate_is_malformed(changes: dict[str, Any]) -> None:
    raw = changes.get("extensions")
    built = build_certificate(DOCUMENT_SIGNER, CSCA, **{**changes, "extensions": None})
    if raw is not None:
        parts = der.parse_sequence(built)
        fields = [one.raw for one in parts[0].children()]
        built = der.encode_sequence(der.encode_sequence(*fields[:-1], raw), parts[1].raw, parts[2].raw)
    with pytest.raises(MalformedDataError):
        parse_certificate(built)


def test_missing_parts_are_malformed() -> None:
    body, algorithm, signature = (one.raw for one in der.parse_sequence(build_certificate(DOCUMENT_SIGNER, CSCA)))
    for raw in (
        der.encode_sequence(body, algorithm),
        der.encode_sequence(der.encode_sequence(der.encode_integer(1)), algorithm, signature),
    ):
        with pytest.raises(MalformedDataError):
            parse_certificate(raw)


def test_bytes_after_a_certificate_are_refused() -> None:
    with pytest.raises(TLVError):
        parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA) + b"\x00")


def test_only_the_key_that_signed_verifies() -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA))
    csca = parse_certificate(build_certificate(CSCA, CSCA))
    verify_issued_by(certificate, csca)
    namesake = Signer(33)
    for other in (namesake, DOCUMENT_SIGNER):
        with pytest.raises(SignatureError):
            verify_issued_by(certificate, parse_certificate(build_certificate(other, other, subject=CSCA.name)))
    rsa_csca = parse_certificate(build_certificate(CSCA, CSCA, spki=_rsa_spki(65_537)))
    with pytest.raises(SignatureError):
        verify_issued_by(certificate, rsa_csca)


def test_an_rsa_signature_verifies() -> None:
    csca = parse_certificate(build_certificate(CSCA, CSCA, spki=_rsa_spki(65_537)))
    algorithm = encode_algorithm_identifier(oids.SHA256_WITH_RSA, der.encode_null())
    certificate = build_certificate(DOCUMENT_SIGNER, CSCA, sign=sign_with_rsa, algorithm=algorithm)
    verify_issued_by(parse_certificate(certificate), csca)


def test_a_plain_signature_of_a_wrong_length_is_wrong_in_a_certificate() -> None:
    algorithm = encode_algorithm_identifier(oids.ECDSA_PLAIN_SHA256)
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, algorithm=algorithm))
    with pytest.raises(SignatureError):
        verify_issued_by(certificate, parse_certificate(build_certificate(CSCA, CSCA)))


def test_what_could_not_be_checked_is_unsupported() -> None:
    certificate = parse_certificate(
        build_certificate(DOCUMENT_SIGNER, CSCA, algorithm=encode_algorithm_identifier("1.2.3.4"))
    )
    with pytest.raises(UnsupportedError):
        verify_issued_by(certificate, parse_certificate(build_certificate(CSCA, CSCA)))


def test_an_issuer_is_named_by_key_identifier_and_name_together() -> None:
    certificate = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA))
    assert certificate.names_issuer(parse_certificate(build_certificate(CSCA, CSCA)))
    assert not certificate.names_issuer(parse_certificate(build_certificate(CSCA, CSCA, subject=name_der("Other"))))
    assert not certificate.names_issuer(parse_certificate(build_certificate(Signer(33), Signer(33))))
    without = parse_certificate(build_certificate(DOCUMENT_SIGNER, CSCA, extensions=[]))
    assert not without.names_issuer(parse_certificate(build_certificate(CSCA, CSCA, extensions=[])))


@pytest.mark.parametrize(
    "raw",
    [PUBLISHED["VN_CSCA_identity_card_2021"], build_certificate(DOCUMENT_SIGNER, CSCA)],
    ids=["published", "built"],
)
def test_every_truncation_is_refused_and_every_flipped_byte_raises_a_toolkit_error_at_most(raw: bytes) -> None:
    for length in range(len(raw)):
        with pytest.raises(ToolkitError):
            parse_certificate(raw[:length])
    for position in range(len(raw)):
        try:
            parse_certificate(raw[:position] + bytes((raw[position] ^ 0x41,)) + raw[position + 1 :])
        except ToolkitError:
            continue


@settings(max_examples=50)
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_never_verifies(position: int, change: int) -> None:
    raw = bytearray(build_certificate(DOCUMENT_SIGNER, CSCA))
    raw[position % len(raw)] ^= change
    with pytest.raises(ToolkitError):
        verify_issued_by(parse_certificate(bytes(raw)), parse_certificate(build_certificate(CSCA, CSCA)))


def _hostile() -> dict[str, bytes]:
    huge_oid = tlv.encode(0x06, b"\x2a" + b"\xff" * 62_000 + b"\x01")
    certificate = build_certificate(DOCUMENT_SIGNER, CSCA)
    parts = der.parse_sequence(certificate)
    name = der.encode_sequence(der.encode_set(der.encode_sequence(huge_oid, tlv.encode(0x0C, b"x"))))
    many_names = der.encode_sequence(der.encode_set(der.encode_sequence(der.encode_oid("2.5.4.3"), b"\x0c\x00")) * 4000)
    deep = b"\x04\x00"
    for _ in range(12_000):
        deep = tlv.encode(0x30, deep) if len(deep) < 60_000 else deep
    return {
        "an object identifier of 62 kB as algorithm": der.encode_sequence(
            parts[0].raw, der.encode_sequence(huge_oid), parts[2].raw
        ),
        "an object identifier of 62 kB in a name": build_certificate(DOCUMENT_SIGNER, CSCA, subject=name),
        "an object identifier of 62 kB as key": build_certificate(
            DOCUMENT_SIGNER, CSCA, spki=der.encode_sequence(der.encode_sequence(huge_oid), der.encode_bit_string(b""))
        ),
        "4000 names": build_certificate(DOCUMENT_SIGNER, CSCA, subject=many_names),
        "30000 objects": der.encode_sequence(b"\x05\x00" * 30_000),
        "a tower": deep,
        "a serial number of 60 kB": build_certificate(DOCUMENT_SIGNER, CSCA, serial=tlv.encode(2, b"\x7f" * 60_000)),
        "an extension of 60 kB": build_certificate(
            DOCUMENT_SIGNER, CSCA, extensions=[extension(oids.EXTENDED_KEY_USAGE, tlv.encode(0x30, huge_oid))]
        ),
        "too large": b"\x30" * 70_000,
    }


@pytest.mark.parametrize(("name", "raw"), _hostile().items(), ids=lambda value: value if isinstance(value, str) else "")
def test_hostile_certificates_raise_only_errors_of_the_toolkit(name: str, raw: bytes) -> None:
    with contextlib.suppress(ToolkitError):
        assert parse_certificate(raw).raw == raw
