"""Files that another program read are judged as far as their bytes go."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipid.errors import EvidenceError
from chipid.evidence.codec import decode_evidence, encode_evidence, evidence_digest
from chipid.evidence.evidence import FileOutcome
from chipid.evidence.loose_files import evidence_of_files
from chipid.exports.kept import MAX_FILE_BYTES, load_evidence, load_files
from chipid.lds.files import FileId
from chipid.verification.policy_file import SHIPPED, shipped_policy
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.scenarios import readings
from tests.verification import forge


def files_of(scenario: str = "genuine") -> dict[FileId, bytes]:
    return {one.file: one.content for one in readings.evidence_of(scenario).files if one.outcome is FileOutcome.READ}


def write(folder: Path, names: dict[str, bytes]) -> Path:
    for name, content in names.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("policy", SHIPPED)
def test_what_the_state_signed_is_vouched_for_and_the_chip_proves_nothing(policy: str) -> None:
    report = readings.judged(evidence_of_files(files_of(), source="telephone"), policy=shipped_policy(policy))
    assert report.failed == ()
    assert all(report.vouches_for(group) for group in (FileId.DG1, FileId.DG2, FileId.DG13))
    assert readings.outcome(report, Check.ACCESS_PROTOCOL) == (Result.INDETERMINATE, Reason.ACCESS_UNKNOWN)
    for check in forge.PROOFS:
        assert readings.outcome(report, check) == (Result.NOT_APPLICABLE, Reason.NOT_REQUESTED)
    assert report.verdict is (Verdict.REJECTED if policy == "strict" else Verdict.UNDECIDED)


def test_a_changed_group_is_found() -> None:
    evidence = evidence_of_files(files_of("tampered-dg13"), source="telephone")
    trust = readings.trust_of(readings.card("tampered-dg13"))
    assert readings.failures(readings.judged(evidence, trust)) == {("group-hash", "DG13")}


def test_the_same_files_give_the_same_evidence_in_whatever_order_they_come() -> None:
    one = evidence_of_files(files_of(), source="telephone")
    other = evidence_of_files(dict(reversed(files_of().items())), source="telephone")
    assert evidence_digest(one) == evidence_digest(other)
    assert decode_evidence(encode_evidence(one)) == one


@pytest.mark.parametrize(
    "names",
    [("EF.SOD", "EF.COM", "DG1"), ("EF_SOD.bin", "EF_COM.bin", "Datagroup1.bin"), ("sod.bin", "com.bin", "dg1.bin")],
    ids=lambda names: names[0],
)
def test_files_are_found_by_the_names_that_programs_give_them(tmp_path: Path, names: tuple[str, ...]) -> None:
    files = files_of()
    wanted = {one: files[one] for one in (FileId.SOD, FileId.COM, FileId.DG1)}
    write(tmp_path, dict(zip(names, wanted.values(), strict=True)))
    write(tmp_path, {"README.md": b"no file of a chip", "dg17.bin": b"", "portrait.jpg": b""})
    assert load_files(tmp_path) == wanted
    assert load_evidence(tmp_path).reader == tmp_path.name


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ({"DG1.bin": b"a"}, "no EF.SOD"),
        ({}, "no EF.SOD"),
        ({"EF.SOD": b"a", "EF_SOD.bin": b"a"}, "EF.SOD is in the folder twice"),
        ({"EF.SOD": bytes(MAX_FILE_BYTES + 1)}, "more than"),
    ],
)
def test_a_folder_that_tells_nothing_for_sure_is_refused(
    tmp_path: Path, names: dict[str, bytes], complaint: str
) -> None:
    with pytest.raises(EvidenceError, match=complaint):
        load_evidence(write(tmp_path, names))
