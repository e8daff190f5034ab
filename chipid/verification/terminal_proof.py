"""Check 20: did the chip let the terminal in? Terminal Authentication, judged (ICAO Doc 9303-11 §7.1).

It says nothing about the document: a refused terminal has the groups that are open to everybody, and whoever wanted
the locked ones learns here why they are missing.
"""

from __future__ import annotations

from chipid.evidence.evidence import Evidence, ProofOutcome
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result, status_fact


def check_terminal(evidence: Evidence) -> CheckResult:
    """Make check 20; it does not apply where no terminal proved itself. A refusal leaves it open: it is no failure."""
    record = evidence.terminal_authentication
    result, reason = Result.NOT_APPLICABLE, Reason.NOT_REQUESTED
    facts: Facts = ()
    if record is not None and record.outcome is ProofOutcome.COMPLETED:
        result, reason, facts = Result.PASSED, Reason.VERIFIED, (("terminal", record.terminal),)
    elif record is not None:
        result, reason = Result.INDETERMINATE, Reason.TERMINAL_NOT_PROVEN
        step: Facts = (("step", record.detail),) if record.detail else ()
        facts = (*step, *status_fact(record.sw))
    return CheckResult(check=Check.TERMINAL_AUTHENTICATION, result=result, reason=reason, facts=facts)
