"""What a report on the card of a scenario must say, however the card was read."""

from __future__ import annotations

from chipid.verification.report import Check, Report
from simulator.scenario_file import Scenario
from tests.scenarios import readings

# What stays open where the signer is not vouched for, and where the group that holds a key is not.
UNVOUCHED = {Check.CARD_ACCESS_AGAINST_DG14, Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION}
OPEN = {
    "tampered-dg1": {Check.DG13_AGAINST_DG1},
    "tampered-dg14": {Check.CARD_ACCESS_AGAINST_DG14, Check.CHIP_AUTHENTICATION},
    "tampered-dg15": {Check.ACTIVE_AUTHENTICATION},
    "tampered-sod": UNVOUCHED,
    "sod-of-another-card": UNVOUCHED,
    "unknown-issuer": {Check.SIGNER_CHAIN} | UNVOUCHED,
    "missing-link": {Check.SIGNER_CHAIN} | UNVOUCHED,
    "forged-signer": UNVOUCHED,
    "expired-signer": UNVOUCHED,
    "signer-after-csca": UNVOUCHED,
    "revoked-signer": UNVOUCHED,
    "weak-hash": UNVOUCHED,
    "wrong-document-type": UNVOUCHED,
    "country-mismatch": UNVOUCHED,
    "assembled-identity": {Check.PLAUSIBILITY},
    "aa-key-not-in-sod": {Check.ACTIVE_AUTHENTICATION},
}
# Revocation is open wherever the trust holds no list of the issuer.
UNASKED = {Check.SIGNER_REVOCATION}


def assert_deserved(scenario: Scenario, report: Report) -> None:
    """The verdict, exactly the failures of this scenario, and nothing open that the fault does not leave open."""
    assert report.verdict.value == scenario.verdict
    failed = {(check, subject) for check, _, subject in (one.partition(":") for one in scenario.follows)}
    if scenario.verdict == "rejected":
        failed.add((scenario.check, scenario.subject))
        found = next(
            one for one in report.failed if (one.check.label, one.subject) == (scenario.check, scenario.subject)
        )
        assert found.reason.value == scenario.reason
    assert readings.failures(report) == failed
    assert readings.open_questions(report) - UNASKED == OPEN.get(scenario.name, set())
