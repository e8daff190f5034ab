"""The challenge of Active Authentication made from somebody's nonce."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import ConfigurationError
from chipid.evidence.evidence import ActiveAuthenticationRecord, ProofOutcome
from chipid.evidence.nonce import CHALLENGE_LENGTH, MAX_NONCE, MIN_NONCE, challenge_for, is_bound_to, read_nonce
from chipid.inspection.plan import EVERYTHING
from chipid.verification.engine import judge
from chipid.verification.policy_file import DEFAULT_POLICY, SHIPPED, shipped_policy
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.scenarios import readings
from tests.scenarios.readings import outcome

NONCE, OTHER = b"transaction 4711", b"transaction 4712"
UNSIGNED = ActiveAuthenticationRecord(outcome=ProofOutcome.ABORTED, challenge=challenge_for(NONCE), response=b"")


def judged(nonce: bytes, **changes: object) -> Report:
    card = readings.card("genuine")
    plan = replace(EVERYTHING, challenge=challenge_for(NONCE))
    evidence = replace(readings.read(card.transport(), card.access_key, plan), **changes)  # type: ignore[arg-type]
    return judge(evidence, readings.trust(), DEFAULT_POLICY, readings.NOW, nonce=nonce)


def test_the_challenge_is_a_hash_of_its_purpose_and_the_nonce() -> None:
    expected = hashlib.sha256(b"chipid Active Authentication challenge\x00" + NONCE).digest()
    assert challenge_for(NONCE) == expected[:8]


@given(st.binary(min_size=MIN_NONCE, max_size=64), st.binary(min_size=MIN_NONCE, max_size=64))
def test_other_nonces_have_other_challenges(first: bytes, second: bytes) -> None:
    assert len(challenge_for(first)) == CHALLENGE_LENGTH
    assert (challenge_for(first) == challenge_for(second)) == (first == second)


@pytest.mark.parametrize("length", [0, MIN_NONCE - 1, MAX_NONCE + 1])
def test_what_is_too_short_or_too_long_is_no_nonce(length: int) -> None:
    with pytest.raises(ConfigurationError):
        challenge_for(bytes(length))


def test_a_file_gives_its_nonce_and_is_not_read_to_an_end_that_never_comes(tmp_path: Path) -> None:
    (tmp_path / "nonce").write_bytes(NONCE)
    assert read_nonce(tmp_path / "nonce") == NONCE
    endless = Path("/dev/zero")
    if endless.exists():
        with pytest.raises(ConfigurationError):
            read_nonce(endless)


def test_a_reading_bound_to_a_nonce_is_accepted_for_it_alone() -> None:
    report = judged(NONCE)
    assert is_bound_to(report.evidence, NONCE)
    assert outcome(report, Check.ACTIVE_AUTHENTICATION) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED
    report = judged(OTHER)
    assert outcome(report, Check.ACTIVE_AUTHENTICATION) == (Result.FAILED, Reason.CHALLENGE_NOT_BOUND)
    assert report.verdict is Verdict.REJECTED


def test_a_challenge_written_into_the_evidence_afterwards_fails_by_its_signature() -> None:
    genuine = readings.evidence_of().active_authentication
    assert genuine is not None
    report = judged(NONCE, active_authentication=replace(genuine, challenge=challenge_for(NONCE)))
    assert outcome(report, Check.ACTIVE_AUTHENTICATION) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)


def test_without_active_authentication_the_nonce_leaves_a_question() -> None:
    report = judged(NONCE, active_authentication=None)
    assert outcome(report, Check.ACTIVE_AUTHENTICATION) == (Result.INDETERMINATE, Reason.CHIP_PROOF_MISSING)
    # Chip Authentication has passed, but whoever wrote the evidence may have invented that.
    assert outcome(report, Check.CHIP_AUTHENTICATION) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("proof", [None, UNSIGNED])
def test_no_policy_accepts_for_a_nonce_what_no_chip_signed(name: str, proof: ActiveAuthenticationRecord | None) -> None:
    evidence = replace(readings.evidence_of(), active_authentication=proof)
    lenient = replace(shipped_policy(name), tolerated=frozenset({Check.ACTIVE_AUTHENTICATION}))
    for policy in (shipped_policy(name), lenient):
        report = judge(evidence, readings.trust(), policy, readings.NOW, nonce=NONCE)
        assert report.verdict is policy.when_open
