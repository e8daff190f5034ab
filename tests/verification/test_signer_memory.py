"""What is remembered of a signer is what its checks find, at and around every moment that may change it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.lds.ef_sod import parse_sod
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.trust.store import TrustStore
from chipid.verification import signer_memory
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.policy_file import shipped_policy
from chipid.verification.signer_chain import NO_CHAIN, check_chain
from chipid.verification.signer_checks import Signing, check_signer
from chipid.verification.signer_memory import judge_signer
from tests.pki import builders
from tests.scenarios import readings
from tests.verification import forge, revoking

STEP = timedelta(microseconds=1)
PERIOD = builders.extension(
    oids.PRIVATE_KEY_USAGE_PERIOD,
    der.encode_sequence(tlv.encode(0x80, b"20230301000000Z"), tlv.encode(0x81, b"20260901000000Z")),
)
SIGNER = forge.signer_certificate(
    extensions=[PERIOD], validity=forge.between(datetime(2023, 1, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC))
)
RULES = (
    AlgorithmRule(until=date(2023, 5, 5), hashes=frozenset({"sha1", "sha256"}), rsa_bits=1024, ec_bits=160),
    AlgorithmRule(until=date(2024, 12, 31), hashes=frozenset({"sha512"}), rsa_bits=1024, ec_bits=160),
    AlgorithmRule(until=date(2027, 1, 1), hashes=frozenset({"sha256"}), rsa_bits=1024, ec_bits=160),
)


def policy(**changes: Any) -> Policy:
    usual = {"crl_days": 20, "algorithms": RULES, "expired_signer": False}
    return replace(shipped_policy("default"), **{**usual, **changes})


def trust(serial: int) -> TrustStore:
    """Two lists of the issuer and one of its neighbour, one of which names the signer."""
    lists = (
        revoking.crl(forge.CSCA, [], this_update=readings.NOW - 400 * revoking.DAY),
        revoking.crl(forge.CSCA, [serial]),
        revoking.crl(forge.OTHER_CSCA, [], next_update=readings.NOW + 200 * revoking.DAY),
    )
    return revoking.with_crls(forge.trusting(forge.CSCA, forge.OTHER_CSCA), *lists)


def moments(signer: Certificate, store: TrustStore, chosen: Policy) -> list[datetime]:
    points = set(signer_memory._turning_points(signer, check_chain(signer, store, None), store, chosen))
    return sorted({point + shift for point in points for shift in (-revoking.DAY, -STEP, 0 * STEP, STEP)})


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "good"])
def test_what_is_remembered_is_what_is_found(revoked: bool) -> None:
    sod = parse_sod(forge.sign_hashes(forge.hashes_of(forge.genuine()), certificates=[SIGNER]))
    signer, chosen = parse_certificate(SIGNER), policy()
    store = trust(signer.serial if revoked else signer.serial + 1)
    chain, times = check_chain(signer, store, None), moments(signer, store, chosen)
    assert sod.likeness is not None
    assert len(times) > 40
    questions = [(time, now) for now in times for time in (None, *times[::3])]
    random.Random(1).shuffle(questions)
    seen = set()
    for time, now in questions:
        found, deviations = judge_signer(sod, signer, chain, time, store, chosen, document_code="I", now=now)
        signing = Signing.of(sod, signer, chain, time)
        assert found == check_signer(signing, store, chosen, document_code="I", now=now)
        assert deviations == signing.deviations
        seen.add(found)
    assert len(seen) > 10


def test_another_code_policy_path_or_zone_is_another_question() -> None:
    sod = parse_sod(forge.sign_hashes(forge.hashes_of(forge.genuine()), certificates=[SIGNER]))
    signer = parse_certificate(SIGNER)
    store = trust(signer.serial)
    far = datetime(2027, 1, 1, 23, tzinfo=timezone(timedelta(hours=-7)))
    for _ in range(2):
        for chosen in (policy(), policy(algorithms=RULES[:2]), policy(crl_days=10**8)):
            for code in ("I", "P", None):
                for chain in (check_chain(signer, store, None), NO_CHAIN):
                    for now in (readings.NOW, far, far.astimezone(UTC)):
                        signing = Signing.of(sod, signer, chain, None)
                        found, deviations = judge_signer(
                            sod, signer, chain, None, store, chosen, document_code=code, now=now
                        )
                        assert found == check_signer(signing, store, chosen, document_code=code, now=now)
                        assert deviations == signing.deviations


def test_a_signer_is_remembered_in_no_more_ways_than_the_bound() -> None:
    memory = signer_memory._Memory((), [])
    for number in range(signer_memory.MAX_REMEMBERED + 10):
        memory.keep((number,), ((), ()))
        assert memory.get((number,)) == ((), ())
        assert len(memory._found) <= signer_memory.MAX_REMEMBERED


def test_two_files_of_one_form_are_alike_and_others_are_not() -> None:
    hashes = forge.hashes_of(forge.genuine())
    other = {number: bytes(reversed(value)) for number, value in hashes.items()}
    signed = forge.sign_hashes(hashes, certificates=[SIGNER])
    # A signature in DER is a byte or two shorter now and then, and then the file has another form.
    others = (forge.sign_hashes(other, certificates=[SIGNER]) for _ in range(1000))
    alike = next(one for one in others if len(one) == len(signed))
    first, second, third = (parse_sod(one) for one in (signed, alike, forge.sign_hashes(hashes)))
    assert first.raw != second.raw
    assert first.likeness is second.likeness is not None
    assert third.likeness is not first.likeness
