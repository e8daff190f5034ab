"""Check 20: did the chip let the terminal in? Terminal Authentication, judged (ICAO Doc 9303-11 §7.1).

It says nothing about the document: a refused terminal has the groups that are open to everybody, and whoever wanted
the locked ones learns here why they are missing.
"""

from __future__ import annotations

from chipid.evidence.evidence import Evidence, ProofOutcome
from chipid.verification.report import Check, CheckResult, Reason, Result


def check_terminal(evidence: Evidence) -> CheckResult:
    """Make check 20; it does not apply where no terminal proved itself. A refusal leaves it open: it is no failure."""
    record = evidence.terminal_authentication
    result, reason, detail = Result.NOT_APPLICABLE, Reason.NOT_REQUESTED, ""
    if record is not None and record.outcome is ProofOutcome.COMPLETED:
        result, reason = Result.PASSED, Reason.VERIFIED
    elif record is not None:
        result, reason = Result.INDETERMINATE, Reason.TERMINAL_NOT_PROVEN
        status = "" if record.sw is None else f"status {record.sw:04X}"
        detail = ", ".join(text for text in (record.detail, status) if text)
    return CheckResult(check=Check.TERMINAL_AUTHENTICATION, result=result, reason=reason, detail=detail)
