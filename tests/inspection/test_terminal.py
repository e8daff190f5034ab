"""Terminal Authentication within a reading, against the simulated card with fingers and irises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pytest

from apdu.command import CommandAPDU
from chipid.evidence.codec import decode_evidence, encode_evidence
from chipid.evidence.evidence import Evidence, FileOutcome, ProofOutcome
from chipid.inspection import terminal
from chipid.inspection.plan import EVERYTHING, ReadingPlan, plan_for_groups
from chipid.inspection.progress import Step
from chipid.lds.ef_cvca import build_ef_cvca
from chipid.lds.files import FileId
from chipid.pki.chat import InspectionRight, Role
from chipid.pki.cv_certificate import CVCertificate, parse_cv_certificate
from chipid.protocols.terminal_key import TerminalKey
from chipid.verification.report import Check, Result, Verdict
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card
from tests.inspection import cards
from tests.pki.cv_builders import Authority
from tests.scenarios import readings

FINGER, IRIS = InspectionRight.READ_DG3, InspectionRight.READ_DG4


@dataclass
class Token:
    """A device that holds a terminal's key; counts what it signs."""

    certificate: CVCertificate
    certificates: Sequence[CVCertificate]
    signer: Callable[[bytes], bytes]
    signatures: int = 0

    def sign(self, data: bytes) -> bytes:
        self.signatures += 1
        return self.signer(data)


@cache
def card(profile: str = "eac") -> SimulatedCard:
    return build_card("genuine", profile=profile)


def terminal_key(*rights: InspectionRight, name: str = "UTIS00001") -> Token:
    """A terminal of the verifier that the simulated card trusts, with these rights."""
    terminals = card().terminals
    assert terminals is not None
    own = Authority(name, Role.TERMINAL, number=0xABCDEF, rights=rights)
    verifier = terminals.verifier
    issuing = Authority(verifier.reference, Role.DV_DOMESTIC)
    issuing.sign = lambda message: verifier.key.sign(message, SeededEntropy(b"verifier"))  # type: ignore[method-assign]
    raw = issuing.issue(own, effective=terminals.terminal.certificate.effective_date)
    return Token(parse_cv_certificate(raw), [verifier.certificate], own.sign)


def read(key: TerminalKey | None, plan: ReadingPlan = EVERYTHING) -> Evidence:
    return readings.read(card().transport(), card().access_key, replace(plan, terminal_key=key))


def groups(evidence: Evidence) -> set[str]:
    return {one.file.label for one in evidence.files if one.outcome is FileOutcome.READ and one.file.dg_number}


@pytest.mark.parametrize(
    ("rights", "opened"),
    [((FINGER, IRIS), {"DG3", "DG4"}), ((FINGER,), {"DG3"}), ((IRIS,), {"DG4"}), ((), set())],
    ids=["both", "finger", "iris", "none"],
)
def test_a_terminal_reads_what_its_rights_open(rights: tuple[InspectionRight, ...], opened: set[str]) -> None:
    key = terminal_key(*rights)
    evidence = read(key)
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.outcome, record.terminal) == (ProofOutcome.COMPLETED, "UTIS00001")
    assert record.certificates == (key.certificates[0].raw, key.certificate.raw)
    assert groups(evidence) & {"DG3", "DG4"} == opened
    assert key.signatures == 1
    assert "terminal-authentication" in [step.name for step in evidence.steps]
    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_what_was_read_is_judged_like_every_other_group() -> None:
    report = readings.judged(read(terminal_key(FINGER, IRIS)), readings.trust_of(card()))
    for group in ("DG3", "DG4"):
        found = report.find(Check.GROUP_HASH, group)
        assert found is not None
        assert found.result is Result.PASSED
    assert report.verdict is Verdict.ACCEPTED


def test_without_a_key_the_locked_groups_are_left_alone() -> None:
    evidence = read(None)
    assert evidence.terminal_authentication is None
    assert evidence.record(FileId.DG3) is None
    assert evidence.record(FileId.CVCA) is None


def test_a_plan_for_some_groups_takes_no_others_even_if_they_are_open() -> None:
    evidence = read(terminal_key(FINGER, IRIS), plan_for_groups(["DG1", "DG4"]))
    assert groups(evidence) == {"DG1", "DG4", "DG14"}


def test_chip_authentication_runs_for_the_terminals_sake_too() -> None:
    evidence = read(terminal_key(FINGER), replace(EVERYTHING, chip_authentication=False))
    assert evidence.chip_authentication is not None
    assert "DG3" in groups(evidence)


def test_a_terminal_of_another_authority_is_not_shown_to_the_card() -> None:
    key = terminal_key(FINGER)
    key.certificates = []
    record = read(key).terminal_authentication
    assert record is not None
    assert (record.outcome, record.sw, key.signatures) == (ProofOutcome.ABORTED, None, 0)
    assert record.detail == "no-chain"


def test_a_refused_signature_leaves_the_session_and_the_open_groups() -> None:
    key = terminal_key(FINGER)
    key.signer = lambda data: bytes(64)
    evidence = read(key)
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.outcome, record.detail) == (ProofOutcome.ABORTED, "EXTERNAL AUTHENTICATE")
    assert record.sw is not None
    assert groups(evidence) == {"DG1", "DG2", "DG14"}


def test_a_card_without_locked_groups_is_not_bothered() -> None:
    other = card("pace-gm-3des")
    plan = replace(EVERYTHING, terminal_key=terminal_key(FINGER))
    events: list[Step] = []
    evidence = readings.read(
        other.transport(), other.access_key, plan, progress=lambda event: events.append(event.step)
    )
    assert evidence.terminal_authentication is None
    assert Step.TERMINAL_AUTHENTICATION not in events


def test_a_session_that_broke_is_opened_again_and_the_groups_stay_locked() -> None:
    def breaks(command: CommandAPDU) -> bool:
        return command.ins == 0x2A

    listening = cards.ListeningCard(card().chip, breaks=breaks)
    plan = replace(EVERYTHING, terminal_key=terminal_key(FINGER))
    evidence = readings.read(cards.transport_to(listening), card().access_key, plan)
    record = evidence.terminal_authentication
    assert record is not None
    assert record.outcome is ProofOutcome.ABORTED
    assert groups(evidence) == {"DG1", "DG2", "DG14"}


def test_trust_points_come_from_ef_cvca_and_from_pace_each_once() -> None:
    cvca = build_ef_cvca("UTCVCA00002", "UTCVCA00001")
    found = terminal.trust_points(cvca, (b"UTCVCA00003", b"UTCVCA00002", b"?"))
    assert found == ("UTCVCA00002", "UTCVCA00001", "UTCVCA00003")
    assert terminal.trust_points(None, ()) == ()
    assert terminal.trust_points(bytes(36), (b"UTCVCA00003",)) == ("UTCVCA00003",)
