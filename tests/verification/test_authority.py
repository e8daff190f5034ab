"""A good signature is not enough: the signer must be one for documents, and of the State that issued this one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.lds.dg1 import build_dg1
from chipid.lds.files import FileId
from chipid.mrz.mrz import MRZFields, build_td1
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.verification import forge

CERT_SIGN = bytes.fromhex("03020106")
DOCUMENT_TYPES = builders.extension(
    oids.ICAO_DOCUMENT_TYPE_LIST,
    der.encode_sequence(der.encode_integer(0), der.encode_set(tlv.encode(der.PRINTABLE_STRING, b"ID"))),
)
MASTER_LISTS = builders.extension(
    oids.EXTENDED_KEY_USAGE, der.encode_sequence(der.encode_oid(oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY)), critical=True
)
FOREIGN_ZONE = MRZFields(
    document_code="ID",
    issuer="UTO",
    nationality="UTO",
    document_number="D23145890",
    birth_date="740812",
    expiry_date="320415",
    sex="F",
    primary_name="ERIKSSON",
    secondary_name="ANNA MARIA",
)
ISSUER_RIGHTS = builders.issuing_rights()[1]


def chain(report: Report) -> tuple[Result, Reason]:
    return readings.outcome(report, Check.SIGNER_CHAIN)


def judged_with(**certificate: object) -> Report:
    sealed = forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(**certificate)])  # type: ignore[arg-type]
    return readings.judged(sealed, forge.trusting())


@pytest.mark.parametrize(
    "certificate",
    [{}, {"key_usage": None}, {"extensions": [DOCUMENT_TYPES]}, {"extensions": [DOCUMENT_TYPES, MASTER_LISTS]}],
    ids=["plain", "old, without key usage", "with document types", "with document types and another purpose"],
)
def test_a_certificate_for_documents_signs_documents(certificate: dict[str, object]) -> None:
    report = judged_with(**certificate)
    assert chain(report) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "certificate",
    [{"key_usage": CERT_SIGN}, {"extensions": [ISSUER_RIGHTS]}, {"extensions": [MASTER_LISTS]}],
    ids=["may not sign", "may issue certificates", "signs master lists"],
)
def test_a_certificate_of_the_csca_for_something_else_signs_no_documents(certificate: dict[str, object]) -> None:
    report = judged_with(**certificate)
    assert chain(report) == (Result.FAILED, Reason.SIGNER_NOT_AUTHORISED)
    assert report.verdict is Verdict.REJECTED
    assert not report.vouches_for(FileId.DG1)


DAMAGED: dict[str, dict[str, object]] = {
    "key usage of three bytes": {"key_usage": bytes.fromhex("030401040000")},
    "extended key usage": {"extensions": [builders.extension(oids.EXTENDED_KEY_USAGE, bytes.fromhex("30020600"))]},
    "rights to issue": {
        "extensions": [builders.extension(oids.BASIC_CONSTRAINTS, bytes.fromhex("30090101ff020100020100"))]
    },
    "an unknown one": {"extensions": [builders.extension("1.2.3.4.5", b"\x05\x00", critical=True)]},
    "constraints of names": {"extensions": [builders.extension(oids.NAME_CONSTRAINTS, b"\x30\x00", critical=True)]},
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_a_certificate_says_and_nobody_can_read_keeps_the_question_open(name: str) -> None:
    report = judged_with(**DAMAGED[name])
    assert chain(report) == (Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD)
    found = report.find(Check.SIGNER_CHAIN)
    assert found is not None
    assert found.fact("extensions")
    assert report.verdict is Verdict.UNDECIDED
    assert not report.vouches_for(FileId.DG1)


def test_a_damaged_list_of_types_is_a_list_of_types_all_the_same() -> None:
    """With another extended key usage it is what makes a certificate one for documents, read or not."""
    usage = builders.extension(oids.EXTENDED_KEY_USAGE, der.encode_sequence(der.encode_oid("1.2.3.4")))
    codes = der.encode_set(tlv.encode(der.PRINTABLE_STRING, b"ID"))
    right = der.encode_sequence(der.encode_integer(0), codes)
    for value, result in ((right, Result.PASSED), (b"\x30\x00", Result.INDETERMINATE)):
        types = builders.extension(oids.ICAO_DOCUMENT_TYPE_LIST, value)
        report = judged_with(extensions=[usage, types])
        assert chain(report)[0] is not Result.FAILED
        assert readings.outcome(report, Check.DOCUMENT_TYPE)[0] is result


def test_a_key_usage_without_any_bit_allows_nothing() -> None:
    report = judged_with(key_usage=bytes.fromhex("030100"))
    assert chain(report) == (Result.FAILED, Reason.SIGNER_NOT_AUTHORISED)


def test_what_can_be_read_decides_before_what_cannot() -> None:
    unknown = builders.extension("1.2.3.4.5", b"", critical=True)
    assert chain(judged_with(key_usage=CERT_SIGN, extensions=[unknown])) == (
        Result.FAILED,
        Reason.SIGNER_NOT_AUTHORISED,
    )
    foreign = Signer(7, "Foreign CSCA", "FR")
    signer = forge.signer_certificate(foreign, extensions=[unknown])
    sealed = forge.resigned(forge.genuine(), issuing=foreign, certificates=[signer])
    assert chain(readings.judged(sealed, forge.trusting(foreign))) == (Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE)


def test_a_csca_does_not_sign_documents_itself() -> None:
    own = forge.csca_certificate()
    report = readings.judged(forge.resigned(forge.genuine(), signer=forge.CSCA, certificates=[own]), forge.trusting())
    assert chain(report) == (Result.FAILED, Reason.SIGNER_NOT_AUTHORISED)


def test_a_trusted_state_cannot_make_documents_of_another() -> None:
    foreign = Signer(7, "Foreign CSCA", "FR")
    sealed = forge.resigned(forge.genuine(), issuing=foreign)
    report = readings.judged(sealed, forge.trusting(forge.CSCA, foreign))
    assert chain(report) == (Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE)
    assert report.verdict is Verdict.REJECTED
    assert report.anchor is not None
    assert report.anchor.country == "FR"
    proofs = {one.check: one.reason for one in report.checks if one.check in forge.PROOFS}
    assert set(proofs.values()) == {Reason.KEY_NOT_VOUCHED}


def test_an_issuer_that_calls_itself_by_the_right_country_in_the_signer_only_is_still_foreign() -> None:
    foreign = Signer(7, "Foreign CSCA", "FR")
    signer = forge.signer_certificate(foreign, Signer(8, "Invented Document Signer", "VN"))
    sealed = forge.resigned(forge.genuine(), signer=Signer(8), issuing=foreign, certificates=[signer])
    assert chain(readings.judged(sealed, forge.trusting(foreign))) == (Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE)


@pytest.mark.parametrize(
    ("issuing_state", "country"),
    [("UTO", "VN"), ("VNM", "")],
    ids=["of an unknown State", "of an issuer without country"],
)
def test_a_document_whose_states_cannot_be_compared_is_not_accepted(issuing_state: str, country: str) -> None:
    zone = replace(FOREIGN_ZONE, issuer=issuing_state)
    evidence = forge.with_file(forge.genuine(), FileId.DG1, build_dg1(build_td1(zone)))
    evidence = forge.without_file(evidence, FileId.DG13)
    csca = Signer(9, "Invented CSCA", country)
    evidence = forge.with_file(forge.genuine(), FileId.DG1, build_dg1(build_td1(zone)))
    evidence = forge.without_file(evidence, FileId.DG13)
    report = readings.judged(forge.resigned(evidence, issuing=csca), forge.trusting(csca))
    assert chain(report) == (Result.INDETERMINATE, Reason.ISSUING_STATE_UNKNOWN)
    assert report.verdict is Verdict.UNDECIDED


def test_the_national_details_claim_the_state_without_dg1() -> None:
    details = forge.without_file(forge.genuine(), FileId.DG1)
    assert chain(readings.judged(details)) == (Result.PASSED, Reason.VERIFIED)
    foreign = Signer(7, "Foreign CSCA", "FR")
    report = readings.judged(forge.resigned(details, issuing=foreign), forge.trusting(foreign))
    assert chain(report) == (Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE)
    assert report.verdict is Verdict.REJECTED


def test_without_dg1_and_dg13_there_is_no_state_to_compare() -> None:
    report = readings.judged(forge.without_file(forge.genuine(), FileId.DG1, FileId.DG13))
    assert chain(report) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.UNDECIDED  # nothing says whether the card has expired


def test_the_dg13_of_another_state_is_not_read_as_vietnamese() -> None:
    foreign = Signer(7, "Foreign CSCA", "FR")
    zone = replace(FOREIGN_ZONE, issuer="FRA")
    evidence = forge.with_file(forge.genuine(), FileId.DG1, build_dg1(build_td1(zone)))
    evidence = forge.with_file(evidence, FileId.DG13, tlv.encode(0x6D, b"national data of France"))
    report = readings.judged(forge.resigned(evidence, issuing=foreign), forge.trusting(foreign))
    assert report.find(Check.GROUP_FORMAT, "DG13") is None
    assert readings.outcome(report, Check.GROUP_HASH, "DG13") == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED
