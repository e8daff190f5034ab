"""Readings of simulated cards, the same ones every time: seeded randomness, a clock that ticks, a day that stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from apdu.transport import Transport
from chipid.evidence.evidence import Evidence
from chipid.inspection.plan import EVERYTHING, ReadingPlan
from chipid.inspection.progress import Progress, no_progress
from chipid.inspection.reading import read_card
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy import Policy
from chipid.verification.policy_file import DEFAULT_POLICY
from chipid.verification.report import Check, Reason, Report, Result
from simulator.pytest_plugin import trust_in
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
SOURCE = "simulator"
NOTHING_TRUSTED = TrustStore(anchors=())

card = cache(build_card)
"""The card of a scenario, built once: every transport starts a chip, but all of them draw from one random source."""


class TickingClock:
    """A clock that a millisecond passes on whenever somebody looks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 0.001
        return self.seconds


def can_of(simulated: SimulatedCard) -> AccessKey:
    return AccessKey.from_can(simulated.can)


def mrz_of(simulated: SimulatedCard) -> AccessKey:
    return AccessKey.from_mrz(parse_mrz(simulated.mrz))


def read(
    transport: Transport,
    key: AccessKey,
    plan: ReadingPlan = EVERYTHING,
    *,
    seed: bytes = b"terminal",
    clock: Callable[[], float] | None = None,
    challenge: bytes | None = None,
    deadline: float | None = None,
    progress: Progress = no_progress,
) -> Evidence:
    """Read over ``transport`` with randomness from ``seed``."""
    return read_card(
        transport,
        key,
        plan,
        entropy=SeededEntropy(seed),
        clock=clock or TickingClock(),
        now=lambda: NOW,
        challenge=challenge,
        deadline=deadline,
        progress=progress,
    )


@cache
def evidence_of(scenario: str = "genuine") -> Evidence:
    """A reading of everything that the card of a scenario gives, opened with its own key."""
    simulated = build_card(scenario)
    return read(simulated.transport(), simulated.access_key)


def trust_of(simulated: SimulatedCard) -> TrustStore:
    """Trust in the issuer of a card, with its revocation list."""
    return trust_in(simulated, source=SOURCE)


@cache
def trust() -> TrustStore:
    """Trust in the issuer of the genuine card."""
    return trust_of(card("genuine"))


def judged(
    evidence: Evidence, store: TrustStore | None = None, policy: Policy = DEFAULT_POLICY, now: datetime = NOW
) -> Report:
    return judge(evidence, trust() if store is None else store, policy, now)


def failures(report: Report) -> set[tuple[str, str]]:
    """The failed checks with their subjects."""
    return {(one.check.label, one.subject) for one in report.failed}


def outcome(report: Report, check: Check, subject: str = "") -> tuple[Result, Reason]:
    """Result and reason of one check."""
    found = report.find(check, subject)
    assert found is not None
    return found.result, found.reason


def open_questions(report: Report) -> set[Check]:
    """The checks that could not be made."""
    return {one.check for one in report.checks if one.result is Result.INDETERMINATE}
