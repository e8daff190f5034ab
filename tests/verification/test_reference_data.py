"""The reference data set of BSI TR-03105 part 5, judged: its signer is real, its CSCA unknown, its DG15 unsigned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chipid.evidence.evidence import AccessProtocol, AccessRecord, Evidence, FileOutcome, FileRecord
from chipid.exports.kept import load_evidence, load_files
from chipid.lds.files import FileId
from chipid.trust.store import TrustStore
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.support.vectors import VECTORS
from tests.verification import forge

FOLDER = VECTORS / "bsi-tr03105-5"
WHILE_VALID = datetime(2014, 1, 1, tzinfo=UTC)


def reference() -> Evidence:
    """The files as a reading with Basic Access Control would have brought them; fingerprints and irises are locked."""
    read = [
        FileRecord(file=file, outcome=FileOutcome.READ, content=content)
        for file, content in load_files(FOLDER).items()
        if file not in (FileId.DG3, FileId.DG4)
    ]
    denied = [FileRecord(file=file, outcome=FileOutcome.DENIED, sw=0x6982) for file in (FileId.DG3, FileId.DG4)]
    return replace(
        forge.genuine(),
        access=AccessRecord(protocol=AccessProtocol.BAC, password="MRZ", suite="3DES"),
        files=(*read, *denied),
        chip_authentication=None,
        active_authentication=None,
    )


def test_the_folder_of_the_set_is_judged_as_it_is() -> None:
    """As ``chipid verify FOLDER`` does it: all hashes are right, fingerprints and irises included."""
    report = readings.judged(load_evidence(FOLDER), readings.NOTHING_TRUSTED, now=WHILE_VALID)
    assert outcome(report, Check.ACCESS_PROTOCOL) == (Result.INDETERMINATE, Reason.ACCESS_UNKNOWN)
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.PASSED, Reason.VERIFIED)
    hashes = {one.subject: one.result for one in report.checks if one.check is Check.GROUP_HASH}
    right = dict.fromkeys(("DG1", "DG2", "DG3", "DG4", "DG14"), Result.PASSED)
    assert hashes == {**right, "DG15": Result.FAILED}
    assert readings.failures(report) == {("group-hash", "DG15")}


def published() -> TrustStore:
    folder = VECTORS / "trust"
    return TrustStore.from_certificates(
        [path.read_bytes() for path in sorted(folder.glob("*.cer"))], source="published"
    )


@pytest.mark.parametrize(
    ("store", "reason"),
    [(readings.NOTHING_TRUSTED, Reason.TRUST_STORE_EMPTY), (published(), Reason.ISSUER_KEY_UNKNOWN)],
    ids=["nothing trusted", "other keys of Germany trusted"],
)
def test_signature_and_hashes_are_right_and_the_issuer_is_unknown(store: TrustStore, reason: Reason) -> None:
    report = readings.judged(reference(), store, now=WHILE_VALID)
    assert outcome(report, Check.SOD_SIGNATURE) == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, Check.SIGNER_CHAIN) == (Result.INDETERMINATE, reason)
    hashes = {one.subject: (one.result, one.reason) for one in report.checks if one.check is Check.GROUP_HASH}
    assert hashes == {
        "DG1": (Result.PASSED, Reason.VERIFIED),
        "DG2": (Result.PASSED, Reason.VERIFIED),
        "DG3": (Result.NOT_APPLICABLE, Reason.GROUP_LOCKED),
        "DG4": (Result.NOT_APPLICABLE, Reason.GROUP_LOCKED),
        "DG14": (Result.PASSED, Reason.VERIFIED),
        "DG15": (Result.FAILED, Reason.GROUP_NOT_IN_SOD),
    }
    assert readings.failures(report) == {("group-hash", "DG15")}
    assert report.verdict is Verdict.REJECTED


def test_without_the_unsigned_group_only_the_issuer_stays_open() -> None:
    report = readings.judged(forge.without_file(reference(), FileId.DG15), now=WHILE_VALID)
    assert report.failed == ()
    assert report.verdict is Verdict.UNDECIDED
    assert outcome(report, Check.SIGNER_VALIDITY) == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, Check.MRZ_CHECK_DIGITS) == (Result.PASSED, Reason.VERIFIED)
    assert outcome(report, Check.DOCUMENT_EXPIRY) == (Result.PASSED, Reason.VERIFIED)


def test_the_signer_was_valid_for_a_year_and_says_nothing_of_the_time() -> None:
    report = readings.judged(reference())
    assert report.signing_time is None
    assert outcome(report, Check.SIGNER_VALIDITY) == (Result.INDETERMINATE, Reason.SIGNING_TIME_UNKNOWN)
    assert outcome(report, Check.DOCUMENT_EXPIRY) == (Result.FAILED, Reason.DOCUMENT_EXPIRED)


@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG2, FileId.DG14])
def test_a_changed_byte_is_found(file: FileId) -> None:
    content = reference().content(file) or b""
    report = readings.judged(forge.with_file(reference(), file, forge.flipped(content, -1)), now=WHILE_VALID)
    assert outcome(report, Check.GROUP_HASH, file.label) == (Result.FAILED, Reason.HASH_WRONG)
