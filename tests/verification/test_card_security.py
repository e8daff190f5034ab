"""The Chip Authentication Mapping, judged: only with a key of an EF.CardSecurity that the state signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from apdu import tlv
from chipid.asn1 import oids
from chipid.crypto import points
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, RSAPublicKey, encode_public_key
from chipid.crypto.points import KeyPair
from chipid.evidence.evidence import Evidence, FileOutcome, MappingRecord
from chipid.lds.card_access import build_card_access, parse_card_access
from chipid.lds.ef_card_security import build_card_security_content, parse_card_security
from chipid.lds.files import FileId
from chipid.lds.security_infos import (
    ChipAuthenticationPublicKeyInfo,
    PACEDomainParameterInfo,
    PACEInfo,
    SecurityInfo,
)
from chipid.trust.store import TrustStore
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from simulator.scenarios import SimulatedCard, build_card
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge

MAPPING = Check.CHIP_AUTHENTICATION_MAPPING
PROFILE = "pace-cam-aes256-brainpoolP384r1"
CURVE = CURVES["brainpoolP384r1"]
PARAMETER = 16
STATIC, EPHEMERAL = 0x5EC12E7, 0xE9E3E2A1


@cache
def card() -> SimulatedCard:
    return build_card("genuine", profile=PROFILE)


@cache
def evidence() -> Evidence:
    """A reading of the simulated card; nothing in it is ours."""
    return readings.read(card().transport(), card().access_key)


def judged(changed: Evidence, store: TrustStore | None = None) -> Report:
    return readings.judged(changed, store or readings.trust_of(card()))


def public(scalar: int, curve: Curve = CURVE) -> ECPublicKey:
    return ECPublicKey(curve=curve, point=KeyPair(curve, scalar).public, explicit=True)


def key_info(key: ECPublicKey | RSAPublicKey, key_id: int | None = PARAMETER) -> ChipAuthenticationPublicKeyInfo:
    return ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=encode_public_key(key), key_id=key_id)


def offered() -> tuple[PACEInfo, ...]:
    return parse_card_access(evidence().content(FileId.CARD_ACCESS) or b"").security_infos.pace


def domain_info(algorithm: bytes) -> PACEDomainParameterInfo:
    return PACEDomainParameterInfo(oid=oids.ID_PACE_ECDH_CAM, algorithm=algorithm, parameter_id=PARAMETER)


def signed_file(infos: Sequence[SecurityInfo], *, signer: Signer = forge.SIGNER, issuing: Signer = forge.CSCA) -> bytes:
    content = build_card_security_content(infos)
    sod = forge.sign_content(content, content_type=oids.ID_SECURITY_OBJECT, signer=signer, issuing=issuing)
    return tlv.parse_one(sod, 0x77).value


def proof(static: int = STATIC, *, ephemeral: int = EPHEMERAL, curve: Curve = CURVE) -> MappingRecord:
    """What a chip with this static key sends."""
    ca_ic = pow(static, -1, curve.n) * ephemeral % curve.n
    return MappingRecord(
        mapping_public_key=points.encode_point(curve, KeyPair(curve, ephemeral).public),
        chip_authentication_data=ca_ic.to_bytes(curve.order_length, "big"),
    )


def ours(infos: Sequence[SecurityInfo] | None = None, record: MappingRecord | None = None) -> Evidence:
    """The reading with a file of our own issuer and a proof of our own chip."""
    file = signed_file([*offered(), key_info(public(STATIC))] if infos is None else infos)
    changed = replace(forge.resigned(evidence()), chip_authentication_mapping=record or proof())
    return forge.with_file(changed, FileId.CARD_SECURITY, file)


def test_the_proof_of_the_simulated_chip_passes() -> None:
    report = judged(evidence())
    assert outcome(report, MAPPING, "EF.CardSecurity") == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED


def test_the_proof_alone_is_proof_enough() -> None:
    report = judged(replace(evidence(), chip_authentication=None))
    assert outcome(report, Check.CHIP_AUTHENTICATION)[0] is Result.INDETERMINATE
    assert report.verdict is Verdict.ACCEPTED


def test_our_own_issuer_and_chip_pass_too() -> None:
    assert outcome(judged(ours(), forge.trusting()), MAPPING) == (Result.PASSED, Reason.VERIFIED)


def test_a_reading_without_the_mapping_leaves_the_check_out() -> None:
    report = readings.judged(forge.genuine())
    assert outcome(report, MAPPING) == (Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    unused = judged(replace(evidence(), chip_authentication_mapping=None))
    assert outcome(unused, MAPPING) == (Result.NOT_APPLICABLE, Reason.NOT_REQUESTED)


WRONG = {
    "another static key": proof(STATIC + 1),
    "another mapping key": replace(proof(), mapping_public_key=proof(ephemeral=7).mapping_public_key),
    "a short scalar": replace(proof(), chip_authentication_data=proof().chip_authentication_data[1:]),
    "no scalar": replace(proof(), chip_authentication_data=b""),
    "a scalar of zero": replace(proof(), chip_authentication_data=bytes(48)),
    "a point of another curve": proof(curve=CURVES["brainpoolP256r1"]),
    "no point": replace(proof(), mapping_public_key=b""),
}


@pytest.mark.parametrize("record", WRONG.values(), ids=WRONG)
def test_a_chip_that_does_not_hold_the_static_key_fails(record: MappingRecord) -> None:
    report = judged(ours(record=record), forge.trusting())
    assert outcome(report, MAPPING) == (Result.FAILED, Reason.CHIP_PROOF_FAILED)
    assert report.verdict is Verdict.REJECTED


def test_a_key_of_an_issuer_that_nobody_trusts_proves_nothing() -> None:
    for store in (readings.NOTHING_TRUSTED, forge.trusting(forge.FOREIGN_CSCA)):
        assert outcome(judged(ours(), store), MAPPING) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)


def test_a_clone_that_signs_its_own_file_proves_nothing() -> None:
    own = signed_file([*offered(), key_info(public(STATIC))], signer=Signer(777), issuing=Signer(778))
    changed = forge.with_file(ours(), FileId.CARD_SECURITY, own)
    assert outcome(judged(changed, forge.trusting()), MAPPING) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)


def test_no_changed_byte_of_what_is_signed_or_of_the_signature_passes() -> None:
    file = evidence().content(FileId.CARD_SECURITY) or b""
    signed = parse_card_security(file).signed_data
    for part in (signed.econtent, signed.signer.signature):
        start = file.index(part)
        for place in range(start, start + len(part), 17):
            changed = forge.with_file(evidence(), FileId.CARD_SECURITY, forge.flipped(file, place))
            found = judged(changed).find(MAPPING)
            assert found is not None
            assert not found.passed


def test_a_wrong_signature_fails_and_is_no_open_question() -> None:
    file = evidence().content(FileId.CARD_SECURITY) or b""
    changed = forge.with_file(evidence(), FileId.CARD_SECURITY, forge.flipped(file, -1))
    assert outcome(judged(changed), MAPPING) == (Result.FAILED, Reason.SIGNATURE_WRONG)
    assert judged(changed).verdict is Verdict.REJECTED


def test_a_file_that_was_refused_or_is_no_file_leaves_the_question_open() -> None:
    denied = forge.refused(evidence(), FileId.CARD_SECURITY, FileOutcome.DENIED, 0x6982)
    assert outcome(judged(denied), MAPPING) == (Result.INDETERMINATE, Reason.FILE_UNREADABLE)
    missing = forge.without_file(evidence(), FileId.CARD_SECURITY)
    assert outcome(judged(missing), MAPPING) == (Result.INDETERMINATE, Reason.FILE_UNREADABLE)
    malformed = forge.with_file(evidence(), FileId.CARD_SECURITY, b"\x30\x00")
    assert outcome(judged(malformed), MAPPING) == (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)


def test_the_key_is_the_one_with_the_identifier_of_the_parameters_or_the_only_one() -> None:
    right, other = public(STATIC), public(STATIC + 5)
    for infos, expected in (
        ([key_info(other, 13), key_info(right)], Result.PASSED),
        ([key_info(right, None)], Result.PASSED),
        ([key_info(right, 99)], Result.PASSED),
        ([key_info(other), key_info(right, 13)], Result.FAILED),
        ([key_info(right), key_info(other)], Result.INDETERMINATE),
        ([key_info(right, 1), key_info(other, 2)], Result.INDETERMINATE),
        ([], Result.INDETERMINATE),
        ([key_info(RSAPublicKey(n=(1 << 2047) + 1, e=65537))], Result.INDETERMINATE),
    ):
        assert outcome(judged(ours([*offered(), *infos]), forge.trusting()), MAPPING)[0] is expected


def test_the_signed_file_may_offer_more_than_ef_card_access_but_not_less() -> None:
    """LDS_J_01 to LDS_J_03 of BSI TR-03105-5.1."""
    key = key_info(public(STATIC))
    more = PACEInfo(oid=oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_256, parameter_id=PARAMETER)
    other = PACEInfo(oid=oids.ID_PACE_ECDH_GM_3DES_CBC_CBC, parameter_id=PARAMETER)
    assert outcome(judged(ours([*offered(), more, key]), forge.trusting()), MAPPING)[0] is Result.PASSED
    differing: list[list[SecurityInfo]] = [[key], [*offered()[1:], key], [*offered()[1:], other, key]]
    for infos in differing:
        report = judged(ours(infos), forge.trusting())
        assert outcome(report, MAPPING) == (Result.FAILED, Reason.SECURITY_INFOS_DIFFER)
        assert report.verdict is Verdict.REJECTED


def test_explicit_parameters_must_be_the_signed_ones() -> None:
    key, explicit = key_info(public(STATIC)), domain_info(b"\x30\x00")
    signed: list[SecurityInfo] = [*offered(), explicit, key]
    same = forge.with_file(ours(signed), FileId.CARD_ACCESS, build_card_access([*offered(), explicit]))
    assert outcome(judged(same, forge.trusting()), MAPPING)[0] is Result.PASSED
    other: list[SecurityInfo] = [*offered(), domain_info(b"\x30\x02\x05\x00")]
    changed = forge.with_file(ours(signed), FileId.CARD_ACCESS, build_card_access(other))
    assert outcome(judged(changed, forge.trusting()), MAPPING) == (Result.FAILED, Reason.SECURITY_INFOS_DIFFER)
