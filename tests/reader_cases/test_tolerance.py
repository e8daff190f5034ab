"""What ``strict`` refuses as a departure from a standard, ``default`` accepts: the holder is who he is."""

from __future__ import annotations

from functools import cache

import pytest

from chipid.trust.store import TrustStore
from chipid.verification.policy_file import DEFAULT_POLICY
from chipid.verification.report import Reason, Verdict
from tests.reader_cases.case import ReaderCase
from tests.reader_cases.catalogue import CASES, outcomes
from tests.reader_cases.inspection import judged
from tests.reader_cases.signing import usual_issuer
from tests.scenarios import readings

OPEN = {"LDS_B_09": Verdict.UNDECIDED}  # nobody can say whether a CSCA is that of "V1M"
TOLERATED = [case for case in CASES if "deviation-refused" in case.found and "malformed" not in case.found]


@cache
def both_issuers() -> TrustStore:
    certificates = [*readings.card("genuine").trust_anchors, usual_issuer().csca_certificate()]
    return TrustStore.from_certificates(certificates, source="test")


@pytest.mark.parametrize("case", TOLERATED, ids=lambda case: case.id)
def test_a_named_deviation_rejects_nobody_by_default(case: ReaderCase) -> None:
    (strict,) = outcomes(case.id)
    assert strict.evidence is not None
    outcome = judged(strict.evidence, policy=DEFAULT_POLICY, trust=both_issuers())
    assert outcome.verdict is OPEN.get(case.id, Verdict.ACCEPTED), outcome
    assert outcome.report is not None
    assert strict.report is not None
    refused = [one for one in strict.report.checks if one.reason is Reason.DEVIATION_REFUSED]
    names: set[object] = set()
    for one in refused:
        deviations = one.fact("deviations")
        assert isinstance(deviations, tuple)
        names |= set(deviations)
    assert names <= set(outcome.report.deviations)
