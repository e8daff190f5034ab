"""The desk that every case is put to: read, judge under ``strict``, trust in the issuer of the simulated cards."""

from __future__ import annotations

from dataclasses import replace

from apdu.errors import ToolkitError
from apdu.transport import Transport
from chipid.evidence.evidence import Evidence, FileOutcome
from chipid.inspection.plan import EVERYTHING, ReadingPlan
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import MRZ
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy import Policy
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import CheckResult, Report, Result
from simulator.card_os import CardOS
from simulator.chip import Chip
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard
from simulator.transport import SimulatedTransport
from tests.reader_cases.case import Outcome
from tests.reader_cases.documents import ISSUED_BY, Document, can_key
from tests.scenarios import readings

STRICT = shipped_policy("strict")
# Documents without PACE are inspected too: the cases about Basic Access Control are about them.
STRICT_WITH_BAC = replace(STRICT, bac=True)

_OPEN = (Result.FAILED, Result.INDETERMINATE)


def inspect(
    card: Document | Chip | CardOS | SimulatedCard | Transport,
    key: AccessKey | None = None,
    *,
    policy: Policy = STRICT,
    trust: TrustStore | None = None,
    plan: ReadingPlan = EVERYTHING,
    printed: MRZ | None = None,
) -> Outcome:
    """Read a card with ``key`` (its CAN by default) and judge it; what the toolkit raises on purpose is an outcome.

    Everything else that is raised is a defect of the toolkit and is let through. ``printed`` is the zone of the data
    page, where the desk reads it.
    """
    try:
        evidence = readings.read(_door(card), can_key() if key is None else key, plan)
    except ToolkitError as error:
        return Outcome(verdict=None, error=error.code)
    return judged(evidence, policy=policy, trust=trust, printed=printed)


def judged(
    evidence: Evidence, *, policy: Policy = STRICT, trust: TrustStore | None = None, printed: MRZ | None = None
) -> Outcome:
    """The outcome of judging what was read."""
    report = judge(evidence, ISSUED_BY.trust if trust is None else trust, policy, readings.NOW, printed=printed)
    return Outcome(
        verdict=report.verdict,
        checks=tuple(dict.fromkeys(_named(one) for one in report.checks if one.result in _OPEN)),
        remarks=_remarks(report),
        denied=tuple(one.file.label for one in evidence.files if one.outcome is FileOutcome.DENIED),
        evidence=evidence,
        report=report,
    )


def _named(check: CheckResult) -> str:
    return f"{check.check.label}/{check.reason.value}"


def _remarks(report: Report) -> tuple[str, ...]:
    """Everything that the report says besides: deviations, quirks, and open checks that reject nothing."""
    checks = [_named(one) for one in report.checks if one.result in _OPEN]
    return tuple(dict.fromkeys((*report.deviations, *report.quirks, *checks)))


def _door(card: Document | Chip | CardOS | SimulatedCard | Transport) -> Transport:
    if isinstance(card, SimulatedCard):
        return card.transport()
    if isinstance(card, Document):
        card = card.chip
    if isinstance(card, Chip):
        card = CardOS(card, entropy=SeededEntropy(b"chip of a reader case"))
    return SimulatedTransport(card, name="reader case") if isinstance(card, CardOS) else card
