"""Certificates and EF.SOD of the issuer: the profile of Doc 9303-12, read by foreign libraries."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from apdu import tlv
from chipid.asn1 import oids
from chipid.crypto.keys import ECPublicKey, load_public_key
from chipid.crypto.signatures import parse_signature_algorithm, verify_signature
from chipid.lds.lds_security_object import parse_lds_security_object
from simulator.pki.issuer import AUTHORITY, IssuerPlan, IssuingAuthority, establish
from simulator.pki.signing import KeyKind
from simulator.randomness import SeededEntropy

DAY = date(2023, 6, 1)
SIGNED_AT = datetime(2023, 6, 1, 9, tzinfo=UTC)
GROUPS = {2: b"\x75\x00", 1: b"\x61\x00", 14: b"\x6e\x00"}


def _plan(csca: str = "secp384r1", signer: str = "secp256r1", *, explicit: bool = False, **more: Any) -> IssuerPlan:
    csca_kind, signer_kind = KeyKind.by_name(csca, explicit=explicit), KeyKind.by_name(signer, explicit=explicit)
    assert csca_kind is not None
    assert signer_kind is not None
    return IssuerPlan(
        csca_key=csca_kind,
        csca_hash="sha384",
        signer_key=signer_kind,
        signer_hash="sha256",
        group_hash="sha256",
        **more,
    )


def _establish(plan: IssuerPlan, seed: bytes = b"issuer", **more: Any) -> IssuingAuthority:
    return establish(plan, entropy=SeededEntropy(seed), issued_on=DAY, **more)


@pytest.fixture(scope="module")
def issuer() -> IssuingAuthority:
    return _establish(_plan())


def _load(issuer: IssuingAuthority) -> tuple[x509.Certificate, x509.Certificate]:
    return (
        x509.load_der_x509_certificate(issuer.csca_certificate),
        x509.load_der_x509_certificate(issuer.signer.certificate),
    )


def test_the_csca_signs_itself_and_the_signer(issuer: IssuingAuthority) -> None:
    csca, signer = _load(issuer)
    csca.verify_directly_issued_by(csca)
    signer.verify_directly_issued_by(csca)


@pytest.mark.parametrize(
    ("csca", "signer", "pss"),
    [
        ("RSA-1024", "RSA-1024", False),
        ("RSA-1024", "RSA-1024", True),
        ("brainpoolP384r1", "RSA-1024", False),
        ("brainpoolP512r1", "brainpoolP256r1", False),
    ],
)
@pytest.mark.parametrize("explicit", [False, True], ids=["named", "explicit"])
def test_every_kind_of_key_makes_a_chain_that_verifies(csca: str, signer: str, pss: bool, explicit: bool) -> None:
    plan = _plan(csca, signer, explicit=explicit, pss=pss)
    if pss:  # a salt and a hash of 48 bytes still fit 1024 bits
        assert plan.csca_hash == "sha384"
    issuer = _establish(plan)
    _check_signature(issuer.csca_certificate, issuer.csca_certificate)
    _check_signature(issuer.signer.certificate, issuer.csca_certificate)


def _check_signature(certificate: bytes, issuer: bytes) -> None:
    parsed = asn1_x509.Certificate.load(certificate, strict=True)
    key = load_public_key(asn1_x509.Certificate.load(issuer, strict=True).public_key.dump())
    algorithm = parse_signature_algorithm(parsed["signature_algorithm"].dump(), digest=None)
    assert parsed["signature_algorithm"].dump() == parsed["tbs_certificate"]["signature"].dump()
    verify_signature(key, algorithm, parsed["tbs_certificate"].dump(), parsed["signature_value"].native)


@pytest.mark.parametrize("explicit", [False, True])
def test_curves_are_named_or_explicit_as_planned(explicit: bool) -> None:
    issuer = _establish(_plan("brainpoolP384r1", "brainpoolP256r1", explicit=explicit))
    for certificate in (issuer.csca_certificate, issuer.signer.certificate):
        key = load_public_key(asn1_x509.Certificate.load(certificate).public_key.dump())
        assert isinstance(key, ECPublicKey)
        assert key.explicit is explicit


def _extensions(certificate: x509.Certificate) -> dict[str, bool]:
    return {one.oid.dotted_string: one.critical for one in certificate.extensions}


COMMON = {
    oids.AUTHORITY_KEY_IDENTIFIER: False,
    oids.SUBJECT_KEY_IDENTIFIER: False,
    oids.PRIVATE_KEY_USAGE_PERIOD: False,
    oids.SUBJECT_ALT_NAME: False,
    oids.ISSUER_ALT_NAME: False,
    oids.CRL_DISTRIBUTION_POINTS: False,
    oids.KEY_USAGE: True,
}


def test_the_csca_carries_the_extensions_of_its_profile(issuer: IssuingAuthority) -> None:
    csca, _ = _load(issuer)
    assert _extensions(csca) == {**COMMON, oids.BASIC_CONSTRAINTS: True}
    usage = csca.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert usage.crl_sign
    assert not usage.digital_signature
    constraints = csca.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)


def test_the_signer_carries_the_extensions_of_its_profile(issuer: IssuingAuthority) -> None:
    csca, signer = _load(issuer)
    assert _extensions(signer) == {**COMMON, oids.ICAO_DOCUMENT_TYPE_LIST: False}
    usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    own = csca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    named = signer.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert named.key_identifier == own
    types = signer.extensions.get_extension_for_oid(x509.ObjectIdentifier(oids.ICAO_DOCUMENT_TYPE_LIST)).value
    assert isinstance(types, x509.UnrecognizedExtension)
    assert types.value == bytes.fromhex("3009020100310413024944")


def test_names_follow_the_profile(issuer: IssuingAuthority) -> None:
    csca, signer = _load(issuer)
    assert csca.issuer == csca.subject == signer.issuer
    for name in (csca.subject, signer.subject):
        kinds = [one.oid for one in name]
        assert kinds == [NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER]
        assert name.get_attributes_for_oid(NameOID.COUNTRY_NAME)[0].value == AUTHORITY.country
    alternative = signer.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert isinstance(alternative, x509.SubjectAlternativeName)
    directory = alternative.get_values_for_type(x509.DirectoryName)[0]
    assert directory.get_attributes_for_oid(NameOID.LOCALITY_NAME)[0].value == "VNM"


def test_dates_and_serial_numbers_are_within_the_profile(issuer: IssuingAuthority) -> None:
    csca, signer = _load(issuer)
    for one in (csca, signer):
        assert 0 < one.serial_number < 1 << 159
        assert one.not_valid_before_utc <= SIGNED_AT <= one.not_valid_after_utc
        assert one.not_valid_after_utc.year >= 2039
    usage = signer.extensions.get_extension_for_class(x509.PrivateKeyUsagePeriod).value
    assert usage.not_before is not None
    assert usage.not_after is not None
    assert usage.not_before.date() <= DAY <= usage.not_after.date()


def test_an_architecture_decides_the_validity_of_a_signer() -> None:
    _, signer = _load(_establish(_plan(), architecture="expired-signer"))
    assert signer.not_valid_after_utc < SIGNED_AT


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (_establish(_plan()) for _ in range(2))
    assert first.csca_certificate == second.csca_certificate
    assert first.signer.certificate == second.signer.certificate
    assert first.sign(GROUPS, SIGNED_AT) == second.sign(GROUPS, SIGNED_AT)
    assert _establish(_plan(), b"other").csca_certificate != first.csca_certificate


def _signed_data(sod: bytes) -> cms.SignedData:
    content: cms.ContentInfo = cms.ContentInfo.load(tlv.parse_one(sod, 0x77).value, strict=True)
    return content["content"]


@pytest.mark.parametrize("version", [0, 1])
def test_the_security_object_lists_the_hash_of_every_group(version: int) -> None:
    issuer = _establish(_plan(security_object_version=version))
    signed = _signed_data(issuer.sign(GROUPS, SIGNED_AT))
    assert signed["version"].native == "v3"
    assert signed["encap_content_info"]["content_type"].dotted == oids.ICAO_LDS_SECURITY_OBJECT
    content = parse_lds_security_object(signed["encap_content_info"]["content"].parsed.dump())
    assert content.version == version
    assert (content.lds_version is not None) is (version == 1)
    assert content.hashes == tuple((number, hashlib.sha256(GROUPS[number]).digest()) for number in sorted(GROUPS))


def test_the_signature_covers_the_signed_attributes(issuer: IssuingAuthority) -> None:
    signed = _signed_data(issuer.sign(GROUPS, SIGNED_AT))
    (info,) = signed["signer_infos"]
    attributes = info["signed_attrs"]
    values = {one["type"].native: one["values"][0] for one in attributes}
    content = signed["encap_content_info"]["content"].parsed.dump()
    assert values["message_digest"].native == hashlib.sha256(content).digest()
    assert values["content_type"].dotted == oids.ICAO_LDS_SECURITY_OBJECT
    assert values["signing_time"].native == SIGNED_AT
    _, signer = _load(issuer)
    assert info["sid"].chosen["serial_number"].native == signer.serial_number
    assert info["sid"].chosen["issuer"].dump() == signer.issuer.public_bytes()
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    as_set = b"\x31" + attributes.dump()[1:]
    key.verify(info["signature"].native, as_set, ec.ECDSA(hashes.SHA256()))
    assert signed["certificates"][0].chosen.dump() == issuer.signer.certificate


def test_the_signing_time_can_be_left_out() -> None:
    issuer = _establish(_plan(signing_time=False))
    (info,) = _signed_data(issuer.sign(GROUPS, SIGNED_AT))["signer_infos"]
    assert {one["type"].native for one in info["signed_attrs"]} == {"content_type", "message_digest"}


def test_a_wrong_hash_is_signed_where_it_is_asked_for(issuer: IssuingAuthority) -> None:
    signed = _signed_data(issuer.sign(GROUPS, SIGNED_AT, wrong_hashes=frozenset({1})))
    found = dict(parse_lds_security_object(signed["encap_content_info"]["content"].parsed.dump()).hashes)
    assert found[1] != hashlib.sha256(GROUPS[1]).digest()
    assert found[2] == hashlib.sha256(GROUPS[2]).digest()
