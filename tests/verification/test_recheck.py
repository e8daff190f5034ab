"""What a later check proves again, what only the terminal saw, and the words of BSI TR-03135 for both."""

from __future__ import annotations

import pytest

from chipid.evidence.evidence import FileOutcome
from chipid.lds.files import FileId
from chipid.verification.recheck import Proof, proof_of
from chipid.verification.report import Check, CheckResult, Reason, Report, Result
from chipid.verification.tr03135 import GuidelineResult, guideline_result
from tests.scenarios import readings
from tests.verification import forge


def proofs(report: Report) -> dict[str, set[Proof | None]]:
    found: dict[str, set[Proof | None]] = {}
    for one in report.checks:
        found.setdefault(one.check.label, set()).add(proof_of(one))
    return found


def test_signatures_and_hashes_are_found_again_and_sessions_are_not() -> None:
    found = proofs(readings.judged(forge.genuine()))
    assert found["sod-signature"] == found["signer-chain"] == {Proof.RE_VERIFIABLE}
    assert found["active-authentication"] == found["document-expiry"] == {Proof.RE_VERIFIABLE}
    assert found["access-protocol"] == found["chip-authentication"] == {Proof.WITNESSED}
    assert found["com-against-sod"] == {Proof.WITNESSED}  # nobody signs EF.COM
    assert found["group-hash"] == {Proof.RE_VERIFIABLE, None}  # DG3 was not read


@pytest.mark.parametrize("outcome", [FileOutcome.ABSENT, FileOutcome.DENIED, FileOutcome.FAILED])
def test_what_the_card_did_not_give_is_the_word_of_the_terminal(outcome: FileOutcome) -> None:
    report = readings.judged(forge.refused(forge.genuine(), FileId.DG2, outcome, 0x6F00))
    found = report.find(Check.GROUP_HASH, "DG2")
    assert found is not None
    assert proof_of(found) is Proof.WITNESSED


@pytest.mark.parametrize("file", ["EF.COM", "EF.ATR/INFO", "EF.CVCA"])
def test_the_format_of_any_file_that_no_state_signs_is_the_word_of_the_terminal(file: str) -> None:
    result = CheckResult(check=Check.GROUP_FORMAT, result=Result.PASSED, reason=Reason.VERIFIED, subject=file)
    assert proof_of(result) is Proof.WITNESSED


def test_the_format_of_an_unsigned_file_is_the_word_of_the_terminal() -> None:
    report = readings.judged(forge.genuine())
    by_subject = {one.subject: proof_of(one) for one in report.checks if one.check is Check.GROUP_FORMAT}
    assert by_subject.pop("EF.COM") is Proof.WITNESSED
    assert by_subject.pop("EF.ATR/INFO") is Proof.WITNESSED
    assert set(by_subject.values()) == {Proof.RE_VERIFIABLE}


def said(check: Check, result: Result, reason: Reason) -> GuidelineResult | None:
    return guideline_result(CheckResult(check=check, result=result, reason=reason))


@pytest.mark.parametrize(
    ("check", "result", "reason", "section", "word"),
    [
        (Check.ACCESS_PROTOCOL, Result.PASSED, Reason.PACE_USED, "5.6.3.1", "successful"),
        (Check.SOD_SIGNATURE, Result.FAILED, Reason.SIGNATURE_WRONG, "5.6.4.2.2", "failed"),
        (Check.SIGNER_CHAIN, Result.INDETERMINATE, Reason.ISSUER_KEY_UNKNOWN, "5.6.4.3.3", "undetermined"),
        (Check.SIGNER_CHAIN, Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE, "5.6.4.5", "failed"),
        (Check.SIGNER_CHAIN, Result.INDETERMINATE, Reason.ISSUING_STATE_UNKNOWN, "5.6.4.5", "undetermined"),
        (Check.SIGNER_REVOCATION, Result.FAILED, Reason.SIGNER_REVOKED, "5.6.4.3.5", "failed"),
        (Check.GROUP_HASH, Result.PASSED, Reason.VERIFIED, "5.6.4.4.2", "identical"),
        (Check.GROUP_HASH, Result.FAILED, Reason.HASH_WRONG, "5.6.4.4.2", "not identical"),
        (Check.GROUP_HASH, Result.NOT_APPLICABLE, Reason.GROUP_LOCKED, "5.6.4.4.2", "present"),
        (Check.GROUP_HASH, Result.FAILED, Reason.GROUP_MISSING, "5.6.4.4.2", "not present"),
        (Check.GROUP_HASH, Result.INDETERMINATE, Reason.SOD_MISSING, "5.6.4.4.2", "undetermined"),
        (Check.COM_AGAINST_SOD, Result.INDETERMINATE, Reason.COM_MISSING, "5.6.4.4.1", "not supported"),
        (Check.CHIP_AUTHENTICATION, Result.NOT_APPLICABLE, Reason.NOT_OFFERED, "5.6.4.1.2", "not supported"),
        (Check.ACTIVE_AUTHENTICATION, Result.INDETERMINATE, Reason.CHIP_PROOF_ABORTED, "5.6.4.1.1", "aborted"),
        (Check.DOCUMENT_EXPIRY, Result.FAILED, Reason.DOCUMENT_EXPIRED, "5.7.1", "failed"),
    ],
)
def test_the_guideline_has_its_own_words(check: Check, result: Result, reason: Reason, section: str, word: str) -> None:
    assert said(check, result, reason) == GuidelineResult(section=section, result=word)


@pytest.mark.parametrize("check", [Check.SIGNER_VALIDITY, Check.ALGORITHMS, Check.DG13_AGAINST_DG1])
def test_the_guideline_is_not_quoted_for_what_it_does_not_ask(check: Check) -> None:
    assert said(check, Result.PASSED, Reason.VERIFIED) is None
