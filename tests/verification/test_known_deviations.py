"""Deviation lists of the issuing State in a judgement: they explain, they warn, and they never make a check pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.pki.deviation_kinds import DeviationKind
from chipid.trust.errors import TrustRefusedError
from chipid.trust.store import TrustStore
from chipid.verification.known_deviations import EXCUSABLE, mark_known_deviations
from chipid.verification.policy_file import DEFAULT_POLICY
from chipid.verification.report import Check, CheckResult, KnownDeviation, Reason, Report, Result, Verdict
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge, listing
from tests.verification.listing import described, entry

EXCUSING = replace(DEFAULT_POLICY, excusable=EXCUSABLE)
DAY = timedelta(days=1)
DG2_HASH = described(oids.ICAO_DEVIATION_DG_HASH_WRONG, 2, "DG2 WAS EXCHANGED AFTER SIGNING")
FAILED = (Result.FAILED, Reason.HASH_WRONG)
OPEN = (Result.INDETERMINATE, Reason.KNOWN_DEVIATION)
NUMBER = "099000001"


@cache
def sealed() -> Evidence:
    return forge.resigned(forge.genuine())


def with_wrong_hash(file: FileId) -> Evidence:
    return forge.with_file(sealed(), file, forge.flipped(sealed().content(file) or b"", -1))


def trusting(*entries: bytes) -> TrustStore:
    return listing.with_list(forge.trusting(), listing.deviation_list(*entries))


def judged(store: TrustStore, evidence: Evidence | None = None, policy: object = EXCUSING) -> Report:
    return readings.judged(evidence or with_wrong_hash(FileId.DG2), store, policy)  # type: ignore[arg-type]


def told_by(store: TrustStore) -> tuple[object, object]:
    report = judged(store)
    return report.checks, report.verdict


def test_a_known_failure_is_named_and_stays_a_failure_by_default() -> None:
    report = judged(trusting(entry(DG2_HASH)), policy=DEFAULT_POLICY)
    assert outcome(report, Check.GROUP_HASH, "DG2") == FAILED
    assert report.verdict is Verdict.REJECTED
    found = report.find(Check.GROUP_HASH, "DG2")
    assert found is not None
    assert found.deviation == "dg-hash-wrong"
    (known,) = report.known_deviations
    assert (known.kind, known.subject, known.certain) == ("dg-hash-wrong", "DG2", True)
    assert known.text == "DG2 WAS EXCHANGED AFTER SIGNING"
    assert known.listed_at == readings.NOW - 4 * DAY


def test_a_policy_may_leave_a_known_failure_open_and_nothing_is_vouched_for_by_it() -> None:
    report = judged(trusting(entry(DG2_HASH)))
    assert outcome(report, Check.GROUP_HASH, "DG2") == OPEN
    assert report.verdict is Verdict.UNDECIDED
    assert not report.vouches_for(FileId.DG2)
    assert report.vouches_for(FileId.DG1)


def test_a_list_warns_where_nothing_has_failed() -> None:
    report = judged(trusting(entry(DG2_HASH)), sealed())
    assert outcome(report, Check.GROUP_HASH, "DG2") == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED
    assert [one.kind for one in report.known_deviations] == ["dg-hash-wrong"]


MATCHING: dict[str, tuple[bytes, ...]] = {
    "by the key of the signer": (listing.SIGNER_KEY,),
    "every document": (),
    "by its number": (listing.numbered("000000000", NUMBER),),
    "by its type": (listing.of_type("ID"),),
    "by the first letter of its type": (listing.of_type("I"),),
    "by the day of signing": (listing.issued_between(forge.SIGNED_AT - DAY, forge.SIGNED_AT + DAY),),
    "by all of them": (
        listing.of_type("ID"),
        listing.SIGNER_KEY,
        listing.issued_between(forge.SIGNED_AT, forge.SIGNED_AT),
        listing.numbered(NUMBER),
    ),
}
OTHERS: dict[str, tuple[bytes, ...]] = {
    "another signer": (listing.OTHER_KEY,),
    "another number": (listing.numbered("099000002"),),
    "another type": (listing.of_type("P<"),),
    "another time": (listing.issued_between(forge.SIGNED_AT + DAY, forge.SIGNED_AT + 9 * DAY),),
    "the number, but another signer": (listing.OTHER_KEY, listing.numbered(NUMBER)),
    "the signer, but another number": (listing.SIGNER_KEY, listing.numbered("099000002")),
}


@pytest.mark.parametrize("name", MATCHING)
def test_documents_are_named_in_every_way_of_the_standard(name: str) -> None:
    report = judged(trusting(entry(DG2_HASH, documents=MATCHING[name])))
    assert outcome(report, Check.GROUP_HASH, "DG2") == OPEN


@pytest.mark.parametrize("name", OTHERS)
def test_a_list_about_other_documents_has_no_effect(name: str) -> None:
    report = judged(trusting(entry(DG2_HASH, documents=OTHERS[name])))
    assert report.known_deviations == ()
    assert (report.checks, report.verdict) == told_by(forge.trusting())


def test_a_list_of_another_state_has_no_effect() -> None:
    both = forge.trusting(forge.CSCA, forge.FOREIGN_CSCA)
    data = listing.deviation_list(entry(DG2_HASH, documents=()), csca=forge.FOREIGN_CSCA, country="UT")
    store = listing.with_list(both, data)
    assert len(store.lists) == 1
    report = judged(store)
    assert report.known_deviations == ()
    assert (report.checks, report.verdict) == told_by(both)


def test_a_list_that_was_not_out_yet_has_no_effect() -> None:
    later = listing.deviation_list(entry(DG2_HASH), signed_at=readings.NOW - DAY)
    store = listing.with_list(forge.trusting(), later)
    before = readings.NOW - 2 * DAY
    assert readings.judged(with_wrong_hash(FileId.DG2), store, EXCUSING, before).known_deviations == ()
    assert judged(store).known_deviations != ()


@pytest.mark.parametrize("place", [-1, -200])
def test_a_list_whose_signature_is_wrong_does_not_come_in(place: int) -> None:
    with pytest.raises(TrustRefusedError):
        listing.with_list(forge.trusting(), forge.flipped(listing.deviation_list(entry(DG2_HASH)), place))


def test_a_list_signed_after_its_signer_expired_does_not_come_in() -> None:
    late = listing.deviation_list(entry(DG2_HASH), signed_at=readings.NOW.replace(year=2023))
    with pytest.raises(TrustRefusedError):
        listing.with_list(forge.trusting(), late)


@pytest.mark.parametrize(
    "description",
    [
        described(oids.ICAO_DEVIATION_DG_HASH_WRONG, 13),
        described(oids.ICAO_DEVIATION_DG_HASH_WRONG),
        described(oids.ICAO_DEVIATION_DG_MALFORMED, 2),
        described(oids.ICAO_DEVIATION_LDS),
        described(oids.ICAO_DEVIATION_SOD_SIGNATURE_WRONG),
        described(oids.ICAO_DEVIATION_CHIP),
        described(oids.ICAO_DEVIATION_NATIONAL_USE, 2),
        described("1.2.3.4", 2),
    ],
    ids=["other group", "no group", "malformed", "generic", "signature", "chip", "national", "unknown"],
)
def test_another_deviation_excuses_nothing(description: bytes) -> None:
    report = judged(trusting(entry(description)))
    assert outcome(report, Check.GROUP_HASH, "DG2") == FAILED
    assert report.verdict is Verdict.REJECTED
    assert len(report.known_deviations) == 1


def test_one_known_failure_does_not_excuse_another() -> None:
    evidence = forge.with_file(
        with_wrong_hash(FileId.DG2), FileId.DG15, forge.flipped(sealed().content(FileId.DG15) or b"", -1)
    )
    report = judged(trusting(entry(DG2_HASH)), evidence)
    assert outcome(report, Check.GROUP_HASH, "DG2") == OPEN
    assert outcome(report, Check.GROUP_HASH, "DG15") == FAILED
    assert report.verdict is Verdict.REJECTED


def test_who_changes_the_number_of_his_card_does_not_come_under_the_list() -> None:
    """DG1 with a listed number is not what was signed, and so does not say which document this is."""
    zone = (sealed().content(FileId.DG1) or b"").replace(NUMBER.encode(), b"099000002")
    evidence = forge.with_file(with_wrong_hash(FileId.DG2), FileId.DG1, zone)
    report = judged(trusting(entry(DG2_HASH, documents=(listing.numbered("099000002"),))), evidence)
    assert outcome(report, Check.GROUP_HASH, "DG2") == FAILED
    assert [one.certain for one in report.known_deviations] == [False]


def test_what_is_not_known_of_a_document_leaves_a_warning_and_excuses_nothing() -> None:
    evidence = forge.without_file(with_wrong_hash(FileId.DG2), FileId.DG1)
    report = judged(trusting(entry(DG2_HASH, documents=(listing.numbered(NUMBER),))), evidence)
    assert outcome(report, Check.GROUP_HASH, "DG2") == FAILED
    assert [one.certain for one in report.known_deviations] == [False]


def test_without_a_trusted_signature_the_list_excuses_nothing() -> None:
    """The certificate in the SOD is the signer's, the signature is not."""
    sod = forge.flipped(sealed().content(FileId.SOD) or b"", -1)
    evidence = forge.with_file(with_wrong_hash(FileId.DG2), FileId.SOD, sod)
    told = (described(oids.ICAO_DEVIATION_SOD_SIGNATURE_WRONG), DG2_HASH)
    report = judged(trusting(entry(*told)), evidence)
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SIGNATURE_WRONG)
    assert outcome(report, Check.GROUP_HASH, "DG2") == FAILED
    assert not any(one.certain for one in report.known_deviations)
    signature = report.find(Check.SOD_SIGNATURE)
    assert signature is not None
    assert signature.deviation == "sod-signature-wrong"


def test_a_key_that_the_state_gives_up_proves_no_chip() -> None:
    report = judged(trusting(entry(described(oids.ICAO_DEVIATION_AA_KEY_COMPROMISED))), sealed(), DEFAULT_POLICY)
    assert outcome(report, Check.ACTIVE_AUTHENTICATION) == (Result.INDETERMINATE, Reason.KEY_COMPROMISED)
    assert report.verdict is Verdict.ACCEPTED  # Chip Authentication has another key
    alone = replace(sealed(), chip_authentication=None)
    report = judged(trusting(entry(described(oids.ICAO_DEVIATION_AA_KEY_COMPROMISED))), alone, DEFAULT_POLICY)
    assert report.verdict is Verdict.UNDECIDED


def test_a_key_that_may_be_given_up_proves_no_chip_either() -> None:
    compromised = described(oids.ICAO_DEVIATION_AA_KEY_COMPROMISED)
    store = trusting(entry(compromised, documents=(listing.numbered(NUMBER),)))
    unread = forge.without_file(sealed(), FileId.DG1)
    assert outcome(judged(store, unread), Check.ACTIVE_AUTHENTICATION)[1] is Reason.KEY_COMPROMISED
    other = trusting(entry(compromised, documents=(listing.numbered("099000002"),)))
    assert outcome(judged(other, sealed()), Check.ACTIVE_AUTHENTICATION) == (Result.PASSED, Reason.VERIFIED)


def wrong_list_of_groups() -> Evidence:
    com = sealed().content(FileId.COM) or b""
    return forge.with_file(sealed(), FileId.COM, com.replace(b"\x6f", b"\x70"))


def malformed_details() -> Evidence:
    return forge.resigned(forge.with_file(forge.genuine(), FileId.DG13, b"\x6d\x02\x04\x00"))


def wrong_check_digit() -> Evidence:
    zone = bytearray(forge.genuine().content(FileId.DG1) or b"")
    place = bytes(zone).index(b"IDVNM" + NUMBER.encode()) + 14
    zone[place] = ord("0") + (zone[place] - ord("0") + 1) % 10
    return forge.resigned(forge.with_file(forge.genuine(), FileId.DG1, bytes(zone)))


@pytest.mark.parametrize(
    ("make", "check", "subject", "right", "wrong"),
    [
        (
            wrong_list_of_groups,
            Check.COM_AGAINST_SOD,
            "EF.COM",
            described(oids.ICAO_DEVIATION_COM_INCONSISTENT),
            described(oids.ICAO_DEVIATION_DG_MALFORMED, 21),
        ),
        (
            malformed_details,
            Check.GROUP_FORMAT,
            "DG13",
            described(oids.ICAO_DEVIATION_DG_MALFORMED, 13),
            described(oids.ICAO_DEVIATION_DG_MALFORMED, 11),
        ),
        (
            wrong_check_digit,
            Check.MRZ_CHECK_DIGITS,
            "DG1",
            described(oids.ICAO_DEVIATION_MRZ_CHECK_DIGIT_WRONG, 0),
            described(oids.ICAO_DEVIATION_MRZ_CHECK_DIGIT_WRONG, 6),
        ),
    ],
    ids=["EF.COM", "malformed group", "check digit"],
)
def test_every_excusable_failure_is_excused_by_its_own_deviation_alone(
    make: Callable[[], Evidence], check: Check, subject: str, right: bytes, wrong: bytes
) -> None:
    evidence = make()
    assert outcome(judged(forge.trusting(), evidence), check, subject)[0] is Result.FAILED
    assert outcome(judged(trusting(entry(wrong)), evidence), check, subject)[0] is Result.FAILED
    assert outcome(judged(trusting(entry(right)), evidence), check, subject) == OPEN
    by_default = judged(trusting(entry(right)), evidence, DEFAULT_POLICY)
    assert outcome(by_default, check, subject)[0] is Result.FAILED


KNOWN = st.builds(
    KnownDeviation,
    kind=st.sampled_from([one.value for one in DeviationKind]),
    oid=st.just("1.2.3"),
    subject=st.sampled_from(["", "DG1", "DG2", "EF.COM", "document_number"]),
    text=st.just(""),
    certain=st.booleans(),
    list_fingerprint=st.just("0" * 64),
    listed_at=st.none(),
)
CHECKS = st.builds(
    CheckResult,
    check=st.sampled_from(Check),
    result=st.sampled_from(Result),
    reason=st.sampled_from(Reason),
    subject=st.sampled_from(["", "DG1", "DG2", "EF.COM"]),
    facts=st.sampled_from([(), (("wrong-digits", ("document_number",)),), (("wrong-digits", ("composite",)),)]),
)


@given(st.lists(CHECKS, max_size=4), st.lists(KNOWN, max_size=4), st.sets(st.sampled_from(Check)))
def test_no_list_makes_any_check_better_than_open(
    checks: list[CheckResult], known: list[KnownDeviation], excusable: set[Check]
) -> None:
    marked = mark_known_deviations(tuple(checks), tuple(known), frozenset(excusable))
    for before, after in zip(checks, marked, strict=True):
        if after.result is before.result:
            assert after.reason is before.reason
        elif before.result is Result.PASSED:
            assert (after.check, after.result) == (Check.ACTIVE_AUTHENTICATION, Result.INDETERMINATE)
        else:
            assert (before.result, after.result) == (Result.FAILED, Result.INDETERMINATE)
            assert after.check in EXCUSABLE & excusable
            assert after.reason is Reason.KNOWN_DEVIATION


def test_signatures_and_signers_are_never_excusable() -> None:
    assert not EXCUSABLE & {
        Check.SOD_SIGNATURE,
        Check.SIGNER_CHAIN,
        Check.SIGNER_VALIDITY,
        Check.SIGNER_KEY_PERIOD,
        Check.SIGNER_REVOCATION,
        Check.DOCUMENT_TYPE,
        Check.ALGORITHMS,
        *forge.PROOFS,
    }


def test_a_national_list_in_the_form_of_the_field_is_understood() -> None:
    """As Italy writes: a type, a period with fractions of a second, numbers, and a kind with its group."""
    ends = (tlv.encode(der.GENERALIZED_TIME, one) for one in (b"20240101000000Z", b"20241231235959.999Z"))
    documents = (listing.of_type("I"), tlv.encode(0xA4, *ends), listing.numbered("099000000", NUMBER))
    report = judged(trusting(entry(DG2_HASH, documents=documents)))
    assert outcome(report, Check.GROUP_HASH, "DG2") == OPEN
