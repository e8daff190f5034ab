"""Chains of CV certificates, and every transition that the chip must refuse (BSI TR-03105-3.2, unit J)."""

from __future__ import annotations

from datetime import date

import pytest

from apdu import tlv
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES
from chipid.errors import SignatureError
from chipid.pki.chat import CHAT, InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import build_cv_certificate, parse_cv_certificate
from chipid.pki.cv_chain import trust_point_of, verify_chain, verify_issued
from chipid.pki.cv_public_key import TerminalPublicKey
from tests.pki.cv_builders import EFFECTIVE, EXPIRATION, Authority

DAY = date(2025, 1, 1)
CVCA = Authority("UTCVCA00001", Role.CVCA)
NEW_CVCA = Authority("UTCVCA00002", Role.CVCA, number=7, curve=CURVES["secp384r1"], oid=oids.ID_TA_ECDSA_SHA_384)
DV = Authority("UTDV00001", Role.DV_DOMESTIC, number=8)
NEW_DV = Authority("UTDV00002", Role.DV_FOREIGN, number=8, curve=CURVES["secp384r1"], oid=oids.ID_TA_ECDSA_SHA_384)
TERMINAL = Authority("UTIS00001", Role.TERMINAL, number=9, rights=(InspectionRight.READ_DG3,))
NEW_TERMINAL = Authority("UTIS00002", Role.TERMINAL, number=9, curve=CURVES["secp384r1"])
POINT = trust_point_of(parse_cv_certificate(CVCA.issue(CVCA)))
LINK = parse_cv_certificate(CVCA.issue(NEW_CVCA, expiration=date(2024, 6, 1)))
DV_CERTIFICATE = parse_cv_certificate(CVCA.issue(DV))
IS_CERTIFICATE = parse_cv_certificate(DV.issue(TERMINAL))


def test_a_chain_gives_the_terminal_what_all_of_it_may_do() -> None:
    assert verify_chain([DV_CERTIFICATE, IS_CERTIFICATE], POINT, on=DAY) == inspection_chat(
        Role.TERMINAL, [InspectionRight.READ_DG3]
    )


def test_a_link_may_be_expired_change_the_curve_and_replaces_the_rights_before_it() -> None:
    chain = [LINK, parse_cv_certificate(NEW_CVCA.issue(NEW_DV)), parse_cv_certificate(NEW_DV.issue(NEW_TERMINAL))]
    assert verify_chain(chain, POINT, on=DAY).rights == b"\x03"
    assert verify_issued(LINK, POINT).key == NEW_CVCA.public


@pytest.mark.parametrize("day", [EFFECTIVE, EXPIRATION])
def test_the_first_and_the_last_day_belong_to_the_validity(day: date) -> None:
    verify_chain([DV_CERTIFICATE, IS_CERTIFICATE], POINT, on=day)


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2026, 3, 5)])
def test_a_verifier_or_terminal_outside_its_validity_is_refused(day: date) -> None:
    with pytest.raises(SignatureError):
        verify_chain([DV_CERTIFICATE, IS_CERTIFICATE], POINT, on=day)


FORBIDDEN = {
    "CVCA to terminal (J_43)": [CVCA.issue(TERMINAL)],
    "DV to CVCA (J_44)": [CVCA.issue(DV), DV.issue(NEW_CVCA)],
    "DV to DV (J_46)": [CVCA.issue(DV), DV.issue(NEW_DV)],
    "terminal to terminal": [CVCA.issue(DV), DV.issue(TERMINAL), TERMINAL.issue(NEW_TERMINAL)],
    "another authority (J_25)": [DV.issue(TERMINAL)],
    "another key under the same name": [CVCA.issue(DV), Authority("UTDV00001", Role.CVCA).issue(TERMINAL)],
}


@pytest.mark.parametrize("chain", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_transition_is_refused(chain: list[bytes]) -> None:
    with pytest.raises(SignatureError):
        verify_chain([parse_cv_certificate(raw) for raw in chain], POINT, on=DAY)


def test_another_kind_of_terminal_is_refused() -> None:
    dv = Authority("UTDV00001", Role.DV_DOMESTIC, number=8)
    dv.chat = CHAT(oid=oids.ID_ST, rights=b"\x80")
    with pytest.raises(SignatureError):
        verify_issued(parse_cv_certificate(CVCA.issue(dv)), POINT)


def test_a_verifier_that_brings_its_own_curve_is_refused() -> None:
    # Written as a CVCA writes its key; only then is the role set to that of a verifier.
    whole = parse_cv_certificate(CVCA.issue(Authority("UTDV00001", Role.CVCA, number=8)))
    body = whole.body.replace(bytes.fromhex("5301C3"), bytes.fromhex("530183"))
    raw = tlv.encode(0x7F21, body, tlv.encode(0x5F37, CVCA.sign(body)))
    with pytest.raises(SignatureError, match="inherit"):
        verify_issued(parse_cv_certificate(raw), POINT)


def test_a_trust_point_is_self_signed_by_a_cvca() -> None:
    for raw in (CVCA.issue(DV), CVCA.issue(NEW_CVCA)):
        with pytest.raises(SignatureError):
            trust_point_of(parse_cv_certificate(raw))
    forged = build_cv_certificate(
        authority_reference="UTCVCA00001",
        public_key=TerminalPublicKey(oid=CVCA.public.oid, key=CVCA.public.key),
        holder_reference="UTCVCA00001",
        chat=CVCA.chat,
        effective_date=EFFECTIVE,
        expiration_date=EXPIRATION,
        sign=DV.sign,
    )
    with pytest.raises(SignatureError):
        trust_point_of(parse_cv_certificate(forged))
