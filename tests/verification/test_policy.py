"""The verdict over checks, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.policy_file import SHIPPED, shipped_policy
from chipid.verification.report import Check, CheckResult, Reason, Result, Verdict

P, F, Q, N = Result.PASSED, Result.FAILED, Result.INDETERMINATE, Result.NOT_APPLICABLE
SIGNATURE, HASH, COM, EXPIRY = Check.SOD_SIGNATURE, Check.GROUP_HASH, Check.COM_AGAINST_SOD, Check.DOCUMENT_EXPIRY
CHIP, ACTIVE = Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION
ACCEPTED, REJECTED, UNDECIDED = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNDECIDED

POLICY = replace(
    shipped_policy("default"),
    required=frozenset({SIGNATURE, HASH}),
    settled=frozenset({COM}),
    tolerated=frozenset(),
    when_open=UNDECIDED,
    chip_proof=True,
)
GOOD = ((SIGNATURE, P), (HASH, P), (CHIP, P))


def checks(*outcomes: tuple[Check, Result]) -> tuple[CheckResult, ...]:
    return tuple(CheckResult(check=check, result=result, reason=Reason.VERIFIED) for check, result in outcomes)


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (GOOD, ACCEPTED),
        ((), UNDECIDED),
        # what is required
        (((SIGNATURE, P), (CHIP, P)), UNDECIDED),
        (((SIGNATURE, Q), (HASH, P), (CHIP, P)), UNDECIDED),
        (((SIGNATURE, N), (HASH, P), (CHIP, P)), UNDECIDED),
        (((SIGNATURE, F), (HASH, P), (CHIP, P)), REJECTED),
        # one of several
        ((*GOOD, (HASH, N)), ACCEPTED),
        ((*GOOD, (HASH, Q)), UNDECIDED),
        ((*GOOD, (HASH, F)), REJECTED),
        # what must be settled
        ((*GOOD, (COM, P)), ACCEPTED),
        ((*GOOD, (COM, N)), ACCEPTED),
        ((*GOOD, (COM, Q)), UNDECIDED),
        ((*GOOD, (COM, F)), REJECTED),
        # what nobody asked for
        ((*GOOD, (EXPIRY, Q)), ACCEPTED),
        ((*GOOD, (EXPIRY, N)), ACCEPTED),
        ((*GOOD, (EXPIRY, F)), REJECTED),
        # the chip
        (((SIGNATURE, P), (HASH, P)), UNDECIDED),
        (((SIGNATURE, P), (HASH, P), (CHIP, Q), (ACTIVE, Q)), UNDECIDED),
        (((SIGNATURE, P), (HASH, P), (CHIP, N), (ACTIVE, N)), UNDECIDED),
        (((SIGNATURE, P), (HASH, P), (CHIP, Q), (ACTIVE, P)), ACCEPTED),
        (((SIGNATURE, P), (HASH, P), (CHIP, P), (ACTIVE, F)), REJECTED),
        (((SIGNATURE, P), (HASH, P), (CHIP, F), (ACTIVE, P)), REJECTED),
        # a failure comes before every gap
        (((SIGNATURE, Q), (HASH, F)), REJECTED),
    ],
)
def test_the_verdict_over_checks(outcomes: tuple[tuple[Check, Result], ...], verdict: Verdict) -> None:
    assert POLICY.decide(checks(*outcomes)) is verdict
    assert POLICY.decide(checks(*reversed(outcomes))) is verdict
    assert (POLICY.grounds(checks(*outcomes)) == ()) == (verdict is ACCEPTED)


@pytest.mark.parametrize(
    ("outcomes", "grounds"),
    [
        (((SIGNATURE, F), (HASH, Q), (CHIP, P)), ((SIGNATURE, F),)),
        (((SIGNATURE, P), (HASH, Q), (COM, Q), (EXPIRY, Q), (CHIP, P)), ((HASH, Q), (COM, Q))),
        (((SIGNATURE, P), (HASH, N), (CHIP, P)), ((HASH, N),)),
        (((HASH, P), (CHIP, P)), ((SIGNATURE, N),)),  # never made
        (((SIGNATURE, P), (HASH, P), (CHIP, Q)), ((CHIP, Q), (ACTIVE, N), (Check.CHIP_AUTHENTICATION_MAPPING, N))),
    ],
)
def test_the_grounds_are_what_kept_from_accepting(
    outcomes: tuple[tuple[Check, Result], ...], grounds: tuple[tuple[Check, Result], ...]
) -> None:
    found = POLICY.grounds(checks(*outcomes))
    assert tuple((one.check, one.result) for one in found) == grounds


OUTCOMES = st.lists(st.tuples(st.sampled_from(Check), st.sampled_from(Result)), max_size=12)
SETS = st.frozensets(st.sampled_from(Check), max_size=4)


@given(OUTCOMES, SETS, SETS, SETS, st.booleans())
def test_there_are_grounds_for_every_verdict_but_acceptance(
    outcomes: list[tuple[Check, Result]],
    required: frozenset[Check],
    settled: frozenset[Check],
    tolerated: frozenset[Check],
    chip_proof: bool,
) -> None:
    policy = replace(POLICY, required=required, settled=settled, tolerated=tolerated, chip_proof=chip_proof)
    found = checks(*outcomes)
    assert (policy.grounds(found) == ()) == (policy.decide(found) is ACCEPTED)


@pytest.mark.parametrize(
    ("tolerated", "outcomes", "verdict"),
    [
        ({EXPIRY}, (*GOOD, (EXPIRY, F)), ACCEPTED),
        ({COM}, (*GOOD, (COM, F)), ACCEPTED),
        ({COM}, (*GOOD, (COM, Q)), ACCEPTED),
        ({HASH}, ((SIGNATURE, P), (HASH, F), (CHIP, P)), ACCEPTED),
        ({HASH}, ((SIGNATURE, P), (CHIP, P)), ACCEPTED),
        ({EXPIRY}, (*GOOD, (EXPIRY, F), (COM, F)), REJECTED),
        # a proof counts, and its failure is another question
        ({CHIP}, GOOD, ACCEPTED),
        ({CHIP}, ((SIGNATURE, P), (HASH, P), (CHIP, F), (ACTIVE, P)), ACCEPTED),
        ({CHIP}, ((SIGNATURE, P), (HASH, P), (CHIP, F)), UNDECIDED),
    ],
)
def test_what_is_tolerated_may_fail_and_everything_else_may_not(
    tolerated: set[Check], outcomes: tuple[tuple[Check, Result], ...], verdict: Verdict
) -> None:
    assert replace(POLICY, tolerated=frozenset(tolerated)).decide(checks(*outcomes)) is verdict


def test_a_strict_relying_party_turns_gaps_into_rejections() -> None:
    strict = replace(POLICY, when_open=REJECTED)
    assert strict.decide(checks(*GOOD)) is ACCEPTED
    for outcomes in ((), ((SIGNATURE, P), (HASH, P)), (*GOOD, (COM, Q))):
        assert strict.decide(checks(*outcomes)) is REJECTED


def test_a_relying_party_may_do_without_a_proof_of_the_chip() -> None:
    assert replace(POLICY, chip_proof=False).decide(checks((SIGNATURE, P), (HASH, P))) is ACCEPTED


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_policy_accepts_without_signature_chain_hash_and_a_proof_of_the_chip(name: str) -> None:
    policy = shipped_policy(name)
    every = dict.fromkeys(Check, P)
    assert policy.decide(checks(*every.items())) is ACCEPTED
    for needed in (SIGNATURE, Check.SIGNER_CHAIN, Check.SIGNER_VALIDITY, HASH):
        for result in (F, Q, N):
            assert policy.decide(checks(*{**every, needed: result}.items())) is not ACCEPTED
    unproven = {CHIP: N, ACTIVE: N}
    mapping = {check: N for check in Check if "mapping" in check.label}
    assert policy.decide(checks(*{**every, **unproven, **mapping}.items())) is not ACCEPTED


def test_a_rule_for_algorithms_holds_until_its_day() -> None:
    old = AlgorithmRule(until=date(2013, 12, 31), hashes=frozenset({"sha1"}), rsa_bits=1024, ec_bits=192)
    new = AlgorithmRule(until=None, hashes=frozenset({"sha256"}), rsa_bits=2048, ec_bits=224)
    policy: Policy = replace(POLICY, algorithms=(old, new))
    assert policy.algorithm_rule(date(2013, 12, 31)) is old
    assert policy.algorithm_rule(date(2014, 1, 1)) is new
    assert replace(policy, algorithms=(old,)).algorithm_rule(date(2014, 1, 1)) is None
