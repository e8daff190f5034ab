"""Checks 5 to 8: periods of keys, revocation, types of documents, and the strength of algorithms on their day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.trust.draft import Delivery
from chipid.trust.history import as_of
from chipid.trust.imports import import_crl
from chipid.trust.store import TrustStore
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.policy_file import DEFAULT_POLICY, SHIPPED, shipped_policy
from chipid.verification.report import Check, Facts, Reason, Report, Result, Verdict
from tests.pki import builders
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge, revoking

PASSED = (Result.PASSED, Reason.VERIFIED)
SIGNED_ON = forge.SIGNED_AT
DAY = timedelta(days=1)
FOUR = (Check.SIGNER_KEY_PERIOD, Check.SIGNER_REVOCATION, Check.DOCUMENT_TYPE, Check.ALGORITHMS)


def sealed(**certificate: Any) -> Evidence:
    """The genuine groups under a signer of our own with this certificate."""
    return forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(**certificate)])


def trusting(**certificate: Any) -> TrustStore:
    return TrustStore.from_certificates([forge.csca_certificate(**certificate)], source="test")


def judged(evidence: Evidence, store: TrustStore | None = None, policy: Policy = DEFAULT_POLICY) -> Report:
    return readings.judged(evidence, store or forge.trusting(), policy)


def assert_discredited(report: Report) -> None:
    """The signature and the chain are right, and all the same nothing is vouched for."""
    assert outcome(report, Check.SOD_SIGNATURE) == PASSED
    assert outcome(report, Check.SIGNER_CHAIN) == PASSED
    assert report.verdict is Verdict.REJECTED
    assert not any(report.vouches_for(file) for file in FileId)
    assert not any(one.passed for one in report.checks if one.check in forge.PROOFS)


def test_without_a_signer_the_four_checks_stay_open() -> None:
    report = judged(forge.resigned(forge.genuine(), certificates=[]))
    for check in FOUR:
        assert outcome(report, check) == (Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND)


# 5. Periods of keys


def key_period(first: datetime | None, last: datetime | None) -> bytes:
    """PrivateKeyUsagePeriod: GeneralizedTimes under tags of their own."""
    ends = [(0x80, first), (0x81, last)]
    times = [tlv.encode(tag, f"{moment:%Y%m%d%H%M%SZ}".encode()) for tag, moment in ends if moment is not None]
    return builders.extension(oids.PRIVATE_KEY_USAGE_PERIOD, der.encode_sequence(*times))


def csca_with(period: bytes) -> TrustStore:
    return trusting(extensions=[*builders.key_identifiers(forge.CSCA, forge.CSCA), *builders.issuing_rights(), period])


def test_without_periods_there_is_nothing_to_check() -> None:
    assert outcome(judged(sealed()), Check.SIGNER_KEY_PERIOD) == (Result.NOT_APPLICABLE, Reason.NOT_STATED)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (SIGNED_ON, SIGNED_ON, Result.PASSED),
        (SIGNED_ON - DAY, None, Result.PASSED),
        (None, SIGNED_ON + DAY, Result.PASSED),
        (SIGNED_ON + DAY, None, Result.FAILED),
        (None, SIGNED_ON - DAY, Result.FAILED),
        (SIGNED_ON - 90 * DAY, SIGNED_ON - timedelta(seconds=1), Result.FAILED),
    ],
)
def test_the_signer_uses_its_key_within_its_period(
    first: datetime | None, last: datetime | None, expected: Result
) -> None:
    report = judged(sealed(extensions=[key_period(first, last)]))
    reason = Reason.VERIFIED if expected is Result.PASSED else Reason.SIGNER_KEY_PERIOD_OVER
    assert outcome(report, Check.SIGNER_KEY_PERIOD, "DS") == (expected, reason)
    if expected is Result.FAILED:
        assert_discredited(report)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (builders.NOT_BEFORE, builders.NOT_BEFORE, Result.PASSED),
        (builders.NOT_BEFORE + timedelta(seconds=1), None, Result.FAILED),
        (None, builders.NOT_BEFORE - timedelta(seconds=1), Result.FAILED),
    ],
)
def test_the_csca_uses_its_key_within_its_period_when_it_certifies_the_signer(
    first: datetime | None, last: datetime | None, expected: Result
) -> None:
    report = judged(sealed(), csca_with(key_period(first, last)))
    reason = Reason.VERIFIED if expected is Result.PASSED else Reason.ISSUER_KEY_PERIOD_OVER
    assert outcome(report, Check.SIGNER_KEY_PERIOD, "CSCA") == (expected, reason)
    if expected is Result.FAILED:
        assert_discredited(report)


def test_both_periods_are_looked_at() -> None:
    long = key_period(SIGNED_ON - 1000 * DAY, SIGNED_ON + 1000 * DAY)
    report = judged(sealed(extensions=[long]), csca_with(long))
    assert outcome(report, Check.SIGNER_KEY_PERIOD, "CSCA DS") == PASSED
    report = judged(sealed(extensions=[key_period(None, SIGNED_ON - DAY)]), csca_with(long))
    assert outcome(report, Check.SIGNER_KEY_PERIOD) == (Result.FAILED, Reason.SIGNER_KEY_PERIOD_OVER)


UNREAD = (Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD)
DAMAGED_PERIOD = builders.extension(
    oids.PRIVATE_KEY_USAGE_PERIOD,
    der.encode_sequence(tlv.encode(0x80, b"20000101000000"), tlv.encode(0x81, b"20000102")),
)


@pytest.mark.parametrize("signed_at", [SIGNED_ON, None])
def test_a_damaged_period_of_the_signer_keeps_the_question_open(signed_at: datetime | None) -> None:
    certificate = forge.signer_certificate(extensions=[DAMAGED_PERIOD])
    report = judged(forge.resigned(forge.genuine(), certificates=[certificate], signed_at=signed_at))
    assert outcome(report, Check.SIGNER_KEY_PERIOD, "DS") == UNREAD
    assert report.verdict is Verdict.UNDECIDED


def test_a_damaged_period_of_the_csca_keeps_the_question_open() -> None:
    report = judged(sealed(), csca_with(DAMAGED_PERIOD))
    assert outcome(report, Check.SIGNER_KEY_PERIOD, "CSCA") == UNREAD
    late = judged(sealed(extensions=[key_period(None, SIGNED_ON - DAY)]), csca_with(DAMAGED_PERIOD))
    assert outcome(late, Check.SIGNER_KEY_PERIOD, "DS") == (Result.FAILED, Reason.SIGNER_KEY_PERIOD_OVER)


def test_without_a_signing_time_the_signers_period_tells_nothing() -> None:
    certificate = forge.signer_certificate(extensions=[key_period(None, SIGNED_ON - DAY)])
    evidence = forge.resigned(forge.genuine(), certificates=[certificate], signed_at=None)
    report = judged(evidence)
    assert outcome(report, Check.SIGNER_KEY_PERIOD) == (Result.NOT_APPLICABLE, Reason.NOT_STATED)


# 6. Revocation


NOW = readings.NOW
SERIAL = 7  # of every certificate that the builders make


def with_crl(*crls: bytes, store: TrustStore | None = None) -> TrustStore:
    return revoking.with_crls(store or forge.trusting(), *crls)


def revocation(store: TrustStore, policy: Policy = DEFAULT_POLICY) -> tuple[Report, tuple[Result, Reason]]:
    report = judged(sealed(), store, policy)
    return report, outcome(report, Check.SIGNER_REVOCATION)


def test_without_a_revocation_list_the_question_is_open() -> None:
    report, found = revocation(forge.trusting())
    assert found == (Result.INDETERMINATE, Reason.CRL_MISSING)
    assert report.verdict is Verdict.ACCEPTED  # the default asks for no list
    report, found = revocation(forge.trusting(), shipped_policy("strict"))
    assert found == (Result.INDETERMINATE, Reason.CRL_MISSING)
    assert report.verdict is Verdict.REJECTED


def test_a_list_of_another_state_answers_nothing() -> None:
    foreign = revoking.crl(forge.FOREIGN_CSCA, [SERIAL])
    store = with_crl(foreign, store=forge.trusting(forge.CSCA, forge.FOREIGN_CSCA))
    assert len(store.crls) == 1
    assert revocation(store)[1] == (Result.INDETERMINATE, Reason.CRL_MISSING)


def test_a_fresh_list_that_does_not_name_the_signer_clears_it() -> None:
    report, found = revocation(with_crl(revoking.crl(forge.CSCA, [SERIAL + 1])))
    assert found == PASSED
    assert report.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("days", "expected"), [(9, (Result.INDETERMINATE, Reason.CRL_STALE)), (10, PASSED), (99, PASSED)]
)
def test_a_policy_may_want_a_younger_list_than_its_state_makes(days: int, expected: tuple[Result, Reason]) -> None:
    """The list is ten days old and says that the next one comes in fifty."""
    store = with_crl(revoking.crl(forge.CSCA, [SERIAL + 1]))
    assert revocation(store, replace(DEFAULT_POLICY, crl_days=days))[1] == expected
    named = with_crl(revoking.crl(forge.CSCA, [SERIAL]))  # however old, what it names is revoked
    assert revocation(named, replace(DEFAULT_POLICY, crl_days=1))[1] == (Result.FAILED, Reason.SIGNER_REVOKED)


def test_a_list_that_is_out_of_date_clears_nobody() -> None:
    stale = revoking.crl(forge.CSCA, [], this_update=NOW - 100 * DAY, next_update=NOW - 10 * DAY)
    report, found = revocation(with_crl(stale))
    assert found == (Result.INDETERMINATE, Reason.CRL_STALE)
    assert report.verdict is Verdict.ACCEPTED
    assert revocation(with_crl(stale), shipped_policy("strict"))[0].verdict is Verdict.REJECTED


@pytest.mark.parametrize("age", [1, 400])
def test_a_revoked_signer_is_refused_however_old_the_list_is(age: int) -> None:
    named = revoking.crl(forge.CSCA, [SERIAL], this_update=NOW - age * DAY, next_update=NOW - (age - 30) * DAY)
    report, found = revocation(with_crl(named))
    assert found == (Result.FAILED, Reason.SIGNER_REVOKED)
    assert_discredited(report)


def test_a_list_that_nobody_trusted_signed_does_not_come_in() -> None:
    forged = revoking.crl(forge.OTHER_CSCA, [SERIAL], subject=forge.CSCA.name)
    assert with_crl(forged).crls == ()


def test_a_revoked_csca_discredits_what_hangs_on_it() -> None:
    """The signer's own number is clear; that of the certificate above it is on the list."""
    csca = forge.csca_certificate(serial=der.encode_integer(99))
    store = TrustStore.from_certificates([csca], source="test")
    report, found = revocation(with_crl(revoking.crl(forge.CSCA, [99]), store=store))
    assert found == (Result.FAILED, Reason.SIGNER_REVOKED)
    assert_discredited(report)


def test_a_revocation_that_comes_later_does_not_change_the_report_of_an_earlier_store() -> None:
    """The list that was replaced held until then, and the report rests on it whenever it is asked for again."""
    before = with_crl(revoking.crl(forge.CSCA, [SERIAL + 1]))
    younger = revoking.crl(forge.CSCA, [SERIAL], this_update=NOW - DAY)
    known = Delivery.of(younger, file="crl", approved_by="test", at=NOW + DAY)
    after, _ = import_crl(before, younger, known)
    evidence = sealed()
    then = judged(evidence, as_of(after, NOW))
    assert replace(then, trust_as_of=None) == judged(evidence, before)
    assert then.verdict is Verdict.ACCEPTED
    assert revocation(after)[1] == (Result.FAILED, Reason.SIGNER_REVOKED)


@pytest.mark.parametrize("revoked", [77, 79])
@pytest.mark.parametrize("twin", range(91, 95))
def test_a_key_is_revoked_with_any_of_its_certificates(revoked: int, twin: int) -> None:
    """A CSCA's key has several certificates: of its own, links, and those made when it was certified anew."""
    numbers = [twin if number == 79 and twin % 2 else number for number in (77, 79)]
    own = [forge.csca_certificate(serial=der.encode_integer(number)) for number in numbers]
    other = forge.csca_certificate(forge.OTHER_CSCA, serial=der.encode_integer(78))
    store = TrustStore.from_certificates([*own, other], source="test")
    number = numbers[(77, 79).index(revoked)]
    listed = revoking.with_crls(store, revoking.crl(forge.OTHER_CSCA, [number]))
    report, outcome_of = revocation(listed)
    assert outcome_of == (Result.FAILED, Reason.SIGNER_REVOKED)
    assert report.verdict is Verdict.REJECTED
    assert revocation(revoking.with_crls(store, revoking.crl(forge.OTHER_CSCA, [1234])))[0].verdict is Verdict.ACCEPTED


# 7. Types of documents


def document_types(*codes: str) -> bytes:
    listed = der.encode_set(*(tlv.encode(der.PRINTABLE_STRING, code.encode()) for code in codes))
    return builders.extension(oids.ICAO_DOCUMENT_TYPE_LIST, der.encode_sequence(der.encode_integer(0), listed))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["ID"], Result.PASSED),
        (["I"], Result.PASSED),
        (["I<"], Result.PASSED),
        (["P", "ID"], Result.PASSED),
        (["P"], Result.FAILED),
        (["IR"], Result.FAILED),
        (["D"], Result.FAILED),
        (["IDX"], Result.FAILED),
        ([""], Result.FAILED),
        ([], Result.FAILED),
    ],
)
def test_the_signer_signs_only_its_types_of_documents(codes: Sequence[str], expected: Result) -> None:
    """The genuine card is of type ID."""
    report = judged(sealed(extensions=[document_types(*codes)]))
    reason = Reason.VERIFIED if expected is Result.PASSED else Reason.DOCUMENT_TYPE_WRONG
    assert outcome(report, Check.DOCUMENT_TYPE) == (expected, reason)
    if expected is Result.FAILED:
        assert_discredited(report)


def test_a_signer_without_a_list_of_types_may_sign_any() -> None:
    assert outcome(judged(sealed()), Check.DOCUMENT_TYPE) == (Result.NOT_APPLICABLE, Reason.NOT_STATED)


@pytest.mark.parametrize("policy", SHIPPED)
@pytest.mark.parametrize("code", [b"ID", b"P"])
def test_a_damaged_list_of_types_keeps_the_question_open(code: bytes, policy: str) -> None:
    version_1 = der.encode_sequence(der.encode_integer(1), der.encode_set(tlv.encode(der.PRINTABLE_STRING, code)))
    damaged = builders.extension(oids.ICAO_DOCUMENT_TYPE_LIST, version_1)
    report = judged(sealed(extensions=[damaged]), policy=shipped_policy(policy))
    assert outcome(report, Check.DOCUMENT_TYPE) == UNREAD
    assert report.verdict is not Verdict.ACCEPTED


def test_without_a_zone_the_type_is_not_known() -> None:
    report = judged(forge.without_file(sealed(extensions=[document_types("P")]), FileId.DG1))
    assert outcome(report, Check.DOCUMENT_TYPE) == (Result.INDETERMINATE, Reason.GROUP_NOT_READ)


# 8. Algorithms


def ruled(*rules: AlgorithmRule, **changes: Any) -> Policy:
    return replace(DEFAULT_POLICY, algorithms=rules, **changes)


def rule(
    until: date | None = None, hash_names: str = "sha256", rsa_bits: int = 2048, ec_bits: int = 256
) -> AlgorithmRule:
    return AlgorithmRule(until=until, hashes=frozenset(hash_names.split()), rsa_bits=rsa_bits, ec_bits=ec_bits)


def algorithms(evidence: Evidence, policy: Policy, store: TrustStore | None = None) -> tuple[Result, Reason, Facts]:
    """How check 8 ended, with the facts of a failure."""
    found = judged(evidence, store, policy).find(Check.ALGORITHMS)
    assert found is not None
    return found.result, found.reason, () if found.passed else found.facts


REFUSED = (Result.FAILED, Reason.ALGORITHM_REFUSED)
EXPIRED = (Result.FAILED, Reason.SIGNER_EXPIRED_NOW)


def test_what_the_rule_of_the_day_allows_passes() -> None:
    assert algorithms(sealed(), ruled(rule())) == (*PASSED, ())


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (SIGNED_ON.date() - DAY, (*REFUSED, (("no-rule", "signed"),))),
        (SIGNED_ON.date(), (*PASSED, ())),
        (SIGNED_ON.date() + DAY, (*PASSED, ())),
    ],
)
def test_a_policy_may_have_no_rule_for_a_day(until: date, expected: tuple[Result, Reason, Facts]) -> None:
    assert algorithms(sealed(), ruled(rule(until))) == expected


def test_the_day_of_signing_chooses_the_rule() -> None:
    old, new = rule(date(2013, 12, 31), "sha1 sha256"), rule()
    long = forge.between(datetime(2010, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
    signer = forge.signer_certificate(validity=long)

    def signed(at: datetime | None) -> Evidence:
        return forge.resigned(forge.genuine(), hash_name="sha1", certificates=[signer], signed_at=at)

    assert algorithms(signed(datetime(2013, 12, 31, 23, tzinfo=UTC)), ruled(old, new)) == (*PASSED, ())
    weak = (*REFUSED, (("hash-of-groups", "sha1"), ("allowed-hashes", ("sha256",))))
    assert algorithms(signed(datetime(2014, 1, 1, tzinfo=UTC)), ruled(old, new)) == weak
    assert algorithms(signed(None), ruled(old, new)) == weak  # without a signing time, today


def test_every_weak_hash_is_named() -> None:
    found = algorithms(sealed(), ruled(rule(hash_names="sha512")))
    assert found == (
        *REFUSED,
        (
            ("hash-of-certificate", "sha256"),
            ("hash-of-sod", "sha256"),
            ("hash-of-content", "sha256"),
            ("hash-of-groups", "sha256"),
            ("allowed-hashes", ("sha512",)),
        ),
    )


def test_every_weak_key_is_named() -> None:
    found = algorithms(sealed(), ruled(rule(ec_bits=384)))
    curve, least = "secp256r1", ("least-ec-bits", 384)
    assert found == (*REFUSED, (("signer-key", curve), least, ("csca-key", curve), least))
    assert_discredited(judged(sealed(), policy=ruled(rule(ec_bits=384))))


@pytest.mark.parametrize(("bits", "passes"), [(1536, False), (2048, True)])
def test_rsa_keys_are_measured_by_their_modulus(bits: int, passes: bool) -> None:
    key = rsa.generate_private_key(65537, bits)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signing: dict[str, Any] = {
        "sign": lambda message: key.sign(message, PKCS1v15(), hashes.SHA256()),
        "algorithm": encode_algorithm_identifier(oids.SHA256_WITH_RSA, der.encode_null()),
    }
    csca, signer = forge.csca_certificate(spki=spki, **signing), forge.signer_certificate(**signing)
    evidence = forge.resigned(forge.genuine(), certificates=[signer])
    store = TrustStore.from_certificates([csca], source="test")
    expected = (*PASSED, ()) if passes else (*REFUSED, (("csca-key", f"RSA-{bits}"), ("least-rsa-bits", 2048)))
    assert algorithms(evidence, ruled(rule()), store) == expected


@pytest.mark.parametrize("where", ["signer", "CSCA"])
def test_a_deviation_that_the_policy_does_not_share_is_refused(where: str) -> None:
    zero = der.encode_integer(0)
    # A single certificate is taken for the signer's although the SOD names another number.
    evidence = sealed(serial=zero) if where == "signer" else sealed()
    store = trusting(serial=zero) if where == "CSCA" else None
    policy = ruled(rule(), refused_deviations=frozenset({"zero-serial", "time-format"}))
    assert algorithms(evidence, policy, store) == (
        Result.FAILED,
        Reason.DEVIATION_REFUSED,
        (("deviations", ("zero-serial",)),),
    )
    report = judged(evidence, store)
    assert "zero-serial" in report.deviations  # tolerated by the default, and said
    assert report.verdict is Verdict.ACCEPTED
    assert_discredited(judged(evidence, store, policy))


@pytest.mark.parametrize("expired_signer", [True, False])
def test_a_signer_that_has_expired_since_is_for_the_policy_to_accept(expired_signer: bool) -> None:
    until = forge.between(builders.NOT_BEFORE, SIGNED_ON + DAY)
    evidence = sealed(validity=until)
    policy = ruled(rule(), expired_signer=expired_signer)
    found = algorithms(evidence, policy)
    assert found == ((*PASSED, ()) if expired_signer else (*EXPIRED, (("valid-to", (SIGNED_ON + DAY).date()),)))
    assert outcome(judged(evidence, policy=policy), Check.SIGNER_VALIDITY) == PASSED  # it was valid when it signed


def test_an_algorithm_of_the_certificate_that_is_not_known_is_open() -> None:
    evidence = sealed(algorithm=encode_algorithm_identifier("1.2.3.4"))
    assert algorithms(evidence, ruled(rule()))[:2] == (Result.INDETERMINATE, Reason.UNSUPPORTED)
    assert judged(evidence).verdict is Verdict.UNDECIDED
