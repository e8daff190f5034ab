"""A chip that breaks a proof off: another proof stands on its own, and the desk hears of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.evidence.evidence import Evidence, ProofOutcome
from chipid.exports.text import render_reading
from chipid.messages.catalogue import Language, catalogue
from chipid.verification.engine import judge
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.scenarios import readings


def evidence_with(outcome: ProofOutcome) -> Evidence:
    """The genuine card, whose Chip Authentication ended so while Active Authentication passed."""
    evidence = readings.evidence_of("genuine")
    assert evidence.chip_authentication is not None
    return replace(evidence, chip_authentication=replace(evidence.chip_authentication, outcome=outcome, sw=0x6985))


def judged(outcome: ProofOutcome, policy: str = "default") -> Report:
    trust = readings.trust_of(readings.card("genuine"))
    return judge(evidence_with(outcome), trust, shipped_policy(policy), readings.NOW)


@pytest.mark.parametrize("language", Language, ids=lambda one: one.value)
def test_a_proof_that_was_broken_off_is_told_at_the_top_of_an_accepted_card(language: Language) -> None:
    report = judged(ProofOutcome.ABORTED)
    found = {one.check: (one.result, one.reason) for one in report.checks}
    assert found[Check.CHIP_AUTHENTICATION] == (Result.INDETERMINATE, Reason.CHIP_PROOF_ABORTED)
    assert found[Check.ACTIVE_AUTHENTICATION] == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED
    texts = catalogue(language)
    told = f"  ? {texts.text('check', 'chip-authentication')}: {texts.text('reason', 'chip-proof-aborted')}"
    assert render_reading(report, None, texts).splitlines()[2] == told


def test_the_strict_policy_does_not_settle_for_the_other_proof() -> None:
    assert judged(ProofOutcome.ABORTED, "strict").verdict is Verdict.REJECTED


@pytest.mark.parametrize("policy", ["default", "strict", "offline-counter"])
def test_a_proof_that_failed_rejects_whatever_else_has_passed(policy: str) -> None:
    report = judged(ProofOutcome.FAILED, policy)
    assert report.verdict is Verdict.REJECTED
    assert Check.CHIP_AUTHENTICATION in {one.check for one in report.failed}
