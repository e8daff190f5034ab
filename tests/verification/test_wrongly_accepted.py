"""The worst bug is to accept what must not be accepted. Each way is built as a document here; no policy accepts it.

The ways over files of a trust store are in :mod:`tests.trust.test_wrongly_accepted`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.crypto.points import Point, multiply
from chipid.evidence.evidence import Evidence
from chipid.lds.ef_sod import build_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.trust.store import TrustStore
from chipid.verification.policy_file import SHIPPED, shipped_policy
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.verification import forge, revoking

P256 = CURVES["secp256r1"]
RSA_SHA256 = encode_algorithm_identifier(oids.SHA256_WITH_RSA, der.encode_null())
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


@cache
def content() -> bytes:
    return build_lds_security_object("sha256", dict(sorted(forge.hashes_of(forge.genuine()).items())))


def sealed(signed: bytes) -> Evidence:
    return forge.with_file(forge.genuine(), FileId.SOD, build_sod(signed))


def point_of(signer: Signer) -> Point:
    numbers = signer.private.public_key().public_numbers()
    return Point(x=numbers.x, y=numbers.y)


def on_curve(signer: Signer, curve: Curve) -> bytes:
    return encode_public_key(ECPublicKey(curve=curve, point=point_of(signer), explicit=True))


# Unsigned content


def without_signers() -> Evidence:
    attributes = builders.build_signed_attributes(content(), content_type=oids.ICAO_LDS_SECURITY_OBJECT)
    signed = builders.build_signed_data(
        content(),
        forge.SIGNER.sign(attributes),
        certificates=[forge.signer_certificate()],
        sid=builders.issuer_and_serial(forge.CSCA),
        attributes=attributes,
        content_type=oids.ICAO_LDS_SECURITY_OBJECT,
    )
    explicit = der.parse_sequence(signed)[1]
    fields = explicit.children()[0].children()
    empty = der.encode_sequence(*(one.raw for one in fields[:-1]), der.encode_set())
    return sealed(der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA), tlv.encode(0xA0, empty)))


def other_content_in_the_envelope() -> Evidence:
    """The hashes of a changed DG13 in an envelope whose signature is over the right ones."""
    changed = forge.with_file(
        forge.genuine(), FileId.DG13, forge.flipped(forge.genuine().content(FileId.DG13) or b"", -1)
    )
    false = build_lds_security_object("sha256", dict(sorted(forge.hashes_of(changed).items())))
    attributes = builders.build_signed_attributes(content(), content_type=oids.ICAO_LDS_SECURITY_OBJECT)
    signed = builders.build_signed_data(
        false,
        forge.SIGNER.sign(attributes),
        certificates=[forge.signer_certificate()],
        sid=builders.issuer_and_serial(forge.CSCA),
        attributes=attributes,
        content_type=oids.ICAO_LDS_SECURITY_OBJECT,
    )
    return forge.with_file(changed, FileId.SOD, build_sod(signed))


def a_group_that_nobody_signed() -> Evidence:
    hashes_by_number = forge.hashes_of(forge.genuine())
    del hashes_by_number[15]
    return forge.with_file(forge.genuine(), FileId.SOD, forge.sign_hashes(hashes_by_number))


# A signature by a certificate that is no CSCA's child

IMPOSTOR = Signer(201, "Invented CSCA", "VN")  # the name of the CSCA, and another key


def by_an_impostor() -> Evidence:
    certificates = [forge.signer_certificate(IMPOSTOR), forge.csca_certificate(IMPOSTOR)]
    return forge.resigned(forge.genuine(), certificates=certificates)


def by_an_impostor_with_the_right_identifiers() -> Evidence:
    extensions = [
        builders.extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, forge.CSCA.ski))),
        builders.extension(oids.KEY_USAGE, forge.DIGITAL_SIGNATURE, critical=True),
    ]
    false = builders.build_certificate(forge.SIGNER, IMPOSTOR, extensions=extensions)
    return forge.resigned(forge.genuine(), certificates=[false])


def by_a_child_of_a_document_signer() -> Evidence:
    child = Signer(202, "Child", "VN")
    certificates = [
        forge.signer_certificate(forge.SIGNER, child),
        forge.signer_certificate(forge.CSCA, forge.SIGNER),
    ]
    return forge.resigned(forge.genuine(), signer=child, issuing=forge.SIGNER, certificates=certificates)


def by_a_certificate_of_its_own() -> Evidence:
    return forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(forge.SIGNER, forge.SIGNER)])


# Curve parameters that differ in one integer (CVE-2020-0601)

CHANGES: dict[str, Callable[[Curve], Curve]] = {
    "p": lambda curve: replace(curve, p=curve.p - 2),
    "a": lambda curve: replace(curve, a=curve.a + 1),
    "b": lambda curve: replace(curve, b=curve.b ^ 1),
    "x": lambda curve: replace(curve, x=curve.x ^ 1),
    "y": lambda curve: replace(curve, y=curve.p - curve.y),
    "n": lambda curve: replace(curve, n=curve.n + 2),
    "h": lambda curve: replace(curve, h=2),
}


def signer_on_another_curve(integer: str) -> Callable[[], Evidence]:
    """A signer whose certificate the right CSCA signed, with its key on a curve that nobody knows."""

    def build() -> Evidence:
        spki = on_curve(forge.SIGNER, CHANGES[integer](P256))
        return forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(spki=spki)])

    return build


def by_the_twin_of_the_csca() -> Evidence:
    """A CSCA with the point of the right one as generator, so that its secret is 1, comes along and signs."""
    generator = point_of(forge.CSCA)
    twin = forge.csca_certificate(spki=on_curve(forge.CSCA, replace(P256, x=generator.x, y=generator.y)))

    def sign(message: bytes) -> bytes:
        k = 0x1234567
        r = multiply(P256, k, generator).x % P256.n
        s = pow(k, -1, P256.n) * (int.from_bytes(hashlib.sha256(message).digest(), "big") + r) % P256.n
        return der.encode_sequence(der.encode_integer(r), der.encode_integer(s))

    return forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(sign=sign), twin])


# RSA padding with trailing garbage


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(3, 2048)


def rsa_spki() -> bytes:
    return rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sloppy(message: bytes) -> bytes:
    """A block that begins like PKCS#1 v1.5 and goes on with garbage."""
    numbers = rsa_key().private_numbers()
    size = (numbers.public_numbers.n.bit_length() + 7) // 8
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA256_PREFIX + hashlib.sha256(message).digest()
    block = int.from_bytes(start + b"\x5a" * (size - len(start)), "big")
    return pow(block, numbers.d, numbers.public_numbers.n).to_bytes(size, "big")


def right(message: bytes) -> bytes:
    return rsa_key().sign(message, PKCS1v15(), hashes.SHA256())


def rsa_sod(sign: Callable[[bytes], bytes]) -> Callable[[], Evidence]:
    """A signer with an RSA key, whose signature of the SOD is made by ``sign``."""

    def build() -> Evidence:
        attributes = builders.build_signed_attributes(content(), content_type=oids.ICAO_LDS_SECURITY_OBJECT)
        signed = builders.build_signed_data(
            content(),
            sign(attributes),
            certificates=[forge.signer_certificate(spki=rsa_spki())],
            sid=builders.issuer_and_serial(forge.CSCA),
            attributes=attributes,
            signature_algorithm=RSA_SHA256,
            content_type=oids.ICAO_LDS_SECURITY_OBJECT,
        )
        return sealed(signed)

    return build


def rsa_signer(sign: Callable[[bytes], bytes]) -> Evidence:
    """A signer that an RSA key issued by ``sign``."""
    certificate = forge.signer_certificate(sign=sign, algorithm=RSA_SHA256)
    return forge.resigned(forge.genuine(), certificates=[certificate])


def rsa_trust() -> TrustStore:
    """The CSCA's name with an RSA key."""
    certificate = forge.csca_certificate(spki=rsa_spki(), sign=right, algorithm=RSA_SHA256)
    return TrustStore.from_certificates([certificate], source="test")


WAYS: dict[str, tuple[Callable[[], Evidence], Check, tuple[Result, Reason]]] = {
    "no signer at all": (without_signers, Check.SOD_SIGNATURE, (Result.FAILED, Reason.SOD_MALFORMED)),
    "other content in the envelope": (
        other_content_in_the_envelope,
        Check.SOD_SIGNATURE,
        (Result.FAILED, Reason.CONTENT_DIGEST_WRONG),
    ),
    "a group that nobody signed": (
        a_group_that_nobody_signed,
        Check.ACTIVE_AUTHENTICATION,
        (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED),
    ),
    "an impostor of the CSCA's name": (
        by_an_impostor,
        Check.SIGNER_CHAIN,
        (Result.INDETERMINATE, Reason.ISSUER_KEY_UNKNOWN),
    ),
    "an impostor with the right identifiers": (
        by_an_impostor_with_the_right_identifiers,
        Check.SIGNER_CHAIN,
        (Result.FAILED, Reason.SIGNER_SIGNATURE_WRONG),
    ),
    "a child of a document signer": (
        by_a_child_of_a_document_signer,
        Check.SIGNER_CHAIN,
        (Result.INDETERMINATE, Reason.ISSUER_KEY_UNKNOWN),
    ),
    "a certificate of its own": (
        by_a_certificate_of_its_own,
        Check.SIGNER_CHAIN,
        (Result.INDETERMINATE, Reason.ISSUER_KEY_UNKNOWN),
    ),
    "the twin of the CSCA": (
        by_the_twin_of_the_csca,
        Check.SIGNER_CHAIN,
        (Result.FAILED, Reason.SIGNER_SIGNATURE_WRONG),
    ),
    "garbage behind the padding of the SOD": (
        rsa_sod(sloppy),
        Check.SOD_SIGNATURE,
        (Result.FAILED, Reason.SIGNATURE_WRONG),
    ),
    **{
        f"a curve that differs in {integer}": (
            signer_on_another_curve(integer),
            Check.SOD_SIGNATURE,
            (Result.INDETERMINATE, Reason.UNSUPPORTED),
        )
        for integer in CHANGES
    },
}


def trusted() -> TrustStore:
    return revoking.with_crls(forge.trusting(), revoking.crl(forge.CSCA, []))


@pytest.mark.parametrize("name", WAYS)
def test_no_policy_accepts_it_and_the_right_check_says_why(name: str) -> None:
    build, check, expected = WAYS[name]
    evidence = build()
    for policy in SHIPPED:
        report = readings.judged(evidence, trusted(), shipped_policy(policy))
        assert report.verdict is not Verdict.ACCEPTED
        assert readings.outcome(report, check) == expected
    assert not report.vouches_for(FileId.DG15)


def test_the_same_documents_made_rightly_are_accepted() -> None:
    """Otherwise the ways above would prove nothing."""
    rightly = (forge.resigned(forge.genuine()), rsa_sod(right)())
    explicit = forge.signer_certificate(spki=on_curve(forge.SIGNER, P256))
    for evidence in (*rightly, forge.resigned(forge.genuine(), certificates=[explicit])):
        assert readings.judged(evidence, trusted()).verdict is Verdict.ACCEPTED
    assert readings.judged(rsa_signer(right), rsa_trust()).verdict is Verdict.ACCEPTED


def test_garbage_behind_the_padding_of_a_signers_certificate_is_a_forgery() -> None:
    report = readings.judged(rsa_signer(sloppy), rsa_trust())
    assert readings.outcome(report, Check.SIGNER_CHAIN)[0] is not Result.PASSED
    assert report.verdict is not Verdict.ACCEPTED


def test_a_chip_that_proves_a_key_of_its_own_is_not_accepted() -> None:
    evidence = replace(readings.evidence_of("aa-key-not-in-sod"), chip_authentication=None)
    report = readings.judged(evidence)
    assert not any(one.passed for one in report.checks if one.check in forge.PROOFS)
    assert report.verdict is not Verdict.ACCEPTED


@pytest.mark.parametrize("policy", SHIPPED)
def test_without_the_zone_nobody_knows_whose_state_may_have_signed(policy: str) -> None:
    """Taking the groups away that name the State must not make a document of the wrong one acceptable."""
    bare = forge.without_file(readings.evidence_of("country-mismatch"), FileId.DG1, FileId.DG13)
    trust = readings.trust_of(readings.card("country-mismatch"))
    assert readings.judged(bare, trust, shipped_policy(policy)).verdict is not Verdict.ACCEPTED
