"""The proofs of the chip, judged: only a proof with a key that the state signed counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import DH_GROUPS, curve_by_oid
from chipid.crypto.keys import DHPublicKey, ECPublicKey
from chipid.crypto.points import KeyPair
from chipid.crypto.signatures import SignatureAlgorithm
from chipid.errors import SignatureError
from chipid.evidence.evidence import (
    ActiveAuthenticationRecord,
    ChipAuthenticationRecord,
    Evidence,
    FileOutcome,
    ProofOutcome,
)
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.dg15 import build_dg15
from chipid.lds.files import FileId
from chipid.lds.security_infos import ActiveAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfo
from chipid.verification import chip_proofs
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from simulator.chip import ECSigningKey, SignatureEncoding
from simulator.scenarios import build_card
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge

CHIP, ACTIVE = Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION
BP256 = curve_by_oid(oids.BRAINPOOL_P256R1)
OWN_KEY = KeyPair(BP256, 0xC0FFEE)


def chip_record(evidence: Evidence) -> ChipAuthenticationRecord:
    assert evidence.chip_authentication is not None
    return evidence.chip_authentication


def active_record(evidence: Evidence) -> ActiveAuthenticationRecord:
    assert evidence.active_authentication is not None
    return evidence.active_authentication


def with_chip(evidence: Evidence | None = None, **changes: object) -> Report:
    evidence = evidence or forge.genuine()
    record = replace(chip_record(evidence), **changes)  # type: ignore[arg-type]
    return readings.judged(replace(evidence, chip_authentication=record))


def with_active(evidence: Evidence | None = None, **changes: object) -> Report:
    evidence = evidence or forge.genuine()
    record = replace(active_record(evidence), **changes)  # type: ignore[arg-type]
    return readings.judged(replace(evidence, active_authentication=record))


def without_proofs(evidence: Evidence) -> Evidence:
    return replace(evidence, chip_authentication=None, active_authentication=None)


def with_dg14(evidence: Evidence, *infos: SecurityInfo) -> Evidence:
    """Our own issuer signs a DG14 of ``infos``."""
    return forge.resigned(forge.with_file(evidence, FileId.DG14, build_dg14(infos)))


def genuine_infos() -> tuple[SecurityInfo, ...]:
    return parse_dg14(forge.genuine().content(FileId.DG14) or b"").security_infos.infos


# Chip Authentication


def test_both_proofs_of_the_genuine_card_pass() -> None:
    report = readings.judged(forge.genuine())
    assert outcome(report, CHIP, "DG14") == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, ACTIVE, "DG15") == (Result.PASSED, Reason.VERIFIED)


def test_a_chip_that_does_not_hold_the_key_fails() -> None:
    report = with_chip(outcome=ProofOutcome.FAILED)
    assert outcome(report, CHIP) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)
    assert report.verdict is Verdict.REJECTED


def test_a_proof_that_was_broken_off_proves_nothing_and_the_other_one_suffices() -> None:
    report = with_chip(outcome=ProofOutcome.ABORTED, sw=0x6985)
    assert outcome(report, CHIP) == (Result.INDETERMINATE, Reason.CHIP_PROOF_ABORTED)
    assert report.verdict is Verdict.ACCEPTED
    alone = replace(forge.genuine(), active_authentication=None)
    alone = forge.without_file(alone, FileId.DG15)
    report = with_chip(alone, outcome=ProofOutcome.ABORTED, sw=None)
    assert report.verdict is Verdict.UNDECIDED


def test_a_proof_with_a_key_of_somebody_else_does_not_count() -> None:
    foreign = readings.evidence_of("cloned")
    other = build_dg15(ECPublicKey(curve=BP256, point=OWN_KEY.public, explicit=False))
    for spki in (other[2:], b"", chip_record(foreign).public_key[:-1]):
        report = with_chip(public_key=spki)
        assert outcome(report, CHIP) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)


def test_a_proof_with_a_key_of_a_changed_dg14_does_not_count() -> None:
    """The clone's own key, written into DG14 and proven: complete, and worth nothing."""
    own = build_dg15(ECPublicKey(curve=BP256, point=OWN_KEY.public, explicit=True))
    spki = own[own.index(b"\x30") :]
    infos = [
        replace(info, spki=spki) if isinstance(info, ChipAuthenticationPublicKeyInfo) else info
        for info in genuine_infos()
    ]
    evidence = forge.with_file(forge.genuine(), FileId.DG14, build_dg14(infos))
    report = with_chip(evidence, public_key=spki)
    assert outcome(report, CHIP) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    assert outcome(report, Check.GROUP_HASH, "DG14") == (Result.FAILED, Reason.HASH_WRONG)
    assert report.verdict is Verdict.REJECTED


def test_no_proof_counts_without_a_trusted_signer() -> None:
    report = readings.judged(forge.genuine(), readings.NOTHING_TRUSTED)
    for check in forge.PROOFS:
        assert outcome(report, check) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)


def test_without_any_proof_the_card_is_not_accepted() -> None:
    report = readings.judged(without_proofs(forge.genuine()))
    for check in forge.PROOFS:
        assert outcome(report, check) == (Result.INDETERMINATE, Reason.CHIP_PROOF_MISSING)
    assert report.verdict is Verdict.UNDECIDED


def test_a_card_that_hides_its_keys_is_not_accepted() -> None:
    """A copy that leaves out DG14 and DG15, so that nobody asks it for a proof."""
    for file_outcome, sw in ((FileOutcome.ABSENT, 0x6A82), (FileOutcome.DENIED, 0x6982), (FileOutcome.FAILED, 0x6F00)):
        evidence = without_proofs(forge.genuine())
        for group in (FileId.DG14, FileId.DG15):
            evidence = forge.refused(evidence, group, file_outcome, sw)
        report = readings.judged(evidence)
        for check in forge.PROOFS:
            assert outcome(report, check) == (Result.INDETERMINATE, Reason.CHIP_PROOF_MISSING)
        assert report.verdict is not Verdict.ACCEPTED


def test_a_reading_that_did_not_ask_is_not_held_against_the_card() -> None:
    evidence = forge.without_file(without_proofs(forge.genuine()), FileId.DG14, FileId.DG15)
    report = readings.judged(evidence)
    for check in forge.PROOFS:
        assert outcome(report, check) == (Result.NOT_APPLICABLE, Reason.NOT_REQUESTED)
    assert report.verdict is Verdict.UNDECIDED


def test_a_card_without_the_groups_has_no_proof_to_offer() -> None:
    evidence = forge.without_file(without_proofs(forge.genuine()), FileId.DG14, FileId.DG15)
    hashes = {number: value for number, value in forge.hashes_of(evidence).items() if number not in (14, 15)}
    report = readings.judged(forge.with_file(evidence, FileId.SOD, forge.sign_hashes(hashes)), forge.trusting())
    for check in forge.PROOFS:
        assert outcome(report, check) == (Result.NOT_APPLICABLE, Reason.NOT_OFFERED)


def test_a_dg14_without_a_key_offers_no_chip_authentication() -> None:
    infos = [info for info in genuine_infos() if not isinstance(info, ChipAuthenticationPublicKeyInfo)]
    evidence = replace(with_dg14(forge.genuine(), *infos), chip_authentication=None)
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, CHIP) == (Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    assert report.verdict is Verdict.ACCEPTED


def test_a_malformed_dg14_vouches_for_no_key() -> None:
    evidence = forge.resigned(forge.with_file(forge.genuine(), FileId.DG14, b"\x6e\x02\x30\x00"))
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, CHIP) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    assert outcome(report, Check.GROUP_FORMAT, "DG14") == (Result.FAILED, Reason.GROUP_MALFORMED)
    assert report.verdict is Verdict.REJECTED


# Active Authentication


def test_a_signature_over_another_challenge_fails() -> None:
    """The answer of an earlier reading, replayed."""
    report = with_active(challenge=bytes(8))
    assert outcome(report, ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)
    assert report.verdict is Verdict.REJECTED


def test_the_answer_of_another_chip_fails() -> None:
    record = active_record(readings.evidence_of("cloned"))
    report = readings.judged(replace(forge.genuine(), active_authentication=record))
    assert outcome(report, ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)


@pytest.mark.parametrize("place", [0, 31, 32, 63])
def test_a_changed_signature_fails(place: int) -> None:
    response = active_record(forge.genuine()).response
    assert len(response) == 64
    report = with_active(response=forge.flipped(response, place))
    assert outcome(report, ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)


@pytest.mark.parametrize("response", [b"", bytes(63), bytes(65), bytes(1)])
def test_an_answer_of_a_wrong_length_proves_nothing_in_either_direction(response: bytes) -> None:
    report = with_active(response=response)
    assert outcome(report, ACTIVE) == (Result.INDETERMINATE, Reason.ANSWER_LENGTH_WRONG)
    assert report.verdict is Verdict.ACCEPTED  # Chip Authentication passed


def test_a_signature_of_zeros_fails() -> None:
    assert outcome(with_active(response=bytes(64)), ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)
    der_zeros = bytes.fromhex("3006020100020100")
    assert outcome(with_active(response=der_zeros), ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)


@pytest.mark.parametrize("proof", [ProofOutcome.ABORTED, ProofOutcome.FAILED])
def test_an_answer_that_did_not_come_proves_nothing(proof: ProofOutcome) -> None:
    report = with_active(outcome=proof, response=b"", sw=0x6D00)
    assert outcome(report, ACTIVE) == (Result.INDETERMINATE, Reason.CHIP_PROOF_ABORTED)


def test_a_signature_with_a_key_that_was_never_signed_does_not_count() -> None:
    """The clone brings a DG15 of its own and proves its key: the proof is right and the key is not the state's."""
    clone = readings.evidence_of("cloned")
    hashes = forge.hashes_of(forge.genuine())
    key = build_card("cloned").chip.active_authentication
    assert isinstance(key, ECSigningKey)
    point = KeyPair(key.curve, key.private).public
    dg15 = build_dg15(ECPublicKey(curve=key.curve, point=point, explicit=True))
    evidence = replace(forge.with_file(forge.genuine(), FileId.DG15, dg15), active_authentication=active_record(clone))
    for signed in (hashes, {number: value for number, value in hashes.items() if number != 15}):
        report = readings.judged(forge.with_file(evidence, FileId.SOD, forge.sign_hashes(signed)), forge.trusting())
        assert outcome(report, ACTIVE) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
        assert report.verdict is Verdict.REJECTED


def test_a_proof_whose_group_is_gone_does_not_count() -> None:
    without = forge.without_file(forge.genuine(), FileId.DG15)
    report = readings.judged(without)
    assert outcome(report, ACTIVE) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    assert report.verdict is Verdict.ACCEPTED  # Chip Authentication has proven the chip
    replayed = forge.without_file(readings.evidence_of("recorded-aa"), FileId.DG15)
    trust = readings.trust_of(readings.card("recorded-aa"))
    assert readings.judged(replayed, trust, shipped_policy("strict")).verdict is Verdict.REJECTED
    unasked = readings.judged(replace(without, active_authentication=None))
    assert outcome(unasked, ACTIVE) == (Result.NOT_APPLICABLE, Reason.NOT_REQUESTED)


@pytest.mark.parametrize(
    ("dg15", "reason"),
    [
        (b"\x6f\x02\x30\x00", Reason.GROUP_MALFORMED),
        (
            build_dg15(ECPublicKey(curve=BP256, point=OWN_KEY.public, explicit=False))[:-1] + b"\0",
            Reason.GROUP_MALFORMED,
        ),
        (
            bytes.fromhex("6f0b3009300406022a03030100"),  # a key of an algorithm that nobody knows
            Reason.UNSUPPORTED,
        ),
    ],
    ids=["empty", "off the curve", "unknown"],
)
def test_a_key_that_cannot_be_used_verifies_nothing(dg15: bytes, reason: Reason) -> None:
    evidence = forge.resigned(forge.with_file(forge.genuine(), FileId.DG15, dg15))
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, ACTIVE) == (Result.INDETERMINATE, reason)


def test_a_key_of_another_kind_verifies_nothing() -> None:
    group = next(iter(DH_GROUPS.values()))
    dg15 = build_dg15(DHPublicKey(group=group, y=group.g))
    evidence = forge.resigned(forge.with_file(forge.genuine(), FileId.DG15, dg15))
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, ACTIVE) == (Result.INDETERMINATE, Reason.UNSUPPORTED)


@pytest.mark.parametrize(
    ("oid", "expected"),
    [
        (oids.ECDSA_PLAIN_SHA256, (Result.PASSED, Reason.VERIFIED)),
        (oids.ECDSA_WITH_SHA256, (Result.PASSED, Reason.VERIFIED)),
        (oids.ECDSA_PLAIN_SHA384, (Result.FAILED, Reason.CHIP_PROOF_FAILED)),
        (oids.SHA256_WITH_RSA, (Result.INDETERMINATE, Reason.UNSUPPORTED)),
        ("1.2.3.4", (Result.INDETERMINATE, Reason.UNSUPPORTED)),
        (None, (Result.PASSED, Reason.VERIFIED)),  # early documents do not tell, so every hash is tried
    ],
)
def test_the_hash_is_the_one_that_dg14_names(oid: str | None, expected: tuple[Result, Reason]) -> None:
    infos: list[SecurityInfo] = [info for info in genuine_infos() if not isinstance(info, ActiveAuthenticationInfo)]
    if oid is not None:
        infos.append(ActiveAuthenticationInfo(signature_algorithm=oid))
    report = readings.judged(with_dg14(forge.genuine(), *infos), forge.trusting())
    assert outcome(report, ACTIVE) == expected


def test_a_signature_in_der_is_tolerated() -> None:
    card = build_card("genuine")
    signing = replace(card.chip.active_authentication, encoding=SignatureEncoding.DER)  # type: ignore[type-var]
    card = replace(card, chip=replace(card.chip, active_authentication=signing))
    evidence = readings.read(card.transport(), readings.can_of(card))
    response = active_record(evidence).response
    assert response[:1] == b"\x30"
    assert outcome(readings.judged(evidence), ACTIVE) == (Result.PASSED, Reason.VERIFIED)
    report = with_active(evidence, response=forge.flipped(response, -1))
    assert outcome(report, ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)


def test_rsa_signatures_recover_what_was_signed() -> None:
    card = build_card("genuine", profile="cccd-2021-rsa")
    evidence = readings.read(card.transport(), readings.can_of(card))
    trust = readings.trust_of(card)
    assert readings.judged(evidence, trust).verdict is Verdict.ACCEPTED
    record = active_record(evidence)
    changes = {
        Reason.CHIP_PROOF_FAILED: replace(record, challenge=bytes(8)),
        Reason.ANSWER_LENGTH_WRONG: replace(record, response=record.response[:-25]),
    }
    for reason, changed in changes.items():
        report = readings.judged(replace(evidence, active_authentication=changed), trust)
        assert outcome(report, ACTIVE)[1] is reason


def test_a_hash_function_that_is_named_often_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def refuse(_key: object, algorithm: SignatureAlgorithm, *_: bytes) -> None:
        tried.append(algorithm.hash_name)
        raise SignatureError("wrong")

    monkeypatch.setattr(chip_proofs, "verify_signature", refuse)
    named = [
        ActiveAuthenticationInfo(signature_algorithm=oid, version=version)
        for version in range(40)
        for oid in (oids.ECDSA_PLAIN_SHA256, oids.ECDSA_WITH_SHA256, oids.ECDSA_WITH_SHA384)
    ]
    report = readings.judged(with_dg14(forge.genuine(), *named), forge.trusting())
    assert outcome(report, ACTIVE) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)
    assert tried == ["sha256", "sha384"]
