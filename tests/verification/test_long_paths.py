"""Link certificates: what is late, weak or made otherwise anywhere on the way to the anchor counts (checks 4, 5, 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.lds.files import FileId
from chipid.pki.certificate import parse_certificate
from chipid.trust.draft import Delivery
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.imports import import_certificates
from chipid.trust.records import Basis
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.policy_file import DEFAULT_POLICY, SHIPPED, shipped_policy
from chipid.verification.report import Check, Facts, Reason, Report, Result, Verdict
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.verification import forge

OLDER, OLD = Signer(111, "Invented CSCA", "VN"), Signer(112, "Invented CSCA", "VN")
RULE = AlgorithmRule(until=None, hashes=frozenset({"sha256"}), rsa_bits=2048, ec_bits=256)
ECDSA_SHA1 = encode_algorithm_identifier(oids.ECDSA_WITH_SHA1)
ZERO_SERIAL = {"serial": der.encode_integer(0)}


def link(new: Signer, old: Signer, **changes: Any) -> bytes:
    return builders.build_certificate(new, old, **{"validity": forge.LONG, **changes})


def signing_sha1(signer: Signer) -> dict[str, Any]:
    """Changes that have a certificate signed over SHA-1."""
    return {
        "algorithm": ECDSA_SHA1,
        "sign": lambda message: signer.private.sign(message, ec.ECDSA(hashes.SHA1())),
    }


def store_of(root: bytes, *links: bytes) -> TrustStore:
    """The root by its owner's word, the links by the signatures of those before them, the oldest first."""
    delivery = Delivery.of(root, file="test", approved_by="test", at=readings.NOW)
    approved = [parse_certificate(root).fingerprint]
    store, _ = import_certificates(TrustStore(anchors=()), [root], delivery, approved=approved)
    for one in links:
        store, _ = import_certificates(store, [one], delivery)
    return store


def usual(**changes: dict[str, Any]) -> TrustStore:
    """The signer's CSCA linked from an old key, and that from an older one; :func:`chain` says which ``changes``."""
    return store_of(*chain(**changes))


def chain(
    *, root: dict[str, Any] | None = None, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None
) -> tuple[bytes, bytes, bytes]:
    """The certificate of the oldest key and the two links from it, with changes to each."""
    return (
        forge.csca_certificate(OLDER, **(root or {})),
        link(OLD, OLDER, **(first or {})),
        link(forge.CSCA, OLD, **(second or {})),
    )


def judged(store: TrustStore, policy: Policy | None = None) -> Report:
    return readings.judged(
        forge.resigned(forge.genuine()), store, policy or replace(DEFAULT_POLICY, algorithms=(RULE,))
    )


def algorithms(report: Report) -> tuple[Result, Reason, Facts]:
    """How check 8 ended, with the facts of a failure."""
    found = report.find(Check.ALGORITHMS)
    assert found is not None
    return found.result, found.reason, () if found.passed else found.facts


def fingerprint_of(der_bytes: bytes) -> str:
    return parse_certificate(der_bytes).fingerprint


def test_a_signer_below_two_links_is_accepted() -> None:
    report = judged(usual())
    chain = report.find(Check.SIGNER_CHAIN)
    assert chain is not None
    assert chain.fact("links") == 2
    assert algorithms(report) == (Result.PASSED, Reason.VERIFIED, ())
    assert report.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("place", ["root", "first", "second"])
def test_a_deviation_anywhere_on_the_path_is_repeated_and_can_be_refused(place: str) -> None:
    store = usual(**{place: ZERO_SERIAL})
    tolerant = judged(store)
    assert "zero-serial" in tolerant.deviations
    assert tolerant.verdict is Verdict.ACCEPTED
    policy = replace(DEFAULT_POLICY, refused_deviations=frozenset({"zero-serial"}))
    report = judged(store, policy)
    assert algorithms(report) == (Result.FAILED, Reason.DEVIATION_REFUSED, (("deviations", ("zero-serial",)),))
    assert report.verdict is Verdict.REJECTED


def test_an_issuer_that_is_named_otherwise_is_told_and_can_be_refused() -> None:
    wrong = builders.extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, bytes(20))))
    own = builders.extension(oids.SUBJECT_KEY_IDENTIFIER, der.encode_octet_string(forge.CSCA.ski))
    store = usual(second={"extensions": [wrong, own, *builders.issuing_rights()]})
    report = judged(store)
    assert "aki-wrong" in report.deviations
    assert report.verdict is Verdict.ACCEPTED
    refusing = replace(DEFAULT_POLICY, refused_deviations=frozenset({"aki-wrong"}))
    assert algorithms(judged(store, refusing)) == (
        Result.FAILED,
        Reason.DEVIATION_REFUSED,
        (("deviations", ("aki-wrong",)),),
    )


@pytest.mark.parametrize(("place", "signer"), [("first", OLDER), ("second", OLD)])
def test_a_weak_signature_of_any_link_is_refused(place: str, signer: Signer) -> None:
    report = judged(usual(**{place: signing_sha1(signer)}))
    result, reason, facts = algorithms(report)
    assert (result, reason) == (Result.FAILED, Reason.ALGORITHM_REFUSED)
    assert [name for name, _ in facts] == ["hash-of-link", "link"]
    assert facts[0][1] == "sha1"
    assert report.verdict is Verdict.REJECTED


def test_the_anchors_signature_over_itself_carries_no_trust() -> None:
    report = judged(usual(root=signing_sha1(OLDER)))
    assert algorithms(report) == (Result.PASSED, Reason.VERIFIED, ())
    assert "sha1-signature" in report.deviations  # said all the same


@pytest.mark.parametrize(("bits", "passes"), [(1024, False), (2048, True)])
def test_a_short_key_further_up_is_refused(bits: int, passes: bool) -> None:
    key = rsa.generate_private_key(65537, bits)
    signing: dict[str, Any] = {
        "sign": lambda message: key.sign(message, PKCS1v15(), hashes.SHA256()),
        "algorithm": encode_algorithm_identifier(oids.SHA256_WITH_RSA, der.encode_null()),
    }
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    root = forge.csca_certificate(OLD, spki=spki, **signing)
    report = judged(store_of(root, link(forge.CSCA, OLD, **signing)))
    if passes:
        assert algorithms(report) == (Result.PASSED, Reason.VERIFIED, ())
    else:
        key_of_root = ("csca-key", "RSA-1024"), ("certificate", fingerprint_of(root))
        weak = (*key_of_root, ("least-rsa-bits", 2048))
        assert algorithms(report) == (Result.FAILED, Reason.ALGORITHM_REFUSED, weak)


def test_a_link_is_judged_by_the_rule_of_the_day_on_which_it_was_made() -> None:
    until = AlgorithmRule(until=date(2013, 12, 31), hashes=frozenset({"sha1", "sha256"}), rsa_bits=1024, ec_bits=192)
    policy = replace(DEFAULT_POLICY, algorithms=(until, RULE))

    assert algorithms(judged(usual(second=signing_sha1(OLD)), policy))[0] is Result.PASSED
    late = forge.between(datetime(2014, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
    assert algorithms(judged(usual(second={**signing_sha1(OLD), "validity": late}), policy))[0] is Result.FAILED


def years(first: int, last: int) -> bytes:
    return forge.between(datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC))


def store_of_before(root: bytes, *links: bytes) -> TrustStore:
    """As :func:`store_of`, of a time when nobody looked at the days of links when they came in."""
    delivery = Delivery.of(root, file="test", approved_by="test", at=readings.NOW)
    every = [root, *links]
    approved = [parse_certificate(one).fingerprint for one in every]
    store, _ = import_certificates(TrustStore(anchors=()), every, delivery, approved=approved)

    def by_signature(anchor: Anchor) -> Anchor:
        voucher = anchor.record.parent
        if voucher is None:
            return anchor
        return replace(anchor, record=replace(anchor.record, provenance=(delivery.provenance(Basis.ISSUER, voucher),)))

    return replace(store, anchors=tuple(map(by_signature, store.anchors)))


@pytest.mark.parametrize(
    "changes",
    [
        {"root": {"validity": years(2005, 2015)}, "first": {"validity": years(2023, 2033)}},
        {"first": {"validity": years(2010, 2015)}, "second": {"validity": years(2023, 2033)}},
    ],
    ids=["the oldest key", "a link's key"],
)
def test_an_old_key_makes_no_links_once_its_certificate_has_expired(changes: dict[str, dict[str, Any]]) -> None:
    """Whoever comes by it could make new issuers for ever."""
    for policy in SHIPPED:
        report = judged(store_of_before(*chain(**changes)), shipped_policy(policy))
        found = readings.outcome(report, Check.SIGNER_VALIDITY)
        assert found == (Result.FAILED, Reason.ISSUER_EXPIRED_AT_SIGNING)
        assert report.verdict is Verdict.REJECTED
        assert not report.vouches_for(FileId.DG1)


def test_a_link_that_its_owner_approved_needs_no_older_key() -> None:
    root = forge.csca_certificate(OLD, validity=years(2005, 2015))
    late = link(forge.CSCA, OLD, validity=years(2023, 2033))
    delivery = Delivery.of(root, file="test", approved_by="test", at=readings.NOW)
    approved = [parse_certificate(one).fingerprint for one in (root, late)]
    store, _ = import_certificates(TrustStore(anchors=()), [root, late], delivery, approved=approved)
    assert judged(store).verdict is Verdict.ACCEPTED


def test_a_link_made_outside_the_period_of_the_older_key_leaves_the_question_open() -> None:
    """States make some of their links late, so it is no failure; no policy accepts it unseen all the same."""
    period = builders.extension(
        oids.PRIVATE_KEY_USAGE_PERIOD,
        der.encode_sequence(tlv.encode(0x80, b"20050101000000Z"), tlv.encode(0x81, b"20090101000000Z")),
    )
    rights = [*builders.key_identifiers(OLDER, OLDER), *builders.issuing_rights(), period]
    report = judged(usual(root={"extensions": rights}))
    found = report.find(Check.SIGNER_KEY_PERIOD)
    assert found is not None
    assert (found.result, found.reason) == (Result.INDETERMINATE, Reason.ISSUER_KEY_PERIOD_OVER)
    assert found.fact("certified") == date(2010, 1, 1)
    assert report.verdict is Verdict.UNDECIDED


def test_a_link_with_a_critical_extension_that_nobody_knows_carries_no_trust_alone() -> None:
    """RFC 5280 §4.2: what must be understood and is not, is no certificate to rely on."""
    rights = [*builders.key_identifiers(OLD, OLDER), *builders.issuing_rights()]
    unknown = {"first": {"extensions": [*rights, builders.extension("1.2.3.4", b"\x05\x00", critical=True)]}}
    with pytest.raises(TrustRefusedError) as caught:
        usual(**unknown)
    assert caught.value.refusal is Refusal.NOT_AN_ISSUER
    for policy in SHIPPED:
        report = judged(store_of_before(*chain(**unknown)), shipped_policy(policy))
        found = readings.outcome(report, Check.SIGNER_CHAIN)
        assert found == (Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD)
        assert report.verdict is not Verdict.ACCEPTED


@pytest.mark.parametrize("number", range(100, 106))
def test_a_key_that_was_certified_anew_is_judged_by_the_certificate_of_the_day(number: int) -> None:
    """Which of its certificates comes first in the store depends on their fingerprints, and must not matter."""
    old = forge.csca_certificate(validity=years(2010, 2020), serial=der.encode_integer(number))
    report = judged(TrustStore.from_certificates([old, forge.csca_certificate()], source="test"))
    assert readings.outcome(report, Check.SIGNER_VALIDITY) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED
