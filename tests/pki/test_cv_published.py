"""Certificates of real and test authorities, as they are found in the tests of other programs.

Those of the German identity card and of its test PKI form chains over links. Of inspection systems, one chain from a
CVCA to a verifier was found, of Swedish test authorities with RSA, and none to an inspection system.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.errors import SignatureError
from chipid.pki.chat import InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import CVCertificate, parse_cv_certificate, verify_cv_signature
from chipid.pki.cv_chain import trust_point_of, verify_chain, verify_issued
from chipid.pki.cv_public_key import TerminalPublicKey
from tests.support.hostile import assert_survives
from tests.support.vectors import load

VECTORS = load("cv_certificates")
CERTIFICATES = {one["name"]: bytes.fromhex(one["hex"]) for one in VECTORS["certificates"]}
TWISTED = [one["name"] for one in VECTORS["certificates"] if "curve" in one]
E_PASSPORT = "DECVCAePASS001"
SWEDISH = "SEHSMCVCA00001"
SELF_SIGNED = [name for name in CERTIFICATES if " by " not in name and name not in (E_PASSPORT, SWEDISH)]
BP256 = CURVES["brainpoolP256r1"]


def _certificate(name: str) -> CVCertificate:
    return parse_cv_certificate(CERTIFICATES[name])


@pytest.mark.parametrize("name", CERTIFICATES)
def test_every_certificate_is_read_and_named_as_its_references_say(name: str) -> None:
    found = _certificate(name)
    holder, _, authority = name.partition(" by ")
    assert (found.holder_reference, found.authority_reference) == (holder, authority or holder)
    assert found.is_self_signed is not bool(authority)
    assert found.raw == CERTIFICATES[name] == tlv.encode(0x7F21, found.value)


@pytest.mark.parametrize("name", SELF_SIGNED)
def test_the_first_certificates_of_authorities_are_trust_points(name: str) -> None:
    point = trust_point_of(_certificate(name))
    assert isinstance(point.key.key, ECPublicKey)
    assert (point.reference, point.key.key.curve) == (name, BP256)


def test_the_cvca_of_inspection_systems_may_give_both_biometrics() -> None:
    both = [InspectionRight.READ_DG3, InspectionRight.READ_DG4]
    chat = _certificate("DEISCVCA00001").chat
    # E3: besides, a bit for the German eID application, which is not in the documents of the ICAO.
    assert chat.oid == inspection_chat(Role.CVCA, both).oid
    assert chat.rights == bytes((inspection_chat(Role.CVCA, both).rights[0] | 0x20,))


def test_the_german_cvca_of_passports_gives_fingerprints_and_has_the_published_digest() -> None:
    """The digest is that of OpenPACE's file DECVCAEPASS00102, which was not read: only its bytes as C source were."""
    found = _certificate("DECVCAEPASS00102")
    assert found.chat == inspection_chat(Role.CVCA, [InspectionRight.READ_DG3])
    assert (found.effective_date, found.expiration_date) == (date(2010, 10, 18), date(2013, 10, 18))
    digest = "4362155fb9db80d19519a8af68db7362984f2e76004e5128c370d5f888290464"
    assert hashlib.sha256(found.raw).hexdigest() == digest


@pytest.mark.parametrize("case", VECTORS["chains"], ids=lambda case: case["name"])
def test_a_chain_over_links_gives_the_terminal_its_rights_on_its_days_and_on_no_other(case: dict[str, Any]) -> None:
    point = trust_point_of(_certificate(case["trust_point"]))
    chain = [_certificate(name) for name in case["chain"]]
    first, last = date.fromisoformat(case["first"]), date.fromisoformat(case["last"])
    for day in (first, last):
        assert verify_chain(chain, point, on=day).rights.hex().upper() == case["rights"]
    for day in (first - timedelta(days=1), last + timedelta(days=1)):
        with pytest.raises(SignatureError, match="day"):
            verify_chain(chain, point, on=day)
    with pytest.raises(SignatureError):
        verify_chain(chain[1:], point, on=first)


def test_a_verifier_of_inspection_systems_is_below_a_cvca_with_rsa() -> None:
    point = trust_point_of(_certificate(SWEDISH))
    verifier = _certificate(f"SERPSDVEX2 by {SWEDISH}")
    assert isinstance(point.key.key, RSAPublicKey)
    assert (point.key.key.bits, point.key.oid) == (2048, oids.ID_TA_RSA_V1_5_SHA_256)
    first, last = date(2008, 6, 5), date(2010, 5, 26)
    for day in (first, last):
        assert verify_chain([verifier], point, on=day) == inspection_chat(Role.DV_DOMESTIC, [InspectionRight.READ_DG4])
    for day in (first - timedelta(days=1), last + timedelta(days=1)):
        with pytest.raises(SignatureError, match="day"):
            verify_chain([verifier], point, on=day)


def test_a_modulus_that_begins_with_zero_is_refused() -> None:
    """An early encoding: BSI TR-03110-3 §D.2 forbids leading zeros, which EJBCA reads. The signature fits it."""
    with pytest.raises(MalformedDataError, match="begins with zero"):
        parse_cv_certificate(bytes.fromhex(VECTORS["leading_zero"]["hex"]))


def test_a_link_and_the_self_signed_certificate_of_its_holder_have_one_key() -> None:
    for new, old in (("DETESTeID00005", "DETESTeID00004"), ("DECVCAeID00103", "DECVCAeID00102")):
        link, own = _certificate(f"{new} by {old}"), _certificate(new)
        assert (link.public_key.raw, link.chat, link.effective_date) == (
            own.public_key.raw,
            own.chat,
            own.effective_date,
        )
        with pytest.raises(SignatureError):
            verify_cv_signature(link, trust_point_of(own).key)


def test_one_bit_of_a_terminals_certificate_makes_its_signature_wrong() -> None:
    verifier = _certificate("DEDVeIDDTR101415 by DECVCAeID00103")
    issuer = verify_issued(verifier, trust_point_of(_certificate("DECVCAeID00103")))
    raw = bytearray(CERTIFICATES["DE0000024001HW by DEDVeIDDTR101415"])
    raw[raw.index(bytes.fromhex("7F4C12")) + 20] ^= 1  # the last bit of the rights
    with pytest.raises(SignatureError):
        verify_issued(parse_cv_certificate(bytes(raw)), issuer)


def test_extensions_of_terminals_are_kept_as_they_came() -> None:
    extensions = _certificate("DEBPRLOCAL300037 by DEDVtIDGVK300029").extensions
    assert [one[:2].hex() for one in extensions] == ["732d", "732d", "7332"]


@pytest.mark.parametrize("name", TWISTED)
def test_a_point_of_the_twisted_curve_is_not_taken_for_one_of_the_curve(name: str) -> None:
    """The certificate names no curve. Its issuer's was brainpoolP256t1, which Doc 9303 does not know."""
    issuer = ECPublicKey(curve=BP256, point=BP256.generator, explicit=True)
    inherited = TerminalPublicKey(oid=_certificate(name).public_key.oid, key=issuer)
    with pytest.raises(MalformedDataError, match="does not lie on"):
        _certificate(name).public_key.resolve(inherited)


def test_a_key_that_is_no_point_of_the_curve_beside_it_makes_no_trust_point() -> None:
    certificate = _certificate(E_PASSPORT)
    assert certificate.public_key.curve == CURVES["brainpoolP224r1"]
    assert len(certificate.public_key.point) == 57
    with pytest.raises(MalformedDataError, match="does not lie on"):
        trust_point_of(certificate)


def test_damaged_certificates_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_cv_certificate, CERTIFICATES["DEBPRLOCAL300037 by DEDVtIDGVK300029"])
