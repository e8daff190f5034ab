"""Check 20: what the report says of a terminal that proved itself to the chip, or could not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.evidence.evidence import ProofOutcome, TerminalAuthenticationRecord
from chipid.verification.engine import judge
from chipid.verification.policy_file import shipped_policy
from chipid.verification.recheck import Proof, proof_of
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.scenarios import readings
from tests.verification import forge


def report_of(record: TerminalAuthenticationRecord | None, policy: str = "default") -> Report:
    evidence = replace(forge.genuine(), terminal_authentication=record)
    return judge(evidence, readings.trust(), shipped_policy(policy), readings.NOW)


REFUSED = TerminalAuthenticationRecord(
    outcome=ProofOutcome.ABORTED, terminal="UTIS00001", detail="EXTERNAL AUTHENTICATE", sw=0x6300
)
LET_IN = TerminalAuthenticationRecord(outcome=ProofOutcome.COMPLETED, terminal="UTIS00001", rights=b"\x03")


@pytest.mark.parametrize(
    ("record", "result", "reason"),
    [
        (None, Result.NOT_APPLICABLE, Reason.NOT_REQUESTED),
        (LET_IN, Result.PASSED, Reason.VERIFIED),
        (REFUSED, Result.INDETERMINATE, Reason.TERMINAL_NOT_PROVEN),
    ],
    ids=["none", "let in", "refused"],
)
def test_the_report_says_whether_the_chip_let_the_terminal_in(
    record: TerminalAuthenticationRecord | None, result: Result, reason: Reason
) -> None:
    assert readings.outcome(report_of(record), Check.TERMINAL_AUTHENTICATION) == (result, reason)


def test_a_refusal_names_the_step_and_the_status() -> None:
    found = report_of(REFUSED).find(Check.TERMINAL_AUTHENTICATION)
    assert found is not None
    assert found.facts == (("step", "EXTERNAL AUTHENTICATE"), ("status", "6300"))
    assert proof_of(found) is Proof.WITNESSED


def test_a_refused_terminal_discredits_no_document_but_is_not_enough_for_a_strict_reader() -> None:
    assert report_of(REFUSED).verdict is Verdict.ACCEPTED
    assert report_of(REFUSED, "strict").verdict is Verdict.REJECTED
    assert report_of(LET_IN, "strict").verdict is Verdict.ACCEPTED
