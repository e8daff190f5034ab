"""Check 2 finds the signer among several, and what stands beside its certificate is nobody's concern."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chipid.asn1 import oids
from chipid.evidence.evidence import Evidence
from chipid.lds.ef_sod import build_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.trust.store import TrustStore
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.support import sods
from tests.support.sods import Envelope
from tests.verification import forge

RIGHT = forge.signer_certificate()
# Of the same key, from an earlier time; and of a stranger who took the key identifier.
EARLIER = forge.signer_certificate(
    validity=forge.between(datetime(2015, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC))
)
STRANGER = Signer(201, "Stranger", "UT")
LIKE_NAMED = builders.build_certificate(
    STRANGER,
    STRANGER,
    extensions=[
        *builders.key_identifiers(forge.SIGNER, forge.CSCA),
        builders.extension(oids.KEY_USAGE, forge.DIGITAL_SIGNATURE, critical=True),
    ],
)


def store(*signers: bytes) -> TrustStore:
    return TrustStore.from_certificates([forge.csca_certificate(), *signers], source="test")


def without_certificate() -> Evidence:
    """Signed in 2024; the file gives the signer's key identifier and nothing else of it."""
    envelope = Envelope(certificates=[], sid=sods.key_identifier(forge.SIGNER), sign=sods.ecdsa(forge.SIGNER))
    content = build_lds_security_object("sha256", forge.hashes_of(forge.genuine()))
    return forge.with_file(forge.genuine(), FileId.SOD, build_sod(envelope.seal(content)))


@pytest.mark.parametrize("others", [(EARLIER,), (LIKE_NAMED,), (LIKE_NAMED, EARLIER)], ids=["older", "foreign", "both"])
@pytest.mark.parametrize("first", [True, False])
def test_of_several_signers_in_the_store_the_one_counts_that_signed_and_was_valid(
    others: tuple[bytes, ...], first: bool
) -> None:
    signers = (*others, RIGHT) if first else (RIGHT, *others)
    report = readings.judged(without_certificate(), store(*signers))
    assert readings.outcome(report, Check.SOD_SIGNATURE) == (Result.PASSED, Reason.VERIFIED)
    assert report.signer is not None
    assert report.signer.raw == RIGHT
    assert report.verdict is Verdict.ACCEPTED


def test_a_signer_of_the_store_that_did_not_sign_makes_no_other_one_right() -> None:
    report = readings.judged(without_certificate(), store(LIKE_NAMED))
    assert readings.outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SIGNATURE_WRONG)
    assert readings.outcome(readings.judged(without_certificate(), forge.trusting()), Check.SOD_SIGNATURE) == (
        Result.INDETERMINATE,
        Reason.SIGNER_NOT_FOUND,
    )


@pytest.mark.parametrize("damaged", [b"\x30\x00", forge.flipped(RIGHT, 8)])
def test_a_damaged_certificate_beside_the_signers_disturbs_nobody(damaged: bytes) -> None:
    evidence = forge.resigned(forge.genuine(), certificates=[damaged, RIGHT])
    report = readings.judged(evidence, forge.trusting())
    assert readings.outcome(report, Check.SOD_SIGNATURE) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED


def test_where_the_signers_certificate_may_be_the_damaged_one_the_file_is_damaged() -> None:
    evidence = forge.resigned(forge.genuine(), certificates=[b"\x30\x00"])
    report = readings.judged(evidence, forge.trusting())
    assert readings.outcome(report, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SOD_MALFORMED)


def test_where_the_store_has_the_signer_damage_beside_it_disturbs_nobody_either() -> None:
    envelope = Envelope(
        certificates=[b"\x30\x00"], sid=sods.key_identifier(forge.SIGNER), sign=sods.ecdsa(forge.SIGNER)
    )
    content = build_lds_security_object("sha256", forge.hashes_of(forge.genuine()))
    evidence = forge.with_file(forge.genuine(), FileId.SOD, build_sod(envelope.seal(content)))
    assert readings.judged(evidence, store(RIGHT)).verdict is Verdict.ACCEPTED
    alone = readings.judged(evidence, forge.trusting())
    assert readings.outcome(alone, Check.SOD_SIGNATURE) == (Result.FAILED, Reason.SOD_MALFORMED)
