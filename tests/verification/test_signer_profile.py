"""Departures of signers and of EF.SOD from their profiles: named in the report, and for a policy to refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chipid.asn1 import der, oids
from chipid.evidence.evidence import Evidence
from chipid.lds.ef_sod import build_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.pki.certificate import parse_certificate
from chipid.verification.policy import Policy
from chipid.verification.policy_file import DEFAULT_POLICY, shipped_policy
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from chipid.verification.signer_profile import refusable_deviations, signing_deviations
from tests.pki import builders
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.support import sods
from tests.support.sods import Envelope
from tests.verification import forge

CONTENT = build_lds_security_object("sha256", dict(sorted(forge.hashes_of(forge.genuine()).items())))

UNKNOWN = builders.extension("1.2.3.4", der.encode_null(), critical=True)  # to be refused (RFC 5280 §4.2)


def with_sod(content_info: bytes) -> Evidence:
    return forge.with_file(forge.genuine(), FileId.SOD, build_sod(content_info))


def signed_by(certificate: bytes) -> Evidence:
    return with_sod(envelope(certificates=[certificate]).seal(CONTENT))


def envelope(**changes: object) -> Envelope:
    usual = {
        "certificates": [forge.signer_certificate()],
        "sid": builders.issuer_and_serial(forge.CSCA),
        "sign": sods.ecdsa(forge.SIGNER),
    }
    return Envelope(**{**usual, **changes})  # type: ignore[arg-type]


def not_critical() -> bytes:
    usage = builders.extension(oids.KEY_USAGE, forge.DIGITAL_SIGNATURE)
    return forge.signer_certificate(key_usage=None, extensions=[usage])


def renamed(name: bytes) -> bytes:
    return forge.signer_certificate(issuer=name)


FORMS: dict[str, Callable[[], Evidence]] = {
    "signer-key-usage-missing": lambda: signed_by(forge.signer_certificate(key_usage=None)),
    "signer-key-usage-not-critical": lambda: signed_by(not_critical()),
    "signer-issuer-name": lambda: signed_by(renamed(der.encode_sequence())),
    "signer-issuer-differs": lambda: signed_by(renamed(builders.name_der("Another CSCA", "VN"))),
    "signer-identifier": lambda: with_sod(envelope(sid=builders.issuer_and_serial(forge.CSCA, 9)).seal(CONTENT)),
    "signed-attributes-missing": lambda: with_sod(envelope(without_attributes=True).seal(CONTENT)),
    "lds-content-type": lambda: with_sod(envelope().seal(CONTENT, oids.OLD_LDS_SECURITY_OBJECT)),
    "cms-version": lambda: with_sod(envelope().seal(CONTENT).replace(b"\x02\x01\x03\x31", b"\x02\x01\x01\x31", 1)),
}


def report_of(evidence: Evidence, policy: Policy) -> Report:
    return readings.judged(evidence, forge.trusting(), policy)


@pytest.mark.parametrize("name", FORMS)
def test_a_departure_is_named_and_accepted_unless_the_policy_refuses_it(name: str) -> None:
    report = report_of(FORMS[name](), DEFAULT_POLICY)
    assert name in report.deviations
    assert report.verdict is Verdict.ACCEPTED
    refusing = report_of(FORMS[name](), replace(DEFAULT_POLICY, refused_deviations=frozenset({name})))
    assert outcome(refusing, Check.ALGORITHMS) == (Result.FAILED, Reason.DEVIATION_REFUSED)
    assert refusing.verdict is Verdict.REJECTED
    assert name in shipped_policy("strict").refused_deviations


def test_a_critical_extension_that_is_not_known_is_named_and_never_accepted() -> None:
    report = report_of(signed_by(forge.signer_certificate(extensions=[UNKNOWN])), DEFAULT_POLICY)
    assert report.deviations == ("unknown-critical-extension",)
    assert report.verdict is Verdict.UNDECIDED


def test_a_signer_as_it_should_be_has_no_deviation() -> None:
    assert report_of(with_sod(envelope().seal(CONTENT)), DEFAULT_POLICY).deviations == ()
    by_key = envelope(sid=sods.key_identifier(forge.SIGNER))
    assert report_of(with_sod(by_key.seal(CONTENT)), DEFAULT_POLICY).deviations == ()


def test_a_csca_need_not_name_its_own_key() -> None:
    usage = builders.extension(oids.KEY_USAGE, forge.DIGITAL_SIGNATURE, critical=True)
    csca = parse_certificate(builders.build_certificate(forge.CSCA, forge.CSCA, extensions=builders.issuing_rights()))
    signer = parse_certificate(forge.signer_certificate())
    deviations = signing_deviations(None, signer, (csca,))
    assert "aki-missing" in deviations
    assert "aki-missing" not in refusable_deviations(deviations, signer)
    nameless = parse_certificate(builders.build_certificate(forge.SIGNER, forge.CSCA, extensions=[usage]))
    assert "aki-missing" in refusable_deviations(signing_deviations(None, nameless, (csca,)), nameless)


def test_nothing_is_said_of_a_signer_that_is_not_known() -> None:
    assert signing_deviations(None, None, ()) == ()
