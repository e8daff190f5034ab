"""Groups are taken out of evidence: the rest verifies as before, and nothing of them is left but a digest."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace

import pytest

from chipid.errors import EvidenceError
from chipid.evidence.codec import decode_evidence, encode_evidence, evidence_digest
from chipid.evidence.evidence import REDACTABLE, FileOutcome, FileRecord
from chipid.evidence.redaction import redact, restore
from chipid.identity.holder import Holder
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.verification.policy_file import SHIPPED, shipped_policy
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.scenarios import readings
from tests.verification import forge

DG2, DG13 = FileId.DG2, FileId.DG13


def test_the_content_is_gone_and_its_digest_and_the_old_name_are_left() -> None:
    evidence = forge.genuine()
    portrait = evidence.content(DG2) or b""
    redacted = redact(evidence, [DG2])
    record = redacted.record(DG2)
    assert record is not None
    assert (record.outcome, record.content) == (FileOutcome.REDACTED, b"")
    assert record.digest == hashlib.sha256(portrait).digest()
    assert redacted.content(DG2) is None
    assert redacted.redacted_from == evidence_digest(evidence)
    assert portrait[100:140] not in encode_evidence(redacted)


def test_the_file_of_redacted_evidence_is_read_back_equal() -> None:
    redacted = redact(forge.genuine(), [DG2, DG13])
    assert decode_evidence(encode_evidence(redacted)) == redacted
    assert b"digest" not in encode_evidence(forge.genuine())


def test_the_rest_is_judged_as_before() -> None:
    whole = readings.judged(forge.genuine())
    rest = readings.judged(decode_evidence(encode_evidence(redact(forge.genuine(), [DG2]))))
    assert rest.verdict is Verdict.ACCEPTED
    assert readings.outcome(rest, Check.GROUP_HASH, "DG2") == (Result.NOT_APPLICABLE, Reason.GROUP_REDACTED)
    changed = {(Check.GROUP_HASH, "DG2"), (Check.GROUP_FORMAT, "DG2")}

    def others(report: object) -> list[object]:
        return [one for one in report.checks if (one.check, one.subject) not in changed]  # type: ignore[attr-defined]

    assert others(rest) == others(whole)
    assert not rest.vouches_for(DG2)
    assert all(rest.vouches_for(file) for file in (FileId.DG1, DG13))
    assert Holder.from_report(rest).portrait is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_whatever_is_taken_out_nothing_fails_and_nothing_of_it_is_claimed(count: int) -> None:
    for groups in itertools.combinations((FileId.DG1, DG2, DG13), count):
        report = readings.judged(redact(forge.genuine(), groups))
        assert report.failed == ()
        assert not any(report.vouches_for(group) for group in groups)
        holder = Holder.from_report(report, allow_undecided=True)
        assert not {holder.portrait} - {None} if DG2 in groups else holder.portrait is not None
        assert (holder.full_name is None) == (DG13 in groups)


@pytest.mark.parametrize(
    ("scenario", "group"),
    [
        ("assembled-identity", DG13),
        ("assembled-identity", FileId.DG1),
        ("wrong-document-type", FileId.DG1),
        ("expired-card", FileId.DG1),
    ],
)
@pytest.mark.parametrize("policy", SHIPPED)
def test_no_group_can_be_taken_out_to_make_a_card_acceptable(scenario: str, group: FileId, policy: str) -> None:
    card = readings.card(scenario)
    evidence, trust = readings.evidence_of(scenario), readings.trust_of(card)
    redacted = redact(evidence, [group])
    for one in (redacted, replace(redacted, redacted_from="")):  # whatever the file says of itself
        report = readings.judged(one, trust, shipped_policy(policy))
        assert report.verdict is not Verdict.ACCEPTED or scenario == "expired-card"  # DG13 has the date too


@pytest.mark.parametrize(
    ("group", "opened"),
    [
        (DG13, {(Check.DG13_AGAINST_DG1, "")}),
        (FileId.DG1, {(Check.MRZ_CHECK_DIGITS, "DG1"), (Check.DG13_AGAINST_DG1, ""), (Check.DOCUMENT_TYPE, "")}),
        (DG2, set()),
    ],
)
def test_the_checks_that_need_a_group_are_open_without_it(group: FileId, opened: set[tuple[Check, str]]) -> None:
    report = readings.judged(redact(forge.genuine(), [group]))
    found = {(one.check, one.subject) for one in report.checks if one.reason is Reason.GROUP_REDACTED}
    assert found - {(Check.GROUP_HASH, group.label)} == opened
    assert {(one.check, one.subject) for one in report.grounds} == opened
    assert report.verdict is (Verdict.UNDECIDED if opened else Verdict.ACCEPTED)


def test_what_was_never_read_opens_nothing_when_something_else_is_taken_out() -> None:
    report = readings.judged(redact(forge.without_file(forge.genuine(), DG13), [DG2]))
    assert readings.outcome(report, Check.DG13_AGAINST_DG1) == (Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)


def test_taking_a_wrong_group_out_does_not_hide_that_it_was_wrong() -> None:
    for evidence in (
        forge.with_file(forge.genuine(), DG2, forge.flipped(forge.genuine().content(DG2) or b"", -1)),
        forge.with_file(forge.genuine(), FileId.DG11, b"\x6b\x00"),
    ):
        report = readings.judged(redact(evidence, [DG2, FileId.DG11]))
        assert report.verdict is Verdict.REJECTED
        assert {one.reason for one in report.failed} & {Reason.HASH_WRONG, Reason.GROUP_NOT_IN_SOD}


@pytest.mark.parametrize("hash_name", ["sha1", "sha512"])
def test_the_digest_is_made_with_the_hash_function_that_was_signed(hash_name: str) -> None:
    sealed = forge.resigned(forge.genuine(), hash_name=hash_name)
    report = readings.judged(redact(sealed, [DG2]), forge.trusting())
    assert readings.outcome(report, Check.GROUP_HASH, "DG2") == (Result.NOT_APPLICABLE, Reason.GROUP_REDACTED)


@pytest.mark.parametrize("file", [FileId.SOD, FileId.COM, FileId.CARD_ACCESS, FileId.DG14, FileId.DG15])
def test_what_the_rest_needs_stays(file: FileId) -> None:
    with pytest.raises(EvidenceError, match=file.label):
        redact(forge.genuine(), [DG2, file])


def test_every_other_group_may_go() -> None:
    assert set(DATA_GROUPS) - REDACTABLE == {FileId.DG14, FileId.DG15}


@pytest.mark.parametrize("file", set(FileId) - REDACTABLE, ids=lambda file: file.label)
def test_a_file_in_which_something_else_was_taken_out_is_refused(file: FileId) -> None:
    digest = hashlib.sha256(b"taken out").digest()
    record = FileRecord(file=file, outcome=FileOutcome.REDACTED, digest=digest)
    with pytest.raises(EvidenceError, match=file.label):
        decode_evidence(encode_evidence(forge.with_record(forge.genuine(), record)))


def test_a_group_that_was_taken_out_in_another_way_is_refused() -> None:
    record = FileRecord(file=DG2, outcome=FileOutcome.REDACTED, digest=bytes(32))
    named = replace(forge.genuine(), redacted_from="ab" * 32)
    assert decode_evidence(encode_evidence(forge.with_record(named, record))).record(DG2) == record
    for changed in (replace(record, content=b"still here"), replace(record, digest=b"")):
        with pytest.raises(EvidenceError, match="DG2"):
            decode_evidence(encode_evidence(forge.with_record(named, changed)))
    for untold in (forge.with_record(forge.genuine(), record), named):
        with pytest.raises(EvidenceError, match="does not name what it was"):
            decode_evidence(encode_evidence(untold))


def test_what_was_not_read_stays_as_it_is() -> None:
    redacted = redact(forge.genuine(), [FileId.DG3, FileId.DG11, DG2])
    assert redacted == redact(forge.genuine(), [DG2])
    assert redacted.redacted == (DG2,)


@pytest.mark.parametrize("groups", [[], [FileId.DG3, FileId.DG11], [FileId.DG16]])
def test_nobody_gets_a_whole_copy_for_a_redacted_one(groups: list[FileId]) -> None:
    with pytest.raises(EvidenceError, match="nothing was taken out"):
        redact(forge.genuine(), groups)


def test_the_name_of_the_first_evidence_outlives_a_second_redaction() -> None:
    twice = redact(redact(forge.genuine(), [DG2]), [DG13])
    assert twice == redact(forge.genuine(), [DG2, DG13])
    assert twice.redacted_from == evidence_digest(forge.genuine())


def test_with_everything_back_the_evidence_is_what_it_was() -> None:
    evidence = forge.genuine()
    redacted = redact(evidence, [DG2, DG13])
    half = restore(redacted, DG2, evidence.content(DG2) or b"")
    assert half.redacted_from == evidence_digest(evidence)
    assert restore(half, DG13, evidence.content(DG13) or b"") == evidence


def test_only_the_group_that_was_taken_out_goes_back() -> None:
    redacted = redact(forge.genuine(), [DG2])
    with pytest.raises(EvidenceError, match="not the DG2"):
        restore(redacted, DG2, b"another portrait")
    with pytest.raises(EvidenceError, match="was not taken out"):
        restore(redacted, FileId.DG1, redacted.content(FileId.DG1) or b"")
    with pytest.raises(EvidenceError, match="was not taken out"):
        restore(redacted, FileId.DG16, b"")


def test_without_a_readable_security_object_the_digest_is_sha256() -> None:
    evidence = forge.with_file(forge.genuine(), FileId.SOD, b"\x77\x00")
    record = redact(evidence, [DG2]).record(DG2)
    assert record is not None
    assert len(record.digest) == 32
    assert readings.judged(redact(evidence, [DG2])).verdict is Verdict.REJECTED
