"""The printed zone against that of the chip."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.mrz.mrz import MRZ, MRZFields, build_td2, parse_mrz
from chipid.verification.engine import judge
from chipid.verification.policy import Policy
from chipid.verification.policy_file import DEFAULT_POLICY, shipped_policy
from chipid.verification.recheck import Proof, proof_of
from chipid.verification.report import Check, CheckResult, Reason, Report, Result, Verdict
from tests.scenarios import readings
from tests.verification import forge

PRINTED = parse_mrz(readings.card("genuine").mrz)


def judged(printed: MRZ | None, evidence: Evidence | None = None, policy: Policy = DEFAULT_POLICY) -> Report:
    return judge(evidence or forge.genuine(), readings.trust(), policy, readings.NOW, printed=printed)


def fields_of(mrz: MRZ) -> MRZFields:
    return MRZFields(
        document_code=mrz.document_code,
        issuer=mrz.issuer,
        nationality=mrz.nationality,
        document_number=mrz.document_number,
        birth_date=mrz.birth_date,
        expiry_date=mrz.expiry_date,
        sex=mrz.sex,
        primary_name=mrz.primary_name,
    )


def found(report: Report) -> CheckResult:
    one = report.find(Check.DATA_PAGE_AGAINST_DG1, "DG1")
    assert one is not None
    return one


def test_nobody_who_did_not_read_the_page_is_told_of_it() -> None:
    assert judged(None).find(Check.DATA_PAGE_AGAINST_DG1) is None


def test_the_page_of_the_chip_passes_on_the_word_of_who_read_it() -> None:
    report = judged(PRINTED)
    assert (found(report).result, found(report).reason) == (Result.PASSED, Reason.VERIFIED)
    assert proof_of(found(report)) is Proof.WITNESSED
    assert judged(PRINTED, policy=shipped_policy("strict")).verdict is Verdict.ACCEPTED


def test_the_page_of_another_document_rejects_and_names_fields_without_their_contents() -> None:
    report = judged(replace(PRINTED, text=PRINTED.text[:60] + "TRAN<<THI<B".ljust(30, "<")))
    assert (found(report).result, found(report).reason) == (Result.FAILED, Reason.FIELDS_DIFFER)
    assert found(report).facts == (("differing", ("names",)),)
    assert report.verdict is Verdict.REJECTED


def test_a_document_of_another_size_differs_in_its_format() -> None:
    report = judged(parse_mrz(build_td2(fields_of(PRINTED))))
    assert (found(report).result, found(report).fact("differing")) == (Result.FAILED, ("format",))


@pytest.mark.parametrize("policy", ["default", "strict"])
def test_a_page_that_was_misread_says_nothing(policy: str) -> None:
    misread = replace(PRINTED, text=PRINTED.text[:5] + "Z" + PRINTED.text[6:])
    report = judged(misread, policy=shipped_policy(policy))
    assert (found(report).result, found(report).reason) == (Result.INDETERMINATE, Reason.FIELD_MALFORMED)
    assert report.verdict is (Verdict.REJECTED if policy == "strict" else Verdict.ACCEPTED)


def test_without_dg1_there_is_nothing_to_compare() -> None:
    report = judged(PRINTED, forge.without_file(forge.genuine(), FileId.DG1))
    assert (found(report).result, found(report).reason) == (Result.INDETERMINATE, Reason.GROUP_NOT_READ)
