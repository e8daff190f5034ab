"""Passive Authentication: each way in which what the state signed can be missing, wrong or unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.evidence.evidence import Evidence, FileOutcome
from chipid.lds.dg12 import DocumentDetails, build_dg12
from chipid.lds.dg13 import CitizenDetails, build_dg13
from chipid.lds.ef_com import build_ef_com
from chipid.lds.ef_sod import build_sod, parse_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.mrz.dates import PartialDate
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge

PASSIVE = (Check.SOD_SIGNATURE, Check.SIGNER_CHAIN, Check.SIGNER_VALIDITY, Check.GROUP_HASH)
SOD = FileId.SOD
REFUSED = 0x6F00


def with_sod(sod: bytes, trust: TrustStore | None = None) -> Report:
    return readings.judged(forge.with_file(forge.genuine(), SOD, sod), trust)


def genuine_sod() -> bytes:
    return forge.genuine().content(SOD) or b""


def assert_not_vouched(report: Report) -> None:
    assert report.verdict is not Verdict.ACCEPTED
    assert not any(report.vouches_for(file) for file in FileId)
    assert not any(one.passed for one in report.checks if one.check in forge.PROOFS)


# 2. The signature


def test_the_genuine_card_passes_every_check_with_its_reason() -> None:
    report = readings.judged(forge.genuine())
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, Check.SIGNER_CHAIN) == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, Check.SIGNER_VALIDITY) == (Result.PASSED, Reason.VERIFIED)
    assert {one.subject: one.reason for one in report.checks if one.check is Check.GROUP_HASH} == {
        "DG1": Reason.VERIFIED,
        "DG2": Reason.VERIFIED,
        "DG3": Reason.GROUP_NOT_READ,
        "DG13": Reason.VERIFIED,
        "DG14": Reason.VERIFIED,
        "DG15": Reason.VERIFIED,
    }
    assert report.anchor is not None
    assert report.anchor.source == readings.SOURCE


def refused_sod(file_outcome: FileOutcome, sw: int | None) -> Callable[[], Evidence]:
    return lambda: forge.refused(forge.genuine(), SOD, file_outcome, sw)


def changed_sod(change: Callable[[bytes], bytes]) -> Callable[[], Evidence]:
    return lambda: forge.with_file(forge.genuine(), SOD, change(genuine_sod()))


@pytest.mark.parametrize(
    ("make", "result", "reason"),
    [
        (lambda: forge.without_file(forge.genuine(), SOD), Result.FAILED, Reason.SOD_MISSING),
        (refused_sod(FileOutcome.ABSENT, 0x6A82), Result.FAILED, Reason.SOD_MISSING),
        (refused_sod(FileOutcome.FAILED, None), Result.FAILED, Reason.SOD_MALFORMED),
        (refused_sod(FileOutcome.FAILED, REFUSED), Result.INDETERMINATE, Reason.FILE_UNREADABLE),
        (refused_sod(FileOutcome.DENIED, 0x6982), Result.INDETERMINATE, Reason.FILE_UNREADABLE),
        (changed_sod(lambda _: b""), Result.FAILED, Reason.SOD_MALFORMED),
        (changed_sod(lambda sod: sod[:-1]), Result.FAILED, Reason.SOD_MALFORMED),
        (changed_sod(lambda sod: sod + b"\0"), Result.FAILED, Reason.SOD_MALFORMED),
        (changed_sod(lambda _: build_sod(b"\x30\x00")), Result.FAILED, Reason.SOD_MALFORMED),
    ],
    ids=["not read", "absent", "garbled", "refused", "denied", "empty", "cut", "longer", "no signed data"],
)
def test_without_a_security_object_nothing_is_vouched_for(
    make: Callable[[], Evidence], result: Result, reason: Reason
) -> None:
    report = readings.judged(make())
    assert outcome(report, Check.SOD_SIGNATURE) == (result, reason)
    for check in PASSIVE[1:]:
        assert outcome(report, check) == (Result.INDETERMINATE, reason)
    assert_not_vouched(report)
    assert report.verdict is (Verdict.REJECTED if result is Result.FAILED else Verdict.UNDECIDED)


def test_a_hash_algorithm_that_is_not_known_leaves_the_security_object_open() -> None:
    md5 = der.encode_sequence(der.encode_oid("1.2.840.113549.2.5"), der.encode_null())
    values = der.encode_sequence(der.encode_sequence(der.encode_integer(1), der.encode_octet_string(bytes(16))))
    content = der.encode_sequence(der.encode_integer(0), md5, values)
    report = with_sod(forge.sign_content(content), forge.trusting())
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.INDETERMINATE, Reason.UNSUPPORTED)
    assert_not_vouched(report)


def test_a_signature_by_an_algorithm_that_is_not_known_is_open() -> None:
    unknown = encode_algorithm_identifier("1.2.3.4")
    content = build_lds_security_object("sha256", forge.hashes_of(forge.genuine()))
    attributes = builders.build_signed_attributes(content, content_type=oids.ICAO_LDS_SECURITY_OBJECT)
    signed = builders.build_signed_data(
        content,
        forge.SIGNER.sign(attributes),
        certificates=[forge.signer_certificate()],
        sid=builders.issuer_and_serial(forge.CSCA),
        attributes=attributes,
        signature_algorithm=unknown,
        content_type=oids.ICAO_LDS_SECURITY_OBJECT,
    )
    report = with_sod(build_sod(signed), forge.trusting())
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.INDETERMINATE, Reason.UNSUPPORTED)
    assert_not_vouched(report)


def test_content_of_another_type_is_no_security_object() -> None:
    content = build_lds_security_object("sha256", forge.hashes_of(forge.genuine()))
    report = with_sod(forge.sign_content(content, content_type=oids.PKCS7_DATA), forge.trusting())
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SOD_MALFORMED)


def test_a_security_object_without_its_signer_is_open() -> None:
    sealed = forge.resigned(forge.genuine(), certificates=[])
    report = readings.judged(sealed, forge.trusting())
    for check in PASSIVE[:3]:
        assert outcome(report, check) == (Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND)
    assert outcome(report, Check.GROUP_HASH, "DG1") == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.UNDECIDED
    assert_not_vouched(report)


def test_a_damaged_certificate_in_the_security_object_fails_it() -> None:
    report = readings.judged(forge.resigned(forge.genuine(), certificates=[b"\x30\x00"]), forge.trusting())
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SOD_MALFORMED)
    assert_not_vouched(report)


def test_a_flipped_signature_is_wrong() -> None:
    report = with_sod(forge.flipped(genuine_sod(), -1))
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SIGNATURE_WRONG)
    assert report.verdict is Verdict.REJECTED
    assert_not_vouched(report)


def test_changed_content_under_an_untouched_signature_is_found_by_its_digest() -> None:
    sod = genuine_sod()
    tampered = forge.with_file(forge.genuine(), FileId.DG13, build_dg13(CitizenDetails(full_name="Trần Thị B")))
    old, new = (parse_sod(sod).data_group_hashes[13], hashlib.sha256(tampered.content(FileId.DG13) or b"").digest())
    assert sod.count(old) == 1
    report = readings.judged(forge.with_file(tampered, SOD, sod.replace(old, new)))
    assert outcome(report, Check.GROUP_HASH, "DG13") == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.CONTENT_DIGEST_WRONG)
    assert_not_vouched(report)


def test_the_signature_must_be_that_of_the_certificate_beside_it() -> None:
    impostor = Signer(666, "Impostor", "VN")
    genuine_certificate = parse_sod(genuine_sod()).signed_data.certificates[0]
    sealed = forge.resigned(forge.genuine(), signer=impostor, certificates=[genuine_certificate])
    report = readings.judged(sealed)
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SIGNATURE_WRONG)
    assert outcome(report, Check.SIGNER_CHAIN)[0] is Result.PASSED
    assert_not_vouched(report)


def test_a_second_certificate_of_the_same_name_and_number_vouches_for_nothing() -> None:
    impostor = Signer(666, "Invented Document Signer", "VN")
    true, false = forge.signer_certificate(), forge.signer_certificate(Signer(667, "Invented CSCA", "VN"), impostor)
    for certificates in ([true, false], [false, true]):
        sealed = forge.resigned(forge.genuine(), signer=impostor, certificates=certificates)
        assert_not_vouched(readings.judged(sealed, forge.trusting()))


# 3. The chain


def chain(report: Report) -> tuple[Result, Reason]:
    return outcome(report, Check.SIGNER_CHAIN)


def test_an_empty_trust_store_leaves_the_chain_open() -> None:
    report = readings.judged(forge.genuine(), readings.NOTHING_TRUSTED)
    assert chain(report) == (Result.INDETERMINATE, Reason.TRUST_STORE_EMPTY)
    assert report.verdict is Verdict.UNDECIDED
    assert report.anchor is None
    assert_not_vouched(report)


def test_a_trust_store_of_other_countries_leaves_the_chain_open() -> None:
    report = readings.judged(forge.genuine(), forge.trusting(forge.FOREIGN_CSCA))
    assert chain(report) == (Result.INDETERMINATE, Reason.ISSUER_COUNTRY_UNKNOWN)
    assert_not_vouched(report)


def test_another_key_of_the_same_country_leaves_the_chain_open() -> None:
    report = readings.judged(forge.genuine(), forge.trusting())
    assert chain(report) == (Result.INDETERMINATE, Reason.ISSUER_KEY_UNKNOWN)
    assert_not_vouched(report)


def test_a_signer_that_names_a_trusted_key_which_did_not_sign_it_is_a_forgery() -> None:
    forged = forge.signer_certificate(sign=forge.OTHER_CSCA.sign)
    report = readings.judged(forge.resigned(forge.genuine(), certificates=[forged]), forge.trusting())
    assert chain(report) == (Result.FAILED, Reason.SIGNER_SIGNATURE_WRONG)
    assert report.verdict is Verdict.REJECTED
    assert_not_vouched(report)


def test_the_key_decides_and_not_the_name() -> None:
    renamed = Signer(101, "Renamed CSCA", "VN")
    report = readings.judged(forge.resigned(forge.genuine()), forge.trusting(forge.OTHER_CSCA, renamed))
    assert chain(report) == (Result.PASSED, Reason.VERIFIED)


def test_an_anchor_whose_key_cannot_be_used_is_passed_over() -> None:
    unusable = encode_algorithm_identifier("1.2.3.4")
    spki = der.encode_sequence(unusable, der.encode_bit_string(b"key"))
    store = TrustStore.from_certificates([forge.csca_certificate(spki=spki), forge.csca_certificate()], source="test")
    assert chain(readings.judged(forge.resigned(forge.genuine()), store)) == (Result.PASSED, Reason.VERIFIED)
    alone = TrustStore.from_certificates([forge.csca_certificate(spki=spki)], source="test")
    report = readings.judged(forge.resigned(forge.genuine()), alone)
    assert chain(report) == (Result.INDETERMINATE, Reason.ISSUER_KEY_UNKNOWN)


# 4. Validity


def day(year: int, month: int = 6, number: int = 1) -> datetime:
    return datetime(year, month, number, 12, tzinfo=UTC)


def validity(
    evidence: Evidence, now: datetime = readings.NOW, trust: TrustStore | None = None
) -> tuple[Result, Reason]:
    return outcome(readings.judged(evidence, trust or forge.trusting(), now=now), Check.SIGNER_VALIDITY)


def signed_between(first: datetime, last: datetime, evidence: Evidence, signed_at: datetime | None) -> Evidence:
    certificate = forge.signer_certificate(validity=forge.between(first, last))
    return forge.resigned(evidence, certificates=[certificate], signed_at=signed_at)


@pytest.mark.parametrize(
    ("signed_at", "result"),
    [
        (day(2024, 5, 31), Result.FAILED),
        (day(2024, 6, 1), Result.PASSED),
        (day(2024, 7, 1), Result.PASSED),
        (day(2024, 7, 2), Result.FAILED),
    ],
)
def test_the_signer_must_be_valid_when_it_signs(signed_at: datetime, result: Result) -> None:
    sealed = signed_between(day(2024, 6, 1), day(2024, 7, 1), forge.genuine(), signed_at)
    reason = Reason.VERIFIED if result is Result.PASSED else Reason.SIGNER_EXPIRED_AT_SIGNING
    for now in (day(2024, 7, 2), readings.NOW):  # today does not matter
        assert validity(sealed, now) == (result, reason)


def test_what_was_signed_later_than_it_is_judged_is_open() -> None:
    """Either clock may be wrong; nobody shall accept a document for a day on which it did not exist."""
    sealed = signed_between(day(2024, 6, 1), day(2034, 6, 1), forge.genuine(), day(2024, 6, 10))
    assert validity(sealed, day(2024, 6, 9)) == (Result.PASSED, Reason.VERIFIED)  # clocks and time zones differ
    assert validity(sealed, day(2024, 6, 8)) == (Result.INDETERMINATE, Reason.SIGNED_LATER)
    for policy, verdict in (("default", Verdict.UNDECIDED), ("strict", Verdict.REJECTED)):
        report = judge(sealed, forge.trusting(), shipped_policy(policy), day(2024, 6, 8))
        assert report.verdict is verdict
        assert Reason.SIGNED_LATER in {one.reason for one in report.grounds}


def test_the_issuer_must_be_valid_when_it_certifies() -> None:
    expired = TrustStore.from_certificates(
        [forge.csca_certificate(validity=forge.between(day(2010), day(2020)))], source="test"
    )
    report = readings.judged(forge.resigned(forge.genuine()), expired)
    assert outcome(report, Check.SIGNER_VALIDITY) == (Result.FAILED, Reason.ISSUER_EXPIRED_AT_SIGNING)
    assert_not_vouched(report)


@pytest.mark.parametrize(
    ("first", "last", "now", "expected"),
    [
        (day(2022), day(2032), day(2025), (Result.PASSED, Reason.VERIFIED)),  # still valid
        (day(2022), day(2024), day(2025), (Result.PASSED, Reason.VERIFIED)),  # valid when the card was issued
        (day(2023, 6, 1), day(2024), day(2025), (Result.PASSED, Reason.VERIFIED)),  # from that very day, at noon
        (day(2023, 6, 2), day(2024), day(2025), (Result.INDETERMINATE, Reason.SIGNING_TIME_UNKNOWN)),
        (day(2022), day(2023, 5, 31), day(2025), (Result.INDETERMINATE, Reason.SIGNING_TIME_UNKNOWN)),
    ],
    ids=["valid now", "valid at issue", "from the day of issue", "issued before", "issued after"],
)
def test_without_a_signing_time_the_day_of_issue_may_show_validity_and_never_its_lack(
    first: datetime, last: datetime, now: datetime, expected: tuple[Result, Reason]
) -> None:
    """The card bears 1 June 2023 in DG13."""
    assert validity(signed_between(first, last, forge.genuine(), None), now) == expected


def test_dg12_states_the_day_of_issue_before_dg13() -> None:
    evidence = forge.with_file(
        forge.genuine(), FileId.DG12, build_dg12(DocumentDetails(issue_date=PartialDate(year=2021, month=3, day=1)))
    )
    com = build_ef_com([1, 2, 3, 12, 13, 14, 15])
    sealed = signed_between(day(2021), day(2022), forge.with_file(evidence, FileId.COM, com), None)
    assert validity(sealed) == (Result.INDETERMINATE, Reason.SIGNING_TIME_UNKNOWN)
    sealed = signed_between(day(2021, 3, 1), day(2022), forge.with_file(evidence, FileId.COM, com), None)
    assert validity(sealed) == (Result.PASSED, Reason.VERIFIED)


@pytest.mark.parametrize("stated", ["31/12/9999", "01/01/0001", "00/00/0000", "later", None])
def test_a_day_of_issue_that_helps_nobody_leaves_the_time_unknown(stated: str | None) -> None:
    evidence = forge.with_file(forge.genuine(), FileId.DG13, build_dg13(CitizenDetails(sex="Nam", issue_date=stated)))
    sealed = signed_between(day(2022), day(2024), evidence, None)
    assert validity(sealed) == (Result.INDETERMINATE, Reason.SIGNING_TIME_UNKNOWN)


# 5. The hashes


def test_a_group_that_the_state_never_signed_fails() -> None:
    hashes = forge.hashes_of(forge.genuine())
    del hashes[15]
    evidence = forge.with_file(forge.genuine(), FileId.SOD, forge.sign_hashes(hashes))
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, Check.GROUP_HASH, "DG15") == (Result.FAILED, Reason.GROUP_NOT_IN_SOD)
    assert outcome(report, Check.ACTIVE_AUTHENTICATION) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    assert outcome(report, Check.CHIP_AUTHENTICATION) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.REJECTED


@pytest.mark.parametrize(
    ("group", "file_outcome", "sw", "expected"),
    [
        (FileId.DG2, FileOutcome.ABSENT, 0x6A82, (Result.FAILED, Reason.GROUP_MISSING)),
        (FileId.DG2, FileOutcome.DENIED, 0x6982, (Result.INDETERMINATE, Reason.GROUP_LOCKED)),
        (FileId.DG3, FileOutcome.DENIED, 0x6982, (Result.NOT_APPLICABLE, Reason.GROUP_LOCKED)),
        (FileId.DG2, FileOutcome.FAILED, REFUSED, (Result.INDETERMINATE, Reason.FILE_UNREADABLE)),
        (FileId.DG2, FileOutcome.FAILED, None, (Result.FAILED, Reason.GROUP_MALFORMED)),
    ],
)
def test_a_signed_group_that_the_card_does_not_give_is_not_passed_over(
    group: FileId, file_outcome: FileOutcome, sw: int | None, expected: tuple[Result, Reason]
) -> None:
    report = readings.judged(forge.refused(forge.genuine(), group, file_outcome, sw))
    assert outcome(report, Check.GROUP_HASH, group.label) == expected
    verdicts = {Result.FAILED: Verdict.REJECTED, Result.INDETERMINATE: Verdict.UNDECIDED}
    assert report.verdict is verdicts.get(expected[0], Verdict.ACCEPTED)


def test_a_portrait_that_is_kept_back_is_not_accepted() -> None:
    """Whoever shows another face would hide the signed one: with 6982 the card was accepted without it."""
    report = readings.judged(forge.refused(forge.genuine(), FileId.DG2, FileOutcome.DENIED, 0x6982))
    assert report.verdict is Verdict.UNDECIDED


def test_a_refused_group_that_nobody_signed_is_no_matter() -> None:
    report = readings.judged(forge.refused(forge.genuine(), FileId.DG11, FileOutcome.ABSENT, 0x6A82))
    assert report.find(Check.GROUP_HASH, "DG11") is None
    assert report.verdict is Verdict.ACCEPTED


def test_groups_that_the_reading_did_not_ask_for_do_not_apply() -> None:
    report = readings.judged(forge.without_file(forge.genuine(), FileId.DG2, FileId.DG13))
    for subject in ("DG2", "DG13"):
        assert outcome(report, Check.GROUP_HASH, subject) == (Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)
    assert report.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_the_hash_is_the_one_that_the_security_object_names(hash_name: str) -> None:
    sealed = forge.resigned(forge.genuine(), hash_name=hash_name)
    report = readings.judged(sealed, forge.trusting())
    assert outcome(report, Check.GROUP_HASH, "DG1") == (Result.PASSED, Reason.VERIFIED)
    tampered = forge.with_file(sealed, FileId.DG1, forge.flipped(sealed.content(FileId.DG1) or b"", -1))
    report = readings.judged(tampered, forge.trusting())
    assert outcome(report, Check.GROUP_HASH, "DG1") == (Result.FAILED, Reason.HASH_WRONG)


def test_files_of_two_genuine_cards_do_not_make_a_third() -> None:
    """Every file is genuine and signed, but not by one security object."""
    mine, other = forge.genuine(), readings.evidence_of("expired-card")
    for file in (FileId.DG1, FileId.DG2, FileId.DG13, FileId.SOD):
        mixed = forge.with_file(mine, file, other.content(file) or b"")
        report = readings.judged(mixed)
        assert report.verdict is Verdict.REJECTED
        assert report.failed


def test_a_group_in_the_place_of_another_is_not_what_was_signed() -> None:
    """The bytes of DG13 are signed, as DG13."""
    evidence = forge.with_file(forge.genuine(), FileId.DG1, forge.genuine().content(FileId.DG13) or b"")
    report = readings.judged(evidence)
    assert outcome(report, Check.GROUP_HASH, "DG1") == (Result.FAILED, Reason.HASH_WRONG)
    assert outcome(report, Check.GROUP_FORMAT, "DG1") == (Result.FAILED, Reason.GROUP_MALFORMED)
