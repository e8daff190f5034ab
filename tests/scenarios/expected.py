"""What a report on the card of a scenario must say, however the card was read."""

from __future__ import annotations

from chipid.verification.report import Check, Report
from simulator.scenarios import Scenario
from tests.scenarios import readings

# What fails besides the check that a scenario is named for: a chip with other private keys fails both proofs, and a
# certificate that has expired takes the period of its key with it.
FOLLOWING = {"cloned": {("active-authentication", "DG15")}, "expired-signer": {("signer-key-period", "DS")}}
# What stays open where the signer is not vouched for.
UNVOUCHED = {Check.CARD_ACCESS_AGAINST_DG14, Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION}
OPEN = {"unknown-issuer": {Check.SIGNER_CHAIN} | UNVOUCHED, "expired-signer": UNVOUCHED}
# Revocation is open wherever the trust holds no list of the issuer.
UNASKED = {Check.SIGNER_REVOCATION}
SUBJECTS = {"chip-authentication": "DG14"}


def assert_deserved(scenario: Scenario, report: Report) -> None:
    """The verdict, exactly the failures of this scenario, and nothing open that the fault does not leave open."""
    assert report.verdict.value == scenario.verdict
    failed = set(FOLLOWING.get(scenario.name, set()))
    if scenario.verdict == "rejected":
        failed.add((scenario.check, scenario.subject or SUBJECTS.get(scenario.check, "")))
    assert readings.failures(report) == failed
    assert readings.open_questions(report) - UNASKED == OPEN.get(scenario.name, set())
