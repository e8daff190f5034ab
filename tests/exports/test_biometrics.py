"""Fingerprints and irises in what a reading tells: who was let in, to what, and why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.evidence.evidence import Evidence, ProofOutcome, TerminalAuthenticationRecord, TerminalProblem
from chipid.exports.biometrics import biometric_access, biometric_lines
from chipid.exports.text import render_reading
from chipid.lds.files import FileId
from chipid.messages.catalogue import Language, catalogue
from chipid.pki.chat import InspectionRight
from tests.exports.test_schema import complaints, written
from tests.inspection import test_terminal as terminals
from tests.scenarios import readings

ENGLISH, VIETNAMESE = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)
FINGER, IRIS = InspectionRight.READ_DG3, InspectionRight.READ_DG4


def lines(evidence: Evidence) -> list[str]:
    return list(biometric_lines(evidence, ENGLISH))


def aborted(detail: str, sw: int | None = None) -> Evidence:
    record = TerminalAuthenticationRecord(outcome=ProofOutcome.ABORTED, terminal="UTIS00001", detail=detail, sw=sw)
    return replace(readings.evidence_of("genuine"), terminal_authentication=record)


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        ((FINGER, IRIS), "fingerprints [DG3], irises [DG4]"),
        ((FINGER,), "fingerprints [DG3]"),
        ((IRIS,), "irises [DG4]"),
        ((), "none of them"),
    ],
    ids=["both", "finger", "iris", "none"],
)
def test_the_desk_is_told_what_its_rights_opened(rights: tuple[InspectionRight, ...], allowed: str) -> None:
    evidence = terminals.read(terminals.terminal_key(*rights))
    assert lines(evidence) == [
        f"Fingerprints and irises: the card lets this terminal (UTIS00001) read {allowed}",
        f"  Read: {allowed}",
    ]
    report = readings.judged(evidence, readings.trust_of(terminals.card()))
    assert lines(evidence)[0] in render_reading(report, None, ENGLISH)
    assert any(line.startswith("Vân tay và mống mắt: ") for line in biometric_lines(evidence, VIETNAMESE))
    document = written(report)
    assert complaints(document) == []
    assert document["biometrics"]["may_read"] == document["biometrics"]["read"]
    assert document["biometrics"]["problem"] is None


def test_nothing_is_told_where_no_terminal_wanted_in() -> None:
    assert biometric_access(readings.evidence_of("genuine")) is None
    assert lines(readings.evidence_of("genuine")) == []


@pytest.mark.parametrize("problem", TerminalProblem, ids=lambda one: one.value)
def test_a_terminal_that_could_not_prove_itself_is_told_why(problem: TerminalProblem) -> None:
    evidence = aborted(problem.value)
    (line,) = lines(evidence)
    assert line.endswith(f"(UTIS00001) read them: {ENGLISH.text('terminal-problem', problem.value)}")
    document = written(readings.judged(evidence, readings.trust_of(readings.card("genuine"))))
    assert complaints(document) == []
    assert document["biometrics"]["problem"] == problem.value


def test_a_refused_step_is_named_with_its_status() -> None:
    evidence = aborted("EXTERNAL AUTHENTICATE", 0x6300)
    (line,) = lines(evidence)
    assert line.endswith("it refused a step (EXTERNAL AUTHENTICATE, 6300)")
    document = written(readings.judged(evidence, readings.trust_of(readings.card("genuine"))))
    assert complaints(document) == []
    expected = {"problem": "refused", "step": "EXTERNAL AUTHENTICATE", "status": "6300", "may_read": [], "read": []}
    assert document["biometrics"] == {"terminal": "UTIS00001", **expected}
    assert lines(aborted("session-broken", 0x6988))[0].endswith("it broke the connection off (6988)")


def test_rights_without_certificates_that_can_be_read_allow_nothing() -> None:
    evidence = terminals.read(terminals.terminal_key(FINGER))
    record = evidence.terminal_authentication
    assert record is not None
    for certificates in ((), (b"\x00",)):
        damaged = replace(evidence, terminal_authentication=replace(record, certificates=certificates))
        access = biometric_access(damaged)
        assert access is not None
        assert (access.may_read, access.read) == ((), (FileId.DG3,))
