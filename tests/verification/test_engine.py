"""The judge as a whole: pure, numbered, and never surprised by what a card or an evidence file holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.evidence.codec import evidence_digest
from chipid.evidence.evidence import ActiveAuthenticationRecord, Evidence, FileOutcome, FileRecord, ProofOutcome
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.mrz.mrz import parse_mrz
from chipid.verification.engine import judge
from chipid.verification.policy_file import DEFAULT_POLICY
from chipid.verification.report import Check, Result, Verdict
from tests.scenarios import readings
from tests.verification import forge


def test_the_same_arguments_give_the_same_report() -> None:
    assert readings.judged(forge.genuine()) == readings.judged(forge.genuine())


def test_the_report_names_the_evidence_the_policy_and_the_day() -> None:
    report = readings.judged(forge.genuine())
    assert report.evidence is forge.genuine()
    assert report.evidence_digest == evidence_digest(forge.genuine())
    assert report.judged_at == readings.NOW
    assert report.policy == "default"
    assert report.signing_time == datetime(2023, 6, 1, 9, tzinfo=UTC)
    assert report.deviations == ("explicit-ec-parameters",)


def test_the_checks_come_in_the_order_of_their_numbers_and_all_of_them() -> None:
    printed = parse_mrz(readings.card("genuine").mrz)
    report = judge(forge.genuine(), readings.trust(), DEFAULT_POLICY, readings.NOW, printed=printed)
    numbers = [one.check.number for one in report.checks]
    assert numbers == sorted(numbers)
    assert {one.check for one in report.checks} == set(Check)
    assert [check.number for check in Check] == list(range(1, len(Check) + 1))


def test_a_report_finds_its_checks_by_subject() -> None:
    report = readings.judged(forge.genuine())
    found = report.find(Check.GROUP_HASH, "DG13")
    assert found is not None
    assert found.subject == "DG13"
    assert report.find(Check.GROUP_HASH, "DG16") is None
    first = report.find(Check.GROUP_HASH)
    assert first is not None
    assert first.subject == "DG1"


def test_what_is_vouched_for_is_what_was_read_and_signed() -> None:
    report = readings.judged(forge.genuine())
    assert [group.label for group in DATA_GROUPS if report.vouches_for(group)] == ["DG1", "DG2", "DG13", "DG14", "DG15"]
    assert not report.vouches_for(FileId.COM)
    assert not report.vouches_for(FileId.SOD)


def test_nothing_shows_the_holder_in_the_representation_of_a_report() -> None:
    shown = repr(readings.judged(forge.genuine())) + repr(forge.genuine())
    card = readings.card("genuine")
    for secret in (card.can, card.personal_number, card.person.full_name, "NGUYEN", card.person.residence):
        assert secret not in shown


def test_empty_evidence_is_judged_and_not_accepted() -> None:
    empty = replace(forge.genuine(), files=(), chip_authentication=None, active_authentication=None)
    report = readings.judged(empty)
    assert report.verdict is Verdict.REJECTED
    assert readings.failures(report) == {("sod-signature", "EF.SOD")}


contents = st.one_of(st.just(b""), st.binary(max_size=40))
outcomes = st.sampled_from(FileOutcome)
statuses = st.none() | st.integers(0x6200, 0x9000)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Genuine evidence with some files replaced or gone and some proof replaced or gone."""
    evidence = forge.genuine()
    for file in draw(st.lists(st.sampled_from(FileId), max_size=4)):
        genuine = evidence.content(file) or b""
        content = draw(contents | st.just(genuine))
        record = FileRecord(file=file, outcome=draw(outcomes), content=content, sw=draw(statuses))
        evidence = forge.with_record(evidence, record)
    if draw(st.booleans()):
        evidence = replace(evidence, chip_authentication=None)
    if draw(st.booleans()):
        record_of_proof = st.builds(
            ActiveAuthenticationRecord,
            outcome=st.sampled_from(ProofOutcome),
            challenge=st.binary(max_size=9),
            response=st.binary(max_size=80),
        )
        evidence = replace(evidence, active_authentication=draw(st.none() | record_of_proof))
    return evidence


@given(evidence=evidences())
def test_whatever_the_evidence_holds_it_is_judged(evidence: Evidence) -> None:
    report = readings.judged(evidence)
    if any(one.result is Result.FAILED for one in report.checks):
        assert report.verdict is Verdict.REJECTED
    if report.verdict is Verdict.ACCEPTED:
        genuine = {file: forge.genuine().content(file) for file in DATA_GROUPS}
        read = {record.file: record.content for record in evidence.files if record.outcome is FileOutcome.READ}
        assert all(read[file] == genuine[file] for file in DATA_GROUPS if file in read)
        assert any(one.passed for one in report.checks if one.check in forge.PROOFS)


@pytest.mark.parametrize("now", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_no_day_makes_the_judge_fail(now: datetime) -> None:
    assert readings.judged(forge.genuine(), now=now).judged_at == now
